"""Which boxes of an imported track a person must have set, and which follow from those."""

from __future__ import annotations

from dataclasses import dataclass, field

from annotator.model.sequence import LabelledBox

#: Pixels by which a box of another program may differ from the straight line; files hold two decimals.
_TOLERANCE = 0.02


@dataclass(slots=True)
class Keyframes:
    """Takes a track's boxes frame by frame and gives back those to keep.

    Boxes that the file calls interpolated are held back until the next keyframe shows whether they lie on the straight
    line to it, without gaps. If they do, the stretch is remembered instead; else they are kept as they are.
    """

    replaced: int = 0
    """Boxes that a stretch stands for."""
    _before: tuple[int, LabelledBox] | None = None
    _held: list[tuple[int, LabelledBox]] = field(default_factory=list)
    _stretches: list[tuple[int, int]] = field(default_factory=list)

    def add(self, frame: int, box: LabelledBox) -> list[tuple[int, LabelledBox]]:
        """Take a box; returns boxes to keep, by frame."""
        if box.interpolated and box.mask is None and self._before is not None:
            self._held.append((frame, box))
            return []
        kept = self._decide(frame, box)
        self._before = (frame, box)
        return [*kept, (frame, box)]

    def rest(self) -> list[tuple[int, LabelledBox]]:
        """Boxes after the last keyframe; to be called once, at the end."""
        held, self._held = self._held, []
        return held

    def stretches(self) -> list[tuple[int, int]]:
        """First and last keyframe of each stretch."""
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
