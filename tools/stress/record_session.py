"""A session in the real window, with keys and a mouse that come from the X server, and a picture of every step.

    python -m tools.stress.record_session --out docs/images

Opens the demo's clip, tracks it, scrubs, selects, edits a box, undoes, exports, mends what the review queue finds, and
follows an object from a box, in both themes. Needs Xvfb and
xdotool; starts a display of its own and uses no window manager. Pictures are called ``STEP-THEME.png``.
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
#: Colours of a picture that are kept exactly.
_FLAT = 72
#: Display numbers that are tried.
_DISPLAYS = range(31, 60)
#: What xdotool calls a key that Qt calls otherwise.
_X_NAMES = {"Ctrl": "ctrl", "Shift": "shift", "Alt": "alt", "Meta": "super", "Del": "Delete", "Esc": "Escape",
            "PgUp": "Prior", "PgDown": "Next", "Space": "space", ".": "period", ",": "comma", "+": "plus",
            "-": "minus", "=": "equal", "[": "bracketleft", "]": "bracketright", "/": "slash", "?": "question"}


def x_keys(portable: str) -> str:
    """A key sequence of Qt's, such as ``Ctrl+Shift+Z``, as xdotool has it. One combination of keys only."""
    whole = portable.removesuffix("+") if portable.endswith("++") else portable
    parts = whole.rstrip("+").split("+") if whole != "+" else []
    if portable == "+" or portable.endswith("++"):
        parts.append("+")
    *held, last = parts
    name = _X_NAMES.get(last, last.lower() if len(last) == 1 else last)
    return "+".join([*(_X_NAMES[key] for key in held), name])


