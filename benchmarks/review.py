"""Measure how many tracking errors the review queue ranks first, and what its suggestions fix.

    python -m benchmarks.review --json

True errors are the identity switches of CLEAR MOT. An error is found if an entry of the queue concerns one of its two
tracks at most 10 frames away. K is the number of true errors of a clip, and each clip's queue is cut at K and at 2K.
``hota_after``: each of the first 2K suggestions is applied if an oracle that knows the ground truth finds that it
raises HOTA. Synthetic clips are held out: `tools.training.fit_review_weights` fitted the weights to other clips.
``--real DIR...`` adds MOTChallenge sequences, tracked with ByteTrack from their det.txt.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from annotator.errors import StorageError
from annotator.evaluation import evaluate_arrays
from annotator.evaluation.errors import identity_switches
from annotator.jobs.review import ranking
from annotator.model.track import VideoRecord
from annotator.review import Entry, Fix
from annotator.session import Session
from annotator.storage.store import Store
from benchmarks.harness.results import emit, environment, progress
from benchmarks.scenarios.tracked_clips import (
    Tracked,
    boxes_of,
    cached,
    is_found,
    make_queue,
    one_thread,
    store_results,
    track_sequence,
)
from testbed.synthetic_clips import CONDITIONS

#: First seed of the held-out clips. Seeds from 5000 on are used for the weights, from 7000 on for `benchmarks.effort`,
#: and those above a million for training models.
FIRST_SEED = 1000


@dataclass
class Outcome:
    """Sums over clips."""

    errors: int = 0
    entries: int = 0
    found_at_k: int = 0
    found_at_2k: int = 0
    found: int = 0
    applied: int = 0
    hota_before: list[float] = field(default_factory=list)
    hota_after: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def __iadd__(self, other: Outcome) -> Outcome:
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))
        return self

    def to_json(self) -> dict[str, Any]:
        return {"errors": self.errors, "entries": self.entries,
                "recall_at_k": _share(self.found_at_k, self.errors),
                "recall_at_2k": _share(self.found_at_2k, self.errors), "recall": _share(self.found, self.errors),
                "applied": self.applied, "hota_before": _mean(self.hota_before), "hota_after": _mean(self.hota_after),
                "clips": len(self.hota_before)}


def assess(tracked: Tracked, folder: Path, outcome: Outcome, fixes: bool = True) -> None:
    """Compare the queue of one clip with its true errors."""
    with Session(Store.open(store_results(folder, tracked))) as session:
        video = session.store.video()
        errors = identity_switches(tracked.truth, boxes_of(session, video))
        queue = make_queue(session, video, tracked.images)
        count = len(errors)
        outcome.errors += count
        outcome.entries += len(queue.entries)
        at_2k = [is_found(error, queue.entries[:2 * count]) for error in errors]
        outcome.found_at_k += sum(is_found(error, queue.entries[:count]) for error in errors)
        outcome.found_at_2k += sum(at_2k)
        outcome.found += sum(is_found(error, queue.entries) for error in errors)
        outcome.missed += [f"{tracked.name}: {error}" for error, hit in zip(errors, at_2k, strict=True) if not hit]
        before = score(session, video, tracked)
        outcome.hota_before.append(before)
        outcome.hota_after.append(apply_where_right(session, video, tracked, queue.entries[:2 * count], before, outcome)
                                  if fixes else before)


def apply_where_right(session: Session, video: VideoRecord, tracked: Tracked, entries: Sequence[Entry],
                      score_now: float, outcome: Outcome) -> float:
    """Apply suggestions that raise HOTA; undo the others. Returns the final HOTA."""
    for entry in entries:
        if entry.suggestion.fix in (Fix.FINE, Fix.PROMPT):
            continue
        try:
            ranking.apply_fix(session, video, entry)
        except StorageError:
            continue  # an earlier fix has removed one of the entry's tracks
        after = score(session, video, tracked)
        if after > score_now:
            score_now, outcome.applied = after, outcome.applied + 1
        else:
            session.undo()
    return score_now


def score(session: Session, video: VideoRecord, tracked: Tracked) -> float:
    return evaluate_arrays(tracked.truth, boxes_of(session, video)).hota


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 2) if values else None


@dataclass(frozen=True, slots=True)
class _Job:
    """One clip, given by condition and seed or by a folder."""

    condition: str = ""
    seed: int = 0
    frames: int = 0
    cache: Path | None = None
    folder: Path | None = None
    fixes: bool = True


def _run(job: _Job) -> tuple[str, Outcome]:
    outcome = Outcome()
    tracked = track_sequence(job.folder) if job.folder is not None else cached(
        job.cache, job.condition, job.seed, job.frames)
    with tempfile.TemporaryDirectory(prefix="annotator-review-") as name:
        assess(tracked, Path(name), outcome, job.fixes)
    return tracked.name, outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=7, help="synthetic clips per condition")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--cache", type=Path, help="folder that keeps tracked clips between runs; valid only for the "
                        "same models")
    parser.add_argument("--real", type=Path, nargs="*", default=[], metavar="DIR", help="MOTChallenge sequences with "
                        "gt/ and det/, tracked with ByteTrack")
    parser.add_argument("--no-fixes", action="store_true", help="skip HOTA after fixes")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    began = time.monotonic()
    synthetic = [_Job(condition, FIRST_SEED + k, args.frames, args.cache, fixes=not args.no_fixes)
                 for k in range(args.clips) for condition in args.conditions.split(",")]
    outcomes = {False: Outcome(), True: Outcome()}
    with ProcessPoolExecutor(args.processes, mp_context=get_context("spawn"), initializer=one_thread) as pool:
        jobs = [*synthetic, *(_Job(folder=folder, fixes=not args.no_fixes) for folder in args.real)]
        for job, (name, outcome) in zip(jobs, pool.map(_run, jobs), strict=True):
            real = job.folder is not None
            outcomes[real] += outcome
            progress(f"{name}: {outcomes[real].to_json()}")
    for line in [*outcomes[False].missed, *outcomes[True].missed]:
        progress(f"not in the first 2K: {line}")
    emit({"synthetic": outcomes[False].to_json(), "real": outcomes[True].to_json(),
          "seconds": round(time.monotonic() - began, 1), "environment": environment()})


if __name__ == "__main__":
    main()
