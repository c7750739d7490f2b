"""Our streaming SAM 2 against the stock video predictor: speed and agreement, in one process.

    python -m benchmarks.segmenter --objects 1,8,32 --frames 60 --json

Both get the same weights, boxes and frames, and take turns frame by frame, so that a noisy machine slows both alike.
Both begin with decoded pictures and end at mask logits of the video's size. `mixed` has 32 objects that are born,
re-prompted, suppressed (their memory of a frame is not written) and removed at different times.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sam2 import sam2_video_predictor

from annotator.engine import checkpoints
from annotator.engine.base import Predictions
from annotator.engine.checkpoints import load_state_dict
from annotator.engine.segmenters import sam2_model
from annotator.engine.segmenters.sam2 import Sam2Segmenter, prepare_image
from annotator.engine.settings import Sam2Settings
from annotator.model.frame import Frame
from annotator.model.prompt import Prompt
from benchmarks.common import emit, environment, progress
from tools.synthetic_clips import Clip, ClipSpec, make_clip

Box = tuple[float, float, float, float]
SEED = 7


@dataclass
class Plan:
    """What happens in which frame. All prompts are boxes."""

    prompts: dict[int, dict[int, Box]]
    removed: dict[int, list[int]] = field(default_factory=dict)
    unwritten: dict[int, list[int]] = field(default_factory=dict)
    """Objects whose memory of the frame is not kept."""


@dataclass
class Tally:
    """Times in seconds per tracked frame, and how well both agree."""

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


class Stock:
    """The stock predictor, driven frame by frame."""

    def __init__(self, model: Any, clip: Clip, device: torch.device, bfloat16: bool) -> None:
        self.model, self._device, self._bfloat16 = model, device, bfloat16
        began = time.perf_counter()
        images = torch.stack([prepare_image(i, model.image_size, device) for i in clip.images])
        self.prepare_s = (time.perf_counter() - began) / len(clip.images)
        """Seconds per frame that it needs before its loop; ours prepares pictures within."""
        sam2_video_predictor.load_video_frames = lambda **_: (images, clip.spec.height, clip.spec.width)
        sam2_video_predictor.tqdm = lambda frames, **_: frames
        with self._autocast():
            self.state = model.init_state("clip")

    def step(self, t: int, prompts: dict[int, Box], removed: list[int]) -> dict[int, torch.Tensor]:
        """Masks of the frame at low resolution, by object."""
        with self._autocast():
            for object_id in removed:
                self.model.remove_object(self.state, object_id, need_output=False)
            for object_id, box in prompts.items():
                self.model.add_new_points_or_box(self.state, t, object_id, box=np.asarray(box, np.float32))
            for _ in self.model.propagate_in_video(self.state, start_frame_idx=t, max_frame_num_to_track=0):
                pass
        return {i: self.entry(i, t)["pred_masks"][0, 0] for i in self.state["obj_ids"]}

    def entry(self, object_id: int, t: int) -> dict[str, Any]:
        memory = self.state["output_dict_per_obj"][self.state["obj_id_to_idx"][object_id]]
        found = memory["cond_frame_outputs"].get(t)
        entry: dict[str, Any] = memory["non_cond_frame_outputs"][t] if found is None else found
        return entry

    def drop_memory(self, object_id: int, t: int) -> None:
        memory = self.state["output_dict_per_obj"][self.state["obj_id_to_idx"][object_id]]
        memory["non_cond_frame_outputs"].pop(t, None)

    def memory_state(self, size: tuple[int, int], frame_count: int) -> dict[str, Any]:
        """Its memories as one of our snapshots."""
        memories = {}
        for object_id, index in self.state["obj_id_to_idx"].items():
            memory = self.state["output_dict_per_obj"][index]
            memories[str(object_id)] = {kind: _dump(memory[key]) for kind, key in (
                ("conditioning", "cond_frame_outputs"), ("recent", "non_cond_frame_outputs"))}
        return {"memories": memories, "size": list(size), "frame_count": frame_count, "reverse": False}

    @contextmanager
    def _autocast(self) -> Iterator[None]:
        with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16):
            yield


def _dump(outputs: dict[int, dict[str, Any]]) -> dict[str, Any]:
    recent = sorted(outputs)[-20:]
    return {"frames": recent, "pointers": [outputs[t]["obj_ptr"][0].float() for t in recent],
            "spatial": [outputs[t]["maskmem_features"][0].flatten(1).T for t in recent]}


class Ours:
    """Our segmentor, driven in the same way."""

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
        for logits in predictions.logits:  # one by one, as the stock predictor: all at once are tens of megabytes
            F.interpolate(logits[None, None], size, mode="bilinear", align_corners=False)


def steady_plan(clip: Clip, count: int) -> Plan:
    """All objects prompted in the first frame."""
    return Plan({0: dict(enumerate(_boxes(clip, 0, count), 1))})


def mixed_plan(clip: Clip, count: int, seed: int = SEED) -> Plan:
    """Births over the first half, two re-prompts each, some skipped memories, a third removed near the end."""
    rng = np.random.default_rng(seed)
    frames = len(clip.images)
    plan = Plan({t: {} for t in range(frames)})
    plan.removed, plan.unwritten = {t: [] for t in range(frames)}, {t: [] for t in range(frames)}
    births = np.sort(np.concatenate([[0, 0], rng.integers(0, frames // 2, count - 2)]))
    for object_id, born in enumerate(births.tolist(), 1):
        dies = int(rng.integers(frames * 3 // 4, frames)) if rng.random() < 1 / 3 else frames
        for t in {born, *rng.integers(born + 1, max(dies, born + 2), 2).tolist()}:
            if t < dies:
                plan.prompts[t][object_id] = _boxes(clip, t, count)[object_id - 1]
        for t in rng.integers(born + 1, frames, 4).tolist():
            if object_id not in plan.prompts[t]:
                plan.unwritten[t].append(object_id)
        if dies < frames:
            plan.removed[dies].append(object_id)
    return plan


def _boxes(clip: Clip, t: int, count: int) -> list[Box]:
    """A box for every object: its own where it is seen, else another's, moved a little."""
    seen = clip.boxes_of_frame(t)
    there = seen[np.isfinite(seen).all(1)]
    rng = np.random.default_rng(SEED + t)
    boxes = []
    for n in range(count):
        own = n < len(seen) and np.isfinite(seen[n]).all()
        box = seen[n] if own else there[n % len(there)] + rng.normal(0, 6, 4)
        boxes.append((float(box[0]), float(box[1]), float(max(box[2], box[0] + 8)), float(max(box[3], box[1] + 8))))
    return boxes


