"""Run a job's calls of the store on the window's thread, which owns the connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from annotator.model.changes import Changes
from annotator.model.frame import FrameResult
from annotator.session import Session
from annotator.storage.store import Store
from annotator.ui.threads.relay import Relay

T = TypeVar("T")


class Bridge(Relay):
    """A relay for callers that wait for the result."""

    def call(self, function: Callable[[], T]) -> T:
        """Call a function on the bridge's thread; return its result or raise its error."""
        answer: Future[T] = Future()
        self.post(lambda: _answer(function, answer))
        return answer.result()


def _answer(function: Callable[[], T], answer: Future[T]) -> None:
    try:
        answer.set_result(function())
    except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
        answer.set_exception(error)


class _BridgedStore:
    """A store whose methods run on the window's thread, which owns its connection."""

    def __init__(self, store: Store, bridge: Bridge) -> None:
        self._store, self._bridge = store, bridge

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        if not callable(value):
            return value
        return lambda *args, **kwargs: self._bridge.call(lambda: value(*args, **kwargs))


class BridgedSession(Session):
    """A session for a job on another thread. Its reads and writes of the store pass the bridge one at a time."""

    def __init__(self, session: Session, bridge: Bridge) -> None:
        super().__init__(cast(Store, _BridgedStore(session.store, bridge)))
        self._session, self._bridge = session, bridge

    def apply(self, run_id: int, results: FrameResult | Sequence[FrameResult]) -> Changes:
        return self._bridge.call(lambda: self._session.apply(run_id, results))

    def on_store(self, function: Callable[[Store], T]) -> T:
        return self._bridge.call(lambda: self._session.on_store(function))
