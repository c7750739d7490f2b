"""Edits of labels, and what detectors' classes are called in a project. Each function is one undo step.

A label that is taken away is retired, not deleted: tracklets and runs go on referring to it, and it comes back, with
its colour, when something of it is found or when a label of its name is added.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import Label
from annotator.storage.edits.attributes import adopt_attributes, forget_attributes
from annotator.storage.file import schema
from annotator.storage.history import journal
from annotator.storage.spans.palette import checked_color, default_color
from annotator.storage.store import Store

_label, _track, _class = schema.label, schema.track, schema.detector_class
_CHANGED = Changes(ChangeKind.LABELS)


def add_label(store: Store, name: str, color: str | None = None) -> Label:
    """A new label, the last of the list. ``color``: ``#rrggbb``, None for one unlike the others'.

    Raises:
        StorageError: the name is empty or taken.
    """
    name = _checked_name(store, name, None)
    with store.transaction(f"Add class {name}") as transaction:
        connection = transaction.connection
        key = connection.execute(select(_label.c.id).where(_label.c.name == name)).scalar()
        if key is None:
            key = journal.next_id(connection, _label)
            # Born retired: undo then retires it again, and never takes a row away that a run refers to.
            connection.execute(insert(_label).values(id=key, name=name, color=default_color(key - 1), retired=True))
        values: dict[str, Any] = {"retired": False, "position": _next_position(connection)}
        if color is not None:
            values["color"] = checked_color(color)
        connection.execute(update(_label).where(_label.c.id == key).values(**values))
        transaction.touch(_CHANGED)
    return store.label(int(key))


def change_label(store: Store, label_id: int, name: str | None = None, color: str | None = None) -> Changes:
    """Rename or recolour a label; None leaves one as it is.

    A detector whose class has the old name gives boxes of the renamed label from then on.

    Raises:
        StorageError: the name is empty or taken, or the colour is none.
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
            _give_way(connection, values["name"])
            _redirect(connection, before, label_id)
        connection.execute(update(_label).where(_label.c.id == label_id).values(**values))
        transaction.touch(_CHANGED)
    return transaction.changes


def move_label(store: Store, label_id: int, place: int) -> Changes:
    """Put a label at a place of the list, from 0; the others move up."""
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
    """Take away a label that no track has, with its attributes.

    Raises:
        StorageError: tracks have it.
    """
    label = store.label(label_id)
    used = store.label_uses().get(label_id, 0)
    if used:
        tracks = "1 track is" if used == 1 else f"{used} tracks are"
        raise StorageError(f"{tracks} of class {label.name}: give them another class, or merge {label.name} into one")
    with store.transaction(f"Remove class {label.name}") as transaction:
        connection = transaction.connection
        forget_attributes(connection, label_id)
        connection.execute(delete(_class).where(_class.c.label == label_id))
        connection.execute(update(_label).where(_label.c.id == label_id).values(retired=True))
        transaction.touch(_CHANGED)
    return transaction.changes


def merge_labels(store: Store, label_id: int, into: int) -> Changes:
    """Give all tracks of a label another one and take the first away; detectors' classes and attributes follow."""
    label, target = store.label(label_id), store.label(into)
    if label_id == into:
        raise StorageError(f"class {label.name} cannot be merged into itself; choose another")
    with store.transaction(f"Merge class {label.name} into {target.name}") as transaction:
        connection = transaction.connection
        connection.execute(update(_track).where(_track.c.label == label_id).values(label=into))
        connection.execute(update(_class).where(_class.c.label == label_id).values(label=into))
        _redirect(connection, label, into)
        adopt_attributes(connection, label_id, into)
        connection.execute(update(_label).where(_label.c.id == label_id).values(retired=True))
        transaction.touch(Changes(ChangeKind.LABELS | ChangeKind.TRACKS))
    return transaction.changes


def map_class(store: Store, detector_class: str, label_id: int | None) -> Changes:
    """Say what a detector's class is called here; None drops what is of it. Counts for runs that begin later."""
    name = detector_class.strip()
    if not name:
        raise StorageError("the detector's class has no name; type one")
    title = f"Drop class {name}" if label_id is None else f"Class {name} becomes {store.label(label_id).name}"
    with store.transaction(title) as transaction:
        connection = transaction.connection
        connection.execute(delete(_class).where(_class.c.name == name))
        connection.execute(insert(_class).values(name=name, label=label_id))
        transaction.touch(_CHANGED)
    return transaction.changes


def unmap_class(store: Store, detector_class: str) -> Changes:
    """Let a detector's class keep its own name again."""
    with store.transaction(f"Class {detector_class} keeps its name") as transaction:
        transaction.connection.execute(delete(_class).where(_class.c.name == detector_class))
        transaction.touch(_CHANGED)
    return transaction.changes


def _checked_name(store: Store, name: str, own: int | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise StorageError("a class needs a name; type one")
    if any(label.name == name and label.id != own for label in store.labels()):
        raise StorageError(f"there is a class {name} already; merge the two, or choose another name")
    return name


def _next_position(connection: Connection) -> int:
    last = connection.execute(select(func.max(_label.c.position)).where(~_label.c.retired)).scalar()
    return int(last or 0) + 1


def _give_way(connection: Connection, name: str) -> None:
    """A retired label that still has this name gets another."""
    held = connection.execute(select(_label.c.id).where(_label.c.name == name, _label.c.retired)).scalar()
    if held is not None:
        connection.execute(update(_label).where(_label.c.id == held).values(name=f"{name} (removed {held})"))


def _redirect(connection: Connection, label: Label, into: int) -> None:
    """Where runs had found things of this label, what detectors find of its name is another label from now on."""
    found = connection.execute(select(schema.run.c.labels)).scalars()
    known = connection.execute(select(_class.c.name).where(_class.c.name == label.name)).first()
    if known is None and any(label.id in json.loads(labels) for labels in found):
        connection.execute(insert(_class).values(name=label.name, label=into))
