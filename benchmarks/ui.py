"""Measure the speed of the window with a large project: painting, stepping, seeking, the timeline, opening, and the
event loop's latency while a job runs.

``python -m benchmarks.ui --json``: a 1080p video with 100 objects and their masks in every frame, 2,000 tracks, a
million boxes, in an offscreen window of 1920 x 1080.

| Key | Meaning |
|---|---|
| ``paint_*`` | from a decoded frame and its rows to pixels: image, masks, boxes and names |
| ``step_p95`` | from the key press for the next frame to its pixels, including decoding and reading |
| ``seek_p95`` | from the jump to a random frame to the pixels of exactly that frame |
| ``timeline_p95`` | from one wheel step over the timeline, panning or zooming, to its pixels |
| ``mask_stroke_p95`` | from one mouse move of a brush stroke to its pixels, in frames of 1080p and of 4K |
| ``open_s`` | from opening the project to the complete window: frame, boxes, lanes and rows |
| ``latency_p99``, ``longest_stall`` | latency of the event loop, from the click on Run to the job's end |
| ``floor_step_p95`` | reading and showing the same frames in a plain pyqtgraph ImageItem |

``cpu`` contains the first four as CPU time of the window's thread, which is independent of the load on the machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pyqtgraph as pg
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from annotator.engine.weights.checkpoints import MODELS_DIR_VARIABLE
from annotator.ui.app import prepare
from annotator.ui.widgets.theme import Theme, apply_theme
from annotator.video import open_video
from benchmarks.harness.results import emit, environment, progress
from benchmarks.harness.window import Bench, Stopwatch, percentile
from benchmarks.scenarios.large_project import FULL, QUICK, build
from benchmarks.scenarios.masks_to_mend import large_frame


def floor(video: Path, size: tuple[int, int], repeats: int) -> Stopwatch:
    """Time consecutive frames in a plain pyqtgraph ImageItem of the canvas's size."""
    view = pg.GraphicsView()
    box = pg.ViewBox(lockAspect=True, invertY=True)
    view.setCentralItem(box)
    item = pg.ImageItem(axisOrder="row-major")
    box.addItem(item)
    view.resize(*size)
    view.show()
    watch, loop = Stopwatch(), QEventLoop()
    loop.processEvents()
    with open_video(video) as reader:
        for k in range(repeats):

            def show(k: int = k) -> None:
                item.setImage(reader.read(k).image, autoLevels=False)
                view.viewport().repaint()

            watch.run(show)
            loop.processEvents()
    view.close()
    return watch


def measure(app: QApplication, folder: Path, project: Path, quick: bool) -> dict[str, Any]:
    bench = Bench(app, folder)
    repeats = 60 if quick else 300
    figures: dict[str, Any] = {"open_s": round(bench.open(project), 3)}
    bench.settle()
    watches = {"paint": bench.paint(repeats), "step": bench.steps(repeats), "timeline": bench.timeline(repeats)}
    progress("; ".join(f"{name} p95 {percentile(watch.wall, 95)} ms" for name, watch in watches.items()))
    seeks = bench.seeks(repeats // 6)
    figures |= {"paint_p50_ms": percentile(watches["paint"].wall, 50), "seek_p95_ms": percentile(seeks.wall, 95)}
    figures |= {f"{name}_p95_ms": percentile(watch.wall, 95) for name, watch in watches.items()}
    canvas = bench.window.canvas.viewport()
    plain = floor(folder / "clip.mp4", (canvas.width(), canvas.height()), repeats)
    figures["floor_step_p95_ms"] = percentile(plain.wall, 95)
    figures["cpu"] = {f"{name}_p95_ms": percentile(watch.cpu, 95)
                      for name, watch in [*watches.items(), ("floor_step", plain)]}
    progress("running a job to measure the event loop's latency")
    late, longest, status = bench.latency(15 if quick else 100)
    figures |= {"latency_p99_ms": percentile(late, 99), "longest_stall_ms": longest, "job": status}
    figures["mask_stroke_p95_ms"], cpu = {}, {}
    for name, (width, height) in {"1080p": (1920, 1080), "4k": (3840, 2160)}.items():
        bench.open(large_frame(folder, width, height))
        bench.settle()
        watch = bench.strokes(repeats)
        figures["mask_stroke_p95_ms"][name] = percentile(watch.wall, 95)
        cpu[name] = percentile(watch.cpu, 95)
    figures["cpu"]["mask_stroke_p95_ms"] = cpu
    bench.window.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the frames and fewer repeats, for a trial")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end (always done)")
    arguments = parser.parse_args()
    prepare()
    app = QApplication([])
    apply_theme(app, Theme.DARK)
    size = QUICK if arguments.quick else FULL
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ[MODELS_DIR_VARIABLE] = str(folder / "models")  # use the built-in models even if others are installed
        figures = measure(app, folder, build(folder, size), arguments.quick)
    emit({**figures, "observations": size.observations, "tracks": size.tracks, "environment": environment()})


if __name__ == "__main__":
    main()
