"""The possible fixes for an entry of the review queue, besides the suggested one."""

from __future__ import annotations

from annotator.review.moments import Fix, Suggestion
from annotator.review.queue import Entry


def fixes_for(entry: Entry, chosen: int | None = None) -> dict[Fix, Suggestion]:
    """Return every possible fix at the frame of the entry.

    ``chosen`` is the id of the track to split or delete. If the entry has several tracks and none of them is chosen,
    these two fixes are omitted unless the entry suggests them.
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
    """The frame in which one of its moments suggests this fix, else the frame to look at first."""
    frames = (moment.suggestion.frame for moment in entry.moments if moment.suggestion.fix is fix)
    return next((frame for frame in frames if frame is not None), entry.frame)
