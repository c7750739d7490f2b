"""Open or make a project, and find or add its videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotator.errors import StorageError
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.storage.store import Store
from annotator.video import fingerprint, open_video


def open_project(path: Path, create: bool = False, read_only: bool = False) -> Session:
    """Open a project; make it if it is not there and ``create``. Raises StorageError."""
    if path.exists() or not create:
        return Session(Store.open(path, read_only=read_only))
    return Session(Store.create(path))


def add_source(session: Session, source: Path) -> tuple[VideoRecord, tuple[str, ...]]:
    """The project's video of this source, added if it is new, and what is wrong with it in words.

    Two sources of the same name become ``name`` and ``name-2``. Raises VideoError for what cannot be read.
    """
    mark = fingerprint(source)
    with open_video(source) as reader:
        warnings = tuple(reader.warnings)
        for video in session.store.videos():
            if video.fingerprint == mark:
                if not session.store.video_path(video).exists():
                    session.store.move_videos({video.id: reader.info.path})
                return video, warnings
        info = reader.info
        taken = {video.name for video in session.store.videos()}
        name = info.name
        number = 2
        while name in taken:
            name, number = f"{info.name}-{number}", number + 1
        record = session.store.add_video(name, info.path, info.width, info.height, info.frame_count, info.fps, mark,
                                         info.times)
    return record, warnings


def chosen_videos(session: Session, names: Sequence[str] | None) -> list[VideoRecord]:
    """Videos by name; all of them without names. Raises StorageError for a name that is not there."""
    videos = [session.store.video(name) for name in names] if names else session.store.videos()
    if not videos:
        raise StorageError(f"{session.store.path} holds no video: run `annotator preannotate SOURCE --project "
                           f"{session.store.path}` first")
    return videos
