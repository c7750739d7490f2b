"""Monkey test: random but valid input to the window, with an open project and repeated jobs.

    python -m tools.stress.monkey --minutes 30 --seed 1

Keys, clicks, drags and wheel steps are real Qt events. The exit status is 1, and the latest inputs are printed, after
an exception, a Qt warning, a failed job, a thread that outlives the window, or memory that keeps growing after the
caches are full. Prints the resident memory over time.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import (
    QEventLoop,
    QObject,
    QPoint,
    QPointF,
    QSettings,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget

from annotator.engine.runtime.devices import resident_bytes
from annotator.engine.weights.checkpoints import MODELS_DIR_VARIABLE
from annotator.jobs.demo import demo_clip
from annotator.ui.app import freeze_startup_objects, prepare
from annotator.ui.widgets.theme import Theme, apply_theme
from annotator.ui.window.main_window import MainWindow

#: Excluded actions, which end the session or open system file dialogs.
NOT_PRESSED = ("file.", "run.", "help.demo")
#: Harmless Qt warnings in the absence of a window manager.
HARMLESS = ("This plugin does not support",)
#: Maximum growth of memory in megabytes between the second and the last quarter of the time.
MAX_GROWTH = 64
_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton,
            Qt.MouseButton.MiddleButton)
_MODIFIERS = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier,
              Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier)


class Watch:
    """Collects problems from exception hooks and Qt's message handler."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.done: deque[str] = deque(maxlen=25)
        """The monkey's latest inputs."""

    def listen(self) -> None:
        sys.excepthook = self._on_exception
        threading.excepthook = lambda args: self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)
        qInstallMessageHandler(self._on_message)

    def note(self, problem: str) -> None:
        last = "; ".join(self.done)
        self.problems.append(f"{problem}\n  after: {last}")
        print(f"PROBLEM {self.problems[-1]}", file=sys.stderr, flush=True)

    def _on_exception(self, kind: type[BaseException], error: BaseException | None,
                      trace: TracebackType | None) -> None:
        self.note("".join(traceback.format_exception(kind, error, trace)))

    def _on_message(self, kind: QtMsgType, _: object, message: str) -> None:
        if kind is not QtMsgType.QtDebugMsg and not message.startswith(HARMLESS):
            self.note(f"Qt: {message}")


