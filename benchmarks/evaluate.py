"""Measure the time and memory of scoring many tracks in a long video.

``python -m benchmarks.evaluate --tracks 10000 --frames 200000 --json``: ``annotator.evaluation.evaluate`` on two
MOTChallenge files, the result with identity switches, misses and false positives. Each track is visible in a part of
the video, and ``--visible`` of them are visible in a frame. A smaller pair is also scored by TrackEval itself;
``equal_to_trackeval_on_small`` says whether all numbers agree.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotator.evaluation.files import evaluate
from annotator.evaluation.scores import Scores
from benchmarks.harness.memory import peak_mb
from benchmarks.harness.results import emit, environment, progress

_SIZE = 20
_SMALL = (60, 400)
_BLOCK = 2000
_Answer = tuple[float, float, float, dict[str, Any]]
"""Seconds, processor seconds, peak memory in MB, scores."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Boxes that move through a wide picture, replaced one after the other."""

    tracks: int
    frames: int
    visible: int

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write ``gt.txt`` and ``result.txt``; return their paths."""
        gt, result = folder / "gt.txt", folder / "result.txt"
        rng = np.random.default_rng(0)
        with gt.open("w", encoding="ascii") as truth, result.open("w", encoding="ascii") as found:
            for first in range(0, self.frames, _BLOCK):
                frame, number, left, top = self._boxes(first, min(first + _BLOCK, self.frames))
                _write(truth, frame, number, left, top)
                kept = rng.random(len(frame)) < 0.95
                # From its middle on, every tenth track continues under the number of its neighbor.
                swapped = (number % 10 == 0) & (self._age(frame, number) > self._life // 2)
                shift = rng.normal(0, 2, (2, len(frame)))
                _write(found, frame[kept], (number + swapped * (self.tracks + 1))[kept],
                       (left + shift[0])[kept], (top + shift[1])[kept])
        return gt, result

    @property
    def _life(self) -> int:
        return max(self.frames * self.visible // self.tracks, 1)

    def _age(self, frame: Any, number: Any) -> Any:
        return frame - (number - 1) * self.frames // self.tracks

    def _boxes(self, first: int, end: int) -> tuple[Any, Any, Any, Any]:
        number = np.arange(1, self.tracks + 1)
        begun = (number - 1) * self.frames // self.tracks
        near = number[(begun < end) & (begun + self._life > first)]
        frame, number = (part.ravel() for part in np.meshgrid(np.arange(first, end), near, indexing="ij"))
        age = self._age(frame, number)
        there = (age >= 0) & (age < self._life)
        frame, number, age = frame[there], number[there], age[there]
        return frame, number, number * 7 % 400 + age % 300, number % 5 * (_SIZE - 4)


def _write(file: Any, frame: Any, number: Any, left: Any, top: Any) -> None:
    file.writelines(f"{a + 1},{b},{x:.2f},{y:.2f},{_SIZE},{_SIZE},1,1,1\n" for a, b, x, y in zip(
        frame.tolist(), number.tolist(), left.tolist(), top.tolist(), strict=True))


def equal_on_small(folder: Path) -> bool:
    """Whether TrackEval's own evaluation of a smaller pair gives the same numbers."""
    from trackeval.metrics import CLEAR, HOTA, Identity

    gt, result = Scene(*_SMALL, visible=8).write(folder)
    ours = evaluate(gt, result).combined
    data = _trackeval_data(gt, result, _SMALL[1])
    config = {"PRINT_CONFIG": False}
    theirs = Scores.from_raw({"HOTA": HOTA().eval_sequence(data), "CLEAR": CLEAR(config).eval_sequence(data),
                              "Identity": Identity(config).eval_sequence(data)})
    mine, other = ours.to_json(), theirs.to_json()
    progress(f"HOTA {ours.hota:.3f}, IDF1 {ours.idf1:.3f}, MOTA {ours.mota:.3f}, {ours.idsw} switches")
    return all(np.isclose(mine[name] or 0, other[name] or 0, rtol=1e-12, atol=0) for name in mine)


def _trackeval_data(gt: Path, result: Path, frames: int) -> dict[str, Any]:
    from trackeval.datasets._base_dataset import _BaseDataset

    sides = [np.loadtxt(path, delimiter=",", ndmin=2) for path in (gt, result)]
    known = [np.unique(side[:, 1]) for side in sides]
    parts = [[side[side[:, 0] == frame + 1] for frame in range(frames)] for side in sides]
    ids = [[np.searchsorted(names, part[:, 1]) for part in side] for names, side in zip(known, parts, strict=True)]
    return {
        "num_timesteps": frames, "gt_ids": ids[0], "tracker_ids": ids[1], "num_gt_ids": len(known[0]),
        "num_tracker_ids": len(known[1]), "num_gt_dets": len(sides[0]), "num_tracker_dets": len(sides[1]),
        "similarity_scores": [_BaseDataset._calculate_box_ious(a[:, 2:6], b[:, 2:6], box_format="xywh")
                              for a, b in zip(*parts, strict=True)]}


def _measure(gt: Path, result: Path, answer: multiprocessing.SimpleQueue[_Answer]) -> None:
    start, processor = time.perf_counter(), time.process_time()
    scores = evaluate(gt, result).combined
    answer.put((time.perf_counter() - start, time.process_time() - processor, peak_mb(), scores.to_json()))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=10_000)
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--visible", type=int, default=10, help="tracks in each frame")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end (always done)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        equal = equal_on_small(Path(folder))
        gt, result = Scene(args.tracks, args.frames, args.visible).write(Path(folder))
        progress(f"{gt.stat().st_size / 2**20:.0f} MB of ground truth written; measuring")
        answer: multiprocessing.SimpleQueue[_Answer] = (
            multiprocessing.get_context("spawn").SimpleQueue())
        process = multiprocessing.get_context("spawn").Process(target=_measure, args=(gt, result, answer))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit("scoring failed")
        seconds, processor, peak, scores = answer.get()
    emit({"seconds": round(seconds, 1), "processor_seconds": round(processor, 1), "peak_mb": round(peak, 1),
          "equal_to_trackeval_on_small": bool(equal),
          "tracks": args.tracks, "frames": args.frames, "scores": scores, "environment": environment()})


if __name__ == "__main__":
    main()
