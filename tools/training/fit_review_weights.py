"""Fit the weights of the review queue's ranking, to be run again when the built-in models change.

    python -m tools.training.fit_review_weights --write

Clips that no benchmark uses are tracked with the built-in models. Each odd moment that the queue finds in them is an
example: its kind, its strength, and whether an identity switch of one of its tracks lies at most 10 frames away. Bias
and slope of each kind are what makes these examples most likely, with a weak pull towards `PRIOR`, so that the result
depends on the clips and models alone and not on the weights that were there before. Kinds with too few examples, and
those that identity switches say nothing of, keep their values. ``--write`` puts the new ones into
`annotator/review/weights.py`.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from annotator.evaluation.errors import identity_switches
from annotator.review import Entry, Kind
from annotator.review import weights as present
from annotator.session import Session
from annotator.storage.store import Store
from benchmarks.harness.results import progress
from benchmarks.scenarios.tracked_clips import boxes_of, cached, is_found, make_queue, one_thread, store_results
from testbed.synthetic_clips import CONDITIONS

FIRST_SEED = 5000
#: Bias and slope that a kind without examples would have: an odd moment is rarely an error, a very odd one mostly.
PRIOR = (-1.5, 3.0)
#: What the pull is worth: so many examples, about.
_PULL = 0.5
#: Fewer of either, and a kind keeps its weight.
LEAST_EXAMPLES, LEAST_ERRORS = 20, 5
#: A missed object and a cut are no identity switches.
BY_HAND = frozenset({Kind.MISSING, Kind.CUT})


@dataclass(frozen=True, slots=True)
class Example:
    """One odd moment."""

    kind: Kind
    strength: float
    error: bool


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the examples of a kind say."""

    bias: float
    slope: float
    examples: int
    errors: int
    kept: bool = False
    """Too few examples: the present weight."""


def fit(examples: Iterable[Example]) -> dict[Kind, Fitted]:
    """A weight for each kind that is not by hand."""
    known = list(examples)
    fitted = {}
    for kind in Kind:
        if kind in BY_HAND:
            continue
        mine = [example for example in known if example.kind is kind]
        errors = sum(example.error for example in mine)
        if len(mine) < LEAST_EXAMPLES or errors < LEAST_ERRORS:
            weight = present.WEIGHTS[kind]
            fitted[kind] = Fitted(weight.bias, weight.slope, len(mine), errors, kept=True)
            continue
        bias, slope = _most_likely(mine)
        fitted[kind] = Fitted(round(bias, 2), round(slope, 2), len(mine), errors)
    return fitted


def _most_likely(examples: Sequence[Example]) -> tuple[float, float]:
    """Bias and slope; the slope is not negative, since a strength that speaks against an error would be none."""
    from scipy.optimize import minimize

    strength = np.array([example.strength for example in examples])
    error = np.array([example.error for example in examples], float)
    prior = np.array(PRIOR)

    def loss(weight: Any) -> float:
        z = weight[0] + weight[1] * strength
        return float(np.sum(np.logaddexp(0, z) - error * z) + _PULL / 2 * np.sum((weight - prior) ** 2))

    bias, slope = minimize(loss, prior, bounds=[(None, None), (0, None)]).x
    return float(bias), float(slope)


def rewritten(source: str, fitted: dict[Kind, Fitted]) -> str:
    """The text of `annotator/review/weights.py` with these numbers. Raises ValueError if a kind has no line there."""
    for kind, weight in fitted.items():
        line = re.compile(rf"^(    Kind\.{kind.name}: Weight\()[^)]*\)", re.MULTILINE)
        source, count = line.subn(rf"\g<1>{weight.bias}, {weight.slope})", source)
        if count != 1:
            raise ValueError(f"weights.py has {count} lines for {kind.name}; expected one")
    return source


def _examples(job: tuple[Path | None, str, int, int]) -> list[Example]:
    tracked = cached(*job)
    with tempfile.TemporaryDirectory(prefix="annotator-fit-") as name, \
            Session(Store.open(store_results(Path(name), tracked))) as session:
        video = session.store.video()
        errors = identity_switches(tracked.truth, boxes_of(session, video))
        queue = make_queue(session, video, tracked.images)
        return [Example(moment.kind, moment.strength,
                        any(is_found(error, [Entry((moment,), 0.0)]) for error in errors))
                for entry in queue.entries for moment in entry.moments]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=7, help="of each condition")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="folder that keeps tracked clips between runs, for one and the same "
                        "models only")
    parser.add_argument("--write", action="store_true", help="put the new weights into annotator/review/weights.py")
    args = parser.parse_args()
    began = time.monotonic()
    jobs = [(args.cache, condition, FIRST_SEED + k, args.frames) for k in range(args.clips) for condition in CONDITIONS]
    found: list[Example] = []
    with ProcessPoolExecutor(args.processes, mp_context=get_context("spawn"), initializer=one_thread) as pool:
        for job, examples in zip(jobs, pool.map(_examples, jobs), strict=True):
            found += examples
            progress(f"{job[1]} {job[2]}: {len(found)} moments, {sum(each.error for each in found)} of them errors")
    fitted = fit(found)
    if args.write:
        path = Path(present.__file__)
        path.write_text(rewritten(path.read_text(encoding="utf-8"), fitted), encoding="utf-8")
    print(json.dumps({"weights": {kind.value: {"bias": each.bias, "slope": each.slope, "examples": each.examples,
                                               "errors": each.errors, "kept": each.kept}
                                  for kind, each in fitted.items()},
                      "examples": len(found), "clips": len(jobs), "seconds": round(time.monotonic() - began, 1)}))


if __name__ == "__main__":
    main()
