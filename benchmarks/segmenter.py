"""Compare our streaming SAM 2.1 with the stock video predictor: speed and agreement, in one process.

    python -m benchmarks.segmenter --objects 1,8,32 --frames 60 --json

Both get the same weights, boxes and frames, and take turns frame by frame, so that machine load affects both equally.
Both start with decoded images and end at mask logits of the video's size. `mixed` has 32 objects that are added,
re-prompted, suppressed (their memory of a frame is not written) and removed at different times.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from annotator.engine.base import Predictions
from annotator.engine.segmenters.sam2 import Sam2Segmenter
from annotator.engine.settings import Sam2Settings
from annotator.model.box import Box
from annotator.model.frame import Frame
from annotator.model.prompt import Prompt
from benchmarks.harness.results import emit, environment, progress
from benchmarks.scenarios.stock_predictor import SEED, Plan, Stock, build_models, mixed_plan, steady_plan
from testbed.synthetic_clips import Clip, ClipSpec, make_clip


@dataclass
class Tally:
    """Times in seconds per tracked frame, and the agreement of both."""

    ours: list[float] = field(default_factory=list)
    stock: list[float] = field(default_factory=list)
    iou: list[float] = field(default_factory=list)
    step_diff: float = 0.0

    def to_json(self) -> dict[str, float]:
        ours, stock = float(np.median(self.ours)), float(np.median(self.stock))
        overlap = np.asarray(self.iou)
        return {"ours_ms": round(ours * 1e3, 3), "stock_ms": round(stock * 1e3, 3), "ratio": round(stock / ours, 3),
                "step_max_logit_diff": self.step_diff, "mean_mask_iou": float(overlap.mean()),
                "share_under_999": float((overlap < 0.999).mean())}


class Ours:
    """Our segmenter, driven frame by frame."""

    def __init__(self, segmenter: Sam2Segmenter, clip: Clip) -> None:
        self.segmenter, self._clip, self._live = segmenter, clip, list[int]()
        segmenter.start(clip.spec.width, clip.spec.height, len(clip.images))

    def step(self, t: int, prompts: dict[int, Box], removed: list[int], unwritten: list[int],
             ) -> dict[int, torch.Tensor]:
        for object_id in removed:
            self.segmenter.forget(object_id)
            self._live.remove(object_id)
        features = self.segmenter.encode(Frame(t, self._clip.images[t], 0.0))
        tracked = self.segmenter.predict(features, [i for i in self._live if i not in prompts])
        prompted = self.segmenter.prompt(features, {i: Prompt(t, box) for i, box in prompts.items()})
        masks: dict[int, torch.Tensor] = {}
        for predictions in (tracked, prompted):
            self.segmenter.memorise(features, predictions, [i for i in predictions.object_ids if i not in unwritten])
            masks |= dict(zip(predictions.object_ids, predictions.logits, strict=True))
            self._at_video_size(predictions)
        self._live += [i for i in prompts if i not in self._live]
        return masks

    def _at_video_size(self, predictions: Predictions) -> None:
        size = (self._clip.spec.height, self._clip.spec.width)
        for logits in predictions.logits:  # one by one, like the stock predictor; together they take tens of MB
            F.interpolate(logits[None, None], size, mode="bilinear", align_corners=False)


def compare(ours: Ours, stock: Stock, checker: Sam2Segmenter, clip: Clip, plan: Plan, check_every: int) -> Tally:
    """Run both on the clip, alternating frame by frame."""
    tally = Tally()
    for t in range(len(clip.images)):
        prompts, removed = plan.prompts.get(t, {}), plan.removed.get(t, [])
        if t % check_every == check_every - 1 and not prompts and not removed:
            tally.step_diff = max(tally.step_diff, _one_step(checker, stock, clip, t))
        began = time.perf_counter()
        theirs = stock.step(t, prompts, removed)
        _synchronise(stock)
        middle = time.perf_counter()
        mine = ours.step(t, prompts, removed, plan.unwritten.get(t, []))
        _synchronise(stock)
        end = time.perf_counter()
        if t >= 2:  # the first frames contain the prompts of all objects and warm up
            tally.stock.append(middle - began + stock.prepare_s)
            tally.ours.append(end - middle)
        for object_id in plan.unwritten.get(t, []):
            if object_id in theirs:
                stock.drop_memory(object_id, t)
        tally.iou += [_iou(mine[i] > 0, theirs[i].to(mine[i].device) > 0) for i in theirs]
    return tally


def _one_step(checker: Sam2Segmenter, stock: Stock, clip: Clip, t: int) -> float:
    """Return the largest difference of mask logits after one step from the stock predictor's memory."""
    checker.restore(stock.memory_state((clip.spec.width, clip.spec.height), len(clip.images)))
    features = checker.encode(Frame(t, clip.images[t], 0.0))
    ids = list(stock.state["obj_ids"])
    predictions = checker.predict(features, ids)
    worst = 0.0
    for row, object_id in enumerate(ids):
        index = stock.state["obj_id_to_idx"][object_id]
        with stock._autocast():
            _, masks = stock.model._run_single_frame_inference(
                stock.state, stock.state["output_dict_per_obj"][index], t, 1, False, None, None, False, False)
        worst = max(worst, float((predictions.logits[row] - masks[0, 0].float()).abs().max()))
    return worst


def _iou(a: torch.Tensor, b: torch.Tensor) -> float:
    union = int((a | b).sum())
    return 1.0 if union == 0 else int((a & b).sum()) / union


def _synchronise(stock: Stock) -> None:
    if stock._device.type == "cuda":
        torch.cuda.synchronize()


def run(args: argparse.Namespace) -> dict[str, Any]:
    device = torch.device(args.device)
    model, stock_model = build_models(args)
    settings = Sam2Settings(max_conditioning=-1, bfloat16=args.bfloat16)
    results: dict[str, Any] = {"environment": environment(), "frames": args.frames,
                               "model": args.random or str(args.checkpoint), "image_size": model.image_size,
                               "objects": {}}
    counts = [int(n) for n in args.objects.split(",")]
    for name, count in [*((str(n), n) for n in counts), *((("mixed", args.mixed),) if args.mixed else ())]:
        spec = ClipSpec(frames=args.frames, objects=(min(count, 32),) * 2, exits=0.0)
        clip = make_clip(spec, SEED)
        plan = mixed_plan(clip, count) if name == "mixed" else steady_plan(clip, count)
        ours = Ours(Sam2Segmenter(model, "ours", args.device, settings), clip)
        checker = Sam2Segmenter(model, "checker", args.device, settings)
        tally = compare(ours, Stock(stock_model, clip, device, args.bfloat16), checker, clip, plan, 10)
        if name == "mixed":
            results["mixed"] = tally.to_json()
        else:
            results["objects"][name] = tally.to_json()
        progress(f"{name}: {tally.to_json()}")
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", default="1,8,32")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--mixed", type=int, default=32, help="number of objects in the mixed case; 0 skips it")
    parser.add_argument("--checkpoint", default="tiny-sam2", help="name or path")
    parser.add_argument("--random", metavar="CONFIG", help="random weights, e.g. of sam2.1_hiera_l: speed only")
    parser.add_argument("--image-size", type=int, help="input side (default: the model's)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=torch.cuda.is_available())
    parser.add_argument("--json", action="store_true")
    emit(run(parser.parse_args()))


if __name__ == "__main__":
    main()
