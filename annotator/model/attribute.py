"""Track attributes besides the label: their kinds and the values they accept."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from annotator.model.track import Track

Value = str | float | bool
"""A text, a number, one of the options, or a flag; None where no value is set."""


class AttributeKind(StrEnum):
    """The kind of values that an attribute takes."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property of tracks."""

    id: int
    label: int | None
    """Id of the label whose tracks have it; None for tracks of every label."""
    name: str
    """Unique among the attributes of its label and those of all labels: tracks store their values under it."""
    kind: AttributeKind
    options: tuple[str, ...] = ()
    """The values to choose from, for a choice."""
    default: Value | None = None
    """The value of a track that has none of its own."""
    varies: bool = False
    """Whether a track's value may change over time; see `annotator.model.values`."""

    def fitting(self, value: object) -> Value | None:
        """Return the value as this attribute stores it, or None for a value that it cannot be converted from."""
        if value is None:
            return None
        if self.kind is AttributeKind.FLAG:
            return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
        if self.kind is AttributeKind.NUMBER:
            return _number(value)
        text = value_text(value)
        if self.kind is AttributeKind.CHOICE:
            return text if text in self.options else None
        return text or None

    def value_of(self, track: Track) -> Value | None:
        """Return the value that is set for a track, or the default."""
        return self.or_default(track.attributes.get(self.name))

    def or_default(self, value: object) -> Value | None:
        """Return a stored value as this attribute takes it, or the default if none is stored."""
        return self.default if value is None else self.fitting(value)


def value_text(value: object) -> str:
    """A value as text, as label files have it: ``true`` and ``false``, whole numbers without decimals, nothing for
    None."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return "" if value is None else str(value)


def is_value(value: object) -> bool:
    """Whether an attribute can have a value that was read from a file."""
    return isinstance(value, str | bool) or (isinstance(value, int | float) and math.isfinite(value))


def is_same(one: object, other: object) -> bool:
    """Whether two values are equal and of one kind: 1 is not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def attributes_of(label: int, attributes: Iterable[Attribute]) -> list[Attribute]:
    """Return the attributes that tracks of this label have."""
    return [attribute for attribute in attributes if attribute.label in (None, label)]


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(str(value).replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
