"""Open or create a project, and find or add its videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import ProjectExistsError, StorageError, UserError, VideoError
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.storage.store import Store
from annotator.storage.upkeep.relink import RelinkReport
from annotator.storage.upkeep.relink import relink as find_videos
from annotator.video import Progress, VideoReader, fingerprint, open_video


def open_project(path: Path, create: bool = False, read_only: bool = False, check: bool = True,
                 trusted: bool = False) -> Session:
    """Open a project; with ``create``, create it if it does not exist.

    Args:
        check: check one that was not closed properly; if off, the caller does. See `Store.unchecked`.
        trusted: whether the user agreed to connect to the servers that the project names. Remembered.

    Raises StorageError.
    """
    _check_no_folder(path)
    session = _open(path, create, read_only, check)[0]
    if trusted:
        trust_servers(session)
    return session


def trust_servers(session: Session) -> None:
    """Connect to the servers that a project names from now on, as the user trusts it; closes it if that fails. Raises
    StorageError."""
    try:
        session.store.trust_network()
    except BaseException:
        session.close()
        raise


def _check_no_folder(path: Path) -> None:
    if path.is_dir():
        raise StorageError(f"{path} is a folder: give the project file, such as {path / (path.name + '.annot')}")


def _open(path: Path, create: bool, read_only: bool = False, check: bool = True) -> tuple[Session, bool]:
    """Open or create a project. Also returns whether it was created here, and not by another program meanwhile."""
    if create and not path.exists():
        with suppress(ProjectExistsError):
            return Session(Store.create(path)), True
    store = Store.open(path, read_only=read_only, check=check)
    try:
        store.check_references()
    except StorageError:
        store.close()
        raise
    return Session(store), False


@contextmanager
def open_or_create(path: Path, trusted: bool = False) -> Iterator[Session]:
    """Open a project or create it. A new project that has no video when a UserError occurs is removed again.
    ``trusted``: as for `open_project`.

    Raises StorageError.
    """
    _check_no_folder(path)
    session, created = _open(path, create=True)
    if trusted:
        trust_servers(session)
    with session:
        try:
            yield session
        except UserError:
            if created and not session.store.videos():
                session.store.discard()
            raise


@dataclass(frozen=True, slots=True)
class ScannedSource:
    """A source that was read once from start to end, which can take long, and is ready to be added to a project."""

    path: Path
    fingerprint: str
    reader: VideoReader
    """An open reader; the caller of the scan closes it."""


def scan_source(source: Path, progress: Progress | None = None) -> ScannedSource:
    """Read what adding a source to a project requires. Accesses no project, so it may run on any thread.

    Raises VideoError if the source cannot be read, and any exception of ``progress``.
    """
    if not source.exists():
        raise VideoError(f"{source}: no such file or folder; check the path")
    return ScannedSource(source, fingerprint(source, progress), open_video(source, progress=progress))


def add_source(session: Session, source: Path) -> tuple[VideoRecord, tuple[str, ...]]:
    """Return the project's video of this source, added if it is new, and warnings about it.

    Two sources of the same name become ``name`` and ``name-2``. Raises VideoError if the source cannot be read.
    """
    scanned = scan_source(source)
    with scanned.reader:
        return add_scanned(session, scanned)


def add_scanned(session: Session, scanned: ScannedSource) -> tuple[VideoRecord, tuple[str, ...]]:
    """Like `add_source`, for a source that has already been scanned."""
    info, warnings = scanned.reader.info, list(scanned.reader.warnings)
    videos = session.store.videos()
    for video in videos:
        if video.fingerprint == scanned.fingerprint:
            place = session.store.allowed_path(video)
            if place is None or not place.exists():
                session.store.move_videos({video.id: info.path})
            return session.store.video(video.name), tuple(warnings)
    name = _free_name(info.name, {video.name for video in videos})
    warnings += [f"{scanned.path} has changed since {video.name} was added: added again as {name}"
                 for video in videos if _is_same_file(session.store.allowed_path(video), info.path)]
    record = session.store.add_video(name, info.path, info.width, info.height, info.frame_count, info.fps,
                                     scanned.fingerprint, info.times)
    return record, tuple(warnings)


def relink(session: Session, search_roots: Sequence[Path]) -> RelinkReport:
    """Find missing videos of the project below these folders and store their new paths."""
    return find_videos(session.store, search_roots, fingerprint)


def _is_same_file(one: Path | None, other: Path) -> bool:
    return one is not None and one.exists() and one.samefile(other)


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def selected_videos(session: Session, names: Sequence[str] | None) -> list[VideoRecord]:
    """Return the videos with these names, or all videos. Raises StorageError for an unknown name."""
    videos = session.store.videos()
    if names:
        known = {video.name: video for video in videos}
        videos = [known[name] if name in known else session.store.video(name) for name in names]
    if not videos:
        raise StorageError(f"{session.store.path} contains no video: run `annotator preannotate SOURCE --project "
                           f"{session.store.path}` first")
    return videos


def check_video(session: Session, video: VideoRecord) -> Path:
    """Return the path of a project's video. Raises VideoError if the file is missing or has changed, or if it is on
    another computer that the user has not agreed to connect to."""
    return check_source(session.store, video)


def check_source(store: Store, video: VideoRecord) -> Path:
    """Like `check_video`, for any thread."""
    path = store.video_path(video)
    check_video_file(path, video, store.path)
    return path


def check_video_file(path: Path, video: VideoRecord, project: Path, progress: Progress | None = None) -> None:
    """Check that a video file exists and is unchanged. Accesses no project, so it may run on any thread.

    Raises VideoError if the file is missing or has changed, and any exception of ``progress``.
    """
    if not path.exists():
        raise VideoError(f"{path} is missing: run `annotator relink {project} --search DIR` to find {video.name}, or "
                         "restore the file")
    if fingerprint(path, progress) != video.fingerprint:
        raise VideoError(f"{path} is no longer the file that {video.name} was made from (its content has changed): "
                         f"restore the original, find it with `annotator relink {project} --search DIR`, or give the "
                         "new file as SOURCE to add it as another video")
