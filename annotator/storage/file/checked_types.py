"""Column types that check what they read and what they write.

A project file may come from a stranger or a damaged disk, and SQLite stores any value in any column. Each type
therefore checks every value when a query returns it, so that opening a large file costs nothing. Texts that people give
are checked by the same rule before they are written, so that no project becomes unreadable. The types change nothing
about the tables: their DDL is that of the type they extend.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from copy import copy
from typing import Any

from sqlalchemy import Boolean, Float, Integer, LargeBinary, MetaData, Text

from annotator.errors import StorageError
from annotator.model.bounds import LARGEST_NUMBER
from annotator.model.text import LONGEST_NAME, is_showable, showable

#: Last frame of a range without an end, in queries.
OPEN = 1 << 62

Check = Callable[[Any], Any]

#: Most characters and deepest nesting of a JSON document.
LARGEST_DOCUMENT, DEEPEST_DOCUMENT = 1 << 22, 32
#: Longest text that is no name: a message, a path.
LONGEST_TEXT = 1 << 16


def refuse(where: str, found: object, expected: str) -> StorageError:
    """The error for a stored value that no version of this program writes."""
    # Cut first: a hostile value can have hundreds of megabytes.
    shown = repr(found[:60] if isinstance(found, str | bytes) else found)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
    return StorageError(f"the project's {where} holds {shown}, but expected {expected}: the file is damaged or was "
                        "changed by another program; restore a backup copy, or ask its sender for the file again")


class _Checked:
    """What all types share: a check for reading, and for texts one for writing."""

    where: str = "column"
    """Table and column, for messages; see `name_types`."""

    def _read(self) -> Check:
        raise NotImplementedError

    def adapt(self, *_: Any, **__: Any) -> Any:
        """Keep the name: SQLAlchemy would make a new type from the constructor's arguments."""
        return copy(self)

    def _write(self) -> Check | None:
        """The check of values that are written or compared with; None for numbers, which queries compare with bounds
        that no row has."""
        return None

    def result_processor(self, _dialect: Any, _coltype: Any) -> Check:
        return self._read()

    def bind_processor(self, _dialect: Any) -> Check | None:
        return self._write()


class Whole(_Checked, Integer):
    """A whole number within bounds, both inclusive, or NULL."""

    def __init__(self, low: int = 0, high: int = LARGEST_NUMBER) -> None:
        super().__init__()
        self.low, self.high = low, high

    def _read(self) -> Check:
        where, low, high = self.where, self.low, self.high

        def check(value: Any) -> Any:
            if value is None or (type(value) is int and low <= value <= high):
                return value
            raise refuse(where, value, f"a whole number from {low} to {high}")

        return check


class Frame(Whole):
    """A frame index; -1 only where a range may end before the first frame."""

    def __init__(self, low: int = 0) -> None:
        super().__init__(low)


class RangeEnd(Whole):
    """The first or last frame of a range, which may lie anywhere behind the end of the video."""

    def __init__(self) -> None:
        super().__init__(0, OPEN)


class Number(_Checked, Float[Any]):
    """A number whose magnitude is below a bound, or NULL. Without a bound it may be infinite."""

    def __init__(self, bound: float = math.inf, finite: bool = True) -> None:
        super().__init__()
        self.bound, self.finite = bound, finite

    def _read(self) -> Check:
        where, bound, finite = self.where, self.bound, self.finite

        def check(value: Any) -> Any:
            if value is None:
                return None
            # An integer is stored where a column of another program's table has no type.
            if isinstance(value, float | int) and (-bound < value < bound or not finite):
                return value
            raise refuse(where, value, "a finite number" if math.isinf(bound) else f"a number within ±{bound:g}")

        return check


class Choice(_Checked, Text):
    """One of some texts."""

    def __init__(self, choices: Iterable[str]) -> None:
        super().__init__()
        self.choices = tuple(str(each) for each in choices)

    def _read(self) -> Check:
        where, known = self.where, dict.fromkeys(self.choices)

        def check(value: Any) -> Any:
            if value is None or (isinstance(value, str) and value in known):
                return value
            raise refuse(where, value, f"one of {', '.join(known)}")

        return check


class Flag(_Checked, Boolean):
    """True or false."""

    def _read(self) -> Check:
        where = self.where

        def check(value: Any) -> bool | None:
            if value is None:
                return None
            if type(value) is int and value in (0, 1):
                return value == 1
            raise refuse(where, value, "0 or 1")

        return check


