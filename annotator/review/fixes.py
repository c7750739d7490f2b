"""What may be done about an entry of the queue, besides what it suggests."""

from __future__ import annotations

from annotator.review.moments import Fix, Suggestion
from annotator.review.queue import Entry


def fixes_for(entry: Entry, chosen: int | None = None) -> dict[Fix, Suggestion]:
    """Every fix that is possible, at the frame that the entry speaks of.

    ``chosen``: id of the one of its tracks that a split or a deletion is about. Where it has several tracks and none
    is chosen, there is neither, unless it suggests it.
    """
    suggested = entry.suggestion
    tracks = entry.tracks
    found: dict[Fix, Suggestion] = {}
    if len(tracks) > 1:
        found[Fix.SWAP] = Suggestion(Fix.SWAP, tracks[:2], _frame_of(entry, Fix.SWAP))
        found[Fix.MERGE] = Suggestion(Fix.MERGE, tracks[:2])
    one = tracks[0] if len(tracks) == 1 else chosen if chosen in tracks else None
    if one is not None:
        found[Fix.SPLIT] = Suggestion(Fix.SPLIT, (one,), _frame_of(entry, Fix.SPLIT))
        found[Fix.DELETE] = Suggestion(Fix.DELETE, (one,))
    if one is None or suggested.tracks in ((), (one,)) or len(suggested.tracks) > 1:
        found[suggested.fix] = suggested
    found[Fix.FINE] = Suggestion(Fix.FINE)
    return found


def _frame_of(entry: Entry, fix: Fix) -> int:
    """Where one of its moments would do this, else where it is to be looked at first."""
    frames = (moment.suggestion.frame for moment in entry.moments if moment.suggestion.fix is fix)
    return next((frame for frame in frames if frame is not None), entry.frame)
