"""The main window: builds the features, updates them and closes them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QKeyCombination, QObject, QSettings, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QMessageBox

from annotator.model.changes import ChangeKind, Changes
from annotator.ui.actions.needs import Needs, missing_in_words
from annotator.ui.actions.registry import Actions
from annotator.ui.actions.typing_guard import belongs_to_field, is_field
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.threads.engine_worker import EngineWorker
from annotator.ui.threads.reading_queue import ReadingQueue
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.offer_bar import OfferBar
from annotator.ui.widgets.plain_text import Label
from annotator.ui.window.features import Features, Workspace
from annotator.ui.window.layout import Docks, Middle
from annotator.ui.window.menus import MenuBar, add_panel_actions
from annotator.ui.window.message_bar import MessageBar
from annotator.ui.window.welcome import Welcome


class MainWindow(QMainWindow):
    """Canvas above, timeline below, panels at the side."""

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self._closing = False
        self.setAcceptDrops(True)
        self.document = Document(self)
        self.player = Player(self.document)
        self.canvas = Canvas(self)
        self.reading = ReadingQueue(self)
        self.controller = CanvasController(self.document, self.canvas, self.reading)
        self.timeline = Timeline(self.document, self)
        self.worker = EngineWorker(self)
        self.actions_ = Actions(self, settings)
        self.offers = OfferBar(self)
        self.messages = MessageBar(self)
        self.document.in_use = lambda: self.worker.writing
        self.features = Features(Workspace(self, settings, self.document, self.player, self.canvas, self.controller,
                                           self.timeline, self.reading, self.worker, self.offers))
        self._build()
        self._connect()
        self._update()
        self._restore()

    # Layout

    def _build(self) -> None:
        """Build panels first, since actions use them; then actions; then menus and toolbar, which show the actions."""
        features = self.features
        self.resize(1280, 800)
        self.setStatusBar(self.messages)
        self._docks = Docks(self, features.tracks.table, features.review.panel, features.tracks.inspector,
                            features.edits.history, features.help.log)
        for dock in (features.evaluation.dock, features.notes.dock):
            self._docks.add_behind_tracks(dock)
        self._docks.show_tracks()
        features.review.set_dock(self._docks.review)
        features.help.set_log_dock(self._docks.log)
        for feature in features:
            feature.add_actions(self.actions_)
        add_panel_actions(self, self.actions_)
        self.menus = MenuBar(self.menuBar(), self.actions_)
        features.files.add_recent(self.menus.menu(self.actions_.menu_of("file.open")))
        self._welcome = Welcome(self.actions_, features.files.recent_paths, self)
        self._middle = Middle(self.offers, self._welcome, self.canvas, self.timeline, self)
        self.setCentralWidget(self._middle)
        self._objects, self._saved = Label(self), Label(self)
        self._objects.setToolTip(self.tr("Tracks with a box or mask in this frame that the filter shows"))
        self._fill_bar()
        files = features.files
        for widget in (features.jobs.bar, files.bar, files.check_bar, features.import_export.bar, self._saved):
            self.messages.addPermanentWidget(widget)

    def _fill_bar(self) -> None:
        features, bar = self.features, self._middle.bar
        features.timeline.add_buttons(bar)
        bar.addSpacing(8)
        bar.addWidget(features.files.projects.chooser)
        features.timeline.add_fields(bar)
        bar.addStretch(1)
        bar.addWidget(self._objects)
        features.canvas.add_to(bar)

    def _connect(self) -> None:
        document, worker = self.document, self.worker
        for feature in self.features:
            feature.message.connect(self.messages.post)
            feature.stopped.connect(self._close_if_asked)
        document.message.connect(self.messages.post)
        for signal in (document.opened, document.video_changed, worker.started, worker.finished):
            signal.connect(lambda *_: self._update())
        document.opened.connect(lambda: self.messages.withdraw(failures=True))
        document.video_changed.connect(self.messages.withdraw)
        worker.started.connect(lambda _title: self.messages.withdraw(failures=True))
        document.changed.connect(self._on_changes)
        for signal in (document.frame_changed, document.selection_changed, document.range_changed, document.changed,
                       self.canvas.tool_changed):
            signal.connect(lambda *_: self._refresh())
        self._welcome.opened.connect(self.features.files.choose)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    # Opening

    def open_path(self, path: Path) -> bool:
        """Open a project, or a video into a project next to it. Errors are shown.

        Returns whether it is open or being read.
        """
        return self.features.files.open(path)

    def open_demo(self) -> None:
        """Open the demo project, created if it does not exist."""
        self.features.files.open_demo()

    def warm_up(self) -> None:
        """Load the libraries for runs in the background."""
        self.features.jobs.controller.warm_up()

    # Updates

    def _update(self) -> None:
        """Update everything after a change of project or video, or the start or end of a run."""
        path, video = self.document.path, self.document.video
        self._middle.show_canvas(video is not None)
        title = "" if path is None else path.name + ("" if video is None else f" - {video.name}")
        self.setWindowTitle(f"{title} - SAM2MOT Annotator" if title else "SAM2MOT Annotator")
        read_only = path is not None and not self.document.writable
        self._saved.setText(self.tr("read-only") if read_only else self.tr("saved") if path is not None else "")
        for feature in self.features:
            feature.update()
        self._refresh()

    def _refresh(self) -> None:
        """Update after a smaller change: of frame, selection, range or tracks."""
        self.actions_.set_facts(self._facts())
        self.messages.recheck()
        if self.document.video is None:
            self._objects.clear()
        else:
            self._objects.setText(self.tr("%n objects", "", len(self.canvas.overlay.shapes)))

    def _on_changes(self, changes: Changes) -> None:
        """Withdraw the message about the step before; that of a new step follows its edit."""
        if changes.kinds & ChangeKind.HISTORY and not self.worker.busy:
            self.messages.withdraw()

    def _facts(self) -> Needs:
        document, running = self.document, self.worker.busy
        selected = len(document.selection)
        facts = Needs.NOTHING
        for fact, holds in (
                (Needs.PROJECT, document.session is not None), (Needs.VIDEO, document.video is not None),
                (Needs.WRITABLE, document.writable), (Needs.TRACK, selected > 0), (Needs.ONE_TRACK, selected == 1),
                (Needs.TWO_TRACKS, selected == 2), (Needs.RANGE, document.range is not None),
                (Needs.IDLE, not running), (Needs.RUN, running)):
            if holds:
                facts |= fact
        return facts

    # Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() is QEvent.Type.ShortcutOverride and belongs_to_field(watched, event):
            event.accept()
            return True
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            return False
        if event.key() == Qt.Key.Key_Space and watched is self.canvas and not event.isAutoRepeat():
            self._on_space(event.type() is QEvent.Type.KeyPress)
            return True
        if event.type() is QEvent.Type.KeyPress and watched is QApplication.focusWidget():
            self._explain(watched, event)
        return False

    def _on_space(self, pressed: bool) -> None:
        """Play or pause when tapped; pan while held."""
        if pressed:
            self.canvas.set_panning(True)
            return
        if not self.canvas.panned:
            self.player.toggle()
        self.canvas.set_panning(False)

    def _explain(self, watched: QObject, event: QKeyEvent) -> None:
        """Show what a disabled action needs when its key is pressed."""
        if is_field(watched) or self.document.video is None:
            return
        entry = self.actions_.disabled_by_key(QKeySequence(QKeyCombination(event.modifiers(), Qt.Key(event.key()))))
        missing = Needs.NOTHING if entry is None else self.actions_.missing(entry.name)
        if entry is not None and missing:
            self.messages.post(Message.refused(
                self.tr("“{0}” needs {1}").format(entry.title, missing_in_words(missing)),
                lambda: bool(self.actions_.missing(entry.name))))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.features.files.open_dropped(
            [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if any(feature.busy for feature in self.features):
            event.ignore()
            self._ask_to_stop()
            return
        self.player.pause()
        for key, state in (("geometry", self.saveGeometry()), ("state", self.saveState()),
                           ("splitter", self._middle.saveState())):
            self._settings.setValue(key, state)
        for feature in reversed(list(self.features)):
            feature.close()
        self.document.close()
        self.worker.close()
        super().closeEvent(event)

    def _ask_to_stop(self) -> None:
        """Ask, at most once, whether to stop after the current frame and close."""
        if self._closing:
            return
        box = QMessageBox(QMessageBox.Icon.Question, self.tr("A job is running"),
                          self.tr("Stop the job and close? Finished frames are kept, and a run can be resumed later."),
                          QMessageBox.StandardButton.Cancel, self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        stop = box.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.AcceptRole)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stop.clicked.connect(self._stop_and_close)
        box.open()

    def _stop_and_close(self) -> None:
        self._closing = True
        for feature in self.features:
            feature.stop()

    def _close_if_asked(self) -> None:
        if self._closing:
            self.close()

    def _restore(self) -> None:
        for key, restore in (("geometry", self.restoreGeometry), ("state", self.restoreState),
                             ("splitter", self._middle.restoreState)):
            stored = self._settings.value(key)
            if stored is not None:
                restore(stored)