class Monkey(QObject):
    """Sends random input to a window."""

    def __init__(self, window: MainWindow, watch: Watch, seed: int) -> None:
        super().__init__(window)
        self._window, self._watch = window, watch
        self._random = random.Random(seed)
        self._loop = QEventLoop()
        self.count, self.jobs = 0, 0
        self._gestures: list[tuple[Callable[[], str], int]] = [
            (self.press_action, 30), (self.click_canvas, 12), (self.drag_canvas, 12), (self.turn_wheel, 10),
            (self.click_timeline, 8), (self.drag_timeline, 6), (self.click_anything, 8), (self.undo_or_redo, 8),
            (self.type_somewhere, 2), (self.resize, 1), (self.run_a_job, 4), (self.disturb_the_job, 1)]
        self._dialogs = QTimer(self, interval=300)
        self._dialogs.timeout.connect(self._answer)
        self._dialogs.start()
        window.worker.finished.connect(self._on_job)

    def step(self) -> None:
        """Perform one random input and wait briefly."""
        gesture = self._random.choices([g for g, _ in self._gestures], [weight for _, weight in self._gestures])[0]
        self._watch.done.append(gesture.__name__)
        self._watch.done[-1] = gesture()
        self.count += 1
        self.wait(self._random.choice((0, 0, 5, 20, 60)))

    def wait(self, milliseconds: int) -> None:
        """Run the event loop. It must be a running loop, because only there Qt performs deferred deletions."""
        QTimer.singleShot(milliseconds, self._loop.quit)
        self._loop.exec()

    def end(self) -> None:
        """Close all dialogs and the window."""
        self._window.worker.cancel()
        self._window.features.prompts.prompts.propagation.cancel()
        self._until(lambda: not self._window.worker.writing)
        self._dialogs.stop()
        for dialog in self._open_dialogs():
            dialog.reject()
        self._window.close()
        self.wait(200)

    def _until(self, done: Callable[[], bool], timeout: float = 60.0) -> None:
        end = time.monotonic() + timeout
        while not done() and time.monotonic() < end:
            self.wait(20)
        if not done():
            self._watch.note("the job did not end within a minute after its cancellation")

    # Keys

    def press_action(self) -> str:
        """Press the keys of an enabled action."""
        enabled = [entry for entry in self._window.actions_ if entry.action.isEnabled() and entry.action.shortcuts()
                   and not entry.name.startswith(NOT_PRESSED)]
        entry = self._random.choice(enabled)
        self._press(self._window.canvas, entry.action.shortcuts()[0])
        return entry.name

    def undo_or_redo(self) -> str:
        name = self._random.choice(("edit.undo", "edit.undo", "edit.redo"))
        self._press(self._window.canvas, self._window.actions_[name].shortcuts()[0])
        return name

    def type_somewhere(self) -> str:
        widget = QApplication.focusWidget() or self._window.canvas
        text = self._random.choice(("1", "4", "person", "\x1b", " ", "\t", "\r"))
        QTest.keyClicks(widget, text)
        return f"type {text!r} into {type(widget).__name__}"

    def _press(self, widget: QWidget, keys: QKeySequence) -> None:
        for k in range(keys.count()):
            combination = keys[k]  # type: ignore[index]  # missing in PySide6's type annotations
            QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())

    # The mouse

    def click_canvas(self) -> str:
        """Click the canvas, half of the time on an object."""
        canvas = self._window.canvas
        point = self._random_point(canvas.viewport())
        shapes = [shape for shape in canvas.overlay.shapes if shape.rect is not None]
        if shapes and self._random.random() < 0.5:
            rect = self._random.choice(shapes).rect
            assert rect is not None
            point = canvas.to_widget(rect.center()).toPoint()
        return self._click(canvas.viewport(), point)

    def drag_canvas(self) -> str:
        return self._drag(self._window.canvas.viewport())

    def click_timeline(self) -> str:
        port = self._window.timeline.viewport()
        return self._click(port, self._random_point(port))

    def drag_timeline(self) -> str:
        return self._drag(self._window.timeline.viewport())

    def click_anything(self) -> str:
        """Click any visible and enabled widget of the window."""
        widgets = [widget for widget in self._window.findChildren(QWidget)
                   if widget.isVisible() and widget.isEnabled() and widget.window() is self._window]
        widget = self._random.choice(widgets)
        return self._click(widget, self._random_point(widget))

    def turn_wheel(self) -> str:
        window = self._window
        port = self._random.choice((window.canvas, window.timeline, window.features.tracks.table.view)).viewport()
        point, delta = self._random_point(port), self._random.choice((-240, -120, 120, 240))
        modifiers = self._random.choice(_MODIFIERS)
        event = QWheelEvent(QPointF(point), QPointF(port.mapToGlobal(point)), QPoint(0, 0), QPoint(0, delta),
                            Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False)
        QApplication.sendEvent(port, event)
        return f"wheel {delta} over {type(port.parent()).__name__}"

    def _random_point(self, widget: QWidget) -> QPoint:
        return QPoint(self._random.randrange(max(widget.width(), 1)), self._random.randrange(max(widget.height(), 1)))

    def _click(self, widget: QWidget, point: QPoint) -> str:
        button, modifiers = self._random.choice(_BUTTONS), self._random.choice(_MODIFIERS)
        name = f"click {type(widget).__name__} {widget.objectName()} at {point.x()},{point.y()}"
        if self._random.random() < 0.1:
            QTest.mouseDClick(widget, button, modifiers, point)
            return f"double {name}"
        QTest.mouseClick(widget, button, modifiers, point)
        return name

    def _drag(self, port: QWidget) -> str:
        button, modifiers = self._random.choice(_BUTTONS), self._random.choice(_MODIFIERS)
        start, end = self._random_point(port), self._random_point(port)
        QTest.mousePress(port, button, modifiers, start)
        for share in (0.2, 0.5, 0.8, 1.0):
            QTest.mouseMove(port, start + (end - start) * share)
            self.wait(self._random.choice((0, 10)))
        if self._random.random() < 0.05:
            QTest.keyClick(port, Qt.Key.Key_Escape)
        QTest.mouseRelease(port, button, modifiers, end)
        return f"drag over {type(port.parent()).__name__}"

    def resize(self) -> str:
        width, height = self._random.choice(((1280, 720), (1440, 900), (1100, 700)))
        self._window.resize(width, height)
        return f"resize {width} x {height}"

    # Jobs

    def run_a_job(self) -> str:
        """Open the run dialog and click its default button."""
        if self._window.worker.busy or self._open_dialogs():
            return "job skipped: busy"
        action = self._window.actions_["run.track"]
        if not action.isEnabled():
            return "job skipped: disabled"
        action.trigger()
        self.wait(50)
        for dialog in self._open_dialogs():
            button = next((b for b in dialog.findChildren(QPushButton) if b.isDefault() and b.isEnabled()), None)
            if button is not None:
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.jobs += self._window.worker.busy
        return "run a job"

    def disturb_the_job(self) -> str:
        name = self._random.choice(("run.pause", "run.pause", "run.cancel"))
        self._window.actions_[name].trigger()
        return name

    def _on_job(self, status: str, message: str) -> None:
        if status == "failed":
            self._watch.note(f"the job failed: {message}")

    # Dialogs

    def _answer(self) -> None:
        """Answer open dialogs with Esc after a while, including those that block the program."""
        for dialog in self._open_dialogs():
            if self._random.random() < 0.5:
                QTest.keyClick(dialog, Qt.Key.Key_Escape)
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()

    def _open_dialogs(self) -> list[QDialog]:
        return [widget for widget in QApplication.topLevelWidgets()
                if isinstance(widget, QDialog) and widget.isVisible()]


