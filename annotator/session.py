"""The open project that jobs and views share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

from annotator.model.changes import Changes
from annotator.model.frame import FrameResult
from annotator.storage.history.journal import HistoryStep
from annotator.storage.store import Listener, Store

T = TypeVar("T")


class Session:
    """A store and the operations on it: store results, undo and redo steps, notify listeners."""

    def __init__(self, store: Store) -> None:
        self.store = store
        """The single source of truth; query it directly."""

    def apply(self, run_id: int, results: FrameResult | Sequence[FrameResult]) -> Changes:
        """Store a run's results for one frame, or for several frames in one transaction.

        Raises:
            Cancelled: the run was undone or cancelled in the meantime.
        """
        return self.store.write_frames(run_id, [results] if isinstance(results, FrameResult) else results)

    def on_store(self, function: Callable[[Store], T]) -> T:
        """Call a function on the store's thread; return its result or raise its exception."""
        return function(self.store)

    def undo(self) -> HistoryStep | None:
        """Undo the newest step and return it, or None if there is nothing to undo."""
        return self.store.undo()

    def redo(self) -> HistoryStep | None:
        """Redo the step that was undone last and return it, or None if there is nothing to redo."""
        return self.store.redo()

    def history(self) -> list[HistoryStep]:
        """Return all steps, oldest first."""
        return self.store.history()

    def listen(self, callback: Listener) -> Callable[[], None]:
        """Call ``callback`` after each commit. Returns a function that unsubscribes it."""
        return self.store.listen(callback)

    def close(self) -> None:
        """Close the project."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
