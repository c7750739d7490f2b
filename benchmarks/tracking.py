"""Compare SAM2MOT, its ablations and ByteTrack on the same detections of held-out synthetic clips.

    python -m benchmarks.tracking --json

There are four conditions with at least ten clips each, paired clip by clip. Nothing is tuned on these clips.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

import numpy as np

from annotator.engine import registry
from annotator.engine.base import Tracker
from annotator.engine.detectors.tiny import TinyDetector
from annotator.engine.mask_resize import MaskResizer
from annotator.engine.segmenters.sam2 import Sam2Segmenter
from annotator.engine.settings import Sam2MotSettings, Sam2Settings
from annotator.engine.trackers.bytetrack import ByteTrack
from annotator.engine.trackers.sam2mot import Sam2Mot
from annotator.engine.weights import checkpoints
from annotator.evaluation import FrameBoxes, Scores, combine, evaluate_arrays
from annotator.model.frame import Detections, Frame
from benchmarks.harness.results import emit, environment, progress
from testbed.demo_clip import SEED as DEMO_SEED
from testbed.demo_clip import SPEC as DEMO_SPEC
from testbed.synthetic_clips import CONDITIONS, Clip, ClipSpec, make_clip

#: First seed of the held-out clips; training seeds are above a million.
FIRST_SEED = 1000
#: Fraction of the detections that the weak detector drops.
DROPPED = 0.3
SHOWN = ("hota", "deta", "assa", "idf1", "mota", "idsw")


@dataclass(frozen=True)
class Variant:
    """A tracker to compare, as a change of the settings that belong to the weights."""

    change: Callable[[Sam2MotSettings], Sam2MotSettings] = lambda settings: settings
    sam2: Callable[[Sam2Settings], Sam2Settings] = lambda settings: settings


VARIANTS = {
    "sam2mot": Variant(),
    "without_interaction": Variant(Sam2MotSettings.without_interaction),
    "without_reconstruction": Variant(Sam2MotSettings.without_reconstruction),
    "dam4sam": Variant(sam2=lambda settings: replace(settings, memory="dam4sam")),
    "samurai": Variant(sam2=lambda settings: replace(settings, memory="samurai")),
    "ordinary_reprompts": Variant(sam2=lambda settings: replace(settings, reprompt_conditions=False)),
}


@dataclass
class ClipResult:
    """Scores of one clip by tracker, and how often interaction and reconstruction were applied."""

    condition: str
    scores: dict[str, Scores]
    interaction_fired: int
    reconstruction_fired: int
    grid_deta: float


def run_clip(condition: str, spec: ClipSpec, seed: int, weights: tuple[str, str], variants: tuple[str, ...],
             ) -> ClipResult:
    """Run all trackers on one clip."""
    clip = make_clip(spec, seed)
    frames = [Frame(t, image, t / 25) for t, image in enumerate(clip.images)]
    detector = TinyDetector(checkpoints.find(weights[1]))
    detections = [detector.detect([frame])[0] for frame in frames]
    if condition == "weak_detector":
        rng = np.random.default_rng(seed)
        detections = [d[rng.random(len(d)) >= DROPPED] for d in detections]
    truth = list(truth_boxes(clip))
    scores: dict[str, Scores] = {}
    fired = [0, 0]
    for name in variants:
        variant = VARIANTS[name]
        sam2 = variant.sam2(registry.sam2_settings(weights[0]))
        segmenter = Sam2Segmenter.load(checkpoints.find(weights[0]), "cpu", sam2)
        settings = variant.change(registry.sam2mot_settings(weights[0]).with_whole_masks())
        tracker = Sam2Mot(segmenter, spec.width, spec.height, len(frames), settings)
        found, counts = track(tracker, frames, detections)
        scores[name] = evaluate_arrays(truth, found)
        if name == "sam2mot":
            fired = counts
    found, _ = track(ByteTrack(frame_rate=25), frames, detections)
    scores["bytetrack"] = evaluate_arrays(truth, found)
    return ClipResult(condition, scores, fired[0], fired[1], grid_ceiling(clip, 64, truth))


def track(tracker: Tracker, frames: list[Frame], detections: list[Detections]) -> tuple[list[FrameBoxes], list[int]]:
    """Return the boxes by frame, and how often an object was suppressed and re-prompted."""
    found: list[FrameBoxes] = []
    suppressed = reprompted = 0
    for frame, boxes in zip(frames, detections, strict=True):
        result = tracker.step(frame, boxes)
        shown = [o for o in result.objects if o.box_xyxy is not None]
        suppressed += sum(o.evidence.occluded_by is not None for o in result.objects)
        reprompted += sum(o.evidence.reprompted for o in result.objects)
        found.append((np.array([o.tracklet for o in shown], np.int64),
                      np.array([o.box_xyxy for o in shown], np.float64).reshape(-1, 4)))
    return found, [suppressed, reprompted]


def truth_boxes(clip: Clip) -> Iterator[FrameBoxes]:
    for boxes in clip.boxes():
        seen = np.flatnonzero(np.isfinite(boxes).all(1))
        yield seen.astype(np.int64), boxes[seen]


def grid_ceiling(clip: Clip, cells: int, truth: list[FrameBoxes]) -> float:
    """Return the DetA of perfect masks resampled on the mask grid, an upper bound for trackers on this grid."""
    import cv2

    resizer = MaskResizer(cells, clip.spec.width, clip.spec.height)
    found: list[FrameBoxes] = []
    for labels, (ids, _) in zip(clip.instances, truth, strict=True):
        boxes, kept = [], []
        for n in np.asarray(ids).tolist():
            share = cv2.resize((labels == n + 1).astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA)
            mask = resizer.mask(share - np.float32(0.5))
            if not mask.is_empty():
                boxes.append(mask.box_xyxy)
                kept.append(n)
        found.append((np.array(kept, np.int64), np.array(boxes, np.float64).reshape(-1, 4)))
    return evaluate_arrays(truth, found).deta


def table(results: list[ClipResult]) -> dict[str, dict[str, float]]:
    """Return the scores over all clips by tracker: counts summed, the rest combined like TrackEval."""
    by_tracker: dict[str, dict[str, Scores]] = defaultdict(dict)
    for k, result in enumerate(results):
        for name, scores in result.scores.items():
            by_tracker[name][str(k)] = scores
    return {name: {key: round(float(getattr(combine(scores), key)), 2) for key in SHOWN}
            for name, scores in by_tracker.items()}


def wins(results: list[ClipResult], other: str) -> str:
    """Return the number of clips in which sam2mot's AssA is above another tracker's."""
    better = sum(r.scores["sam2mot"].assa > r.scores[other].assa for r in results)
    return f"{better} of {len(results)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=10, help="clips per condition")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--segmenter", default="tiny-sam2-drawn")
    parser.add_argument("--detector", default="tiny-detector")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    weights, variants = (args.segmenter, args.detector), tuple(args.variants.split(","))
    work = [(name, replace(CONDITIONS[name], frames=args.frames), FIRST_SEED + k, weights, variants)
            for k in range(args.clips) for name in args.conditions.split(",")]
    work.append(("demo", replace(DEMO_SPEC, frames=args.frames), DEMO_SEED, weights, ("sam2mot",)))
    results: list[ClipResult] = []
    with ProcessPoolExecutor(args.processes, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        for result in pool.map(_run, work):
            results.append(result)
            hota = {name: round(s.hota, 1) for name, s in result.scores.items()}
            progress(f"{len(results)}/{len(work)} {result.condition}: HOTA {json.dumps(hota)}")
    emit(summary(results, args.clips))


def summary(results: list[ClipResult], clips: int) -> dict[str, Any]:
    held_out = [r for r in results if r.condition != "demo"]
    conditions = {c: [r for r in held_out if r.condition == c] for c in dict.fromkeys(r.condition for r in held_out)}
    demo = next(r for r in results if r.condition == "demo")
    mean = table(held_out)
    ceilings = [r.grid_deta for r in held_out if math.isfinite(r.grid_deta)]
    return {"environment": environment(), "conditions": {c: table(part) for c, part in conditions.items()},
            "mean": mean, "wins_over": {name: wins(held_out, name) for name in mean if name != "sam2mot"},
            "interaction_fired": sum(r.interaction_fired for r in held_out),
            "reconstruction_fired": sum(r.reconstruction_fired for r in held_out),
            "demo_hota": round(demo.scores["sam2mot"].hota, 2), "heldout_hota": mean["sam2mot"]["hota"],
            "mask_grid_ceiling": round(float(np.mean(ceilings)), 2), "clips": clips}


def _run(job: tuple[str, ClipSpec, int, tuple[str, str], tuple[str, ...]]) -> ClipResult:
    return run_clip(*job)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


if __name__ == "__main__":
    main()
