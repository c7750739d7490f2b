"""Train the built-in tiny detector from scratch on synthetic pictures.

    python -m tools.training.train_tiny_detector --minutes 35 --out build/tiny-detector

Pictures are rendered while training and served a few times each, every time cropped, scaled and mirrored anew. Which
cell answers for which object is decided by how well its score and box fit already (task alignment: Feng et al., TOOD,
ICCV 2021, section 3.2). A checkpoint is written every two minutes and `--resume` goes on from it. At the end the
scores are calibrated on fresh pictures, and the averaged weights are saved as float16: `tiny-detector.pt`.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, IterableDataset

from annotator.engine.detectors.nms import suppress
from annotator.engine.detectors.tiny import (
    BINS,
    CANDIDATES,
    LONG,
    NMS_OVERLAP,
    SHORT,
    STRIDE,
    TinyDetectorNet,
    cell_centres,
    decode_boxes,
    fit_scale,
    resize,
)
from annotator.model.box import box_iou
from testbed.synthetic_clips import (
    CONDITIONS,
    MIN_VISIBLE_PIXELS,
    MIN_VISIBLE_SHARE,
    ClipSpec,
    make_clip,
    training_spec,
)

log = logging.getLogger("train_tiny_detector")

#: Training seeds start here; the demo, the tests and the benchmarks use seeds below. Calibration has its own.
FIRST_SEED = 1_000_000
CALIBRATION_SEED = 900_000_000
BATCH = 16
#: How often a picture is served before a fresh one takes its place, and how many wait.
SERVINGS, POOL = 3, 192
#: A clip gives this many pictures, so far apart that they look like different clips.
FRAMES_PER_CLIP, HASTE = 4, 10.0
LEARNING_RATE = 2e-3
#: Weights are averaged over about this many steps, and the average is what is kept.
AVERAGED_STEPS = 300
#: Objects per picture that the target tensors have room for.
MAX_OBJECTS = 10
#: Cells that answer for one object, and the exponents of the score and of the IoU when they are chosen.
CELLS_PER_OBJECT, SCORE_POWER, IOU_POWER = 9, 0.5, 6.0


@dataclass(frozen=True)
class Picture:
    """One rendered picture and what is needed to label any crop of it."""

    image: npt.NDArray[np.uint8]
    instances: npt.NDArray[np.uint8]
    areas: npt.NDArray[np.int64]


@dataclass
class Batch:
    """Pictures with their boxes."""

    pixels: Tensor
    """(B, 3, SHORT, LONG) uint8 RGB."""
    boxes: Tensor
    """(B, MAX_OBJECTS, 4) float32 xyxy in input pixels."""
    real: Tensor
    """(B, MAX_OBJECTS) bool: which boxes are objects and not padding."""


def random_spec(rng: np.random.Generator) -> ClipSpec:
    """Half of the pictures are square and mixed, half are like the benchmark's at various resolutions."""
    if rng.random() < 0.4:
        spec = training_spec(rng, FRAMES_PER_CLIP)
    else:
        height = int(rng.choice([240, 300, 360, 360]))
        spec = replace(list(CONDITIONS.values())[rng.integers(len(CONDITIONS))], frames=FRAMES_PER_CLIP,
                       height=height, width=height * 4 // 3, noise=float(rng.uniform(2, 7)))
        if rng.random() < 0.3:
            spec = replace(spec, size=(0.12, 0.38), objects=(4, 8))
    return replace(spec, speed=(spec.speed[0] * HASTE, spec.speed[1] * HASTE))


def pictures(seed: int) -> Iterator[Picture]:
    """Endless fresh pictures; nothing but the seed decides them."""
    rng = np.random.default_rng(seed)
    while True:
        seed += 1
        clip = make_clip(random_spec(rng), seed)
        for image, instances, areas in zip(clip.images, clip.instances, clip.areas, strict=True):
            yield Picture(image, instances, areas)


def crop(picture: Picture, rng: np.random.Generator, zoom: float,
         ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Scale by ``zoom`` beyond the fit, cut or pad to SHORT x LONG, mirror, permute colours; tight visible boxes."""
    height, width = picture.image.shape[:2]
    scale = fit_scale(height, width) * zoom
    high, wide = min(height, int(SHORT / scale)), min(width, int(LONG / scale))
    y, x = int(rng.integers(0, height - high + 1)), int(rng.integers(0, width - wide + 1))
    image, instances = picture.image[y:y + high, x:x + wide], picture.instances[y:y + high, x:x + wide]
    if rng.random() < 0.5:
        image, instances = image[:, ::-1], instances[:, ::-1]
    boxes = visible_boxes(instances, picture.areas, height)
    inner_h, inner_w = min(SHORT, round(high * scale)), min(LONG, round(wide * scale))
    canvas = np.full((SHORT, LONG, 3), 115, np.uint8)
    shrunk = resize(np.ascontiguousarray(image), inner_h, inner_w)
    canvas[:inner_h, :inner_w] = shrunk[..., rng.permutation(3)]
    return canvas, boxes * np.tile([inner_w / wide, inner_h / high], 2).astype(np.float32)


def visible_boxes(instances: npt.NDArray[np.uint8], areas: npt.NDArray[np.int64], full_height: int,
                  ) -> npt.NDArray[np.float32]:
    """(N, 4) tight boxes of the objects that show enough of themselves to be labelled."""
    shown = np.bincount(instances.ravel(), minlength=len(areas) + 1)[1:]
    enough = (shown >= MIN_VISIBLE_PIXELS * (full_height / 256) ** 2) & (shown >= MIN_VISIBLE_SHARE * areas)
    boxes = []
    for number in np.flatnonzero(enough) + 1:
        left, top, wide, high = cv2.boundingRect((instances == number).astype(np.uint8))
        boxes.append((left, top, left + wide, top + high))
    return np.array(boxes, np.float32).reshape(-1, 4)


class Batches(IterableDataset[Batch]):
    """Endless random batches, for a loader that renders them in a process of its own."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self.seed)
        source = pictures(self.seed)
        pool = [next(source) for _ in range(POOL // 4)]
        debt = 0.0
        while True:
            debt += BATCH / SERVINGS
            while debt >= 1 or len(pool) < POOL // 4:
                debt -= 1
                if len(pool) < POOL:
                    pool.append(next(source))
                else:
                    pool[int(rng.integers(POOL))] = next(source)
            chosen = [pool[k] for k in rng.choice(len(pool), BATCH, replace=False)]
            yield collate([crop(p, rng, float(rng.choice([1.0, rng.uniform(0.85, 1.35)]))) for p in chosen])


def collate(samples: list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]]) -> Batch:
    """Stack pictures and pad their boxes."""
    boxes = np.zeros((len(samples), MAX_OBJECTS, 4), np.float32)
    real = np.zeros((len(samples), MAX_OBJECTS), bool)
    for row, (_, found) in enumerate(samples):
        count = min(len(found), MAX_OBJECTS)
        boxes[row, :count], real[row, :count] = found[:count], True
    pixels = torch.from_numpy(np.stack([image for image, _ in samples])).permute(0, 3, 1, 2)
    return Batch(pixels, torch.from_numpy(boxes), torch.from_numpy(real))


def pair_iou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU of boxes that broadcast. (..., 4), (..., 4) -> (...), (...)."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    overlap = (high - low).clamp(min=0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - overlap
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    iou = overlap / union.clamp(min=1e-6)
    return iou, iou - (hull - union) / hull.clamp(min=1e-6)


@torch.no_grad()
def assign(scores: Tensor, predicted: Tensor, centres: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Which object each cell answers for, and how sure it should be.

    ``scores`` (B, N) in 0..1, ``predicted`` (B, N, 4) -> object index (B, N) (valid where the target is above 0),
    score target (B, N) in 0..1.
    """
    iou, _ = pair_iou(batch.boxes[:, :, None], predicted[:, None])
    x, y = centres[:, 0], centres[:, 1]
    box = batch.boxes[..., None]
    inside = (x > box[:, :, 0]) & (x < box[:, :, 2]) & (y > box[:, :, 1]) & (y < box[:, :, 3]) & batch.real[..., None]
    # A sliver between two centres has none inside: the cell that holds its middle answers.
    middle = (batch.boxes[..., :2] + batch.boxes[..., 2:]) / 2
    nearest = (middle[:, :, None] - centres).abs().amax(-1) <= STRIDE / 2
    inside = inside | (nearest & batch.real[..., None])
    fit = scores[:, None] ** SCORE_POWER * iou.clamp(min=1e-4) ** IOU_POWER * inside
    best = torch.zeros_like(inside).scatter_(2, fit.topk(CELLS_PER_OBJECT, 2).indices, True) & inside
    # A cell wanted by several objects goes to the one it fits best.
    owner = (fit * best).argmax(1)
    best &= F.one_hot(owner, MAX_OBJECTS).transpose(1, 2).bool()
    fit, iou = fit * best, iou * best
    quality = fit / fit.amax(2, keepdim=True).clamp(min=1e-9) * iou.amax(2, keepdim=True)
    return owner, quality.amax(1)


def detection_loss(net_out: tuple[Tensor, Tensor], centres: Tensor, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of the scores against the boxes' quality, generalised IoU and distribution focal loss."""
    logits, distances = net_out
    predicted = decode_boxes(distances, centres)
    owner, quality = assign(logits.sigmoid(), predicted, centres, batch)
    weight = quality.sum().clamp(min=1)
    score_loss = F.binary_cross_entropy_with_logits(logits, quality, reduction="sum") / weight
    positive = quality > 0
    share = quality[positive]
    target = torch.gather(batch.boxes, 1, owner[..., None].expand(-1, -1, 4))[positive]
    iou, giou = pair_iou(predicted[positive], target)
    box_loss = ((1 - giou) * share).sum() / weight
    middle = centres.expand(len(logits), -1, -1)[positive]
    reach = torch.cat([middle - target[:, :2], target[:, 2:] - middle], 1) / STRIDE
    reach = reach.clamp(0, BINS - 1.01)
    low = reach.floor().long()
    upper = reach - low
    log_p = distances[positive].log_softmax(-1)
    spread = -(log_p.gather(2, low[..., None])[..., 0] * (1 - upper)
               + log_p.gather(2, low[..., None] + 1)[..., 0] * upper).mean(1)
    spread_loss = (spread * share).sum() / weight
    facts = {"score": float(score_loss.detach()), "box": float(box_loss.detach()),
             "iou": float((iou.detach() * share).sum() / share.sum().clamp(min=1e-6))}
    return score_loss + 3.0 * box_loss + 0.5 * spread_loss, facts


def learning_rate(progress: float) -> float:
    """One cycle over the time budget."""
    warm = 0.04
    if progress < warm:
        return LEARNING_RATE * max(progress / warm, 0.02)
    return LEARNING_RATE * (0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * (progress - warm) / (1 - warm)))))


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    if args.threads:
        torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    net: TinyDetectorNet = TinyDetectorNet().to(device)
    net.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]  # torch's types leave it out
    scores: Any = net.score_branch[-1]
    nn.init.constant_(scores.bias, -4.0)  # nearly every cell is background
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(1 - 1 / AVERAGED_STEPS), use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=0.02)
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "last.pt"
    step, spent = 0, 0.0
    if args.resume and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        for part, name in ((net, "net"), (average, "average"), (optimiser, "optimiser")):
            part.load_state_dict(state[name])
        step, spent = state["step"], state["seconds"]
    centres = cell_centres(SHORT, LONG, device)
    started = saved = time.monotonic()
    running: dict[str, float] = {}
    for batch in DataLoader(Batches(FIRST_SEED + args.seed + step * BATCH), batch_size=None, num_workers=1,
                            prefetch_factor=4):
        progress = (time.monotonic() - started + spent) / (args.minutes * 60)
        if progress >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(progress)
        moved = Batch(*(t.to(device) for t in vars(batch).values()))
        pixels = moved.pixels.to(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=not args.fp32):
            outputs = net(pixels.float())
        loss, facts = detection_loss(outputs, centres, moved)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        if torch.isfinite(norm):
            optimiser.step()
            average.update_parameters(net)
        step += 1
        for key, value in {"loss": float(loss.detach()), **facts}.items():
            running[key] = running.get(key, value) * 0.98 + value * 0.02
        if step % args.log_every == 0:
            log.info("%s", json.dumps({"step": step, "done": round(progress, 3),
                                       **{k: round(v, 3) for k, v in running.items()}}))
        if time.monotonic() - saved > 120:
            saved = time.monotonic()
            _save({"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(),
                   "step": step, "seconds": saved - started + spent}, checkpoint)
    finish(average.module, args.out / "tiny-detector.pt")


