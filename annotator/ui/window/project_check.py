"""Check a project that was not closed properly, on a thread, while it is shown and can be used."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from annotator.errors import UserError
from annotator.model.cancel import CancelToken
from annotator.storage.file.integrity import Examination
from annotator.storage.store import Store
from annotator.ui.document.document import Document
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.report_dialog import Report, show_report


class ProjectCheck(QObject):
    """Reports what it finds. A damaged project is opened again read-only; one whose check did not end is checked at its
    next opening."""

    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, document: Document, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._window = document, window
        self._path = Path()
        self.worker = TaskWorker(self, "project check")
        self.worker.finished.connect(self._on_finished)
        self.worker.failed.connect(lambda text: self.message.emit(Message.failed(text)))
        self.worker.cancelled.connect(self._on_cancelled)
        document.shown.connect(self._on_shown)
        document.closing.connect(self.worker.close)

    def close(self) -> None:
        """Cancel the check and wait for its end."""
        self.worker.close()

    def _on_shown(self) -> None:
        session = self._document.session
        if session is None or not session.store.unchecked:
            return
        store = session.store
        self._path = store.path

        def check(progress: Progress, cancel: CancelToken) -> Examination:
            with store.read_snapshot() as reader:
                return reader.examine(progress, cancel)

        self.worker.start(self.tr("Checking {0}, which was not closed properly").format(store.path.name), check)

    def _on_finished(self, found: Examination) -> None:
        store = self._store()
        if store is None:
            return
        if found.problems:
            self._report(store, found)
            return
        store.confirm_whole()
        self.message.emit(Message.done(
            self.tr("{0} was not closed properly; nothing in it is damaged").format(self._path.name)))

    def _on_cancelled(self) -> None:
        self.message.emit(Message.refused(
            self.tr("The check of {0} was cancelled; it is repeated when the project is opened again").format(
                self._path.name)))

    def _store(self) -> Store | None:
        """The store that was checked, unless another project was opened since."""
        session = self._document.session
        return None if session is None or session.store.path != self._path else session.store

    def _report(self, store: Store, found: Examination) -> None:
        path = store.path
        try:
            self._document.open(path, read_only=True)
            state = self.tr("It is open read-only now, to export what is whole. Restore a backup copy to go on.")
        except UserError as error:
            state = self.tr("It could not be opened read-only ({0}). Restore a backup copy.").format(error)
        show_report(Report(self.tr("{0} is damaged").format(path.name), f"{found.whole}. {state}",
                           [(self.tr("File"), str(path))], found.problems), self._window)
