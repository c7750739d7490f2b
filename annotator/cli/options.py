"""Options that several commands share, and functions that resolve them."""

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

#: Command-line options that set the setting of the same name.
_SETTINGS = ("detector", "detector_config", "prompt", "detections", "detections_run", "det_threshold", "thresholds",
             "on_existing", "segmenter", "tracker", "labels", "device", "start", "end", "scene_cuts")


def read_settings(args: argparse.Namespace) -> tuple[PreannotateSettings, frozenset[str]]:
    """Return the settings and the names of those that the user gave."""
    from annotator.jobs.tracking.config import read_settings as read

    given = {name: value for name in _SETTINGS if (value := getattr(args, name, None)) is not None}
    if getattr(args, "class_names", None) is not None:
        given["class_names"] = _lines(Path(args.class_names))
    return read(None if args.config is None else Path(args.config), given)


def _lines(path: Path) -> tuple[str, ...]:
    """Return the lines of a text file that are not empty. Raises SettingsError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(f"{path} cannot be read ({reason}): give a text file with one class name per line"
                            ) from error
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def names(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the values of an option, or None if it was not given."""
    return None if values is None else tuple(values)


def add_models(p: argparse.ArgumentParser) -> None:
    """Add the options that select the settings file, the detector, the segmenter and the tracker."""
    from annotator.engine.settings import TRACKERS

    p.add_argument("--config", metavar="FILE.yml|NAME", help="settings file, or a published system by name "
                   "(co-dino-l, grounding-dino-l); command-line options override it")
    p.add_argument("--detector", metavar="NAME|FILE", help="a name from `annotator models`, an ONNX model, or an "
                   "MMDetection checkpoint (.pth); default: the best one installed")
    p.add_argument("--detector-config", metavar="NAME|FILE.py", help="config of the MMDetection checkpoint")
    p.add_argument("--class-names", metavar="FILE", help="names of an ONNX model's classes, one per line, where the "
                   "model does not hold them")
    p.add_argument("--segmenter", metavar="NAME|PATH", help="sam2.1-large ... or any sam2/sam2.1 checkpoint; default: "
                   "the best one installed for the device")
    p.add_argument("--tracker", choices=TRACKERS, help="sam2mot propagates masks (default); the others link boxes and "
                   "serve as baselines")


def add_video(p: argparse.ArgumentParser) -> None:
    """Add ``--video`` to a command that works on several videos."""
    p.add_argument("--video", action="append", metavar="NAME", help="only this video of the project (repeatable)")


def add_trust(p: argparse.ArgumentParser) -> None:
    """Add ``--trust-project`` to a command that reads the videos of a project."""
    p.add_argument("--trust-project", action="store_true", help="read videos from the servers that the project names, "
                   "now and later; only for projects from people you trust")


def add_one_video(p: argparse.ArgumentParser) -> None:
    """Add ``--video`` to a command that works on one video; see `one_video`."""
    p.add_argument("--video", action="append", metavar="NAME", help="the project's video to work on")


def one_video(session: Session, names: Sequence[str] | None) -> VideoRecord:
    """Return the video that ``--video`` names, or the only one.

    Raises:
        SettingsError: several videos match.
    """
    from annotator.jobs.project import selected_videos

    videos = selected_videos(session, names)
    if len(videos) > 1:
        raise SettingsError(f"this command works on one video: choose one with --video "
                            f"({', '.join(video.name for video in videos)})")
    return videos[0]


def track_id(session: Session, video: VideoRecord, number: int) -> int:
    """Return the id of the track with this number.

    Raises:
        StorageError: the video has no track with this number.
    """
    for track in session.store.tracks(video.id):
        if track.number == number:
            return track.id
    raise StorageError(f"{video.name} has no track {number}; `annotator review` and exports show track numbers")
