"""Opens projects, videos and folders of images, from dialogs, drops, the recent list, and the demo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from platformdirs import user_data_path
from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from annotator.errors import UserError, VideoError
from annotator.jobs.demo import demo_project
from annotator.jobs.project import ScannedSource, scan_source
from annotator.model.cancel import CancelToken
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.help.about import NAME
from annotator.ui.threads.reading_queue import ReadingQueue, Request
from annotator.ui.threads.tasks import Progress
from annotator.ui.widgets.message import Message
from annotator.ui.window.video_question import VideoQuestion

PROJECT_SUFFIX = ".annot"
_RECENT, _MOST_RECENT, _ADDED = "recent", 8, "added"


@dataclass(slots=True)
class _Batch:
    """Videos that are opened together."""

    new: bool = False
    """Whether the next video that was read begins a project next to it, which then takes the others."""


class Opening(QObject):
    """Opens files and keeps the list of recent ones."""

    message = Signal(Message)
    """One line for the status bar."""
    labels_dropped = Signal(Path)
    """Path of a label file."""

    def __init__(self, document: Document, reading: ReadingQueue, settings: QSettings,
                 is_labels: Callable[[Path], bool], window: QWidget) -> None:
        super().__init__(window)
        self._document, self._reading, self._settings, self._window = document, reading, settings, window
        self._is_labels = is_labels
        self._labels: Path | None = None
        self._adding = False
        document.opened.connect(self._on_opened)
        reading.idle.connect(self._on_idle)

    def add_actions(self, actions: Actions) -> None:
        """Register the actions that open files."""
        menu, tr = self.tr("File"), self.tr
        actions.add("file.open", menu, tr("Open…"), self.ask, ["Ctrl+O"], tr("Open a project or a video"),
                    group="open")
        actions.add("file.folder", menu, tr("Open folder of images…"), self.ask_folder, ["Ctrl+Shift+O"],
                    group="open")

    def choose(self, paths: Sequence[Path]) -> None:
        """Open what a user selected or dropped. While a project is open, ask where videos of it shall go."""
        projects = [path for path in paths if path.suffix == PROJECT_SUFFIX]
        videos = [path for path in paths if path not in projects]
        for path in projects:
            self.open(path)
        asked = [] if projects else [path for path in videos if self._is_in_doubt(path)]
        for path in videos:
            if path not in asked:
                self.open(path)
        if asked:
            self._ask_about(asked)

    def _is_in_doubt(self, path: Path) -> bool:
        """Whether a video may be meant for the open project or for another one."""
        session = self._document.session
        if session is None or not self._document.writable or not path.exists():
            return False
        known = [session.store.allowed_path(video) for video in self._document.videos()]
        return not any(place is not None and place.exists() and place.samefile(path) for place in known)

    def _ask_about(self, videos: Sequence[Path]) -> None:
        current = self._document.path
        assert current is not None
        box = VideoQuestion(videos, current, _project_of(videos[0]), self._document.in_use(), self._window)
        box.ask(lambda: self._open_all(videos, _Batch()), lambda: self._open_all(videos, _Batch(new=True)))

    def _open_all(self, videos: Sequence[Path], batch: _Batch) -> None:
        for path in videos:
            self.open(path, batch)

    def open(self, path: Path, batch: _Batch | None = None) -> bool:
        """Open a project, or a video, without a question.

        A video is added to the open project if that can be changed, else to one next to it, which is created once the
        video was read. ``batch`` says otherwise.

        Returns whether it is open or being read.
        """
        try:
            if self._is_open(path):
                pass
            elif path.suffix == PROJECT_SUFFIX:
                self._document.open(path)
            else:
                self._read_video(path, batch or _Batch())
                return True
        except UserError as error:
            self.message.emit(Message.failed(str(error)))
            return False
        self._remember(path)
        return True

    def open_demo(self) -> None:
        """Open the demo project, created if it does not exist."""
        try:
            path = demo_project(user_data_path(NAME) / "demo")
        except UserError as error:
            self.message.emit(Message.failed(str(error)))
            return
        self.open(path)

    def open_dropped(self, paths: Sequence[Path]) -> None:
        """Open what was dropped on the window. Of label files, only the first is imported, once all else is open."""
        labels = [path for path in paths if self._is_labels(path)]
        self.choose([path for path in paths if path not in labels])
        self._labels = next(iter(labels), None)
        if not self._reading.worker.busy:
            self._on_idle()

    def _on_idle(self) -> None:
        labels, self._labels = self._labels, None
        if labels is not None:
            self.labels_dropped.emit(labels)

    def close(self) -> None:
        """Close the project."""
        try:
            self._document.close()
        except UserError as error:
            self.message.emit(Message.failed(str(error)))

    def ask(self) -> None:
        """Ask for a project or a video."""
        name, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open a project or a video"), "",
            f"{self.tr('Projects and videos')} (*.annot *.mp4 *.mov *.avi *.mkv *.webm);;{self.tr('All files')} (*)")
        if name:
            self.choose([Path(name)])

    def ask_folder(self) -> None:
        """Ask for a folder of images."""
        name = QFileDialog.getExistingDirectory(self._window, self.tr("Open a folder of images"))
        if name:
            self.choose([Path(name)])

    def recent_paths(self) -> list[str]:
        """Return the recently opened paths, newest first."""
        stored = self._settings.value(_RECENT) or []
        return [stored] if isinstance(stored, str) else [str(path) for path in stored]

    def fill_recent(self, menu: QMenu) -> None:
        """Fill a menu with the recently opened paths; missing ones are disabled."""
        menu.clear()
        for path in self.recent_paths():
            action = menu.addAction(path, partial(self.choose, [Path(path)]))
            action.setEnabled(Path(path).exists())
        if menu.isEmpty():
            menu.addAction(self.tr("No recent files")).setEnabled(False)

    def _is_open(self, path: Path) -> bool:
        present = self._document.path
        return present is not None and path.exists() and present.samefile(path)

    def _read_video(self, path: Path, batch: _Batch) -> None:
        if not path.exists():
            raise VideoError(f"{path}: there is no such file or folder; check the path")

        def scan(progress: Progress, cancel: CancelToken) -> ScannedSource:
            return scan_source(path, progress)

        self._reading.ask(Request(_ADDED, self.tr("Reading {0}").format(path.name), scan,
                                  partial(self._add, batch), self._fail,
                                  lambda: self._warn(self.tr("{0} was not added").format(path.name))))

    def _fail(self, text: str) -> None:
        self.message.emit(Message.failed(text))

    def _warn(self, text: str) -> None:
        self.message.emit(Message.refused(text))

    def _add(self, batch: _Batch, scanned: ScannedSource) -> None:
        """Add to the open project, or to one next to the video, which is created now that the video was read."""
        path, self._adding = scanned.path, True
        try:
            if batch.new or self._document.session is None or not self._document.writable:
                self._document.open(_project_of(path), create=True)
                batch.new = False
            for warning in self._document.add_scanned(scanned):
                self._warn(warning)
        except UserError as error:
            scanned.reader.close()
            self.message.emit(Message.failed(str(error)))
        else:
            self._remember(path)
        finally:
            self._adding = False

    def _on_opened(self) -> None:
        """Cancel reading for the previous project."""
        if not self._adding:
            self._reading.withdraw(_ADDED)

    def _remember(self, path: Path) -> None:
        recent = [str(path.resolve()), *(p for p in self.recent_paths() if p != str(path.resolve()))]
        self._settings.setValue(_RECENT, recent[:_MOST_RECENT])


def _project_of(video: Path) -> Path:
    """Return the path of the project next to a video or folder of images."""
    return video.with_name((video.name if video.is_dir() else video.stem) + PROJECT_SUFFIX)
