"""Measure box prompts: the latency of the mask, and the speed of the propagation compared with the stock predictor.

    python -m benchmarks.prompt --json

`prompt_latency_ms` is measured in an offscreen window: a box is Ctrl-dragged with the mouse, and the time is taken from
the button's release to the mask on the canvas. The frame is encoded beforehand, as it is while a user draws.
`repropagation` propagates 1 and 8 objects from boxes in the middle frame in both directions. The stock predictor does
the same with equal weights, and both take turns frame by frame, so that machine load affects both equally. Our time
includes decoding the video, creating masks of the video's size and storing them as a proposal; the stock predictor gets
decoded images and ends at mask logits.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.model.box import Box

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import torch
from PySide6.QtCore import QEventLoop, QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.engine import registry
from annotator.engine.segmenters.sam2 import Sam2Segmenter
from annotator.engine.settings import Sam2Settings
from annotator.jobs.project import add_source, open_project
from annotator.jobs.prompts import propagate
from annotator.jobs.prompts.propagate import PromptRequest, PromptSettings
from annotator.ui.app import prepare
from annotator.ui.window.main_window import MainWindow
from benchmarks.harness.event_loop import run_until
from benchmarks.harness.results import emit, environment, progress
from benchmarks.scenarios.stock_predictor import SEED, Stock, build_models
from testbed.synthetic_clips import Clip, ClipSpec, make_clip
from testbed.videos import write_video

#: Frames of each direction that are not counted: they contain the prompts and warm up.
_FIRST = 2


def boxes_of(clip: Clip, frame: int, count: int) -> list[Box]:
    """Return ``count`` boxes of visible objects in a frame, repeated if there are too few."""
    seen = clip.boxes_of_frame(frame)
    visible = seen[np.isfinite(seen).all(1)]
    boxes = []
    for k in range(count):
        x1, y1, x2, y2 = map(float, visible[k % len(visible)])
        boxes.append((x1, y1, x2, y2))
    return boxes


# --- latency ----------------------------------------------------------------------------------------------------------


class BoxDrawer:
    """Draws boxes in a window and waits for masks."""

    def __init__(self, folder: Path, project: Path) -> None:
        self.window = MainWindow(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        self.window.resize(1280, 800)
        self.window.show()
        # In PySide6 6.12 QApplication.processEvents drops one reference to None too many per call.
        self._loop = QEventLoop()
        if not self.window.open_path(project):
            raise RuntimeError(self.window.statusBar().currentMessage())

    def until(self, done: Callable[[], bool]) -> None:
        run_until(self._loop, done)

    def latency(self, frame: int, box: Box) -> float:
        """Return the milliseconds from the button's release to the painted mask."""
        window, prompts = self.window, self.window.features.prompts.prompts
        port, control = window.canvas.viewport(), Qt.KeyboardModifier.ControlModifier
        window.document.go_to(frame)
        self.until(lambda: (shown := window.controller.present_frame()) is not None and shown.index == frame)
        start, end = (window.canvas.to_widget(QPointF(*corner)).toPoint() for corner in (box[:2], box[2:]))
        QTest.mousePress(port, Qt.MouseButton.LeftButton, control, start)
        for share in (0.3, 0.7, 1.0):
            QTest.mouseMove(port, start + (end - start) * share)
        self._wait_until_idle()
        began = time.perf_counter()
        QTest.mouseRelease(port, Qt.MouseButton.LeftButton, control, end)
        self.until(lambda: prompts.answer is not None)
        port.repaint()
        taken = (time.perf_counter() - began) * 1000
        prompts.propagation.drop()
        self.until(lambda: prompts.propagation.running is None and not window.worker.in_interlude)
        return taken

    def _wait_until_idle(self) -> None:
        """Wait until the engine is idle, as it is when a user has drawn a box."""
        idle: list[object] = []
        self.window.worker.ask("idle", lambda: None, idle.append, idle.append)
        self.until(lambda: bool(idle))

    def close(self) -> None:
        self.window.close()
        self._loop.processEvents()


