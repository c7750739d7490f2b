"""The window: where things stand. What they do is elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSettings, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QStyle,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.errors import UserError
from annotator.ui.actions import Actions
from annotator.ui.canvas import Canvas, Tool
from annotator.ui.canvas_controller import CanvasController
from annotator.ui.document import Document
from annotator.ui.exporting import ExportController
from annotator.ui.importing import ImportController, is_labels
from annotator.ui.job_bar import JobBar
from annotator.ui.job_dialog import JobDialog
from annotator.ui.jobs import JobController
from annotator.ui.log_panel import LogPanel
from annotator.ui.offer_bar import OfferBar
from annotator.ui.palette import CommandPalette
from annotator.ui.player import Player
from annotator.ui.projects import ProjectController
from annotator.ui.task_bar import TaskBar
from annotator.ui.theme import Theme, apply_theme
from annotator.ui.timeline import Timeline
from annotator.ui.track_table import TrackTable
from annotator.ui.worker import EngineWorker

PROJECT_SUFFIX = ".annot"
_RECENT, _MOST_RECENT = "recent", 8


class MainWindow(QMainWindow):
    """Canvas above, timeline below, tracks at the side."""

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self.setAcceptDrops(True)
        self.document = Document(self)
        self.player = Player(self.document)
        self.canvas = Canvas(self)
        self.controller = CanvasController(self.document, self.canvas)
        self.timeline = Timeline(self.document, self)
        self.table = TrackTable(self.document, self)
        self.worker = EngineWorker(self)
        self.actions_ = Actions(self, settings)
        self.offers = OfferBar(self)
        self.jobs = JobController(self.document, self.worker, self.controller, self.actions_, settings, self.offers,
                                  self)
        self.log = LogPanel(self)
        self.document.in_use = lambda: self.worker.busy
        self._closing = False
        self._build()
        self._add_actions()
        self._fill_menus()
        self._connect()
        self._update()
        self._restore()

    # Layout

    def _build(self) -> None:
        self.resize(1280, 800)
        self._welcome = QLabel(self.tr("Drop a video or a project here, or press Ctrl+O"), self,
                               alignment=Qt.AlignmentFlag.AlignCenter)
        self._welcome.setWordWrap(True)
        font = self._welcome.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        self._welcome.setFont(font)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._welcome)
        self._stack.addWidget(self.canvas)
        upper = QWidget(self)
        above = QVBoxLayout(upper)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(0)
        above.addWidget(self.offers)
        above.addWidget(self._stack, 1)
        lower = QWidget(self)
        layout = QVBoxLayout(lower)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._transport = QHBoxLayout()
        self._transport.setContentsMargins(8, 4, 8, 4)
        self._transport.setSpacing(4)
        layout.addLayout(self._transport)
        layout.addWidget(self.timeline)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(upper)
        splitter.addWidget(lower)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([560, 220])
        splitter.setChildrenCollapsible(False)
        self._splitter = splitter
        self.setCentralWidget(splitter)
        dock = QDockWidget(self.tr("Tracks"), self)
        dock.setObjectName("tracks")
        dock.setWidget(self.table)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        self.resizeDocks([dock], [380], Qt.Orientation.Horizontal)
        self.log_dock = QDockWidget(self.tr("Log"), self)
        self.log_dock.setObjectName("log")
        self.log_dock.setWidget(self.log)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.log_dock)
        self.resizeDocks([self.log_dock], [160], Qt.Orientation.Vertical)
        self.log_dock.hide()
        self._position = QLabel(self)
        self._objects = QLabel(self)
        self._saved = QLabel(self)
        job_bar = JobBar(self.worker, self)
        self.jobs.device_used.connect(job_bar.set_device)
        self.statusBar().addPermanentWidget(job_bar)
        self.statusBar().addPermanentWidget(self._saved)

    def _add_actions(self) -> None:
        add, tr, document, player = self.actions_.add, self.tr, self.document, self.player
        step = self._step
        add("file.open", tr("File"), tr("Open…"), self._ask_open, ["Ctrl+O"], tr("Open a project or a video"))
        add("file.folder", tr("File"), tr("Open folder of images…"), self._ask_folder, ["Ctrl+Shift+O"])
        self.projects = ProjectController(document, self.controller, self.actions_, self.offers, self.open_path, self)
        self.imports = ImportController(document, self.jobs, self.actions_, self)
        self.exports = ExportController(document, self.actions_, self._settings, self)
        self.statusBar().insertPermanentWidget(1, TaskBar(self.exports.worker, self))
        add("file.close", tr("File"), tr("Close project"), self._close_project, ["Ctrl+W"])
        add("file.quit", tr("File"), tr("Quit"), self.close, ["Ctrl+Q"])
        add("edit.undo", tr("Edit"), tr("Undo"), document.undo, ["Ctrl+Z"])
        add("edit.redo", tr("Edit"), tr("Redo"), document.redo, ["Ctrl+Shift+Z", "Ctrl+Y"])
        add("edit.delete", tr("Edit"), tr("Delete in this frame"), self.controller.delete_here, ["Del"])
        add("edit.palette", tr("Edit"), tr("Search actions…"), self._show_palette, ["Ctrl+K", "F1"])
        add("tool.draw", tr("Track"), tr("New object"), lambda: self.canvas.set_tool(Tool.DRAW), ["N"],
            tr("Draw the box of a new object"))
        self.jobs.add_actions()
        add("go.next", tr("Go"), tr("Next frame"), lambda: step(1), ["F", "Right"])
        add("go.previous", tr("Go"), tr("Previous frame"), lambda: step(-1), ["D", "Left"])
        add("go.next10", tr("Go"), tr("10 frames on"), lambda: step(10), ["V", "Shift+Right"])
        add("go.previous10", tr("Go"), tr("10 frames back"), lambda: step(-10), ["C", "Shift+Left"])
        add("go.first", tr("Go"), tr("First frame"), lambda: document.go_to(0), ["Home"])
        add("go.last", tr("Go"), tr("Last frame"), lambda: document.go_to(1 << 40), ["End"])
        add("go.start", tr("Go"), tr("Start of the track"), lambda: self._go_to_end(first=True), ["Ctrl+Left"])
        add("go.end", tr("Go"), tr("End of the track"), lambda: self._go_to_end(first=False), ["Ctrl+Right"])
        add("play.toggle", tr("Go"), tr("Play or pause"), player.toggle, [])
        add("play.faster", tr("Go"), tr("Play faster"), lambda: player.faster(1), ["."])
        add("play.slower", tr("Go"), tr("Play slower"), lambda: player.faster(-1), [","])
        add("play.loop", tr("Go"), tr("Loop"), lambda: player.set_loop(self.actions_["play.loop"].isChecked()),
            ["L"], tr("Go round in the chosen range"), checkable=True)
        self._add_view_actions()

    def _add_view_actions(self) -> None:
        add, tr, canvas = self.actions_.add, self.tr, self.canvas
        add("view.fit", tr("View"), tr("Fit"), canvas.fit, ["0"], tr("The whole picture"))
        add("view.pixels", tr("View"), tr("Actual pixels"), canvas.pixel_view, ["1"])
        add("view.in", tr("View"), tr("Zoom in"), lambda: canvas.zoom(1.25), ["Ctrl++", "Ctrl+="])
        add("view.out", tr("View"), tr("Zoom out"), lambda: canvas.zoom(0.8), ["Ctrl+-"])
        for name, text, keys, checked in (
                ("boxes", tr("Boxes"), "B", True), ("names", tr("Names"), "T", True), ("masks", tr("Masks"), "S", True),
                ("contours", tr("Contours only"), "Shift+S", False), ("solo", tr("Only selected"), "H", False)):
            add(f"view.{name}", tr("View"), text, self._update_look, [keys], checkable=True, checked=checked)
        add("view.trails", tr("View"), tr("Trails"), self._update_look, ["Shift+T"], checkable=True)
        add("view.log", tr("View"), tr("Log"), lambda: self.log_dock.setVisible(self.actions_["view.log"].isChecked()),
            ["Ctrl+Shift+L"], tr("What the program says of itself"), checkable=True)
        self.log_dock.toggleViewAction().toggled.connect(self.actions_["view.log"].setChecked)
        add("view.timeline", tr("View"), tr("Whole video on the timeline"), self.timeline.fit, ["Shift+F"])
        for theme, text in ((Theme.SYSTEM, tr("Theme of the system")), (Theme.LIGHT, tr("Light theme")),
                            (Theme.DARK, tr("Dark theme"))):
            add(f"view.theme-{theme}", tr("View"), text, partial(self.set_theme, theme))

    def _fill_menus(self) -> None:
        menus: dict[str, QMenu] = {}
        for entry in self.actions_:
            if entry.menu not in menus:
                menus[entry.menu] = self.menuBar().addMenu(entry.menu)
                if entry.name == "file.open":
                    self._recent = QMenu(self.tr("Open recent"), self)
            menus[entry.menu].addAction(entry.action)
            if entry.name == "file.folder":
                menus[entry.menu].addMenu(self._recent)
        self._recent.aboutToShow.connect(self._fill_recent)
        icon = QStyle.StandardPixmap
        for name, sign in (("go.first", icon.SP_MediaSkipBackward), ("go.previous", icon.SP_MediaSeekBackward),
                           ("play.toggle", icon.SP_MediaPlay), ("go.next", icon.SP_MediaSeekForward),
                           ("go.last", icon.SP_MediaSkipForward)):
            button = QToolButton(self)
            button.setAutoRaise(True)
            button.setIcon(self.style().standardIcon(sign))
            button.clicked.connect(self.actions_[name].trigger)
            button.setToolTip(self.actions_[name].toolTip())
            button.setFixedSize(28, 24)
            if name == "play.toggle":
                self._play = button
            self._transport.addWidget(button)
        self._transport.addSpacing(8)
        self._transport.addWidget(self.projects.chooser)
        self._transport.addWidget(self._position)
        self._transport.addStretch(1)
        self._transport.addWidget(self._objects)

    def _connect(self) -> None:
        document = self.document
        document.opened.connect(self._update)
        document.video_changed.connect(self._update)
        document.frame_changed.connect(self._update_position)
        document.changed.connect(self._update_position)
        document.changed.connect(self._update_history)
        document.failed.connect(self.show_error)
        self.controller.missing.connect(self.show_error)
        self.player.playing_changed.connect(self._on_playing)
        self.player.speed_changed.connect(self._update_position)
        self.timeline.track_clicked.connect(self.controller.select_clicked)
        self.canvas.tool_changed.connect(self._on_tool)
        self.worker.started.connect(lambda _title: self._update())
        self.worker.finished.connect(self._on_job_finished)
        self.exports.worker.ended.connect(self._close_if_asked)
        for controller in (self.jobs, self.imports, self.exports, self.projects):
            controller.told.connect(self.show_error)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    # What is open

    def open_path(self, path: Path) -> bool:
        """Open a project, or a video into a project beside it. Errors are shown. Returns whether it is open."""
        try:
            if self._is_open(path):
                pass
            elif path.suffix == PROJECT_SUFFIX:
                self.document.open(path)
            else:
                self._open_video(path)
        except UserError as error:
            self.show_error(str(error))
            return False
        self._remember(path)
        return True

    def _is_open(self, path: Path) -> bool:
        present = self.document.path
        return present is not None and path.exists() and present.samefile(path)

    def _close_project(self) -> None:
        try:
            self.document.close()
        except UserError as error:
            self.show_error(str(error))

    def _open_video(self, path: Path) -> None:
        if self.document.session is None or not self.document.writable:
            project = path.with_name((path.name if path.is_dir() else path.stem) + PROJECT_SUFFIX)
            self.document.open(project, create=True)
        for warning in self.document.add_source(path):
            self.statusBar().showMessage(warning, 10000)

    def _ask_open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Open a project or a video"), "",
            f"{self.tr('Projects and videos')} (*.annot *.mp4 *.mov *.avi *.mkv *.webm);;{self.tr('All files')} (*)")
        if name:
            self.open_path(Path(name))

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Open a folder of images"))
        if name:
            self.open_path(Path(name))

    def _remember(self, path: Path) -> None:
        recent = [str(path.resolve()), *(p for p in self._recent_paths() if p != str(path.resolve()))]
        self._settings.setValue(_RECENT, recent[:_MOST_RECENT])

    def _recent_paths(self) -> list[str]:
        stored = self._settings.value(_RECENT) or []
        return [stored] if isinstance(stored, str) else [str(path) for path in stored]

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self._recent_paths():
            action = self._recent.addAction(path, partial(self.open_path, Path(path)))
            action.setEnabled(Path(path).exists())
        self._recent.setEnabled(not self._recent.isEmpty())

    # Jobs

    def start_job(self, dialog: JobDialog) -> None:
        """Run what the dialog says."""
        self.jobs.start(None if dialog.choice is None else dialog.choice.settings)

    def warm_up(self) -> None:
        """Load what jobs need while nobody waits for it."""
        self.jobs.warm_up()

    def _on_job_finished(self, _status: str, _message: str) -> None:
        self._update()
        self._close_if_asked()

    def _close_if_asked(self) -> None:
        if self._closing:
            self.close()

    # What is shown

    def set_theme(self, theme: Theme) -> None:
        self._settings.setValue("theme", theme.value)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, theme)

    def show_error(self, message: str) -> None:
        """One line in the status bar, where it disturbs nobody; the whole of it as a tooltip."""
        self.statusBar().showMessage(message, 15000)
        self.statusBar().setToolTip(message)

    def _update(self) -> None:
        path, video = self.document.path, self.document.video
        self._stack.setCurrentWidget(self.canvas if video is not None else self._welcome)
        title = "" if path is None else path.name + ("" if video is None else f" - {video.name}")
        self.setWindowTitle(f"{title} - SAM2MOT Annotator" if title else "SAM2MOT Annotator")
        read_only = path is not None and not self.document.writable
        self._saved.setText(self.tr("read-only") if read_only else self.tr("saved") if path is not None else "")
        for entry in self.actions_:
            needs_video = entry.name.split(".")[0] in ("go", "play", "tool", "edit") and entry.name != "edit.palette"
            entry.action.setEnabled(video is not None or not needs_video)
        self.actions_["file.close"].setEnabled(path is not None)
        for controller in (self.jobs, self.imports, self.exports):
            controller.update()
        self._update_history()
        self._update_position()

    def _update_history(self, *_: object) -> None:
        session = self.document.session
        history = [] if session is None else session.history()
        done, undone = [s for s in history if not s.undone], [s for s in history if s.undone]
        undo, redo = self.actions_["edit.undo"], self.actions_["edit.redo"]
        undo.setEnabled(bool(done) and self.document.writable)
        redo.setEnabled(bool(undone) and self.document.writable)
        undo.setText(self.tr("Undo {0}").format(done[-1].label) if done else self.tr("Undo"))
        redo.setText(self.tr("Redo {0}").format(undone[0].label) if undone else self.tr("Redo"))

    def _update_position(self, *_: object) -> None:
        video, frame = self.document.video, self.document.frame
        if video is None:
            self._position.clear()
            self._objects.clear()
            return
        seconds = frame / video.fps if video.fps > 0 else 0.0
        minutes, rest = divmod(seconds, 60)
        text = self.tr("{0}:{1:06.3f}   frame {2} of {3}   {4:g}x")
        self._position.setText(text.format(int(minutes), rest, frame, video.frame_count, self.player.speed))
        self._objects.setText(self.tr("objects {0}").format(len(self.canvas.overlay.shapes)))

    def _update_look(self) -> None:
        actions = self.actions_
        self.canvas.overlay.set_look(
            **{name: actions[f"view.{name}"].isChecked() for name in ("boxes", "names", "masks", "contours", "solo")},
            trail=50 if actions["view.trails"].isChecked() else 0)
        self.controller.refresh()

    def _on_playing(self, playing: bool) -> None:
        icon = QStyle.StandardPixmap.SP_MediaPause if playing else QStyle.StandardPixmap.SP_MediaPlay
        self._play.setIcon(self.style().standardIcon(icon))

    def _on_tool(self, tool: Tool) -> None:
        if tool is Tool.DRAW:
            self.statusBar().showMessage(self.tr("Draw the box of a new object; Esc ends"))
        else:
            self.statusBar().clearMessage()

    # Moving

    def _step(self, frames: int) -> None:
        self.player.pause()
        self.document.go_to(self.document.frame + frames)

    def _go_to_end(self, first: bool) -> None:
        lanes = [lane for lane in self.timeline.lanes if lane.track.id in self.document.selection]
        if lanes:
            frames = [lane.first if first else lane.last for lane in lanes]
            self.document.go_to(min(frames) if first else max(frames))

    def _show_palette(self) -> None:
        CommandPalette(self.actions_, self).open()

    # Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Space tapped plays, held pans; and only where no text is being typed."""
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) or not isinstance(event, QKeyEvent):
            return False
        if event.key() != Qt.Key.Key_Space or watched is not self.canvas or event.isAutoRepeat():
            return False
        if event.type() is QEvent.Type.KeyPress:
            self.canvas.set_panning(True)
        else:
            if not self.canvas.panned:
                self.player.toggle()
            self.canvas.set_panning(False)
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        labels = [path for path in paths if is_labels(path)]
        for path in paths:
            if path not in labels:
                self.open_path(path)
        for path in labels[:1]:
            self.imports.ask(path)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self.worker.busy or self.exports.worker.busy:
            event.ignore()
            self._ask_to_stop()
            return
        self.player.pause()
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("state", self.saveState())
        self._settings.setValue("splitter", self._splitter.saveState())
        self.document.close()
        self.controller.close()
        self.jobs.close()
        self.log.detach()
        super().closeEvent(event)

    def _ask_to_stop(self) -> None:
        """Asked once: stop after the present frame, then close."""
        if self._closing:
            return
        box = QMessageBox(QMessageBox.Icon.Question, self.tr("Work is going on"),
                          self.tr("Stop it and close? Finished frames are kept, and a run can be resumed."),
                          QMessageBox.StandardButton.Cancel, self)
        stop = box.addButton(self.tr("Stop and close"), QMessageBox.ButtonRole.AcceptRole)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stop.clicked.connect(self._stop_and_close)
        box.open()

    def _stop_and_close(self) -> None:
        self._closing = True
        self.worker.cancel()
        self.exports.worker.cancel()

    def _restore(self) -> None:
        for key, restore in (("geometry", self.restoreGeometry), ("state", self.restoreState),
                             ("splitter", self._splitter.restoreState)):
            stored = self._settings.value(key)
            if stored is not None:
                restore(stored)


def show_crash(parent: QWidget | None, summary: str, log_path: Path) -> None:
    """Say that something is wrong with the program, where the log is, and that the project is safe."""
    box = QMessageBox(QMessageBox.Icon.Critical, "SAM2MOT Annotator",
                      QApplication.translate("Crash", "Something went wrong in the program: {0}").format(summary),
                      QMessageBox.StandardButton.Close, parent)
    box.setInformativeText(QApplication.translate(
        "Crash", "The project is safe: every finished step is in its file. The log is {0}.").format(log_path))
    box.exec()
