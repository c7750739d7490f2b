"""Measure the tiny detector on clips that its training never saw.

    python -m tools.training.evaluate_tiny_detector resources/models/tiny-detector.pt --json

For each condition of the tracking benchmark, over the clips of all seeds together: average precision at IoU 0.5 and
0.75 (area under the interpolated precision-recall curve, as COCO does with 101 points), recall and precision of boxes
with a score of at least 0.5, mean IoU of those that hit, and the calibration error of the scores (mean gap between a
score and the share of boxes with such a score that hit, over ten equal bins: Guo et al., ICML 2017).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from annotator.engine.detectors.tiny import TinyDetector
from annotator.errors import UserError
from annotator.model.box import box_iou
from annotator.model.frame import Detections, Frame
from testbed.synthetic_clips import CONDITIONS, make_clip
from tools.training.train_tiny_detector import matches

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Quality:
    """How well a detector does on some frames."""

    frames: int
    objects: int
    ap50: float
    ap75: float
    recall: float
    precision: float
    mean_iou: float
    calibration_error: float


def average_precision(score: FloatArray, hit: npt.NDArray[np.bool_], objects: int) -> float:
    """Interpolated average precision over 101 recall points. (N,), (N,) -> 0..1."""
    order = np.argsort(-score, kind="stable")
    true = np.cumsum(hit[order])
    recall, precision = true / max(objects, 1), true / np.arange(1, len(order) + 1)
    ceiling = np.maximum.accumulate(precision[::-1])[::-1]
    points = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.mean(np.where(points < len(ceiling), np.append(ceiling, 0.0)[points], 0.0)))


def calibration_error(score: FloatArray, hit: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error, 0..1."""
    if not len(score):
        return 0.0
    bin_of = np.minimum((score * bins).astype(int), bins - 1)
    gaps = [abs(score[bin_of == b].sum() - hit[bin_of == b].sum()) for b in range(bins)]
    return float(np.sum(gaps) / len(score))


def measure(pairs: Iterable[tuple[Detections, FloatArray]]) -> Quality:
    """From detections (best first) and true boxes (M, 4) of each frame."""
    frames = objects = 0
    scores, hits50, hits75, overlaps = [], [], [], []
    for found, truth in pairs:
        boxes = found.box_xyxy.astype(np.float64)
        scores.append(found.score.astype(np.float64))
        hits50.append(matches(boxes, truth, 0.5))
        hits75.append(matches(boxes, truth, 0.75))
        overlaps.append(box_iou(boxes, truth).max(1, initial=0.0))
        frames, objects = frames + 1, objects + len(truth)
    score, hit50, hit75 = np.concatenate(scores), np.concatenate(hits50), np.concatenate(hits75)
    sure = score >= 0.5
    good = hit50 & sure
    return Quality(frames, objects, average_precision(score, hit50, objects), average_precision(score, hit75, objects),
                   float(good.sum() / max(objects, 1)), float(good.sum() / max(sure.sum(), 1)),
                   float(np.concatenate(overlaps)[good].mean()) if good.any() else 0.0,
                   calibration_error(score, hit50))


def pairs_of(detector: TinyDetector, condition: str, seeds: Sequence[int], stride: int,
             ) -> Iterable[tuple[Detections, FloatArray]]:
    """Detections and true boxes of every ``stride``-th frame of the condition's clips."""
    for seed in seeds:
        clip = make_clip(CONDITIONS[condition], seed)
        boxes = clip.boxes()
        for t in range(0, len(clip.images), stride):
            (found,) = detector.detect([Frame(t, clip.images[t], 0.0)])
            yield found, boxes[t][np.isfinite(boxes[t]).all(1)]
        print(f"{condition}, seed {seed}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--clips", type=int, default=10, help="clips of each condition")
    parser.add_argument("--stride", type=int, default=5, help="every n-th frame")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the default")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    seeds = range(args.first_seed, args.first_seed + args.clips)
    try:
        detector = TinyDetector(args.weights)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    results = {name: measure(pairs_of(detector, name, seeds, args.stride)) for name in CONDITIONS}
    if args.json:
        print(json.dumps({name: asdict(quality) for name, quality in results.items()}))
        return 0
    for name, quality in results.items():
        print(f"{name:15s}", " ".join(f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}"
                                      for key, value in asdict(quality).items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
