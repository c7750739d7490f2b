"""Tell the keyframes of an imported track from the boxes that can be interpolated between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from annotator.model.sequence import LabelledBox

#: Pixels by which an interpolated box of another program may deviate from the straight line; files hold two decimals.
_TOLERANCE = 0.02


@dataclass(slots=True)
class Keyframes:
    """Takes the boxes of a track frame by frame and returns those to keep.

    Boxes that the file marks as interpolated are held back until the next keyframe shows whether they lie on the
    straight line to it, without gaps. If so, they are replaced by an interpolated stretch, else they are kept.
    """

    replaced: int = 0
    """Number of boxes that are replaced by stretches."""
    _before: tuple[int, LabelledBox] | None = None
    _held: list[tuple[int, LabelledBox]] = field(default_factory=list)
    _stretches: list[tuple[int, int]] = field(default_factory=list)

    def add(self, frame: int, box: LabelledBox) -> list[tuple[int, LabelledBox]]:
        """Take a box. Returns the boxes to keep, ordered by frame."""
        if box.interpolated and box.mask is None and self._before is not None:
            self._held.append((frame, box))
            return []
        kept = self._decide(frame, box)
        self._before = (frame, box)
        return [*kept, (frame, box)]

    def rest(self) -> list[tuple[int, LabelledBox]]:
        """Return the boxes held back after the last keyframe. Call it once, at the end."""
        held, self._held = self._held, []
        return held

    def stretches(self) -> list[tuple[int, int]]:
        """First and last keyframe of each interpolated stretch."""
        return self._stretches

    def _decide(self, frame: int, box: LabelledBox) -> list[tuple[int, LabelledBox]]:
        held = self.rest()
        if not held or self._before is None:
            return []
        start, first = self._before
        if len(held) != frame - start - 1 or not all(_on_line(at, each, start, first, frame, box) for at, each in held):
            return held
        if self._stretches and self._stretches[-1][1] == start:
            start = self._stretches.pop()[0]
        self._stretches.append((start, frame))
        self.replaced += len(held)
        return []


def _on_line(at: int, each: LabelledBox, start: int, first: LabelledBox, end: int, last: LabelledBox) -> bool:
    share = (at - start) / (end - start)
    return all(abs(a + (b - a) * share - edge) <= _TOLERANCE
               for a, b, edge in zip(first.box_xyxy, last.box_xyxy, each.box_xyxy, strict=True))
