"""Sequences on several devices at once: one worker process per device, which does one sequence after the other.

Parent and worker talk through pipes of their own, so a worker that is killed breaks nothing but its own pipe.
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

_SECONDS_BETWEEN_STEPS = 0.2
_SECONDS_BETWEEN_LOOKS = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """How far a sequence is."""

    done: int = 0
    total: int = 0
    frames_per_second: float = 0.0
    is_last: bool = False
    """The sequence is finished, files and all."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A sequence cannot be done."""

    message: str


@dataclass(frozen=True, slots=True)
class _Crashed:
    trace: str


@dataclass(frozen=True, slots=True)
class _Said:
    """A worker's warning."""

    logger: str
    level: int
    text: str


@dataclass(slots=True)
class _Worker:
    """A worker as its parent sees it."""

    device: str
    process: SpawnProcess
    talk: Any
    """Tasks go out, what becomes of them comes in."""
    life: Any
    """Closed to stop the worker; also closed by the parent's death."""
    sequence: str | None = None
    """The one it is at."""


def run_on_devices(tasks: Sequence[Task], outputs: Outputs, devices: Sequence[str], cancel: CancelToken,
                   ) -> Generator[tuple[str, Step | Failed]]:
    """Do all tasks; yields (sequence, how far it is) from all workers. A worker that dies fails its sequence only.

    Closing the generator or cancelling stops the workers at a frame's end.

    Raises RuntimeError with a worker's traceback if there is a bug.
    """
    todo = deque(tasks)
    workers = [_start(device, outputs) for device in devices[:len(tasks)]]
    try:
        for worker in workers:
            _give(worker, todo)
        yield from _listen(workers, todo, cancel)
        if not cancel.cancelled:
            # Where every worker died, nobody is left to take these.
            yield from ((task.sequence.name, Failed("no worker is left to do it")) for task in todo)
    finally:
        for worker in workers:
            worker.life.close()
            worker.talk.close()
        for worker in workers:
            worker.process.join()


def _start(device: str, outputs: Outputs) -> _Worker:
    context = multiprocessing.get_context("spawn")
    talk, their_talk = context.Pipe()
    their_life, life = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(device, outputs, their_talk, their_life), name=f"benchmark-{device}")
    process.start()
    their_talk.close()
    their_life.close()
    return _Worker(device, process, talk, life)


def _give(worker: _Worker, todo: deque[Task]) -> None:
    """Hand a worker its next sequence, or the sign that there is none."""
    task = todo.popleft() if todo else None
    worker.sequence = None if task is None else task.sequence.name
    with suppress(OSError):  # a worker that has died is noticed when it is listened to
        worker.talk.send(task)


def _listen(workers: Sequence[_Worker], todo: deque[Task], cancel: CancelToken,
            ) -> Generator[tuple[str, Step | Failed]]:
    alive = list(workers)
    while alive:
        if cancel.cancelled:
            for worker in alive:
                worker.life.close()
        ready = wait([worker.talk for worker in alive], _SECONDS_BETWEEN_LOOKS)
        for worker in [each for each in alive if each.talk in ready]:
            name = worker.sequence or ""
            try:
                what = worker.talk.recv()
            except (EOFError, OSError):
                alive.remove(worker)
                if worker.sequence is not None and not cancel.cancelled:
                    yield name, Failed(_death(worker))
                continue
            if isinstance(what, _Crashed):
                raise RuntimeError(f"the benchmark worker on {worker.device} failed at {name}:\n{what.trace}")
            if isinstance(what, _Said):
                logging.getLogger(what.logger).log(what.level, "%s", what.text)
                continue
            yield name, what
            if isinstance(what, Failed) or what.is_last:
                _give(worker, todo)


def _death(worker: _Worker) -> str:
    worker.process.join()
    return (f"the worker on {worker.device} died (exit code {worker.process.exitcode}; often there is too little "
            "memory)")


class _ParentGone(Exception):
    """Nobody listens any more."""


class _Line(logging.Handler):
    """A worker's way to its parent, from any of its threads; takes warnings of the program as well."""

    def __init__(self, talk: Connection[Any, Any]) -> None:
        super().__init__(logging.WARNING)
        self._talk = talk
        self._one_at_a_time = threading.Lock()

    def task(self) -> Task | None:
        """The next sequence; None if there is none."""
        try:
            task: Task | None = self._talk.recv()
        except (EOFError, OSError) as error:
            raise _ParentGone from error
        return task

    def tell(self, what: Step | Failed | _Crashed | _Said) -> None:
        try:
            with self._one_at_a_time:
                self._talk.send(what)
        except OSError as error:
            raise _ParentGone from error

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        with suppress(_ParentGone):
            self.tell(_Said(record.name, record.levelno, record.getMessage()))


def _work(device: str, outputs: Outputs, talk: Connection[Any, Any], life: Connection[Any, Any]) -> None:
    """The body of a worker process."""
    # Ctrl-C reaches every process of the terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cancel = CancelToken()
    signal.signal(signal.SIGTERM, lambda *_: cancel.cancel())
    threading.Thread(target=_watch, args=(life, cancel), daemon=True).start()
    line = _Line(talk)
    logging.basicConfig(handlers=[line], level=logging.WARNING)
    try:
        while not cancel.cancelled and (task := line.task()) is not None:
            _do(task, outputs, device, line, cancel)
    except _ParentGone:
        return
    except Exception:  # noqa: BLE001 - a bug, which the parent raises with this traceback
        with suppress(_ParentGone):
            line.tell(_Crashed(traceback.format_exc()))


def _watch(life: Connection[Any, Any], cancel: CancelToken) -> None:
    """Cancel when the parent closes its end, or is gone."""
    with suppress(EOFError, OSError):
        life.recv()
    cancel.cancel()


def _do(task: Task, outputs: Outputs, device: str, line: _Line, cancel: CancelToken) -> None:
    last = 0.0
    try:
        with closing(run_task(task, outputs, device, cancel)) as job:
            for progress in job:
                now = time.monotonic()
                if now - last >= _SECONDS_BETWEEN_STEPS or progress.done == progress.total:
                    line.tell(Step(progress.done, progress.total, progress.frames_per_second))
                    last = now
    except Cancelled:
        return
    except UserError as error:
        line.tell(Failed(str(error)))
        return
    if not cancel.cancelled:
        line.tell(Step(is_last=True))
