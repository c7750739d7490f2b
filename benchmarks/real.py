"""Real footage through the command line: SAM2MOT and ByteTrack on the same detections, scored; and videos run through.

    python -m benchmarks.real --data DIR --json
    python -m benchmarks.real --data DIR --sequences none --videos --json

DIR holds ``sleap_two_flies`` (detections by `benchmarks.scenarios.background_subtraction`, never from its ground
truth), ``adl_rundle6_f1-60`` (once with its own det.txt, once with the YOLOX-Nano of ``detectors``) and ``videos`` (no
ground truth: whether they run, and what is said). Both trackers run with the settings that a user has who gives none;
the second takes the detections that the first one's run stored.
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
#: The first one's run stores the detections of all.
TRACKERS = ("bytetrack", "sam2mot")
SCORES = ("hota", "deta", "assa", "idf1", "mota", "idsw", "fp", "fn")
_PATIENCE = 3600.0


@dataclass(frozen=True, slots=True)
class Sequence:
    """Footage with ground truth, and where its detections come from."""

    source: Path
    gt: Path
    detector: tuple[str, ...]
    """Options of ``annotator preannotate``."""
    background: bool = False
    """Detections are made by background subtraction first."""


def sequences(data: Path) -> dict[str, Sequence]:
    """Every sequence by name."""
    flies, adl = data / "sleap_two_flies", data / "adl_rundle6_f1-60"
    yolox = ("--detector", str(data / "detectors" / "yolox_nano_416.onnx"), "--labels", "person")
    return {"flies": Sequence(flies / "clip.mp4", flies / "gt_from_keypoints.txt", (), background=True),
            "adl": Sequence(adl, adl / "gt" / "gt.txt", ("--detections", str(adl / "det" / "det.txt"))),
            "adl_yolox_nano": Sequence(adl, adl / "gt" / "gt.txt", yolox)}


def score(sequence: Sequence, folder: Path, options: list[str]) -> dict[str, Any]:
    """Run every tracker over one sequence and score each. Returns scores by tracker, frames and seconds."""
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
    """One run: seconds, tracks, cuts and warnings."""
    began = time.monotonic()
    done = command(["preannotate", *arguments, "--quiet"])
    said = re.search(r"frames 0 to (\d+), (\d+) tracks in (?:.*, (\d+) cuts)?", done.stdout.strip())
    if said is None:
        raise SystemExit(f"annotator preannotate {' '.join(arguments)} said {done.stdout!r}")
    return {"seconds": round(time.monotonic() - began, 1), "tracks": int(said[2]), "cuts": int(said[3] or 0),
            "warnings": [line for line in done.stderr.splitlines() if line]}


def command(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """The command line as a user has it. Ends the benchmark where it fails."""
    done = subprocess.run([sys.executable, "-m", "annotator", *arguments], cwd=ROOT, capture_output=True, text=True,
                          timeout=_PATIENCE, check=False)
    if done.returncode:
        raise SystemExit(f"annotator {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done


def run_through(data: Path, folder: Path, detector: str, end: int | None, options: list[str]) -> dict[str, Any]:
    """Every video through SAM2MOT, by name."""
    result = {}
    for path in sorted((data / "videos").iterdir()):
        try:
            with open_video(path) as video:
                frames, size = len(video), f"{video.info.width}x{video.info.height}"
        except UserError:
            continue  # the folder has a note beside them
        last = frames - 1 if end is None else min(end, frames - 1)
        run = preannotate([str(path), "--project", str(folder / f"{path.name}.annot"), "--detector", detector, "--end",
                           str(last), *options])
        result[path.name] = {"frames": frames, "run": last + 1, "size": size, **run}
        progress(f"{path.name}: {json.dumps(result[path.name])}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sequences", default="flies,adl,adl_yolox_nano", help="with commas between, or none")
    parser.add_argument("--videos", action="store_true", help="run the videos through as well")
    parser.add_argument("--detector", default="tiny-detector", help="of the videos; the built-in one finds much where "
                        "there is nothing, and every track costs time")
    parser.add_argument("--end", type=int, help="last frame of the videos; default: their own")
    parser.add_argument("--segmenter", default="tiny-sam2")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true", help="print one JSON object last (the default as well)")
    args = parser.parse_args()
    options = ["--segmenter", args.segmenter, "--device", args.device]
    known = sequences(args.data)
    names = [] if args.sequences == "none" else args.sequences.split(",")
    for name in names:
        if name not in known:
            parser.error(f"there is no sequence {name}: choose of {', '.join(known)}")
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
