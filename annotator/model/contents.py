"""How much a project holds about a video."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VideoContents:
    """What goes with a video when it is removed."""

    tracks: int
    boxes: int
    """Stored boxes of its tracks: predicted and manual ones, without interpolated ones."""
    keyframes: int
    """Manual boxes among them."""
    regions: int
    """Ignore regions."""
    runs: int
    """Runs, also undone ones."""
    notes: int = 0
    """Notes, open and closed ones."""

    def line(self) -> str:
        """What there is, as text; counts of 0 are omitted."""
        boxes = _counted(self.boxes, "box", "boxes")
        if self.keyframes:
            boxes += f" ({self.keyframes} of them manual)"
        parts = [text for count, text in (
            (self.tracks, _counted(self.tracks, "track", "tracks")), (self.boxes, boxes),
            (self.regions, _counted(self.regions, "ignore region", "ignore regions")),
            (self.notes, _counted(self.notes, "note", "notes")),
            (self.runs, _counted(self.runs, "run", "runs"))) if count]
        return ", ".join(parts) or "nothing"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
