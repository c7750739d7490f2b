"""The actions of ``edit`` that change masks."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.options import track_id
from annotator.errors import SettingsError

if TYPE_CHECKING:
    from annotator.model.mask import Mask
    from annotator.model.track import VideoRecord
    from annotator.session import Session

MASK_ACTIONS = ("mask", "mask-delete", "mask-copy", "mask-place", "mask-clean", "mask-front", "mask-back")


def mask_edit(session: Session, video: VideoRecord, args: argparse.Namespace) -> Callable[[], object]:
    """Return the edit that the arguments describe as one callable. Raises UserError."""
    from annotator.storage.edits import masks

    store = session.store
    track = track_id(session, video, args.track)
    if args.action == "mask":
        mask = _painted(session, video, track, args)
        return lambda: masks.set_mask(store, track, args.frame, mask, args.hold_box, not args.unprotected)
    first = args.start
    last = first if args.end is None else args.end
    if args.action == "mask-delete":
        return lambda: masks.delete_masks(store, track, first, last)
    if args.action == "mask-copy":
        to_track = None if args.to_track is None else track_id(session, video, args.to_track)
        return lambda: masks.copy_mask(store, track, args.frame, first, last, args.dx, args.dy, args.scale, to_track)
    if args.action == "mask-place":
        return lambda: masks.place_masks(store, track, first, last, args.dx, args.dy, args.scale)
    if args.action == "mask-clean":
        change = masks.fill_mask_holes if args.holes else masks.drop_mask_specks
        return lambda: change(store, track, first, last, args.largest)
    order = masks.bring_to_front if args.action == "mask-front" else masks.send_to_back
    return lambda: order(store, track, first, last)


def _painted(session: Session, video: VideoRecord, track: int, args: argparse.Namespace) -> Mask:
    """The track's mask in the frame with the given one in its place, added to it or taken from it."""
    from annotator.jobs.labels.mask_file import read_mask
    from annotator.model.mask import EMPTY_MASK
    from annotator.model.painting.mask_algebra import of_polygons, union, without

    if args.png is not None:
        given = read_mask(Path(args.png), video, args.value)
    else:
        try:
            given = of_polygons(map(_corners, args.polygon), video.width, video.height)
        except ValueError as error:
            raise SettingsError(f"--polygon: {error}") from error
    if args.mode == "replace":
        return given
    seen = next((each.mask for each in session.store.observations(video.id, args.frame, masks=True)
                 if each.track == track), None) or EMPTY_MASK
    return union(seen, given) if args.mode == "add" else without(seen, given)


def add_mask_actions(actions: Any) -> None:
    """Add the actions to the parser of ``edit``."""
    a = _action(actions, "mask", "set the mask of a track in a frame from a PNG or polygons")
    a.add_argument("--frame", type=int, required=True, metavar="N", help="the frame, from 0")
    source = a.add_mutually_exclusive_group(required=True)
    source.add_argument("--png", metavar="FILE", help="an image of the video's size: pixels that are not 0")
    source.add_argument("--polygon", action="append", metavar="X,Y,X,Y,...",
                        help="corners in pixels (repeatable; a polygon within another is a hole)")
    a.add_argument("--value", type=int, metavar="V", help="only the pixels of this value in the PNG")
    a.add_argument("--mode", choices=("replace", "add", "erase"), default="replace",
                   help="what to do with the mask that the track has there (default: replace)")
    a.add_argument("--hold-box", action="store_true", help="keep the box instead of fitting it to the mask")
    a.add_argument("--unprotected", action="store_true", help="also take pixels of locked and reviewed tracks")
    _add_frames(_action(actions, "mask-delete", "delete the manual masks of a track"))
    a = _action(actions, "mask-copy", "copy the mask of a track in a frame to other frames")
    a.add_argument("--frame", type=int, required=True, metavar="N", help="the frame with the mask")
    a.add_argument("--to-track", type=int, metavar="NUMBER", help="copy to this track instead")
    _add_frames(a)
    _add_place(a)
    a = _action(actions, "mask-place", "move or scale the masks of a track")
    _add_frames(a)
    _add_place(a)
    a = _action(actions, "mask-clean", "fill holes or drop specks of the masks of a track")
    what = a.add_mutually_exclusive_group(required=True)
    what.add_argument("--holes", action="store_true", help="fill holes")
    what.add_argument("--specks", action="store_true", help="drop separate parts; the largest part stays")
    a.add_argument("--largest", type=int, metavar="PIXELS", help="only those of at most so many pixels (default: all)")
    _add_frames(a)
    _add_frames(_action(actions, "mask-front", "take the pixels that a track shares with others from the others"))
    _add_frames(_action(actions, "mask-back", "take the pixels that a track shares with others from the track"))


def _action(actions: Any, name: str, help_text: str) -> Any:
    a = actions.add_parser(name, help=help_text)
    a.add_argument("track", type=int, metavar="TRACK", help="number of the track")
    return a


def _add_frames(a: Any) -> None:
    a.add_argument("--from", dest="start", type=int, required=True, metavar="N", help="first frame")
    a.add_argument("--to", dest="end", type=int, metavar="N", help="last frame (default: the first)")


def _add_place(a: Any) -> None:
    a.add_argument("--dx", type=int, default=0, metavar="PIXELS", help="move to the right")
    a.add_argument("--dy", type=int, default=0, metavar="PIXELS", help="move down")
    a.add_argument("--scale", type=float, default=1.0, metavar="FACTOR", help="scale about the mask's center")


def _corners(text: str) -> list[tuple[float, float]]:
    values = [float(part) for part in text.split(",")]
    if len(values) % 2 or len(values) < 6:
        raise ValueError(f"{len(values)} numbers; give x and y of at least three corners")
    return list(zip(values[::2], values[1::2], strict=True))
