"""What several commands share: options, and what these choose."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.errors import SettingsError, StorageError

if TYPE_CHECKING:
    from annotator.jobs.tracking.config import PreannotateSettings
    from annotator.model.track import VideoRecord
    from annotator.session import Session

#: Command line options that are settings of the same name.
_SETTINGS = ("detector", "detector_config", "prompt", "detections", "detections_run", "det_threshold", "thresholds",
             "on_existing", "segmenter", "tracker", "labels", "device", "start", "end", "scene_cuts")


def read_settings(args: argparse.Namespace) -> tuple[PreannotateSettings, frozenset[str]]:
    """The settings, and the names of those that were given."""
    from annotator.jobs.tracking.config import read_settings as read

    given = {name: value for name in _SETTINGS if (value := getattr(args, name, None)) is not None}
    return read(None if args.config is None else Path(args.config), given)


def names(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """The values of an option; None where it was not given."""
    return None if values is None else tuple(values)


def add_video(p: argparse.ArgumentParser) -> None:
    """``--video`` of a command that works on several."""
    p.add_argument("--video", action="append", metavar="NAME", help="of the project's videos, this one (repeatable)")


def add_one_video(p: argparse.ArgumentParser) -> None:
    """``--video`` of a command that works on one; see `one_video`."""
    p.add_argument("--video", action="append", metavar="NAME", help="of the project's videos, this one")


def one_video(session: Session, names: Sequence[str] | None) -> VideoRecord:
    """The video that ``--video`` names, or the only one.

    Raises:
        SettingsError: there are several.
    """
    from annotator.jobs.project import chosen_videos

    videos = chosen_videos(session, names)
    if len(videos) > 1:
        raise SettingsError(f"this is done in one video at a time: choose with --video "
                            f"({', '.join(video.name for video in videos)})")
    return videos[0]


def track_id(session: Session, video: VideoRecord, number: int) -> int:
    """A track's id by its number.

    Raises:
        StorageError: the video has none of this number.
    """
    for track in session.store.tracks(video.id):
        if track.number == number:
            return track.id
    raise StorageError(f"{video.name} has no track {number}; `annotator review` and exports name tracks by number")
