"""Run real footage through the command line: score SAM2MOT and ByteTrack on the same detections; track whole videos.

    python -m benchmarks.real --data DIR --json
    python -m benchmarks.real --data DIR --sequences none --videos --json

DIR contains ``sleap_two_flies`` (detections by `benchmarks.scenarios.background_subtraction`, never from its ground
truth), ``adl_rundle6_f1-60`` (once with its own det.txt, once with the YOLOX-Nano in ``detectors``) and ``videos``
(without ground truth, to check that they run and to record the warnings). Both trackers use the default settings; the
second tracks the detections that the first one's run stored.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.errors import UserError
from annotator.video import open_video
from benchmarks.harness.results import emit, environment, progress
from benchmarks.scenarios import background_subtraction

ROOT = Path(__file__).parents[1]
#: The first tracker's run stores the detections that all others use.
TRACKERS = ("bytetrack", "sam2mot")
SCORES = ("hota", "deta", "assa", "idf1", "mota", "idsw", "fp", "fn")
_TIMEOUT = 3600.0


@dataclass(frozen=True, slots=True)
class Sequence:
    """A video with ground truth, and the source of its detections."""

    source: Path
    gt: Path
    detector: tuple[str, ...]
    """Options of ``annotator preannotate``."""
    background: bool = False
    """Create detections by background subtraction first."""


def sequences(data: Path) -> dict[str, Sequence]:
    """Return all sequences by name."""
    flies, adl = data / "sleap_two_flies", data / "adl_rundle6_f1-60"
    yolox = ("--detector", str(data / "detectors" / "yolox_nano_416.onnx"), "--labels", "person")
    return {"flies": Sequence(flies / "clip.mp4", flies / "gt_from_keypoints.txt", (), background=True),
            "adl": Sequence(adl, adl / "gt" / "gt.txt", ("--detections", str(adl / "det" / "det.txt"))),
            "adl_yolox_nano": Sequence(adl, adl / "gt" / "gt.txt", yolox)}


def score(sequence: Sequence, folder: Path, options: list[str]) -> dict[str, Any]:
    """Run every tracker on one sequence and score each. Returns scores by tracker, frames and seconds."""
    detector = sequence.detector
    if sequence.background:
        detections = folder / "det.txt"
        background_subtraction.run(sequence.source, detections, background_subtraction.Settings())
        detector = ("--detections", str(detections))
    project = folder / "p.annot"
    with open_video(sequence.source) as video:
        frames = len(video)
    result: dict[str, Any] = {"frames": frames}
    for tracker in TRACKERS:
        source = [str(sequence.source), *detector] if tracker == TRACKERS[0] else ["--detections-run", "1"]
        run = preannotate([*source, "--project", str(project), "--tracker", tracker, *options])
        found = json.loads(command(["evaluate", str(project), "--gt", str(sequence.gt), "--json"]).stdout)
        scores = found["after"]
        result[tracker] = {**{name: round(scores[name], 2) for name in SCORES}, **run}
        progress(f"  {tracker}: {json.dumps(result[tracker])}")
    return result


def preannotate(arguments: list[str]) -> dict[str, Any]:
    """Make one run. Returns seconds, tracks, cuts and warnings."""
    began = time.monotonic()
    done = command(["preannotate", *arguments, "--quiet"])
    summary = re.search(r"frames 0 to (\d+), (\d+) tracks in (?:.*, (\d+) cuts)?", done.stdout.strip())
    if summary is None:
        raise SystemExit(f"annotator preannotate {' '.join(arguments)} printed {done.stdout!r}")
    return {"seconds": round(time.monotonic() - began, 1), "tracks": int(summary[2]), "cuts": int(summary[3] or 0),
            "warnings": [line for line in done.stderr.splitlines() if line]}


def command(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the command line like a user. Ends the benchmark if the command fails."""
    done = subprocess.run([sys.executable, "-m", "annotator", *arguments], cwd=ROOT, capture_output=True, text=True,
                          timeout=_TIMEOUT, check=False)
    if done.returncode:
        raise SystemExit(f"annotator {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done


def run_through(data: Path, folder: Path, detector: str, end: int | None, options: list[str]) -> dict[str, Any]:
    """Track every video with SAM2MOT. Returns the results by name."""
    result = {}
    for path in sorted((data / "videos").iterdir()):
        try:
            with open_video(path) as video:
                frames, size = len(video), f"{video.info.width}x{video.info.height}"
        except UserError:
            continue  # the folder also contains a note
        last = frames - 1 if end is None else min(end, frames - 1)
        run = preannotate([str(path), "--project", str(folder / f"{path.name}.annot"), "--detector", detector, "--end",
                           str(last), *options])
        result[path.name] = {"frames": frames, "run": last + 1, "size": size, **run}
        progress(f"{path.name}: {json.dumps(result[path.name])}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sequences", default="flies,adl,adl_yolox_nano", help="comma-separated, or none")
    parser.add_argument("--videos", action="store_true", help="track the videos as well")
    parser.add_argument("--detector", default="tiny-detector", help="detector for the videos; the built-in one has "
                        "many false positives on real footage, and every track costs time")
    parser.add_argument("--end", type=int, help="last frame of the videos (default: the video's last)")
    parser.add_argument("--segmenter", default="tiny-sam2")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end (always done)")
    args = parser.parse_args()
    options = ["--segmenter", args.segmenter, "--device", args.device]
    known = sequences(args.data)
    names = [] if args.sequences == "none" else args.sequences.split(",")
    for name in names:
        if name not in known:
            parser.error(f"there is no sequence {name}: choose from {', '.join(known)}")
    result: dict[str, Any] = {"segmenter": args.segmenter, "sequences": {}}
    with tempfile.TemporaryDirectory() as temporary:
        for name in names:
            progress(name)
            folder = Path(temporary) / name
            folder.mkdir()
            result["sequences"][name] = score(known[name], folder, options)
        if args.videos:
            result["videos"] = run_through(args.data, Path(temporary), args.detector, args.end, options)
    emit({**result, "environment": environment()})


if __name__ == "__main__":
    main()
