"""Read spans and marks of tracks as stretches, and write the result of an edit back to their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from annotator.model.track import ReviewState
from annotator.storage.file import schema
from annotator.storage.file.checked_types import refuse
from annotator.storage.file.database import among
from annotator.storage.history import journal
from annotator.storage.spans.algebra import OPEN, Span, Stretch, first_conflict
from annotator.storage.spans.palette import default_color

_mark, _span, _observation = schema.mark, schema.span, schema.observation
_value = schema.attribute_value


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkStretch(Stretch):
    """A track's mark, or a piece of one."""

    kind: str
    video: int


def mark_stretches(connection: Connection, tracks: Iterable[int]) -> list[MarkStretch]:
    """The marks of these tracks."""
    rows = connection.execute(select(_mark).where(among(_mark.c.track, tracks)).order_by(_mark.c.id))
    return [MarkStretch(id=row.id, track=row.track, first=row.first, last=row.last,
                        end=OPEN if row.last is None else row.last, kind=row.kind, video=row.video) for row in rows]


def save_marks(connection: Connection, before: Sequence[MarkStretch], after: Sequence[MarkStretch]) -> None:
    """Write the rows of edited marks."""
    _save(connection, _mark, before, after, ("track", "first", "last", "kind", "video"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueStretch(Stretch):
    """A value of a track's attribute that holds in a range of frames, or a piece of one."""

    name: str
    value: str
    """JSON."""
    video: int


def value_stretches(connection: Connection, tracks: Iterable[int]) -> list[ValueStretch]:
    """The values of these tracks that hold in ranges of frames."""
    rows = connection.execute(select(_value).where(_value.c.track.in_(list(tracks))).order_by(_value.c.id))
    return [ValueStretch(id=row.id, track=row.track, first=row.first, last=row.last,
                         end=OPEN if row.last is None else row.last, name=row.name, value=row.value, video=row.video)
            for row in rows]


def save_values(connection: Connection, before: Sequence[ValueStretch], after: Sequence[ValueStretch]) -> None:
    """Write the rows of edited values; equal values that continue each other become one. ``after`` must hold all values
    of the affected names of the affected tracks."""
    _save(connection, _value, before, _joined_values(after), ("track", "first", "last", "name", "value", "video"))


def _joined_values(stretches: Iterable[ValueStretch]) -> list[ValueStretch]:
    found: list[ValueStretch] = []
    for each in sorted(stretches, key=lambda each: (each.track, each.name, each.first)):
        before = found[-1] if found else None
        if before is None or (before.track, before.name) != (each.track, each.name) or before.end + 1 < each.first:
            found.append(each)
        elif before.end >= each.first:
            raise RuntimeError(f"an edit would give a track two values in a frame: {before}, {each}")
        elif before.value == each.value:
            key = each.id if before.id is None else before.id
            found[-1] = replace(before, id=key, last=each.last, end=each.end)
        else:
            found.append(each)
    return found


def save_spans(connection: Connection, before: Sequence[Span], after: Sequence[Span]) -> None:
    """Write the rows of edited spans. ``after`` must hold all spans of the affected tracks."""
    conflict = first_conflict(after)
    if conflict is not None and first_conflict(before) is not None:
        raise refuse("span", [(span.first, span.last) for span in conflict], "one box per track and frame")
    if conflict is not None:
        raise RuntimeError(f"an edit would give a track two boxes in a frame: {conflict}")
    _save(connection, _span, before, after, ("track", "first", "last", "tracklet"))


def _save(connection: Connection, table: Any, before: Sequence[Stretch], after: Sequence[Stretch],
          columns: tuple[str, ...]) -> None:
    """Write the difference in a few statements, however many rows differ."""
    old = {stretch.id: stretch for stretch in before}
    gone = {key for key in old if key is not None} - {stretch.id for stretch in after}
    if gone:
        connection.execute(delete(table).where(among(table.c.id, sorted(gone))))
    fresh = journal.next_id(connection, table)
    rows: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    moved: dict[int, list[int]] = defaultdict(list)  # track -> whole rows that move to it
    for stretch in after:
        values = {name: getattr(stretch, name) for name in columns}
        if stretch.id is None:
            rows.append({"id": fresh + len(rows), **values})
        elif stretch != old[stretch.id]:
            if replace(old[stretch.id], track=stretch.track) == stretch:
                moved[stretch.track].append(stretch.id)
            else:
                changed.append({"key": stretch.id, **{f"new_{name}": value for name, value in values.items()}})
    for track, keys in moved.items():
        connection.execute(update(table).where(among(table.c.id, keys)).values(track=track))
    if changed:
        connection.execute(update(table).where(table.c.id == bindparam("key")).values(
            {name: bindparam(f"new_{name}") for name in columns}), changed)
    if rows:
        connection.execute(insert(table), rows)


def presence(connection: Connection, span: Span) -> list[tuple[int, int]]:
    """Ranges of frames, both ends inclusive, in which a span actually has a box. The last one extends to `OPEN` while
    its tracklet is alive."""
    of_span = (_observation.c.tracklet == span.tracklet) & _observation.c.frame.between(span.first, span.end)
    row = func.row_number().over(order_by=_observation.c.frame)
    seen = select(_observation.c.frame, (_observation.c.frame - row).label("island")).where(
        of_span, _observation.c.x1.is_not(None)).subquery()
    query = select(func.min(seen.c.frame), func.max(seen.c.frame)).group_by(seen.c.island).order_by(seen.c.island)
    found = [(first, last) for first, last in connection.execute(query)]
    if span.end >= OPEN:
        known = connection.execute(select(func.max(_observation.c.frame)).where(of_span)).scalar()
        found.append((span.first if known is None else known + 1, OPEN))
    return found


def delete_track_rows(connection: Connection, tracks: Iterable[int]) -> None:
    """Delete tracks with their marks and values; notes about them stay at their frames. Their spans must be deleted
    first."""
    keys = list(tracks)
    connection.execute(delete(_mark).where(among(_mark.c.track, keys)))
    connection.execute(delete(_value).where(among(_value.c.track, keys)))
    connection.execute(update(schema.note).where(among(schema.note.c.track, keys)).values(track=None))
    connection.execute(delete(schema.track).where(among(schema.track.c.id, keys)))


def new_track(connection: Connection, video: int, label: int, name: str = "") -> tuple[int, int]:
    """Add a track without spans. Returns its id and number."""
    unretire_labels(connection, [label])
    key = journal.next_id(connection, schema.track)
    number = journal.next_track_number(connection, video)
    connection.execute(insert(schema.track).values(
        id=key, video=video, number=number, label=label, name=name, color=default_color(number - 1),
        review=ReviewState.UNSEEN.value, attributes="{}"))
    return key, number


def unretire_labels(connection: Connection, labels: Iterable[int]) -> bool:
    """Restore removed labels, because tracks have them again. Returns whether there were any."""
    label = schema.label
    restored = connection.execute(
        update(label).where(among(label.c.id, set(labels)), label.c.retired).values(retired=False))
    return restored.rowcount > 0


def label_to_use_later(connection: Connection, name: str) -> tuple[int, bool]:
    """Return the id of the label with this name, and whether it is new.

    A new label is added as retired, so that it enters the project only with the first track that has it.
    """
    label = schema.label
    key = connection.execute(select(label.c.id).where(label.c.name == name)).scalar()
    if key is not None:
        return int(key), False
    new = journal.next_id(connection, label)
    connection.execute(insert(label).values(id=new, name=name, color=default_color(new - 1), position=new,
                                            retired=True))
    return new, True
