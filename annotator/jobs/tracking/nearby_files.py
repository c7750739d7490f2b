"""Files of a MOTChallenge sequence that lie beside its pictures. No path of the video: none of them is looked for."""

from __future__ import annotations

from pathlib import Path


def nearby_detections(video: Path | None) -> Path | None:
    """Return ``det/det.txt`` of the sequence whose pictures are the video (``img1`` or the sequence's folder)."""
    return _beside(video, "det")


def nearby_ground_truth(video: Path | None) -> Path | None:
    """Return ``gt/gt.txt`` of the sequence whose pictures are the video (``img1`` or the sequence's folder)."""
    return _beside(video, "gt")


def _beside(video: Path | None, kind: str) -> Path | None:
    if video is None or not video.is_dir():
        return None
    places = (folder / kind / f"{kind}.txt" for folder in (video, video.parent))
    return next((place for place in places if place.is_file()), None)
