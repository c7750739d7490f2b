"""An offer to download missing weights, with their name, size and licence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from annotator.engine.weights.checkpoints import Progress as Bytes
from annotator.engine.weights.checkpoints import Weights
from annotator.engine.weights.download import download
from annotator.model.cancel import CancelToken
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.plain_text import Label

Fetch = Callable[[str, Bytes], Path]


def fetch_published(name: str, progress: Bytes) -> Path:
    """Download weights from their public source, or from the mirror that the environment names."""
    return download(name, progress)


class WeightsOffer(QWidget):
    """Lists missing weights with a download button; hidden if none are missing. Cancelled downloads continue later."""

    fetched = Signal()
    """A download ended, successfully or not: check again what is missing."""

    def __init__(self, worker: TaskWorker, fetch: Fetch = fetch_published, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._worker, self._fetch = worker, fetch
        self._missing: tuple[Weights, ...] = ()
        self.text = Label(self)
        self.text.setWordWrap(True)
        self.button = QPushButton(self.tr("Download"), self)
        self.bar = QProgressBar(self, textVisible=False)
        self.bar.setFixedHeight(12)
        self.bar.hide()
        self.state = Label(self)
        self.state.setWordWrap(True)
        self.state.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        layout.addWidget(self.state)
        self.button.clicked.connect(self._on_click)
        worker.progressed.connect(self._on_progress)
        worker.failed.connect(self._say)
        worker.cancelled.connect(self._on_cancelled)
        worker.ended.connect(self._on_ended)
        self.hide()

    def offer(self, missing: Sequence[Weights]) -> None:
        """Show the missing weights; an empty sequence hides the offer."""
        if self._worker.busy:
            return
        self._missing = tuple(missing)
        self.text.setText("\n".join(
            self.tr("{0} is not installed: {1}, licence {2}").format(weights.name, size_text(weights.size),
                                                                     weights.licence) for weights in missing))
        self.text.setToolTip("\n".join(f"{weights.name}: {weights.good_for}\n{weights.url}" for weights in missing))
        self.setVisible(bool(missing))

    @property
    def missing(self) -> tuple[Weights, ...]:
        return self._missing

    def _on_click(self) -> None:
        if self._worker.busy:
            self.button.setEnabled(False)
            self._worker.cancel()
            self._say(self.tr("stopping"))
            return
        wanted, fetch = self._missing, self._fetch

        def task(progress: Progress, cancel: CancelToken) -> None:
            for weights in wanted:
                fetch(weights.name, progress)
                cancel.raise_if_cancelled()

        self.button.setText(self.tr("Cancel"))
        self.bar.setRange(0, 0)
        self.bar.show()
        self._say(self.tr("connecting"))
        self._worker.start(self.tr("Downloading {0}").format(wanted[0].name), task)

    def _on_progress(self, done: int, total: int) -> None:
        self.bar.setRange(0, 1000 if total else 0)
        self.bar.setValue(1000 * done // max(total, 1))
        self._say(self.tr("{0} of {1}").format(size_text(done), size_text(total or None)))

    def _on_cancelled(self) -> None:
        self._say(self.tr("Stopped; the downloaded part is kept"))

    def _on_ended(self) -> None:
        self.button.setText(self.tr("Download"))
        self.button.setEnabled(True)
        self.bar.hide()
        self.fetched.emit()

    def _say(self, text: str) -> None:
        self.state.setText(text)
        self.state.setVisible(bool(text))


def size_text(size: int | None) -> str:
    """Return a size such as ``156 MB``, or ``size unknown``."""
    if size is None:
        return QCoreApplication.translate("WeightsOffer", "size unknown")
    return f"{size / 1e6:.0f} MB" if size >= 1e7 else f"{size / 1e6:.1f} MB"
