"""Two processes that create the same project at the same time, round after round: no video that one of them was told
to be stored may be missing afterwards.

    python -m tools.stress.create_projects --rounds 1000
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from annotator.errors import StorageError
from annotator.jobs.project import open_or_create
from annotator.storage.store import Store

_PROCESSES = 2
_PATIENCE_S = 60.0


@dataclass(slots=True)
class Report:
    """The outcome of all rounds."""

    rounds: int = 0
    added: int = 0
    """Videos that a process was told to be stored."""
    refused: int = 0
    """Attempts that were told that the project is open elsewhere."""
    shared: int = 0
    """Rounds in which both processes added their video, one after the other."""
    lost: list[str] = field(default_factory=list)
    """Videos that are missing, projects that are damaged, files that were left."""
    seconds: float = 0.0


def race(folder: Path, rounds: int) -> Report:
    """Run the rounds in a folder."""
    began, report = time.monotonic(), Report()
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(_PROCESSES)]
    workers = [context.Process(target=_work, args=(theirs, f"video-{number}"), daemon=True)
               for number, (_, theirs) in enumerate(pipes)]
    for worker in workers:
        worker.start()
    ours = [mine for mine, _ in pipes]
    for pipe in ours:
        _receive(pipe)  # ready
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir()
        start = time.monotonic() + 0.002
        for pipe in ours:
            pipe.send((str(place / "p.annot"), start))
        _judge(place, [_receive(pipe) for pipe in ours], report)
    for pipe in ours:
        pipe.send(None)
    for worker in workers:
        worker.join(_PATIENCE_S)
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _receive(pipe: Connection) -> str:
    if not pipe.poll(_PATIENCE_S):
        raise TimeoutError("a process does not answer")
    return str(pipe.recv())


def _work(pipe: Connection, name: str) -> None:
    pipe.send("ready")
    while (task := pipe.recv()) is not None:
        path, start = task
        while time.monotonic() < start:
            pass
        try:
            with open_or_create(Path(path)) as session:
                session.store.add_video(name, f"{name}.mp4", 640, 480, 10, 25.0, name)
            pipe.send(name)
        except StorageError as error:
            pipe.send(f"{type(error).__name__}: {error}")


def _judge(place: Path, answers: Sequence[str], report: Report) -> None:
    told = {answer for answer in answers if answer.startswith("video-")}
    report.rounds += 1
    report.added += len(told)
    report.shared += len(told) == _PROCESSES
    report.refused += sum(answer.startswith("ProjectBusyError") for answer in answers)
    report.lost += [f"{place.name}: {answer}" for answer in answers
                    if answer not in told and not answer.startswith("ProjectBusyError")]
    try:
        with Store.open(place / "p.annot") as store:
            store.check()
            found = {video.name for video in store.videos()}
    except StorageError as error:
        report.lost.append(f"{place.name}: {error}")
        return
    report.lost += [f"{place.name}: {name} is missing" for name in sorted(told - found)]
    report.lost += [f"{place.name}: {entry.name} was left" for entry in place.iterdir() if entry.name != "p.annot"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report as JSON; the status is 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = race(Path(folder), args.rounds)
    print(json.dumps(asdict(report), indent=1))
    return 1 if report.lost else 0


if __name__ == "__main__":
    sys.exit(main())
