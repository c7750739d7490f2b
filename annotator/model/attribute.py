"""What can be said of a track besides its label: attributes, their kinds and what fits them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from annotator.model.track import Track

Value = str | float | bool
"""A text, a number, one of the options, or a flag; None where nothing is said."""


class AttributeKind(StrEnum):
    """What values an attribute takes."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property that tracks have."""

    id: int
    label: int | None
    """Id of the label whose tracks have it; None for tracks of every label."""
    name: str
    """Unique among the attributes of a label and of all labels: tracks keep their values under it."""
    kind: AttributeKind
    options: tuple[str, ...] = ()
    """What a choice offers."""
    default: Value | None = None
    """What holds for a track of which nothing else is said."""

    def fitting(self, value: object) -> Value | None:
        """The value as this attribute keeps it; None for one that does not fit and cannot be read as one that does."""
        if value is None:
            return None
        if self.kind is AttributeKind.FLAG:
            return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
        if self.kind is AttributeKind.NUMBER:
            return _number(value)
        text = str(value)
        if self.kind is AttributeKind.CHOICE:
            return text if text in self.options else None
        return text or None

    def value_of(self, track: Track) -> Value | None:
        """What is said of a track, else the default."""
        said = track.attributes.get(self.name)
        return self.default if said is None else self.fitting(said)


def attributes_of(label: int, attributes: Iterable[Attribute]) -> list[Attribute]:
    """Those that tracks of this label have."""
    return [attribute for attribute in attributes if attribute.label in (None, label)]


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(str(value).replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
