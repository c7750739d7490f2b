"""Collect frames that arrive one by one into ranges."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Ranges(Generic[K]):
    """Joins consecutive frames of the same key into ranges. The frames of a key must be added in ascending order."""

    def __init__(self) -> None:
        self._open: dict[K, tuple[int, int]] = {}
        self._done: list[tuple[K, int, int]] = []

    def add(self, key: K, frame: int) -> None:
        """Add a frame to a key."""
        first, last = self._open.get(key, (frame, frame))
        if frame > last + 1:
            self._done.append((key, first, last))
            first = frame
        self._open[key] = (first, frame)

    def closed(self) -> Iterator[tuple[K, int, int]]:
        """Yield all ranges as key, first and last frame (inclusive), ordered by first frame."""
        ranges = [*self._done, *((key, first, last) for key, (first, last) in self._open.items())]
        yield from sorted(ranges, key=lambda each: each[1:])
