"""The window: where things stand. What they do is elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from platformdirs import user_data_path
from PySide6.QtCore import QEvent, QObject, QSettings, Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
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
    QVBoxLayout,
    QWidget,
)

from annotator.errors import UserError
from annotator.jobs.demo import demo_project
from annotator.ui.about import NAME
from annotator.ui.actions import Actions
from annotator.ui.box_clipboard import BoxClipboard
from annotator.ui.canvas import Canvas, Tool
from annotator.ui.canvas_controller import CanvasController
from annotator.ui.document import Document
from annotator.ui.exporting import ExportController
from annotator.ui.filter_controls import FilterControls
from annotator.ui.help_menu import HelpMenu
from annotator.ui.hints import FirstMinute
from annotator.ui.history_list import HistoryList
from annotator.ui.ignore_regions import IgnoreRegions
from annotator.ui.importing import ImportController, is_labels
from annotator.ui.inspector import Inspector
from annotator.ui.job_bar import JobBar
from annotator.ui.job_dialog import JobDialog
from annotator.ui.jobs import JobController
from annotator.ui.keyframes import Keyframes
from annotator.ui.label_actions import LabelActions
from annotator.ui.lane_order import LaneOrder
from annotator.ui.log_panel import LogPanel
from annotator.ui.nudge import Nudge
from annotator.ui.offer_bar import OfferBar
from annotator.ui.palette import CommandPalette
from annotator.ui.panels import Panels
from annotator.ui.picture_controls import PictureControls
from annotator.ui.player import Player
from annotator.ui.projects import ProjectController
from annotator.ui.sign_button import Sign, SignButton
from annotator.ui.task_bar import TaskBar
from annotator.ui.theme import Theme, apply_theme
from annotator.ui.timeline import Timeline
from annotator.ui.track_table import TrackTable
from annotator.ui.transport import Transport
from annotator.ui.welcome import Welcome
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
        self.regions = IgnoreRegions(self.document, self.canvas)
        self.inspector = Inspector(self.document, self.table.scores, self.regions, self)
        self.labels = LabelActions(self.document, self)
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
        self._add_tools()
        self._fill_menus()
        self._connect()
        self._update()
        self._restore()

    # Layout

    def _build(self) -> None:
        self.resize(1280, 800)
        self._welcome = Welcome(self.actions_, self._recent_paths, self)
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
        inspector = QDockWidget(self.tr("Inspector"), self)
        inspector.setObjectName("inspector")
        inspector.setWidget(self.inspector)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, inspector)
        self.resizeDocks([dock, inspector], [1, 1], Qt.Orientation.Vertical)
        self.history = HistoryList(self.document, self)
        steps = QDockWidget(self.tr("History"), self)
        steps.setObjectName("history")
        steps.setWidget(self.history)
        self.tabifyDockWidget(dock, steps)
        dock.raise_()
        self.resizeDocks([dock], [380], Qt.Orientation.Horizontal)
        self.log_dock = QDockWidget(self.tr("Log"), self)
        self.log_dock.setObjectName("log")
        self.log_dock.setWidget(self.log)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.log_dock)
        self.resizeDocks([self.log_dock], [160], Qt.Orientation.Vertical)
        self.log_dock.hide()
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
        add("edit.delete", tr("Edit"), tr("Delete in this frame"), self._delete, ["Del"],
            tr("Take the selected tracks out of this frame, or delete the selected ignore region"))
        add("edit.palette", tr("Edit"), tr("Search actions…"), self._show_palette, ["Ctrl+K"])
        add("tool.draw", tr("Track"), tr("New object"), lambda: self.canvas.set_tool(Tool.DRAW), ["N"],
            tr("Draw the box of a new object"))
        self.regions.add_actions(self.actions_)
        self.labels.add_actions(self.actions_)
        self.jobs.add_actions()
        add("go.next", tr("Go"), tr("Next frame"), lambda: step(1), ["F", "Right"])
        add("go.previous", tr("Go"), tr("Previous frame"), lambda: step(-1), ["D", "Left"])
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
        add("view.fit", tr("View"), tr("Fit"), canvas.fit, ["0", "Ctrl+0"], tr("The whole picture"))
        add("view.pixels", tr("View"), tr("Actual pixels"), canvas.pixel_view, ["Ctrl+1"])
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
            add(f"view.theme-{theme}", f"{tr('View')}/{tr('Theme')}", text, partial(self.set_theme, theme))

    def _add_tools(self) -> None:
        """What has a module of its own and brings its own actions."""
        document, player, actions, settings = self.document, self.player, self.actions_, self._settings
        self.transport = Transport(document, player, actions, settings, self.canvas, self)
        self.keyframes = Keyframes(document, player, self.timeline, actions)
        self.clipboard = BoxClipboard(document, actions)
        self.nudge = Nudge(document, self.canvas, self.controller, actions)
        self.picture = PictureControls(self.canvas, self.controller, actions, settings, self)
        self.filter = FilterControls(document, self.controller, actions, self)
        self.lane_order = LaneOrder(document, self.timeline, actions, settings)
        self.panels = Panels(self, actions)
        self.help = HelpMenu(actions, self)
        self.help.demo_asked.connect(self.open_demo)
        self.help.failed.connect(self.show_error)
        self.first_minute = FirstMinute(document, player, self.canvas, actions, settings)
        self._welcome.opened.connect(self.open_path)

    def _fill_menus(self) -> None:
        menus: dict[str, QMenu] = {}
        for entry in self.actions_:
            self._menu(menus, entry.menu).addAction(entry.action)
            if entry.name == "file.folder":
                self._recent = self._menu(menus, entry.menu).addMenu(self.tr("Open recent"))
        self._recent.aboutToShow.connect(self._fill_recent)
        for name, sign in (("go.first", Sign.FIRST), ("go.previous", Sign.PREVIOUS), ("play.toggle", Sign.PLAY),
                           ("go.next", Sign.NEXT), ("go.last", Sign.LAST)):
            action, button = self.actions_[name], SignButton(sign, self)
            button.clicked.connect(action.trigger)
            button.setToolTip(action.toolTip())
            action.changed.connect(partial(self._follow_action, button, action))
            if name == "play.toggle":
                self._play = button
            self._transport.addWidget(button)
        self._transport.addSpacing(8)
        self._transport.addWidget(self.projects.chooser)
        self.transport.add_to(self._transport)
        self._transport.addStretch(1)
        for widget in (self._objects, self.filter.button, self.picture.button):
            self._transport.addWidget(widget)

    def _menu(self, menus: dict[str, QMenu], title: str) -> QMenu:
        """The menu of this title; ``View/Filter`` is one within another."""
        if title not in menus:
            outer, _, inner = title.rpartition("/")
            menus[title] = self._menu(menus, outer).addMenu(inner) if outer else self.menuBar().addMenu(inner)
        return menus[title]

    @staticmethod
    def _follow_action(button: SignButton, action: QAction) -> None:
        button.setToolTip(action.toolTip())
        button.setEnabled(action.isEnabled())

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
        self.timeline.track_clicked.connect(self.controller.select_clicked)
        self.canvas.tool_changed.connect(self._on_tool)
        self.table.menu_requested.connect(self.labels.fill_menu)
        self.labels.attribute_wanted.connect(self.inspector.focus_attribute)
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

    def open_demo(self) -> None:
        """Open the demo, made anew where there is none yet."""
        try:
            path = demo_project(user_data_path(NAME) / "demo")
        except UserError as error:
            self.show_error(str(error))
            return
        self.open_path(path)

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
        if self._recent.isEmpty():
            self._recent.addAction(self.tr("Nothing yet")).setEnabled(False)

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
        for button in (self.filter.button, self.picture.button):
            button.setEnabled(video is not None)
        for controller in (self.labels, self.jobs, self.imports, self.exports):
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
        if self.document.video is None:
            self._objects.clear()
            return
        self._objects.setText(self.tr("%n objects", "", len(self.canvas.overlay.shapes)))

    def _update_look(self) -> None:
        actions = self.actions_
        self.canvas.overlay.set_look(
            **{name: actions[f"view.{name}"].isChecked() for name in ("boxes", "names", "masks", "contours", "solo")},
            trail=50 if actions["view.trails"].isChecked() else 0)
        self.controller.refresh()

    def _on_playing(self, playing: bool) -> None:
        self._play.set_sign(Sign.PAUSE if playing else Sign.PLAY)

    def _on_tool(self, tool: Tool) -> None:
        if tool is Tool.DRAW:
            self.statusBar().showMessage(self.tr("Draw the box of a new object; Esc ends"))
        elif tool is Tool.IGNORE:
            self.statusBar().showMessage(self.tr(
                "Drag a rectangle, or click corners and press Enter: what is inside will not count; Esc ends"))
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

    def _delete(self) -> None:
        if not self.regions.delete_selected():
            self.controller.delete_here()

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
        self.lane_order.close()
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

