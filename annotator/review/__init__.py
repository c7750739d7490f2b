"""Rank the moments in which a tracker may be wrong, based on the evidence it recorded. Pure: no project, no Qt."""

from annotator.review.fixes import fixes_for
from annotator.review.moments import Fix, Kind, Moment, Suggestion
from annotator.review.queue import Entry, ReviewInput, ReviewQueue, build_queue
from annotator.review.reasons import Reason, Sentence

__all__ = ["Entry", "Fix", "Kind", "Moment", "Reason", "ReviewInput", "ReviewQueue", "Sentence", "Suggestion",
           "build_queue", "fixes_for"]
