"""Time reads and writes of a project file with many boxes.

``python -m benchmarks.store --observations 1000000 --json``: milliseconds, medians over repeats.

``--human``: the same boxes imported as manual boxes and as predictions, side by side (`benchmarks.scenarios.manual`):
``human``, ``machine`` and ``ratio`` by figure, and ``exponents``, the power of the number of frames by which each cost
of manual boxes grows over three sizes.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from annotator.errors import StorageError
from annotator.model.frame import Detections, EndReason, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.track import OnExisting, RunStatus
from annotator.storage.edits import identities
from annotator.storage.edits.preview import preview
from annotator.storage.store import Store
from benchmarks.harness.results import emit, environment, progress
from benchmarks.scenarios import manual
from benchmarks.scenarios.edit_kinds import EDIT_KINDS

_OBJECTS = 100
_WIDTH, _HEIGHT = 1920, 1080
_BATCH = 50


class SyntheticTracker:
    """Keeps `_OBJECTS` objects alive; each lives for a third of the video and is then replaced by a new one."""

    def __init__(self, frames: int, masks: bool) -> None:
        self._life = max(frames // 3, 1)
        self._rng = np.random.default_rng(0)
        bitmap = np.add.outer(np.linspace(-1, 1, 80) ** 2, np.linspace(-1, 1, 40) ** 2) < 1
        self._mask = Mask.from_bitmap(bitmap) if masks else None
        self._numbers = list(range(1, _OBJECTS + 1))
        self._born = [-(index * self._life // _OBJECTS) for index in range(_OBJECTS)]

    def result(self, frame: int) -> FrameResult:
        """Return one frame with as many detections as objects."""
        boxes = (self._rng.random((_OBJECTS, 4)) * 100).astype(np.float32)
        boxes[:, 2:] += boxes[:, :2] + 1
        objects, ended = [], []
        for slot in range(_OBJECTS):
            number = self._numbers[slot]
            x1, y1, x2, y2 = boxes[slot].tolist()
            evidence = Evidence(8.0, 0.9, detection=slot, detection_iou=0.8)
            objects.append(TrackedObject(number, 0, TrackState.RELIABLE, 0.9, (x1, y1, x2, y2), self._mask, evidence))
            if frame - self._born[slot] + 1 >= self._life:
                ended.append((number, EndReason.LOST))
                self._numbers[slot], self._born[slot] = max(self._numbers) + 1, frame + 1
        detections = Detections(boxes, np.full(_OBJECTS, 0.8, np.float32), np.zeros(_OBJECTS, np.int32))
        objects.sort(key=lambda thing: thing.tracklet)
        return FrameResult(frame, tuple(objects), detections, tuple(ended))


def build(path: Path, observations: int, masks: bool) -> int:
    """Write a project of this size. Returns its number of frames."""
    frames = max(observations // _OBJECTS, 10)
    tracker = SyntheticTracker(frames, masks)
    start = time.perf_counter()
    with Store.create(path) as store:
        video = store.add_video("clip", path.with_name("clip.mp4"), _WIDTH, _HEIGHT, frames, 25.0, "none")
        run = store.begin_run(video.id, "preannotate", {}, {}, ("object",), 0, frames - 1)
        for first in range(0, frames, _BATCH):
            store.write_frames(run.id, [tracker.result(frame) for frame in range(first, min(first + _BATCH, frames))])
            if first % 1000 == 0:
                progress(f"{first} of {frames} frames, {time.perf_counter() - start:.0f} s")
        store.finish_run(run.id, RunStatus.FINISHED)
    return frames


def median_ms(repeats: int, action: Callable[[], object]) -> float:
    """Return the median duration of an action in milliseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(times), 3)


