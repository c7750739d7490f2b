"""Boxes between two keyframes of a track, for tools that store keyframes only."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.errors import FormatError
from annotator.formats.reading.geometry import between
from annotator.model.box import Box

#: Longest gap that is filled in, in frames: longer than any object is tracked without a keyframe.
LONGEST_GAP = 100_000


def boxes_between(where: str, first: int, first_box: Box, last: int, last_box: Box) -> Iterator[tuple[int, Box]]:
    """Yield frame and box of the frames between two keyframes. Raises FormatError, with ``where``, for a gap that no
    video has."""
    if last - first > LONGEST_GAP:
        raise FormatError(f"{where}: found a gap of {last - first} frames between keyframes; expected at most "
                          f"{LONGEST_GAP}")
    for frame in range(first + 1, last):
        yield frame, between(first_box, last_box, (frame - first) / (last - first))
