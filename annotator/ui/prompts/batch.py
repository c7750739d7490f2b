"""A batch of prompts that are propagated together. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from annotator.jobs.prompts.limits import Direction
from annotator.jobs.prompts.propagate import PromptRequest, PromptSettings


@dataclass(frozen=True, slots=True)
class Batch:
    """Prompts that are propagated together and result in one proposal."""

    requests: tuple[PromptRequest, ...]
    within_track: bool = False
    """Stay between the first and the last frame of each track."""
    chosen: tuple[int, int] | None = None
    """Stay between these frames."""
    between: bool = False
    """Fill only the frames between the prompts of each object, from both ends."""

    def settings(self, segmenter: str | None, device: str) -> PromptSettings:
        first, last = (None, None) if self.chosen is None else self.chosen
        return PromptSettings(first=first, last=last, within_track=self.within_track, between=self.between,
                              segmenter=segmenter, device=device)

    def numbered(self) -> dict[int, int | None]:
        """Map the run's number of each object to its track (id). All prompts of one track are one object."""
        objects = dict.fromkeys((index, None) if request.track is None else (-1, request.track)
                                for index, request in enumerate(self.requests))
        return {number: track for number, (_, track) in enumerate(objects, 1)}

    @property
    def track(self) -> int | None:
        """The track (id) that all prompts are for, if it is the same one."""
        tracks = {request.track for request in self.requests}
        return tracks.pop() if len(tracks) == 1 else None

    def as_new(self) -> Batch:
        """The same prompts, for new objects."""
        return replace(self, requests=tuple(replace(request, track=None) for request in self.requests),
                       within_track=False)

    def turned(self, direction: Direction) -> Batch:
        """Return the batch in this direction only, or in both directions if it had this direction already."""
        wanted = self.requests[0].turned(direction).direction
        return replace(self, requests=tuple(replace(request, direction=wanted) for request in self.requests))
