"""The frames for which a value of an attribute is set: from a frame on, only it, or the selected range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QCoreApplication

from annotator.errors import StorageError
from annotator.model.attribute import Attribute, Value
from annotator.storage.edits import attributes, values
from annotator.storage.store import Store


class Scope(Enum):
    """The frames for which a value is set."""

    ON = auto()
    """From the frame on, until the next change."""
    HERE = auto()
    """Only in the frame."""
    RANGE = auto()
    """In the selected range."""
    RANGE_OR_ON = auto()
    """In the selected range, or from the frame on if there is none."""
    WHOLE = auto()
    """The whole track."""


@dataclass(frozen=True, slots=True)
class ValueFrames:
    """The frames of one edit of a value."""

    first: int
    last: int | None
    """None: until the next change."""


def frames_of(scope: Scope, frame: int, selected: tuple[int, int] | None) -> ValueFrames | None:
    """Return the frames of a scope, or None for the whole track. ``selected``: the selected range.

    Raises:
        StorageError: the scope is the selected range, and there is none.
    """
    if scope is Scope.WHOLE:
        return None
    if scope is Scope.HERE:
        return ValueFrames(frame, frame)
    if scope is not Scope.ON and selected is not None:
        return ValueFrames(*selected)
    if scope is Scope.RANGE:
        raise StorageError(QCoreApplication.translate("Values", "Select a range first: Shift-drag on the timeline"))
    return ValueFrames(frame, None)


def set_value(store: Store, tracks: Sequence[int], attribute: Attribute, value: Value | None,
              frames: ValueFrames | None) -> None:
    """Set an attribute of tracks in some frames, or as a whole. Raises StorageError."""
    given = {attribute.name: value}
    if frames is None or not attribute.varies:
        attributes.describe_tracks(store, tracks, attributes=given)
    elif frames.last is None:
        values.set_values_from(store, tracks, given, frames.first)
    else:
        values.set_values(store, tracks, given, frames.first, frames.last)
