"""Tracks as paths over the frames: the data shared by all searches for suspicious moments."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from annotator.model.evidence import EvidenceTable
from annotator.review.appearance import Appearances, Signature, difference

#: Frames before and after a moment whose motion and colours are compared.
WINDOW = 8
#: A box this close to the frame edge, as a fraction of its size, may be cut off by it.
_EDGE = 0.08


@dataclass(frozen=True, slots=True)
class Path:
    """The N boxes of one track, ordered by frame, without lost frames."""

    track: int
    frame: npt.NDArray[np.int64]
    box: npt.NDArray[np.float64]
    logit: npt.NDArray[np.float64]
    human: npt.NDArray[np.bool_]
    centre: npt.NDArray[np.float64]
    """(N, 2)."""
    size: npt.NDArray[np.float64]
    """(N,) square root of the area."""

    @classmethod
    def of(cls, track: int, rows: EvidenceTable) -> Path:
        seen = rows[rows.shown]
        box = seen.box_xyxy
        sides = np.clip(box[:, 2:] - box[:, :2], 1e-6, None)
        return cls(track, seen.frame, box, seen.score_logit, seen.human, (box[:, :2] + box[:, 2:]) / 2,
                   np.sqrt(sides.prod(1)))

    def __len__(self) -> int:
        return len(self.frame)

    def velocity(self, index: int, back: int = WINDOW) -> npt.NDArray[np.float64]:
        """(2,) mean motion in pixels per frame up to box ``index``; 0 if there is no earlier box."""
        start = max(index - back, 0)
        frames = self.frame[index] - self.frame[start]
        return (self.centre[index] - self.centre[start]) / frames if frames > 0 else np.zeros(2)

    def rows(self, first: int, last: int) -> slice:
        """Slice of the boxes in frames ``first..last``."""
        return slice(int(np.searchsorted(self.frame, first)), int(np.searchsorted(self.frame, last, "right")))


@dataclass(slots=True)
class Scene:
    """All paths of a video."""

    width: int
    height: int
    frame_count: int
    table: EvidenceTable
    appearances: Appearances = field(default_factory=Appearances)
    paths: dict[int, Path] = field(init=False)
    crowded: dict[int, set[int]] = field(init=False)
    """Track -> frames in which another track's box overlaps it, so that its colours are contaminated."""
    by_frame: dict[int, tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]] = field(init=False)
    """Frame -> track ids (M,) and boxes (M, 4)."""

    def __post_init__(self) -> None:
        self.paths = {track: path for track, rows in self.table.by_track() if len(path := Path.of(track, rows))}
        self.crowded = defaultdict(set)
        shown = self.table[self.table.shown]
        shown = shown[np.argsort(shown.frame, kind="stable")]
        frames, starts = np.unique(shown.frame, return_index=True)
        ends = [*starts[1:], len(shown)] if len(shown) else []
        self.by_frame = {int(frame): (shown.track[start:end], shown.box_xyxy[start:end])
                         for frame, start, end in zip(frames, starts, ends, strict=True)}

    def at_edge(self, box: npt.NDArray[np.float64]) -> bool:
        """Whether the frame edge may cut this box off."""
        margin = _EDGE * float(np.sqrt(max((box[2] - box[0]) * (box[3] - box[1]), 1.0)))
        return bool(box[0] <= margin or box[1] <= margin or box[2] >= self.width - margin
                    or box[3] >= self.height - margin)

    def look(self, track: int, first: int, last: int) -> Signature | None:
        """Mean colours of a track in frames ``first..last``, without frames in which another track overlaps it."""
        return self.appearances.mean(track, first, last, self.crowded[track])

    def change(self, track: int, before: int, after: int) -> float | None:
        """Difference of a track's colours up to frame ``before`` and from frame ``after`` on; None if unknown."""
        return difference(self.look(track, before - WINDOW, before), self.look(track, after, after + WINDOW))
