"""The attributes of an imported track: which values hold for the whole track, and which in some frames only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from annotator.model.attribute import Attribute, AttributeKind
from annotator.storage.file import schema
from annotator.storage.history import journal
from annotator.storage.rows import records

_attribute = schema.attribute


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value of an attribute in a range of frames."""

    name: str
    value: object
    first: int
    last: int | None


class TrackAttributes:
    """Takes the attributes of a track's boxes, the frames in ascending order.

    A value holds from its frame until the next change. A value that all boxes of the track have is one of the whole
    track.
    """

    def __init__(self) -> None:
        self._seen: Mapping[str, object] | None = None
        self._changes: dict[str, list[tuple[int, object]]] = {}  # None for no value

    def add(self, frame: int, attributes: Mapping[str, object]) -> None:
        """Take the attributes of a box."""
        before, self._seen = self._seen, attributes
        if before is attributes:
            return
        for name in {*attributes, *self._changes}:
            value = attributes.get(name)
            changes = self._changes.get(name)
            if changes is None:
                if value is not None:
                    self._changes[name] = [(frame, value)] if before is None else [(0, None), (frame, value)]
            elif not _same(changes[-1][1], value):
                changes.append((frame, value))

    def varying(self) -> list[str]:
        """Names of the attributes that change over time."""
        return [name for name, changes in self._changes.items() if len(changes) > 1]

    def values_of(self, name: str) -> set[object]:
        """The values of an attribute in some frame."""
        return {value for _, value in self._changes[name] if value is not None}

    def whole(self) -> dict[str, object]:
        """The values of the whole track."""
        return {name: changes[0][1] for name, changes in self._changes.items() if len(changes) == 1}

    def values(self) -> list[ValueRow]:
        """The values that hold in some frames only."""
        found = []
        for name in self.varying():
            changes = self._changes[name]
            ends: list[int | None] = [*(frame - 1 for frame, _ in changes[1:]), None]
            found += [ValueRow(name, value, frame, last) for (frame, value), last in zip(changes, ends, strict=True)
                      if value is not None]
        return found


def inferred(label: int, name: str, values: Iterable[object]) -> Attribute:
    """An attribute that changes over time, of the kind that these values have."""
    found = list(values)
    if found and all(isinstance(value, bool) for value in found):
        return Attribute(0, label, name, AttributeKind.FLAG, varies=True)
    if found and all(isinstance(value, int | float) and not isinstance(value, bool) for value in found):
        return Attribute(0, label, name, AttributeKind.NUMBER, varies=True)
    return Attribute(0, label, name, AttributeKind.TEXT, varies=True)


def declare_varying(connection: Connection, declared: Sequence[Attribute]) -> None:
    """Make these attributes known to the project; known ones change over time from now on."""
    known = [records.attribute_record(row) for row in connection.execute(select(_attribute))]
    key = journal.next_id(connection, _attribute)
    position = int(connection.execute(select(func.max(_attribute.c.position))).scalar() or 0)
    fresh: list[dict[str, Any]] = []
    for each in declared:
        held = [other for other in known if other.name == each.name and other.label in (None, each.label)]
        if held:
            connection.execute(update(_attribute).where(
                _attribute.c.id.in_([other.id for other in held]), ~_attribute.c.varies).values(varies=True))
            continue
        fresh.append({"id": key + len(fresh), "label": each.label, "name": each.name, "kind": each.kind.value,
                      "options": json.dumps(each.options), "default_value": json.dumps(each.default),
                      "position": position + len(fresh) + 1, "varies": True})
    if fresh:
        connection.execute(insert(_attribute), fresh)


def _same(one: object, other: object) -> bool:
    """Whether two values are equal and of one kind: 1 is not True."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)
