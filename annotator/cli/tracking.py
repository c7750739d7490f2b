"""The commands for tracking: ``preannotate``, ``render`` and ``demo``."""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.exit_codes import INTERRUPTED, OK
from annotator.cli.interrupts import cancel_on_interrupt
from annotator.cli.options import add_models, add_trust, add_video, read_settings
from annotator.cli.progress import progress_text, run_job
from annotator.cli.window import run_window, window_problem
from annotator.console import Console
from annotator.errors import UserError

if TYPE_CHECKING:
    from annotator.jobs.tracking.preannotate import JobProgress
    from annotator.model.track import Run, VideoRecord
    from annotator.session import Session

log = logging.getLogger(__name__)


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    _add_preannotate(commands)
    _add_render(commands)
    _add_demo(commands)


def _preannotate(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.project import add_source, open_or_create, open_project, selected_videos
    from annotator.jobs.tracking import preannotate

    if args.source and args.video:
        raise UserError("SOURCE and --video cannot be combined: SOURCE adds a video, --video selects one of the "
                        "project's")
    settings, given = read_settings(args)
    project = Path(args.project)
    opened = (open_project(project, trusted=args.trust_project) if args.resume else
              open_or_create(project, trusted=args.trust_project))
    with cancel_on_interrupt() as cancel, opened as session:
        videos = {}
        for source in args.source:
            video, warnings = add_source(session, Path(source))
            for warning in warnings:
                log.warning("%s", warning)
            videos[video.id] = video
        selected = list(videos.values()) or selected_videos(session, args.video)
        runs: Sequence[tuple[VideoRecord, Run | None]] = [(video, None) for video in selected]
        if args.resume:
            left = preannotate.unfinished(session, selected, args.trust_project, given)
            runs, fresh = left.runs, left.settings
        else:
            preannotate.check(session, selected, settings)
            fresh = settings
        for number, (video, run) in enumerate(runs, 1):
            job = (preannotate.start(session, video, fresh, cancel) if run is None else
                   preannotate.resume(session, run, cancel, settings, given, trusted=args.trust_project))
            finished = run_job(job, video.name, console)
            if finished:
                _print_run(session, video, project)
            if not finished or (cancel.cancelled and number < len(runs)):
                console.line(f"stopped; finished frames are kept in {project}; continue with --resume")
                return INTERRUPTED
    return OK


def _print_run(session: Session, video: VideoRecord, project: Path) -> None:
    run = session.store.runs(video.id)[-1]
    cuts = len(session.store.scene_cuts(run.id))
    print(f"{video.name}: run {run.id} {run.status}, frames {run.first_frame} to {run.finished_frame}, "
          f"{len(session.store.tracks(video.id))} tracks in {project}" + (f", {cuts} cuts" if cuts else "") +
          _threshold_text(run.settings))


def _threshold_text(settings: Mapping[str, Any]) -> str:
    """Describe the detection threshold if it was derived from scores or read from a file."""
    from annotator.jobs.tracking.config import ADAPTIVE

    origin, value = settings.get("thresholds"), settings.get("det_threshold")
    if origin is None or value is None:
        return ""
    return f", detection threshold {value:.3g} ({ADAPTIVE if origin == ADAPTIVE else Path(str(origin)).name})"


def _render(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.project import open_project, selected_videos
    from annotator.jobs.render import RenderOptions, render

    options = RenderOptions(args.start, args.end, args.masks, args.trails, args.overwrite)
    with cancel_on_interrupt() as cancel, open_project(
            Path(args.project), read_only=True, trusted=args.trust_project) as session:
        videos = selected_videos(session, args.video)
        if len(videos) > 1:
            raise UserError(f"{args.project} has several videos: choose one with --video "
                            f"({', '.join(video.name for video in videos)})")
        with closing(render(session, videos[0], Path(args.out), options, cancel)) as job:
            for done, total in job:
                console.progress(f"{videos[0].name}  {done}/{total}", done == total)
    console.end()
    print(args.out)
    return OK


def _demo(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.demo import run_demo

    out = Path(args.out) if args.out else Path(tempfile.mkdtemp(prefix="annotator-demo-"))

    def show(name: str, progress: JobProgress) -> None:
        console.progress(progress_text(name, progress), progress.done == progress.total)

    with cancel_on_interrupt() as cancel:
        console.progress("demo  loading models")
        report = run_demo(out, args.device, show, cancel)
    console.end()
    if args.json:
        print(json.dumps(report.to_json()))
        return OK
    print(f"{report.frames} frames, {report.tracks} tracks, {report.seconds:.0f} s\n")
    print(f"{'':10}{'HOTA':>8}{'DetA':>8}{'AssA':>8}{'IDF1':>8}{'MOTA':>8}{'IDSW':>6}")
    for name, scores in (("sam2mot", report.scores), ("bytetrack", report.bytetrack)):
        print(f"{name:10}{scores.hota:8.1f}{scores.deta:8.1f}{scores.assa:8.1f}{scores.idf1:8.1f}{scores.mota:8.1f}"
              f"{scores.idsw:6d}")
    print(f"\nproject  {report.project}")
    for name, paths in report.exports.items():
        for path in paths:
            print(f"{name:<13}{path}")
    if not args.headless and window_problem() is None:
        console.line("opening the project in the window")
        return run_window([report.project])
    return OK


# -- arguments -----------------------------------------------------------------------------------------------------


def _add_preannotate(commands: Any) -> None:
    p = commands.add_parser("preannotate", help="detect and track the objects of whole videos")
    p.set_defaults(command=_preannotate)
    p.add_argument("source", nargs="*",
                   help="video files, image folders or MOT sequences (default: the project's videos)")
    p.add_argument("--project", required=True, metavar="P.annot", help="created if it does not exist")
    add_models(p)
    p.add_argument("--prompt", metavar="TEXT", help="text prompt for grounding-dino: \"person . red car .\"")
    p.add_argument("--detections", metavar="FILE", help="detections from a file: MOTChallenge det.txt or COCO results")
    p.add_argument("--detections-run", type=int, metavar="RUN", help="detections that an earlier run stored")
    p.add_argument("--det-threshold", type=float, metavar="X", help="store but do not track detections with a lower "
                   "score")
    p.add_argument("--thresholds", metavar="adaptive|FILE.csv",
                   help="instead of --det-threshold: derive the threshold from the scores of the whole video (Otsu's "
                   "method), or read it from a file by video name")
    p.add_argument("--on-existing", choices=("replace", "replace-corrected", "add", "propose"),
                   help="what to do with predicted boxes of earlier runs: replace them except on corrected tracks "
                   "(default), replace them on corrected tracks too, add new tracks, or propose new tracks; manual "
                   "boxes and locked tracks are always kept")
    p.add_argument("--labels", nargs="+", metavar="NAME", help="only these classes")
    p.add_argument("--device", metavar="auto|cuda|cpu", help="compute device; cuda:N selects a GPU (default auto)")
    p.add_argument("--start", type=int, metavar="N", help="first frame, from 0")
    p.add_argument("--end", type=int, metavar="N", help="last frame (inclusive)")
    p.add_argument("--scene-cuts", action=argparse.BooleanOptionalAction,
                   help="end all tracks at scene cuts (default: yes)")
    p.add_argument("--resume", action="store_true", help="continue an interrupted run")
    p.add_argument("--trust-project", action="store_true", help="read videos from the servers that the "
                   "project names, and with --resume load the models and run the configuration files that it names, "
                   "now and later; only for projects from people you trust")
    add_video(p)
    p.add_argument("--quiet", action="store_true", help="show no progress")


def _add_render(commands: Any) -> None:
    p = commands.add_parser("render", help="draw a project's tracks over its video")
    p.set_defaults(command=_render)
    p.add_argument("project", metavar="P.annot", help="the project")
    p.add_argument("--out", required=True, metavar="FILE.mp4", help="the video to write")
    p.add_argument("--start", type=int, default=0, metavar="N", help="first frame, from 0")
    p.add_argument("--end", type=int, metavar="N", help="last frame (inclusive)")
    p.add_argument("--masks", action=argparse.BooleanOptionalAction, default=True, help="draw masks (default: yes)")
    p.add_argument("--trails", type=int, default=30, metavar="N", help="length of each track's trail in frames; 0 for "
                   "none (default 30)")
    p.add_argument("--overwrite", action="store_true", help="replace an existing file")
    add_trust(p)
    p.add_argument("--quiet", action="store_true", help="show no progress")
    add_video(p)


def _add_demo(commands: Any) -> None:
    p = commands.add_parser("demo", help="pre-annotate, export and score the bundled clip")
    p.set_defaults(command=_demo)
    p.add_argument("--headless", action="store_true", help="do not open the window")
    p.add_argument("--out", metavar="DIR",
                   help="output folder; existing files are kept (default: a new temporary folder)")
    p.add_argument("--device", default="auto", metavar="auto|cuda|cpu",
                   help="compute device; cuda:N selects a GPU (default auto)")
    p.add_argument("--json", action="store_true", help="print JSON")
    p.add_argument("--quiet", action="store_true", help="show no progress")
