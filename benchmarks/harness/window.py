"""A main window driven by a benchmark, and timers for its operations."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget

from annotator.ui.app import freeze_startup_objects
from annotator.ui.canvas.frame_source import FrameSource
from annotator.ui.window.main_window import MainWindow
from benchmarks.harness.event_loop import run_until
from benchmarks.harness.results import progress

WINDOW_SIZE = (1920, 1080)
#: Milliseconds between two beats of the timer that measures latency.
_BEAT = 5.0


class Stopwatch:
    """Collects milliseconds of wall-clock time and of this thread's CPU time."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def run(self, action: Callable[[], object]) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        action()
        self.cpu.append((time.thread_time() - cpu) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)


def percentile(values: Sequence[float], share: float) -> float:
    return round(float(np.percentile(values, share)), 2)


class Heartbeat(QObject):
    """A timer on the event loop that records how late each beat is."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.perf_counter()
        self._began = self._last
        self.gaps: list[tuple[float, float]] = []
        """Seconds since the start, and milliseconds since the previous beat."""
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=int(_BEAT))
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._began, (now - self._last) * 1000))
        self._last = now

    def stop(self) -> None:
        self._timer.stop()

    def longest(self) -> float:
        return round(max(gap for _, gap in self.gaps) - _BEAT, 1)

    def lateness(self) -> list[float]:
        """Return the waiting times (ms) of events at every beat, including the beats that a stall skipped."""
        late: list[float] = []
        for _, gap in self.gaps:
            wait = gap - _BEAT
            late.append(max(wait, 0.0))
            while (wait := wait - _BEAT) > 0:
                late.append(wait)
        return late

    def worst(self, count: int = 12) -> list[tuple[float, float]]:
        """Return when the longest stalls ended (seconds) and their durations (ms)."""
        found = sorted(self.gaps, key=lambda beat: -beat[1])[:count]
        return [(round(at, 2), round(gap, 1)) for at, gap in sorted(found)]


class PaintWatch(QObject):
    """Records the frame that the canvas has painted last."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._controller = window.controller
        self.frame: int | None = None
        window.canvas.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() is QEvent.Type.Paint:
            self.frame = self._controller.shown
        return False


