"""What is known of every box of a video's tracks, in columns: what reviews look through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: ``hidden_by`` of a row that nobody hides, and of one hidden by what is no track now.
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
    """(N,) object score logits; NaN where there is none, as for a person's box."""
    human: Flags
    """(N,) a person drew the box or declared the stretch interpolated."""
    prompted: Flags
    """(N,) the tracklet was born here from a detection or a person's prompt."""
    reprompted: Flags
    """(N,) quality reconstruction prompted it anew."""
    hidden_by: Ints
    """(N,) id of the track that hides it, `NOBODY` or `NO_TRACK`."""
    detection_iou: Floats
    """(N,) overlap with the matched detection; 0 without one."""

    def __len__(self) -> int:
        return len(self.track)

    def __getitem__(self, rows: object) -> EvidenceTable:
        return EvidenceTable(*(getattr(self, name)[rows] for name in self.__slots__))

    @property
    def shown(self) -> Flags:
        """(N,) whether there is a box."""
        return np.asarray(np.isfinite(self.box_xyxy[:, 0]))

    def by_track(self) -> Iterator[tuple[int, EvidenceTable]]:
        """Each track's rows, by frame."""
        tracks, starts = np.unique(self.track, return_index=True)
        for track, start, end in zip(tracks, starts, [*starts[1:], len(self)] if len(self) else [], strict=True):
            yield int(track), self[start:end]


@dataclass(frozen=True, slots=True)
class TrackEvent:
    """What a run noted of a track in one frame; at least one of the three."""

    frame: int
    prompted: bool
    reprompted: bool
    hidden: bool
    """By another object."""
