"""Summarise what accepting a proposal would change, frame by frame and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import numpy as np

from annotator.model.box import Box, box_iou
from annotator.model.frame import TrackedObject
from annotator.storage.reader import Reader

#: IoU with the box that it replaces below which a proposed box counts as moved.
_MOVED = 0.9
#: IoU with a box of another track above which a proposed box counts as a duplicate.
_DOUBLE = 0.8


@dataclass(frozen=True, slots=True)
class ProposedTracklet:
    """One tracklet of a proposal, compared with the existing tracks."""

    number: int
    """Tracklet number in the proposal."""
    track: int | None
    """Id of the track that it would continue; None for a new track."""
    track_number: int | None
    label: str
    first: int
    """First and last frame with a box; boxes of the track between them are replaced."""
    last: int
    boxes: int
    added: int
    """Boxes in frames in which the track has none."""
    moved: int
    """Boxes whose IoU with the box that they replace is below 0.9."""
    kept: int
    """Boxes that nearly coincide with the box that they replace."""
    removed: int
    """Boxes of the track in frames in which the proposal has none."""
    human: int
    """Frames in which a manual box overrides the proposed one."""
    mean_iou: float | None
    """Mean IoU of the boxes that replace one with the replaced box; None if none does."""
    doubles: tuple[tuple[int, int], ...]
    """(number of another track, number of frames in which both boxes nearly coincide)."""
    changed: tuple[tuple[int, int], ...]
    """Ranges (first frame, last frame) in which a box is added, moved or removed, ascending."""

    def line(self) -> str:
        """The tracklet as one line of text."""
        name = "new track" if self.track_number is None else f"track {self.track_number}"
        parts = [f"{count} {word}" for word, count in (("added", self.added), ("moved", self.moved),
                                                       ("kept", self.kept), ("removed", self.removed),
                                                       ("manual boxes kept", self.human)) if count]
        parts += [f"same as track {number} in {frames} frames" for number, frames in self.doubles]
        return f"{name} ({self.label}), frames {self.first} to {self.last}: {', '.join(parts) or 'no changes'}"


@dataclass(frozen=True, slots=True)
class ProposalSummary:
    """Summary of a whole proposal."""

    run: int
    status: str
    tracklets: tuple[ProposedTracklet, ...]

    def lines(self) -> list[str]:
        """The proposal as text, one line per tracklet."""
        return [each.line() for each in self.tracklets] or ["no objects found"]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(reader: Reader, run_id: int, targets: Mapping[int, int]) -> ProposalSummary:
    """Summarise what accepting a run with these ``targets`` (tracklet number -> track id) would change.

    Raises StorageError if there is no such run.
    """
    run = reader.run(run_id)
    found: dict[int, dict[int, TrackedObject]] = {}
    for result in reader.run_results(run_id):
        for proposed in result.objects:
            if proposed.box_xyxy is not None:
                found.setdefault(proposed.tracklet, {})[result.frame_index] = proposed
    return ProposalSummary(run_id, run.status.value, tuple(
        _tracklet(reader, run.video, run.labels, number, found[number], targets.get(number))
        for number in sorted(found)))


def _tracklet(reader: Reader, video: int, labels: tuple[str, ...], number: int, boxes: Mapping[int, TrackedObject],
              track: int | None) -> ProposedTracklet:
    first, last = min(boxes), max(boxes)
    added = moved = kept = removed = human = 0
    overlaps: list[float] = []
    changed: list[int] = []
    doubles: Counter[int] = Counter()
    for frame, shown in reader.iter_frames(video, first, last):
        mine = next((seen for seen in shown if seen.track == track and seen.box_xyxy is not None), None)
        proposed = boxes.get(frame)
        if proposed is None or proposed.box_xyxy is None:
            if mine is not None and not mine.human:
                removed += 1
                changed.append(frame)
            continue
        doubles.update(seen.number for seen in shown if seen.track != track and seen.box_xyxy is not None
                       and _iou(seen.box_xyxy, proposed.box_xyxy) > _DOUBLE)
        if mine is None or mine.box_xyxy is None:
            added += 1
            changed.append(frame)
        elif mine.human:
            human += 1
        else:
            overlaps.append(_iou(mine.box_xyxy, proposed.box_xyxy))
            if overlaps[-1] < _MOVED:
                moved += 1
                changed.append(frame)
            else:
                kept += 1
    return ProposedTracklet(
        number, track, None if track is None else reader.track(track).number, labels[boxes[first].label], first, last,
        len(boxes), added, moved, kept, removed, human, float(np.mean(overlaps)) if overlaps else None,
        tuple(sorted(doubles.items())), tuple(_stretches(changed)))


def _stretches(frames: list[int]) -> Iterator[tuple[int, int]]:
    """Group ascending frames into ranges of consecutive frames."""
    for _, group in groupby(enumerate(frames), key=lambda item: item[1] - item[0]):
        together = [frame for _, frame in group]
        yield together[0], together[-1]


def _iou(one: Box, other: Box) -> float:
    return float(box_iou(np.array([one], np.float64), np.array([other], np.float64))[0, 0])
