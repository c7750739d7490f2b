"""Train the built-in tiny SAM 2: from scratch on synthetic clips, or further on real pictures and videos.

    python -m tools.training.train_tiny_sam2 --minutes 90 --out build/tiny-sam2
    python -m tools.training.train_tiny_sam2 --minutes 120 --material DIR --init resources/models/tiny-sam2.pt

The model learns in five stages: boxes on single pictures and short clips at half size, boxes at full size, then to
follow objects: in crops of half the size, which show objects as large and cost a fifth, and at last at full size.
Clips are rendered as they are needed, so no picture is seen twice. With `--material` most clips are made from the real
pictures of a folder (`tools.training.real_clips`), in a curriculum of its own. A checkpoint is written every few
minutes and `--resume` goes on from it. On a CUDA device the same script takes minutes. What it leaves is then
calibrated by `tools.training.calibrate_tiny_sam2`.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from tools.training.real_clips import Material
from tools.training.tiny_sam2_batches import DRAWN_SHARE, Batch, Batches, Stage

log = logging.getLogger("train_tiny_sam2")

CONFIG = Path(__file__).parents[2] / "resources" / "models" / "tiny-sam2.yaml"
#: Training seeds start here; the demo and the benchmarks use seeds below.
FIRST_SEED = 1_000_000
#: Between these shares of its own area an object may be called visible or hidden: no score loss.
SURELY_HIDDEN, SURELY_VISIBLE = 0.005, 0.08
#: The score is to tell how good a mask is, as the states of a track are read from it: a visible object's target goes
#: from here, with no overlap at all, to 1.
LEAST_SCORE = 0.1
#: Below a score of 0 the package calls an object absent and overwrites its mask, which then learns nothing. So the
#: logit of a target is put this much higher: a visible object under a mask that is wholly astray scores just above 0.
SCORE_SHIFT = 2.5
#: Weight of all hidden objects beside all visible ones.
HIDDEN_WEIGHT = 0.5

#: The curriculum.
STAGES = (
    Stage(0.10, 128, 1, (1,), 16, 4, 1e-3, 10.0),
    Stage(0.10, 128, 6, (1, 2), 6, 4, 8e-4, 10.0),
    Stage(0.15, 256, 1, (1,), 8, 6, 8e-4, 2.0),
    Stage(0.40, 128, 8, (1, 1, 2), 8, 4, 6e-4, 2.0, singles=24),
    Stage(0.25, 256, 8, (1, 1, 2), 2, 6, 5e-4, 2.0, unlearned=10, singles=8),
)
#: The curriculum on real material, for a model that follows drawn objects already. Small batches: many steps teach more
#: than steady ones, and the average is steady.
REAL_STAGES = (
    Stage(0.45, 128, 6, (1, 2), 5, 4, 7e-4, 2.0, singles=32, sides=(128, 128, 192)),
    Stage(0.55, 128, 6, (1, 2), 6, 4, 5e-4, 2.0, unlearned=10, singles=40, sides=(128, 192, 256)),
)
#: Frames of the video that the model is to believe it is in, which sets the scale of its pointers' times: a clip's own
#: number would set another scale than the one of every real video.
FRAMES_OF_A_VIDEO = 1000
#: Weights are averaged over about this many steps, and the average is what is kept.
AVERAGED_STEPS = 300


@dataclass
class FrameOutput:
    """What the model said of every object in one frame; before the best of the candidate masks is chosen."""

    masks: Tensor
    ious: Tensor
    best: Tensor
    score: Tensor


def run_clip(model: Any, batch: Batch) -> list[FrameOutput]:
    """The stock forward pass over a clip: box prompt in the first frame, memory afterwards. Outputs from `start` on.

    A second prompt counts as SAM2MOT's do: it is answered from the picture alone and kept as a conditioning frame.
    """
    frames = batch.images.shape[1]
    outputs: dict[str, dict[int, Any]] = {"cond_frame_outputs": {}, "non_cond_frame_outputs": {}}
    with torch.no_grad():
        _follow(model, batch, range(batch.start), outputs)
    return _follow(model, batch, range(batch.start, frames), outputs)


def _follow(model: Any, batch: Batch, frames: range, outputs: dict[str, dict[int, Any]]) -> list[FrameOutput]:
    """Some frames of a clip, one after the other, from and into the memories of those before."""
    if not frames:
        return []
    pictures = batch.images[:, frames.start:frames.stop]
    with sdpa_kernel([SDPBackend.MATH]) if pictures.device.type == "cpu" else nullcontext():
        backbone = model.forward_image(pictures.flatten(0, 1))
    results = []
    for t in frames:
        index = batch.clip_of * len(frames) + t - frames.start
        _, feats, positions, sizes = model._prepare_backbone_features({
            "backbone_fpn": [f[index] for f in backbone["backbone_fpn"]],
            "vision_pos_enc": [p[index] for p in backbone["vision_pos_enc"]]})
        prompt, prompted = None, t in (0, batch.again)
        if prompted:
            labels = torch.tensor([[2, 3]], dtype=torch.int32, device=batch.boxes.device)
            prompt = {"point_coords": batch.boxes if t == 0 else batch.boxes_again,
                      "point_labels": labels.expand(len(batch.boxes), 2)}
        current, sam, _, _ = model._track_step(t, prompted, feats, positions, sizes, prompt, None, outputs,
                                               FRAMES_OF_A_VIDEO, False, None)
        candidates, _, ious, low_res, high_res, pointer, score = sam
        current["obj_ptr"] = pointer
        if t < batch.images.shape[1] - 1:
            model._encode_memory_in_output(feats, sizes, prompt, True, high_res, score, current)
            outputs["cond_frame_outputs" if prompted else "non_cond_frame_outputs"][t or -batch.ago] = current
        results.append(FrameOutput(candidates, ious, low_res, score[:, 0]))
    return results


def clip_loss(results: list[FrameOutput], batch: Batch, foreground: float) -> tuple[Tensor, dict[str, float]]:
    """Mask loss on visible objects (best candidate only), IoU regression, visibility of every object."""
    total = torch.zeros((), device=batch.masks.device)
    facts: dict[str, float] = {}
    last = batch.start + len(results) - 1
    for t, result in enumerate(results, batch.start):
        target = F.interpolate(batch.masks[:, t:t + 1], size=result.masks.shape[-2:], mode="area")
        share = batch.shares[:, t]
        visible = ((share >= SURELY_VISIBLE) & (target.sum((1, 2, 3)) > 1)).float()
        hidden = (share <= SURELY_HIDDEN).float()
        known = visible + hidden
        logits, iou_estimates, score = result.masks.float(), result.ious.float(), result.score.float()
        # The package overwrites every mask of an object it calls absent: those can teach nothing.
        alive = (score.detach() > 0).float() * visible
        losses = _mask_loss(logits.clamp(-60, 60), target.expand_as(logits), foreground)
        best = losses.min(1).values
        with torch.no_grad():
            overlap = _iou(logits > 0, target > 0.5)
            found = _iou(result.best > 0, target > 0.5)[:, 0]
        weight = alive.sum().clamp(min=1)
        total = total + (best * alive).sum() / weight
        total = total + ((iou_estimates - overlap).abs().mean(1) * alive).sum() / weight
        total = total + _balanced_bce(score, visible * (LEAST_SCORE + (1 - LEAST_SCORE) * found), visible, hidden)
        if t in (0, last):
            name = "first" if t == 0 else "last"
            facts[f"iou_{name}"] = float((found * visible).sum() / visible.sum().clamp(min=1))
            right = ((score > 0) == (visible > 0)).float() * known
            facts[f"seen_{name}"] = float(right.sum() / known.sum().clamp(min=1))
            if hidden.sum():
                facts[f"score_hidden_{name}"] = float((score.detach() * hidden).sum() / hidden.sum())
    return total / len(results), facts


def _balanced_bce(score: Tensor, target: Tensor, visible: Tensor, hidden: Tensor) -> Tensor:
    """Hidden objects count for more than their number, which is small."""
    bce = F.binary_cross_entropy_with_logits(score - SCORE_SHIFT, target, reduction="none")
    seen, gone = (bce * visible).sum() / visible.sum().clamp(min=1), (bce * hidden).sum() / hidden.sum().clamp(min=1)
    return (seen + HIDDEN_WEIGHT * gone) / (1 + HIDDEN_WEIGHT)


def _mask_loss(logits: Tensor, target: Tensor, foreground: float) -> Tensor:
    """Cross-entropy with heavier foreground, and dice. (B, M, h, w) -> (B, M)."""
    weight = 1 + (foreground - 1) * (target > 0.5).float()
    bce = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    bce = (bce * weight).sum((-1, -2)) / weight.sum((-1, -2))
    probability = logits.sigmoid()
    overlap = 2 * (probability * target).sum((-1, -2)) + 1
    return bce + 1 - overlap / (probability.sum((-1, -2)) + target.sum((-1, -2)) + 1)


def _iou(a: Tensor, b: Tensor) -> Tensor:
    return (a & b).sum((-1, -2)) / (a | b).sum((-1, -2)).clamp(min=1)


def set_image_size(model: Any, side: int) -> None:
    """Tell every part that depends on it how large the picture is; no parameter does."""
    model.image_size = side
    cells = side // model.backbone_stride
    model.sam_image_embedding_size = cells
    encoder = model.sam_prompt_encoder
    encoder.input_image_size = (side, side)
    encoder.image_embedding_size = (cells, cells)
    encoder.mask_input_size = (4 * cells, 4 * cells)


def train(rank: int, args: argparse.Namespace) -> None:
    """One of the training processes: each has batches of its own, gradients are averaged over all."""
    logging.basicConfig(level=logging.INFO if rank == 0 else logging.WARNING, format="%(asctime)s %(message)s")
    if args.processes > 1:
        dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{args.port}", rank=rank,
                                world_size=args.processes)
    torch.manual_seed(args.seed)
    if args.threads:
        torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    model: nn.Module = instantiate(OmegaConf.load(CONFIG)).to(device).train()
    with torch.no_grad():  # begin by calling objects present: the masks of absent ones learn nothing
        scores: Any = model.get_submodule("sam_mask_decoder.pred_obj_score_head")
        scores.layers[-1].bias.fill_(SCORE_SHIFT + 2.0)
    if args.init is not None:
        state = torch.load(args.init, map_location=device, weights_only=True)["model"]
        model.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    average = AveragedModel(model, multi_avg_fn=growing_average(args.averaged_steps))
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "last.pt"
    cv2.setNumThreads(1)  # a pool of OpenCV's threads would not survive the loaders' fork
    stages = STAGES if args.material is None else REAL_STAGES
    material = None if args.material is None else Material(args.material)
    first_stage, spent_before, step = args.from_stage or 0, 0.0, 0
    if args.resume and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        first_stage, spent_before, step = state["stage"], state["stage_seconds"], state["step"]
        if args.from_stage is not None:
            first_stage, spent_before = args.from_stage, 0.0
    left = sum(stage.share for stage in stages[first_stage:])
    for k, stage in enumerate(stages):
        if k < first_stage:
            continue
        if args.learning_rate is not None:
            stage = replace(stage, learning_rate=args.learning_rate)
        budget = args.minutes * 60 * stage.share / left
        last = k == len(stages) - 1
        step = train_stage(model, average, stage, k, last, material, budget, spent_before, step, device, checkpoint,
                           rank, args)
        spent_before = 0.0
    if rank == 0:
        torch.save({"model": average.module.state_dict()}, args.out / "final.pt")


def train_stage(model: Any, average: AveragedModel, stage: Stage, number: int, last: bool, material: Material | None,
                budget: float, spent: float, step: int, device: torch.device, checkpoint: Path, rank: int,
                args: argparse.Namespace) -> int:
    """One stage, until its share of the time is used. The learning rate follows the clock."""
    log.info("stage %d: %s, %.0f s", number, asdict(stage), budget)
    optimisers = _optimisers(model, stage.learning_rate)
    running: dict[str, float] = {}
    started, saved = time.monotonic() - spent, time.monotonic()
    warm = 0.05 if spent == 0 else 0.0
    seed = FIRST_SEED * (1 + number + 10 * rank) + step * 100 + args.seed
    for batch in _turns(stage, seed, material, args.drawn):
        progress = _agreed((time.monotonic() - started) / budget, args.processes)
        if progress >= 1:
            break
        floor = 0.02 if last else 0.15
        rate = progress / warm if progress < warm else floor + (1 - floor) * 0.5 * (1 + np.cos(np.pi * progress))
        for group in (group for optimiser in optimisers for group in optimiser.param_groups):
            group["lr"] = stage.learning_rate * max(rate, 0.01)
        set_image_size(model, batch.images.shape[-1])
        moved = batch.to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=not args.fp32):
            results = run_clip(model, moved)
        loss, facts = clip_loss(results, moved, stage.foreground)
        model.zero_grad(set_to_none=True)
        loss.backward()
        if args.processes > 1:
            _average_gradients(model, args.processes)
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if torch.isfinite(norm):
            for optimiser in optimisers:
                optimiser.step()
            average.update_parameters(model)
        step += 1
        kind = "single_" if len(results) == 1 and stage.frames > 1 else ""
        for name, value in {f"{kind}{k}": v for k, v in {"loss": float(loss.detach()), **facts}.items()}.items():
            running[name] = running.get(name, value) * 0.97 + value * 0.03
        if rank == 0 and step % args.log_every == 0:
            spent_now = time.monotonic() - started
            log.info("%s", json.dumps({"step": step, "stage": number, "s": round(spent_now),
                                       **{k: round(v, 3) for k, v in running.items()}}))
        if rank == 0 and time.monotonic() - saved > 120:
            saved = time.monotonic()
            state = {"model": model.state_dict(), "average": average.state_dict(), "stage": number,
                     "stage_seconds": saved - started, "step": step}
            torch.save(state, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").replace(checkpoint)
    return step


def growing_average(longest: int) -> Callable[[Any, Any, Any], None]:
    """An average over about the last third of all steps, and over no more than so many. What a training begins with is
    soon forgotten, which it is not where the length is fixed."""
    @torch.no_grad()
    def update(averaged: Any, current: Any, count: Any) -> None:
        torch._foreach_lerp_(averaged, current, 1 / min(longest, 1 + float(count) / 3))
    return update


def _optimisers(model: nn.Module, learning_rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the hidden layers, which learn faster with it; AdamW for everything else."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        hidden = parameter.ndim == 2 and min(parameter.shape) >= 16 and "embed" not in name and "tpos" not in name
        (matrices if hidden else others).append(parameter)
    return [torch.optim.Muon(matrices, lr=learning_rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=learning_rate, weight_decay=0.01, betas=(0.9, 0.98))]


def _turns(stage: Stage, seed: int, material: Material | None, drawn: float) -> Iterator[Batch]:
    """Batches of clips, in turn with batches of single frames where the stage has them."""
    parts = [stage, stage.single_frames()] if stage.singles else [stage]
    sources = [Batches(part, seed + 50 * k, material, drawn) for k, part in enumerate(parts)]
    loaders = [iter(DataLoader(source, batch_size=None, num_workers=1, prefetch_factor=4)) for source in sources]
    while True:
        for loader in loaders:
            yield next(loader)


def _agreed(value: float, processes: int) -> float:
    """The first process's value, so that all end a stage at the same step."""
    if processes == 1:
        return value
    shared = torch.tensor([value], dtype=torch.float64)
    dist.broadcast(shared, 0)
    return float(shared)


