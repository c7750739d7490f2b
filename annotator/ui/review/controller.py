"""The controller of the review queue: the current moment, navigation and decisions."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from annotator.jobs.review import ranking
from annotator.review import Entry, Fix, Kind, ReviewQueue, Suggestion, fixes_for
from annotator.ui.document.document import Document
from annotator.ui.edits.controller import EditController
from annotator.ui.edits.plans import Plan
from annotator.ui.review.queue_builder import QueueBuilder
from annotator.ui.widgets.message import Message

Key = tuple[object, ...]

#: Most open entries in the queue: users never reach the end of more, and each step searches all of them.
MOST = 3000


class ReviewController(QObject):
    """Steps through the open entries. A decision is one undo step and continues with the next entry."""

    changed = Signal()
    """The entries or the counts changed."""
    current_changed = Signal()
    message = Signal(Message)
    """One line for the status bar."""
    prompt_wanted = Signal(int, object)
    """Frame and box (xyxy, image pixels) of an object to prompt."""
    visited = Signal(Entry)
    """The entry that became the current one."""

    def __init__(self, document: Document, edits: EditController, builder: QueueBuilder, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._edits, self._builder = document, edits, builder
        self._queue: ReviewQueue | None = None
        self._open: list[tuple[Key, Entry]] = []
        self._entries: tuple[Entry, ...] = ()
        self._places: dict[Key, int] = {}
        self._done = 0
        self._current: Entry | None = None
        self._place = 0
        self._decided: dict[Key, float] = {}
        self._pending = 0
        self._kind: Kind | None = None
        self._track: int | None = None
        builder.ready.connect(self._on_queue)
        document.video_changed.connect(self._on_video)

    # State

    @property
    def queue(self) -> ReviewQueue | None:
        """The queue; None until it is requested and built."""
        return self._queue

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Open entries that match the filters, most likely errors first."""
        return self._entries

    @property
    def current(self) -> Entry | None:
        return self._current

    @property
    def place(self) -> int | None:
        """Index of the current entry; None if it is not among the entries."""
        return None if self._current is None else self._places.get(key_of(self._current))

    @property
    def counts(self) -> tuple[int, int]:
        """Number of resolved entries, and of all."""
        return (0, 0) if self._queue is None else (self._done + self._decided_here, len(self._queue.entries))

    @property
    def _decided_here(self) -> int:
        return sum(key in self._decided for key, _ in self._open) if self._decided else 0

    def kinds(self) -> dict[Kind, int]:
        """Return the number of open entries by kind."""
        counts: dict[Kind, int] = {}
        for key, entry in self._open:
            for kind in entry.kinds if key not in self._decided else ():
                counts[kind] = counts.get(kind, 0) + 1
        return counts

    def set_filter(self, kind: Kind | None, track: int | None) -> None:
        """Show only entries of a kind and of a track (id); None for all."""
        self._kind, self._track = kind, track
        self._refresh()

    def fixes(self) -> dict[Fix, Suggestion]:
        """Return the possible fixes of the current entry."""
        if self._current is None:
            return {}
        chosen = self._document.selection & set(self._current.tracks)
        return fixes_for(self._current, next(iter(chosen)) if len(chosen) == 1 else None)

    # Navigation

    def go(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) entry, cyclically. Builds the queue if there is none."""
        if self._queue is None:
            self._pending = direction
            self._builder.want()
            if self._queue is None:
                self.message.emit(Message.hint(self.tr("Searching for suspicious moments…"),
                                               lambda: bool(self._pending)))
            return
        if not self._entries:
            self.message.emit(Message.done(
                self.tr("No suspicious moments left") if self._builder.complete else
                self.tr("No suspicious moments found so far")))
            return
        place = self.place
        if place is None:
            place = self._place if direction > 0 else self._place - 1
        else:
            place += direction
        if place >= len(self._entries):
            first = self._entries[0]
            self.message.emit(Message.hint(self.tr("That was the last moment; continuing with the first"),
                                           lambda: self._current in (None, first)))
        self.visit(self._entries[place % len(self._entries)])

    def visit(self, entry: Entry) -> None:
        """Make an entry current: go to its frame and select its tracks."""
        self._current = entry
        self._place = self.place or 0
        self._document.select(track for track in entry.tracks if track in self._document.tracks())
        self._document.go_to(entry.frame)
        self.current_changed.emit()
        self.visited.emit(entry)

    # Decisions

    def accept(self) -> None:
        """Apply the suggestion."""
        if self._current is not None:
            self.decide(self._current.suggestion.fix)
        else:
            self.decide(Fix.FINE)

    def decide(self, fix: Fix) -> None:
        """Apply a fix to the current entry, and continue with the next."""
        entry, options = self._current, self.fixes()
        if entry is None:
            self.message.emit(Message.refused(self.tr("Go to a suspicious moment first (Tab)"),
                                              lambda: self._current is None))
        elif fix not in options:
            self.message.emit(Message.refused(
                self.tr("This moment involves only one track") if len(entry.tracks) < 2 else
                self.tr("This moment involves {0} tracks: click the one to edit").format(len(entry.tracks)),
                lambda: self._current == entry and fix not in self.fixes()))
        elif fix is Fix.PROMPT:
            self.prompt_wanted.emit(options[fix].frame, options[fix].box_xyxy)
        elif fix is Fix.FINE:
            self._mark(entry)
        else:
            self._edits.do(lambda: self._plan(entry, options[fix]), lambda: self._on_decided(entry))

    def plan(self) -> Plan | None:
        """Return the suggested edit of the current entry for a preview; None if there is none."""
        if self._current is None or self._current.suggestion.fix in (Fix.FINE, Fix.PROMPT):
            return None
        return self._plan(self._current, self._current.suggestion)

    def _plan(self, entry: Entry, fix: Suggestion) -> Plan:
        session, video = self._document.session, self._document.video
        assert session is not None
        assert video is not None
        return Plan(self.describe(fix), lambda _: ranking.apply_fix(session, video, entry, fix),
                    deletes=fix.tracks if fix.fix is Fix.DELETE else ())

    def describe(self, fix: Suggestion) -> str:
        """Return the description of a fix."""
        tracks = self._document.tracks()
        names = [str(tracks[key].number) if key in tracks else "?" for key in fix.tracks]
        if fix.fix is Fix.SWAP:
            return self.tr("Swap {0} and {1} from frame {2} on").format(*names[:2], fix.frame)
        if fix.fix is Fix.MERGE:
            return self.tr("Merge {1} into {0}").format(names[0], ", ".join(names[1:]))
        if fix.fix is Fix.SPLIT:
            return self.tr("Split {0} at frame {1}").format(names[0], fix.frame)
        if fix.fix is Fix.DELETE:
            return self.tr("Delete track {0}").format(", ".join(names))
        if fix.fix is Fix.PROMPT:
            return self.tr("Prompt this object in frame {0}").format(fix.frame)
        return self.tr("No error")

    def _mark(self, entry: Entry) -> None:
        video = self._document.video
        if video is not None and self._document.edit(lambda session: ranking.mark_reviewed(session, video, entry)):
            self.message.emit(Message.done(self.tr("Marked as reviewed, no error")))
            self._on_decided(entry)

    def _on_decided(self, entry: Entry) -> None:
        place = self.place
        self._place = self._place if place is None else place
        self._decided[key_of(entry)] = time.monotonic()
        self._current = None
        self._refresh()
        if self._entries:
            self.visit(self._entries[self._place % len(self._entries)])
        else:
            self.current_changed.emit()

    # The queue

    def _on_queue(self, queue: ReviewQueue, began: float) -> None:
        # Decisions made while this queue was built are not in it yet, but in the next one.
        self._decided = {key: when for key, when in self._decided.items() if when >= began}
        self._queue = queue
        self._open = [(key_of(entry), entry) for entry in queue.open[:MOST]]
        self._done = queue.done
        self._refresh()
        if self._pending:
            direction, self._pending = self._pending, 0
            self.message.emit(Message.done(self.tr("%n suspicious moments", "", len(self._entries))))
            self.go(direction)

    def _refresh(self) -> None:
        known = self._document.tracks().keys()
        shown = [(key, entry) for key, entry in self._open if key not in self._decided and self._matches(entry)
                 and known >= set(entry.tracks)]
        self._entries = tuple(entry for _, entry in shown)
        self._places = {key: place for place, (key, _) in enumerate(shown)}
        place = self.place
        if place is not None:
            self._current = self._entries[place]
        self.changed.emit()

    def _matches(self, entry: Entry) -> bool:
        return (self._kind is None or self._kind in entry.kinds) and \
            (self._track is None or self._track in entry.tracks)

    def _on_video(self) -> None:
        self._queue, self._current, self._entries, self._open = None, None, (), []
        self._places, self._done = {}, 0
        self._decided.clear()
        self._pending = self._place = 0
        self.changed.emit()
        self.current_changed.emit()


def key_of(entry: Entry) -> Key:
    """Return the key that identifies an entry across rankings."""
    return entry.frame, entry.tracks, entry.kinds[0]