def measure(path: Path, frames: int, masks: bool, repeats: int) -> dict[str, Any]:
    """Time the typical queries and edits."""
    rng = random.Random(0)
    open_ms = median_ms(repeats, lambda: Store.open(path).close())
    with Store.open(path) as store:
        video = store.video().id
        query_ms = median_ms(repeats * 20, lambda: store.observations(video, rng.randrange(frames)))
        masks_ms = median_ms(repeats * 20, lambda: store.observations(video, rng.randrange(frames), masks=True))
        swaps, undos = [], []
        for _ in range(repeats):
            frame = rng.randrange(frames)
            a, b = rng.sample([shown.track for shown in store.observations(video, frame)], 2)
            swaps.append(median_ms(1, partial(identities.swap_tracks, store, a, b, frame)))
            undos.append(median_ms(1, store.undo))
        of_edits = measure_edits(store, frames, rng, max(repeats // 4, 3))
        tracker = SyntheticTracker(frames, masks)
        write = {}
        for mode in (OnExisting.ADD, OnExisting.REPLACE):
            run = store.begin_run(video, "preannotate", {}, {}, ("object",), 0, frames - 1, mode)
            results = [tracker.result(frame) for frame in range(min(repeats * 5, frames - 1))]
            write[mode] = round(statistics.median(
                median_ms(1, partial(store.write_frame, run.id, result)) for result in results), 3)
            store.finish_run(run.id, RunStatus.CANCELLED)
            store.undo()
    return {
        "open_ms": open_ms, "frame_query_ms": query_ms, "frame_query_with_masks_ms": masks_ms,
        "swap_ms": round(statistics.median(swaps), 3), "undo_ms": round(statistics.median(undos), 3),
        "write_frame_ms": write[OnExisting.ADD], "write_frame_replacing_ms": write[OnExisting.REPLACE],
        **of_edits,
    }


def measure_edits(store: Store, frames: int, rng: random.Random, repeats: int) -> dict[str, Any]:
    """Time each kind of edit and its undo, the preview of a swap, and reading the evidence of all boxes."""
    video = store.video().id

    def sample() -> tuple[int, int, int]:
        frame = rng.randrange(30, frames - 30)
        a, b = rng.sample([shown.track for shown in store.observations(video, frame)], 2)
        return a, b, frame

    found: dict[str, dict[str, float]] = {}
    for name, kind in EDIT_KINDS.items():
        times, undos = [], []
        for _ in range(repeats):
            a, b, frame = sample()
            before = sum(not step.undone for step in store.history())
            try:
                if kind.before is not None:
                    kind.before(store, a, b, frame)
                times.append(median_ms(1, partial(kind.edit, store, a, b, frame)))
                undos.append(median_ms(1, store.undo))
            except StorageError:
                pass  # the track has no box on one side of the frame
            while sum(not step.undone for step in store.history()) > before:
                store.undo()
        found[name] = {"edit": round(statistics.median(times), 3), "undo": round(statistics.median(undos), 3)}
        progress(f"{name}: {found[name]}")
    a, b, frame = sample()
    previews = median_ms(repeats, lambda: preview(store, lambda: identities.swap_tracks(store, a, b, frame)))
    return {"edits_ms": found, "preview_ms": previews,
            "evidence_s": round(median_ms(1, lambda: store.evidence(video)) / 1000, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--human", action="store_true", help="compare manual boxes with those of runs")
    parser.add_argument("--tracks", type=int, default=100, help="number of tracks with --human")
    parser.add_argument("--masks", action="store_true", help="give every box a mask")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end (always done)")
    arguments = parser.parse_args()
    if arguments.human:
        emit({**manual.compare(arguments.observations, arguments.tracks, max(arguments.repeats // 4, 3)),
              "environment": environment()})
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.annot"
        frames = build(path, arguments.observations, arguments.masks)
        size = round(path.stat().st_size / 2**20, 1)
        progress(f"{size} MB; measuring")
        figures = measure(path, frames, arguments.masks, arguments.repeats)
    emit({**figures, "observations": frames * _OBJECTS, "file_mb": size, "environment": environment()})


if __name__ == "__main__":
    main()