def latencies(folder: Path, project: Path, clip: Clip, repeats: int) -> dict[str, float]:
    """Return p50 and p95 of prompts in different frames; the first prompts load the model and are not counted."""
    drawer = BoxDrawer(folder, project)
    taken = []
    try:
        for k in range(repeats + _FIRST):
            frame = k * 7 % len(clip.images)
            taken.append(drawer.latency(frame, boxes_of(clip, frame, 1)[0]))
    finally:
        drawer.close()
    counted = taken[_FIRST:]
    return {"p50": round(float(np.percentile(counted, 50)), 1), "p95": round(float(np.percentile(counted, 95)), 1)}


# --- speed ------------------------------------------------------------------------------------------------------------


def ours(project: Path, boxes: list[Box], middle: int, segmenter: Sam2Segmenter, frames: int) -> Iterator[None]:
    """Propagate boxes like the window does, one step per frame."""
    default = registry.sam2mot_settings("tiny-sam2-drawn")
    # No object may end early, so that both propagate the same number of objects.
    settings = PromptSettings(segmenter="tiny-sam2-drawn", device="cpu", sam2mot=replace(
        default, trajectories=replace(default.trajectories, max_lost=frames + 1)))
    with open_project(project) as session:
        requests = [PromptRequest(middle, box) for box in boxes]
        for _ in propagate.start(session, session.store.video(), requests, settings, segmenter=segmenter):
            yield


def stocks(stock: Stock, boxes: list[Box], middle: int) -> Iterator[None]:
    """Propagate boxes with the stock predictor, one step per frame."""
    with stock._autocast():
        for number, box in enumerate(boxes, 1):
            stock.model.add_new_points_or_box(stock.state, middle, number, box=np.asarray(box, np.float32))
    for reverse in (True, False):
        steps = stock.model.propagate_in_video(stock.state, start_frame_idx=middle, reverse=reverse)
        while True:
            with stock._autocast():
                if next(steps, None) is None:
                    break
            yield


def compare(project: Path, clip: Clip, count: int, models: tuple[Any, Any]) -> dict[str, float]:
    """Return the frames per second of both, from the median time per frame."""
    middle, frames = len(clip.images) // 2, len(clip.images)
    boxes, device = boxes_of(clip, middle, count), torch.device("cpu")
    stock = Stock(models[1], clip, device, bfloat16=False)
    mine = ours(project, boxes, middle, Sam2Segmenter(models[0], "ours", "cpu", Sam2Settings()), frames)
    theirs = stocks(stock, boxes, middle)
    taken: tuple[list[float], list[float]] = ([], [])
    for step in range(frames + 1):  # both passes visit the middle frame
        for steps, times in zip((mine, theirs), taken, strict=True):
            began = time.perf_counter()
            next(steps)
            if step >= _FIRST and not middle < step < middle + 1 + _FIRST:
                times.append(time.perf_counter() - began)
    for steps in (mine, theirs):
        if next(steps, "end") != "end":
            raise RuntimeError("one of the two processed more frames than the other")
    our_s, stock_s = float(np.median(taken[0])), float(np.median(taken[1])) + stock.prepare_s
    return {"ours_fps": round(1 / our_s, 2), "stock_fps": round(1 / stock_s, 2), "ratio": round(stock_s / our_s, 2)}


def run(args: argparse.Namespace) -> dict[str, Any]:
    prepare()
    app = QApplication.instance() or QApplication([])
    counts = [int(count) for count in args.objects.split(",")]
    clip = make_clip(ClipSpec(frames=args.frames, objects=(max(counts),) * 2, exits=0.0), SEED)
    results: dict[str, Any] = {"environment": environment(), "frames": args.frames, "model": "tiny-sam2-drawn",
                               "repropagation": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_video(clip, folder / "clip.mp4")
        with open_project(folder / "p.annot", create=True) as session:
            add_source(session, folder / "clip.mp4")
        results["prompt_latency_ms"] = latencies(folder, folder / "p.annot", clip, args.repeats)
        progress(f"latency: {results['prompt_latency_ms']} ms")
        models = build_models(argparse.Namespace(
            random=None, checkpoint="tiny-sam2-drawn", device="cpu", image_size=None))
        for count in counts:
            results["repropagation"][str(count)] = compare(folder / "p.annot", clip, count, models)
            progress(f"{count} objects: {results['repropagation'][str(count)]}")
    assert app is not None
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", default="1,8")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=20, help="number of timed prompts")
    parser.add_argument("--json", action="store_true")
    emit(run(parser.parse_args()))


if __name__ == "__main__":
    main()
