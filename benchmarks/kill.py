"""Kill a pre-annotation at random moments and check that nothing is lost and the resumed run gives the same result.

    python -m benchmarks.kill --kills 50 --json

Each kill is a SIGKILL at a moment drawn uniformly over the duration of an undisturbed run, including model loading; the
first comes immediately, and every fifth as soon as an engine snapshot appears. Afterwards the project must open and
pass its integrity check, and the resumed run must end with the tracks, boxes, masks and detections of the undisturbed
run.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from annotator.errors import StorageError
from annotator.model.track import RunStatus
from annotator.storage.store import Store
from benchmarks.harness.results import emit, environment, progress
from testbed.project_digest import project_digests
from testbed.synthetic_clips import ClipSpec, make_clip
from testbed.videos import write_video

ROOT = Path(__file__).parents[1]
SPEC = ClipSpec(width=240, height=180, objects=(3, 4), exits=0.0)
SEED = 7
#: Frequent snapshots, so that most kills fall between two of them.
CONFIG = "snapshot_every: 3\ndetector: tiny-detector\nsegmenter: tiny-sam2-drawn\ndevice: cpu\n"
#: One in this many kills is aimed at the writing of a snapshot.
AIMED = 5
#: Fraction of kills after which the resumed run is killed once too.
AGAIN = 0.2
_TIMEOUT = 600.0


@dataclass(slots=True)
class Outcome:
    """Counts of what happened after the kills."""

    kills: int = 0
    opened: int = 0
    """Projects that opened, and kills before a project existed."""
    integrity_ok: int = 0
    resumed: int = 0
    """Runs that finished afterwards."""
    identical: int = 0
    killed_again: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    """States of the runs when they were killed."""
    failures: list[str] = field(default_factory=list)


class Bench:
    """One clip, its undisturbed result, and its killed runs."""

    def __init__(self, folder: Path, frames: int = 60, seed: int = 0, rounds: int = 2) -> None:
        self.folder = folder
        self.clip = folder / "clip.mp4"
        self.config = folder / "config.yml"
        write_video(make_clip(replace(SPEC, frames=frames), SEED), self.clip)
        self.config.write_text(CONFIG)
        self._random = random.Random(seed)
        self._rounds = rounds
        self.outcome = Outcome()
        self.duration = 0.0
        self.expected: dict[str, str] = {}

    def undisturbed(self) -> None:
        """Run to the end; twice by default, because the first run has cold file caches and takes longer."""
        for number in range(self._rounds):
            project = self.folder / f"undisturbed-{number}" / "p.annot"
            project.parent.mkdir()
            began = time.monotonic()
            self.run_to_end(project, resume=False)
            self.duration = time.monotonic() - began
            self.expected = project_digests(project)

    def kill_once(self, number: int) -> None:
        """Kill one run, check the project, and resume the run to its end."""
        outcome = self.outcome
        project = self.folder / f"kill-{number}" / "p.annot"
        project.parent.mkdir()
        self.kill(project, resume=False, aimed=number % AIMED == AIMED - 1, immediately=number == 0)
        outcome.kills += 1
        state = self.check(project, count=True)
        outcome.phases[state] += 1
        if state == "damaged":
            return
        if self._random.random() < AGAIN and state == "running":
            self.kill(project, resume=True)
            outcome.killed_again += 1
            state = self.check(project, count=False)
        if state != "finished":
            self.run_to_end(project, resume=state == "running")
        outcome.resumed += 1
        found = project_digests(project)
        if found == self.expected:
            outcome.identical += 1
            return
        different = [name for name in self.expected if found.get(name) != self.expected[name]]
        outcome.failures.append(f"kill {number} ({state}): {', '.join(different)} differ")

    def check(self, project: Path, count: bool) -> str:
        """Open a killed run's project. Returns "no project", "no run", "running", "finished" or "damaged"."""
        outcome = self.outcome
        if not project.exists():
            outcome.opened += count
            outcome.integrity_ok += count
            return "no project"
        try:
            with Store.open(project) as store:
                outcome.opened += count
                store.check()
                outcome.integrity_ok += count
                runs = store.runs()
        except StorageError as error:
            outcome.failures.append(str(error))
            return "damaged"
        if not runs:
            return "no run"
        return "finished" if runs[-1].status is RunStatus.FINISHED else "running"

    def kill(self, project: Path, resume: bool, aimed: bool = False, immediately: bool = False) -> None:
        """Start a run and kill it unless it finishes first."""
        process = self._start(project, resume)
        if aimed:
            _wait_for(process, lambda: any(project.parent.glob("*.snapshot*")))
        elif not immediately:
            deadline = time.monotonic() + self._random.uniform(0, self.duration)
            _wait_for(process, lambda: time.monotonic() >= deadline)
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()

    def run_to_end(self, project: Path, resume: bool) -> None:
        """Run or resume to the end. Raises RuntimeError if the run fails."""
        process = self._start(project, resume)
        _, errors = process.communicate(timeout=_TIMEOUT)
        if process.returncode:
            raise RuntimeError(f"the run ended with status {process.returncode}: {errors.decode()}")

    def arguments(self, project: Path, resume: bool) -> list[str]:
        """Return the arguments of ``annotator``."""
        return ["preannotate", str(self.clip), "--project", str(project), "--config", str(self.config), "--quiet",
                *(["--resume"] if resume else [])]

    def _start(self, project: Path, resume: bool) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "annotator", *self.arguments(project, resume)]
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))})


def _wait_for(process: subprocess.Popen[bytes], happened: Callable[[], bool]) -> None:
    while process.poll() is None and not happened():
        time.sleep(0.0005)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--frames", type=int, default=60, help="frames of the clip")
    parser.add_argument("--seed", type=int, default=0, help="seed of the kill times")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="annotator-kill-") as folder:
        bench = Bench(Path(folder), args.frames, args.seed)
        bench.undisturbed()
        progress(f"an undisturbed run takes {bench.duration:.1f} s")
        for number in range(args.kills):
            bench.kill_once(number)
            progress(f"kill {number + 1} of {args.kills}: {bench.outcome}")
    outcome = bench.outcome
    result = {"kills": outcome.kills, "opened": outcome.opened, "integrity_ok": outcome.integrity_ok,
              "resumed": outcome.resumed, "identical": outcome.identical, "killed_again": outcome.killed_again,
              "phases": dict(outcome.phases), "run_seconds": round(bench.duration, 2), "failures": outcome.failures,
              "seconds": round(time.monotonic() - began, 1), "environment": environment()}
    if args.json:
        emit(result)
        return
    for key, value in result.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    main()
