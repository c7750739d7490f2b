"""Propagation of prompts, one batch at a time, as interludes of the engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum, auto

from PySide6.QtCore import QObject, Signal

from annotator.jobs.prompts.propagate import PromptProgress
from annotator.model.frame import TrackedObject
from annotator.model.track import Run
from annotator.ui.document.document import Document
from annotator.ui.jobs.segmenter_choice import Choice
from annotator.ui.prompts.batch import Batch
from annotator.ui.prompts.engine import PromptEngine
from annotator.ui.prompts.proposals import Proposals
from annotator.ui.widgets.message import Message


class Verdict(Enum):
    """Decision about a proposal that is not complete yet."""

    ACCEPT = auto()
    DROP = auto()


class Propagation(QObject):
    """Keeps the waiting batches, the running batch, and the batch behind each proposal."""

    changed = Signal()
    """Any state changed."""
    ended = Signal(Batch)
    """A batch whose propagation ended."""
    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, document: Document, engine: PromptEngine, choice: Callable[[], Choice], parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._engine, self._choice = document, engine, choice
        self.proposals = Proposals(document, self)
        self._batches: deque[Batch] = deque()
        self._running: Batch | None = None
        self._video: int | None = None
        self._progress: PromptProgress | None = None
        self._verdict: Verdict | None = None
        self._made: dict[int, Batch] = {}
        document.video_changed.connect(self._on_video)
        engine.worker.interlude_progressed.connect(self._on_progress)
        engine.worker.interlude_finished.connect(self._on_finished)
        self.proposals.changed.connect(self.changed)

    # State

    @property
    def batches(self) -> Sequence[Batch]:
        """The waiting batches."""
        return self._batches

    @property
    def running(self) -> Batch | None:
        """The batch that is being propagated."""
        return self._running

    @property
    def progress(self) -> PromptProgress | None:
        """Progress of the running batch; None before its first frame."""
        return self._progress

    @property
    def verdict(self) -> Verdict | None:
        """The decision about the running batch, if it is made already."""
        return self._verdict

    def made_from(self, run: Run) -> Batch | None:
        """Return the batch behind a proposal; None if this window did not make it."""
        return self._made.get(run.id)

    def changeable(self) -> Batch | None:
        """Return the batch that is running or proposed, if its options can be changed."""
        run = self.proposals.present
        batch = self._running if self._running is not None else None if run is None else self.made_from(run)
        fixed = batch is None or len(batch.requests) > 1 or batch.requests[0].mask is not None
        return None if fixed or self._verdict is not None else batch

    def found(self, frame: int) -> list[TrackedObject]:
        """Return the objects in a frame that the running batch found so far, or those of the proposal."""
        session, video = self._document.session, self._document.video
        if self._running is None:
            return self.proposals.objects(frame)
        if self._progress is None or session is None or video is None or video.id != self._video:
            return []
        store, run = session.store, self._progress.run
        return self._document.read(lambda: store.run_objects(run, frame), [])

    # Commands

    def propagate(self, *batches: Batch) -> None:
        """Propagate these batches one after another, after those already waiting."""
        self._batches.extend(batches)
        self._next()
        self.changed.emit()

    def change(self, change: Callable[[Batch], Batch]) -> Batch | None:
        """Propagate the current batch again with changes. Returns the new batch; None if it cannot be changed."""
        batch, run = self.changeable(), self.proposals.present
        if batch is None:
            return None
        changed = change(batch)
        if self._running is not None:
            self._batches.appendleft(changed)
            self.drop()
        elif run is not None and self.proposals.drop(run):
            self._batches.appendleft(changed)
            self._next()
        self.changed.emit()
        return changed

    def accept_when_done(self) -> None:
        """Accept the result when it is done, unless it is stopped before."""
        self._verdict = self._verdict or Verdict.ACCEPT
        self.changed.emit()

    def stop(self) -> None:
        """Stop propagating; the frames that are finished become a proposal."""
        self._engine.worker.cancel_interlude()

    def drop(self) -> None:
        """Stop propagating and discard the result."""
        self._verdict = Verdict.DROP
        self.stop()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop propagating and forget the waiting batches; the result stays a proposal."""
        self._batches.clear()
        self.stop()

    def close(self) -> None:
        """Stop the threads of this object."""
        self.proposals.close()

    def _next(self) -> None:
        session, video = self._document.session, self._document.video
        if self._running is not None or self._engine.worker.in_interlude or not self._batches:
            return
        if session is None or video is None or not self._document.writable:
            self._batches.clear()
            return
        batch, choice = self._batches.popleft(), self._choice()
        self._running, self._video, self._progress, self._verdict = batch, video.id, None, None
        self._engine.propagate(self.tr("Propagating"), session, video, batch.requests,
                            batch.settings(choice.segmenter, choice.device))

    def _on_video(self) -> None:
        self._batches.clear()
        self._made.clear()
        self.changed.emit()

    def _on_progress(self, progress: PromptProgress) -> None:
        self._progress = progress
        self.changed.emit()

    def _on_finished(self, status: str, message: str) -> None:
        batch, progress, verdict = self._running, self._progress, self._verdict
        if batch is None:
            return
        self._running = self._progress = self._verdict = None
        if message:
            self.message.emit(Message.failed(message))
        if progress is not None:
            self._made[progress.run] = batch
            self._judge(progress.run, verdict, status)
        self.proposals.refresh()
        self.ended.emit(batch)
        self._next()
        self.changed.emit()

    def _judge(self, run_id: int, verdict: Verdict | None, status: str) -> None:
        session = self._document.session
        if session is None or verdict is None:
            return
        run = session.store.run(run_id)
        if verdict is Verdict.DROP:
            self.proposals.drop(run)
        elif status == "finished":
            self.proposals.accept(run)
