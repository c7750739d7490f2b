"""Suspicious moments, and the fixes that they suggest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.model.box import Box
from annotator.review.reasons import Reason


class Kind(StrEnum):
    """What is suspicious."""

    CONFLICT = "conflict"
    """Cross-object interaction found that one track occludes another."""
    ENCOUNTER = "encounter"
    """Two tracks overlapped and separated again."""
    DUPLICATE = "duplicate"
    """Two tracks cover the same place for many frames."""
    REBIRTH = "rebirth"
    """A track starts soon after another was lost or ended nearby."""
    BIRTH = "birth"
    """A track starts, and no other track was lost or ended nearby."""
    GAP = "gap"
    """A track is lost and reappears."""
    JUMP = "jump"
    """A box moves much farther than its motion predicts."""
    RESIZE = "resize"
    """A box grows or shrinks abruptly."""
    APPEARANCE = "appearance"
    """The colours inside the box change."""
    COLLAPSE = "collapse"
    """The segmenter's score drops from reliable to doubtful."""
    REPROMPT = "reprompt"
    """The tracker prompted the object again, which changed its box."""
    SHORT = "short"
    """A track has very few boxes."""
    MISSING = "missing"
    """Detections match no track for many frames."""
    CUT = "cut"
    """A track continues across a scene cut."""


class Fix(StrEnum):
    """The fixes that a person can apply with one key; `FINE` changes nothing."""

    SWAP = "swap"
    MERGE = "merge"
    SPLIT = "split"
    DELETE = "delete"
    PROMPT = "prompt"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A fix, ready to apply."""

    fix: Fix
    tracks: tuple[int, ...] = ()
    """Track ids: two to swap; target and source to merge; one to split or delete; none for the other fixes."""
    frame: int | None = None
    """First frame of a swap or split; frame of a prompt."""
    box_xyxy: Box | None = None
    """Box of a prompt."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One sign of a possible error."""

    kind: Kind
    tracks: tuple[int, ...]
    """Ids of the tracks involved; empty for an object without a track."""
    first: int
    """First and last frame, both inclusive."""
    last: int
    frame: int
    """The frame to look at first: where an error would become visible."""
    strength: float
    """How suspicious it is, 0..1, comparable only within its kind."""
    reason: Reason
    suggestion: Suggestion
