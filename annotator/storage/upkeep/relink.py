"""Find the videos of a project that came from another machine or whose files were moved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from annotator.errors import StorageError, UserError
from annotator.model.track import VideoRecord
from annotator.storage.store import Store


@dataclass(slots=True)
class RelinkReport:
    """Which videos lie where."""

    in_place: list[str] = field(default_factory=list)
    """Names of videos that lie where the project expects them."""
    found: dict[str, Path] = field(default_factory=dict)
    """Names of videos that lay elsewhere, and where."""
    missing: list[str] = field(default_factory=list)
    """Names of videos that are nowhere below the folders searched."""


def relink(store: Store, search_roots: Sequence[Path], fingerprint: Callable[[Path], str]) -> RelinkReport:
    """Look for each video that is not in its place: first by its name, then by its kind and content.

    ``fingerprint`` is the function that gave the stored fingerprints; what raises a UserError in it is no candidate.
    Folders are searched to the bottom, without following links.
    """
    report = RelinkReport()
    moved: dict[int, Path] = {}
    for video in store.videos():
        place = store.video_path(video)
        if _matches(place, video, fingerprint):
            report.in_place.append(video.name)
            continue
        candidates = _candidates(place.name, search_roots)
        found = next((path for path in candidates if _matches(path, video, fingerprint)), None)
        if found is None:
            report.missing.append(video.name)
        else:
            report.found[video.name] = found
            moved[video.id] = found
    if moved:
        store.move_videos(moved)
    return report


def relink_to(store: Store, video: VideoRecord, path: Path, fingerprint: Callable[[Path], str]) -> RelinkReport:
    """Say where one video lies now. Others that are missing and lie beside it under their own names come along.

    Raises:
        StorageError: what lies there is not this video; nothing is changed then.
    """
    if not _matches(path, video, fingerprint):
        raise StorageError(f"{path} is not the video that {video.name} was made from: choose the original file, or "
                           "open this one as another video")
    report = RelinkReport(found={video.name: path})
    moved = {video.id: path}
    for other in store.videos():
        place = store.video_path(other)
        if other.id == video.id or place.exists():
            continue
        candidate = path.parent / place.name
        if _matches(candidate, other, fingerprint):
            report.found[other.name] = candidate
            moved[other.id] = candidate
        else:
            report.missing.append(other.name)
    store.move_videos(moved)
    return report


def _matches(path: Path, video: VideoRecord, fingerprint: Callable[[Path], str]) -> bool:
    if not path.exists():
        return False
    try:
        return fingerprint(path) == video.fingerprint
    except UserError:
        return False


def _candidates(name: str, roots: Iterable[Path]) -> Iterator[Path]:
    """What bears the name, then the other files with its extension; folders of images only by their name."""
    renamed: list[Path] = []
    suffix = Path(name).suffix.lower()
    for root in roots:
        if root.name == name:
            yield root
        for folder, folders, files in os.walk(root):
            for entry in (*folders, *files):
                if entry == name:
                    yield Path(folder, entry)
            renamed += [Path(folder, file) for file in files
                        if suffix and file != name and Path(file).suffix.lower() == suffix]
    yield from renamed
