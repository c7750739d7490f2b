"""Count what the database does, which is the same on every machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import event

from annotator.storage.file.database import driver_connection
from annotator.storage.reader import Reader

_EVERY = 50


@dataclass(slots=True)
class Work:
    """What a connection did."""

    statements: int = 0
    """Statements that the program issued; one for many rows counts once."""
    steps: int = 0
    """Steps of SQLite's virtual machine, to within 50."""


@contextmanager
def counted(reader: Reader) -> Iterator[Work]:
    """Count the work of a reader's connection."""
    work = Work()
    driver = driver_connection(reader._connection)

    def statement(*_: object) -> None:
        work.statements += 1

    def progress() -> int:
        work.steps += _EVERY
        return 0

    event.listen(reader._connection.engine, "before_cursor_execute", statement)
    driver.set_progress_handler(progress, _EVERY)
    try:
        yield work
    finally:
        driver.set_progress_handler(None, 0)
        event.remove(reader._connection.engine, "before_cursor_execute", statement)


def work_of(reader: Reader, action: Callable[[], object]) -> Work:
    """Count the work of an action."""
    with counted(reader) as work:
        action()
    return work


def exponent(small: Work, large: Work, factor: float) -> float:
    """By which power of the size the steps grow, from a size to ``factor`` times that size."""
    return math.log(large.steps / small.steps) / math.log(factor)
