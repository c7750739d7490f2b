"""The commands that correct tracks: ``edit`` and ``prompt``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.exit_codes import INTERRUPTED, OK
from annotator.cli.interrupts import cancel_on_interrupt
from annotator.cli.mask_edits import MASK_ACTIONS, add_mask_actions, mask_edit
from annotator.cli.options import add_one_video, add_trust, one_video, track_id
from annotator.console import Console
from annotator.errors import SettingsError, StorageError

if TYPE_CHECKING:
    from annotator.jobs.prompts.propagate import PromptRequest, PromptSettings
    from annotator.model.track import VideoRecord
    from annotator.session import Session
    from annotator.storage.store import Store


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    _add_edit(commands)
    _add_prompt(commands)


# -- edit ----------------------------------------------------------------------------------------------------------


def _edit(args: argparse.Namespace, _: Console) -> int:
    from annotator.jobs.project import open_project
    from annotator.storage.edits.preview import preview

    with open_project(Path(args.project)) as session:
        if args.action in ("undo", "redo"):
            return _undo_or_redo(session, args)
        if args.action == "attribute":
            return _edit_attribute(session, args)
        session.store.author = getattr(args, "author", "")
        video = one_video(session, args.video)
        if args.action == "remove-video":
            return _remove_video(session, video, args)
        edit = _edit_of(session, video, args)
        seen = preview(session.store, edit)
        if not args.dry_run:
            edit()
    if args.json:
        print(json.dumps({**asdict(seen), "done": not args.dry_run}))
    else:
        print("\n".join(seen.lines()))
    return OK


def _undo_or_redo(session: Session, args: argparse.Namespace) -> int:
    step = session.undo() if args.action == "undo" else session.redo()
    if step is None:
        raise StorageError(f"{args.project}: nothing to {args.action}")
    print(json.dumps({"label": step.label}) if args.json else f"{args.action}: {step.label}")
    return OK


def _remove_video(session: Session, video: VideoRecord, args: argparse.Namespace) -> int:
    from annotator.storage.edits.videos import remove_video

    contents = session.store.video_contents(video.id)
    if not args.dry_run:
        remove_video(session.store, video.id)
    if args.json:
        print(json.dumps({"video": video.name, **asdict(contents), "done": not args.dry_run}))
    else:
        print(f"{video.name}: {contents.line()} {'would be' if args.dry_run else 'were'} removed with it; "
              "the video file is not touched")
    return OK


def _edit_attribute(session: Session, args: argparse.Namespace) -> int:
    from annotator.storage.edits.preview import preview

    edit, done = _attribute_edit(session.store, args)
    preview(session.store, edit)  # refuses what the edit would refuse
    if not args.dry_run:
        edit()
    print(json.dumps({"attribute": args.name, "done": not args.dry_run}) if args.json else
          f"attribute {args.name} {'would be' if args.dry_run else 'was'} {done}")
    return OK


def _attribute_edit(store: Store, args: argparse.Namespace) -> tuple[Callable[[], object], str]:
    """Return the edit of an attribute and a word for it. What is not given stays as it is."""
    from annotator.model.attribute import AttributeKind
    from annotator.storage.edits import attributes

    label = None if args.label is None else next((each.id for each in store.labels() if each.name == args.label), -1)
    if label == -1:
        raise StorageError(f"{args.project}: there is no class {args.label}; check the name")
    known = next((each for each in store.attributes() if each.name == args.name and each.label == label), None)
    if known is None and args.remove:
        raise StorageError(f"{args.project}: there is no attribute {args.name} of "
                           f"{'all classes' if label is None else f'the class {args.label}'}; check the name")
    if known is None:
        kind, options = AttributeKind(args.kind or "text"), args.options or ()
        return lambda: attributes.add_attribute(store, args.name, kind, label, options, args.default,
                                                bool(args.varies)), "added"
    if args.remove:
        return lambda: attributes.remove_attribute(store, known.id), "removed"
    changed = replace(
        known, kind=AttributeKind(args.kind or known.kind),
        options=known.options if args.options is None else tuple(args.options),
        default=known.default if args.default is None else args.default,
        varies=known.varies if args.varies is None else args.varies)
    return lambda: attributes.change_attribute(store, changed), "changed"


def _values(store: Store, ids: list[int], given: list[str]) -> dict[str, Any]:
    """Attribute -> value, from texts ``NAME=VALUE``; an empty value is removed."""
    from annotator.model.attribute import attributes_of

    found: dict[str, Any] = {}
    labels = {track.label for track in store.tracks_by_id(ids)}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"{text} is not NAME=VALUE; write an attribute, =, and its value or nothing")
        known = [each for label in labels for each in attributes_of(label, store.attributes()) if each.name == name]
        if not known:
            raise StorageError(f"these tracks have no attribute {name}; add it first: annotator edit P.annot attribute "
                               f"{name}")
        fitting = known[0].fitting(value)
        found[name] = value if fitting is None and value else fitting
    return found


def _edit_of(session: Session, video: VideoRecord, args: argparse.Namespace) -> Callable[[], object]:
    """Return the edit that the arguments describe as one callable."""
    from annotator.model.track import MarkKind, ReviewState
    from annotator.storage.edits import attributes, identities, keyframes, lasting, track_marks, values
    from annotator.storage.edits.merging import MergeRule

    if args.action in MASK_ACTIONS:
        return mask_edit(session, video, args)
    store = session.store
    ids = [track_id(session, video, number) for number in getattr(args, "tracks", ())]
    start, end = getattr(args, "start", None), getattr(args, "end", None)
    first = 0 if start is None else start

    def split() -> object:
        if args.at is not None:
            return identities.split_track(store, ids[0], args.at)
        return identities.split_range(store, ids[0], *args.range)

    def delete() -> object:
        if args.frame is not None:
            return identities.delete_range(store, ids, args.frame, args.frame)
        if start is None and end is None:
            return identities.delete_tracks(store, ids)
        return identities.delete_range(store, ids, first, end)

    def renumber() -> object:
        if len(args.numbers) != (0 if args.all else 2):
            raise SettingsError("give a track's number and its new number, or --all")
        if args.all:
            return identities.renumber_all(store, video.id)
        return identities.renumber(store, track_id(session, video, args.numbers[0]), args.numbers[1])

    def relabel() -> object:
        known = {label.name: label.id for label in store.labels()}
        label = known[args.label] if args.label in known else store.ensure_label(args.label).id
        return identities.relabel(store, ids, label)

    def mark() -> object:
        change = track_marks.unmark_tracks if args.remove else track_marks.mark_tracks
        return change(store, ids, MarkKind(args.kind), first, end)

    def box() -> object:
        if args.track is not None:
            return lasting.draw_box(store, track_id(session, video, args.track), args.frame, args.box, not args.once)
        names = {label.name: label.id for label in store.labels()}
        label = args.label or next(iter(names), "object")
        key = names[label] if label in names else store.ensure_label(label).id
        return lasting.draw_track(store, video.id, key, args.frame, args.box, not args.once)

    def set_values() -> object:
        given = _values(store, ids, args.value)
        if args.frame is not None:
            return values.set_values(store, ids, given, args.frame, args.frame)
        if args.at is not None:
            return values.set_values_from(store, ids, given, args.at)
        if start is None and end is None:
            return attributes.describe_tracks(store, ids, attributes=given)
        return values.set_values(store, ids, given, first, end)

    def fill() -> object:
        if args.frame is not None:
            return keyframes.fill_gap(store, ids[0], args.frame)
        return keyframes.fill_gaps(store, ids[0], args.longest)

    edits: dict[str, Callable[[], object]] = {
        "swap": lambda: identities.swap_tracks(store, ids[0], ids[1], first, end),
        "merge": lambda: identities.merge_tracks(store, ids[0], ids[1:], args.drop_human, MergeRule(args.rule)),
        "split": split, "delete": delete, "renumber": renumber, "relabel": relabel, "mark": mark, "fill": fill,
        "box": box, "set": set_values,
        "review": lambda: attributes.describe_tracks(store, ids, review=ReviewState(args.state)),
        "lock": lambda: track_marks.lock_tracks(store, ids),
        "unlock": lambda: track_marks.lock_tracks(store, ids, locked=False),
        "keyframes": lambda: keyframes.reduce_to_keyframes(store, ids[0], first, end, pixels=args.pixels,
                                                           iou=args.iou),
    }
    return edits[args.action]


# -- prompt --------------------------------------------------------------------------------------------------------


def _prompt(args: argparse.Namespace, console: Console) -> int:
    from annotator.jobs.project import open_project
    from annotator.jobs.prompts import propagate

    with cancel_on_interrupt() as cancel, open_project(
            Path(args.project), trusted=args.trust_project) as session:
        if args.accept_run is not None or args.drop_run is not None:
            return _accept_or_discard(session, args)
        video = one_video(session, args.video)
        if args.clean_up:
            return _clean_up(session, video, args)
        requests, settings = _requests(session, video, args)
        run = None
        console.progress(f"{video.name}  loading models")
        with closing(propagate.start(session, video, requests, settings, cancel)) as job:
            for progress in job:
                run = progress.run
                console.progress(f"{video.name}  {progress.done}/{progress.total}  "
                                 f"{progress.frames_per_second:.1f} fps", progress.done == progress.total)
        console.end()
        if run is None:
            return INTERRUPTED
        summary = propagate.summary(session, run)
        accepted = args.accept and not cancel.cancelled
        if accepted:
            propagate.accept(session, run)
    if args.json:
        print(json.dumps({**summary.to_json(), "accepted": accepted}))
    else:
        print("\n".join(summary.lines()))
        print("accepted" if accepted else
              f"proposal {run} is pending; accept it with: annotator prompt {args.project} --accept-run {run}")
    return INTERRUPTED if cancel.cancelled else OK


def _clean_up(session: Session, video: VideoRecord, args: argparse.Namespace) -> int:
    from annotator.jobs.prompts.clean_up import clean_up

    if args.track is None or args.frame is None:
        raise SettingsError("give --track and --frame with --clean-up")
    done = clean_up(session, video, track_id(session, video, args.track), args.frame, args.segmenter, args.device)
    print(json.dumps(asdict(done)) if args.json else
          f"cleaned up by {done.segmenter}: {done.pixels} pixels, IoU {done.agreement:.2f} with the drawn mask")
    return OK


def _accept_or_discard(session: Session, args: argparse.Namespace) -> int:
    from annotator.jobs.prompts import propagate

    if args.accept_run is not None:
        summary = propagate.summary(session, args.accept_run)
        propagate.accept(session, args.accept_run)
        print(json.dumps({**summary.to_json(), "accepted": True}) if args.json else "\n".join(summary.lines()))
    else:
        propagate.drop(session, args.drop_run)
    return OK


def _requests(session: Session, video: VideoRecord, args: argparse.Namespace,
              ) -> tuple[list[PromptRequest], PromptSettings]:
    from annotator.jobs.prompts.limits import Direction
    from annotator.jobs.prompts.propagate import PromptRequest, PromptSettings
    from annotator.model.prompt import Point

    settings = PromptSettings(first=args.start, last=args.end, stop_at_verified=not args.through_verified,
                              stop_at_cuts=not args.through_cuts, within_track=args.within_track,
                              between=args.between is not None, segmenter=args.segmenter, device=args.device)
    if args.between is not None or args.from_mask:
        return _mask_requests(session, video, args), settings
    if args.frame is None:
        raise SettingsError("give --frame and --box, or --between, or --accept-run, or --drop-run")
    points = tuple([Point(x, y) for x, y in args.point] + [Point(x, y, False) for x, y in args.not_point])
    track = None if args.track is None else track_id(session, video, args.track)
    request = PromptRequest(args.frame, args.box, points, track, args.label, Direction(args.direction))
    return [request], settings


def _mask_requests(session: Session, video: VideoRecord, args: argparse.Namespace) -> list[PromptRequest]:
    from annotator.jobs.prompts.limits import Direction
    from annotator.jobs.prompts.propagate import mask_requests

    if args.track is None or (args.between is None and args.frame is None):
        raise SettingsError("give --track and --frame with --from-mask, or --track with --between")
    if args.box is not None or args.point or args.not_point:
        raise SettingsError("a mask is propagated as it is; give it without --box, --point and --not-point")
    frames = [args.frame] if args.between is None else sorted(args.between)
    return mask_requests(session.store, video, track_id(session, video, args.track), frames, Direction(args.direction))


# -- arguments -----------------------------------------------------------------------------------------------------


def _add_edit(commands: Any) -> None:
    p = commands.add_parser("edit", help="correct identities and masks: swap, merge, split, delete, mask and more",
                            description="Refer to tracks by their numbers. Frames count from 0.")
    p.set_defaults(command=_edit)
    p.add_argument("project", metavar="P.annot", help="the project")
    add_one_video(p)
    p.add_argument("--json", action="store_true", help="print JSON")
    p.add_argument("--dry-run", action="store_true", help="show what would change, change nothing")
    actions = p.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_identity_actions(actions)
    a = _action(actions, "mark", "mark tracks as occluded, outside or reviewed in a range", "+")
    a.add_argument("--as", dest="kind", required=True, choices=("occluded", "outside", "reviewed"), help="the mark")
    a.add_argument("--remove", action="store_true", help="remove the mark")
    _add_range(a)
    a = _action(actions, "review", "set the review state of tracks", "+")
    a.add_argument("--as", dest="state", required=True, choices=("unseen", "in-progress", "reviewed", "needs-work"),
                   help="the state")
    a.add_argument("--author", metavar="NAME", default="", help="your name, kept with the state")
    _add_attribute_actions(actions)
    _action(actions, "lock", "protect tracks from edits and runs", "+")
    _action(actions, "unlock", "remove the protection of tracks", "+")
    a = _action(actions, "fill", "interpolate across the gaps of a track", 1)
    a.add_argument("--frame", type=int, metavar="N", help="only the gap at this frame (default: all gaps)")
    a.add_argument("--longest", type=int, metavar="N", help="only gaps of at most N frames")
    a = _action(actions, "keyframes", "reduce a trajectory to a few keyframes", 1)
    a.add_argument("--pixels", type=float, metavar="X", help="maximum error of a box edge in pixels")
    a.add_argument("--iou", type=float, metavar="X", help="instead of --pixels: minimum IoU with the original boxes")
    _add_range(a)
    a = actions.add_parser("box", help="draw the box of a track, or of a new track")
    a.add_argument("--track", type=int, metavar="NUMBER", help="the track (default: a new one)")
    a.add_argument("--frame", type=int, required=True, metavar="N", help="the frame, from 0")
    a.add_argument("--box", type=_numbers(4), required=True, metavar="X1,Y1,X2,Y2", help="pixels")
    a.add_argument("--label", metavar="NAME", help="class of a new track; created if it does not exist")
    a.add_argument("--once", action="store_true",
                   help="only in this frame (default: until the track's next box, or to the end)")
    add_mask_actions(actions)
    actions.add_parser("remove-video", help="remove a video from the project with its tracks and runs; not its file")
    for name in ("undo", "redo"):
        actions.add_parser(name, help=f"{name} the last step, from the window or the command line")


def _add_identity_actions(actions: Any) -> None:
    a = _action(actions, "swap", "swap two tracks from a frame on, or in a range", 2)
    _add_range(a)
    a = _action(actions, "merge", "merge tracks into the first, which keeps its number", "+")
    a.add_argument("--rule", choices=("into", "other", "better", "refuse"), default="into",
                   help="which box to keep where tracks overlap (default: the first track's)")
    a.add_argument("--drop-human", action="store_true", help="allow the merge to drop manual boxes")
    a = _action(actions, "split", "split a part of a track off into a new track", 1)
    where = a.add_mutually_exclusive_group(required=True)
    where.add_argument("--at", type=int, metavar="N", help="from this frame on")
    where.add_argument("--range", type=int, nargs=2, metavar="N", help="first and last frame of the part")
    a = _action(actions, "delete", "delete tracks, or some of their frames", "+")
    _add_range(a)
    a.add_argument("--frame", type=int, metavar="N", help="only this frame")
    a = actions.add_parser("renumber", help="give a track another number, or number all tracks from 1")
    a.add_argument("numbers", type=int, nargs="*", metavar="TRACK NEW",
                   help="number of the track, and its new number")
    a.add_argument("--all", action="store_true", help="number all tracks by first appearance")
    a = _action(actions, "relabel", "give tracks another class", "+")
    a.add_argument("--label", required=True, metavar="NAME", help="the class; created if it does not exist")


def _add_attribute_actions(actions: Any) -> None:
    a = _action(actions, "set", "set attributes of tracks: for the whole track, or in some frames of it", "+")
    a.add_argument("--value", required=True, action="append", metavar="NAME=VALUE",
                   help="attribute and value, true or false for a flag; nothing after = removes the value (repeatable)")
    where = a.add_mutually_exclusive_group()
    where.add_argument("--at", type=int, metavar="N", help="from this frame on, until the next change")
    where.add_argument("--frame", type=int, metavar="N", help="only in this frame")
    _add_range(a)
    a = actions.add_parser("attribute", help="add, change or remove an attribute of tracks")
    a.add_argument("name", metavar="NAME", help="name of the attribute")
    a.add_argument("--kind", choices=("text", "number", "choice", "flag"), help="default: text")
    a.add_argument("--options", nargs="+", metavar="OPTION", help="options of a choice")
    a.add_argument("--default", metavar="VALUE", help="value of tracks without one")
    a.add_argument("--label", metavar="CLASS", help="only of tracks of this class (default: all)")
    a.add_argument("--varies", action=argparse.BooleanOptionalAction, help="its value may change over time")
    a.add_argument("--remove", action="store_true", help="remove the attribute and its values")


def _action(actions: Any, name: str, help_text: str, count: int | str) -> Any:
    a = actions.add_parser(name, help=help_text)
    a.add_argument("tracks", type=int, nargs=count, metavar="TRACK", help="number of a track")
    return a


def _add_range(a: Any) -> None:
    a.add_argument("--from", dest="start", type=int, metavar="N", help="first frame")
    a.add_argument("--to", dest="end", type=int, metavar="N", help="last frame (inclusive)")


def _add_prompt(commands: Any) -> None:
    p = commands.add_parser("prompt", help="prompt an object in one frame and propagate it through the video")
    p.set_defaults(command=_prompt)
    p.add_argument("project", metavar="P.annot", help="the project")
    add_one_video(p)
    p.add_argument("--json", action="store_true", help="print JSON")
    p.add_argument("--frame", type=int, metavar="N", help="frame of the prompt, from 0")
    p.add_argument("--box", type=_numbers(4), metavar="X1,Y1,X2,Y2", help="pixels, right and bottom exclusive")
    p.add_argument("--point", type=_numbers(2), action="append", default=[], metavar="X,Y",
                   help="positive point, on the object (repeatable)")
    p.add_argument("--not-point", type=_numbers(2), action="append", default=[], metavar="X,Y",
                   help="negative point, off the object (repeatable)")
    p.add_argument("--from-mask", action="store_true", help="propagate the mask that the track has in the frame")
    p.add_argument("--clean-up", action="store_true",
                   help="replace the mask that the track has in the frame by the object that it means")
    p.add_argument("--between", type=int, nargs=2, metavar="N",
                   help="fill the frames between the track's masks in two frames, from both ends")
    p.add_argument("--track", type=int, metavar="NUMBER", help="the object's existing track (default: a new object)")
    p.add_argument("--label", metavar="NAME", help="class of a new object")
    p.add_argument("--direction", choices=("both", "forward", "backward"), default="both",
                   help="where to propagate (default both)")
    p.add_argument("--start", type=int, metavar="N", help="propagate backward no further than this frame")
    p.add_argument("--end", type=int, metavar="N", help="propagate forward no further than this frame")
    p.add_argument("--within-track", action="store_true", help="stay between the track's first and last frame")
    p.add_argument("--through-verified", action="store_true", help="do not stop before manual or reviewed frames")
    p.add_argument("--through-cuts", action="store_true", help="do not stop at scene cuts")
    p.add_argument("--segmenter", metavar="NAME|PATH", help="default: the best one installed for the device")
    p.add_argument("--device", default="auto", metavar="auto|cuda|cpu",
                   help="compute device; cuda:N selects a GPU (default auto)")
    p.add_argument("--accept", action="store_true", help="accept the proposal immediately")
    p.add_argument("--accept-run", type=int, metavar="RUN", help="accept a pending proposal")
    p.add_argument("--drop-run", type=int, metavar="RUN", help="discard a pending proposal")
    add_trust(p)
    p.add_argument("--quiet", action="store_true", help="show no progress")


def _numbers(count: int) -> Callable[[str], tuple[float, ...]]:
    def parse(text: str) -> tuple[float, ...]:
        values = tuple(float(part) for part in text.split(","))
        if len(values) != count:
            raise ValueError(f"{text} has {len(values)} numbers, not {count}")
        return values

    parse.__name__ = f"{count} numbers"
    return parse
