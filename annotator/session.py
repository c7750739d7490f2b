"""An open project: what jobs and views hold on to."""

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
    """A store and what happens to it: results come in, steps go back and forth, listeners hear of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        """Ask it directly; it owns the truth."""

    def apply(self, run_id: int, results: FrameResult | Sequence[FrameResult]) -> Changes:
        """Store what a run found in one frame, or in some frames at once.

        Raises:
            Cancelled: the run was undone or cancelled meanwhile.
        """
        return self.store.write_frames(run_id, [results] if isinstance(results, FrameResult) else results)

    def on_store(self, function: Callable[[Store], T]) -> T:
        """What a function of the store returns or raises, called on the thread that the store belongs to."""
        return function(self.store)

    def undo(self) -> HistoryStep | None:
        """Take back the newest step; None if there is nothing."""
        return self.store.undo()

    def redo(self) -> HistoryStep | None:
        """Bring back what was undone last; None if there is nothing."""
        return self.store.redo()

    def history(self) -> list[HistoryStep]:
        """All steps, oldest first."""
        return self.store.history()

    def listen(self, callback: Listener) -> Callable[[], None]:
        """Call back after each commit. Returns a function that ends it."""
        return self.store.listen(callback)

    def close(self) -> None:
        """Close the project."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
