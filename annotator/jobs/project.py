"""Open or make a project, and find or add its videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from annotator.errors import StorageError, UserError, VideoError
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.storage.store import Store
from annotator.video import fingerprint, open_video


def open_project(path: Path, create: bool = False, read_only: bool = False) -> Session:
    """Open a project; make it if it is not there and ``create``. Raises StorageError."""
    if path.is_dir():
        raise StorageError(f"{path} is a folder: give the project file, such as {path / (path.name + '.annot')}")
    if path.exists() or not create:
        return Session(Store.open(path, read_only=read_only))
    return Session(Store.create(path))


@contextmanager
def opened_or_made(path: Path) -> Iterator[Session]:
    """A project for work that may fail: one that was made here, and got no video before an error, is removed again.

    Raises StorageError.
    """
    made = not path.exists()
    empty = False
    with open_project(path, create=True) as session:
        try:
            yield session
        except UserError:
            empty = made and not session.store.videos()
            raise
        finally:
            session.close()
            if empty:
                path.unlink()


def add_source(session: Session, source: Path) -> tuple[VideoRecord, tuple[str, ...]]:
    """The project's video of this source, added if it is new, and what is wrong with it in words.

    Two sources of the same name become ``name`` and ``name-2``. Raises VideoError for what cannot be read.
    """
    if not source.exists():
        raise VideoError(f"{source}: there is no such file or folder; check the path")
    mark = fingerprint(source)
    with open_video(source) as reader:
        warnings = list(reader.warnings)
        videos = session.store.videos()
        for video in videos:
            if video.fingerprint == mark:
                if not session.store.video_path(video).exists():
                    session.store.move_videos({video.id: reader.info.path})
                return video, tuple(warnings)
        info = reader.info
        name = _free_name(info.name, {video.name for video in videos})
        warnings += [f"{source} is no longer the video that {video.name} was made from: added as {name}"
                     for video in videos if _is_same_file(session.store.video_path(video), info.path)]
        record = session.store.add_video(name, info.path, info.width, info.height, info.frame_count, info.fps, mark,
                                         info.times)
    return record, tuple(warnings)


def _is_same_file(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def chosen_videos(session: Session, names: Sequence[str] | None) -> list[VideoRecord]:
    """Videos by name; all of them without names. Raises StorageError for a name that is not there."""
    videos = [session.store.video(name) for name in names] if names else session.store.videos()
    if not videos:
        raise StorageError(f"{session.store.path} holds no video: run `annotator preannotate SOURCE --project "
                           f"{session.store.path}` first")
    return videos


def check_video(session: Session, video: VideoRecord) -> Path:
    """Where a video of the project lies. Raises VideoError if it is not there or is not the same any more."""
    return check_source(session.store, video)


def check_source(store: Store, video: VideoRecord) -> Path:
    """As `check_video`; may be called on another thread than the store's."""
    path, project = store.video_path(video), store.path
    if not path.exists():
        raise VideoError(f"{path} is missing: run `annotator relink {project} --search DIR` to find where "
                         f"{video.name} lies now, or put the file back")
    if fingerprint(path) != video.fingerprint:
        raise VideoError(f"{path} is not the video any more that {video.name} was made from (its content has changed): "
                         f"put the original back, find it with `annotator relink {project} --search DIR`, or give the "
                         "new file as SOURCE to add it as another video")
    return path
