"""Measure the peak memory of a short and a long pre-annotation, and the growth of the stock predictor's memory.

    python -m benchmarks.memory --frames 300,3000 --json

Each length runs completely in its own process: decode, track, store. The objects exist in all frames (their boxes are
given as detections) and are re-prompted repeatedly.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from annotator.engine.settings import Sam2MotSettings, TrajectorySettings
from benchmarks.harness.memory import peak_mb
from benchmarks.harness.results import emit, environment, progress
from testbed.synthetic_clips import Clip, ClipSpec, make_clip

SEED = 11
#: Frames of the clip, which is played forward and backward in turn.
LOOP = 40
#: Every visible object counts as pending, because the benchmark measures re-prompts. Duplicates end, because otherwise
#: the number of objects would grow with the video's length.
PENDING = TrajectorySettings(reliable=1000.0, pending=-2000.0, suspicious=-3000.0, max_hidden=5)


def make_source(folder: Path, clip: Clip, frames: int) -> tuple[Path, Path]:
    """Write a video of this length and the detections of all its objects."""
    order = list(range(LOOP)) + list(range(LOOP - 2, 0, -1))
    boxes = clip.boxes()
    video, detections = folder / "loop.mp4", folder / "det.txt"
    with av.open(str(video), "w") as container, detections.open("w") as file:
        stream = container.add_stream("libx264", rate=Fraction(25), options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = clip.spec.width, clip.spec.height, "yuv420p"
        for t in range(frames):
            k = order[t % len(order)]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(clip.images[k], format="rgb24")))
            for box in boxes[k][np.isfinite(boxes[k]).all(1)]:
                left, top, width, height = box[0], box[1], box[2] - box[0], box[3] - box[1]
                file.write(f"{t + 1},-1,{left:g},{top:g},{width:g},{height:g},0.9,-1,-1,-1\n")
        container.mux(stream.encode())
    return video, detections


def run_one(frames: int, objects: int, folder: Path) -> dict[str, float]:
    """Pre-annotate in this process. Returns the peak memory in MB, and the numbers of objects and re-prompts."""
    from annotator.jobs.project import add_source, open_project
    from annotator.jobs.tracking import preannotate
    from annotator.jobs.tracking.config import PreannotateSettings

    clip = make_clip(ClipSpec(frames=LOOP, objects=(objects, objects), exits=0, pillars=(0, 0), crossings=0.2), SEED)
    video, detections = make_source(folder, clip, frames)
    settings = PreannotateSettings(detections=str(detections), segmenter="tiny-sam2-drawn", device="cpu",
                                   snapshot_every=100,
                                   sam2mot=Sam2MotSettings(trajectories=PENDING))
    live = reprompts = 0
    with open_project(folder / "p.annot", create=True) as session:
        record, _ = add_source(session, video)
        for step in preannotate.start(session, record, settings):
            live += len(step.result.objects)
            reprompts += sum(o.evidence.reprompted for o in step.result.objects)
            if step.done % 100 == 0:
                progress(f"{frames}: {step.done} frames, {step.frames_per_second:.1f} fps, {peak_mb():.0f} MB")
    return {"peak_mb": peak_mb(), "mean_live": live / frames, "reprompts_per_frame": reprompts / frames}


def stock_growth(objects: int, frames: int = 24) -> float:
    """Return the MB of memories and images that the stock predictor keeps per object and frame."""
    import torch

    from benchmarks.scenarios.stock_predictor import Stock, build_models, steady_plan

    args = argparse.Namespace(random=None, checkpoint="tiny-sam2-drawn", device="cpu", image_size=None)
    _, model = build_models(args)
    clip = make_clip(ClipSpec(frames=frames, objects=(objects, objects), exits=0), SEED)
    stock = Stock(model, clip, torch.device("cpu"), False)
    plan = steady_plan(clip, objects)
    for t in range(frames):
        stock.step(t, plan.prompts.get(t, {}), [])
    per_object = stock.state["output_dict_per_obj"].values()
    tensors = [v for memory in per_object for outputs in memory.values() for out in outputs.values()
               for v in out.values() if isinstance(v, torch.Tensor)]
    kept = sum(v.numel() * v.element_size() for v in tensors)
    images = stock.state["images"]
    return float(kept + images.numel() * images.element_size()) / (objects * frames) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", default="300,3000")
    parser.add_argument("--objects", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(run_one(args.one, args.objects, Path(folder))))
        return
    runs: dict[str, Any] = {}
    for frames in args.frames.split(","):
        command = [sys.executable, "-m", "benchmarks.memory", "--one", frames, "--objects", str(args.objects)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        runs[frames] = json.loads(done.stdout.splitlines()[-1])
    peaks = {frames: round(run["peak_mb"], 1) for frames, run in runs.items()}
    first, *_, last = peaks.values()
    emit({"environment": environment(), "peak_mb": peaks, "ratio": round(last / first, 4), "runs": runs,
          "stock_mb_per_object_frame": round(stock_growth(args.objects), 4)})


if __name__ == "__main__":
    main()
