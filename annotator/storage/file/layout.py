"""Check at opening that a file has the tables of a project and nothing else.

A view, a trigger, a generated column or an index on an expression runs SQL of whoever made the file, with each query or
each edit. None of them belongs in a project, so the file is compared with the tables that this program makes: the same
objects, each defined by the same words. Only the schema is read, so the size of the file does not matter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from annotator.errors import StorageError
from annotator.storage.file.schema import metadata

#: Most characters of a definition that is compared; ours have a tenth of that.
_LONGEST = 20_000
#: Steps through the index from one track to the next, so the number of spans does not matter.
_SPAN_WITHOUT_TRACK = """
    WITH RECURSIVE used(track) AS (
        SELECT min(track) FROM span
        UNION ALL SELECT (SELECT min(track) FROM span WHERE track > used.track) FROM used WHERE used.track IS NOT NULL)
    SELECT track FROM used WHERE track IS NOT NULL AND track NOT IN (SELECT id FROM track) LIMIT 1"""
#: Parts of definitions that older programs made and that this one no longer makes.
_FORMER = {"video": {"unique(name)"}}
#: Tables with at most some thousand rows.
_SMALL = ("attribute", "detector_class", "run", "proposal", "track", "mark", "attribute_value", "note", "history")


@dataclass(frozen=True, slots=True)
class _Definition:
    """What a CREATE statement says, independent of blanks, quotes, letter case and the order of columns."""

    head: str
    parts: frozenset[tuple[str, int]]
    tail: str

    def is_part_of(self, other: _Definition, former: Collection[str] = ()) -> bool:
        """Whether this is the other definition without some of its parts; it may have those in ``former``."""
        own = {part for part in self.parts if part[0] not in former}
        return self.head == other.head and self.tail == other.tail and own <= other.parts


def check_layout(connection: Connection, path: Path, complete: bool) -> None:
    """Check the tables and indices of a project.

    Args:
        complete: False for a file of an older version, which may lack tables, columns and indices.

    Raises:
        StorageError: something is missing, changed, or does not belong to a project.
    """
    expected, found = _expected(), _found(connection, path)
    for name, definition in found.items():
        if name not in expected:
            raise _refusal(path, f"has the {_kind(definition)} {name[:60]!r}, which is not part of a project")
        known = _FORMER.get(name, ())
        same = definition == expected[name] if complete else definition.is_part_of(expected[name], known)
        if not same:
            raise _refusal(path, f"has another {_kind(definition)} {name!r} than this program makes")
    missing = sorted(set(expected) - set(found)) if complete else []
    if missing:
        raise _refusal(path, f"lacks the {_kind(expected[missing[0]])} {missing[0]!r}")


def check_references(connection: Connection, path: Path) -> None:
    """Check that rows of the small tables refer to rows that exist. The large tables are joined, so a row that refers
    to nothing is not seen there.

    Raises:
        StorageError: a row refers to a missing one.
    """
    for name in _SMALL:
        broken = connection.exec_driver_sql(f'PRAGMA foreign_key_check("{name}")').first()
        if broken is not None:
            raise StorageError(f"{path} is damaged: a row of {broken[0]} refers to a missing row of {broken[2]}; "
                               "restore a backup copy")
    if connection.exec_driver_sql(_SPAN_WITHOUT_TRACK).first() is not None:
        raise StorageError(f"{path} is damaged: a row of span refers to a missing row of track; restore a backup copy")


def _found(connection: Connection, path: Path) -> Mapping[str, _Definition]:
    rows = connection.exec_driver_sql(
        "SELECT type, name, rootpage, length(sql), substr(sql, 1, ?) FROM sqlite_master", (_LONGEST,)).all()
    pages = Counter(row[2] for row in rows if row[2])
    found = {}
    for kind, name, page, length, sql in rows:
        if pages[page] > 1:
            raise _refusal(path, f"stores {str(name)[:60]!r} where another table is")
        if sql is None and kind == "index" and str(name).startswith("sqlite_autoindex_"):
            continue  # belongs to a constraint of its table
        if not isinstance(sql, str) or not isinstance(name, str) or length > _LONGEST:
            raise _refusal(path, f"has a {str(kind)[:10]} {str(name)[:60]!r} without a readable definition")
        found[name] = _definition(sql)
    return found


@cache
def _expected() -> Mapping[str, _Definition]:
    dialect = sqlite.dialect()
    found = {}
    for table in metadata.tables.values():
        found[table.name] = _definition(str(CreateTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            found[str(index.name)] = _definition(str(CreateIndex(index).compile(dialect=dialect)))
    return found


def _definition(sql: str) -> _Definition:
    """Split a CREATE statement at its outer parentheses and at the commas directly inside them."""
    text = re.sub(r"\s+", " ", re.sub(r'["\[\]`]', "", sql)).strip().lower()
    text = re.sub(r" ?([(),]) ?", r"\1", text)
    start, end = text.find("("), text.rfind(")")
    if start < 0 or end < start:
        return _Definition(text, frozenset(), "")
    parts, depth, begun = [], 0, start + 1
    for place in range(start + 1, end):
        depth += (text[place] == "(") - (text[place] == ")")
        if text[place] == "," and depth == 0:
            parts.append(text[begun:place])
            begun = place + 1
    parts.append(text[begun:end])
    # The order of columns does not matter to named columns, but matters in an index.
    ordered = text.startswith(("create index", "create unique index"))
    numbered = frozenset((part, place if ordered else 0) for place, part in enumerate(parts))
    if len(numbered) < len(parts):
        return _Definition(text, frozenset(), "")
    return _Definition(text[:start], numbered, text[end + 1:])


def _kind(definition: _Definition) -> str:
    words = definition.head.split()
    known = [word for word in words[:3] if word in ("table", "index", "view", "trigger")]
    return known[0] if known else "object"


def _refusal(path: Path, found: str) -> StorageError:
    return StorageError(f"{path} {found}: it was changed by another program, and opening it could run what that "
                        "program put there; restore a backup copy, or ask its sender for the file again")
