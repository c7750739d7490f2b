"""Build the shapes of a frame for the canvas from the data in the store."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtGui import QColor

from annotator.ui.canvas.overlay import Shape
from annotator.ui.canvas.shape_filter import ShapeFilter
from annotator.ui.document.document import Document

Center = tuple[float, float]

#: Number of trajectories cached for trails.
_KEPT = 256


class ShapeBuilder:
    """Looks up colors and names, and caches trajectories for trails."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._paths: OrderedDict[int, dict[int, Center]] = OrderedDict()
        self.filter = ShapeFilter()
        """Filter for the shapes."""

    def forget(self, tracks: Iterable[int] = ()) -> None:
        """Drop the cached trajectories of changed tracks; of all tracks if ``tracks`` is empty."""
        chosen = list(tracks)
        if not chosen:
            self._paths.clear()
        for track in chosen:
            self._paths.pop(track, None)

    def build(self, frame: int, masks: bool, trail: int) -> list[Shape]:
        """Return the shapes of a frame.

        Args:
            frame: frame index.
            masks: whether to read masks.
            trail: number of past frames in the trails; 0 for none.
        """
        tracks, labels = self._document.tracks(), self._document.labels()
        shapes = []
        for observation in self._document.observations(frame, masks):
            track = tracks.get(observation.track)
            if track is None or not self.filter.shows(observation):
                continue
            label = labels[track.label].name if track.label in labels else ""
            name = f"{track.number} {track.name or label}".rstrip()
            if not observation.human and observation.score < 0.995:
                name += f" {observation.score:.2f}"
            path = self._trail(track.id, frame, trail) if trail else ()
            shapes.append(Shape(observation, QColor(track.color), name, path))
        return shapes

    def _trail(self, track: int, frame: int, length: int) -> list[Center]:
        path = self._paths.get(track)
        if path is None:
            path = {o.frame: ((o.box_xyxy[0] + o.box_xyxy[2]) / 2, (o.box_xyxy[1] + o.box_xyxy[3]) / 2)
                    for o in self._document.trajectory(track) if o.box_xyxy is not None}
            self._paths[track] = path
            if len(self._paths) > _KEPT:
                self._paths.popitem(last=False)
        return [path[k] for k in range(max(frame - length, 0), frame + 1) if k in path]