def resident_mb() -> float:
    """Return the resident memory of this process in MB."""
    return resident_bytes() / 2**20


def growth(samples: Sequence[float]) -> float:
    """Return the growth in MB from the median of the second quarter, when caches are full, to that of the last."""
    quarter = len(samples) // 4
    if quarter < 1:
        return 0.0
    return statistics.median(samples[-quarter:]) - statistics.median(samples[quarter:2 * quarter])


def play(folder: Path, minutes: float, seed: int) -> dict[str, Any]:
    """Run the monkey on a project with the demo clip. Returns the findings."""
    watch = Watch()
    app = QApplication(sys.argv[:1])
    apply_theme(app, Theme.DARK)
    watch.listen()
    os.environ[MODELS_DIR_VARIABLE] = str(folder / "models")  # the built-in models
    clip = folder / "crossing.mp4"
    shutil.copy(demo_clip(), clip)
    window = MainWindow(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    window.resize(1280, 720)
    window.show()
    freeze_startup_objects()
    if not window.open_path(clip):
        raise SystemExit(window.statusBar().currentMessage())
    monkey = Monkey(window, watch, seed)
    monkey.wait(500)
    while window.reading.worker.busy:
        monkey.wait(50)
    memory, threads = _run(monkey, minutes)
    monkey.end()
    left = [thread.name for thread in threading.enumerate()
            if thread.name in ("engine", "frame-source", "read-ahead", "reading")]
    if left:
        watch.note(f"threads outlive the window: {', '.join(left)}")
    grown = round(growth(memory), 1)
    if grown > MAX_GROWTH:
        watch.note(f"memory grew by {grown} MB after the caches were full")
    qInstallMessageHandler(None)
    return {"steps": monkey.count, "jobs": monkey.jobs, "memory_mb": [round(value) for value in memory],
            "growth_mb": grown, "most_threads": threads, "problems": watch.problems}


def _run(monkey: Monkey, minutes: float) -> tuple[list[float], int]:
    """Return memory samples, one per hundredth of the time, and the maximum number of threads."""
    memory: list[float] = []
    threads, began, length = 0, time.monotonic(), minutes * 60
    while (now := time.monotonic() - began) < length:
        monkey.step()
        threads = max(threads, threading.active_count())
        if now >= len(memory) * length / 100:
            memory.append(resident_mb())
            if len(memory) % 5 == 1:
                print(f"{now:.0f} s: {monkey.count} steps, {monkey.jobs} jobs, {memory[-1]:.0f} MB, "
                      f"{threading.active_count()} threads", file=sys.stderr, flush=True)
    return memory, threads


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    prepare()
    with tempfile.TemporaryDirectory() as name:
        found = play(Path(name), arguments.minutes, arguments.seed)
    print(json.dumps(found))
    return 1 if found["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
