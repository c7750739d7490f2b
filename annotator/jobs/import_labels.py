"""Bring labels of another program, or of another project, into a project's video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.registry import get_format
from annotator.model.frame import Detections
from annotator.model.sequence import LabelledFrame, SequenceInfo
from annotator.model.track import VideoRecord
from annotator.storage import imports
from annotator.storage.store import Store


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import brought in, and what it did not."""

    path: Path
    format: str
    video: str
    target: str
    """``human`` or ``machine`` tracks, or ``detections``."""
    tracks: int
    boxes: int
    """Boxes of tracks; those that interpolation stands for are not among them."""
    masks: int
    detections: int
    frames: int
    """Frames with at least one box."""
    ignore_regions: int
    interpolated: int
    """Boxes that were kept as stretches to interpolate between keyframes."""
    renumbered: int
    """Tracks that got a new number because the video had theirs."""
    labels: tuple[str, ...]
    run: int | None
    """The run that machine tracks and detections belong to."""
    dropped: dict[str, int] = field(default_factory=dict)
    """What did not come in and how often, in words."""
    notes: tuple[str, ...] = ()
    """What had to be guessed."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``."""
        return {**asdict(self), "path": str(self.path)}


def import_labels(store: Store, video: VideoRecord, path: Path, format_name: str, as_human: bool = True, *,
                  as_detections: bool = False, sequence: str | None = None, options: ImportOptions | None = None,
                  ) -> ImportReport:
    """Read a file completely, then add it to the video: tracks as one undo step, detections as a finished run.

    Args:
        as_human: as boxes that a person drew, which no run replaces; else as tracklets of an import.
        as_detections: boxes without identities; always so for formats without any.
        sequence: which of the file's videos, by its name there. Left out, it is the only one, or the one named like
            the project's video.
        options: what the file does not say of itself; ``options.info`` is the project's video in any case.

    Raises:
        FormatError: the file is not what its format promises, or does not fit the video. Nothing is imported then.
        StorageError: the project cannot be written.
    """
    info = SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count)
    given = replace(options or ImportOptions(), info=info)
    found = _chosen(get_format(format_name).read(path, given), path, video, sequence)
    _check_fits(found, path, video)
    frames = _within(found, path, video)
    settings = {"file": str(path), "format": format_name, "sequence": found.info.name}
    detections = as_detections or not get_format(format_name).abilities.identities
    if detections:
        added = imports.add_detections(store, video.id, found.info.labels, _detections(frames), settings=settings)
    else:
        added = imports.add_tracks(store, video.id, found.info.labels, frames, human=as_human,
                                   settings=settings, title=f"Import {path.name}")
    target = "detections" if detections else "human" if as_human else "machine"
    used = found.info.labels
    return ImportReport(path, format_name, video.name, target, added.tracks, added.boxes, added.masks,
                        added.detections, added.frames, added.regions, added.interpolated, added.renumbered, used,
                        added.run, dict(added.dropped), found.notes)


def _chosen(found: list[LabelledSequence], path: Path, video: VideoRecord, wanted: str | None) -> LabelledSequence:
    if wanted is None and len(found) == 1:
        return found[0]
    name = video.name if wanted is None else wanted
    same = [each for each in found if each.info.name == name]
    if len(same) != 1:
        names = ", ".join(each.info.name for each in found[:8]) + (", ..." if len(found) > 8 else "")
        raise FormatError(f"{path} has {len(found)} videos and none of them is named {name}; choose one of: {names}")
    return same[0]


def _check_fits(found: LabelledSequence, path: Path, video: VideoRecord) -> None:
    size, own = (found.info.width, found.info.height), (video.width, video.height)
    if all(size) and all(own) and size != own:
        raise FormatError(f"{path} labels pictures of {size[0]} x {size[1]}, and {video.name} has {own[0]} x {own[1]}; "
                          "choose the video that it was made for")


def _within(found: LabelledSequence, path: Path, video: VideoRecord) -> Iterator[LabelledFrame]:
    """The frames, which must be the video's. Raises FormatError at the first that is not."""
    for frame in found.frames:
        if frame.frame_index >= video.frame_count:
            raise FormatError(f"{path} has labels in frame {frame.frame_index} (counted from 0), and {video.name} ends "
                              f"with frame {video.frame_count - 1}; choose the video that it was made for")
        yield frame


def _detections(frames: Iterable[LabelledFrame]) -> Iterator[tuple[int, Detections]]:
    for frame in frames:
        boxes = [box for box in frame.boxes if not box.ignored]
        if boxes:
            yield frame.frame_index, Detections.of([box.box_xyxy for box in boxes], [box.score for box in boxes],
                                                   [box.label for box in boxes])
