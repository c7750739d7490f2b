"""Edits of labels, and of the mapping from detector classes to labels. Each function is one undo step.

A removed label is retired, not deleted: tracklets and runs still refer to it, and it comes back with its colour when a
run finds an object of it or when a label of the same name is added.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import Label
from annotator.storage.edits.attributes import adopt_attributes, forget_attributes
from annotator.storage.file import schema
from annotator.storage.history import journal
from annotator.storage.rows import records
from annotator.storage.spans.palette import checked_color, default_color
from annotator.storage.store import Store

_label, _track, _class = schema.label, schema.track, schema.detector_class
_CHANGED = Changes(ChangeKind.LABELS)


def add_label(store: Store, name: str, color: str | None = None) -> Label:
    """Add a label at the end of the list. ``color``: ``#rrggbb``; None for a distinct default.

    Raises:
        StorageError: the name is empty or taken.
    """
    name = _checked_name(store, name, None)
    with store.transaction(f"Add class {name}") as transaction:
        connection = transaction.connection
        key = connection.execute(select(_label.c.id).where(_label.c.name == name)).scalar()
        if key is None:
            key = journal.next_id(connection, _label)
            # Inserted as retired, so that undo retires it again and never deletes a row that a run refers to.
            connection.execute(insert(_label).values(id=key, name=name, color=default_color(key - 1), retired=True))
        values: dict[str, Any] = {"retired": False, "position": _next_position(connection)}
        if color is not None:
            values["color"] = checked_color(color)
        connection.execute(update(_label).where(_label.c.id == key).values(**values))
        transaction.touch(_CHANGED)
    return store.label(int(key))


def change_label(store: Store, label_id: int, name: str | None = None, color: str | None = None) -> Changes:
    """Rename or recolour a label; None leaves a property unchanged.

    Detector classes with the old name are mapped to the renamed label from then on.

    Raises:
        StorageError: the name is empty or taken, or the colour is invalid.
    """
    before = store.label(label_id)
    values: dict[str, Any] = {}
    if name is not None and name.strip() != before.name:
        values["name"] = _checked_name(store, name, label_id)
    if color is not None and color != before.color:
        values["color"] = checked_color(color)
    title = f"Rename class {before.name} to {values['name']}" if "name" in values else f"Recolour class {before.name}"
    with store.transaction(title) as transaction:
        if not values:
            return transaction.changes
        connection = transaction.connection
        if "name" in values:
            _rename_retired(connection, values["name"])
            _map_old_name(connection, before, label_id)
        connection.execute(update(_label).where(_label.c.id == label_id).values(**values))
        transaction.touch(_CHANGED)
    return transaction.changes


def move_label(store: Store, label_id: int, place: int) -> Changes:
    """Move a label to a position in the list, counted from 0; the others shift."""
    label = store.label(label_id)
    order = [other.id for other in store.labels() if other.id != label_id]
    order.insert(place, label_id)
    with store.transaction(f"Move class {label.name}") as transaction:
        for position, key in enumerate(order, 1):
            transaction.connection.execute(
                update(_label).where(_label.c.id == key, _label.c.position != position).values(position=position))
        transaction.touch(_CHANGED)
    return transaction.changes


def remove_label(store: Store, label_id: int) -> Changes:
    """Remove a label that no track has, with its attributes.

    Raises:
        StorageError: tracks have this label.
    """
    label = store.label(label_id)
    used = store.label_uses().get(label_id, 0)
    if used:
        tracks = "1 track has" if used == 1 else f"{used} tracks have"
        raise StorageError(f"{tracks} the class {label.name}; change their class, or merge {label.name} into another")
    with store.transaction(f"Remove class {label.name}") as transaction:
        connection = transaction.connection
        forget_attributes(connection, label_id)
        connection.execute(delete(_class).where(_class.c.label == label_id))
        connection.execute(update(_label).where(_label.c.id == label_id).values(retired=True))
        transaction.touch(_CHANGED)
    return transaction.changes


def merge_labels(store: Store, label_id: int, into: int) -> Changes:
    """Give all tracks of a label another label and remove the first, with its detector classes and attributes moved."""
    label, target = store.label(label_id), store.label(into)
    if label_id == into:
        raise StorageError(f"class {label.name} cannot be merged into itself; choose another class")
    with store.transaction(f"Merge class {label.name} into {target.name}") as transaction:
        connection = transaction.connection
        connection.execute(update(_track).where(_track.c.label == label_id).values(label=into))
        connection.execute(update(_class).where(_class.c.label == label_id).values(label=into))
        _map_old_name(connection, label, into)
        adopt_attributes(connection, label_id, into)
        connection.execute(update(_label).where(_label.c.id == label_id).values(retired=True))
        transaction.touch(Changes(ChangeKind.LABELS | ChangeKind.TRACKS))
    return transaction.changes


def map_class(store: Store, detector_class: str, label_id: int | None) -> Changes:
    """Map a detector class to a label; None discards its detections. Applies to runs that start later."""
    name = detector_class.strip()
    if not name:
        raise StorageError("the detector class has no name; enter one")
    title = f"Discard class {name}" if label_id is None else f"Map class {name} to {store.label(label_id).name}"
    with store.transaction(title) as transaction:
        connection = transaction.connection
        connection.execute(delete(_class).where(_class.c.name == name))
        connection.execute(insert(_class).values(name=name, label=label_id))
        transaction.touch(_CHANGED)
    return transaction.changes


def unmap_class(store: Store, detector_class: str) -> Changes:
    """Remove the mapping of a detector class, so that it keeps its own name again."""
    with store.transaction(f"Unmap class {detector_class}") as transaction:
        transaction.connection.execute(delete(_class).where(_class.c.name == detector_class))
        transaction.touch(_CHANGED)
    return transaction.changes


def _checked_name(store: Store, name: str, own: int | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise StorageError("a class needs a name; enter one")
    if any(label.name == name and label.id != own for label in store.labels()):
        raise StorageError(f"a class named {name} already exists; merge the two, or choose another name")
    return name


def _next_position(connection: Connection) -> int:
    last = connection.execute(select(func.max(_label.c.position)).where(~_label.c.retired)).scalar()
    return int(last or 0) + 1


def _rename_retired(connection: Connection, name: str) -> None:
    """Rename a retired label that still has this name."""
    held = connection.execute(select(_label.c.id).where(_label.c.name == name, _label.c.retired)).scalar()
    if held is not None:
        connection.execute(update(_label).where(_label.c.id == held).values(name=f"{name} (removed {held})"))


def _map_old_name(connection: Connection, label: Label, into: int) -> None:
    """If a run used this label, map the detector class of its name to the other label from now on."""
    found = connection.execute(select(schema.run.c.labels)).scalars()
    known = connection.execute(select(_class.c.name).where(_class.c.name == label.name)).first()
    if known is None and any(label.id in records.run_labels(labels) for labels in found):
        connection.execute(insert(_class).values(name=label.name, label=into))
