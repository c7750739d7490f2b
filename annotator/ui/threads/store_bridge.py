"""From the engine's thread to the window's: what a job asks of the store is done where its connection belongs."""

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
    """A relay for callers who wait for the answer."""

    def call(self, function: Callable[[], T]) -> T:
        """What the function returns or raises, run between two events of the bridge's own thread."""
        answer: Future[T] = Future()
        self.post(lambda: _answer(function, answer))
        return answer.result()


def _answer(function: Callable[[], T], answer: Future[T]) -> None:
    try:
        answer.set_result(function())
    except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
        answer.set_exception(error)


class _BridgedStore:
    """A store whose methods run on the window's thread, where its connection belongs."""

    def __init__(self, store: Store, bridge: Bridge) -> None:
        self._store, self._bridge = store, bridge

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        if not callable(value):
            return value
        return lambda *args, **kwargs: self._bridge.call(lambda: value(*args, **kwargs))


class BridgedSession(Session):
    """A session for a job on another thread. Reads and writes of the store go over the bridge, one at a time."""

    def __init__(self, session: Session, bridge: Bridge) -> None:
        super().__init__(cast(Store, _BridgedStore(session.store, bridge)))
        self._session, self._bridge = session, bridge

    def apply(self, run_id: int, results: FrameResult | Sequence[FrameResult]) -> Changes:
        return self._bridge.call(lambda: self._session.apply(run_id, results))

    def on_store(self, function: Callable[[Store], T]) -> T:
        return self._bridge.call(lambda: self._session.on_store(function))
