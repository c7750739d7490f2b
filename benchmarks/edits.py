"""Time every kind of edit and its undo, in the store and until the window shows the result.

``python -m benchmarks.edits --observations 1000000 --json``: medians in milliseconds over repeats, at random frames of
one project: a 1080p video with 100 objects and their masks in every frame, in an offscreen window of 1920 x 1080.

| Key | Meaning |
|---|---|
| ``store_ms``, ``store_undo_ms`` | the transaction, including the journal |
| ``canvas_ms``, ``canvas_undo_ms`` | until the canvas shows it: transaction, notified views, frame read again |
| ``window_ms``, ``window_undo_ms`` | until the timeline has updated its lanes and is painted too |

``worst`` names the slowest kind of each. ``*_cpu_ms`` are the same in CPU time of the thread: they are independent of
the load on the machine and exclude waiting.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from annotator.errors import StorageError
from annotator.storage.store import Store
from annotator.ui.app import prepare
from annotator.ui.widgets.theme import Theme, apply_theme
from benchmarks.harness.results import emit, environment, progress
from benchmarks.harness.window import Bench
from benchmarks.scenarios.edit_kinds import EDIT_KINDS, EditKind
from benchmarks.scenarios.large_project import Size, build

_OBJECTS = 100
#: Frames that are drawn and encoded; the video repeats them.
_CLIP = 250
#: Attempts per repeat to find a frame where the edit is possible (a track may have no box on one side of a frame).
_TRIES = 10

Times = dict[str, list[float]]


class Watch:
    """Measures milliseconds since its creation, in wall-clock time and in CPU time of this thread."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.thread_time()

    def note(self, times: Times, name: str) -> None:
        times[f"{name}_ms"].append((time.perf_counter() - self._wall) * 1000)
        times[f"{name}_cpu_ms"].append((time.thread_time() - self._cpu) * 1000)


def timed(times: Times, name: str, action: Callable[[], object]) -> None:
    watch = Watch()
    action()
    watch.note(times, name)


