"""Mean scores of tracks, read a few at a time when the event loop is idle."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.model.changes import ChangeKind, Changes
from annotator.ui.document.document import Document

#: Tracks read per turn of the event loop, and milliseconds without new boxes until all are read again.
AT_ONCE, QUIET = 8, 2000


class MeanScores(QObject):
    """A cache of mean scores that reads missing ones itself."""

    updated = Signal()
    """All requested scores have been read."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self._known: dict[int, float | None] = {}
        self._wanted: dict[int, None] = {}
        self._reading = QTimer(self, singleShot=True, interval=0)
        self._reading.timeout.connect(self._read)
        # While a job writes boxes frame by frame, every mean would be outdated before it is shown.
        self._quiet = QTimer(self, singleShot=True, interval=QUIET)
        self._quiet.timeout.connect(self._read_all_again)
        document.video_changed.connect(self._forget)
        document.changed.connect(self._on_changes)

    def get(self, track: int) -> float | None:
        """Return the mean score of a track; None if it has none, or if it is not known yet and will be read."""
        if track not in self._known:
            self._want((track,))
        return self._known.get(track)

    def is_known(self, track: int) -> bool:
        """Return whether the score of a track has been read."""
        return track in self._known

    def _want(self, tracks: Iterable[int]) -> None:
        self._wanted.update(dict.fromkeys(tracks))
        if self._wanted and not self._reading.isActive():
            self._reading.start()

    def _forget(self) -> None:
        self._known.clear()
        self._wanted.clear()
        self._quiet.stop()

    def _read_all_again(self) -> None:
        self._want(self._known)

    def _on_changes(self, changes: Changes) -> None:
        if not changes.kinds & (ChangeKind.OBSERVATIONS | ChangeKind.SPANS):
            return
        if changes.tracks:
            self._want(changes.tracks & self._known.keys())
        else:
            self._quiet.start()

    def _read(self) -> None:
        session = self._document.session
        if session is None:
            return
        chosen = list(self._wanted)[:AT_ONCE]
        found: dict[int, float] = self._document.read(lambda: session.store.mean_scores(chosen), {})
        for track in chosen:
            del self._wanted[track]
            self._known[track] = found.get(track)
        if self._wanted:
            self._reading.start()
        else:
            self.updated.emit()