def _save(state: object, path: Path) -> None:
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def finish(net: nn.Module, path: Path) -> None:
    """Calibrate the scores and save the weights as float16."""
    assert isinstance(net, TinyDetectorNet)
    net.cpu().float().eval()
    net.calibration.copy_(torch.tensor(calibration(net)))
    _save({k: v.half() if v.is_floating_point() else v for k, v in net.state_dict().items()}, path)
    log.info("wrote %s, calibration %s", path, net.calibration.tolist())


@torch.inference_mode()
def calibration(net: TinyDetectorNet, count: int = 400) -> tuple[float, float]:
    """Slope and offset that make a score the chance that its box overlaps an object by at least half.

    Fitted on fresh pictures, on the boxes that survive suppression (Platt, 1999).
    """
    rng = np.random.default_rng(CALIBRATION_SEED)
    source = pictures(CALIBRATION_SEED)
    centres = cell_centres(SHORT, LONG)
    logits, hits = [], []
    for _ in range(count):
        canvas, truth = crop(next(source), rng, 1.0)
        raw, distances = net(torch.from_numpy(canvas).permute(2, 0, 1)[None].float())
        picked = raw[0].topk(CANDIDATES).indices
        boxes = decode_boxes(distances[:, picked], centres[picked])[0].numpy().astype(np.float64)
        score = raw[0, picked].numpy()
        kept = suppress(boxes, score, np.zeros(len(score), np.int32), NMS_OVERLAP)
        logits.append(score[kept])
        hits.append(matches(boxes[kept], truth.astype(np.float64), 0.5))
    x, y = torch.from_numpy(np.concatenate(logits)), torch.from_numpy(np.concatenate(hits)).float()
    return _platt(x, y)


