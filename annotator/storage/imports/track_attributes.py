"""Make the attributes of imported tracks that change over time known to the project."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from annotator.model.attribute import Attribute, AttributeKind, attributes_of
from annotator.model.values import TrackAttributes
from annotator.storage.file import schema
from annotator.storage.history import journal
from annotator.storage.rows import records

_attribute = schema.attribute


def inferred(label: int, name: str, values: Iterable[object]) -> Attribute:
    """An attribute that changes over time, of the kind that these values have."""
    found = list(values)
    if found and all(isinstance(value, bool) for value in found):
        return Attribute(0, label, name, AttributeKind.FLAG, varies=True)
    if found and all(isinstance(value, int | float) and not isinstance(value, bool) for value in found):
        return Attribute(0, label, name, AttributeKind.NUMBER, varies=True)
    return Attribute(0, label, name, AttributeKind.TEXT, varies=True)


def unfit_values(connection: Connection, tracks: Iterable[tuple[int, TrackAttributes]]) -> Counter[str]:
    """Count the values that the project's attributes of these names do not take, as text for the report.

    Such values are stored, and show when the attribute is changed to take them. ``tracks``: label id and attributes.
    """
    known = [records.attribute_record(row) for row in connection.execute(select(_attribute))]
    found: Counter[str] = Counter()
    for label, attributes in tracks:
        for each in attributes_of(label, known):
            what = f"values that the attribute {each.name} of the project does not take (kept, but not shown)"
            found[what] += sum(each.fitting(value) is None for value in attributes.values_of(each.name))
    return +found


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
