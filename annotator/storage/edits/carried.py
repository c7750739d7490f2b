"""What goes with the boxes of a track when its identity is edited: marks, values that change over time, and notes.

Before such an edit, the value that a track has as a whole becomes one of its values over time, if its attribute may
change over time: then it stays with the frames that it was given for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from annotator.model.attribute import attributes_of
from annotator.model.track import Track
from annotator.storage.file import schema
from annotator.storage.spans.algebra import OPEN, Span, Stretch, assign, cut, inside, subtract
from annotator.storage.spans.rows import (
    ValueStretch,
    mark_stretches,
    save_marks,
    save_values,
    value_stretches,
)
from annotator.storage.store import Store

Ranges = list[tuple[int, int]]


def carry(store: Store, connection: Connection, tracks: Sequence[Track], first: int, last: int | None,
          become: Callable[[list[Any]], list[Any]]) -> None:
    """Replace the marks and values of these tracks in frames ``first..last`` (None: to the end) by what ``become``
    makes of them; those in other frames are kept. Notes get another track, or stay if ``become`` drops them."""
    keys = [track.id for track in tracks]
    marks = mark_stretches(connection, keys)
    moved, kept = cut(marks, first, last)
    save_marks(connection, marks, kept + become(moved))
    values = settled_values(store, connection, tracks)
    changed, unchanged = cut(values, first, last)
    save_values(connection, values, unchanged + become(changed))
    _give_notes(connection, become(cut(_pinned(connection, keys), first, last)[0]))


def move_notes(connection: Connection, track: int, into: int) -> None:
    """Give all notes of a track to another one."""
    _give_notes(connection, assign(_pinned(connection, [track]), into))


def _pinned(connection: Connection, tracks: Iterable[int]) -> list[Stretch]:
    """The frames of the notes of tracks."""
    note = schema.note
    rows = connection.execute(select(note.c.id, note.c.track, note.c.frame).where(note.c.track.in_(list(tracks))))
    return [Stretch(id=row.id, track=row.track, first=row.frame, last=row.frame, end=row.frame) for row in rows]


def _give_notes(connection: Connection, pinned: Iterable[Stretch]) -> None:
    for each in pinned:
        connection.execute(update(schema.note).where(schema.note.c.id == each.id).values(track=each.track))


def settled_values(store: Store, connection: Connection, tracks: Sequence[Track],
                   names: Iterable[str] | None = None) -> list[ValueStretch]:
    """Return the values over time of tracks, after their values as a whole have become such; with ``names``, only of
    these attributes."""
    varying = [attribute for attribute in store.attributes() if attribute.varies]
    wanted = None if names is None else set(names)
    values = value_stretches(connection, [track.id for track in tracks])
    for track in tracks if varying else ():
        here = {each.name for each in attributes_of(track.label, varying)}
        here = here & track.attributes.keys() if wanted is None else here & track.attributes.keys() & wanted
        for name in sorted(here):
            _settle(connection, track, name, values)
        if here:
            left = {name: value for name, value in track.attributes.items() if name not in here}
            connection.execute(update(schema.track).where(schema.track.c.id == track.id).values(
                attributes=json.dumps(left)))
    if any(each.id is None for each in values):
        save_values(connection, [each for each in values if each.id is not None], values)
        values = value_stretches(connection, [track.id for track in tracks])
    return values if wanted is None else [each for each in values if each.name in wanted]


def merged_values(mine: Sequence[ValueStretch], theirs: Sequence[ValueStretch], given: Ranges, into: int,
                  ) -> list[ValueStretch]:
    """The values of a track that absorbs another: its own, and in the ranges of frames that it gets from the other
    those of the other, as far as it has any."""
    after: list[ValueStretch] = []
    for name in sorted({each.name for each in (*mine, *theirs)}):
        offered = [piece for each in theirs if each.name == name for first, end in given
                   if (piece := inside(each, first, None if end >= OPEN else end)) is not None]
        own = [each for each in mine if each.name == name]
        after += subtract(own, [(piece.first, piece.end) for piece in offered]) + assign(offered, into)
    return after


def ranges_of_others(mine: Sequence[Span], theirs: Sequence[Span]) -> Ranges:
    """The ranges of frames in which values of the other track hold after a merge, given the spans that the target keeps
    and gets. A value holds until the next change, so each range goes on until the next box of the target's own."""
    own_drawn = [(span.first, span.end) for span in mine if span.human]
    other_drawn = [(span.first, span.end) for span in theirs if span.human]
    pieces = sorted(
        [(span.first, False) for span in mine if span.human]
        + [(span.first, True) for span in theirs if span.human]
        + [(piece.first, False) for piece in subtract([s for s in mine if not s.human], other_drawn)]
        + [(piece.first, True) for piece in subtract([s for s in theirs if not s.human], own_drawn)])
    found: Ranges = []
    for (first, other), following in zip(pieces, [*(start for start, _ in pieces[1:]), OPEN + 1], strict=True):
        if other:
            found.append((first if found or pieces[0][0] < first else 0, min(following - 1, OPEN)))
    return found


def _settle(connection: Connection, track: Track, name: str, values: list[ValueStretch]) -> None:
    """Add the value that a track has as a whole for the frames in which no other one holds."""
    value = track.attributes[name]
    if value is None:
        return
    whole = ValueStretch(id=None, track=track.id, first=0, last=None, end=OPEN, name=name, value=json.dumps(value),
                         video=track.video)
    held = [(each.first, each.end) for each in values if (each.track, each.name) == (track.id, name)]
    values += subtract([whole], held)
