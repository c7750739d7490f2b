"""Builds the review queue on threads from snapshots: first from the evidence, then again with colours."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.errors import Cancelled
from annotator.jobs.project import check_video
from annotator.jobs.review import ranking
from annotator.jobs.review.colours import Colours
from annotator.model.cancel import CancelToken
from annotator.model.changes import ChangeKind, Changes
from annotator.review import ReviewQueue
from annotator.session import Session
from annotator.ui.document.document import Document
from annotator.ui.threads.priorities import Niceness, lower_priority
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.widgets.message import Message

_KINDS = ChangeKind.OBSERVATIONS | ChangeKind.TRACKS | ChangeKind.SPANS | ChangeKind.MARKS | ChangeKind.RUNS
#: Milliseconds from the last edit to a new ranking, and the minimum wait as a multiple of the duration of the last
#: ranking, so that rankings of large projects do not slow down the window.
_QUIET, _SHARE = 700, 6
#: Videos whose colours are kept, each at most some tens of megabytes.
_KEPT = 4


class QueueBuilder(QObject):
    """Builds the queue on request, and then updates it after edits and runs."""

    ready = Signal(ReviewQueue, float)
    """The queue, and the monotonic time at which its ranking began."""
    state_changed = Signal()
    """A ranking or comparison began, ended or made progress."""
    message = Signal(Message)
    """One line for the status bar."""

    def __init__(self, document: Document, busy: Callable[[], bool], parent: QObject) -> None:
        """``busy`` returns whether a job runs, during which nothing is ranked."""
        super().__init__(parent)
        self._document, self._busy = document, busy
        self._colours = Colours()
        self._kept: dict[int, Colours] = {}
        self._session: Session | None = None
        self._wanted = self._stopped = self._complete = False
        self._stale = False
        self._began = 0.0
        self.looked: tuple[int, int] | None = None
        """Frames with compared colours, and of all; None while nothing is compared."""
        self._ranker, self._looker = TaskWorker(self, "review"), TaskWorker(self, "colours")
        self._quiet = QTimer(self, singleShot=True, interval=_QUIET)
        self._quiet.timeout.connect(self._rank)
        self._ranker.finished.connect(self._on_ranked)
        self._ranker.ended.connect(self._on_ranker_free)
        self._looker.progressed.connect(self._on_looked)
        self._looker.finished.connect(self._on_colours)
        self._looker.ended.connect(self._on_looker_free)
        for worker in (self._ranker, self._looker):
            worker.failed.connect(lambda text: self.message.emit(Message.failed(text)))
        document.video_changed.connect(self._on_video)
        document.changed.connect(self._on_changes)

    # Requests

    @property
    def ranking(self) -> bool:
        """Whether a new queue is being built or about to be."""
        return self._ranker.busy or self._quiet.isActive()

    @property
    def complete(self) -> bool:
        """Whether colours were compared."""
        return self._complete

    def want(self) -> None:
        """Build the queue if it was not requested before."""
        if not self._wanted:
            self._wanted = True
            self._rank()

    def look_at_colours(self) -> None:
        """Read the video and compare colours, even if this was cancelled before."""
        self._stopped = False
        self._wanted = True
        self._rank()

    def cancel(self) -> None:
        """Cancel the comparison of colours."""
        self._stopped = True
        self._looker.cancel()

    def refresh(self) -> None:
        """Rank again after a job ended."""
        if self._wanted:
            self._rank()

    def close(self) -> None:
        """Cancel all work and wait for its end."""
        self._wanted = False
        self._quiet.stop()
        self._ranker.close()
        self._looker.close()

    # Ranking

    def _rank(self) -> None:
        self._quiet.stop()
        session, video = self._document.session, self._document.video
        if session is None or video is None or not self._wanted or self._busy():
            return
        if self._ranker.busy:
            self._stale = True
            return
        store, colours = session.store, self._colours
        self._began, self._stale = time.monotonic(), False

        def rank(_progress: Progress, cancel: CancelToken) -> object:
            lower_priority(Niceness.ENGINE)
            with store.read_snapshot() as reader:
                queue = ranking.rank_again(reader, video, colours)
                complete = colours.is_complete(reader, video)
            cancel.raise_if_cancelled()
            return colours, queue, complete

        self._ranker.start("", rank)
        self.state_changed.emit()

    def _on_ranked(self, answer: tuple[Colours, ReviewQueue, bool]) -> None:
        colours, queue, self._complete = answer
        self._quiet.setInterval(max(_QUIET, round(1000 * _SHARE * (time.monotonic() - self._began))))
        if colours is not self._colours:  # of another video
            return
        self.ready.emit(queue, self._began)
        if not self._complete and not self._stopped:
            self._look()

    def _on_ranker_free(self) -> None:
        if self._stale:
            self._rank()
        self.state_changed.emit()

    # Colours

    def _look(self) -> None:
        session, video = self._document.session, self._document.video
        if session is None or video is None or self._looker.busy or self._busy():
            return
        colours = self._colours

        def look(progress: Progress, cancel: CancelToken) -> object:
            lower_priority(Niceness.ENGINE)
            path = check_video(session, video)
            with session.store.read_snapshot() as reader, closing(colours.look(reader, video, path, cancel)) as steps:
                for done, total in steps:
                    progress(done, total)
            if cancel.cancelled:
                raise Cancelled("the comparison of colours was cancelled")
            return colours

        self.looked = (0, 1)
        self._looker.start("", look)
        self.state_changed.emit()

    def _on_looked(self, done: int, total: int) -> None:
        self.looked = (done, total)
        self.state_changed.emit()

    def _on_colours(self, colours: Colours) -> None:
        if colours is self._colours:
            self._rank()

    def _on_looker_free(self) -> None:
        self.looked = None
        self.state_changed.emit()

    # The document

    def _colours_of_video(self) -> Colours:
        """The colours of the current video, which are kept while other videos of the project are shown."""
        session, video = self._document.session, self._document.video
        if session is not self._session:
            self._session, self._kept = session, {}
        if session is None or video is None:
            return Colours()
        colours = self._kept[video.id] = self._kept.pop(video.id, Colours())
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return colours

    def _on_video(self) -> None:
        self._ranker.cancel()
        self._looker.cancel()
        self._quiet.stop()
        self._colours = self._colours_of_video()
        self._wanted = self._stopped = self._complete = self._stale = False
        self.state_changed.emit()

    def _on_changes(self, changes: Changes) -> None:
        if self._wanted and changes.kinds & _KINDS and not self._busy():
            self._quiet.start()
            self.state_changed.emit()