def compare(ours: Ours, stock: Stock, checker: Sam2Segmenter, clip: Clip, plan: Plan, check_every: int) -> Tally:
    """Run both over the clip, turn by turn."""
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
        if t >= 2:  # the first frames hold the prompts of all objects, and warm up
            tally.stock.append(middle - began + stock.prepare_s)
            tally.ours.append(end - middle)
        for object_id in plan.unwritten.get(t, []):
            if object_id in theirs:
                stock.drop_memory(object_id, t)
        tally.iou += [_iou(mine[i] > 0, theirs[i].to(mine[i].device) > 0) for i in theirs]
    return tally


def _one_step(checker: Sam2Segmenter, stock: Stock, clip: Clip, t: int) -> float:
    """Largest difference of mask logits in one step from the stock's own memory of the frames before."""
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


def build_models(args: argparse.Namespace) -> tuple[Any, Any]:
    """Our model and the stock predictor with the same weights."""
    if args.random:
        arch, state = sam2_model.architecture(args.random), None
    else:
        path = checkpoints.find(args.checkpoint)
        state = load_state_dict(path)
        arch = sam2_model.recognise(state, path)
    made = [sam2_model.build(arch, state, Path(arch.name), args.device, predictor, SEED, args.image_size)
            for predictor in (False, True)]
    return made[0], made[1]


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
    parser.add_argument("--mixed", type=int, default=32, help="objects of the mixed case; 0 leaves it out")
    parser.add_argument("--checkpoint", default="tiny-sam2", help="name or path")
    parser.add_argument("--random", metavar="CONFIG", help="random weights of e.g. sam2.1_hiera_l: speed alone")
    parser.add_argument("--image-size", type=int, help="input side instead of the model's own")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=torch.cuda.is_available())
    parser.add_argument("--json", action="store_true")
    emit(run(parser.parse_args()))


if __name__ == "__main__":
    main()
