"""A task that runs in parallel with the engine's job, in the status bar: its progress, and a button to cancel it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from annotator.ui.threads.tasks import TaskWorker
from annotator.ui.widgets.plain_text import Label


class TaskBar(QWidget):
    """Title, progress and a Cancel button; hidden while no task runs."""

    def __init__(self, worker: TaskWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self.title = Label(self)
        self.bar = QProgressBar(self, textVisible=False)
        self.bar.setFixedSize(80, 12)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(8)
        for widget in (self.title, self.bar, self.cancel):
            layout.addWidget(widget)
        self.cancel.clicked.connect(self._on_cancel)
        worker.started.connect(self._on_started)
        worker.progressed.connect(self._on_progress)
        worker.ended.connect(self.hide)
        self.hide()

    def _on_started(self, title: str) -> None:
        self.title.setText(title)
        self.bar.setRange(0, 0)
        self.cancel.setEnabled(True)
        self.show()

    def _on_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._worker.cancel()

    def _on_progress(self, done: int, total: int) -> None:
        if done >= total:
            # The remaining work, such as reading the files back, reports no progress.
            self.bar.setRange(0, 0)
            return
        self.bar.setRange(0, 1000)
        self.bar.setValue(1000 * done // total)
