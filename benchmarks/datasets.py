"""Run the benchmark command over real sequences in the layout of each data set, kill it once, resume it, and compare
with an undisturbed run.

    python -m benchmarks.datasets --data DIR --json

DIR contains MOTChallenge sequences: ``mot17_mini/*`` and ``adl_rundle6_f1-60``, with ``img1``, ``gt/gt.txt`` and
``det/det.txt``. They are linked, not copied. All four layouts use the same images, so the scores of the other three
only show that their code paths work, and say nothing about those data sets.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.formats.mot.rows import MotRows, read_mot_rows
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.model.box import box_area
from benchmarks.harness.results import emit, environment, progress

ROOT = Path(__file__).parents[1]
CONFIG = "segmenter: {segmenter}\ndevice: {device}\ntracker: {tracker}\nsnapshot_every: 2\n"
_TIMEOUT = 900.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Sequences in the layout of one data set."""

    dataset: str
    split: str
    root: Path
    detections: Path
    """One folder per sequence, with its det.txt."""


def make_layouts(data: Path, folder: Path) -> list[Layout]:
    """Link the sequences in each data set's layout, and write their labels in each data set's format."""
    mot17 = sorted(child for child in (data / "mot17_mini").iterdir() if child.is_dir())
    adl = data / "adl_rundle6_f1-60"
    for sequence in (*mot17, adl):
        for split in ("mot17/train", "dancetrack/val"):
            if split.startswith("mot17") == (sequence != adl):
                _link(sequence, folder / split / sequence.name)
    _link(mot17[0], folder / "dancetrack" / "val" / mot17[0].name)
    for name, sequence in (("M0203", mot17[-1]), ("M0205", adl)):
        _as_uavdt(sequence, name, folder / "uavdt")
    for sequence in mot17[:2]:
        _as_bdd100k(sequence, folder / "bdd100k")
    return [Layout("mot17", "train", folder / "mot17", folder / "mot17" / "train"),
            Layout("dancetrack", "val", folder / "dancetrack", folder / "dancetrack" / "val"),
            Layout("uavdt", "test", folder / "uavdt", folder / "uavdt" / "detections"),
            Layout("bdd100k", "val", folder / "bdd100k", folder / "bdd100k" / "detections")]


def _link(target: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target.resolve(), target_is_directory=target.is_dir())


def _people(sequence: Path) -> MotRows:
    return read_mot_rows(sequence / "gt" / "gt.txt", "mot")


def _as_uavdt(sequence: Path, name: str, root: Path) -> None:
    """Write scored people as ground truth and all other labels as ignore regions."""
    _link(sequence / "img1", root / "UAV-benchmark-M" / name)
    _link(sequence / "det" / "det.txt", root / "detections" / f"{name}.txt")
    truth = root / "UAV-benchmark-MOTD_v1.0" / "GT"
    truth.mkdir(parents=True, exist_ok=True)
    rows = _people(sequence)
    counted = (rows.class_number == 1) & (rows.seventh != 0)
    for suffix, selected in (("gt", counted), ("gt_ignore", ~counted)):
        (truth / f"{name}_{suffix}.txt").write_text("".join(
            f"{frame + 1},{number},{x0:g},{y0:g},{x1 - x0:g},{y1 - y0:g},1,0,0\n" for frame, number, (x0, y0, x1, y1)
            in zip(rows.frame_index[selected], rows.id[selected], rows.box_xyxy[selected], strict=True)))


def _as_bdd100k(sequence: Path, root: Path) -> None:
    """Write scored people as pedestrians and all other labels as "other person", which is not scored."""
    name = sequence.name
    _link(sequence / "img1", root / "images" / "track" / "val" / name)
    rows = _people(sequence)
    labels: dict[int, list[dict[str, Any]]] = {}
    for k, frame in enumerate(rows.frame_index.tolist()):
        x0, y0, x1, y1 = rows.box_xyxy[k].tolist()
        counted = rows.class_number[k] == 1 and rows.seventh[k] != 0
        labels.setdefault(frame, []).append({
            "id": str(rows.id[k]), "category": "pedestrian" if counted else "other person",
            "box2d": {"x1": x0, "y1": y0, "x2": x1 - 1, "y2": y1 - 1}})
    images = sorted(path.name for path in (sequence / "img1").glob("*.jpg"))
    frames = [{"name": image, "videoName": name, "frameIndex": k, "labels": labels.get(k, [])}
              for k, image in enumerate(images)]
    for folder in ("labels/box_track_20/val", "detections"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "labels" / "box_track_20" / "val" / f"{name}.json").write_text(json.dumps(frames))
    found = read_mot_rows(sequence / "det" / "det.txt", "mot-det", on_bad="skip")
    boxes = found.box_xyxy
    (root / "detections" / f"{name}.json").write_text(json.dumps({
        "images": [{"id": k, "file_name": image, "frame_id": k} for k, image in enumerate(images)],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{"image_id": int(found.frame_index[k]), "category_id": 1, "score": float(found.seventh[k]),
                         "bbox": [*boxes[k, :2].tolist(), *(boxes[k, 2:] - boxes[k, :2]).tolist()]}
                        for k in range(len(found)) if box_area(boxes[k]) > 0]}))


