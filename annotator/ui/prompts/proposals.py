"""Open proposals of the current video, and the summary of the one on display."""

from __future__ import annotations

from collections import defaultdict

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.jobs.prompts import propagate
from annotator.model.cancel import CancelToken
from annotator.model.changes import ChangeKind, Changes
from annotator.model.frame import TrackedObject
from annotator.model.ranges import joined
from annotator.model.track import Run, RunStatus
from annotator.session import Session
from annotator.storage.edits.proposal_summary import ProposalSummary
from annotator.storage.edits.proposals import accept_proposal
from annotator.storage.rows.runs import REPROPAGATE
from annotator.ui.document.document import Document
from annotator.ui.threads.tasks import Progress, TaskWorker
from annotator.ui.timeline.proposed_frames import ProposedFrames, Stretches
from annotator.ui.widgets.message import Message

#: Milliseconds from an edit to the next summary of the proposal.
_AGAIN = 1000


class Proposals(QObject):
    """Reads proposals from the store; keeps those put off by the user, and the summary of the one on display."""

    changed = Signal()
    """Another proposal is shown, or its summary is available."""

    def __init__(self, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._open: list[Run] = []
        self._later: set[int] = set()
        self._summary: ProposalSummary | None = None
        self._asked: int | None = None
        self._generation = 0
        self._stale = QTimer(self, singleShot=True, interval=_AGAIN)
        self._stale.timeout.connect(self._read_again)
        self._reading = TaskWorker(self, "task")
        self._reading.finished.connect(self._on_summary)
        self._reading.failed.connect(lambda text: document.message.emit(Message.failed(text)))
        self._reading.ended.connect(self._read_summary)
        document.video_changed.connect(self._on_video)
        document.changed.connect(self._on_changes)

    @property
    def present(self) -> Run | None:
        """The newest proposal that is not put off."""
        return next((run for run in reversed(self._open) if run.id not in self._later), None)

    @property
    def waiting(self) -> int:
        """Number of other open proposals."""
        return len(self._open) - (self.present is not None)

    @property
    def summary(self) -> ProposalSummary | None:
        """Summary of the current proposal; None while it is read."""
        run = self.present
        return self._summary if run is not None and self._summary is not None and self._summary.run == run.id else None

    def objects(self, frame: int) -> list[TrackedObject]:
        """Return the current proposal's objects in a frame."""
        session, run = self._document.session, self.present
        if session is None or run is None:
            return []
        return self._document.read(lambda: session.store.run_objects(run.id, frame), [])

    def proposed_frames(self) -> ProposedFrames:
        """Return the frames that the current proposal would change, as far as known."""
        summary = self.summary
        if summary is None:
            return ProposedFrames()
        by_track: dict[int, Stretches] = defaultdict(tuple)
        for each in summary.tracklets:
            if each.track is not None:
                by_track[each.track] += each.changed
        return ProposedFrames(joined(stretch for each in summary.tracklets for stretch in each.changed), by_track)

    def put_off(self) -> None:
        """Put off the current proposal until the video is opened again or `show_all` is called."""
        if self.present is not None:
            self._later.add(self.present.id)
            self.refresh()

    def show_all(self) -> None:
        """Show the proposals that were put off."""
        self._later.clear()
        self.refresh()

    def accept(self, run: Run) -> bool:
        """Accept a proposal as one step, and select the tracks of a prompt. Returns whether it succeeded."""
        prompted = run.kind == REPROPAGATE
        tracks: frozenset[int] = frozenset()

        def change(session: Session) -> None:
            nonlocal tracks
            tracks = (propagate.accept if prompted else _accept_run)(session, run.id).tracks

        accepted = self._document.edit(change)
        if accepted and prompted:
            self._document.select(tracks & self._document.tracks().keys())
        return accepted

    def drop(self, run: Run) -> bool:
        """Discard a proposal as one step. Returns whether it succeeded."""
        return self._document.edit(lambda session: propagate.drop(session, run.id))

    def refresh(self) -> None:
        """Read the open proposals again."""
        session, video = self._document.session, self._document.video
        found = [] if session is None or video is None else session.store.proposals(video.id)
        self._open = [run for run in found if run.status is not RunStatus.RUNNING and run.finished_frame is not None]
        self._read_summary()
        self.changed.emit()

    def close(self) -> None:
        """Stop the thread that reads summaries."""
        self._stale.stop()
        self._reading.close()

    def _on_video(self) -> None:
        self._later.clear()
        self._forget_summary()
        self.refresh()

    def _on_changes(self, changes: Changes) -> None:
        per_frame = changes.kinds & ChangeKind.DETECTIONS  # of a running job
        if changes.kinds & ChangeKind.RUNS and not per_frame:
            self.refresh()
        if changes.kinds & (ChangeKind.SPANS | ChangeKind.OBSERVATIONS) and self._open:
            self._stale.start()

    def _forget_summary(self) -> None:
        self._generation += 1
        self._summary, self._asked = None, None

    def _read_again(self) -> None:
        self._generation += 1
        self._asked = None
        self._read_summary()

    def _read_summary(self) -> None:
        session, run = self._document.session, self.present
        if session is None or run is None or run.id == self._asked or self._reading.busy:
            return
        store, generation, self._asked = session.store, self._generation, run.id

        def read(progress: Progress, cancel: CancelToken) -> tuple[int, ProposalSummary]:
            with store.read_snapshot() as reader:
                return generation, propagate.read_summary(reader, run.id)

        self._reading.start("", read)

    def _on_summary(self, answer: tuple[int, ProposalSummary]) -> None:
        if answer[0] == self._generation:  # otherwise it is from another project, or older than an edit
            self._summary = answer[1]
            self.changed.emit()


def _accept_run(session: Session, run: int) -> Changes:
    return accept_proposal(session.store, run)
