"""Open or make a project, and find or add its videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import StorageError, UserError, VideoError
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.storage.store import Store
from annotator.video import Progress, VideoReader, fingerprint, open_video


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


@dataclass(frozen=True, slots=True)
class ScannedSource:
    """A source that was read once from end to end, which can take long, and is to become a video of a project."""

    path: Path
    fingerprint: str
    reader: VideoReader
    """Open; whoever asked for the scan closes it."""


def scan_source(source: Path, progress: Progress | None = None) -> ScannedSource:
    """Read what has to be known of a source before it can be added. Touches no project, so it may run on any thread.

    Raises VideoError for what cannot be read, and whatever ``progress`` raises.
    """
    if not source.exists():
        raise VideoError(f"{source}: there is no such file or folder; check the path")
    return ScannedSource(source, fingerprint(source, progress), open_video(source, progress=progress))


def add_source(session: Session, source: Path) -> tuple[VideoRecord, tuple[str, ...]]:
    """The project's video of this source, added if it is new, and what is wrong with it in words.

    Two sources of the same name become ``name`` and ``name-2``. Raises VideoError for what cannot be read.
    """
    scanned = scan_source(source)
    with scanned.reader:
        return add_scanned(session, scanned)


def add_scanned(session: Session, scanned: ScannedSource) -> tuple[VideoRecord, tuple[str, ...]]:
    """Like `add_source`, for a source that was scanned already."""
    info, warnings = scanned.reader.info, list(scanned.reader.warnings)
    videos = session.store.videos()
    for video in videos:
        if video.fingerprint == scanned.fingerprint:
            if not session.store.video_path(video).exists():
                session.store.move_videos({video.id: info.path})
            return video, tuple(warnings)
    name = _free_name(info.name, {video.name for video in videos})
    warnings += [f"{scanned.path} is no longer the video that {video.name} was made from: added as {name}"
                 for video in videos if _is_same_file(session.store.video_path(video), info.path)]
    record = session.store.add_video(name, info.path, info.width, info.height, info.frame_count, info.fps,
                                     scanned.fingerprint, info.times)
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
    path = store.video_path(video)
    check_place(path, video, store.path)
    return path


def check_place(path: Path, video: VideoRecord, project: Path, progress: Progress | None = None) -> None:
    """Whether a video of a project lies where it says. Touches no project, so it may run on any thread.

    Raises VideoError if it is not there or is not the same any more, and whatever ``progress`` raises.
    """
    if not path.exists():
        raise VideoError(f"{path} is missing: run `annotator relink {project} --search DIR` to find where "
                         f"{video.name} lies now, or put the file back")
    if fingerprint(path, progress) != video.fingerprint:
        raise VideoError(f"{path} is not the video any more that {video.name} was made from (its content has changed): "
                         f"put the original back, find it with `annotator relink {project} --search DIR`, or give the "
                         "new file as SOURCE to add it as another video")