class PaintCount(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.count += event.type() is QEvent.Type.Paint
        return False


class Bench:
    """A window and the measurements made with it."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        self._app = app
        self.window = MainWindow(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        self.window.resize(*WINDOW_SIZE)
        self.window.show()
        self._painted = PaintWatch(self.window)
        # In PySide6 6.12 QApplication.processEvents drops one reference to None too many per call.
        self._loop = QEventLoop()
        self._random = random.Random(0)
        freeze_startup_objects()
        self.settle()

    def settle(self) -> None:
        """Process pending work: states read, frames decoded ahead."""
        end = time.perf_counter() + 0.3
        while time.perf_counter() < end:
            self._loop.processEvents()
            time.sleep(0.002)

    def until(self, done: Callable[[], bool]) -> None:
        run_until(self._loop, done)

    def _until_painted(self, frame: int) -> None:
        self.until(lambda: self._painted.frame == frame)

    def open(self, project: Path) -> float:
        """Open a project. Returns the seconds until the window is complete."""
        began = time.perf_counter()
        if not self.window.open_path(project):
            raise RuntimeError(self.window.statusBar().currentMessage())
        self._until_painted(0)
        lanes, rows = len(self.window.timeline.lanes), self.window.features.tracks.table.model.rowCount()
        shapes = len(self.window.canvas.overlay.shapes)
        taken = time.perf_counter() - began
        progress(f"open: {taken:.2f} s, {lanes} lanes, {rows} rows, {shapes} shapes")
        return taken

    def paint(self, repeats: int) -> Stopwatch:
        """Time the painting of consecutive frames, from the decoded frame and its rows to pixels."""
        watch, canvas, controller = Stopwatch(), self.window.canvas, self.window.controller
        source = controller.source
        assert source is not None
        for k in range(repeats):
            self.until(partial(self._is_decoded, source, k))
            image, small, shapes = source.get(k), source.small(k), controller.shapes.build(k, True, 0)

            def show(image: Any = image, small: Any = small, shapes: Any = shapes) -> None:
                canvas.set_image(image, small)
                canvas.set_shapes(shapes)
                canvas.viewport().repaint()

            watch.run(show)
        return watch

    @staticmethod
    def _is_decoded(source: FrameSource, frame: int) -> bool:
        return source.request(frame) is not None

    def steps(self, repeats: int) -> Stopwatch:
        """Time the key for the next frame, repeatedly."""
        watch, document = Stopwatch(), self.window.document
        self.window.canvas.setFocus()
        document.go_to(0)
        self._until_painted(0)
        self.settle()
        for _ in range(repeats):
            target = document.frame + 1

            def step(target: int = target) -> None:
                QTest.keyClick(self.window.canvas, Qt.Key.Key_F)
                self._until_painted(target)

            watch.run(step)
        return watch

    def seeks(self, repeats: int) -> Stopwatch:
        watch, document = Stopwatch(), self.window.document
        assert document.video is not None
        for _ in range(repeats):
            target = self._random.randrange(document.video.frame_count)

            def seek(target: int = target) -> None:
                document.go_to(target)
                self._until_painted(target)

            watch.run(seek)
            self.settle()
        return watch

    def timeline(self, repeats: int) -> Stopwatch:
        """Time wheel events over the timeline: vertical and horizontal panning, zooming in and out."""
        watch, timeline = Stopwatch(), self.window.timeline
        port = timeline.viewport()
        control, shift, none = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier,
                                Qt.KeyboardModifier.NoModifier)
        turns = [(none, -120)] * 6 + [(control, 120)] * 6 + [(shift, -120)] * 6 + [(control, -120)] * 3
        for k in range(repeats):
            modifier, delta = turns[k % len(turns)]
            x = self._random.randrange(200, port.width() - 20)
            event = wheel(port, QPoint(x, port.height() - 20), delta, modifier)

            def turn(event: QWheelEvent = event) -> None:
                self._app.sendEvent(port, event)
                port.repaint()

            watch.run(turn)
            self._loop.processEvents()
        timeline.fit()
        self.settle()
        return watch

    def strokes(self, repeats: int) -> Stopwatch:
        """Time the steps of a brush stroke over the current frame, from the mouse move to the painted pixels."""
        window, canvas, watch = self.window, self.window.canvas, Stopwatch()
        window.document.select((min(window.document.tracks()),))
        window.actions_["mask.brush"].trigger()
        while window.features.masks.brush.brush.size < min(canvas.picture_size) // 20:
            window.features.masks.brush.resize(1)
        self.settle()
        port, paints = canvas.viewport(), PaintCount(canvas.viewport())
        width, height = canvas.picture_size
        path = [canvas.to_widget(QPointF(width * (0.5 + 0.4 * np.sin(k / 25)), height * (0.5 + 0.4 * np.sin(k / 18))))
                .toPoint() for k in range(repeats)]
        QTest.mousePress(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, path[0])
        self.settle()
        for place in path[1:]:
            before = paints.count

            def step(place: QPoint = place, before: int = before) -> None:
                QTest.mouseMove(port, place)
                self.until(lambda: paints.count > before)

            watch.run(step)
        QTest.mouseRelease(port, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, path[-1])
        self.settle()
        window.actions_["mask.brush"].trigger()
        return watch

    def latency(self, frames: int) -> tuple[list[float], float, str]:
        """Run a job. Returns the event loop's latencies (ms, for an event at any moment), its longest stall (ms), and
        the job's final status."""
        window = self.window
        assert window.document.video is not None
        window.document.go_to(0)
        window.document.set_range((0, min(frames, window.document.video.frame_count) - 1))
        window.actions_["run.track"].trigger()
        self.settle()
        (dialog,) = (d for d in window.findChildren(QDialog) if d.isVisible())
        run = next(button for button in dialog.findChildren(QPushButton) if button.isDefault())
        ended: list[str] = []
        window.worker.finished.connect(lambda status, message: ended.append(f"{status} {message}".strip()))
        heartbeat = Heartbeat()
        QTest.mouseClick(run, Qt.MouseButton.LeftButton)
        while not ended or window.worker.busy:
            self._loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        heartbeat.stop()
        return heartbeat.lateness(), heartbeat.longest(), ended[0]


def wheel(widget: QWidget, position: QPoint, delta: int, modifiers: Qt.KeyboardModifier) -> QWheelEvent:
    """Return a wheel event like that of a mouse."""
    return QWheelEvent(QPointF(position), QPointF(widget.mapToGlobal(position)), QPoint(0, 0), QPoint(0, delta),
                       Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False)
