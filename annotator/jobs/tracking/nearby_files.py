"""Files of a MOTChallenge sequence that lie beside its pictures."""

from __future__ import annotations

from pathlib import Path


def nearby_detections(video: Path) -> Path | None:
    """Return ``det/det.txt`` of the sequence whose pictures are the video (``img1`` or the sequence's folder)."""
    return _beside(video, "det")


def nearby_ground_truth(video: Path) -> Path | None:
    """Return ``gt/gt.txt`` of the sequence whose pictures are the video (``img1`` or the sequence's folder)."""
    return _beside(video, "gt")


def _beside(video: Path, kind: str) -> Path | None:
    if not video.is_dir():
        return None
    places = (folder / kind / f"{kind}.txt" for folder in (video, video.parent))
    return next((place for place in places if place.is_file()), None)
