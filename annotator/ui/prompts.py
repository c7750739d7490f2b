"""Prompts in the window: a person points, the mask is there at once, and what was followed waits to be accepted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto

from PySide6.QtCore import QObject, QPointF, QTimer, Signal

from annotator.jobs.barriers import Direction
from annotator.jobs.prompt import PromptProgress, PromptRequest
from annotator.model.track import Run
from annotator.ui.canvas import Box, Canvas, Tool
from annotator.ui.canvas_controller import CanvasController
from annotator.ui.document import Document
from annotator.ui.prompt_draft import Batch, Draft
from annotator.ui.prompt_engine import Answer, PromptEngine
from annotator.ui.proposals import Proposals
from annotator.ui.segmenter_choice import Choice

#: Milliseconds that a frame is looked at before it is encoded ahead.
_REST = 250


class Verdict(Enum):
    """What becomes of a proposal as soon as it is there."""

    ACCEPT = auto()
    DROP = auto()


class PromptController(QObject):
    """What was pointed at (the draft), what waits to be followed, what is being followed, and what came of it.

    A box drawn with Ctrl is followed at once, either way. With the tool more can be said first: points, a direction,
    further objects for one batch. The document's one selected track is the prompt's, unless a new object is asked for.
    """

    changed = Signal()
    """Anything of what there is."""
    told = Signal(str)

    def __init__(self, document: Document, canvas: Canvas, controller: CanvasController, engine: PromptEngine,
                 choice: Callable[[], Choice]) -> None:
        """``choice``: which segmentor prompts are asked of."""
        super().__init__(canvas)
        self._document, self._canvas, self._controller, self._engine = document, canvas, controller, engine
        self._choice = choice
        self.proposals = Proposals(document, self)
        self._draft: Draft | None = None
        self._committed = False
        self._answer: Answer | None = None
        self._within_track = False
        self._in_range = True
        self._label: str | None = None
        self._queue: list[PromptRequest] = []
        self._batches: deque[Batch] = deque()
        self._running: Batch | None = None
        self._progress: PromptProgress | None = None
        self._verdict: Verdict | None = None
        self._made: dict[int, Batch] = {}
        self._used = False
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._look_ahead)
        self._connect()

    def _connect(self) -> None:
        document, canvas, worker = self._document, self._canvas, self._engine.worker
        canvas.prompt_began.connect(self._look)
        canvas.prompt_drawn.connect(self._on_drawn)
        canvas.prompt_pointed.connect(self._on_pointed)
        canvas.tool_changed.connect(self._on_tool)
        document.video_changed.connect(self._on_video)
        document.range_changed.connect(self.changed)
        self._controller.exact.connect(self._on_exact)
        worker.interlude_progressed.connect(self._on_progress)
        worker.interlude_finished.connect(self._on_followed)
        self.proposals.changed.connect(self.changed)

    # What others ask for

    def prompt_wanted(self, frame: int, box_xyxy: Box, track: int | None = None) -> None:
        """Go to a frame and follow what lies in a box (pixels), as a new object or as a track (id)."""
        self._document.go_to(frame)
        self._begin(Draft(frame, box_xyxy, track=track, label=None if track is not None else self._label))
        self._commit()

    def follow(self, *batches: Sequence[PromptRequest]) -> None:
        """Follow these requests, each batch as a proposal of its own, after what is being followed already."""
        self._batches.extend(Batch(tuple(requests)) for requests in batches if requests)
        self._follow_next()

    # What there is

    @property
    def draft(self) -> Draft | None:
        """What is pointed at and not followed yet."""
        return None if self._committed else self._draft

    @property
    def drawn(self) -> Draft | None:
        """What was pointed at last, until something is found of it."""
        return self._draft

    @property
    def answer(self) -> Answer | None:
        """The mask of what is drawn."""
        return self._answer

    @property
    def queued(self) -> Sequence[PromptRequest]:
        """Prompts that wait to be followed together."""
        return self._queue

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

    @property
    def within_track(self) -> bool:
        """Whether prompts of a track stay within its frames."""
        return self._within_track

    @property
    def in_range(self) -> bool:
        """Whether prompts stay in the selected range, where they lie in it."""
        return self._in_range

    def made_by(self, run: Run) -> Batch | None:
        """What a proposal was made from; None where that was not in this window."""
        return self._made.get(run.id)

    def range_allowed(self, frame: int) -> bool:
        """Whether a range is selected that holds the frame."""
        chosen = self._document.range
        return chosen is not None and chosen[0] <= frame <= chosen[1]

    # Pointing

    def _begin(self, draft: Draft) -> None:
        self._draft, self._committed, self._answer = draft, False, None
        self._ask()
        self.changed.emit()

    def _on_drawn(self, box: Box, careful: bool) -> None:
        track = self._selected()
        direction = self._draft.direction if careful and self.draft is not None and self._draft else Direction.BOTH
        self._begin(Draft(self._document.frame, box, track=track, label=self._label if track is None else None,
                          direction=direction))
        if not careful and not self._queue:
            self._commit()

    def _on_pointed(self, point: QPointF, positive: bool) -> None:
        draft = self.draft
        if draft is not None and draft.frame != self._document.frame:
            self.told.emit(self.tr("The prompt is in frame {0}: go there to add points, or draw a new box").format(
                draft.frame))
            return
        if draft is None:
            track = self._selected()
            draft = Draft(self._document.frame, track=track, label=self._label if track is None else None)
        self._draft, self._committed = draft.with_point(point.x(), point.y(), positive), False
        self._ask()
        self.changed.emit()

    def _selected(self) -> int | None:
        chosen = self._document.selection
        return next(iter(chosen)) if len(chosen) == 1 else None

    def _ask(self) -> None:
        """Ask for the draft's mask; while its picture is not decoded, that waits."""
        video, frame, draft = self._document.video, self._controller.present_frame(), self._draft
        if video is None or draft is None or frame is None or frame.index != draft.frame:
            return
        self._used = True
        self._engine.ask(video, frame, draft.prompt(), self._choice(), lambda answer: self._on_answer(draft, answer),
                         self._on_failed)

    def _on_answer(self, draft: Draft, answer: Answer) -> None:
        if self._draft is not None and self._draft.prompt() == draft.prompt():
            self._answer = answer
            self.changed.emit()

    def _on_failed(self, message: str) -> None:
        self.told.emit(message)
        if self.draft is not None:
            self._forget_draft()

    def _forget_draft(self) -> None:
        self._draft, self._answer, self._committed = None, None, False
        self.changed.emit()

    # Encoding ahead

    def _look(self, *_: object) -> None:
        """Have the present frame encoded: somebody begins to draw."""
        video, frame = self._document.video, self._controller.present_frame()
        if video is not None and frame is not None:
            self._engine.look(video, frame, self._choice(), lambda _message: None)

    def _look_ahead(self) -> None:
        """After a rest, where prompts are in use and no job would be held up."""
        if self._canvas.tool is Tool.PROMPT or (self._used and not self._engine.worker.writing):
            self._look()

    def _on_exact(self, _frame: int) -> None:
        self._rest.start()
        if self._draft is not None and self._answer is None:
            self._ask()

    def _on_tool(self, tool: Tool) -> None:
        if tool is Tool.PROMPT:
            self._look()
        elif self.draft is not None:
            self._forget_draft()

    # Choosing

    def use_direction(self, direction: Direction) -> None:
        """Carry it this way only, both ways again where it was this way already."""
        if self.draft is not None:
            self._change_draft(self.draft.turned(direction))
        else:
            self._change_batch(lambda batch: batch.turned(direction))

    def set_direction(self, direction: Direction) -> None:
        """Carry it this way."""
        if self.draft is not None:
            self._change_draft(replace(self.draft, direction=direction))
        else:
            self._change_batch(lambda batch: replace(batch, requests=tuple(
                replace(request, direction=direction) for request in batch.requests)))

    def set_label(self, label: str) -> None:
        """The class of new objects, from now on too."""
        self._label = label
        if self.draft is not None:
            self._change_draft(replace(self.draft, label=label))

    def set_within_track(self, within: bool) -> None:
        self._within_track = within
        if self.draft is None:
            self._change_batch(lambda batch: replace(batch, within_track=within))
        self.changed.emit()

    def set_in_range(self, inside: bool) -> None:
        self._in_range = inside
        if self.draft is None:
            self._change_batch(lambda batch: replace(batch, chosen=self._document.range if inside else None))
        self.changed.emit()

    def as_new(self) -> None:
        """A new object is meant, not the selected track."""
        if self.draft is not None:
            self._change_draft(replace(self.draft, track=None, label=self._label))
        else:
            self._change_batch(Batch.as_new)

    def _change_draft(self, draft: Draft) -> None:
        self._draft = draft
        self.changed.emit()

    def _change_batch(self, change: Callable[[Batch], Batch]) -> None:
        """Follow anew, otherwise, what is followed or proposed."""
        run = self.proposals.present
        if self._running is not None:
            self._batches.appendleft(change(self._running))
            self._retarget(self._batches[0])
            self._verdict = Verdict.DROP
            self._engine.worker.cancel_interlude()
        elif run is not None and run.id in self._made:
            batch = change(self._made[run.id])
            if self.proposals.drop(run):
                self._batches.appendleft(batch)
                self._retarget(batch)
                self._follow_next()
        self.changed.emit()

    def _retarget(self, batch: Batch) -> None:
        """The draft that is still drawn belongs to what its batch now says."""
        if self._draft is not None and self._committed and len(batch.requests) == 1:
            self._draft = replace(self._draft, track=batch.requests[0].track)

    # Following

    def _commit(self) -> None:
        draft = self.draft
        requests = [*self._queue, *([] if draft is None else [draft.request()])]
        if not requests:
            return
        self._queue.clear()
        self._committed = True
        frames = [request.frame for request in requests]
        inside = self._in_range and all(map(self.range_allowed, frames))
        has_track = any(request.track is not None for request in requests)
        self._batches.append(Batch(tuple(requests), self._within_track and has_track,
                                   self._document.range if inside else None))
        self._follow_next()
        self.changed.emit()

    def _follow_next(self) -> None:
        session, video = self._document.session, self._document.video
        if self._running is not None or self._engine.worker.in_interlude or not self._batches:
            return
        if session is None or video is None or not self._document.writable:
            self._batches.clear()
            return
        batch = self._batches.popleft()
        self._running, self._progress, self._verdict, self._used = batch, None, None, True
        choice = self._choice()
        settings = batch.settings(choice.segmenter, choice.device)
        self._engine.follow(self.tr("Following"), session, video, batch.requests, settings)
        self.changed.emit()

    def _on_progress(self, progress: PromptProgress) -> None:
        self._progress = progress
        self.changed.emit()

    def _on_followed(self, status: str, message: str) -> None:
        batch, progress, verdict = self._running, self._progress, self._verdict
        self._running = self._progress = self._verdict = None
        if message:
            self.told.emit(message)
        if self._committed:
            self._draft, self._answer, self._committed = None, None, False
        if progress is not None and batch is not None:
            self._made[progress.run] = batch
        self.proposals.refresh()
        run = self.proposals.present
        if progress is not None and run is not None and run.id == progress.run:
            if verdict is Verdict.DROP:
                self.proposals.drop(run)
            elif verdict is Verdict.ACCEPT and status == "finished":
                self.proposals.accept(run)
        self._follow_next()
        self.changed.emit()

    # Deciding

    def accept(self) -> None:
        """The next step: follow what was pointed at, accept what was found, now or when it is done."""
        run = self.proposals.present
        if self.draft is not None:
            self._commit()
        elif self._running is not None:
            self._verdict = self._verdict or Verdict.ACCEPT
            self.changed.emit()
        elif run is not None:
            self.proposals.accept(run)
        else:
            self._commit()

    def drop(self) -> None:
        """Take back the last of: what is being drawn, what was pointed at, what is followed, proposed, queued."""
        run = self.proposals.present
        if self._canvas.cancel_gesture():
            return
        if self._canvas.tool not in (Tool.SELECT, Tool.PROMPT):
            self._canvas.set_tool(Tool.SELECT)
        elif self.draft is not None:
            self._forget_draft()
        elif self._running is not None:
            self._verdict = Verdict.DROP
            self._engine.worker.cancel_interlude()
            self.changed.emit()
        elif run is not None:
            self.proposals.drop(run)
        else:
            self._queue.clear()
            self.changed.emit()

    def stop(self) -> None:
        """Follow no further; what was found becomes a shorter proposal."""
        self._engine.worker.cancel_interlude()

    def queue(self) -> None:
        """Keep what was pointed at for a batch."""
        if self.draft is not None:
            self._queue.append(self.draft.request())
            self._forget_draft()

    # The document

    def _on_video(self) -> None:
        self._draft, self._answer, self._committed = None, None, False
        self._queue.clear()
        self._batches.clear()
        self._made.clear()
        self.changed.emit()

    def close(self) -> None:
        """End what runs aside."""
        self._rest.stop()
        self.proposals.close()
