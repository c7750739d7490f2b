"""The evaluation feature: selects the ground truth, scores on a thread, and goes to errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QRectF, QSettings
from PySide6.QtWidgets import QDockWidget, QFileDialog, QMainWindow

from annotator.jobs.project_scores import ProjectScores, score_project
from annotator.jobs.tracking.nearby_files import nearby_ground_truth
from annotator.model.cancel import CancelToken
from annotator.model.changes import ChangeKind, Changes
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.evaluation.layer import MissedBox
from annotator.ui.evaluation.models import ErrorKind, ErrorRow
from annotator.ui.evaluation.panel import EvaluatePanel
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.message import Message, Severity
from annotator.ui.widgets.project_key import project_key

_GROUND_TRUTH = "evaluate/ground-truth"
#: Changes that make scores out of date.
_AFFECTING_SCORES = ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.MARKS | ChangeKind.OBSERVATIONS | ChangeKind.RUNS


class EvaluationFeature(Feature):
    """Scores a snapshot with its own connection, so that edits and jobs can continue. Their changes mark the scores as
    out of date; they are computed again only on request."""

    def __init__(self, document: Document, player: Player, canvas: Canvas, settings: QSettings, window: QMainWindow,
                 ) -> None:
        super().__init__(window)
        self._document, self._player, self._canvas, self._settings = document, player, canvas, settings
        self._window = window
        self._unlisten: Callable[[], None] = lambda: None
        self._edits = self._scored_edits = 0
        self._scored = False
        self.worker = TaskWorker(self)
        self.panel = EvaluatePanel(self.worker, window)
        self.dock = self._make_dock()
        self.missed = MissedBox()
        canvas.add_layer(self.missed, above=True)
        panel, worker = self.panel, self.worker
        panel.path_typed.connect(self._take_path)
        panel.file_wanted.connect(self._choose_file)
        panel.folder_wanted.connect(self._choose_folder)
        panel.evaluation_wanted.connect(self.evaluate)
        panel.error_chosen.connect(self._show_error)
        panel.track_chosen.connect(self._show_track)
        document.opened.connect(self._on_opened)
        document.video_changed.connect(self._on_video)
        for signal in (document.frame_changed, document.video_changed, document.changed):
            signal.connect(lambda *_: self.missed.set_rect(None))
        worker.started.connect(lambda _title: self.update())
        worker.ended.connect(self.update)
        worker.finished.connect(self._on_finished)
        worker.failed.connect(self._on_failed)
        worker.cancelled.connect(lambda: self._report(Message.done(self.tr("The evaluation was cancelled"))))
        self._on_opened()

    def add_actions(self, actions: Actions) -> None:
        actions.add("run.evaluate", self.tr("Run"), self.tr("Evaluate against ground truth"), self.evaluate,
                    ["Ctrl+Shift+V"], self.tr("Show HOTA, IDF1, MOTA and the errors, before and after correction"),
                    needs=Needs.VIDEO, when=lambda: not self.worker.busy, group="scores")
        self.worker.started.connect(actions.refresh)
        self.worker.ended.connect(actions.refresh)

    def _make_dock(self) -> QDockWidget:
        dock = QDockWidget(self.tr("Evaluation"), self._window)
        dock.setObjectName("evaluation")
        dock.setWidget(self.panel)
        return dock

    # The ground truth

    @property
    def ground_truth(self) -> Path | None:
        """The ground truth that this project was scored against last, else the one beside the video's pictures."""
        key, session, video = self._key(), self._document.session, self._document.video
        stored = None if key is None else self._settings.value(key)
        if stored:
            return Path(str(stored))
        return None if session is None or video is None else nearby_ground_truth(session.store.allowed_path(video))

    def set_ground_truth(self, path: Path) -> None:
        """Set the ground truth of this project."""
        key = self._key()
        if key is not None:
            self._settings.setValue(key, str(path))
            self.panel.show_ground_truth(path)
            self.update()

    def _key(self) -> str | None:
        path = self._document.path
        return None if path is None else project_key(_GROUND_TRUTH, path)

    def _take_path(self, text: str) -> None:
        """Use a typed path; an empty one returns to the ground truth next to the video's images, if there is any."""
        key = self._key()
        if text:
            self.set_ground_truth(Path(text).expanduser().absolute())
        elif key is not None:
            self._settings.remove(key)
            self.panel.show_ground_truth(self.ground_truth)
            self.update()

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Ground truth"), self._start(),
                                              self.tr("MOTChallenge (*.txt);;All files (*)"))
        if name:
            self.set_ground_truth(Path(name))
            self.evaluate()

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self._window, self.tr("Ground truth"), self._start())
        if name:
            self.set_ground_truth(Path(name))
            self.evaluate()

    def _start(self) -> str:
        known, project = self.ground_truth, self._document.path
        return str(known or (Path() if project is None else project.parent))

    # Scoring

    def evaluate(self) -> None:
        """Show the panel and score. Without a ground truth, ask for one in the panel."""
        self.dock.show()
        self.dock.raise_()
        session, video, gt = self._document.session, self._document.video, self.ground_truth
        if session is None or video is None or self.worker.busy:
            return
        if gt is None:
            self._report(Message.refused(self.tr("Select the ground truth first: a gt.txt file, or its folder"),
                                       lambda: self.ground_truth is None))
            return
        videos = self._document.videos() if self._all_videos() else [video]
        store = session.store
        self._scored_edits = self._edits

        def task(progress: Progress, cancel: CancelToken) -> ProjectScores:
            with store.read_snapshot() as reader:
                return score_project(reader, videos, gt, progress=progress, cancel=cancel)

        self.panel.say("")
        self.worker.start(self.tr("Evaluating"), task)

    def close(self) -> None:
        """Cancel a running evaluation and wait until the current video is scored."""
        self._unlisten()
        self._unlisten = lambda: None
        self.worker.close()

    def update(self) -> None:
        free = self._document.video is not None and not self.worker.busy
        self.panel.evaluate.setEnabled(free and self.ground_truth is not None)
        for widget in (self.panel.path, self.panel.file, self.panel.folder):
            widget.setEnabled(free)
        self.panel.all_videos.setVisible(self._document.video_count() > 1)

    def _all_videos(self) -> bool:
        return not self.panel.all_videos.isHidden() and self.panel.all_videos.isChecked()

    def _on_finished(self, scores: ProjectScores) -> None:
        if self._scored_edits < 0:
            return  # another project was opened in the meantime
        self._scored = True
        self.panel.show_scores(scores)
        self.panel.say(self.tr("No scores before correction: {0}").format(scores.no_before) if scores.no_before else "")
        self._report_if_stale()

    def _on_failed(self, message: str) -> None:
        if self._scored_edits >= 0:
            self._report(Message.failed(message))

    def _report(self, message: Message) -> None:
        self.panel.say(message.text, message.severity in (Severity.REFUSED, Severity.FAILED))
        self.message.emit(message)

    def _report_if_stale(self) -> None:
        if self._scored and self._edits != self._scored_edits and not self.worker.busy:
            self.panel.say(self.tr("Out of date: the tracks have changed since"), warning=True)

    # Changes of the project

    def _on_opened(self) -> None:
        self._unlisten()
        self._unlisten = lambda: None
        session = self._document.session
        if session is not None:
            self._unlisten = session.listen(self._on_changes)
        self._edits, self._scored_edits, self._scored = 0, -1, False
        self.worker.cancel()
        self.panel.show_scores(None)
        self.panel.show_ground_truth(self.ground_truth)
        self.panel.say("")
        self.update()

    def _on_video(self) -> None:
        self.panel.show_ground_truth(self.ground_truth)
        self.update()

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & _AFFECTING_SCORES:
            self._edits += 1
            self._report_if_stale()

    # Navigation

    def _show_error(self, row: ErrorRow) -> None:
        self._go_to(row.video, row.frame)
        self._document.select(self._ids(row.numbers))
        self.missed.set_rect(None)
        if row.box_xyxy is not None:
            x0, y0, x1, y1 = row.box_xyxy
            rect = QRectF(x0, y0, x1 - x0, y1 - y0)
            self._canvas.show_rect(rect)
            self.missed.set_rect(rect if row.kind is ErrorKind.MISS else None)

    def _show_track(self, video: str, number: int) -> None:
        self._go_to(video, None)
        self._document.select(self._ids((number,)))

    def _go_to(self, video: str, frame: int | None) -> None:
        current = self._document.video
        if current is None or current.name != video:
            self._document.set_video(next((each for each in self._document.videos() if each.name == video), current))
        self._player.pause()
        if frame is not None:
            self._document.go_to(frame)

    def _ids(self, numbers: tuple[int, ...]) -> list[int]:
        """Return the ids of the tracks that still have these numbers."""
        return [track.id for track in self._document.tracks().values() if track.number in numbers]
