"""Record a session in the real window, with keys and mouse input from the X server and a screenshot of every step.

    python -m tools.stress.record_session --out docs/images

Opens the demo clip, tracks it, scrubs, selects, edits a box, undoes, exports, fixes what the review queue finds, and
propagates an object from a box, in both themes. Needs Xvfb and xdotool; starts its own display and uses no window
manager. Screenshots are named ``STEP-THEME.png``.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint, QPointF, QRectF
    from PySide6.QtWidgets import QWidget

    from annotator.ui.window.main_window import MainWindow

SCREEN = (1440, 900)
SMALL = (1280, 720)
THEMES = ("dark", "light")
#: Number of a screenshot's colours that are kept exactly.
_FLAT = 72
#: Display numbers to try.
_DISPLAYS = range(31, 60)
#: xdotool's names of keys that have another name in Qt.
_X_NAMES = {"Ctrl": "ctrl", "Shift": "shift", "Alt": "alt", "Meta": "super", "Del": "Delete", "Esc": "Escape",
            "PgUp": "Prior", "PgDown": "Next", "Space": "space", ".": "period", ",": "comma", "+": "plus",
            "-": "minus", "=": "equal", "[": "bracketleft", "]": "bracketright", "/": "slash", "?": "question"}


def x_keys(portable: str) -> str:
    """Convert a Qt key sequence of one combination, such as ``Ctrl+Shift+Z``, to xdotool's form."""
    stripped = portable.removesuffix("+") if portable.endswith("++") else portable
    parts = stripped.rstrip("+").split("+") if stripped != "+" else []
    if portable == "+" or portable.endswith("++"):
        parts.append("+")
    *held, last = parts
    name = _X_NAMES.get(last, last.lower() if len(last) == 1 else last)
    return "+".join([*(_X_NAMES[key] for key in held), name])


def small_png(data: bytes) -> bytes:
    """Reduce a PNG to 256 colours. The most frequent colours are kept, so that flat areas and lines do not change."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    counted = sorted(image.getcolors(image.width * image.height) or [], reverse=True)
    flat = [value for _, color in counted[:_FLAT] if isinstance(color, tuple) for value in color[:3]]
    rest = image.quantize(256 - len(flat) // 3, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette((flat + rest + 768 * [0])[:768])
    out = io.BytesIO()
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(out, "png", optimize=True)
    return out.getvalue()


@contextmanager
def x_server() -> Iterator[str]:
    """Start a virtual X server; yields its display, such as ``:31``."""
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is not installed: install it with the system's package manager")
    free = next(number for number in _DISPLAYS if not Path(f"/tmp/.X11-unix/X{number}").exists())
    size = f"{SCREEN[0]}x{SCREEN[1]}x24"
    server = subprocess.Popen(["Xvfb", f":{free}", "-screen", "0", size, "-nolisten", "tcp"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while not Path(f"/tmp/.X11-unix/X{free}").exists():
            if server.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"Xvfb did not start on display :{free}")
            time.sleep(0.1)
        yield f":{free}"
    finally:
        server.terminate()
        server.wait()


class Operator:
    """Presses keys and moves the mouse through the X server, and takes screenshots."""

    def __init__(self, window: MainWindow, out: Path, theme: str) -> None:
        from PySide6.QtCore import QEventLoop

        self._window, self._out, self._theme = window, out, theme
        self._loop = QEventLoop()

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._loop.processEvents()
            time.sleep(0.005)

    def until(self, done: Callable[[], bool], timeout: float = 60.0) -> None:
        end = time.monotonic() + timeout
        while not done():
            self._loop.processEvents()
            if time.monotonic() > end:
                raise SystemExit(f"timeout after {timeout:.0f} s; the window shows: "
                                 f"{self._window.statusBar().currentMessage()!r}")
            time.sleep(0.005)

    def front(self) -> QWidget:
        """Return the open dialog, or the window."""
        from PySide6.QtWidgets import QApplication, QDialog

        shown = (each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible())
        return QApplication.activeModalWidget() or next(shown, self._window)

    def press(self, keys: str) -> None:
        """Press ``keys``, given in xdotool's form."""
        self._xdotool("windowfocus", str(int(self.front().winId())), "key", "--clearmodifiers", keys)
        self.wait(0.3)

    def act(self, name: str) -> None:
        """Press the keys of an action."""
        self.press(x_keys(self._window.actions_.keys(name)[0]))

    def type(self, text: str) -> None:
        self._xdotool("windowfocus", str(int(self.front().winId())), "type", "--delay", "20", text)
        self.wait(0.5)

    def click(self, widget: QWidget, point: QPoint) -> None:
        self._move(widget, point)
        self._xdotool("click", "1")
        self.wait(0.3)

    def drag(self, widget: QWidget, start: QPoint, end: QPoint, steps: int = 12, held: str = "") -> None:
        """Drag the mouse. ``held``: a key to hold meanwhile, in xdotool's form."""
        if held:
            self._xdotool("keydown", held)
        self._move(widget, start)
        self._xdotool("mousedown", "1")
        for k in range(1, steps + 1):
            self._move(widget, start + (end - start) * (k / steps))
        self._xdotool("mouseup", "1")
        if held:
            self._xdotool("keyup", held)
        self.wait(0.3)

    def _move(self, widget: QWidget, point: QPoint) -> None:
        at = widget.mapToGlobal(point)
        self._xdotool("mousemove", str(at.x()), str(at.y()))
        self.wait(0.05)

    def _xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], check=True, stdout=subprocess.DEVNULL)

    def screenshot(self, step: str) -> None:
        """Save a screenshot of the window."""
        from PySide6.QtCore import QBuffer

        self.wait(0.4)
        shot = self._window.screen().grabWindow(0, 0, 0, self._window.width(), self._window.height())
        buffer = QBuffer()
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        shot.save(buffer, "PNG")
        path = self._out / f"{step}-{self._theme}.png"
        path.write_bytes(small_png(bytes(buffer.data().data())))
        print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB", file=sys.stderr)


