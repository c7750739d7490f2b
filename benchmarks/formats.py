"""Measure the speed and memory of writing and reading each format.

``python -m benchmarks.formats --observations 1000000 --json``: rows per second and peak memory (MB above the start) per
format, out and in. Each measurement has its own process, because a process's memory peak never decreases. Line-based
formats are also measured with a tenth of the observations, because their memory must not depend on the number of
observations. ``--formats`` selects formats. Masks are small discs, and only formats that need masks get them. These
formats get a fraction of the observations (``observations`` is the number), as do data sets that are MOTChallenge's
format in other folders.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotator.formats.base import ExportOptions, ImportOptions
from annotator.formats.registry import get_format, writable
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from benchmarks.harness.memory import peak_mb
from benchmarks.harness.results import emit, environment, progress

_OBJECTS = 50
_WIDTH, _HEIGHT = 1920, 1080
#: Formats with one text line per box, in one file or in a file per frame.
LINES = ("mot", "mot-results", "mot-det", "mot17", "dancetrack", "sportsmot", "mots", "kitti-mots", "kitti",
         "kitti-results", "uavdt", "visdrone", "yolo", "viame", "csv")
#: Fraction of the observations for formats that would otherwise take too long.
_SHARES = {**dict.fromkeys(("mot17", "dancetrack", "sportsmot", "mots", "kitti-mots", "youtube-vis"), 0.1),
           **dict.fromkeys(("mots-png", "bdd100k-bitmask"), 0.01)}


@dataclass(frozen=True, slots=True)
class Grid:
    """Objects that move right by one pixel per frame, without overlap; generated during iteration."""

    frames: int
    masks: bool

    def __iter__(self) -> Iterator[LabelledFrame]:
        disc = np.hypot(*np.mgrid[-10:11, -10:11]) <= 10
        shape = Mask.from_bitmap(disc)
        for frame in range(self.frames):
            boxes = []
            for number in range(_OBJECTS):
                left, top = 180 * (number % 10) + frame % 150, 200 * (number // 10) + 10
                mask = Mask(left, top, shape.width, shape.height, shape.rle) if self.masks else None
                boxes.append(LabelledBox(number + 1, number % 2, (left, top, left + 21.0, top + 21.0), 0.5, mask))
            yield LabelledFrame(frame, tuple(boxes), frame / 25)


def _measure(name: str, observations: int, folder: str, reading: bool, answer: multiprocessing.SimpleQueue[
        tuple[float, float]]) -> None:
    each = get_format(name)
    frames = max(observations // _OBJECTS, 1)
    info = SequenceInfo("clip", _WIDTH, _HEIGHT, 25.0, frames, ("car", "truck"))
    before, start = peak_mb(), time.perf_counter()
    if reading:
        [found] = each.read(Path(folder), ImportOptions(info=info))
        rows = sum(len(frame.boxes) for frame in found.frames)
    else:
        masks = each.abilities.needs_masks
        rows = each.write([(info, Grid(frames, masks))], Path(folder), ExportOptions(field_check=False, masks=masks)
                          ).boxes
    answer.put((rows / (time.perf_counter() - start), peak_mb() - before))


def measure(name: str, observations: int) -> dict[str, float]:
    """Measure one format, out and in; writing includes reading back, which every export does."""
    context = multiprocessing.get_context("spawn")
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for reading, key in ((False, "out"), (True, "in")):
            answer = context.SimpleQueue()
            process = context.Process(target=_measure, args=(name, observations, folder, reading, answer))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"{name}: failed while {'reading' if reading else 'writing'}")
            speed, peak = answer.get()
            found[f"{key}_rows_per_s"], found[f"{key}_peak_mb"] = round(speed), round(peak, 1)
    return found


def measured(name: str, observations: int) -> dict[str, float]:
    """Measure one format; line-based formats twice, to check whether memory grows."""
    found = {"observations": observations, **measure(name, observations)}
    if name in LINES:
        fewer = measure(name, max(observations // 10, _OBJECTS))
        found |= {f"{way}_peak_mb_tenth": fewer[f"{way}_peak_mb"] for way in ("out", "in")}
    return found


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", default=[each.name for each in writable()])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    results = {}
    for name in args.formats:
        results[name] = measured(name, max(int(args.observations * _SHARES.get(name, 1)), _OBJECTS))
        progress(f"{name}: {results[name]}")
    if args.json:
        emit({"environment": environment(), "observations": args.observations, "formats": results})


if __name__ == "__main__":
    main()
