"""Projects and their videos: create projects, add, select and locate videos."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QWidget

from annotator.errors import StorageError, UserError
from annotator.files.network_paths import file_name
from annotator.model.cancel import CancelToken
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.storage.edits.videos import remove_video
from annotator.storage.upkeep.relink import RelinkReport, relink_to
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.threads.reading_queue import ReadingQueue, Request
from annotator.ui.threads.tasks import Progress
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.offer_bar import OfferBar
from annotator.ui.widgets.plain_text import literal
from annotator.ui.window.network_question import NetworkQuestion
from annotator.ui.window.removal_question import RemovalQuestion
from annotator.video import fingerprint

_LOCATE, _UNREAD = "locate", "unread"
VIDEO_SUFFIXES = "*.mp4 *.mov *.avi *.mkv *.webm *.m4v *.mpg *.ts *.tif *.tiff *.gif *.apng *.webp"


class ProjectController(QObject):
    """Manages the videos of a project."""

    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, document: Document, canvas: CanvasController, offers: OfferBar,
                 open_path: Callable[[Path], bool], reading: ReadingQueue, window: QWidget) -> None:
        super().__init__(window)
        self._reading = reading
        self._document, self._canvas, self._offers = document, canvas, offers
        self._open_path, self._window = open_path, window
        self.chooser = QComboBox(window)
        self.chooser.setMinimumWidth(120)
        self.chooser.setMaximumWidth(260)
        self.chooser.setToolTip(self.tr("Video of the project to show"))
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.chooser.hide()
        self._missing: int | None = None  # id of the video of the current offer
        self.question: NetworkQuestion | None = None
        """The last question whether to connect to servers; None if none was asked."""
        document.opened.connect(self._update)
        document.shown.connect(self.ask_network)
        document.video_changed.connect(self._update)
        document.videos_changed.connect(self._update)
        canvas.missing.connect(self._on_missing)
        canvas.unread.connect(self._on_unread)
        self.chooser.activated.connect(self._on_chosen)
        self._update()

    def add_actions(self, actions: Actions) -> None:
        """Register the actions on projects and their videos."""
        add, tr, menu = actions.add, self.tr, self.tr("File")
        add("file.new", menu, tr("New project…"), self.ask_new, ["Ctrl+N"],
            tr("Create an empty project"), group="open")
        add("file.add", menu, tr("Add videos…"), self.ask_add, [], tr("Add videos to the open project"),
            needs=Needs.PROJECT | Needs.WRITABLE, group="videos")
        add("file.locate", menu, tr("Locate video…"), self.ask_locate, [],
            tr("Select the new location of the current video"), needs=Needs.EDITABLE, group="videos")
        add("file.remove", menu, tr("Remove video from project…"), self.ask_remove, [],
            tr("Remove the current video with its tracks from the project; its file is not touched"),
            needs=Needs.EDITABLE, group="videos")

    # A new project

    def ask_new(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("New project"), "", self.tr("Projects") + " (*.annot)",
            options=QFileDialog.Option.DontConfirmOverwrite)
        if name:
            self.make(Path(name))

    def make(self, path: Path) -> bool:
        """Create a project and open it; never overwrite one. Returns whether it was created."""
        path = path if path.suffix == ".annot" else path.with_name(path.name + ".annot")
        if path.exists():
            self.message.emit(Message.refused(
                self.tr("{0} already exists: open it, or choose another name").format(path)))
            return False
        try:
            self._document.open(path, create=True)
        except UserError as error:
            self.message.emit(Message.failed(str(error)))
            return False
        return self._open_path(path)

    def ask_add(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(
            self._window, self.tr("Add videos"), "", f"{self.tr('Videos')} ({VIDEO_SUFFIXES});;"
            f"{self.tr('All files')} (*)")
        for name in names:
            self._open_path(Path(name))

    # Its videos

    def _update(self) -> None:
        videos, present = self._document.videos(), self._document.video
        with QSignalBlocker(self.chooser):
            self.chooser.clear()
            for video in videos:
                self.chooser.addItem(video.name, video.id)
            self.chooser.setCurrentIndex(-1 if present is None else self.chooser.findData(present.id))
        self.chooser.setVisible(len(videos) > 1)
        self._offers.withdraw(_UNREAD)
        if present is None or present.id != self._missing:
            self._offers.withdraw(_LOCATE)

    def _on_chosen(self, index: int) -> None:
        key = self.chooser.itemData(index)
        if self._document.video is None or key != self._document.video.id:
            self._document.set_video(next(video for video in self._document.videos() if video.id == key))

    def ask_remove(self) -> None:
        """Ask whether to remove the current video, with what goes with it."""
        session, video, path = self._document.session, self._document.video, self._document.path
        if session is None or video is None or path is None:
            return
        contents = self._document.read(lambda: session.store.video_contents(video.id), None)
        if contents is None:
            return
        box = RemovalQuestion(video.name, path.name, contents, self._window)
        box.remove.clicked.connect(lambda: self.remove(video))
        box.open()

    def remove(self, video: VideoRecord) -> None:
        """Remove a video from the project, as one step."""
        if self._document.edit(lambda session: remove_video(session.store, video.id)):
            self.message.emit(Message.done(self.tr("Removed {0}; undo brings it back").format(video.name)))

    # Videos on other computers

    def ask_network(self) -> None:
        """Ask whether to connect to the servers that the project names, if the user has not agreed yet."""
        session = self._document.session
        if session is None:
            return
        places = self._document.read(session.store.refused_places, None)
        if not places:
            return
        self.question = box = NetworkQuestion(session.store.path.name, places, self._window)
        box.connect_button.clicked.connect(lambda: self._connect(session, places))
        box.open()

    def _connect(self, session: Session, places: Mapping[str, list[str]]) -> None:
        if self._document.session is not session:
            return
        session.store.network.agree(places)
        self._offers.withdraw(_LOCATE)
        self._canvas.reopen()

    # Videos that were moved

    def _on_missing(self, message: str) -> None:
        session, video = self._document.session, self._document.video
        if session is not None and video is not None and session.store.allowed_path(video) is None:
            self._missing = video.id
            text = self.tr("{0} is on another computer, which was not touched.").format(video.name)
            self._offers.offer(_LOCATE, text, self.tr("Connect…"), self.ask_network)
            self._offers.text.setToolTip(literal(message))
        elif video is not None and self._document.writable:
            self._missing = video.id
            # The error's advice is for the command line; the window offers a button instead.
            text = self.tr("{0} was moved or changed. Its tracks are still in the project.").format(video.name)
            self._offers.offer(_LOCATE, text, self.tr("Locate…"), self.ask_locate)
            self._offers.text.setToolTip(literal(message))

    def _on_unread(self) -> None:
        video = self._document.video
        if video is not None:
            self._offers.offer(_UNREAD, self.tr("{0} was not read, so its frames cannot be shown.").format(video.name),
                               self.tr("Read video"), self._read)

    def _read(self) -> None:
        self._offers.withdraw(_UNREAD)
        self._canvas.reopen()

    def ask_locate(self) -> None:
        """Ask for the file or folder of the current video."""
        session, video = self._document.session, self._document.video
        if session is None or video is None:
            return
        place = session.store.allowed_path(video)
        begin = "" if place is None else str(place.parent)  # the dialog looks there
        title, suffix = self.tr("Locate {0}").format(video.name), Path(file_name(video.path)).suffix
        if suffix:
            name, _ = QFileDialog.getOpenFileName(self._window, title, begin,
                                                  f"{suffix} (*{suffix});;{self.tr('All files')} (*)")
        else:
            name = QFileDialog.getExistingDirectory(self._window, title, begin)
        if name:
            self.locate(Path(name))

    def locate(self, path: Path) -> None:
        """Set the new location of the current video, after reading the file there, which may take a while."""
        session, video = self._document.session, self._document.video
        if session is None or video is None:
            return
        places = [path, *(path.parent / file_name(other.path) for other in self._document.videos())]

        def read(progress: Progress, cancel: CancelToken) -> dict[Path, str]:
            return {place: mark for place in places if (mark := _fingerprint(place, progress)) is not None}

        self._reading.withdraw(_LOCATE)
        self._reading.ask(Request(_LOCATE, self.tr("Reading {0}").format(path.name), read,
                                  lambda marks: self._move(video, path, marks), self._fail), first=True)

    def _move(self, video: VideoRecord, path: Path, marks: Mapping[Path, str]) -> None:
        """``marks`` maps candidate paths to fingerprints."""
        report = RelinkReport()

        def move(session: Session) -> None:
            nonlocal report
            if not path.exists():
                raise StorageError(f"{path}: there is no such file or folder; check the path")
            report = relink_to(session.store, video, path, lambda place: marks.get(place, ""))

        if self._document.video != video or not self._document.edit(move):
            return
        self._document.reload_video()
        self._offers.withdraw(_LOCATE)
        self._canvas.reopen()
        self.message.emit(Message.done(self.tr("Found: {0}").format(", ".join(report.found))))

    def _fail(self, text: str) -> None:
        self.message.emit(Message.failed(text))


def _fingerprint(path: Path, progress: Progress) -> str | None:
    """Return the fingerprint of a file or folder; None if it cannot be read as a video."""
    try:
        return fingerprint(path, progress) if path.exists() else None
    except UserError:
        return None
