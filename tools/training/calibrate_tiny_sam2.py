"""Finish a trained tiny SAM 2: calibrate its object score logits, store it as float16.

    python -m tools.training.calibrate_tiny_sam2 build/tiny-sam2/final.pt resources/models/tiny-sam2.pt
    python -m tools.training.calibrate_tiny_sam2 build/before/final.pt build/after/final.pt OUT

Of several trainings, each going on from the one before, the weights are averaged.

SAM2MOT's thresholds were chosen for SAM 2.1: above 8 a mask is reliable, between 6 and 8 it is worth a fresh prompt, at
2 and below the object is lost. The last layer of the score head is scaled and shifted so that this model's scores mean
the same: the median of objects that are hidden or whose mask went astray goes to 2, and the 25th percentile of those
that are followed well to 8. Clips are from seeds used for nothing else.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from annotator.engine.segmenters.sam2 import Sam2Segmenter
from tools.training.evaluate_tiny_sam2 import follow

log = logging.getLogger("calibrate_tiny_sam2")

FIRST_SEED = 900_000_000
#: Mask IoU above which an object is followed well, and below which its mask went astray.
WELL, ASTRAY = 0.8, 0.2
#: Where the two go.
FOLLOWED, LOST = 8.0, 2.0


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Weights of a finished training, or the averaged ones of its last checkpoint. float32."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    if "average" in state:
        prefix = "module."
        return {k[len(prefix):]: v.float() for k, v in state["average"].items() if k.startswith(prefix)}
    return {k: v.float() for k, v in state["model"].items()}


def average(weights: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Mean of trainings that went on from one another, tensor by tensor."""
    return {name: torch.stack([each[name] for each in weights]).mean(0) for name in weights[0]}


def calibration(rows: list[dict[str, float]]) -> tuple[float, float]:
    """Scale and shift of the score logits."""
    followed = np.percentile([r["score"] for r in rows if r["visible"] and r["mask_iou"] > WELL], 25)
    lost = np.median([r["score"] for r in rows if r["share"] == 0 or (r["visible"] and r["mask_iou"] < ASTRAY)])
    if followed < lost + 0.5:
        raise SystemExit(f"followed objects score {followed:.2f}, lost ones {lost:.2f}: train longer")
    scale = (FOLLOWED - LOST) / float(followed - lost)
    return scale, LOST - scale * float(lost)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--frames", type=int, default=40)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    weights = average([read_weights(path) for path in args.trained])
    raw = args.out.with_suffix(".raw.pt")
    torch.save({"model": weights}, raw)
    segmenter = Sam2Segmenter.load(raw, "cpu")
    raw.unlink()
    rows = [row for k in range(args.clips) for row in follow(segmenter, FIRST_SEED + k, args.frames)]
    scale, shift = calibration(rows)
    last = "sam_mask_decoder.pred_obj_score_head.layers.2"
    weights[f"{last}.weight"] *= scale
    weights[f"{last}.bias"] = weights[f"{last}.bias"] * scale + shift
    torch.save({"model": {k: v.half() for k, v in weights.items()}}, args.out)
    log.info("%s", json.dumps({"scale": round(scale, 3), "shift": round(shift, 3), "out": str(args.out)}))


if __name__ == "__main__":
    main()
