"""The open project as the window sees it: which video, which frame, what is selected; and who wants to know."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from annotator.errors import StorageError, UserError
from annotator.jobs.project import ScannedSource, add_scanned, open_project
from annotator.model.attribute import Attribute
from annotator.model.box import Box
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import Label, OnExisting, RunStatus, Track, TrackObservation, VideoRecord
from annotator.session import Session
from annotator.storage.edits import drawn_boxes
from annotator.ui.document.lanes import Lane, make_lanes
from annotator.ui.widgets.message import Message
from annotator.video import VideoReader

log = logging.getLogger(__name__)


class Document(QObject):
    """Turns a session into signals. Keeps what a person is looking at; what is true, it asks the store."""

    opened = Signal()
    """Another project, or none."""
    video_changed = Signal()
    frame_changed = Signal(int)
    selection_changed = Signal()
    range_changed = Signal()
    changed = Signal(Changes)
    """Changes of the present video, after each commit."""
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
        self._lanes: list[Lane] | None = None
        self._reader: VideoReader | None = None
        self.in_use: Callable[[], bool] = lambda: False
        """Whether a job works on the project, which must then stay open."""

    # The project

    @property
    def session(self) -> Session | None:
        return self._session

    @property
    def path(self) -> Path | None:
        return None if self._session is None else self._session.store.path

    @property
    def writable(self) -> bool:
        """Whether there is a project that may be changed."""
        return self._session is not None and not self._session.store.read_only

    def open(self, path: Path, create: bool = False, read_only: bool = False) -> None:
        """Open a project in place of the present one.

        Raises:
            UserError: the present project then stays open.
        """
        self._check_free()
        session = open_project(path, create=create, read_only=read_only)
        self.close()
        self._session = session
        self._unlisten = session.listen(self._on_changes)
        self.opened.emit()
        videos = session.store.videos()
        self.set_video(videos[0] if videos else None)

    def close(self) -> None:
        """Close the project, if one is open.

        Raises:
            StorageError: a job works on it.
        """
        if self._session is None:
            return
        self._check_free()
        self.set_video(None)
        self._unlisten()
        self._session.close()
        self._session = None
        self.opened.emit()

    def _check_free(self) -> None:
        if self._session is not None and self.in_use():
            raise StorageError(f"a job is still working on {self._session.store.path}: let it end or cancel it, then "
                               "close the project or open another")

    def add_scanned(self, scanned: ScannedSource) -> tuple[str, ...]:
        """Add a video to the project and show it; returns what is wrong with it in words. Takes over the reader.

        Raises UserError.
        """
        if self._session is None:
            raise RuntimeError("no project is open")
        video, warnings = add_scanned(self._session, scanned)
        self._reader = scanned.reader
        self.set_video(video)
        self._drop_reader()
        return warnings

    def take_reader(self) -> VideoReader | None:
        """The reader of the present video, if it was just added and nobody has taken it; theirs from then on."""
        reader, self._reader = self._reader, None
        return reader

    def _drop_reader(self) -> None:
        reader = self.take_reader()
        if reader is not None:
            reader.close()

    def videos(self) -> list[VideoRecord]:
        return [] if self._session is None else self._session.store.videos()

    # What is looked at

    @property
    def video(self) -> VideoRecord | None:
        return self._video

    def set_video(self, video: VideoRecord | None) -> None:
        self._video = video
        self._frame = 0
        self._range = None
        self._tracks = self._labels = self._attributes = self._lanes = None
        self._selection = frozenset()
        self.video_changed.emit()
        self.selection_changed.emit()
        self.range_changed.emit()

    def reload_video(self) -> None:
        """Read the present video's record anew, after its file was moved; what is looked at stays."""
        if self._video is not None:
            key = self._video.id
            self._video = next(video for video in self.videos() if video.id == key)

    @property
    def frame(self) -> int:
        """Frame index, from 0."""
        return self._frame

    def go_to(self, frame: int) -> None:
        """Show a frame; what lies outside the video is brought inside."""
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
        """Frames chosen on the timeline, both inclusive."""
        return self._range

    def set_range(self, chosen: tuple[int, int] | None) -> None:
        if chosen != self._range:
            self._range = chosen
            self.range_changed.emit()

    # What the store says

    def tracks(self) -> dict[int, Track]:
        """Track id to track of the present video."""
        if self._tracks is None:
            self._tracks = {} if self._session is None or self._video is None else {
                track.id: track for track in self._session.store.tracks(self._video.id)}
        return self._tracks

    def labels(self) -> dict[int, Label]:
        """Label id to label."""
        if self._labels is None:
            self._labels = {} if self._session is None else {
                label.id: label for label in self._session.store.labels()}
        return self._labels

    def attributes(self) -> list[Attribute]:
        """Which attributes tracks have."""
        if self._attributes is None:
            self._attributes = [] if self._session is None else self._session.store.attributes()
        return self._attributes

    def lanes(self, only: Iterable[int] | None = None) -> list[Lane]:
        """Where each track of the present video is (or only some of them, by id), by number; what a running job has
        open ends where it is now."""
        if self._session is None or self._video is None:
            return []
        if self._lanes is None:
            store, tracks = self._session.store, self.tracks()
            running = [run for run in store.runs(self._video.id) if run.status is RunStatus.RUNNING
                       and run.on_existing is not OnExisting.PROPOSE]  # what is only proposed is in no lane
            reached = max((run.finished_frame or 0 for run in running), default=None)
            spans = store.video_spans(self._video.id)
            self._lanes = make_lanes(tracks.values(), spans, self._video.frame_count, reached)
        if only is None:
            return self._lanes
        chosen = frozenset(only)
        return [lane for lane in self._lanes if lane.track.id in chosen]

    def observations(self, frame: int, masks: bool) -> list[TrackObservation]:
        """What the tracks show in a frame of the present video."""
        if self._session is None or self._video is None:
            return []
        return self._session.store.observations(self._video.id, frame, masks)

    # Changing it

    def edit(self, change: Callable[[Session], object]) -> bool:
        """Make an edit. One that is refused becomes a `message`. Returns whether it was made."""
        if self._session is None:
            return False
        reason = self.try_edit(change)
        if reason is not None:
            self.message.emit(Message.refused(reason))
        return reason is None

    def try_edit(self, change: Callable[[Session], object]) -> str | None:
        """Make an edit; returns why it was refused, for a caller that shows the reason itself, or None."""
        if self._session is None:
            return self.tr("No project is open")
        try:
            change(self._session)
        except UserError as error:
            log.info("refused: %s", error)
            return str(error)
        return None

    def draw_track(self, box: Box) -> None:
        """Add a track with a manual box (pixels) in the current frame and select it. It gets the first class, or
        "object" in a project without classes."""
        video, frame = self._video, self._frame
        if video is None:
            return
        made: list[int] = []

        def add(session: Session) -> None:
            with session.store.transaction("Add track"):
                labels = session.store.labels()
                label = labels[0] if labels else session.store.ensure_label("object")
                made.append(drawn_boxes.add_track(session.store, video.id, label.id, frame, box))

        if self.edit(add):
            self.select(made)

    def set_box(self, track: int, box: Box) -> None:
        """Give a track a manual box (pixels) in the current frame."""
        frame = self._frame
        self.edit(lambda session: drawn_boxes.set_box(session.store, track, frame, box))

    def undo(self) -> None:
        self.edit(lambda session: session.undo())

    def redo(self) -> None:
        self.edit(lambda session: session.redo())

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & (ChangeKind.TRACKS | ChangeKind.LABELS):
            self._tracks = None
            # Labels too: one that was taken away is back with the first track that has it.
            self._labels = self._attributes = None
        if changes.kinds & (ChangeKind.TRACKS | ChangeKind.LABELS | ChangeKind.SPANS | ChangeKind.RUNS
                            | ChangeKind.OBSERVATIONS):
            self._lanes = None
        if self._video is None or changes.video not in (None, self._video.id):
            return
        self.changed.emit(changes)
        if changes.kinds & ChangeKind.TRACKS and self._selection:
            self.select(self._selection & self.tracks().keys())
