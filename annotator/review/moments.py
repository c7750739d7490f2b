"""A moment in which something looks wrong, and what might mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from annotator.model.box import Box
from annotator.review.reasons import Reason


class Kind(StrEnum):
    """What looks wrong."""

    CONFLICT = "conflict"
    """Cross-object interaction found one track hidden by another."""
    ENCOUNTER = "encounter"
    """Two tracks overlapped and parted again."""
    DUPLICATE = "duplicate"
    """Two tracks show the same place for long."""
    REBIRTH = "rebirth"
    """A track begins soon after, and near, the place where another was lost or ended."""
    BIRTH = "birth"
    """A track begins amid the picture with no such other."""
    GAP = "gap"
    """A track is lost and comes back."""
    JUMP = "jump"
    """A box moves by much more than it was moving."""
    RESIZE = "resize"
    """A box grows or shrinks at once."""
    APPEARANCE = "appearance"
    """What the box shows changes its colours."""
    COLLAPSE = "collapse"
    """The segmenter's score falls from reliable to doubtful."""
    REPROMPT = "reprompt"
    """The tracker prompted the object anew and its box changed by it."""
    SHORT = "short"
    """A track has very few boxes."""
    MISSING = "missing"
    """Detections that match no track for long."""
    CUT = "cut"
    """A track goes on across a scene cut."""


class Fix(StrEnum):
    """What a person may do about it with one key."""

    SWAP = "swap"
    MERGE = "merge"
    SPLIT = "split"
    DELETE = "delete"
    PROMPT = "prompt"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A fix, ready to be carried out."""

    fix: Fix
    tracks: tuple[int, ...] = ()
    """Track ids: two to swap; into and other to merge; one to split or delete; none for the others."""
    frame: int | None = None
    """From this frame on, for a swap or a split; where to prompt."""
    box_xyxy: Box | None = None
    """Where to prompt."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One sign of a possible error."""

    kind: Kind
    tracks: tuple[int, ...]
    """Ids of the tracks concerned; empty for what no track shows."""
    first: int
    """First and last frame of it, both inclusive."""
    last: int
    frame: int
    """Where to look first: where it would have become visible."""
    strength: float
    """How odd it is, 0..1, comparable within its kind only."""
    reason: Reason
    suggestion: Suggestion
