"""Prompts in the window: a person points, and the mask is there at once."""

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
from annotator.ui.prompts.propagation import Following
from annotator.ui.widgets.message import Message

#: Milliseconds that a frame is looked at before it is encoded ahead.
_REST = 250


class PromptController(QObject):
    """What was pointed at (the draft), and what waits to be followed with it (the queue).

    A box drawn with Ctrl is followed at once, either way. With the tool more can be said first: points, a direction,
    further objects for one batch. The document's one selected track is the prompt's, unless a new object is asked for.
    """

    changed = Signal()
    """Anything of what there is, here or in `following`."""
    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, document: Document, canvas: Canvas, controller: CanvasController, engine: PromptEngine,
                 choice: Callable[[], Choice]) -> None:
        """``choice``: which segmenter prompts are asked of."""
        super().__init__(canvas)
        self._document, self._canvas, self._controller, self._engine = document, canvas, controller, engine
        self._choice = choice
        self.following = Following(document, engine, choice, self)
        self._draft: PromptRequest | None = None
        self._committed = False
        self._answer: Answer | None = None
        self._within_track = False
        self._in_range = True
        self._label: str | None = None
        self._queue: list[PromptRequest] = []
        self._used = False
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._look_ahead)
        self._connect()

    def _connect(self) -> None:
        document, canvas = self._document, self._canvas
        canvas.prompt_began.connect(self._look)
        canvas.prompt_drawn.connect(self._on_drawn)
        canvas.prompt_pointed.connect(self._on_pointed)
        canvas.tool_changed.connect(self._on_tool)
        document.video_changed.connect(self._on_video)
        document.range_changed.connect(self.changed)
        self._controller.exact.connect(self._on_exact)
        self.following.changed.connect(self.changed)
        self.following.ended.connect(self._on_ended)
        self.following.message.connect(self.message)

    # What others ask for

    def prompt_wanted(self, frame: int, box_xyxy: Box, track: int | None = None) -> None:
        """Go to a frame and follow what lies in a box (pixels), as a new object or as a track (id)."""
        self._document.go_to(frame)
        draft = PromptRequest(frame, box_xyxy, track=track, label=self._label_of(track))
        self._begin(draft)
        self._follow([draft])

    def follow(self, *batches: Sequence[PromptRequest]) -> None:
        """Follow these requests, each batch as a proposal of its own, after what is being followed already."""
        self.following.follow(*(Batch(tuple(requests)) for requests in batches if requests))

    # What there is

    @property
    def draft(self) -> PromptRequest | None:
        """What is pointed at and not followed yet."""
        return None if self._committed else self._draft

    @property
    def drawn(self) -> PromptRequest | None:
        """What was pointed at last, until it was followed."""
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
    def within_track(self) -> bool:
        """Whether prompts of a track stay within its frames."""
        return self._within_track

    @property
    def in_range(self) -> bool:
        """Whether prompts stay in the selected range, where they lie in it."""
        return self._in_range

    def range_allowed(self, frame: int) -> bool:
        """Whether a range is selected that holds the frame."""
        chosen = self._document.range
        return chosen is not None and chosen[0] <= frame <= chosen[1]

    # Pointing

    def _begin(self, draft: PromptRequest) -> None:
        self._draft, self._committed, self._answer = draft, False, None
        self._ask()
        self.changed.emit()

    def _on_drawn(self, box: Box, careful: bool) -> None:
        track = self._selected()
        # Who draws again means the same as before, but for the box.
        direction = Direction.BOTH if self.draft is None or not careful else self.draft.direction
        self._begin(PromptRequest(self._document.frame, box, track=track, label=self._label_of(track),
                                  direction=direction))
        if not careful and not self._queue:
            self._commit()

    def _on_pointed(self, point: QPointF, positive: bool) -> None:
        draft = self.draft
        if draft is not None and draft.frame != self._document.frame:
            text = self.tr("The prompt is in frame {0}: go there to add points, or draw a new box").format(draft.frame)
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
        """The class that was chosen last, for a new object."""
        known = {label.name for label in self._document.labels().values()}
        return self._label if track is None and self._label in known else None

    def _ask(self) -> None:
        """Ask for the draft's mask; while its picture is not decoded, that waits."""
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
        """A new object is meant, not the selected track."""
        if self.draft is not None:
            self._change_draft(replace(self.draft, track=None, label=self._label_of(None)))
        else:
            self._change_batch(Batch.as_new)

    def _change_draft(self, draft: PromptRequest) -> None:
        self._draft = draft
        self.changed.emit()

    def _change_batch(self, change: Callable[[Batch], Batch]) -> None:
        batch = self.following.change(change)
        # What is still drawn belongs to what is followed now.
        if batch is not None and self._draft is not None and self._committed:
            self._change_draft(replace(self._draft, track=batch.track))

    # Deciding

    def _commit(self) -> None:
        draft = self.draft
        requests = [*self._queue, *([] if draft is None else [draft])]
        if not requests:
            return
        self._queue.clear()
        self._follow(requests)

    def _follow(self, requests: Sequence[PromptRequest]) -> None:
        self._committed = self._used = True
        inside = self._in_range and all(self.range_allowed(request.frame) for request in requests)
        within = self._within_track and any(request.track is not None for request in requests)
        self.following.follow(Batch(tuple(requests), within, self._document.range if inside else None))

    def accept(self) -> None:
        """The next step: follow what was pointed at, accept what was found, now or when it is done."""
        following = self.following
        run = following.proposals.present
        if self.draft is not None:
            self._commit()
        elif following.running is not None:
            following.accept_when_done()
        elif run is not None:
            following.proposals.accept(run)
        else:
            self._commit()

    def drop(self) -> None:
        """Take back the last of: what is being drawn, what was pointed at, what is followed, proposed, queued."""
        following = self.following
        run = following.proposals.present
        if self._canvas.cancel_gesture():
            return
        if self._canvas.tool not in (Tool.SELECT, Tool.PROMPT):
            self._canvas.set_tool(Tool.SELECT)
        elif self.draft is not None:
            self._forget_draft()
        elif following.running is not None:
            following.drop()
        elif run is not None:
            following.proposals.drop(run)
        else:
            self._queue.clear()
            self.changed.emit()

    def queue(self) -> None:
        """Keep what was pointed at for a batch."""
        if self.draft is not None:
            self._queue.append(self.draft)
            self._forget_draft()

    # The document

    def _on_video(self) -> None:
        self._draft, self._answer, self._committed = None, None, False
        self._queue.clear()
        self.changed.emit()

    def _on_ended(self, batch: Batch) -> None:
        """What is drawn of it is not needed any more: what was found is drawn in its place."""
        draft = self._draft
        if draft is None or not self._committed:
            return
        again = any(_holds(waiting, draft) for waiting in self.following.batches)
        if _holds(batch, draft) and not again:
            self._forget_draft()

    def close(self) -> None:
        """End what runs aside."""
        self._rest.stop()
        self.following.close()


def _holds(batch: Batch, draft: PromptRequest) -> bool:
    return any(request.prompt() == draft.prompt() for request in batch.requests)
