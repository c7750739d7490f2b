"""What keeps a track that has no boxes: what people said of it, also where a later step would restore it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select

from annotator.storage.file import schema
from annotator.storage.file.schema import history_of


def said_of_tracks(step: int) -> Iterator[Select[Any]]:
    """Queries for ids of tracks that a mark, a value over time or a note refers to, now or in a step after this one."""
    for table in (schema.mark, schema.attribute_value, schema.note):
        kept = history_of[table.name]
        yield select(table.c.track).where(table.c.track.is_not(None))
        yield select(kept.c.track).where(kept.c.step > step, kept.c.track.is_not(None))
