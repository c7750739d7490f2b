"""Per-box tracker evidence of a whole video in columns; the review queue searches it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Values of ``hidden_by`` for a row that is not occluded, and for one occluded by an object that is no longer a track.
NOBODY, NO_TRACK = -1, 0


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """One row per track and frame, lost frames included, ordered by track and frame. N rows."""

    track: Ints
    """(N,) track ids."""
    frame: Ints
    """(N,) frame indices."""
    box_xyxy: Floats
    """(N, 4) float pixels; NaN while lost."""
    score_logit: Floats
    """(N,) object score logits; NaN where there is none, as for manual boxes."""
    human: Flags
    """(N,) whether a person drew the box or marked the range as interpolated."""
    prompted: Flags
    """(N,) whether the tracklet starts here, from a detection or a person's prompt."""
    reprompted: Flags
    """(N,) whether quality reconstruction prompted the object again."""
    hidden_by: Ints
    """(N,) id of the track that occludes it, `NOBODY` or `NO_TRACK`."""
    detection_iou: Floats
    """(N,) box IoU with the matched detection; 0 without one."""

    def __len__(self) -> int:
        return len(self.track)

    def __getitem__(self, rows: object) -> EvidenceTable:
        return EvidenceTable(*(getattr(self, name)[rows] for name in self.__slots__))

    @property
    def shown(self) -> Flags:
        """(N,) whether there is a box."""
        return np.asarray(np.isfinite(self.box_xyxy[:, 0]))

    def by_track(self) -> Iterator[tuple[int, EvidenceTable]]:
        """Yield each track's id and its rows, ordered by frame."""
        tracks, starts = np.unique(self.track, return_index=True)
        for track, start, end in zip(tracks, starts, [*starts[1:], len(self)] if len(self) else [], strict=True):
            yield int(track), self[start:end]


@dataclass(frozen=True, slots=True)
class TrackEvent:
    """Events that a run recorded for a track in one frame; at least one of the three flags is set."""

    frame: int
    prompted: bool
    reprompted: bool
    hidden: bool
    """Occluded by another object."""
