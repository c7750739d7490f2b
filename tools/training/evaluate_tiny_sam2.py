"""How well a tiny SAM 2 follows objects through held-out synthetic clips.

    python -m tools.training.evaluate_tiny_sam2 resources/models/tiny-sam2.pt

Every object is prompted once, with its true box in the first frame in which it shows well, and then followed by its
memory alone, without detector, re-prompts or interaction.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from annotator.engine.mask_resize import MaskResizer, without_specks
from annotator.engine.segmenters.sam2 import Sam2Segmenter
from annotator.engine.settings import Sam2MotSettings
from annotator.model.frame import Frame
from annotator.model.prompt import Prompt
from testbed.synthetic_clips import ClipSpec, make_clip

#: Held-out clips: seeds below all training seeds, and not the demo's.
SEEDS = range(200, 210)
SETTINGS = Sam2MotSettings()
SPEC = ClipSpec(crossings=0.6, exits=0.3, pillars=(0, 1))


def follow(segmenter: Sam2Segmenter, seed: int, frames: int) -> list[dict[str, float]]:
    """One row per object and frame after its prompt: age, mask IoU, box IoU, score, visible share."""
    clip = make_clip(replace(SPEC, frames=frames), seed)
    height, width = clip.images.shape[1:3]
    pixels, visible = clip.visible_pixels(), clip.visible()
    shares = pixels / np.maximum(clip.areas, 1)
    boxes = clip.boxes()
    segmenter.start(width, height, frames)
    resizer = MaskResizer(segmenter.mask_size, width, height)
    born: dict[int, int] = {}
    rows = []
    for t in range(frames):
        features = segmenter.encode(Frame(t, clip.images[t], t / 25))
        new = {n: Prompt(t, tuple(boxes[t, n])) for n in range(clip.object_count)
               if n not in born and visible[t, n] and shares[t, n] > 0.5}
        tracked = segmenter.predict(features, list(born))
        prompted = segmenter.prompt(features, new)
        born |= dict.fromkeys(new, t)
        for predictions in (tracked, prompted):
            segmenter.memorise(features, predictions)
            for row, n in enumerate(predictions.object_ids):
                cleaned = without_specks(predictions.logits[row].cpu().numpy(), SETTINGS.speck_share,
                                         SETTINGS.speck_distance)
                mask = resizer.mask(cleaned)
                truth = clip.instances[t] == n + 1
                found = mask.to_bitmap(width, height)
                union = (truth | found).sum()
                overlap = float((truth & found).sum() / union) if union else 1.0
                rows.append({"age": t - born[n], "share": float(shares[t, n]), "visible": bool(visible[t, n]),
                             "score": float(predictions.score[row]), "iou_estimate": float(predictions.iou[row]),
                             "mask_iou": overlap,
                             "box_iou": _box_iou(np.array(mask.box_xyxy), boxes[t, n])})
    return rows


def _box_iou(a: np.ndarray, b: np.ndarray) -> float:
    if not np.isfinite(b).all():
        return 0.0
    size = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    overlap = size.prod()
    union = (a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - overlap
    return float(overlap / union) if union else 0.0


def summarise(rows: list[dict[str, float]]) -> dict[str, object]:
    """IoU by age, and how well the score tells visible from hidden."""
    seen, hidden = [r for r in rows if r["visible"]], [r for r in rows if r["share"] == 0]
    ages: dict[str, list[dict[str, float]]] = defaultdict(list)
    for r in seen:
        ages["0" if r["age"] == 0 else "1-5" if r["age"] <= 5 else "6-29" if r["age"] < 30 else "30+"].append(r)
    def spread(part: list[dict[str, float]]) -> list[float]:
        return np.percentile([r["score"] for r in part], [5, 25, 50, 75, 95]).round(2).tolist() if part else []
    held = [r for r in seen if r["mask_iou"] > 0.5]
    return {"age": {k: {"mask_iou": round(float(np.mean([r["mask_iou"] for r in v])), 3),
                        "box_iou": round(float(np.mean([r["box_iou"] for r in v])), 3), "n": len(v)}
                    for k, v in ages.items()},
            "held_share": round(len(held) / max(len(seen), 1), 3), "box_iou_held": round(float(np.mean(
                [r["box_iou"] for r in held] or [0])), 3),
            "score_visible": spread(seen), "score_hidden": spread(hidden),
            "score_held": spread(held), "score_wrong": spread([r for r in seen if r["mask_iou"] < 0.2])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    segmenter = Sam2Segmenter.load(args.weights, args.device)
    rows = [row for seed in list(SEEDS)[:args.clips] for row in follow(segmenter, seed, args.frames)]
    print(json.dumps(summarise(rows), indent=1))


if __name__ == "__main__":
    main()