def run(layout: Layout, folder: Path, config: Path, options: list[str]) -> dict[str, Any]:
    """Make one undisturbed run and one that is killed and resumed. Returns scores and whether both agree."""
    base = ["benchmark", layout.dataset, str(layout.root), "--split", layout.split, "--config", str(config),
            "--detections", str(layout.detections), "--json", "--quiet", *options]
    began = time.monotonic()
    undisturbed = _finish([*base, "--out", str(folder / "whole")])
    seconds = time.monotonic() - began
    killed = _kill([*base, "--out", str(folder / "part")], folder / "part")
    _finish([*base, "--out", str(folder / "part")])
    same = _texts(folder / "whole") == _texts(folder / "part")
    table = _table(base, folder / "whole")
    progress(f"{layout.dataset}: {seconds:.0f} s; {killed}; {'the same' if same else 'NOT the same'} afterwards\n"
             f"{table}")
    frames = sum(json.loads(path.read_text())["frames"] for path in (folder / "whole").glob("*/run.json"))
    return {"scores": undisturbed["scores"], "sequences": undisturbed["sequences"], "frames": frames,
            "thresholds": undisturbed["thresholds"], "seconds": round(seconds, 1), "killed": killed,
            "same_after_kill": same, "table": table}


def _finish(arguments: list[str]) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "annotator", *arguments], cwd=ROOT, capture_output=True, text=True,
                          timeout=_TIMEOUT, check=False)
    if done.returncode:
        raise SystemExit(f"annotator {' '.join(arguments)}: {done.stderr}")
    return dict(json.loads(done.stdout))


def _table(base: list[str], out: Path) -> str:
    arguments = [argument for argument in base if argument != "--json"]
    done = subprocess.run([sys.executable, "-m", "annotator", *arguments, "--out", str(out)], cwd=ROOT,
                          capture_output=True, text=True, timeout=_TIMEOUT, check=True)
    return done.stdout


def _kill(arguments: list[str], out: Path) -> str:
    """Kill a run as soon as it has written a snapshot in its second sequence."""
    process = subprocess.Popen([sys.executable, "-m", "annotator", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + _TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        done = len(list(out.glob("*/trajectories.txt")))
        if done >= 1 and list(out.glob("*/*.snapshot")):
            process.kill()
            process.wait()
            return f"killed after {done} finished sequences, during the next"
        time.sleep(0.02)
    return "finished before it could be killed"


def _texts(out: Path) -> dict[str, str]:
    return {str(path.relative_to(out)): path.read_text() for path in sorted(out.rglob("*.txt"))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--datasets", nargs="+", default=["mot17", "dancetrack", "uavdt", "bdd100k"])
    parser.add_argument("--segmenter", default="tiny-sam2")
    parser.add_argument("--tracker", default=PreannotateSettings().tracker)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--thresholds", default="adaptive")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end (always done)")
    arguments = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        config = folder / "config.yml"
        config.write_text(CONFIG.format(segmenter=arguments.segmenter, device=arguments.device,
                                        tracker=arguments.tracker))
        for layout in make_layouts(arguments.data, folder):
            if layout.dataset in arguments.datasets:
                found[layout.dataset] = run(layout, folder / "out" / layout.dataset, config,
                                            ["--thresholds", arguments.thresholds])
    emit({"datasets": found, "segmenter": arguments.segmenter, "tracker": arguments.tracker,
          "environment": environment()})


if __name__ == "__main__":
    main()