def _platt(x: Tensor, y: Tensor) -> tuple[float, float]:
    with torch.inference_mode(False), torch.enable_grad():
        x, y = x.clone(), y.clone()
        fit = torch.tensor([1.0, 0.0], requires_grad=True)
        optimiser = torch.optim.LBFGS([fit], max_iter=100, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimiser.zero_grad()
            loss = F.binary_cross_entropy_with_logits(x * fit[0] + fit[1], y)
            loss.backward()
            return loss

        optimiser.step(closure)
        slope, offset = fit.detach().tolist()
        return slope, offset


def matches(boxes: npt.NDArray[np.float64], truth: npt.NDArray[np.float64], overlap: float) -> npt.NDArray[np.bool_]:
    """Which boxes, best first, take a true box that none before them took. (N, 4), (M, 4) -> (N,)."""
    iou = box_iou(boxes, truth)
    hit = np.zeros(len(boxes), bool)
    for row in range(len(boxes)):
        if iou.shape[1] and iou[row].max() >= overlap:
            iou[:, int(iou[row].argmax())] = -1
            hit[row] = True
    return hit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=35)
    parser.add_argument("--out", type=Path, default=Path("build/tiny-detector"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fp32", action="store_true", help="no bfloat16 autocast")
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--resume", action="store_true")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
