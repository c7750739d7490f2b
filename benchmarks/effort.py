"""What corrections cost a person: keys, clicks and drags in the real window, and what the machine takes for them.

    python -m benchmarks.effort --json

A script with the truth at hand sits before the window (without a screen) and does with keys and mouse what a person
would. `annotator.ui.window.effort_watch` counts, as it does for people who want their own effort counted.

``swap``, ``merge``, ``split``: a clip tracked perfectly but for one error. The script goes through the review queue
(Tab), takes what is suggested where that mends it (A), another fix where that does (Alt+1..4, after a click on the one
of several tracks that is meant), and else says that all is well (X). Keys count from the key that shows the error; keys
for entries before it are ``false_alarms``. ``found`` is whether the queue led to it. ``missing_object``: a box is
dragged with Ctrl held around an object that no track follows, and what is found is accepted (Enter). ``machine_ms`` is
the time from each key or button to the window that shows what it did, following the object included; of queues the
mean over the entries looked at.

``per_resolved_error``: clips as the built-in models track them, with planted errors added. The script goes through the
queue until it has looked at twice as many entries as there are identity switches. All keys, clicks and drags count,
false alarms included, over the errors that were mended: fixes that brought the tracks nearer to the truth, by 0.1
points of HOTA at least. ``per_switch`` is the same over the identity switches of CLEAR MOT that are gone afterwards,
which are fewer: two tracks of one object that are never seen one after the other are no switch.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QPoint, QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.engine.weights.checkpoints import MODELS_DIR_VARIABLE
from annotator.evaluation import FrameBoxes, evaluate_arrays
from annotator.evaluation.errors import identity_switches
from annotator.model.effort import Effort, EffortMeter
from annotator.review import Entry, Fix, fixes_for
from annotator.ui.app import prepare
from annotator.ui.prompts.bar import Stage
from annotator.ui.widgets.theme import Theme, apply_theme
from annotator.ui.window.effort_watch import EffortWatch
from annotator.ui.window.main_window import MainWindow
from benchmarks.harness.event_loop import turn_until
from benchmarks.harness.results import emit, environment, progress
from benchmarks.measures.effort_oracle import WORTH_IT, judge
from benchmarks.scenarios.flawed_clips import FIRST_SEED, KINDS, Flawed, plant, tracked
from benchmarks.scenarios.tracked_clips import boxes_of
from testbed.synthetic_clips import CONDITIONS

_SIZE = (1280, 800)
_PATIENCE = 500.0
#: Keys of fixes that are not suggested.
_OTHERWISE = {Fix.SWAP: Qt.Key.Key_1, Fix.MERGE: Qt.Key.Key_2, Fix.SPLIT: Qt.Key.Key_3, Fix.DELETE: Qt.Key.Key_4}
_CTRL, _ALT, _NONE = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
                      Qt.KeyboardModifier.NoModifier)


@dataclass(slots=True)
class Walk:
    """What came of going through a queue."""

    looked_at: int = 0
    false_alarms: int = 0
    edits: int = 0
    prompts: int = 0
    suggested: int = 0
    """Edits that were suggested, of all edits."""


class Hands:
    """Somebody's hands on the window of a project: what they do is counted, and how long the machine takes for it."""

    def __init__(self, folder: Path, flawed: Flawed) -> None:
        self.flawed = flawed
        self.window = MainWindow(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        self.window.resize(*_SIZE)
        self.window.show()
        self._loop = QEventLoop()
        self.meter = EffortMeter()
        self._watch = EffortWatch(self.meter)
        self.machine = 0.0
        """Seconds."""
        if not self.window.open_path(flawed.path):
            raise RuntimeError(self.window.statusBar().currentMessage())
        self.until(lambda: self.window.controller.shown == 0)
        self.window.canvas.setFocus()
        self._watch.start()

    def close(self) -> None:
        self._watch.stop()
        self.window.close()

    def until(self, done: Callable[[], bool]) -> None:
        turn_until(self._loop, done, _PATIENCE, 0.001)

    def do(self, action: Callable[[], object], done: Callable[[], bool]) -> None:
        """A key or a button, until what it does is done and painted."""
        began = time.perf_counter()
        action()
        self.until(done)
        self.window.repaint()
        self._loop.processEvents()
        self.machine += time.perf_counter() - began

    def press(self, key: Qt.Key, done: Callable[[], bool], modifiers: Qt.KeyboardModifier = _NONE) -> None:
        self.do(lambda: QTest.keyClick(self.window.focusWidget() or self.window, key, modifiers), done)

    def drag(self, box: tuple[float, float, float, float], done: Callable[[], bool]) -> None:
        """A box around something, with Ctrl held."""
        port = self.window.canvas.viewport()
        start, end = (self.window.canvas.to_widget(QPointF(*corner)).toPoint() for corner in (box[:2], box[2:]))

        def act() -> None:
            QTest.mousePress(port, Qt.MouseButton.LeftButton, _CTRL, start)
            for place in (QPoint((start.x() + end.x()) // 2, (start.y() + end.y()) // 2), end):
                QTest.mouseMove(port, place)
            QTest.mouseRelease(port, Qt.MouseButton.LeftButton, _CTRL, end)

        self.do(act, done)

    # What is there

    def tracks(self) -> list[FrameBoxes]:
        session, video = self.window.document.session, self.window.document.video
        assert session is not None
        assert video is not None
        return boxes_of(session, video)

    def switches(self) -> int:
        return len(identity_switches(self.flawed.truth, self.tracks()))

    def hota(self) -> float:
        return evaluate_arrays(self.flawed.truth, self.tracks()).hota

    def steps(self) -> int:
        session = self.window.document.session
        assert session is not None
        return sum(not step.undone for step in session.history())

    # The queue

    def wait_for_queue(self) -> None:
        """Until the queue is made, colours compared, and what was changed last is in it."""
        builder = self.window.features.review.builder
        builder.want()
        self.until(lambda: builder.complete and not builder.ranking and builder.looked is None)

    def walk(self, most: int, enough: Callable[[], bool] = lambda: False) -> Walk:
        """Go through the queue, deciding about each entry, until ``enough`` or so many were looked at."""
        desk, walk = self.window.features.review.controller, Walk()
        self.wait_for_queue()
        if not desk.entries:
            return walk
        self.press(Qt.Key.Key_Tab, lambda: desk.current is not None)
        while self._current() is not None and walk.looked_at < most:
            self.wait_for_queue()
            entry = self._current()
            if entry is None:
                break
            walk.looked_at += 1
            self._decide(entry, walk)
            if enough() or not desk.entries:
                break
        return walk

    def _current(self) -> Entry | None:
        return self.window.review.desk.current

    def _decide(self, entry: Entry, walk: Walk) -> None:
        desk, before = self.window.features.review.controller, self.steps()
        suggested, tracks = entry.suggestion.fix, self.tracks()
        choice, gain = judge(self.flawed.truth, tracks, desk.fixes(), suggested)
        for track in entry.tracks if len(entry.tracks) > 1 else ():
            alone, more = judge(self.flawed.truth, tracks, fixes_for(entry, track), suggested)
            place = self._place_of(track)
            if more > gain + WORTH_IT and place is not None:
                # A split or a deletion of one of several tracks: that one is clicked first.
                self._select(track, place)
                choice, gain = alone, more

        def decided() -> bool:
            return self.steps() > before and desk.current is not entry

        if choice is Fix.FINE:
            walk.false_alarms += 1
            self.press(Qt.Key.Key_X, decided)
        elif choice is Fix.PROMPT:
            walk.prompts += 1
            self.press(Qt.Key.Key_A, self.is_proposed)
            self.press(Qt.Key.Key_Return, lambda: self.steps() > before)
            self.press(Qt.Key.Key_Tab, lambda: desk.current is not entry or not desk.entries)
        else:
            walk.edits += 1
            walk.suggested += choice is suggested
            if choice is suggested:
                self.press(Qt.Key.Key_A, decided)
            else:
                self.press(_OTHERWISE[choice], decided, _ALT)

    def _select(self, track: int, place: QPoint) -> None:
        canvas = self.window.canvas.viewport()
        self.do(lambda: QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, _NONE, place),
                lambda: track in self.window.document.selection)

    def _place_of(self, track: int) -> QPoint | None:
        """Where in the canvas a track, and no other, can be clicked; None where it cannot."""
        canvas = self.window.canvas
        rect = next((shape.rect for shape in canvas.overlay.shapes if shape.track == track), None)
        if rect is None or canvas.track_at(rect.center()) != track:
            return None
        return canvas.to_widget(rect.center()).toPoint()

    # A prompt

    def is_proposed(self) -> bool:
        """Whether what was prompted is followed to its end and waits to be accepted."""
        state = self.window.features.prompts.view.state()
        return state is not None and state.stage is Stage.PROPOSED and not self.window.worker.in_interlude


def mend_one(folder: Path, kind: str, seed: int) -> dict[str, Any]:
    """One planted error, through the queue."""
    hands = Hands(folder / kind, plant(folder, kind, seed))
    try:
        switches, hota = hands.switches(), hands.hota()
        walk = hands.walk(50, lambda: hands.switches() < switches or hands.hota() > hota + 1)
        effort = hands.meter.effort
        found = hands.switches() < switches or hands.hota() > hota + 1
        return {"keys": effort.keys - walk.false_alarms, "clicks": effort.clicks, "drags": effort.drags,
                "machine_ms": round(1000 * hands.machine / max(walk.looked_at, 1), 1),
                "false_alarms": walk.false_alarms, "suggested": walk.suggested > 0, "found": found,
                "hota": [round(hota, 2), round(hands.hota(), 2)]}
    finally:
        hands.close()


def mend_missing(folder: Path, seed: int) -> dict[str, Any]:
    """One missing object: a drag and a key."""
    hands = Hands(folder / "missing_object", plant(folder, "missing_object", seed))
    try:
        flawed = hands.flawed
        assert flawed.box_xyxy is not None
        hands.window.document.go_to(flawed.frame)
        hands.until(lambda: hands.window.controller.shown == flawed.frame)
        hota, before, tracks = hands.hota(), hands.steps(), len(hands.window.document.tracks())
        hands.drag(flawed.box_xyxy, hands.is_proposed)
        hands.press(Qt.Key.Key_Return, lambda: hands.steps() > before)
        effort = hands.meter.effort
        return {"keys": effort.keys, "clicks": effort.clicks, "drags": effort.drags,
                "machine_ms": round(1000 * hands.machine, 1),
                "found": len(hands.window.document.tracks()) == tracks + 1, "frames": len(flawed.truth),
                "hota": [round(hota, 2), round(hands.hota(), 2)]}
    finally:
        hands.close()


def mend_all(folder: Path, conditions: Sequence[str], clips: int, frames: int, cache: Path | None) -> dict[str, Any]:
    """Clips of a tracker, as far as a person with some patience goes."""
    total, walks, gone, left, machine, hotas = Effort(), [], 0, 0, 0.0, []
    for condition in conditions:
        for seed in range(FIRST_SEED, FIRST_SEED + clips):
            hands = Hands(folder / f"settings-{condition}-{seed}", tracked(folder, condition, seed, frames, cache))
            try:
                switches, hota = hands.switches(), hands.hota()
                walk = hands.walk(2 * switches)
                now = hands.switches()
                total, machine = total + hands.meter.effort, machine + hands.machine
                hotas.append((hota, hands.hota()))
                walks.append(walk)
                gone, left = gone + switches - now, left + now
                progress(f"{condition} {seed}: {switches} switches, {now} left; {walk}; HOTA {hota:.1f} to "
                         f"{hotas[-1][1]:.1f}")
            finally:
                hands.close()
    resolved = sum(walk.edits + walk.prompts for walk in walks)
    return {"per_resolved_error": _per(total, resolved), "per_switch": _per(total, gone), "resolved": resolved,
            "switches_gone": gone, "switches_left": left,
            "walked": {name: sum(asdict(walk)[name] for walk in walks) for name in asdict(Walk())},
            "machine_ms_per_entry": round(1000 * machine / max(sum(walk.looked_at for walk in walks), 1), 1),
            "hota_before": round(sum(a for a, _ in hotas) / len(hotas), 2),
            "hota_after": round(sum(b for _, b in hotas) / len(hotas), 2), "clips": len(hotas)}


def _per(effort: Effort, count: int) -> dict[str, float] | None:
    """None where there is nothing to divide by."""
    if count <= 0:
        return None
    return {name: round(getattr(effort, name) / count, 2) for name in ("keys", "clicks", "drags")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1, help="of each condition")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--only", choices=("planted", "tracked"), help="one of the two parts")
    parser.add_argument("--cache", type=Path, help="folder that keeps tracked clips between runs")
    parser.add_argument("--json", action="store_true", help="print one JSON object last (the default as well)")
    args = parser.parse_args()
    prepare()
    app = QApplication([])
    apply_theme(app, Theme.DARK)
    result: dict[str, Any] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="annotator-effort-") as name:
        folder = Path(name)
        os.environ[MODELS_DIR_VARIABLE] = str(folder / "models")  # the built-in models, whatever is installed
        for kind in KINDS if args.only != "tracked" else ():
            result[kind] = mend_missing(folder, FIRST_SEED) if kind == "missing_object" else mend_one(
                folder, kind, FIRST_SEED)
            progress(f"{kind}: {result[kind]}")
        if args.only != "planted":
            result |= mend_all(folder, args.conditions.split(","), args.clips, args.frames, args.cache)
    emit({**result, "seconds": round(time.monotonic() - began, 1), "environment": environment()})


if __name__ == "__main__":
    main()
