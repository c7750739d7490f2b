"""Prompts that are being followed: one batch at a time, as interludes of the engine; and what came of each."""

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
    """What becomes of a proposal as soon as it is there."""

    ACCEPT = auto()
    DROP = auto()


class Following(QObject):
    """Which batches wait, which is followed, and from which batch a proposal was made."""

    changed = Signal()
    """Anything of what there is."""
    ended = Signal(Batch)
    """A Batch that is followed no further."""
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

    # What there is

    @property
    def batches(self) -> Sequence[Batch]:
        """What is followed next."""
        return self._batches

    @property
    def running(self) -> Batch | None:
        """What is being followed."""
        return self._running

    @property
    def progress(self) -> PromptProgress | None:
        """Of what is being followed; None before its first frame."""
        return self._progress

    @property
    def verdict(self) -> Verdict | None:
        """What becomes of it when it is done, if that is decided."""
        return self._verdict

    def made_from(self, run: Run) -> Batch | None:
        """What a proposal was made from; None where that was not in this window."""
        return self._made.get(run.id)

    def changeable(self) -> Batch | None:
        """The batch of what is followed or else proposed, if it may be followed otherwise."""
        run = self.proposals.present
        batch = self._running if self._running is not None else None if run is None else self.made_from(run)
        fixed = batch is None or len(batch.requests) > 1 or batch.requests[0].mask is not None
        return None if fixed or self._verdict is not None else batch

    def found(self, frame: int) -> list[TrackedObject]:
        """What is seen so far in a frame of what is followed, or else what the proposal shows."""
        session, video = self._document.session, self._document.video
        if self._running is None:
            return self.proposals.objects(frame)
        if self._progress is None or session is None or video is None or video.id != self._video:
            return []
        return session.store.run_objects(self._progress.run, frame)

    # What is to be done

    def follow(self, *batches: Batch) -> None:
        """Follow these, one after another, after what is being followed already."""
        self._batches.extend(batches)
        self._next()
        self.changed.emit()

    def change(self, change: Callable[[Batch], Batch]) -> Batch | None:
        """Follow anew, otherwise, what is followed or proposed. Returns how; None where that cannot be."""
        batch, run = self.changeable(), self.proposals.present
        if batch is None:
            return None
        otherwise = change(batch)
        if self._running is not None:
            self._batches.appendleft(otherwise)
            self.drop()
        elif run is not None and self.proposals.drop(run):
            self._batches.appendleft(otherwise)
            self._next()
        self.changed.emit()
        return otherwise

    def accept_when_done(self) -> None:
        """Accept what comes of it, unless it is stopped before."""
        self._verdict = self._verdict or Verdict.ACCEPT
        self.changed.emit()

    def stop(self) -> None:
        """Follow no further; what was found becomes a shorter proposal."""
        self._engine.worker.cancel_interlude()

    def drop(self) -> None:
        """Follow no further and drop what was found."""
        self._verdict = Verdict.DROP
        self.stop()
        self.changed.emit()

    def cancel(self) -> None:
        """Follow nothing more; what was found stays a proposal."""
        self._batches.clear()
        self.stop()

    def close(self) -> None:
        """End what runs aside."""
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
        self._engine.follow(self.tr("Following"), session, video, batch.requests,
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