class Session:
    """The steps of the recorded session."""

    def __init__(self, window: MainWindow, operator: Operator, folder: Path, frames: int | None) -> None:
        self._window, self._operator, self._folder, self._frames = window, operator, folder, frames
        self._answering = False

    def run(self, clip: Path) -> None:
        from PySide6.QtCore import QPoint

        # Without a window manager, a click gives the window the focus.
        self._operator.click(self._window, QPoint(self._window.width() // 2, 6))
        self._operator.screenshot("01-welcome")
        if not self._window.open_path(clip):
            raise SystemExit(self._window.statusBar().currentMessage())
        self._operator.until(lambda: self._window.controller.shown == 0)
        self._operator.screenshot("02-opened")
        self.track()
        self.look()
        self.edit()
        self.export()
        self.review()
        self.prompt()
        self._window.resize(*SMALL)
        self._operator.screenshot("17-small-window")

    def track(self) -> None:
        """Show the run dialog, the running job and its result."""
        operator, window = self._operator, self._window
        done: list[int] = []
        window.worker.progressed.connect(lambda progress: done.append(progress.done))
        if self._frames is not None:
            window.document.set_range((0, self._frames - 1))
        operator.act("run.track")
        operator.wait(1.0)
        operator.screenshot("03-job")
        operator.press("Return")
        operator.until(lambda: bool(done) and done[-1] >= (self._frames or 150) * 2 // 5, 300)
        window.document.go_to(done[-1] // 2)
        operator.screenshot("04-tracking")
        operator.until(lambda: not window.worker.busy, 600)
        operator.screenshot("05-tracked")

    def look(self) -> None:
        """Scrub along the timeline and select an object."""
        operator, port = self._operator, self._window.timeline.viewport()
        from PySide6.QtCore import QPoint

        x = [round(self._window.timeline._x(frame + 0.5)) for frame in (4, (self._frames or 150) // 2)]
        operator.drag(port, QPoint(x[0], port.height() - 8), QPoint(x[1], port.height() - 8))
        frame = self._window.document.frame
        operator.until(lambda: self._window.controller.shown == frame)
        operator.screenshot("06-scrubbed")
        canvas = self._window.canvas
        operator.click(canvas.viewport(), canvas.to_widget(self._largest()).toPoint())
        operator.screenshot("07-selected")

    def edit(self) -> None:
        """Move the selected box and undo it; show outlines and trails."""
        from PySide6.QtCore import QPoint

        operator, canvas = self._operator, self._window.canvas
        (track,) = self._window.document.selection
        rect = next(shape.rect for shape in canvas.overlay.shapes if shape.track == track)
        assert rect is not None
        start = canvas.to_widget(rect.center()).toPoint()
        operator.drag(canvas.viewport(), start, start + QPoint(40, -24))
        operator.screenshot("08-edited")
        operator.act("edit.undo")
        operator.screenshot("09-undone")
        for name in ("view.contours", "view.trails"):
            operator.act(name)
        operator.screenshot("10-outlines-and-trails")
        for name in ("view.contours", "view.trails"):
            operator.act(name)

    def export(self) -> None:
        """Export through the palette; type a folder into the file dialog and confirm every dialog with Enter."""
        from PySide6.QtCore import QTimer

        operator = self._operator
        before = set(self._files())
        (self._folder / "exported").mkdir()
        operator.act("edit.palette")
        operator.type("export")
        operator.screenshot("11-palette")
        # A modal dialog blocks the program, so only a timer can answer it.
        timer = QTimer(self._window, interval=500)
        timer.timeout.connect(self._answer)
        timer.start()
        operator.press("Return")
        operator.until(lambda: bool(set(self._files()) - before))
        timer.stop()
        operator.wait(1.0)
        if operator.front() is not self._window:
            operator.press("Escape")
        operator.screenshot("11-exported")

    def review(self) -> None:
        """Go to the most suspicious moment and accept the suggestion."""
        operator, review = self._operator, self._window.features.review
        operator.click(self._window.canvas.viewport(), self._window.canvas.viewport().rect().bottomRight() / 2)
        operator.act("review.next")
        operator.until(lambda: review.controller.current is not None, 120)
        operator.wait(3.0)  # another thread decodes the crops
        operator.screenshot("12-review")
        operator.act("review.accept")
        operator.wait(2.0)
        operator.screenshot("13-mended")

    def prompt(self) -> None:
        """Draw a box around an object, show its mask and the proposal, and accept the proposal."""
        operator, window = self._operator, self._window
        frame = window.document.frame
        window.document.select(())
        operator.until(lambda: window.controller.shown == frame)
        canvas, prompts, rect = window.canvas, window.features.prompts.prompts, self._largest_rect()
        operator.wait(2.0)  # the frame is encoded meanwhile
        operator.drag(canvas.viewport(), canvas.to_widget(rect.topLeft()).toPoint(),
                      canvas.to_widget(rect.bottomRight()).toPoint(), held="ctrl")
        operator.until(lambda: prompts.answer is not None, 60)
        operator.screenshot("14-prompt")
        operator.until(lambda: prompts.propagation.proposals.summary is not None and not window.worker.writing, 300)
        operator.screenshot("15-proposal")
        operator.act("prompt.accept")
        operator.wait(1.0)
        operator.screenshot("16-accepted")

    def _answer(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        front = self._operator.front()
        if self._answering or front is self._window:
            return
        self._answering = True
        asks_for_folder = isinstance(front, QFileDialog)
        self._operator.screenshot("11-folder" if asks_for_folder else "11-export")
        if asks_for_folder:
            self._operator.type(str(self._folder / "exported"))
        self._operator.press("Return")
        self._answering = False

    def _files(self) -> list[Path]:
        return [path for path in self._folder.rglob("*") if path.is_file() and ".annot" not in path.name]

    def _largest(self) -> QPointF:
        return self._largest_rect().center()

    def _largest_rect(self) -> QRectF:
        rects = [shape.rect for shape in self._window.canvas.overlay.shapes if shape.rect is not None]
        return max(rects, key=lambda rect: rect.width() * rect.height())


def record(out: Path, theme: str, frames: int | None) -> None:
    """Record one session in one theme on the environment's display."""
    os.environ["QT_QPA_PLATFORM"] = "xcb"
    from annotator.ui.app import prepare

    prepare()
    from PySide6.QtCore import QSettings, Qt
    from PySide6.QtWidgets import QApplication

    from annotator.engine.weights.checkpoints import MODELS_DIR_VARIABLE
    from annotator.jobs.demo import demo_clip
    from annotator.ui.widgets.theme import Theme, apply_theme
    from annotator.ui.window.main_window import MainWindow

    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    app = QApplication(sys.argv[:1])
    apply_theme(app, Theme(theme))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ[MODELS_DIR_VARIABLE] = str(folder / "models")
        clip = folder / demo_clip().name
        shutil.copy(demo_clip(), clip)
        window = MainWindow(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        window.setGeometry(0, 0, *SCREEN)
        window.show()
        Session(window, Operator(window, out, theme), folder, frames).run(clip)
        window.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--theme", choices=THEMES, action="append", help="default: both")
    parser.add_argument("--frames", type=int, help="track only this many frames, for a trial")
    parser.add_argument("--on-this-display", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    themes = arguments.theme or list(THEMES)
    if arguments.on_this_display:
        record(arguments.out, themes[0], arguments.frames)
        return 0
    with x_server() as display:
        for theme in themes:
            command = [sys.executable, "-m", "tools.stress.record_session", "--out", str(arguments.out),
                       "--theme", theme, "--on-this-display"]
            if arguments.frames is not None:
                command += ["--frames", str(arguments.frames)]
            status = subprocess.run(command, env={**os.environ, "DISPLAY": display}, check=False).returncode
            if status:
                return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
