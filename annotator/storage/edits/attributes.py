"""Edits of attributes and of their values on tracks. Each function is one undo step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, true, update

from annotator.errors import StorageError
from annotator.model.attribute import Attribute, AttributeKind, Value, attributes_of
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import ReviewState, Track
from annotator.storage.edits.editable import check_value, misfit
from annotator.storage.edits.signed import review_columns
from annotator.storage.file import schema
from annotator.storage.file.database import among
from annotator.storage.history import journal
from annotator.storage.rows import records
from annotator.storage.spans.palette import checked_color
from annotator.storage.spans.rows import save_values, value_stretches
from annotator.storage.store import Store

_attribute, _track, _value = schema.attribute, schema.track, schema.attribute_value
_CHANGED = Changes(ChangeKind.LABELS | ChangeKind.TRACKS)


def add_attribute(store: Store, name: str, kind: AttributeKind, label: int | None = None,
                  options: Sequence[str] = (), default: Value | None = None, varies: bool = False) -> Attribute:
    """Add an attribute for the tracks of a label, or for all tracks if ``label`` is None. ``varies``: its value may
    change over time.

    Raises:
        StorageError: the name is taken, a choice has no options, or the default is not a valid value.
    """
    made = _checked(store, Attribute(0, label, name, kind, tuple(options), default, varies))
    with store.transaction(f"Add attribute {made.name}") as transaction:
        connection = transaction.connection
        made = replace(made, id=journal.next_id(connection, _attribute))
        position = int(connection.execute(select(func.max(_attribute.c.position))).scalar() or 0) + 1
        connection.execute(insert(_attribute).values(**_values(made), position=position))
        transaction.touch(_CHANGED)
    return made


def change_attribute(store: Store, attribute: Attribute) -> Changes:
    """Replace the attribute with the same id. Tracks keep their values if it is renamed; values that are no longer
    valid are removed. If it no longer changes over time, each track keeps its first value.

    Raises:
        StorageError: as `add_attribute`, or there is no attribute with this id.
    """
    before = store.attribute(attribute.id)
    after = _checked(store, attribute)
    with store.transaction(f"Change attribute {before.name}") as transaction:
        connection = transaction.connection
        if after == before:
            return transaction.changes
        connection.execute(update(_attribute).where(_attribute.c.id == after.id).values(**_values(after)))

        def carried(values: dict[str, object]) -> None:
            value = after.fitting(values.pop(before.name)) if before.name in values else None
            if value is not None:
                values[after.name] = value

        _rewrite(connection, before.label, before.name, carried)
        _convert_values(connection, before, after)
        transaction.touch(_CHANGED)
    return transaction.changes


def remove_attribute(store: Store, attribute_id: int) -> Changes:
    """Remove an attribute and its values on tracks, also those that hold in some frames only."""
    gone = store.attribute(attribute_id)
    with store.transaction(f"Remove attribute {gone.name}") as transaction:
        transaction.connection.execute(delete(_attribute).where(_attribute.c.id == attribute_id))
        _rewrite(transaction.connection, gone.label, gone.name, lambda values: values.pop(gone.name, None))
        _remove_values(transaction.connection, gone.label, [gone.name])
        transaction.touch(_CHANGED)
    return transaction.changes


def describe_tracks(store: Store, tracks: Sequence[int], name: str | None = None, color: str | None = None,
                    review: ReviewState | None = None, attributes: Mapping[str, Value | None] | None = None,
                    ) -> Changes:
    """Set the name, colour (``#rrggbb``), review state or attributes of several tracks; None leaves a property
    unchanged. An attribute value of None is removed, and attributes that are not given are kept. A value holds for the
    whole track, and replaces those that hold in some frames.

    Raises:
        StorageError: a value is not valid for its attribute, the colour is invalid, or no track is given.
    """
    chosen = _chosen(store, tracks)
    _check_values(store, {track.label for track in chosen}, attributes or {})
    plain = {key: value for key, value in (("name", name), ("color", None if color is None else checked_color(color)),
                                           *review_columns(store, review).items()) if value is not None}
    one = f"track {chosen[0].number}" if len(chosen) == 1 else f"{len(chosen)} tracks"
    with store.transaction(f"Edit {one}") as transaction:
        connection = transaction.connection
        if plain:
            connection.execute(update(_track).where(among(_track.c.id, tracks)).values(**plain))
        if attributes:
            _write_values(connection, {track.id: {**track.attributes, **attributes} for track in chosen})
            connection.execute(delete(_value).where(_value.c.track.in_(list(tracks)),
                                                    _value.c.name.in_(list(attributes))))
        videos = {track.video for track in chosen}
        transaction.touch(Changes(ChangeKind.TRACKS, frozenset(tracks), None, None,
                                  videos.pop() if len(videos) == 1 else None))
    return transaction.changes


def _chosen(store: Store, tracks: Sequence[int]) -> list[Track]:
    if not tracks:
        raise StorageError("no track is selected; select one first")
    found = sorted(store.tracks_by_id(tracks), key=lambda track: (track.video, track.number))
    for missing in set(tracks) - {track.id for track in found}:
        store.track(missing)  # raises the error
    return found


def forget_attributes(connection: Connection, label: int) -> None:
    """Delete the attributes of a label that no track has."""
    connection.execute(delete(_attribute).where(_attribute.c.label == label))


def adopt_attributes(connection: Connection, label: int, into: int) -> None:
    """Move the attributes of one label to another, and delete those whose names the other already has; these change
    over time if either does."""
    rows = [records.attribute_record(row) for row in connection.execute(select(_attribute))]
    taken = {attribute.name for attribute in attributes_of(into, rows)}
    for attribute in (row for row in rows if row.label == label):
        here = _attribute.c.id == attribute.id
        connection.execute(delete(_attribute).where(here) if attribute.name in taken else
                           update(_attribute).where(here).values(label=into))
        if attribute.varies and attribute.name in taken:
            kept = next(each for each in attributes_of(into, rows) if each.name == attribute.name)
            connection.execute(update(_attribute).where(_attribute.c.id == kept.id).values(varies=True))


def _checked(store: Store, attribute: Attribute) -> Attribute:
    name = " ".join(attribute.name.split())
    options = tuple(dict.fromkeys(" ".join(option.split()) for option in attribute.options if option.strip()))
    if attribute.kind is not AttributeKind.CHOICE:
        options = ()
    if not name:
        raise StorageError("an attribute needs a name; type one")
    for other in store.attributes():
        meets = None in (other.label, attribute.label) or other.label == attribute.label
        if other.id != attribute.id and other.name == name and meets:
            raise StorageError(f"an attribute named {name} already exists; choose another name")
    if attribute.kind is AttributeKind.CHOICE and not options:
        raise StorageError(f"the choice {name} has no options; enter its options, separated by commas")
    made = replace(attribute, name=name, options=options)
    default = made.fitting(attribute.default)
    if default is None and attribute.default is not None:
        raise StorageError(misfit(made, attribute.default))
    return replace(made, default=default)


def _check_values(store: Store, labels: Iterable[int], values: Mapping[str, Value | None]) -> None:
    every = store.attributes()
    for label in labels:
        for attribute in attributes_of(label, every):
            check_value(attribute, values.get(attribute.name))


def _rewrite(connection: Connection, label: int | None, name: str, change: Callable[[dict[str, object]], object],
             ) -> None:
    """Change the attribute values of tracks of a label (None: of any) that have a value for this name."""
    # Searches the JSON column for the encoded name; accidental matches are filtered out below.
    wanted = _track.c.attributes.contains(json.dumps(name), autoescape=True)
    query = select(_track.c.id, _track.c.attributes).where(wanted)
    found: dict[int, dict[str, object]] = {}
    for key, text in connection.execute(query if label is None else query.where(_track.c.label == label)).all():
        values: dict[str, object] = records.attribute_values(text)
        if name in values:
            change(values)
            found[key] = values
    _write_values(connection, found)


def _convert_values(connection: Connection, before: Attribute, after: Attribute) -> None:
    """Change the values that hold in some frames as their attribute changed."""
    keys = list(connection.execute(
        select(_value.c.track).distinct().where(_of_label(before.label), _value.c.name == before.name)).scalars())
    held = [each for each in value_stretches(connection, keys) if each.name == before.name]
    fitted = [(each, after.fitting(records.stored_value(each.value))) for each in held]
    kept = [replace(each, name=after.name, value=json.dumps(value)) for each, value in fitted if value is not None]
    if after.varies or not before.varies:
        save_values(connection, held, kept)
        return
    save_values(connection, held, [])
    first = {each.track: each for each in sorted(kept, key=lambda each: -each.first)}
    rows = connection.execute(select(_track.c.id, _track.c.attributes).where(_track.c.id.in_(list(first)))).all()
    whole = {key: records.attribute_values(text) for key, text in rows}
    _write_values(connection, {key: {**values, after.name: json.loads(first[key].value)}
                               for key, values in whole.items() if first[key].first == 0 or after.name not in values})


def _remove_values(connection: Connection, label: int | None, names: Sequence[str]) -> None:
    connection.execute(delete(_value).where(_of_label(label), _value.c.name.in_(list(names))))


def _of_label(label: int | None) -> ColumnElement[bool]:
    """Whether a value belongs to a track of this label; None for all labels."""
    return true() if label is None else _value.c.track.in_(select(_track.c.id).where(_track.c.label == label))


def _write_values(connection: Connection, by_track: Mapping[int, Mapping[str, object]]) -> None:
    """Write the attribute values of tracks, by track id; omits values of None."""
    rows = [{"key": key, "json": json.dumps({name: value for name, value in values.items() if value is not None})}
            for key, values in by_track.items()]
    if rows:
        connection.execute(update(_track).where(_track.c.id == bindparam("key")).values(attributes=bindparam("json")),
                           rows)


def _values(attribute: Attribute) -> dict[str, Any]:
    return {"id": attribute.id, "label": attribute.label, "name": attribute.name, "kind": attribute.kind.value,
            "options": json.dumps(attribute.options), "default_value": json.dumps(attribute.default),
            "varies": attribute.varies}
