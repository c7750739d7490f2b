"""Count what a reader does not take, so that the report has it with its number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet

#: Values that hold nothing, so that nothing is lost with them.
_NOTHING = (None, "")
#: Most kinds that are counted separately; a damaged file may have any number of them.
_MOST_KINDS = 100
_LONGEST_NAME = 40
#: What rotations are called, which are not kept, in every format.
ROTATIONS = "rotations of boxes (the upright boxes around them are read)"
#: What polygons are called that cannot be filled, in every format.
NO_SIZE = "polygons in frames of unknown size (the boxes around them are read)"
_REST = "other fields that are not read"


class PassedOver:
    """What one video of a file, or the file as a whole, has and its reader does not take: description and count."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, what: str, count: int = 1) -> None:
        """Count something that is not taken; ``what`` names it in the plural ("rotations of boxes")."""
        if not count:
            return
        known = what in self.counts or len(self.counts) < _MOST_KINDS
        self.counts[what if known else _REST] += count

    def fields(self, item: Mapping[str, object], known: AbstractSet[str], of: str) -> None:
        """Count the fields of an entry that are not among the known ones and hold something; ``of`` names the entries
        in the plural ("annotations")."""
        if item.keys() <= known:
            return
        for name in item.keys() - known:
            if holds_something(item[name]):
                self.add(f"field {short(name)} of {of}")


def holds_something(value: object) -> bool:
    """Whether leaving this value of a field out loses anything: empty texts, lists and objects, and null, do not."""
    if isinstance(value, Collection):
        return len(value) > 0
    return value not in _NOTHING


def short(name: object) -> str:
    """A name from a file as part of one line of text."""
    text = " ".join(str(name).split())
    return repr(text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}...").replace("\\", "/")
