"""The view of prompts and proposals: the bar, the canvas layer, and the proposed frames on the timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QPointF, QRect
from PySide6.QtGui import QColor

from annotator.engine.weights.checkpoints import manifest
from annotator.jobs.prompts.propagate import PromptRequest
from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import TrackedObject
from annotator.model.track import Run, RunStatus
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.prompts.bar import BarState, PromptBar, Stage
from annotator.ui.prompts.batch import Batch
from annotator.ui.prompts.controller import PromptController
from annotator.ui.prompts.layer import PromptLayer, ProposedShape
from annotator.ui.prompts.propagation import Verdict
from annotator.ui.prompts.words import ProposalWords
from annotator.ui.timeline.proposed_frames import ProposedFrames
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.widgets.theme import ACCENT


class PromptView(QObject):
    """Reads the controller and the store whenever either changes; keeps no state."""

    def __init__(self, document: Document, canvas: Canvas, timeline: Timeline, prompts: PromptController,
                 bar: PromptBar) -> None:
        super().__init__(canvas)
        self._document, self._canvas, self._timeline = document, canvas, timeline
        self._prompts, self._bar = prompts, bar
        self._propagation = prompts.propagation
        self._words = ProposalWords(self)
        self.layer = PromptLayer()
        canvas.add_layer(self.layer, above=True)
        prompts.changed.connect(self._update)
        document.frame_changed.connect(self._draw)
        document.video_changed.connect(self._on_video)
        document.changed.connect(self._on_changes)
        bar.direction_chosen.connect(prompts.set_direction)
        bar.label_chosen.connect(prompts.set_label)
        bar.within_track_chosen.connect(prompts.set_within_track)
        bar.in_range_chosen.connect(prompts.set_in_range)

    def _update(self) -> None:
        self._bar.show_state(self.state(), self._place_drawn())
        self._draw()
        running = self._propagation.running is not None
        self._timeline.set_proposed(ProposedFrames() if running else self._propagation.proposals.proposed_frames())

    def _on_video(self) -> None:
        video = self._document.video
        self.layer.set_picture_size(*((0, 0) if video is None else (video.width, video.height)))

    def _on_changes(self, changes: Changes) -> None:
        kinds = ChangeKind.OBSERVATIONS | ChangeKind.TRACKS
        if self._bar.isVisible() and changes.kinds & kinds:
            frame, first, last = self._document.frame, changes.first_frame, changes.last_frame
            if (first is None or first <= frame) and (last is None or frame <= last):
                self._draw()

    def _place_drawn(self) -> QRect | None:
        """Return the drawn box of the current frame in canvas coordinates."""
        drawn = self._prompts.drawn
        if drawn is None or drawn.box_xyxy is None or drawn.frame != self._document.frame:
            return None
        x1, y1, x2, y2 = drawn.box_xyxy
        corners = [self._canvas.to_widget(QPointF(x, y)).toPoint() for x, y in ((x1, y1), (x2, y2))]
        return QRect(*corners)

    # The bar

    def state(self) -> BarState | None:
        """Return the state to show in the bar; None to hide it."""
        prompts, propagation = self._prompts, self._propagation
        run = propagation.proposals.present
        if prompts.draft is not None:
            return self._draft_state(prompts.draft)
        if propagation.running is not None:
            return self._running_state(propagation.running)
        if run is not None:
            return self._proposal_state(run)
        if prompts.queued:
            return BarState(Stage.QUEUED, ACCENT, self.tr("Queued prompts: {0}").format(len(prompts.queued)))
        return None

    def _draft_state(self, draft: PromptRequest) -> BarState:
        prompts = self._prompts
        labels = [label.name for label in self._document.labels().values()]
        new, queued = draft.track is None, len(prompts.queued)
        detail = self._mask_text()
        if queued:
            detail += self.tr(", {0} queued").format(queued)
        return BarState(
            Stage.DRAFT, self._color(draft.track), self._name(draft.track), detail, draft.direction,
            labels if new and len(labels) > 1 else (), draft.label or next(iter(labels), None),
            None if new else prompts.within_track,
            prompts.in_range if prompts.range_allowed(draft.frame) else None, not new)

    def _mask_text(self) -> str:
        answer = self._prompts.answer
        if answer is None:
            return self.tr("computing the mask")
        name = answer.segmenter
        if any(weights.demonstration and weights.is_called(name) for weights in manifest()):
            name = self.tr("{0} (demonstration)").format(name)
        if answer.seen.mask.is_empty():
            return self.tr("{0} finds no object there: add points, or draw again").format(name)
        return self.tr("mask by {0}").format(name)

    def _running_state(self, batch: Batch) -> BarState:
        propagation, progress = self._propagation, self._propagation.progress
        done, total = (0, 0) if progress is None else (progress.done, progress.total)
        detail = self.tr("{0} of up to {1} frames").format(done, total) if total else self.tr("loading")
        if propagation.verdict is Verdict.DROP:
            detail = self.tr("stopping after this frame")
        if propagation.batches:
            detail += self.tr(", {0} more queued").format(len(propagation.batches))
        state = BarState(Stage.RUNNING, self._color(batch.track), self.tr("Propagating {0}").format(self._names(batch)),
                         detail, done=done, total=total, decided=propagation.verdict is not None)
        return self._with_choices(state)

    def _proposal_state(self, run: Run) -> BarState:
        proposals = self._propagation.proposals
        summary = proposals.summary
        detail = self.tr("computing the changes") if summary is None else self._words.line(summary)
        if run.status is not RunStatus.FINISHED:
            detail = self.tr("stopped early; {0}").format(detail)
        if proposals.waiting:
            detail += self.tr("; {0} more open").format(proposals.waiting)
        found = () if summary is None else summary.tracklets
        names = self._in_short([each.track for each in found])
        title = self.tr("Proposal: {0}").format(names) if names else self.tr("Proposal")
        state = BarState(Stage.PROPOSED, self._color(found[0].track if len(found) == 1 else None), title, detail)
        return self._with_choices(state)

    def _with_choices(self, state: BarState) -> BarState:
        """Add the options that can still be changed; a change propagates the batch again."""
        batch = self._propagation.changeable()
        if batch is None:
            return state
        request = batch.requests[0]
        allowed = self._prompts.range_allowed(request.frame)
        return replace(state, direction=request.direction, may_be_new=batch.track is not None,
                       within_track=None if batch.track is None else batch.within_track,
                       in_range=batch.chosen is not None if allowed else None)

    def _name(self, track: int | None) -> str:
        known = None if track is None else self._document.tracks().get(track)
        return self.tr("New object") if known is None else self.tr("Track {0}").format(known.number)

    def _names(self, batch: Batch) -> str:
        return self._in_short([request.track for request in batch.requests])

    def _in_short(self, tracks: Sequence[int | None]) -> str:
        """Name a few objects; count many."""
        names = dict.fromkeys(self._name(track).lower() for track in tracks)
        return ", ".join(names) if len(tracks) < 4 else self.tr("{0} objects").format(len(tracks))

    def _color(self, track: int | None) -> str:
        known = None if track is None else self._document.tracks().get(track)
        return ACCENT if known is None else known.color

    # The canvas

    def _draw(self, *_: object) -> None:
        frame, drawn = self._document.frame, self._prompts.drawn
        found = self._propagation.found(frame)
        shapes = [self._waiting_shape(request) for request in self._waiting() if request.frame == frame]
        tracks = self._tracks()
        shapes += [self._found_shape(thing, tracks.get(thing.tracklet)) for thing in found]
        covered = self._prompts.draft is None and bool(found)
        if drawn is not None and drawn.frame == frame and not covered:
            shapes.append(self._drawn_shape(drawn))
        self.layer.set_shapes(shapes)

    def _waiting(self) -> Iterator[PromptRequest]:
        yield from self._prompts.queued
        for batch in self._propagation.batches:
            yield from batch.requests

    def _waiting_shape(self, request: PromptRequest) -> ProposedShape:
        box = request.box_xyxy or (None if request.mask is None else request.mask.box_xyxy)
        return ProposedShape(QColor(self._color(request.track)), self.tr("queued"), box, request.mask, request.points,
                             faint=True)

    def _drawn_shape(self, drawn: PromptRequest) -> ProposedShape:
        answer = self._prompts.answer
        mask = None if answer is None else answer.seen.mask
        box = drawn.box_xyxy or (None if mask is None or mask.is_empty() else mask.box_xyxy)
        return ProposedShape(QColor(self._color(drawn.track)), self._name(drawn.track), box, mask, drawn.points)

    def _found_shape(self, thing: TrackedObject, track: int | None) -> ProposedShape:
        return ProposedShape(QColor(self._color(track)), self._name(track), thing.box_xyxy, thing.mask)

    def _tracks(self) -> dict[int, int | None]:
        """Map the number of each shown tracklet to the track (id) that it would continue."""
        running, summary = self._propagation.running, self._propagation.proposals.summary
        if running is not None:
            return running.numbered()
        return {} if summary is None else {each.number: each.track for each in summary.tracklets}
