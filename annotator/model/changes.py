"""The kinds of data that a write changed, so that each view refreshes only when its own data changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Flag, auto


class ChangeKind(Flag):
    """Kinds of rows that a transaction changed."""

    NONE = 0
    OBSERVATIONS = auto()
    MASKS = auto()
    TRACKS = auto()
    SPANS = auto()
    MARKS = auto()
    LABELS = auto()
    VIDEOS = auto()
    RUNS = auto()
    DETECTIONS = auto()
    HISTORY = auto()
    NOTES = auto()


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed: kinds of rows, track ids (empty: possibly any) and frames, both ends inclusive (None: all)."""

    kinds: ChangeKind = ChangeKind.NONE
    tracks: frozenset[int] = field(default_factory=frozenset)
    first_frame: int | None = None
    last_frame: int | None = None
    video: int | None = None
