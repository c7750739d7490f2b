"""The stock predictor of the sam2 package, for comparisons: models with equal weights, and prompt plans for both."""

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
from sam2 import sam2_video_predictor

from annotator.engine.segmenters import sam2_model
from annotator.engine.segmenters.sam2 import prepare_image
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import load_state_dict
from annotator.model.box import Box
from testbed.synthetic_clips import Clip

SEED = 7


@dataclass
class Plan:
    """The events of each frame. All prompts are boxes."""

    prompts: dict[int, dict[int, Box]]
    removed: dict[int, list[int]] = field(default_factory=dict)
    unwritten: dict[int, list[int]] = field(default_factory=dict)
    """Objects whose memory of the frame is not written."""


class Stock:
    """The stock predictor, driven frame by frame."""

    def __init__(self, model: Any, clip: Clip, device: torch.device, bfloat16: bool) -> None:
        self.model, self._device, self._bfloat16 = model, device, bfloat16
        began = time.perf_counter()
        images = torch.stack([prepare_image(i, model.image_size, device) for i in clip.images])
        self.prepare_s = (time.perf_counter() - began) / len(clip.images)
        """Seconds per frame for preparing images before the loop; ours prepares them inside its loop."""
        sam2_video_predictor.load_video_frames = lambda **_: (images, clip.spec.height, clip.spec.width)
        sam2_video_predictor.tqdm = lambda frames, **_: frames
        with self._autocast():
            self.state = model.init_state("clip")

    def step(self, t: int, prompts: dict[int, Box], removed: list[int]) -> dict[int, torch.Tensor]:
        """Return the frame's low-resolution masks by object."""
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
        """Return the stock predictor's memories as one of our snapshots."""
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


def steady_plan(clip: Clip, count: int) -> Plan:
    """Return a plan that prompts all objects in the first frame."""
    return Plan({0: dict(enumerate(_boxes(clip, 0, count), 1))})


def mixed_plan(clip: Clip, count: int, seed: int = SEED) -> Plan:
    """Return a plan with births over the first half, two re-prompts each, some skipped memories, and a third of the
    objects removed near the end."""
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
    """Return a box for every object: its own if it is visible, else another object's, slightly moved."""
    seen = clip.boxes_of_frame(t)
    visible = seen[np.isfinite(seen).all(1)]
    rng = np.random.default_rng(SEED + t)
    boxes = []
    for n in range(count):
        own = n < len(seen) and np.isfinite(seen[n]).all()
        box = seen[n] if own else visible[n % len(visible)] + rng.normal(0, 6, 4)
        boxes.append((float(box[0]), float(box[1]), float(max(box[2], box[0] + 8)), float(max(box[3], box[1] + 8))))
    return boxes


def build_models(args: argparse.Namespace) -> tuple[Any, Any]:
    """Build our model and the stock predictor with the same weights."""
    if args.random:
        arch, state = sam2_model.architecture(args.random), None
    else:
        path = checkpoints.find(args.checkpoint)
        state = load_state_dict(path)
        arch = sam2_model.recognise(state, path)
    made = [sam2_model.build(arch, state, Path(arch.name), args.device, predictor, SEED, args.image_size)
            for predictor in (False, True)]
    return made[0], made[1]
