"""The running job in the status bar: progress, speed, remaining time; pause and cancel."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from annotator.engine.runtime.devices import DeviceUse
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.ui.threads.engine_worker import EngineWorker
from annotator.ui.widgets.frame_text import format_duration
from annotator.ui.widgets.plain_text import Label


class JobBar(QWidget):
    """Shows the running job; hidden while none runs."""

    def __init__(self, worker: EngineWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._title = Label(self)
        self._bar = QProgressBar(self, textVisible=False)
        self._bar.setFixedWidth(120)
        self._bar.setFixedHeight(12)
        self._text = Label(self)
        self._device = Label(self)
        self.pause = QPushButton(self.tr("Pause"), self)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(8)
        for widget in (self._title, self._bar, self._text, self._device, self.pause, self.cancel):
            layout.addWidget(widget)
        self.pause.clicked.connect(lambda: worker.set_paused(not worker.paused))
        self.cancel.clicked.connect(self._on_cancel)
        worker.started.connect(self._on_started)
        worker.progressed.connect(self._on_progress)
        worker.paused_changed.connect(lambda on: self.pause.setText(self.tr("Resume") if on else self.tr("Pause")))
        worker.finished.connect(lambda *_: self.hide())
        worker.interlude_started.connect(lambda _title: self._text.setText(self.tr("waiting for a prompt")))
        self.hide()

    def _on_started(self, title: str) -> None:
        self._title.setText(title)
        self._text.setText(self.tr("loading"))
        self._device.clear()
        self._bar.setRange(0, 0)
        self.pause.setText(self.tr("Pause"))
        self.cancel.setEnabled(True)
        self.show()

    def set_device(self, use: DeviceUse) -> None:
        """Show the device and its memory use."""
        self._device.setText(device_text(use))
        self._device.setToolTip(self.tr("Device and memory in use: by all programs on a GPU, by this program in main "
                                        "memory"))

    def _on_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._text.setText(self.tr("stopping after this frame"))
        self._worker.cancel()

    def _on_progress(self, progress: JobProgress) -> None:
        # A bar that stands just below its end would look like a job that hangs.
        self._bar.setRange(0, 0 if progress.finishing else progress.total)
        self._bar.setValue(progress.done)
        # Keep showing that it stops or waits: this progress was sent before.
        if not self.cancel.isEnabled() or self._worker.in_interlude:
            return
        if progress.finishing:
            self._text.setText(self.tr("storing the boxes"))
            return
        left = (progress.total - progress.done) / max(progress.frames_per_second, 1e-9)
        self._text.setText(self.tr("{0} / {1}   {2:.1f} fps   {3} left").format(
            progress.done, progress.total, progress.frames_per_second, format_duration(left)))


def device_text(use: DeviceUse) -> str:
    """Return the device and its memory, such as ``cuda:0 5.1 of 24 GB``."""
    return f"{use.name} {use.used_bytes / 1e9:.1f} of {use.total_bytes / 1e9:.0f} GB"
