"""Connect the document and the canvas: show frames and shapes, and turn gestures into edits."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRectF, Signal

from annotator.errors import NetworkPathError
from annotator.jobs.project import check_video_file
from annotator.model.box import Box
from annotator.model.cancel import CancelToken
from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import Frame, Image
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.frame_source import FrameSource
from annotator.ui.canvas.inexact_mark import InexactMark
from annotator.ui.canvas.shapes import ShapeBuilder
from annotator.ui.document.document import Document
from annotator.ui.threads.reading_queue import ReadingQueue, Request
from annotator.ui.threads.tasks import Progress
from annotator.ui.widgets.message import Message
from annotator.video import VideoReader, open_video

_SHOWN = "shown"


class CanvasController(QObject):
    """Shows the document's frame, and turns gestures into edits of one undo step each."""

    missing = Signal(str)
    """The video file was not found, does not match, or is on another computer and was not touched; a one-line
    message."""
    unread = Signal()
    """The user canceled the reading of the current video."""
    exact = Signal(int)
    """The canvas shows the image of the current frame."""

    def __init__(self, document: Document, canvas: Canvas, reading: ReadingQueue) -> None:
        super().__init__(canvas)
        self._document, self._canvas, self._reading = document, canvas, reading
        self._source: FrameSource | None = None
        self._before = 0
        self._shown: int | None = None
        self.shapes = ShapeBuilder(document)
        self.mark = InexactMark(canvas)
        document.video_changed.connect(self._on_video)
        document.frame_changed.connect(self._on_frame)
        document.selection_changed.connect(lambda: canvas.overlay.set_selected(document.selection))
        document.changed.connect(self._on_changes)
        canvas.clicked.connect(self.select_clicked)
        canvas.box_changed.connect(self._on_box_changed)

    @property
    def source(self) -> FrameSource | None:
        return self._source

    @property
    def shown(self) -> int | None:
        """Frame whose image is on the canvas; a nearby one while the current frame is being decoded."""
        return self._shown

    def close(self) -> None:
        """Stop decoding."""
        if self._source is not None:
            self._source.close()
            self._source.deleteLater()
            self._source = None

    def refresh(self) -> None:
        """Read the shapes of the frame again and draw them."""
        look = self._canvas.overlay.look
        self._canvas.set_shapes(self.shapes.build(self._document.frame, look.masks, look.trail))

    def redraw_picture(self) -> None:
        """Show the frame again, for example with another brightness."""
        self._shown = None
        self._show_picture(self._document.frame)

    def reopen(self) -> None:
        """Open the video again after its file was located."""
        self._on_video()

    # The document

    def _on_video(self) -> None:
        self.close()
        self._reading.withdraw(_SHOWN)
        self.shapes.forget()
        self._shown, self._before = None, 0
        self.mark.clear_mark()
        video, session = self._document.video, self._document.session
        self._canvas.set_editable(video is not None and self._document.writable)
        if video is None or session is None:
            self._canvas.set_picture_size(0, 0)
            return
        self._canvas.set_picture_size(video.width, video.height)
        self._canvas.picture.set_image(None)
        reader = self._document.take_reader()
        if reader is not None:
            self._begin(reader)
            return
        self.refresh()
        try:
            task = self._task(session, video)
        except NetworkPathError as error:
            self.missing.emit(str(error))
            return
        self._reading.ask(Request(_SHOWN, self.tr("Reading {0}").format(video.name), task, self._begin,
                                  self.missing.emit, self.unread.emit), first=True)

    def _task(self, session: Session, video: VideoRecord) -> Callable[[Progress, CancelToken], VideoReader]:
        path, project = session.store.video_path(video), session.store.path

        def read(progress: Progress, cancel: CancelToken) -> VideoReader:
            check_video_file(path, video, project, progress)
            return open_video(path, fps=video.fps, progress=progress)

        return read

    def _begin(self, reader: VideoReader) -> None:
        self._source = FrameSource(reader, parent=self)
        self._source.ready.connect(self._on_ready)
        self._source.failed.connect(lambda frame, text: self._document.message.emit(
            Message.failed(text, lambda: self._document.frame == frame)))
        self._on_frame(self._document.frame)

    def _on_frame(self, frame: int) -> None:
        self._show_picture(frame)
        self.refresh()

    def _show_picture(self, frame: int) -> None:
        if self._source is None:
            return
        self._source.set_shown_size(self._canvas.shown_size())
        image = self._source.request(frame, frame - self._before)
        self._before = frame
        if image is not None:
            self._show_exact(frame, image)
            return
        near = self._source.nearest(frame)
        if near is not None and near[0] != self._shown:
            self._show(*near)
        self.mark.show_other(self._shown, frame)

    def _on_ready(self, frame: int) -> None:
        if self._source is None or frame != self._document.frame:
            return
        image = self._source.get(frame)
        if image is not None:
            self._show_exact(frame, image)

    def _show_exact(self, frame: int, image: Image) -> None:
        self._show(frame, image)
        self.mark.clear_mark()
        self.exact.emit(frame)

    def _show(self, frame: int, image: Image) -> None:
        assert self._source is not None
        self._canvas.set_image(image, self._source.small(frame))
        self._shown = frame

    def present_frame(self) -> Frame | None:
        """Return the current frame if it is decoded, else None. Its image must not be modified."""
        video, index = self._document.video, self._document.frame
        image = None if self._source is None else self._source.get(index)
        if video is None or image is None:
            return None
        return Frame(index, image, index / video.fps if video.fps > 0 else 0.0)

    def _on_changes(self, changes: Changes) -> None:
        kinds = ChangeKind.OBSERVATIONS | ChangeKind.MASKS | ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.MARKS \
            | ChangeKind.LABELS
        if not changes.kinds & kinds:
            return
        self.shapes.forget(changes.tracks)
        frame = self._document.frame
        first = 0 if changes.first_frame is None else changes.first_frame
        if frame >= first and (changes.last_frame is None or frame <= changes.last_frame):
            self.refresh()

    # Gestures

    def select_clicked(self, track: int | None, additive: bool) -> None:
        """Select the clicked track, or toggle it in the selection; None is a click on no track."""
        if track is None:
            if not additive:
                self._document.select(())
        elif additive:
            self._document.select(self._document.selection ^ {track})
        else:
            self._document.select((track,))

    def _on_box_changed(self, track: int, box: Box) -> None:
        self._document.set_box(track, box)

    def selected_rect(self) -> QRectF | None:
        """Return the box of the selected track in this frame, in image pixels; None unless exactly one is selected."""
        if len(self._document.selection) != 1:
            return None
        (track,) = self._document.selection
        return next((shape.rect for shape in self._canvas.overlay.shapes if shape.track == track), None)
