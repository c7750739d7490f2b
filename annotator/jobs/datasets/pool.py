"""Track sequences on several devices in parallel: one worker process per device, one sequence at a time.

Each worker has its own pipes to the parent, so a killed worker breaks only its own pipes.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from annotator.errors import Cancelled, UserError
from annotator.jobs.datasets.sequence import Outputs, Task, run_task
from annotator.model.cancel import CancelToken

_STEP_INTERVAL_SECONDS = 0.2
_POLL_INTERVAL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of one sequence."""

    done: int = 0
    total: int = 0
    frames_per_second: float = 0.0
    is_last: bool = False
    """The sequence is tracked and its files are written."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A sequence that could not be tracked."""

    message: str


@dataclass(frozen=True, slots=True)
class _Crashed:
    trace: str


@dataclass(frozen=True, slots=True)
class _LogMessage:
    """A warning logged in a worker."""

    logger: str
    level: int
    text: str


@dataclass(slots=True)
class _Worker:
    """The parent's view of a worker."""

    device: str
    process: SpawnProcess
    messages: Any
    """Connection that sends tasks and receives their progress and results."""
    lifeline: Any
    """Closing this connection stops the worker; it also closes if the parent dies."""
    sequence: str | None = None
    """The current sequence."""


def run_on_devices(tasks: Sequence[Task], outputs: Outputs, devices: Sequence[str], cancel: CancelToken,
                   ) -> Generator[tuple[str, Step | Failed]]:
    """Run all tasks; yields (sequence, progress) from all workers. If a worker dies, only its sequence fails.

    Closing the generator or cancelling stops the workers after their current frame.

    Raises RuntimeError with the worker's traceback if a worker hits a bug.
    """
    todo = deque(tasks)
    workers = [_start(device, outputs) for device in devices[:len(tasks)]]
    try:
        for worker in workers:
            _send_task(worker, todo)
        yield from _receive(workers, todo, cancel)
        if not cancel.cancelled:
            # Tasks remain only if every worker died.
            yield from ((task.sequence.name, Failed("all workers died before it was started")) for task in todo)
    finally:
        for worker in workers:
            worker.lifeline.close()
            worker.messages.close()
        for worker in workers:
            worker.process.join()


def _start(device: str, outputs: Outputs) -> _Worker:
    context = multiprocessing.get_context("spawn")
    messages, worker_messages = context.Pipe()
    worker_lifeline, lifeline = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(device, outputs, worker_messages, worker_lifeline),
                              name=f"benchmark-{device}")
    process.start()
    worker_messages.close()
    worker_lifeline.close()
    return _Worker(device, process, messages, lifeline)


def _send_task(worker: _Worker, todo: deque[Task]) -> None:
    """Send a worker its next task, or None if there are no more."""
    task = todo.popleft() if todo else None
    worker.sequence = None if task is None else task.sequence.name
    with suppress(OSError):  # `_receive` notices a dead worker
        worker.messages.send(task)


def _receive(workers: Sequence[_Worker], todo: deque[Task], cancel: CancelToken,
             ) -> Generator[tuple[str, Step | Failed]]:
    alive = list(workers)
    while alive:
        if cancel.cancelled:
            for worker in alive:
                worker.lifeline.close()
        ready = wait([worker.messages for worker in alive], _POLL_INTERVAL_SECONDS)
        for worker in [each for each in alive if each.messages in ready]:
            name = worker.sequence or ""
            try:
                message = worker.messages.recv()
            except (EOFError, OSError):
                alive.remove(worker)
                if worker.sequence is not None and not cancel.cancelled:
                    yield name, Failed(_death(worker))
                continue
            if isinstance(message, _Crashed):
                raise RuntimeError(f"the benchmark worker on {worker.device} failed at {name}:\n{message.trace}")
            if isinstance(message, _LogMessage):
                logging.getLogger(message.logger).log(message.level, "%s", message.text)
                continue
            yield name, message
            if isinstance(message, Failed) or message.is_last:
                _send_task(worker, todo)


def _death(worker: _Worker) -> str:
    worker.process.join()
    return (f"the worker on {worker.device} died (exit code {worker.process.exitcode}; a common cause is too little "
            "memory)")


class _ParentGone(Exception):
    """The parent process has closed the connection."""


class _ParentLink(logging.Handler):
    """A worker's connection to its parent, usable from any thread; it also forwards logged warnings."""

    def __init__(self, messages: Connection[Any, Any]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages
        self._sending = threading.Lock()

    def task(self) -> Task | None:
        """Wait for the next task; None if there are no more."""
        try:
            task: Task | None = self._messages.recv()
        except (EOFError, OSError) as error:
            raise _ParentGone from error
        return task

    def send(self, message: Step | Failed | _Crashed | _LogMessage) -> None:
        try:
            with self._sending:
                self._messages.send(message)
        except OSError as error:
            raise _ParentGone from error

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        with suppress(_ParentGone):
            self.send(_LogMessage(record.name, record.levelno, record.getMessage()))


def _work(device: str, outputs: Outputs, messages: Connection[Any, Any], lifeline: Connection[Any, Any]) -> None:
    """The main function of a worker process."""
    # The terminal sends Ctrl-C, and SIGHUP when it is closed, to every process; only the parent handles them.
    for name in ("SIGINT", "SIGHUP"):
        if name in signal.Signals.__members__:
            signal.signal(signal.Signals[name], signal.SIG_IGN)
    cancel = CancelToken()
    signal.signal(signal.SIGTERM, lambda *_: cancel.cancel())
    threading.Thread(target=_cancel_with_parent, args=(lifeline, cancel), daemon=True).start()
    parent = _ParentLink(messages)
    logging.basicConfig(handlers=[parent], level=logging.WARNING)
    try:
        while not cancel.cancelled and (task := parent.task()) is not None:
            _run(task, outputs, device, parent, cancel)
    except _ParentGone:
        return
    except Exception:  # noqa: BLE001 - a bug; the parent raises it with this traceback
        with suppress(_ParentGone):
            parent.send(_Crashed(traceback.format_exc()))


def _cancel_with_parent(lifeline: Connection[Any, Any], cancel: CancelToken) -> None:
    """Cancel when the parent closes its end or dies."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    cancel.cancel()


def _run(task: Task, outputs: Outputs, device: str, parent: _ParentLink, cancel: CancelToken) -> None:
    last = 0.0
    try:
        with closing(run_task(task, outputs, device, cancel)) as job:
            for progress in job:
                now = time.monotonic()
                if now - last >= _STEP_INTERVAL_SECONDS or progress.done == progress.total:
                    parent.send(Step(progress.done, progress.total, progress.frames_per_second))
                    last = now
    except Cancelled:
        return
    except UserError as error:
        parent.send(Failed(str(error)))
        return
    if not cancel.cancelled:
        parent.send(Step(is_last=True))
