"""The window: where things stand. What they do is elsewhere."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSettings, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QMessageBox

from annotator.ui.actions.palette import CommandPalette
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.box_clipboard import BoxClipboard
from annotator.ui.canvas.canvas import Canvas, Tool
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.canvas.filter_controls import FilterControls
from annotator.ui.canvas.nudge import Nudge
from annotator.ui.canvas.picture_controls import PictureControls
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.edits.history_list import HistoryList
from annotator.ui.edits.setup import Identity
from annotator.ui.edits.uncovering import Uncovering
from annotator.ui.evaluation.controller import EvaluateController
from annotator.ui.import_export.export_controller import ExportController
from annotator.ui.import_export.import_controller import ImportController
from annotator.ui.jobs.bar import JobBar
from annotator.ui.jobs.controller import JobController
from annotator.ui.jobs.dialog import JobDialog
from annotator.ui.labels.actions import LabelActions
from annotator.ui.prompts.setup import Prompting
from annotator.ui.regions.controller import IgnoreRegions
from annotator.ui.review.setup import Reviewing
from annotator.ui.threads.engine_worker import EngineWorker
from annotator.ui.threads.reading_queue import Reading
from annotator.ui.timeline.frame_actions import Moving, MovingButtons
from annotator.ui.timeline.keyframe_actions import Keyframes
from annotator.ui.timeline.order import LaneOrder
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.timeline.transport import Transport
from annotator.ui.tracks.inspector import Inspector
from annotator.ui.tracks.table import TrackTable
from annotator.ui.widgets.offer_bar import OfferBar
from annotator.ui.widgets.task_bar import TaskBar
from annotator.ui.window.effort_recorder import EffortRecorder
from annotator.ui.window.help_menu import HelpMenu
from annotator.ui.window.hints import FirstMinute
from annotator.ui.window.layout import Docks, Middle
from annotator.ui.window.log_panel import LogPanel
from annotator.ui.window.menus import Menus
from annotator.ui.window.opening import Opening
from annotator.ui.window.panels import Panels
from annotator.ui.window.projects import ProjectController
from annotator.ui.window.view_actions import ViewActions
from annotator.ui.window.welcome import Welcome


class MainWindow(QMainWindow):
    """Canvas above, timeline below, tracks at the side."""

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self.setAcceptDrops(True)
        self.document = Document(self)
        self.player = Player(self.document)
        self.canvas = Canvas(self)
        self.reading = Reading(self)
        self.controller = CanvasController(self.document, self.canvas, self.reading)
        self.timeline = Timeline(self.document, self)
        self.table = TrackTable(self.document, self)
        self.regions = IgnoreRegions(self.document, self.canvas)
        self.inspector = Inspector(self.document, self.table.scores, self.regions, self)
        self.labels = LabelActions(self.document, self)
        self.worker = EngineWorker(self)
        self.actions_ = Actions(self, settings)
        self.offers = OfferBar(self)
        self.opening = Opening(self.document, self.reading, settings, self)
        self.jobs = JobController(self.document, self.worker, self.controller, self.actions_, settings, self.offers,
                                  self)
        self.log = LogPanel(self)
        self.identity = Identity(self.document, self.canvas, self.timeline, self)
        self.review = Reviewing(self.document, self.canvas, self.player, self.identity.desk,
                                lambda: self.worker.writing, self)
        self.document.in_use = lambda: self.worker.writing
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
        self._welcome = Welcome(self.actions_, self.opening.recent_paths, self)
        self._middle = Middle(self.offers, self._welcome, self.canvas, self.timeline, self)
        self.setCentralWidget(self._middle)
        self.history = HistoryList(self.document, self)
        docks = Docks(self, self.table, self.review.panel, self.inspector, self.history, self.log)
        self.log_dock = docks.log
        self.review.set_dock(docks.review)
        self._objects = QLabel(self)
        self._saved = QLabel(self)
        job_bar = JobBar(self.worker, self)
        self.jobs.device_used.connect(job_bar.set_device)
        self.statusBar().addPermanentWidget(job_bar)
        self.statusBar().addPermanentWidget(self._saved)

    def _add_actions(self) -> None:
        add, tr, document = self.actions_.add, self.tr, self.document
        self.opening.add_actions(self.actions_)
        self.projects = ProjectController(document, self.controller, self.actions_, self.offers, self.open_path,
                                          self.reading, self)
        self.imports = ImportController(document, self.jobs, self.actions_, self)
        self.exports = ExportController(document, self.actions_, self._settings, self)
        self.statusBar().insertPermanentWidget(1, TaskBar(self.exports.worker, self))
        self.statusBar().insertPermanentWidget(1, TaskBar(self.reading.worker, self))
        self.opening.add_closing(self.actions_)
        add("file.quit", tr("File"), tr("Quit"), self.close, ["Ctrl+Q"])
        add("edit.undo", tr("Edit"), tr("Undo"), document.undo, ["Ctrl+Z"])
        add("edit.redo", tr("Edit"), tr("Redo"), document.redo, ["Ctrl+Shift+Z", "Ctrl+Y"])
        add("edit.delete", tr("Edit"), tr("Delete in this frame"), self._delete, ["Del"],
            tr("Take the selected tracks out of this frame, or delete the selected ignore region"))
        add("edit.palette", tr("Edit"), tr("Search actions…"), self._show_palette, ["Ctrl+K"])
        self.prompting = Prompting(document, self.canvas, self.controller, self.timeline, self.jobs, self.actions_,
                                   self)
        add("tool.draw", tr("Track"), tr("New object by hand"), lambda: self.canvas.set_tool(Tool.DRAW), ["Alt+N"],
            tr("Draw the box of a new object in this frame; no model is asked"))
        self.regions.add_actions(self.actions_)
        self.labels.add_actions(self.actions_)
        self.jobs.add_actions()
        Moving(document, self.player, self.timeline, self.actions_)
        self.view = ViewActions(self.canvas, self.controller, self.timeline, self.log_dock, self.actions_,
                                self._settings)

    def _add_tools(self) -> None:
        """What has a module of its own and brings its own actions."""
        document, player, actions, settings = self.document, self.player, self.actions_, self._settings
        self.transport = Transport(document, player, actions, settings, self.canvas, self)
        self.keyframes = Keyframes(document, player, self.timeline, actions)
        self.clipboard = BoxClipboard(document, actions)
        self.identity.add_actions(actions, self.table, self.labels)
        self.review.add_actions(actions)
        self.uncovering = Uncovering(document, self.identity.desk, self.offers, self)
        self.uncovering.rerun_wanted.connect(lambda batches: self.prompting.prompts.follow(*batches))
        self.review.prompt_wanted.connect(self.prompting.prompts.prompt_wanted)
        self.nudge = Nudge(document, self.canvas, self.controller, actions)
        self.picture = PictureControls(self.canvas, self.controller, actions, settings, self)
        self.filter = FilterControls(document, self.controller, actions, self)
        self.lane_order = LaneOrder(document, self.timeline, actions, settings)
        self.evaluation = EvaluateController(document, player, self.canvas, actions, settings, self)
        self.panels = Panels(self, actions)
        self.help = HelpMenu(actions, self)
        self.help.demo_asked.connect(self.open_demo)
        self.help.failed.connect(self.show_error)
        self.effort = EffortRecorder(document, actions, settings, self)
        self.first_minute = FirstMinute(document, player, self.canvas, actions, settings)
        self._welcome.opened.connect(self.open_path)

    def _fill_menus(self) -> None:
        self.menus = Menus(self, self.actions_, self.opening)
        self.buttons = MovingButtons(self.player, self.actions_, self)
        bar = self._middle.bar
        self.buttons.add_to(bar)
        bar.addSpacing(8)
        bar.addWidget(self.projects.chooser)
        self.transport.add_to(bar)
        bar.addStretch(1)
        for widget in (self._objects, self.filter.button, self.picture.button):
            bar.addWidget(widget)

    def _connect(self) -> None:
        document = self.document
        document.opened.connect(self._update)
        document.video_changed.connect(self._update)
        document.frame_changed.connect(self._update_position)
        document.changed.connect(self._update_position)
        document.changed.connect(self._update_history)
        document.failed.connect(self.show_error)
        self.controller.missing.connect(self.show_error)
        self.timeline.track_clicked.connect(self.controller.select_clicked)
        self.canvas.tool_changed.connect(self._on_tool)
        self.labels.attribute_wanted.connect(self.inspector.focus_attribute)
        self.worker.started.connect(lambda _title: self._update())
        self.worker.finished.connect(self._on_job_finished)
        self.worker.interlude_finished.connect(lambda *_: self.review.refresh())
        self.worker.interlude_finished.connect(lambda *_: self._close_if_asked())
        self.exports.worker.ended.connect(self._close_if_asked)
        for controller in (self.jobs, self.imports, self.exports, self.projects, self.evaluation, self.effort,
                           self.identity, self.review, self.prompting.prompts):
            controller.told.connect(self.show_error)
        self.opening.failed.connect(self.show_error)
        self.opening.warned.connect(lambda warning: self.statusBar().showMessage(warning, 10000))
        self.opening.labels_dropped.connect(self.imports.ask)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    # What is open

    def open_path(self, path: Path) -> bool:
        """Open a project, or a video into a project beside it. Errors are shown. Returns whether it is open."""
        return self.opening.open(path)

    def open_demo(self) -> None:
        """Open the demo, made anew where there is none yet."""
        self.opening.open_demo()

    # Jobs

    def start_job(self, dialog: JobDialog) -> None:
        """Run what the dialog says."""
        self.jobs.start(None if dialog.choice is None else dialog.choice.settings)

    def warm_up(self) -> None:
        """Load what jobs need while nobody waits for it."""
        self.jobs.warm_up()

    def _on_job_finished(self, _status: str, _message: str) -> None:
        self._update()
        self.review.refresh()
        self._close_if_asked()

    def _close_if_asked(self) -> None:
        if self._closing:
            self.close()

    # What is shown

    def show_error(self, message: str) -> None:
        """One line in the status bar, where it disturbs nobody; the whole of it as a tooltip."""
        self.statusBar().showMessage(message, 15000)
        self.statusBar().setToolTip(message)

    def _update(self) -> None:
        path, video = self.document.path, self.document.video
        self._middle.show_canvas(video is not None)
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

    def _on_tool(self, tool: Tool) -> None:
        if tool is Tool.DRAW:
            self.statusBar().showMessage(self.tr("Draw the box of a new object; Esc ends"))
        elif tool is Tool.PROMPT:
            self.statusBar().showMessage(self.tr(
                "Drag a box around an object; click adds a point, Alt-click takes away; Enter follows it; Esc ends"))
        elif tool is Tool.IGNORE:
            self.statusBar().showMessage(self.tr(
                "Drag a rectangle, or click corners and press Enter: what is inside will not count; Esc ends"))
        else:
            self.statusBar().clearMessage()

    # Editing

    def _delete(self) -> None:
        if not self.regions.delete_selected():
            self.identity.delete_here()

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
        self.opening.open_dropped(paths)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self.worker.writing or self.exports.worker.busy:
            event.ignore()
            self._ask_to_stop()
            return
        self.player.pause()
        self.evaluation.close()
        self.effort.close()
        self.lane_order.close()
        self.review.close()
        self.uncovering.close()
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("state", self.saveState())
        self._settings.setValue("splitter", self._middle.saveState())
        self.document.close()
        self.reading.close()
        self.controller.close()
        self.prompting.close()
        self.jobs.close()
        self.worker.close()
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
        self.prompting.prompts.following.cancel()
        self.exports.worker.cancel()

    def _restore(self) -> None:
        for key, restore in (("geometry", self.restoreGeometry), ("state", self.restoreState),
                             ("splitter", self._middle.restoreState)):
            stored = self._settings.value(key)
            if stored is not None:
                restore(stored)

