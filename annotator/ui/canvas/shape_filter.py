"""The filter for the boxes that are drawn. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model.frame import TrackState
from annotator.model.track import TrackObservation


@dataclass(frozen=True, slots=True)
class ShapeFilter:
    """Tracks and boxes that are hidden on the canvas; the data is not affected."""

    tracks: frozenset[int] = frozenset()
    """Ids of hidden tracks."""
    labels: frozenset[int] = frozenset()
    """Ids of labels whose tracks are hidden."""
    states: frozenset[TrackState] = frozenset()
    """States in which predicted boxes are hidden."""
    min_score: float = 0.0
    """Predicted boxes below this score are hidden, 0..1."""

    @property
    def is_open(self) -> bool:
        """Whether everything is shown."""
        return self == ShapeFilter()

    def shows(self, observation: TrackObservation) -> bool:
        """Return whether a box is drawn. Manual boxes are never hidden for their state or score."""
        if observation.track in self.tracks or observation.label in self.labels:
            return False
        if observation.human:
            return True
        return observation.state not in self.states and observation.score >= self.min_score
