"""Find the videos of a project that comes from another computer or whose files were moved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from annotator.errors import StorageError, UserError
from annotator.files.network_paths import file_name
from annotator.model.track import VideoRecord
from annotator.storage.store import Store


@dataclass(slots=True)
class RelinkReport:
    """Where the videos of a project were found."""

    in_place: list[str] = field(default_factory=list)
    """Names of videos that are where the project expects them."""
    found: dict[str, Path] = field(default_factory=dict)
    """Names of videos that were found elsewhere, and their paths."""
    missing: list[str] = field(default_factory=list)
    """Names of videos that were not found in the searched folders."""
    refused: list[str] = field(default_factory=list)
    """Those of the missing whose expected path was not touched, as it is on another computer that the user has not
    agreed to connect to."""


def relink(store: Store, search_roots: Sequence[Path], fingerprint: Callable[[Path], str]) -> RelinkReport:
    """Search for each missing video, first by name, then by file type and content.

    ``fingerprint`` must be the function that computed the stored fingerprints; files for which it raises UserError are
    skipped. Folders are searched recursively, without following links.
    """
    report = RelinkReport()
    moved: dict[int, Path] = {}
    for video in store.videos():
        place = store.allowed_path(video)
        if place is not None and _matches(place, video, fingerprint):
            report.in_place.append(video.name)
            continue
        candidates = _candidates(file_name(video.path), search_roots)
        found = next((path for path in candidates if _matches(path, video, fingerprint)), None)
        if found is None:
            report.missing.append(video.name)
            report.refused += [video.name] if place is None else []
        else:
            report.found[video.name] = found
            moved[video.id] = found
    if moved:
        store.move_videos(moved)
    return report


def relink_to(store: Store, video: VideoRecord, path: Path, fingerprint: Callable[[Path], str]) -> RelinkReport:
    """Set the new path of one video. Other missing videos in the same folder are relinked too, by their file names.

    Raises:
        StorageError: the file is not this video; nothing is changed then.
    """
    if not _matches(path, video, fingerprint):
        raise StorageError(f"{path} is not the video {video.name} of this project; choose the original file, or add "
                           "this one as another video")
    report = RelinkReport(found={video.name: path})
    moved = {video.id: path}
    for other in store.videos():
        place = store.allowed_path(other)
        if other.id == video.id or (place is not None and place.exists()):
            continue
        candidate = path.parent / file_name(other.path)
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
    """Files and folders of this name, then other files with its extension. Image folders are found only by name."""
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