class Color(_Checked, Text):
    """``#rrggbb``."""

    _pattern = re.compile("#[0-9a-fA-F]{6}")

    def _read(self) -> Check:
        where, fits = self.where, self._pattern.fullmatch

        def check(value: Any) -> Any:
            if value is None or (isinstance(value, str) and fits(value)):
                return value
            raise refuse(where, value, "a colour such as #1f77b4")

        return check


class Words(_Checked, Text):
    """A text of limited length, such as a message. Characters that cannot be shown are replaced when it is read."""

    def __init__(self, longest: int = LONGEST_TEXT) -> None:
        super().__init__()
        self.longest = longest

    def _read(self) -> Check:
        where, longest = self.where, self.longest

        def check(value: Any) -> Any:
            if value is None:
                return None
            if not isinstance(value, str) or len(value) > longest:
                raise refuse(where, value, f"a text of at most {longest} characters")
            return value if is_showable(value) else showable(value)

        return check

    def _write(self) -> Check:
        where, longest = self.where, self.longest

        def check(value: Any) -> Any:
            if value is not None and len(value) > longest:
                raise StorageError(f"{where} would have {len(value)} characters; give at most {longest}")
            return value

        return check


class Name(Words):
    """A name that a person or a label file gave."""

    def __init__(self) -> None:
        super().__init__(LONGEST_NAME)


class FilePath(Words):
    """The path of a file: read as it is, because a changed path names another file; refused with a NUL."""

    def _read(self) -> Check:
        where, longest = self.where, self.longest

        def check(value: Any) -> Any:
            if value is None or (isinstance(value, str) and 0 < len(value) <= longest and "\0" not in value):
                return value
            raise refuse(where, value, f"a path of at most {longest} characters")

        return check


class Document(_Checked, Text):
    """JSON of limited size and depth, read as text; `parsed` parses it."""

    def _read(self) -> Check:
        where = self.where

        def check(value: Any) -> Any:
            if value is None:
                return None
            if not isinstance(value, str) or len(value) > LARGEST_DOCUMENT:
                raise refuse(where, value, f"a JSON text of at most {LARGEST_DOCUMENT} characters")
            return value

        return check

    def _write(self) -> Check:
        where = self.where

        def check(value: Any) -> Any:
            if value is not None and len(value) > LARGEST_DOCUMENT:
                raise StorageError(f"{where} would have {len(value)} characters; at most {LARGEST_DOCUMENT} are stored")
            return value

        return check


class Bytes(_Checked, LargeBinary):
    """Bytes of limited length."""

    def __init__(self, longest: int) -> None:
        super().__init__()
        self.longest = longest

    def _read(self) -> Check:
        where, longest = self.where, self.longest

        def check(value: Any) -> Any:
            if value is None or (isinstance(value, bytes) and len(value) <= longest):
                return value
            raise refuse(where, value, f"at most {longest} bytes")

        return check


def name_types(metadata: MetaData) -> None:
    """Tell the types of all tables which column they belong to, for messages."""
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, _Checked) and not column.foreign_keys:
                column.type.where = f"{table.name}.{column.name}"


def parsed(where: str, text: str, kind: type[Any]) -> Any:
    """Parse a stored JSON document of this kind (dict, list, or object for anything).

    Raises:
        StorageError: it is not JSON, of another kind, too deep, or holds a number that is not finite.
    """
    if deepest(text) > DEEPEST_DOCUMENT:
        raise refuse(where, text, f"JSON nested at most {DEEPEST_DOCUMENT} deep")
    try:
        content = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refuse(where, text, f"JSON ({error})") from error
    if not isinstance(content, kind):
        raise refuse(where, text, f"a JSON {'list' if kind is list else 'object'}")
    return content


def deepest(text: str) -> int:
    """Return how deep a JSON text is nested, at most one more than is allowed; 0 for a text with few brackets."""
    if text.count("[") + text.count("{") <= DEEPEST_DOCUMENT:
        return 0
    depth = most = 0
    quoted = escaped = False
    for character in text:
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            most = max(most, depth)
            if most > DEEPEST_DOCUMENT:
                return most
        elif character in "]}":
            depth -= 1
    return most


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a finite number")
