"""The controller that previews edits, asks for what they lack, and applies them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from annotator.errors import StorageError
from annotator.session import Session
from annotator.storage.edits.preview import EditPreview, preview
from annotator.ui.document.document import Document
from annotator.ui.edits.plans import TRACK, AnyQuestion, Plan, Question
from annotator.ui.edits.preview_words import PreviewWords
from annotator.ui.edits.question_bar import EditBar
from annotator.ui.widgets.message import Message

Wanted = Callable[[], Plan | AnyQuestion]


class EditController(QObject):
    """Applies a complete edit immediately and reports the changes in the status bar. An edit that lacks something, or
    that would delete manual boxes, waits in the bar above the canvas for Enter or Esc."""

    message = Signal(Message)
    """One line for the status bar."""
    shown = Signal(object)
    """EditPreview of the highlighted or pending edit; None when it ends."""
    deleting = Signal(object)
    """Ids of tracks that are about to be deleted."""

    def __init__(self, document: Document, bar: EditBar) -> None:
        super().__init__(bar)
        self._document, self.bar = document, bar
        self._words = PreviewWords(self)
        self._question: AnyQuestion | None = None
        self._plan: Plan | None = None
        self._then: Callable[[], object] | None = None
        bar.answered.connect(self._on_answer)
        bar.applied.connect(self._on_applied)
        bar.cancelled.connect(self.cancel)
        document.selection_changed.connect(self._on_selection)
        document.video_changed.connect(self.cancel)

    @property
    def asking(self) -> bool:
        return self.bar.asking

    # Applying

    def do(self, wanted: Wanted, then: Callable[[], object] | None = None) -> None:
        """Apply an edit, or ask for what it lacks. ``then`` is called after the edit was applied."""
        self.cancel()
        try:
            self._take(wanted(), then)
        except StorageError as error:
            self.message.emit(Message.refused(str(error)))

    def cancel(self) -> None:
        """Cancel the pending question."""
        if self.bar.asking:
            self._question = self._plan = self._then = None
            self.bar.end()
            self.shown.emit(None)

    def _take(self, wanted: Plan | AnyQuestion, then: Callable[[], object] | None) -> None:
        if isinstance(wanted, Question):
            self._ask(wanted, then)
            return
        seen = self._preview_of(wanted)
        if isinstance(seen, EditPreview) and seen.human_dropped and not wanted.drops_drawn:
            self._confirm(wanted, seen, then)
            return
        self._make(wanted, seen, then)

    def _make(self, plan: Plan, seen: EditPreview | str, then: Callable[[], object] | None) -> None:
        if plan.deletes:
            self.deleting.emit(plan.deletes)
        made: list[object] = []

        def edit(session: Session) -> None:
            made.append(plan.change(session.store))

        if not self._document.edit(edit):
            return
        if isinstance(made[0], list):
            self._document.select(made[0])
        line = self._line(seen)
        self.message.emit(Message.done(f"{plan.title}: {line}" if line else plan.title))
        if then is not None:
            then()

    # Asking

    def _ask(self, question: AnyQuestion, then: Callable[[], object] | None) -> None:
        self._question, self._plan, self._then = question, None, then
        self.bar.ask(question.title, question.hint, question.answer, question.start)
        self._on_answer()

    def _confirm(self, plan: Plan, seen: EditPreview, then: Callable[[], object] | None) -> None:
        self._question, self._plan, self._then = None, plan, then
        self.bar.ask(plan.title, "", None)
        self._show(seen)

    def _on_answer(self) -> None:
        """Preview the edit with the current answer."""
        question = self._question
        if question is None:
            return
        answer = self.bar.answer
        if question.answer is TRACK:
            answer = self._track_of(answer)
            if answer is None:
                self._plan = None
                number = self.bar.answer
                self.bar.say("" if number is None else self.tr("no track has the number {0}").format(number),
                             refused=number is not None, possible=False)
                return
        self._preview(question, answer)

    def _preview(self, question: AnyQuestion, answer: object) -> Plan | AnyQuestion | None:
        try:
            wanted = question.plan(answer)
            if isinstance(wanted, Question):
                self._plan = None
                self.bar.say(wanted.hint)
                return wanted
            seen = self._preview_of(wanted)
        except StorageError as error:
            self._plan = None
            self.bar.say(str(error), refused=True)
            return None
        self._plan = wanted
        self._show(seen)
        return wanted

    def point_at(self, track: int | None) -> None:
        """Preview the track under the pointer as the answer, if a track is asked for."""
        question = self._question
        if question is None or question.answer is not TRACK or self.bar.answer is not None:
            return
        if track is None or track == question.track:
            self._on_answer()
        else:
            self._preview(question, track)

    def _on_applied(self) -> None:
        question, plan, then = self._question, self._plan, self._then
        if question is not None and question.answer is TRACK:
            self._answer_with(self._track_of(self.bar.answer))
        elif plan is not None:
            self.cancel()
            self._make(plan, self._preview_again(plan), then)

    def _answer_with(self, track: int | None) -> None:
        question, then = self._question, self._then
        if question is None or track is None:
            return
        self.cancel()
        if question.track is not None:
            self._document.select({question.track, track})
        try:
            self._take(question.plan(track), then)
        except StorageError as error:
            self.message.emit(Message.refused(str(error)))

    def _on_selection(self) -> None:
        """Take a click on a track as the answer, if a track is asked for."""
        question = self._question
        if question is None or not self.bar.asking:
            return
        if question.answer is not TRACK:
            self.cancel()
            return
        others = self._document.selection - {question.track}
        if len(others) == 1:
            (other,) = others
            self._answer_with(other)
        elif not self._document.selection and question.track is not None:
            self._document.select((question.track,))

    def _track_of(self, number: object) -> int | None:
        return next((key for key, track in self._document.tracks().items() if track.number == number), None)

    # Hints

    def hint(self, wanted: Wanted) -> None:
        """Show what an edit would change, without applying it or asking anything."""
        if self.bar.asking:
            return
        try:
            found = wanted()
            if isinstance(found, Question):
                self.bar.show_hint(found.title, found.hint)
                return
            seen = self._preview_of(found)
        except StorageError as error:
            self.bar.show_hint(self.tr("Not available"), str(error), refused=True)
            return
        self.bar.show_hint(found.title, self._line(seen))
        self.shown.emit(seen if isinstance(seen, EditPreview) else None)

    def end_hint(self) -> None:
        """Hide the hint."""
        if not self.bar.asking and self.bar.isVisible():
            self.bar.hide_hint()
            self.shown.emit(None)

    # Helpers

    def effect(self, plan: Plan) -> str:
        """Return the text of what an edit would change, or of why it is refused."""
        try:
            return self._line(self._preview_of(plan))
        except StorageError as error:
            return str(error)

    def _preview_of(self, plan: Plan) -> EditPreview | str:
        session = self._document.session
        if session is None:
            raise StorageError(self.tr("no project is open"))
        if plan.words is not None:
            return plan.words(session.store)
        return preview(session.store, lambda: plan.change(session.store))

    def _preview_again(self, plan: Plan) -> EditPreview | str:
        """Preview again, because the store may have changed since."""
        try:
            return self._preview_of(plan)
        except StorageError as error:
            return str(error)

    def _show(self, seen: EditPreview | str) -> None:
        self.bar.say(self._line(seen))
        self.shown.emit(seen if isinstance(seen, EditPreview) else None)

    def _line(self, seen: EditPreview | str) -> str:
        return seen if isinstance(seen, str) else self._words.line(seen)
