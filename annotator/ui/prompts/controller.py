"""Prompts in the window: the user draws a prompt and sees its mask immediately."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QPointF, QTimer, Signal

from annotator.jobs.prompts.limits import Direction
from annotator.jobs.prompts.propagate import PromptRequest
from annotator.model.box import Box
from annotator.ui.canvas.canvas import Canvas, Tool
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.document.document import Document
from annotator.ui.jobs.segmenter_choice import Choice
from annotator.ui.prompts.batch import Batch
from annotator.ui.prompts.engine import Answer, PromptEngine
from annotator.ui.prompts.propagation import Propagation
from annotator.ui.widgets.message import Message

#: Milliseconds for which a frame must be shown before it is encoded ahead.
_REST = 250


class PromptController(QObject):
    """Holds the prompt that is being drawn (the draft) and the prompts to propagate with it (the queue).

    A box drawn with Ctrl is propagated immediately in both directions. With the prompt tool, the user can first add
    points, a direction and more objects for the same batch. A prompt belongs to the selected track if exactly one is
    selected, unless the user asks for a new object.
    """

    changed = Signal()
    """Any state changed, here or in `propagation`."""
    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, document: Document, canvas: Canvas, controller: CanvasController, engine: PromptEngine,
                 choice: Callable[[], Choice]) -> None:
        """``choice`` returns the segmenter to use for prompts."""
        super().__init__(canvas)
        self._document, self._canvas, self._controller, self._engine = document, canvas, controller, engine
        self._choice = choice
        self.propagation = Propagation(document, engine, choice, self)
        self._draft: PromptRequest | None = None
        self._committed = False
        self._answer: Answer | None = None
        self._within_track = False
        self._in_range = True
        self._label: str | None = None
        self._queue: list[PromptRequest] = []
        self._used = False
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._encode_ahead)
        self._connect()

    def _connect(self) -> None:
        document, canvas = self._document, self._canvas
        canvas.prompt_began.connect(self._encode)
        canvas.prompt_drawn.connect(self._on_drawn)
        canvas.prompt_pointed.connect(self._on_pointed)
        canvas.tool_changed.connect(self._on_tool)
        document.video_changed.connect(self._on_video)
        document.range_changed.connect(self.changed)
        self._controller.exact.connect(self._on_exact)
        self.propagation.changed.connect(self.changed)
        self.propagation.ended.connect(self._on_ended)
        self.propagation.message.connect(self.message)

    # Requests of other features

    def prompt_wanted(self, frame: int, box_xyxy: Box, track: int | None = None) -> None:
        """Go to a frame and propagate the object in a box (pixels), as a new object or for a track (id)."""
        self._document.go_to(frame)
        draft = PromptRequest(frame, box_xyxy, track=track, label=self._label_of(track))
        self._begin(draft)
        self._propagate([draft])

    def propagate(self, *batches: Sequence[PromptRequest]) -> None:
        """Propagate these requests after those already running, each batch as its own proposal."""
        self.propagation.propagate(*(Batch(tuple(requests)) for requests in batches if requests))

    # State

    @property
    def draft(self) -> PromptRequest | None:
        """The prompt that is drawn but not propagated yet."""
        return None if self._committed else self._draft

    @property
    def drawn(self) -> PromptRequest | None:
        """The last drawn prompt, until its propagation ends."""
        return self._draft

    @property
    def answer(self) -> Answer | None:
        """The mask of the drawn prompt; None until it is computed."""
        return self._answer

    @property
    def queued(self) -> Sequence[PromptRequest]:
        """Prompts that wait to be propagated together."""
        return self._queue

    @property
    def within_track(self) -> bool:
        """Whether prompts for a track stay within the track's frames."""
        return self._within_track

    @property
    def in_range(self) -> bool:
        """Whether prompts that lie in the selected range stay within it."""
        return self._in_range

    def range_allowed(self, frame: int) -> bool:
        """Return whether the frame lies in a selected range."""
        chosen = self._document.range
        return chosen is not None and chosen[0] <= frame <= chosen[1]

    # Drawing

    def _begin(self, draft: PromptRequest) -> None:
        self._draft, self._committed, self._answer = draft, False, None
        self._ask()
        self.changed.emit()

    def _on_drawn(self, box: Box, careful: bool) -> None:
        track = self._selected()
        # Drawing again replaces the box and keeps the rest of the prompt.
        direction = Direction.BOTH if self.draft is None or not careful else self.draft.direction
        self._begin(PromptRequest(self._document.frame, box, track=track, label=self._label_of(track),
                                  direction=direction))
        if not careful and not self._queue:
            self._commit()

    def _on_pointed(self, point: QPointF, positive: bool) -> None:
        draft = self.draft
        if draft is not None and draft.frame != self._document.frame:
            text = self.tr("The prompt is in frame {0}: go there to add points, or draw a new box here").format(
                draft.frame)
            self.message.emit(Message.refused(text, lambda: self.draft is not None and
                                              self.draft.frame != self._document.frame))
            return
        if draft is None:
            track = self._selected()
            draft = PromptRequest(self._document.frame, track=track, label=self._label_of(track))
        self._draft, self._committed = draft.with_point(point.x(), point.y(), positive), False
        self._ask()
        self.changed.emit()

    def _selected(self) -> int | None:
        chosen = self._document.selection
        return next(iter(chosen)) if len(chosen) == 1 else None

    def _label_of(self, track: int | None) -> str | None:
        """Return the last selected class for a new object."""
        known = {label.name for label in self._document.labels().values()}
        return self._label if track is None and self._label in known else None

    def _ask(self) -> None:
        """Request the draft's mask; `_on_exact` requests it later if the frame is not decoded yet."""
        video, frame, draft = self._document.video, self._controller.present_frame(), self._draft
        if video is None or draft is None or frame is None or frame.index != draft.frame:
            return
        self._used = True
        self._engine.ask(video, frame, draft.prompt(), self._choice(), lambda answer: self._on_answer(draft, answer),
                         self._on_failed)

    def _on_answer(self, draft: PromptRequest, answer: Answer) -> None:
        if self._draft is not None and self._draft.prompt() == draft.prompt():
            self._answer = answer
            self.changed.emit()

    def _on_failed(self, message: str) -> None:
        self.message.emit(Message.failed(message))
        if self.draft is not None:
            self._forget_draft()

    def _forget_draft(self) -> None:
        self._draft, self._answer, self._committed = None, None, False
        self.changed.emit()

    # Encoding ahead

    def _encode(self, *_: object) -> None:
        """Have the current frame encoded, because the user begins to draw."""
        video, frame = self._document.video, self._controller.present_frame()
        if video is not None and frame is not None:
            self._engine.encode(video, frame, self._choice(), lambda _message: None)

    def _encode_ahead(self) -> None:
        """Encode the current frame after a pause, if prompts are in use and no job is delayed by it."""
        if self._canvas.tool is Tool.PROMPT or (self._used and not self._engine.worker.writing):
            self._encode()

    def _on_exact(self, _frame: int) -> None:
        self._rest.start()
        if self._draft is not None and self._answer is None:
            self._ask()

    def _on_tool(self, tool: Tool) -> None:
        if tool is Tool.PROMPT:
            self._encode()
        elif self.draft is not None:
            self._forget_draft()

    # Options

    def use_direction(self, direction: Direction) -> None:
        """Propagate in this direction only, or in both directions if this one is set already."""
        if self.draft is not None:
            self._change_draft(self.draft.turned(direction))
        else:
            self._change_batch(lambda batch: batch.turned(direction))

    def set_direction(self, direction: Direction) -> None:
        """Propagate in this direction."""
        if self.draft is not None:
            self._change_draft(replace(self.draft, direction=direction))
        else:
            self._change_batch(lambda batch: replace(batch, requests=tuple(
                replace(request, direction=direction) for request in batch.requests)))

    def set_label(self, label: str) -> None:
        """Set the class of the draft and of later new objects."""
        self._label = label
        if self.draft is not None and self.draft.track is None:
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
        """Prompt a new object instead of the selected track."""
        if self.draft is not None:
            self._change_draft(replace(self.draft, track=None, label=self._label_of(None)))
        else:
            self._change_batch(Batch.as_new)

    def _change_draft(self, draft: PromptRequest) -> None:
        self._draft = draft
        self.changed.emit()

    def _change_batch(self, change: Callable[[Batch], Batch]) -> None:
        batch = self.propagation.change(change)
        # The drawn prompt belongs to the batch that is propagated now.
        if batch is not None and self._draft is not None and self._committed:
            self._change_draft(replace(self._draft, track=batch.track))

    # Decisions

    def _commit(self) -> None:
        draft = self.draft
        requests = [*self._queue, *([] if draft is None else [draft])]
        if not requests:
            return
        self._queue.clear()
        self._propagate(requests)

    def _propagate(self, requests: Sequence[PromptRequest]) -> None:
        self._committed = self._used = True
        inside = self._in_range and all(self.range_allowed(request.frame) for request in requests)
        within = self._within_track and any(request.track is not None for request in requests)
        self.propagation.propagate(Batch(tuple(requests), within, self._document.range if inside else None))

    def accept(self) -> None:
        """Take the next step: propagate the prompt, or accept the proposal, now or when it is done."""
        propagation = self.propagation
        run = propagation.proposals.present
        if self.draft is not None:
            self._commit()
        elif propagation.running is not None:
            propagation.accept_when_done()
        elif run is not None:
            propagation.proposals.accept(run)
        else:
            self._commit()

    def drop(self) -> None:
        """Discard the first that exists of: gesture, draft, propagation, proposal, queue."""
        propagation = self.propagation
        run = propagation.proposals.present
        if self._canvas.cancel_gesture():
            return
        if self._canvas.tool not in (Tool.SELECT, Tool.PROMPT):
            self._canvas.set_tool(Tool.SELECT)
        elif self.draft is not None:
            self._forget_draft()
        elif propagation.running is not None:
            propagation.drop()
        elif run is not None:
            propagation.proposals.drop(run)
        else:
            self._queue.clear()
            self.changed.emit()

    def queue(self) -> None:
        """Add the draft to the queue."""
        if self.draft is not None:
            self._queue.append(self.draft)
            self._forget_draft()

    # The document

    def _on_video(self) -> None:
        self._draft, self._answer, self._committed = None, None, False
        self._queue.clear()
        self.changed.emit()

    def _on_ended(self, batch: Batch) -> None:
        """Forget the drawn prompt of an ended batch: its result is drawn instead."""
        draft = self._draft
        if draft is None or not self._committed:
            return
        again = any(_holds(waiting, draft) for waiting in self.propagation.batches)
        if _holds(batch, draft) and not again:
            self._forget_draft()

    def close(self) -> None:
        """Stop the threads of this object."""
        self._rest.stop()
        self.propagation.close()


def _holds(batch: Batch, draft: PromptRequest) -> bool:
    return any(request.prompt() == draft.prompt() for request in batch.requests)
