"""What a person has pointed at so far, and what is to be followed together. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from annotator.jobs.barriers import Direction
from annotator.jobs.prompt import PromptRequest, PromptSettings
from annotator.model.prompt import Point, Prompt

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Draft:
    """One object, pointed at in one frame: a box, points, or both."""

    frame: int
    box_xyxy: Box | None = None
    points: tuple[Point, ...] = ()
    track: int | None = None
    """Id of the track that it is; None for a new object."""
    label: str | None = None
    """Of a new object; None: the project's first."""
    direction: Direction = Direction.BOTH

    def with_point(self, x: float, y: float, positive: bool) -> Self:
        """One more click, in picture pixels."""
        return replace(self, points=(*self.points, Point(x, y, positive)))

    def turned(self, direction: Direction) -> Self:
        """Carried one way only; both ways again where it was that way already."""
        return replace(self, direction=Direction.BOTH if direction is self.direction else direction)

    def prompt(self) -> Prompt:
        """What the segmentor is asked in its frame."""
        return Prompt(self.frame, self.box_xyxy, self.points)

    def request(self) -> PromptRequest:
        """What is to be followed."""
        return PromptRequest(self.frame, self.box_xyxy, self.points, self.track,
                             self.label if self.track is None else None, self.direction)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is followed together and becomes one proposal."""

    requests: tuple[PromptRequest, ...]
    within_track: bool = False
    """Stay between the first and the last frame of each track."""
    chosen: tuple[int, int] | None = None
    """Stay between these frames."""

    def settings(self, segmenter: str | None, device: str) -> PromptSettings:
        first, last = (None, None) if self.chosen is None else self.chosen
        return PromptSettings(first=first, last=last, within_track=self.within_track, segmenter=segmenter,
                              device=device)

    def numbered(self) -> dict[int, int | None]:
        """Number of each object, as the run counts them -> its track (id): prompts of one track are one object."""
        objects = dict.fromkeys((index, None) if request.track is None else (-1, request.track)
                                for index, request in enumerate(self.requests))
        return {number: track for number, (_, track) in enumerate(objects, 1)}

    @property
    def track(self) -> int | None:
        """The one track (id) that it is about, if there is one."""
        tracks = {request.track for request in self.requests}
        return tracks.pop() if len(tracks) == 1 else None

    def as_new(self) -> Batch:
        """The same prompts, for new objects."""
        return replace(self, requests=tuple(replace(request, track=None) for request in self.requests),
                       within_track=False)

    def turned(self, direction: Direction) -> Batch:
        """Carried one way only, both where it was that way already."""
        now = self.requests[0].direction
        wanted = Direction.BOTH if direction is now else direction
        return replace(self, requests=tuple(replace(request, direction=wanted) for request in self.requests))
