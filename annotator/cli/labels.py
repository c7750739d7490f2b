"""The commands for label files: ``export``, ``import`` and ``convert``."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.exit_codes import OK
from annotator.cli.interrupts import cancel_on_interrupt
from annotator.cli.options import add_trust, add_video
from annotator.errors import FormatError, SettingsError

if TYPE_CHECKING:
    from annotator.console import Console
    from annotator.formats.base import ExportOptions, ExportReport, PictureSource
    from annotator.model.cancel import CancelToken
    from annotator.model.sequence import SequenceInfo
    from annotator.model.track import VideoRecord
    from annotator.session import Session

log = logging.getLogger(__name__)

#: Number of written files to list; formats with one file per frame write thousands.
_MAX_LISTED_FILES = 20


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    _add_export(commands)
    _add_import(commands)
    _add_convert(commands)


def _add_export(commands: Any) -> None:
    from annotator.formats.registry import writable

    p = commands.add_parser("export", help="export a project's tracks to a label format")
    p.set_defaults(command=_export)
    p.add_argument("project", metavar="P.annot", help="the project")
    p.add_argument("--format", required=True, choices=[each.name for each in writable()])
    p.add_argument("--out", required=True, metavar="DIR", help="output folder")
    _add_writing(p)
    add_trust(p)
    add_video(p)


def _add_writing(p: argparse.ArgumentParser) -> None:
    p.add_argument("--start", type=int, default=0, metavar="N", help="first frame, from 0")
    p.add_argument("--end", type=int, metavar="N", help="last frame (inclusive)")
    p.add_argument("--labels", nargs="+", metavar="NAME", help="only these classes")
    p.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth frame (default 1)")
    p.add_argument("--reviewed", action="store_true", help="only tracks marked as reviewed")
    p.add_argument("--interpolated", action=argparse.BooleanOptionalAction, default=True,
                   help="include interpolated boxes between keyframes (default: yes)")
    p.add_argument("--renumber", action="store_true", help="number each video's tracks from 1 without gaps")
    p.add_argument("--masks", action=argparse.BooleanOptionalAction, default=True, help="write masks (default: yes, "
                   "if the format supports them)")
    p.add_argument("--check", action=argparse.BooleanOptionalAction, default=True,
                   help="verify the files with the format's reference reader (default: yes)")
    p.add_argument("--min-length", type=int, default=1, metavar="N", help="skip tracks with fewer than N boxes")
    p.add_argument("--val", nargs="+", default=[], metavar="NAME", help="mot17, dancetrack, sportsmot, yolo: videos "
                   "for the val split; the others go to train")
    p.add_argument("--one-based-pixels", action="store_true", help="MOTChallenge: count pixels from 1, as the "
                   "specification says; few readers do")
    p.add_argument("--class-numbers", nargs="+", metavar="NAME=N", help="MOTChallenge: number of each class "
                   "(person=1 car=3; default: by name)")
    p.add_argument("--submission", action="store_true", help="mot-results: also write submission.zip for the servers "
                   "of MOTChallenge and DanceTrack")
    p.add_argument("--track-ids", action="store_true", help="yolo: write the track id as sixth column; trainers refuse "
                   "such files")
    p.add_argument("--shapes", choices=("boxes", "polygons", "masks"), default="boxes", help="cvat, yolo: write boxes "
                   "with masks as boxes, polygons or masks (default: boxes)")
    p.add_argument("--image-digits", type=int, default=6, metavar="N", help="digits in image file names, if the format "
                   "does not prescribe them (default 6)")
    p.add_argument("--pictures", choices=("none", "jpg", "png", "copy", "link"), default="none",
                   help="also write the frames as images where the format expects them: encoded as jpg or png, or "
                   "copied or linked from an image folder (default: none)")
    p.add_argument("--jpeg-quality", type=int, default=95, metavar="N", help="1 to 100 (default 95)")
    p.add_argument("--overwrite", action="store_true", help="also replace files that another program wrote or "
                   "that were changed since they were exported")
    p.add_argument("--json", action="store_true", help="print JSON")


def _add_import(commands: Any) -> None:
    from annotator.formats.registry import readable

    p = commands.add_parser("import", help="import labels from another program into a project")
    p.set_defaults(command=_import)
    p.add_argument("file", metavar="FILE_OR_DIR", help="the labels: a file, a folder or a zip")
    p.add_argument("--project", required=True, metavar="P.annot", help="the project")
    p.add_argument("--format", choices=[each.name for each in readable()], help="default: guess from the files")
    p.add_argument("--video", metavar="NAME", help="the project's video to import into")
    p.add_argument("--source", metavar="FILE_OR_DIR", help="the labeled video, image folder or MOT sequence; it is "
                   "added to the project if needed, and the project is created if it does not exist")
    p.add_argument("--sequence", metavar="NAME", help="the video in the file to import from")
    p.add_argument("--as", dest="target", choices=("human", "machine", "detections"), default="human",
                   help="import manual tracks, which no run replaces (default), machine tracks, or boxes without "
                   "identity")
    p.add_argument("--first-frame", type=int, metavar="N", help="number of the video's first frame in the file "
                   "(default: defined by the format)")
    p.add_argument("--one-based-pixels", action="store_true", help="MOTChallenge: the file counts pixels from 1")
    _add_strict(p)
    add_trust(p)
    p.add_argument("--json", action="store_true", help="print JSON")


def _add_strict(p: argparse.ArgumentParser) -> None:
    p.add_argument("--strict", action="store_true", help="refuse files with an invalid row (default: skip and count "
                   "such rows)")


def _add_convert(commands: Any) -> None:
    from annotator.formats.registry import readable, writable

    p = commands.add_parser("convert", help="convert labels from one format to another, without a project")
    p.set_defaults(command=_convert)
    p.add_argument("file", metavar="FILE_OR_DIR", help="the labels: a file, a folder or a zip")
    p.add_argument("--from", dest="source", choices=[each.name for each in readable()],
                   help="default: guess from the files")
    p.add_argument("--to", dest="target", required=True, choices=[each.name for each in writable()])
    p.add_argument("--out", required=True, metavar="DIR", help="output folder")
    p.add_argument("--size", metavar="WxH", help="frame size, if the files do not contain it: 1920x1080")
    p.add_argument("--fps", type=float, default=0.0, metavar="X", help="frame rate, if the files do not contain it")
    p.add_argument("--frames", type=int, metavar="N", help="number of frames, if the files do not contain it")
    p.add_argument("--first-frame", type=int, metavar="N", help="number of the video's first frame in the files "
                   "(default: defined by the format)")
    p.add_argument("--videos", nargs="+", metavar="VIDEO", help="sources for --pictures: video files or image folders, "
                   "named like the videos in the labels unless there is only one")
    _add_strict(p)
    _add_writing(p)


def _export(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.labels.export import export
    from annotator.jobs.project import open_project, selected_videos

    options = _export_options(args)
    with cancel_on_interrupt() as cancel, open_project(
            Path(args.project), read_only=True, trusted=args.trust_project) as session:
        console.restart()
        report = export(session.store, selected_videos(session, args.video), args.format, Path(args.out), options,
                        lambda done, total: console.progress(f"{args.format}  {done}/{total} frames", done == total),
                        cancel)
        console.end()
    _print_export(report, args.json)
    return OK


def _export_options(args: argparse.Namespace) -> ExportOptions:
    from annotator.formats.base import ExportOptions

    return ExportOptions(
        first_frame=args.start, last_frame=args.end, step=args.every,
        labels=None if args.labels is None else tuple(args.labels), min_length=args.min_length,
        interpolated=args.interpolated, reviewed_only=args.reviewed, renumber=args.renumber, masks=args.masks,
        one_based_pixels=args.one_based_pixels, overwrite=args.overwrite, field_check=args.check,
        validation=tuple(args.val), class_numbers=_class_numbers(args.class_numbers), image_digits=args.image_digits,
        track_ids=args.track_ids, submission=args.submission, shapes=args.shapes,
        pictures=args.pictures, jpeg_quality=args.jpeg_quality)


def _class_numbers(given: Sequence[str] | None) -> dict[str, int] | None:
    found: dict[str, int] = {}
    for text in given or ():
        name, _, number = text.rpartition("=")
        if not name or not (number.isascii() and number.isdigit()):
            raise SettingsError(f"--class-numbers {text} is not NAME=N: write for example person=1 car=3")
        found[name] = int(number)
    return found or None


def _print_export(report: ExportReport, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report.to_json()))
        return
    print(f"{report.format}: {report.boxes} boxes of {report.tracks} tracks in {report.frames} frames of "
          f"{report.sequences} videos")
    for what, count in report.left_out.items():
        print(f"  not read: {count} x {what}")
    _print_details(report.dropped, (*report.notes, *report.checks))
    for path in report.files[:_MAX_LISTED_FILES]:
        print(f"  {path}")
    if len(report.files) > _MAX_LISTED_FILES:
        print(f"  and {len(report.files) - _MAX_LISTED_FILES} more files")


def _print_details(dropped: Mapping[str, int], lines: Iterable[str]) -> None:
    for what, count in dropped.items():
        print(f"  skipped: {count} x {what}")
    for line in lines:
        print(f"  {line}")


def _convert(args: argparse.Namespace, _: Console) -> int:
    from annotator.formats.base import ImportOptions
    from annotator.formats.convert import convert
    from annotator.formats.registry import get_format

    path, info = Path(args.file), _info_from_options(args)
    if not get_format(args.target).abilities.masks:
        args.masks = False
    reading = ImportOptions(first_frame=args.first_frame, one_based_pixels=args.one_based_pixels, info=info,
                            picture_names=_names_of(args.videos), strict=args.strict)
    with cancel_on_interrupt() as cancel:
        report = convert(path, args.source or _guess(path, "--from"), args.target, Path(args.out),
                         _export_options(args), reading, _picture_source(args.videos, cancel))
    _print_export(report, args.json)
    return OK


def _picture_source(videos: Sequence[str] | None, cancel: CancelToken) -> PictureSource | None:
    from annotator.jobs.labels.export import frames_of

    return None if videos is None else frames_of(map(Path, videos), cancel)


def _names_of(videos: Sequence[str] | None) -> tuple[str, ...]:
    """Names of the pictures of the video that the labels belong to, if it is the only one given."""
    from annotator.jobs.labels.import_labels import picture_names

    return picture_names(Path(videos[0])) if videos and len(videos) == 1 else ()


def _info_from_options(args: argparse.Namespace) -> SequenceInfo | None:
    from annotator.model.sequence import SequenceInfo

    if args.size is None and args.frames is None and not args.fps:
        return None
    width, _, height = (args.size or "0x0").partition("x")
    if not (width.isdigit() and height.isdigit() and args.fps >= 0 and (args.frames is None or args.frames > 0)):
        raise SettingsError(f"--size {args.size} --fps {args.fps} --frames {args.frames} does not describe a video: "
                            "give a size such as 1920x1080 and numbers above 0")
    name = Path(args.file).stem
    return SequenceInfo(name, int(width), int(height), args.fps, args.frames or 0)


def _guess(path: Path, option: str) -> str:
    from annotator.formats.guess import guess_formats

    names = guess_formats(path)
    if not names:
        raise FormatError(f"{path} matches no known format: choose one with {option}")
    if len(names) > 1:
        raise FormatError(f"{path} matches the formats {' and '.join(names)}: choose one of them with {option}")
    return names[0]


def _video_to_label(args: argparse.Namespace, session: Session) -> VideoRecord:
    from annotator.jobs.project import add_source, selected_videos

    if args.source is not None:
        video, warnings = add_source(session, Path(args.source))
        for warning in warnings:
            log.warning("%s", warning)
        return video
    videos = selected_videos(session, None if args.video is None else [args.video])
    if len(videos) > 1:
        raise SettingsError(f"{args.project} has several videos: choose one with --video "
                            f"({', '.join(video.name for video in videos)})")
    return videos[0]


def _import(args: argparse.Namespace, _: Console) -> int:
    from annotator.formats.base import ImportOptions
    from annotator.jobs.labels.import_labels import import_labels
    from annotator.jobs.project import open_or_create, open_project

    if args.source and args.video:
        raise SettingsError("--source and --video cannot be combined: --source adds a video, --video selects one of "
                            "the project's")
    options = ImportOptions(first_frame=args.first_frame, one_based_pixels=args.one_based_pixels,
                            strict=args.strict)
    path, project = Path(args.file), Path(args.project)
    format_name = args.format or _guess(path, "--format")
    trusted = args.trust_project
    with open_project(project, trusted=trusted) if args.source is None else open_or_create(project, trusted) as session:
        video = _video_to_label(args, session)
        report = import_labels(session.store, video, path, format_name, args.target == "human",
                               as_detections=args.target == "detections", sequence=args.sequence, options=options)
    if args.json:
        print(json.dumps(report.to_json()))
        return OK
    what = (f"{report.detections} detections" if report.target == "detections" else
            f"{report.boxes} boxes and {report.masks} masks of {report.tracks} {report.target} tracks")
    print(f"{report.video}: {what} in {report.frames} frames, {report.ignore_regions} ignore regions, "
          f"from {report.path} ({report.format})")
    if report.interpolated:
        print(f"  {report.interpolated} boxes between keyframes were interpolated")
    if report.renumbered:
        print(f"  {report.renumbered} tracks got a new number, because theirs was already in use")
    _print_details(report.dropped, report.notes)
    return OK