def _average_gradients(model: nn.Module, processes: int) -> None:
    gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in model.parameters()]
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    flat /= processes
    for p, part in zip(model.parameters(), flat.split([g.numel() for g in gradients]), strict=True):
        p.grad = part.view_as(p)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--out", type=Path, default=Path("build/tiny-sam2"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fp32", action="store_true", help="no bfloat16 autocast")
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--init", type=Path, help="begin with these weights, such as resources/models/tiny-sam2.pt")
    parser.add_argument("--from-stage", type=int, help="begin with this stage; with --resume, from its start")
    parser.add_argument("--learning-rate", type=float,
                        help="highest learning rate of every stage, instead of their own: lower, for trained weights")
    parser.add_argument("--averaged-steps", type=int, default=AVERAGED_STEPS,
                        help="steps over which the weights that are kept are averaged")
    parser.add_argument("--material", type=Path, help="folder of real pictures and videos to learn from")
    parser.add_argument("--drawn", type=float, default=DRAWN_SHARE, help="share of drawn clips beside the material")
    parser.add_argument("--processes", type=int, default=1, help="CPU processes that share each step")
    parser.add_argument("--port", type=int, default=29517, help="local port on which they find each other")
    args = parser.parse_args()
    if args.processes > 1:
        spawn(train, (args,), nprocs=args.processes)
    else:
        train(0, args)


if __name__ == "__main__":
    main()