class Sampler:
    """Draws random frames and tracks for each repeat, the same for every kind of edit."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store, self._video, self._random = store, store.video(), random.Random(seed)

    def draw(self) -> tuple[int, int, int]:
        """Return two tracks (ids) that are visible in a frame, and the frame."""
        frame = self._random.randrange(30, self._video.frame_count - 30)
        seen = [each.track for each in self._store.observations(self._video.id, frame) if each.box_xyxy is not None]
        one, other = self._random.sample(seen, 2)
        return one, other, frame


def steps(store: Store) -> int:
    return sum(not step.undone for step in store.history())


def repeat(store: Store, kind: EditKind, count: int, once: Callable[[Callable[[], object]], None]) -> int:
    """Make an edit ``count`` times at random frames; ``once`` makes the given edit and undoes it. Returns the number of
    successful repeats."""
    sampler, done = Sampler(store, 0), 0
    for _ in range(count * _TRIES):
        if done == count:
            break
        one, other, frame = sampler.draw()
        before = steps(store)
        try:
            if kind.before is not None:
                kind.before(store, one, other, frame)
            once(partial(kind.edit, store, one, other, frame))
            done += 1
        except StorageError:
            pass  # the track has no box on one side of the frame
        while steps(store) > before:
            store.undo()
    return done


def in_store(path: Path, count: int) -> dict[str, Times]:
    """Time edits and undo without a window."""
    found: dict[str, Times] = {}
    with Store.open(path) as store:
        for name, kind in EDIT_KINDS.items():
            times: Times = defaultdict(list)

            def once(edit: Callable[[], object], times: Times = times) -> None:
                timed(times, "store", edit)
                timed(times, "store_undo", store.undo)

            if not repeat(store, kind, count, once):
                raise RuntimeError(f"{name} was not possible at any frame")
            found[name] = times
            progress(f"store: {name} {statistics.median(times['store_ms']):.1f} ms, undo "
                     f"{statistics.median(times['store_undo_ms']):.1f} ms")
    return found


class PaintCounter(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.count += event.type() is QEvent.Type.Paint
        return False


class WindowBench:
    """The window of `benchmarks.ui`, edited through its document like the window's actions do."""

    def __init__(self, app: QApplication, folder: Path, project: Path) -> None:
        self.bench = Bench(app, folder)
        self.bench.open(project)
        self.window = self.bench.window
        self._canvas = PaintCounter(self.window.canvas.viewport())
        self._timeline = PaintCounter(self.window.timeline.viewport())

    @property
    def store(self) -> Store:
        session = self.window.document.session
        assert session is not None
        return session.store

    def shown(self, times: Times, undo: str, action: Callable[[], object]) -> None:
        """Time an action until the canvas shows the change, and until the timeline shows it too."""
        window, lanes = self.window, self.window.timeline.lanes
        watch = Watch()
        action()
        # Repaint the whole canvas even if the edit is not visible: the slowest case.
        window.canvas.viewport().update()
        canvas = self._canvas.count
        self.bench.until(lambda: self._canvas.count > canvas)
        watch.note(times, f"canvas{undo}")
        self.bench.until(lambda: window.timeline.lanes is not lanes)
        timeline = self._timeline.count
        window.timeline.viewport().update()
        self.bench.until(lambda: self._timeline.count > timeline)
        watch.note(times, f"window{undo}")

    def measure(self, count: int) -> dict[str, Times]:
        found: dict[str, Times] = {}
        for name, kind in EDIT_KINDS.items():
            times: Times = defaultdict(list)
            repeat(self.store, kind, count, partial(self._once, times))
            found[name] = times
            progress(f"window: {name} {statistics.median(times['window_ms']):.1f} ms, canvas "
                     f"{statistics.median(times['canvas_ms']):.1f} ms")
        return found

    def _once(self, times: Times, edit: Callable[[], object]) -> None:
        self.bench.settle()
        failed: list[StorageError] = []

        def change(_session: object) -> None:
            try:
                edit()
            except StorageError as error:
                failed.append(error)

        before = steps(self.store)
        # A refused edit creates no new lanes to wait for, so try it without timing first.
        self.window.document.edit(change)
        if failed or steps(self.store) == before:
            raise failed[0] if failed else StorageError("the edit changed nothing")
        self.window.document.undo()
        self.bench.settle()
        for undo, action in (("", lambda: self.window.document.edit(change)), ("_undo", self.window.document.undo)):
            self.shown(times, undo, action)
            self.bench.settle()


def medians(*parts: dict[str, Times]) -> dict[str, dict[str, float]]:
    return {name: {key: round(statistics.median(values), 2) for part in parts for key, values in part[name].items()}
            for name in EDIT_KINDS}


def worst(found: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return the slowest kind and its time by key."""
    keys = next(iter(found.values()))
    slowest = {key: max(found, key=lambda name: found[name][key]) for key in keys}
    return {key: {"kind": name, "ms": found[name][key]} for key, name in slowest.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7, help="repeats per kind")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end (always done)")
    args = parser.parse_args()
    frames = max(args.observations // _OBJECTS // _CLIP, 1) * _CLIP
    size = Size(frames=frames, objects=_OBJECTS, tracks=max(frames // 5, 2 * _OBJECTS), clip=_CLIP)
    prepare()
    app = QApplication([])
    apply_theme(app, Theme.DARK)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="annotator-edits-") as name:
        folder = Path(name)
        project = build(folder, size)
        stored = in_store(project, args.repeats)
        bench = WindowBench(app, folder, project)
        shown = bench.measure(args.repeats)
        bench.window.close()
    found = medians(stored, shown)
    emit({"edits": found, "worst": worst(found), "observations": size.observations, "tracks": size.tracks,
          "seconds": round(time.monotonic() - began, 1), "environment": environment()})


if __name__ == "__main__":
    main()
