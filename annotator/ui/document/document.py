"""The window's model of the open project: current video and frame, selection, and signals about changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from annotator.errors import StorageError, UserError
from annotator.jobs.project import ScannedSource, add_scanned, open_project
from annotator.model.attribute import Attribute
from annotator.model.box import Box
from annotator.model.changes import ChangeKind, Changes
from annotator.model.mask import Mask
from annotator.model.track import Label, Mark, OnExisting, RunStatus, Track, TrackObservation, VideoRecord
from annotator.model.values import TrackValue, ValuesOverTime
from annotator.session import Session
from annotator.storage.edits import lasting as boxes
from annotator.storage.edits import masks
from annotator.storage.spans.algebra import Span
from annotator.ui.document.lanes import Lane, make_lanes
from annotator.ui.widgets.message import Message
from annotator.video import VideoReader

log = logging.getLogger(__name__)

T = TypeVar("T")


class Document(QObject):
    """Turns a session into signals. It keeps the current view only; data is read from the store."""

    opened = Signal()
    """Another project was opened, or the project was closed."""
    shown = Signal()
    """A project was opened, and its first video is shown."""
    closing = Signal()
    """The project is about to be closed; its view is still available."""
    video_changed = Signal()
    videos_changed = Signal()
    """A video was added, removed or moved, or came back."""
    frame_changed = Signal(int)
    selection_changed = Signal()
    range_changed = Signal()
    changed = Signal(Changes)
    """Changes of the current video, after each commit."""
    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: Session | None = None
        self._video: VideoRecord | None = None
        self._frame = 0
        self._selection: frozenset[int] = frozenset()
        self._range: tuple[int, int] | None = None
        self._unlisten: Callable[[], None] = lambda: None
        self._tracks: dict[int, Track] | None = None
        self._labels: dict[int, Label] | None = None
        self._attributes: list[Attribute] | None = None
        self._values: ValuesOverTime | None = None
        self._lanes: list[Lane] | None = None
        self._reader: VideoReader | None = None
        self.in_use: Callable[[], bool] = lambda: False
        """Whether a job uses the project, which must then stay open."""

    # The project

    @property
    def session(self) -> Session | None:
        return self._session

    @property
    def path(self) -> Path | None:
        return None if self._session is None else self._session.store.path

    @property
    def writable(self) -> bool:
        """Whether a project is open and writable."""
        return self._session is not None and not self._session.store.read_only

    def open(self, path: Path, create: bool = False, read_only: bool = False) -> None:
        """Open a project in place of the current one.

        Raises:
            UserError: it cannot be opened; the current project stays open.
        """
        self._check_free()
        session = open_project(path, create=create, read_only=read_only, check=False)
        try:
            videos = session.store.videos()
            if videos:
                session.store.check_readable(videos[0])
            else:
                session.store.labels()
        except UserError:
            session.close()
            raise
        self.close()
        self._session = session
        self._unlisten = session.listen(self._on_changes)
        self.opened.emit()
        self._show(videos[0] if videos else None)
        self.shown.emit()

    def close(self) -> None:
        """Close the project, if one is open.

        Raises:
            StorageError: a job uses it.
        """
        if self._session is None:
            return
        self._check_free()
        self.closing.emit()
        self.set_video(None)
        self._unlisten()
        self._session.close()
        self._session = None
        self.opened.emit()

    def _check_free(self) -> None:
        if self._session is not None and self.in_use():
            raise StorageError(f"a job is still using {self._session.store.path}: wait for it or cancel it, then close "
                               "the project or open another one")

    def add_scanned(self, scanned: ScannedSource) -> tuple[str, ...]:
        """Add a video to the project and show it. Takes ownership of the reader.

        Returns:
            Warnings about the video.

        Raises:
            UserError: the video cannot be added.
        """
        if self._session is None:
            raise RuntimeError("no project is open")
        self._reader = scanned.reader  # before the video is added, which shows it
        try:
            video, warnings = add_scanned(self._session, scanned)
        except UserError:
            self._reader = None  # stays the caller's
            raise
        if self._reader is not None:
            self.set_video(video)
        self._drop_reader()
        return warnings

    def take_reader(self) -> VideoReader | None:
        """Return the reader of a video that was just added, once; the caller then owns it."""
        reader, self._reader = self._reader, None
        return reader

    def _drop_reader(self) -> None:
        reader = self.take_reader()
        if reader is not None:
            reader.close()

    def video_count(self) -> int:
        """Number of videos; quick, however many there are."""
        return 0 if self._session is None else self._session.store.video_count()

    def videos(self) -> list[VideoRecord]:
        return [] if self._session is None else self._session.store.videos()

    # Current view

    @property
    def video(self) -> VideoRecord | None:
        return self._video

    def set_video(self, video: VideoRecord | None) -> None:
        """Show another video, or none. A video whose data is damaged is not shown; a message says why."""
        if video is not None and self._session is not None:
            try:
                self._session.store.check_readable(video)
            except UserError as error:
                self.message.emit(Message.failed(str(error)))
                return
        self._show(video)

    def _show(self, video: VideoRecord | None) -> None:
        self._video = video
        self._frame = 0
        self._range = None
        self._tracks = self._labels = self._attributes = self._lanes = self._values = None
        self._selection = frozenset()
        self.video_changed.emit()
        self.selection_changed.emit()
        self.range_changed.emit()

    def reload_video(self) -> None:
        """Read the record of the current video again after its file was moved; the view does not change."""
        if self._video is not None:
            key = self._video.id
            self._video = next(video for video in self.videos() if video.id == key)

    @property
    def frame(self) -> int:
        """Frame index, from 0."""
        return self._frame

    def go_to(self, frame: int) -> None:
        """Show a frame; the index is clamped to the video."""
        if self._video is None:
            return
        frame = min(max(int(frame), 0), self._video.frame_count - 1)
        if frame != self._frame:
            self._frame = frame
            self.frame_changed.emit(frame)

    @property
    def selection(self) -> frozenset[int]:
        """Track ids."""
        return self._selection

    def select(self, tracks: Iterable[int]) -> None:
        chosen = frozenset(tracks)
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit()

    @property
    def range(self) -> tuple[int, int] | None:
        """First and last frame of the selected range, both inclusive."""
        return self._range

    def set_range(self, frames: tuple[int, int] | None) -> None:
        if frames != self._range:
            self._range = frames
            self.range_changed.emit()

    # Data from the store

    def tracks(self) -> dict[int, Track]:
        """Tracks of the current video by id."""
        if self._tracks is None:
            self._tracks = {} if self._session is None or self._video is None else {
                track.id: track for track in self._session.store.tracks(self._video.id)}
        return self._tracks

    def labels(self) -> dict[int, Label]:
        """Labels by id."""
        if self._labels is None:
            self._labels = {} if self._session is None else {
                label.id: label for label in self._session.store.labels()}
        return self._labels

    def attributes(self) -> list[Attribute]:
        """Attributes that are defined for tracks."""
        if self._attributes is None:
            self._attributes = [] if self._session is None else self._session.store.attributes()
        return self._attributes

    def values(self) -> ValuesOverTime:
        """The attributes of the current video's tracks in each frame."""
        if self._values is None:
            self._values = ValuesOverTime({key: track.attributes for key, track in self.tracks().items()},
                                          self.value_ranges())
        return self._values

    def value_ranges(self) -> list[TrackValue]:
        """Values that hold in some frames of the current video only, ordered by first frame."""
        if self._session is None or self._video is None:
            return []
        store, video = self._session.store, self._video.id
        return self.read(lambda: store.values(video), [])

    def lanes(self, only: Iterable[int] | None = None) -> list[Lane]:
        """Return the lanes of all tracks of the current video, or of some by id, sorted by track number.

        Spans that a running job has not ended yet reach to the last frame of that job.
        """
        if self._session is None or self._video is None:
            return []
        if self._lanes is None:
            store, tracks = self._session.store, self.tracks()
            running = [run for run in store.runs(self._video.id) if run.status is RunStatus.RUNNING
                       and run.on_existing is not OnExisting.PROPOSE]  # lanes do not show proposals
            reached = max((run.finished_frame or 0 for run in running), default=None)
            video = self._video.id
            spans: list[Span] = self.read(lambda: store.video_spans(video), [])
            marks: list[Mark] = self.read(lambda: store.marks(video), [])
            self._lanes = make_lanes(tracks.values(), spans, self._video.frame_count, reached, marks)
        if only is None:
            return self._lanes
        chosen = frozenset(only)
        return [lane for lane in self._lanes if lane.track.id in chosen]

    def observations(self, frame: int, masks: bool) -> list[TrackObservation]:
        """Observations of all tracks in a frame of the current video."""
        if self._session is None or self._video is None:
            return []
        store, video = self._session.store, self._video.id
        return self.read(lambda: store.observations(video, frame, masks), [])

    def trajectory(self, track: int) -> list[TrackObservation]:
        """All observations of a track, by frame."""
        session = self._session
        return [] if session is None else self.read(lambda: session.store.trajectory(track), [])

    def read(self, query: Callable[[], T], nothing: T) -> T:
        """Return the result of a query, or ``nothing`` and a message if the file is damaged there.

        For views that read while they are laid out or painted, where Qt cannot handle an error.
        """
        try:
            return query()
        except UserError as error:
            self.message.emit(Message.failed(str(error)))
            return nothing

    # Edits

    def edit(self, change: Callable[[Session], object]) -> bool:
        """Make an edit and return whether it was made. The reason of a refusal is sent as a `message`."""
        if self._session is None:
            return False
        reason = self.try_edit(change)
        if reason is not None:
            self.message.emit(Message.refused(reason))
        return reason is None

    def try_edit(self, change: Callable[[Session], object]) -> str | None:
        """Make an edit and return None, or the reason of a refusal, for callers that show it themselves."""
        if self._session is None:
            return self.tr("No project is open")
        try:
            change(self._session)
        except UserError as error:
            log.info("refused: %s", error)
            return str(error)
        return None

    def draw_track(self, box: Box, lasting: bool = False) -> None:
        """Add a track with a manual box (xyxy in image pixels) in the current frame, and select it. A ``lasting`` box
        holds from this frame on.

        The track gets the first class of the project, or the new class "object" if there are none.
        """
        video, frame = self._video, self._frame
        if video is None:
            return
        made: list[int] = []

        def add(session: Session) -> None:
            with session.store.transaction("Add track"):
                made.append(boxes.draw_track(session.store, video.id, self._first_label(session), frame, box, lasting))

        if self.edit(add):
            self.select(made)

    def _first_label(self, session: Session) -> int:
        labels = session.store.labels()
        return (labels[0] if labels else session.store.ensure_label("object")).id

    def set_box(self, track: int, box: Box) -> None:
        """Give a track a manual box (xyxy in image pixels) in the current frame."""
        frame = self._frame
        self.edit(lambda session: masks.place_box(session.store, track, frame, box))

    def draw_box(self, track: int, box: Box, lasting: bool) -> None:
        """Draw the manual box (xyxy in image pixels) of a track that has none in the current frame."""
        frame = self._frame
        self.edit(lambda session: boxes.draw_box(session.store, track, frame, box, lasting))

    def set_mask(self, track: int | None, mask: Mask, hold_box: bool = False) -> bool:
        """Give a track a manual mask in the current frame; None: a new track, which is then selected. An empty mask
        deletes the manual one. Returns whether it was set."""
        video, frame = self._video, self._frame
        if video is None:
            return False
        if track is not None:
            if mask.is_empty():
                return self.edit(lambda session: masks.delete_masks(session.store, track, frame, frame))
            return self.edit(lambda session: masks.set_mask(session.store, track, frame, mask, hold_box))
        made: list[int] = []

        def add(session: Session) -> None:
            with session.store.transaction("Add track"):
                made.append(masks.add_masked_track(session.store, video.id, self._first_label(session), frame, mask))

        if self.edit(add):
            self.select(made)
        return bool(made)

    def undo(self) -> None:
        self.edit(lambda session: session.undo())

    def redo(self) -> None:
        self.edit(lambda session: session.redo())

    def _on_videos(self, changes: Changes) -> None:
        """Show the video that came back or was added, and another one in place of a removed one."""
        shown, videos = self._video, self.videos()
        own = next((video for video in videos if video.id == changes.video), None)
        if own is not None and own.id != (None if shown is None else shown.id) and changes.kinds & ChangeKind.HISTORY:
            self.set_video(own)
        elif shown is not None and all(video.id != shown.id for video in videos):
            self.set_video(next((video for video in videos if video.id > shown.id), videos[-1] if videos else None))
        self.videos_changed.emit()

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & (ChangeKind.TRACKS | ChangeKind.LABELS):
            self._tracks = self._values = None
            # Labels too: a removed label reappears with the first track that uses it again.
            self._labels = self._attributes = None
        if changes.kinds & (ChangeKind.TRACKS | ChangeKind.LABELS | ChangeKind.SPANS | ChangeKind.RUNS
                            | ChangeKind.OBSERVATIONS | ChangeKind.MARKS):
            self._lanes = None
        if changes.kinds & ChangeKind.VIDEOS:
            self._on_videos(changes)
        if self._video is None or changes.video not in (None, self._video.id):
            return
        self.changed.emit(changes)
        if changes.kinds & ChangeKind.TRACKS and self._selection:
            self.select(self._selection & self.tracks().keys())
