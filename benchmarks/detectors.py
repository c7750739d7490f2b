"""Build every named MMDetection detector from its configuration and run it on one real frame; YOLOX-Nano on many.

    python -m benchmarks.detectors --json
    python -m benchmarks.detectors --names yolox-nano,rtmdet-tiny --json

The weights are random, so only times and memory are meaningful, not the detections. Each architecture runs in its own
process, so that its memory peak is separate. YOLOX-Nano gets the real weights of an ONNX file, which is also run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from annotator.engine.detectors.mmdet_names import ARCHITECTURES, READS_TEXT
from annotator.model.frame import Frame
from annotator.video.images import read_image
from benchmarks.harness.memory import peak_mb
from benchmarks.harness.results import emit, environment, progress
from benchmarks.measures.detections import differences, frames_of, score

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
#: A run that takes longer than this many seconds is not repeated.
LONG = 20.0
PROMPT = "person . car ."
#: A small part of BERT's vocabulary; the rest does not affect the time.
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", "person", "car")
#: Minimum score of YOLOX-Nano's boxes.
THRESHOLD = 0.3


def run_one(name: str, picture: Path, device: str) -> dict[str, Any]:
    """Build and run one architecture in this process."""
    from annotator.engine.detector_settings import DetectorSettings
    from annotator.engine.detectors.mmdet import MmdetDetector
    from annotator.engine.detectors.mmdet_models import build, read_config

    image = read_image(picture)
    with tempfile.TemporaryDirectory() as folder:
        vocabulary = Path(folder) / "vocab.txt"
        vocabulary.write_text("\n".join(WORDS) + "\n")
        config = read_config(name)
        if "score_thr" in config.model.test_cfg:
            config.model.test_cfg.score_thr = 0.0  # a random network has low scores
        model = build(config, None, device, vocabulary=vocabulary)
        detector = MmdetDetector(model, name, device, settings=DetectorSettings(score_floor=0),
                                 prompt=PROMPT if name in READS_TEXT else None)
    built_mb = peak_mb()
    seconds: list[float] = []
    while len(seconds) < 3 and (not seconds or seconds[0] < LONG):
        start = time.perf_counter()
        found = detector.detect([Frame(0, image, 0.0)])[0]
        seconds.append(time.perf_counter() - start)
    assert found.box_xyxy.shape == (len(found), 4)
    return {"ms": round(1000 * min(seconds), 1), "peak_mb": round(peak_mb(), 1), "boxes": len(found),
            "parameters": sum(p.numel() for p in detector.network.parameters()), "built_mb": round(built_mb, 1),
            "runs": len(seconds), "picture": f"{image.shape[1]}x{image.shape[0]}"}


def run_all(names: list[str], picture: Path, device: str) -> dict[str, Any]:
    """Run each architecture in its own process. A failure is recorded by its error and does not stop the others."""
    results: dict[str, Any] = {}
    for name in names:
        progress(f"{name} ...")
        command = [sys.executable, "-m", "benchmarks.detectors", "--one", name, "--picture", str(picture), "--device",
                   device]
        done = subprocess.run(command, capture_output=True, text=True)
        lines = done.stdout.splitlines()
        results[name] = (json.loads(lines[-1]) if done.returncode == 0 and lines else
                         {"error": (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1][:300]})
        progress(f"{name}: {json.dumps(results[name])}")
    return results


def yolox_nano(onnx: Path, data: Path) -> dict[str, Any]:
    """Compare YOLOX-Nano's real weights in MMDetection and in ONNX."""
    import torch

    from annotator.engine.detectors.mmdet import MmdetDetector
    from annotator.engine.detectors.mmdet_models import build, read_config
    from annotator.engine.detectors.onnx.detector import OnnxDetector
    from testbed.yolox_from_onnx import convolutions, state_dict

    model = build(read_config("yolox-nano"), None, "cpu")
    model.network.load_state_dict(state_dict(model.network, convolutions(onnx)))
    ours = MmdetDetector(model, "yolox-nano")
    theirs = OnnxDetector(onnx, nms_overlap=0.65, threads=torch.get_num_threads())
    sequences = {"mot17": sorted((data / "mot17_mini").glob("MOT17-*")), "adl": [data / "adl_rundle6_f1-60"]}
    some = [frame for name, step, most in (("mot17", 1, 14), ("adl", 10, 6))
            for frame in [f for s in sequences[name] for f in frames_of(s)][::step][:most]]
    compared = [differences(ours.detect([frame])[0], theirs.detect([frame])[0]) for frame in some]
    boxes, scores = (np.concatenate([one[k] for one in compared]) for k in (0, 1))
    result: dict[str, Any] = {
        "frames": len(some), "boxes": len(boxes), "without_like": sum(one[2] for one in compared),
        "box_diff_median_px": float(np.median(boxes)), "box_diff_max_px": float(boxes.max()),
        "score_diff_median": float(np.median(scores)), "score_diff_max": float(scores.max()),
        "threshold": THRESHOLD, "overlap": 0.5}
    for name, folders in sequences.items():
        for path, detector in (("mmdet", ours), ("onnx", theirs)):
            counts = score(detector, folders, THRESHOLD)
            result[f"{name}_{path}"] = {"recall": round(counts.recall, 4), "precision": round(counts.precision, 4),
                                        "people": counts.people, "hits": counts.hits,
                                        "false_alarms": counts.false_alarms}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", default=",".join(ARCHITECTURES), help="architectures, comma-separated")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with mot17_mini, adl_rundle6_f1-60, detectors")
    parser.add_argument("--picture", type=Path, help="default: the first frame of MOT17-04")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    picture = args.picture or args.data / "mot17_mini/MOT17-04-FRCNN/img1/000001.jpg"
    if not picture.is_file():
        parser.error(f"{picture} does not exist: give --picture or --data")
    if args.one:
        print(json.dumps(run_one(args.one, picture, args.device)))
        return
    result = {"environment": environment(), "detectors": run_all(args.names.split(","), picture, args.device)}
    onnx = args.data / "detectors/yolox_nano_416.onnx"
    if onnx.is_file() and (args.data / "mot17_mini").is_dir():
        progress("YOLOX-Nano in MMDetection and in ONNX ...")
        result["yolox_nano"] = yolox_nano(onnx, args.data)
    emit(result)


if __name__ == "__main__":
    main()
