"""The offer to rerun the frames in which a deleted track hid other objects."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from annotator.jobs.prompts import uncover
from annotator.jobs.prompts.propagate import PromptRequest
from annotator.jobs.prompts.uncover import Uncovered
from annotator.model.cancel import CancelToken
from annotator.model.changes import Changes
from annotator.ui.document.document import Document
from annotator.ui.edits.controller import EditController
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.offer_bar import OfferBar

_TOPIC = "uncover"
#: Maximum seconds for which a deletion waits for a snapshot of the state before it.
_PATIENCE = 1.0

Batches = Sequence[Sequence[PromptRequest]]


class RerunOffer(QObject):
    """Searches a snapshot of the state before the deletion on a thread, so that the deletion need not wait."""

    rerun_wanted = Signal(object)
    """Batches of prompts, each for one call of `annotator.jobs.prompts.propagate.start`."""

    def __init__(self, document: Document, edits: EditController, offers: OfferBar, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._offers = document, offers
        self._worker = TaskWorker(self, "uncover")
        self._deleted: tuple[int, ...] = ()
        edits.deleting.connect(self._on_deleting)
        self._worker.finished.connect(self._on_found)
        document.video_changed.connect(self._withdraw)
        document.changed.connect(self._on_changes)

    def close(self) -> None:
        """Wait for a running search."""
        self._worker.close()

    def _on_deleting(self, tracks: tuple[int, ...]) -> None:
        session, video = self._document.session, self._document.video
        self._withdraw()
        if session is None or video is None or self._worker.busy:
            return
        store, taken = session.store, threading.Event()

        def search(_progress: Progress, _cancel: CancelToken) -> object:
            try:
                with store.read_snapshot() as reader:
                    taken.set()
                    return tracks, uncover.uncovered(reader, video, *tracks)
            finally:
                taken.set()

        self._deleted = tracks
        self._worker.start("", search)
        taken.wait(_PATIENCE)

    def _on_found(self, answer: tuple[tuple[int, ...], Uncovered]) -> None:
        tracks, found = answer
        if tracks != self._deleted or not found.frames or self._document.tracks().keys() & set(tracks):
            return
        text = self.tr("The deleted track hid %n other tracks.", "", found.neighbours)
        button = self.tr("Rerun %n frames", "", found.frames)
        self._offers.offer(_TOPIC, text, button, partial(self._take, found.batches))

    def _take(self, batches: Batches) -> None:
        self._withdraw()
        self.rerun_wanted.emit(batches)

    def _withdraw(self) -> None:
        self._deleted = ()
        self._offers.withdraw(_TOPIC)

    def _on_changes(self, _changes: Changes) -> None:
        if self._deleted and self._document.tracks().keys() & set(self._deleted):  # undone
            self._withdraw()