def small_png(data: bytes) -> bytes:
    """The same picture in 256 colours: the most frequent as they are, so that flat areas and lines keep theirs."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    counted = sorted(picture.getcolors(picture.width * picture.height) or [], reverse=True)
    flat = [value for _, color in counted[:_FLAT] if isinstance(color, tuple) for value in color[:3]]
    rest = picture.quantize(256 - len(flat) // 3, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette((flat + rest + 768 * [0])[:768])
    out = io.BytesIO()
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(out, "png", optimize=True)
    return out.getvalue()


@contextmanager
def x_server() -> Iterator[str]:
    """A virtual screen of its own; yields its display, such as ``:31``."""
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


class Hands:
    """Presses keys and moves the mouse, through the X server; sees what is on the screen."""

    def __init__(self, window: MainWindow, out: Path, theme: str) -> None:
        from PySide6.QtCore import QEventLoop

        self._window, self._out, self._theme = window, out, theme
        self._loop = QEventLoop()

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._loop.processEvents()
            time.sleep(0.005)

    def until(self, done: Callable[[], bool], patience: float = 60.0) -> None:
        end = time.monotonic() + patience
        while not done():
            self._loop.processEvents()
            if time.monotonic() > end:
                raise SystemExit(f"waited {patience:.0f} s in vain; the window says: "
                                 f"{self._window.statusBar().currentMessage()!r}")
            time.sleep(0.005)

    def front(self) -> QWidget:
        """The dialog that is open, or the window."""
        from PySide6.QtWidgets import QApplication, QDialog

        shown = (each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible())
        return QApplication.activeModalWidget() or next(shown, self._window)

    def press(self, keys: str) -> None:
        """``keys`` as xdotool has them."""
        self._xdotool("windowfocus", str(int(self.front().winId())), "key", "--clearmodifiers", keys)
        self.wait(0.3)

    def act(self, name: str) -> None:
        """The keys of an action."""
        self.press(x_keys(self._window.actions_.keys(name)[0]))

    def type(self, text: str) -> None:
        self._xdotool("windowfocus", str(int(self.front().winId())), "type", "--delay", "20", text)
        self.wait(0.5)

    def click(self, widget: QWidget, place: QPoint) -> None:
        self._move(widget, place)
        self._xdotool("click", "1")
        self.wait(0.3)

    def drag(self, widget: QWidget, start: QPoint, end: QPoint, steps: int = 12, held: str = "") -> None:
        """``held``: a key that is held meanwhile, as xdotool has it."""
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

    def _move(self, widget: QWidget, place: QPoint) -> None:
        at = widget.mapToGlobal(place)
        self._xdotool("mousemove", str(at.x()), str(at.y()))
        self.wait(0.05)

    def _xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], check=True, stdout=subprocess.DEVNULL)

    def picture(self, step: str) -> None:
        """Save what the screen shows."""
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
    """The steps."""

    def __init__(self, window: MainWindow, hands: Hands, folder: Path, frames: int | None) -> None:
        self._window, self._hands, self._folder, self._frames = window, hands, folder, frames
        self._answering = False

    def run(self, clip: Path) -> None:
        from PySide6.QtCore import QPoint

        self._hands.click(self._window, QPoint(self._window.width() // 2, 6))  # without a manager, a click gives focus
        self._hands.picture("01-welcome")
        if not self._window.open_path(clip):
            raise SystemExit(self._window.statusBar().currentMessage())
        self._hands.until(lambda: self._window.controller.shown == 0)
        self._hands.picture("02-opened")
        self.track()
        self.look()
        self.edit()
        self.export()
        self.review()
        self.prompt()
        self._window.resize(*SMALL)
        self._hands.picture("17-small-window")

    def track(self) -> None:
        """The job's dialog, the job, and what it found."""
        hands, window = self._hands, self._window
        done: list[int] = []
        window.worker.progressed.connect(lambda progress: done.append(progress.done))
        if self._frames is not None:
            window.document.set_range((0, self._frames - 1))
        hands.act("run.track")
        hands.wait(1.0)
        hands.picture("03-job")
        hands.press("Return")
        hands.until(lambda: bool(done) and done[-1] >= (self._frames or 150) * 2 // 5, 300)
        window.document.go_to(done[-1] // 2)
        hands.picture("04-tracking")
        hands.until(lambda: not window.worker.busy, 600)
        hands.picture("05-tracked")

    def look(self) -> None:
        """Scrub along the timeline, and select."""
        hands, port = self._hands, self._window.timeline.viewport()
        from PySide6.QtCore import QPoint

        x = [round(self._window.timeline._x(frame + 0.5)) for frame in (4, (self._frames or 150) // 2)]
        hands.drag(port, QPoint(x[0], port.height() - 8), QPoint(x[1], port.height() - 8))
        frame = self._window.document.frame
        hands.until(lambda: self._window.controller.shown == frame)
        hands.picture("06-scrubbed")
        canvas = self._window.canvas
        hands.click(canvas.viewport(), canvas.to_widget(self._largest()).toPoint())
        hands.picture("07-selected")

    def edit(self) -> None:
        """Move the selected box, and take it back; outlines instead of masks; the palette."""
        from PySide6.QtCore import QPoint

        hands, canvas = self._hands, self._window.canvas
        (track,) = self._window.document.selection
        rect = next(shape.rect for shape in canvas.overlay.shapes if shape.track == track)
        assert rect is not None
        start = canvas.to_widget(rect.center()).toPoint()
        hands.drag(canvas.viewport(), start, start + QPoint(40, -24))
        hands.picture("08-edited")
        hands.act("edit.undo")
        hands.picture("09-undone")
        for name in ("view.contours", "view.trails"):
            hands.act(name)
        hands.picture("10-outlines-and-trails")
        for name in ("view.contours", "view.trails"):
            hands.act(name)

    def export(self) -> None:
        """By way of the palette; a folder is typed where one is asked for, and every question answered with Enter."""
        from PySide6.QtCore import QTimer

        hands = self._hands
        before = set(self._files())
        (self._folder / "exported").mkdir()
        hands.act("edit.palette")
        hands.type("export")
        hands.picture("11-palette")
        # The program may wait for the answer to a dialog, so that only a timer can give it.
        timer = QTimer(self._window, interval=500)
        timer.timeout.connect(self._answer)
        timer.start()
        hands.press("Return")
        hands.until(lambda: bool(set(self._files()) - before))
        timer.stop()
        hands.wait(1.0)
        if hands.front() is not self._window:
            hands.press("Escape")
        hands.picture("11-exported")

    def review(self) -> None:
        """To the most suspicious moment, and what is suggested there."""
        hands, review = self._hands, self._window.features.review
        hands.click(self._window.canvas.viewport(), self._window.canvas.viewport().rect().bottomRight() / 2)
        hands.act("review.next")
        hands.until(lambda: review.controller.current is not None, 120)
        hands.wait(3.0)  # its pictures are decoded aside
        hands.picture("12-review")
        hands.act("review.accept")
        hands.wait(2.0)
        hands.picture("13-mended")

    def prompt(self) -> None:
        """A box around an object, its mask, and where it is found before and after; Enter takes it."""
        hands, window = self._hands, self._window
        frame = window.document.frame
        window.document.select(())
        hands.until(lambda: window.controller.shown == frame)
        canvas, prompts, rect = window.canvas, window.features.prompts.prompts, self._largest_rect()
        hands.wait(2.0)  # the picture is encoded meanwhile
        hands.drag(canvas.viewport(), canvas.to_widget(rect.topLeft()).toPoint(),
                   canvas.to_widget(rect.bottomRight()).toPoint(), held="ctrl")
        hands.until(lambda: prompts.answer is not None, 60)
        hands.picture("14-prompt")
        hands.until(lambda: prompts.following.proposals.summary is not None and not window.worker.writing, 300)
        hands.picture("15-proposal")
        hands.act("prompt.accept")
        hands.wait(1.0)
        hands.picture("16-accepted")

    def _answer(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        front = self._hands.front()
        if self._answering or front is self._window:
            return
        self._answering = True
        asks_where = isinstance(front, QFileDialog)
        self._hands.picture("11-folder" if asks_where else "11-export")
        if asks_where:
            self._hands.type(str(self._folder / "exported"))
        self._hands.press("Return")
        self._answering = False

    def _files(self) -> list[Path]:
        return [path for path in self._folder.rglob("*") if path.is_file() and ".annot" not in path.name]

    def _largest(self) -> QPointF:
        return self._largest_rect().center()

    def _largest_rect(self) -> QRectF:
        rects = [shape.rect for shape in self._window.canvas.overlay.shapes if shape.rect is not None]
        return max(rects, key=lambda rect: rect.width() * rect.height())


def record(out: Path, theme: str, frames: int | None) -> None:
    """One session in one theme, on the display of the environment."""
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
        Session(window, Hands(window, out, theme), folder, frames).run(clip)
        window.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--theme", choices=THEMES, action="append", help="default: both")
    parser.add_argument("--frames", type=int, help="track so many frames only, to try it")
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
