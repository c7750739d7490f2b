"""Who made an edit and when, for what is kept with a name: notes and review states."""

from __future__ import annotations

from datetime import UTC, datetime

from annotator.model.note import NoteMessage
from annotator.model.text import LONGEST_NAME, showable
from annotator.model.track import ReviewState
from annotator.storage.store import Store


def signed(store: Store, text: str) -> NoteMessage:
    """A message of the store's author, made now."""
    return NoteMessage(author_of(store), _now(), text)


def review_columns(store: Store, review: ReviewState | None) -> dict[str, str]:
    """The columns of a track for a review state that the store's author gives now; empty for None."""
    if review is None:
        return {}
    return {"review": review.value, "review_author": author_of(store), "review_time": _now()}


def author_of(store: Store) -> str:
    """The author's name as it is stored: one line of limited length."""
    return showable(" ".join(store.author.split()))[:LONGEST_NAME]


def _now() -> str:
    return datetime.now(UTC).isoformat("T", "seconds")
