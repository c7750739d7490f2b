"""Edits of values that change over time. Each function is one transaction and one undo step.

A value holds from its frame until the next change. Like names and colours, values can be edited on locked tracks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from annotator.errors import StorageError
from annotator.model.attribute import Value, attributes_of
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import Track
from annotator.storage.edits.carried import settled_values
from annotator.storage.edits.editable import check_range, check_value, chosen_tracks, in_frames, track_names
from annotator.storage.spans.algebra import OPEN, subtract
from annotator.storage.spans.rows import ValueStretch, save_values
from annotator.storage.store import Store

Values = Mapping[str, Value | None]


def set_values(store: Store, tracks: Sequence[int], values: Values, first: int, last: int | None = None) -> Changes:
    """Set attributes of tracks in frames ``first..last`` (None: to the end); None removes a value there. What holds in
    other frames is kept.

    Raises:
        StorageError: the range is reversed, an attribute does not exist or does not change over time, or a value is not
            valid for it.
    """
    records = _checked(store, tracks, values)
    check_range(first, last)
    return _write(store, records, values, first, lambda *_: OPEN if last is None else last)


def set_values_from(store: Store, tracks: Sequence[int], values: Values, frame: int) -> Changes:
    """Set attributes of tracks from a frame on until the next change of each; None removes a value there. Raises
    StorageError as `set_values`."""
    records = _checked(store, tracks, values)
    check_range(frame, None)
    return _write(store, records, values, frame, _before_next_change)


def _before_next_change(values: Sequence[ValueStretch], frame: int) -> int:
    """The last frame with the value of a frame, given the values of one attribute of a track; `OPEN` for no end."""
    return min((each.end if each.first <= frame else each.first - 1 for each in values if each.end >= frame),
               default=OPEN)


def _checked(store: Store, tracks: Sequence[int], values: Values) -> list[Track]:
    records = chosen_tracks(store, *tracks)
    if not values:
        raise StorageError("no attribute is given; name one and its value")
    every = store.attributes()
    for label in {track.label for track in records}:
        known = {each.name: each for each in attributes_of(label, every)}
        for name, value in values.items():
            if name not in known:
                raise StorageError(f"the class {store.label(label).name} has no attribute {name}; add it first")
            check_value(known[name], value)
            if not known[name].varies:
                raise StorageError(f"the attribute {name} has one value for a whole track; allow it to change over "
                                   "time, or set it for the whole track")
    return records


def _write(store: Store, records: Sequence[Track], values: Values, first: int,
           end_of: Callable[[Sequence[ValueStretch], int], int]) -> Changes:
    """Set values from a frame to the last one that ``end_of`` returns for what holds before and the frame."""
    what = f"Set {', '.join(values)} of {track_names(records)}"
    with store.transaction(what) as transaction:
        connection, keys = transaction.connection, [track.id for track in records]
        # A value of the whole track cannot be removed from some frames, and would hide where the value changes.
        before = settled_values(store, connection, records, values)
        after: list[ValueStretch] = []
        ends = []
        for track in records:
            for name, value in values.items():
                held = [each for each in before if (each.track, each.name) == (track.id, name)]
                ends.append(end_of(held, first))
                after += _replaced(held, track, name, value, first, ends[-1])
        save_values(connection, before, after)
        last = None if max(ends) >= OPEN else max(ends)
        transaction.label = what + in_frames(first, last)
        transaction.touch(Changes(ChangeKind.TRACKS, frozenset(keys), first, last, records[0].video))
    return transaction.changes


def _replaced(held: Sequence[ValueStretch], track: Track, name: str, value: Value | None, first: int, end: int,
              ) -> list[ValueStretch]:
    left = subtract(held, [(first, end)])
    if value is not None:
        left.append(ValueStretch(id=None, track=track.id, first=first, last=None if end >= OPEN else end, end=end,
                                 name=name, value=json.dumps(value), video=track.video))
    return left
