"""Measure the user's effort for corrections: keys, clicks and drags in the real window, and the response times.

    python -m benchmarks.effort --json

A simulated user who knows the ground truth operates the (offscreen) window with keys and mouse.
`annotator.ui.window.effort_watch` counts the inputs, as it does for users who record their own effort.

``swap``, ``merge``, ``split``: a clip that is tracked perfectly except for one error. The simulated user goes through
the review queue (Tab), applies the suggestion if it fixes the error (A), otherwise another fix (Alt+1..4, after a click
on the affected one of several tracks), or confirms that there is no error (X). Keys count from the key that shows the
error; keys for earlier entries are ``false_alarms``. ``found`` tells whether the queue led to the error.
``missing_object``: Ctrl-drag a box around an object without a track, and accept the proposal (Enter). ``machine_ms`` is
the time from each key or button to the updated window, including the propagation; for queues the mean over the visited
entries.

``attribute_change``: a choice of three options that changes 5 times in a track, known to the simulated user. They
click the track, move to each change in steps of 10 frames (V; counted as ``moving_keys``, too) and press Shift+A until
the option is right. ``right``: whether every frame has its value in the end, and has none again after as many undos as
changes and corrections.

``mask_fix_brush``, ``mask_fix_polygon``, ``mask_fix_point``: the mask of an object lacks its lowest fifth, and is
mended by the brush (one key, strokes along the missing part), by a polygon (one key, clicks on its corners, Enter) or
by a point (prompt tool, a box, a click on the missing part, Enter twice). ``iou`` is that with the true mask, before
and after. ``box_100_frames``: an object is boxed over 100 frames; every tenth frame is looked at, and its box is drawn
again where it overlaps the object by less than an IoU of 0.7. ``least_iou`` and ``mean_iou`` are over all frames.

``per_resolved_error``: clips tracked by the built-in models, with planted errors added. The simulated user goes through
the queue until twice as many entries are visited as there are identity switches. All keys, clicks and drags, including
those for false alarms, are divided by the number of fixed errors: fixes that raise HOTA by at least 0.1 points.
``per_switch`` is the same divided by the CLEAR MOT identity switches that are gone afterwards. These are fewer, because
two tracks of one object that never follow each other are not a switch.
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

import cv2
import numpy as np
from PySide6.QtCore import QEventLoop, QPoint, QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.engine.weights.checkpoints import MODELS_DIR_VARIABLE
from annotator.evaluation import FrameBoxes, evaluate_arrays
from annotator.evaluation.errors import identity_switches
from annotator.model.attribute import AttributeKind
from annotator.model.box import box_iou
from annotator.model.effort import Effort, EffortMeter
from annotator.model.mask import EMPTY_MASK, Mask
from annotator.model.painting.mask_algebra import drop_specks, mask_iou
from annotator.model.painting.outlines import mask_loops
from annotator.review import Entry, Fix, fixes_for
from annotator.storage.edits import attributes
from annotator.storage.store import Store
from annotator.ui.app import prepare
from annotator.ui.canvas.canvas import Tool
from annotator.ui.masks.polygon import CLOSING
from annotator.ui.prompts.bar import Stage
from annotator.ui.widgets.theme import Theme, apply_theme
from annotator.ui.window.effort_watch import EffortWatch
from annotator.ui.window.main_window import MainWindow
from benchmarks.harness.event_loop import run_until
from benchmarks.harness.results import emit, environment, progress
from benchmarks.measures.effort_oracle import WORTH_IT, judge
from benchmarks.scenarios.flawed_clips import FIRST_SEED, KINDS, Flawed, plant, tracked
from benchmarks.scenarios.masks_to_mend import WrongMask, unboxed, wrong_mask
from benchmarks.scenarios.tracked_clips import boxes_of
from testbed.synthetic_clips import CONDITIONS

_SIZE = (1280, 800)
_TIMEOUT = 500.0
#: Overlap with the object (IoU) below which a box is drawn again.
ENOUGH = 0.7
#: Keys of fixes other than the suggestion.
_OTHER_FIXES = {Fix.SWAP: Qt.Key.Key_1, Fix.MERGE: Qt.Key.Key_2, Fix.SPLIT: Qt.Key.Key_3, Fix.DELETE: Qt.Key.Key_4}
#: Options of an attribute, how often it changes, and frames between changes.
_GAITS, CHANGES, _CHANGE_EVERY = ("stand", "walk", "run"), 5, 10
_CTRL, _ALT, _SHIFT, _NONE = (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
                              Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier)


@dataclass(slots=True)
class Walk:
    """Counts of a pass through a queue."""

    looked_at: int = 0
    false_alarms: int = 0
    edits: int = 0
    prompts: int = 0
    suggested: int = 0
    """Number of edits that were suggestions."""


class SimulatedUser:
    """Operates the window of a project; counts the inputs and the response times."""

    def __init__(self, folder: Path, flawed: Flawed) -> None:
        self.flawed = flawed
        self.window = MainWindow(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        self.window.resize(*_SIZE)
        self.window.show()
        self._loop = QEventLoop()
        self.meter = EffortMeter()
        self._watch = EffortWatch(self.meter)
        self.machine = 0.0
        """Total response time in seconds."""
        if not self.window.open_path(flawed.path):
            raise RuntimeError(self.window.statusBar().currentMessage())
        self.until(lambda: self.window.controller.shown == 0)
        self.window.canvas.setFocus()
        self._watch.start()

    def close(self) -> None:
        self._watch.stop()
        self.window.close()

    def until(self, done: Callable[[], bool]) -> None:
        run_until(self._loop, done, _TIMEOUT, 0.001)

    def do(self, action: Callable[[], object], done: Callable[[], bool]) -> None:
        """Press a key or button and wait until its effect is complete and painted."""
        began = time.perf_counter()
        action()
        self.until(done)
        self.window.repaint()
        self._loop.processEvents()
        self.machine += time.perf_counter() - began

    def press(self, key: Qt.Key, done: Callable[[], bool], modifiers: Qt.KeyboardModifier = _NONE) -> None:
        self.do(lambda: QTest.keyClick(self.window.focusWidget() or self.window, key, modifiers), done)

    def drag(self, box: tuple[float, float, float, float], done: Callable[[], bool],
             modifiers: Qt.KeyboardModifier = _CTRL) -> None:
        """Drag a box, with Ctrl by default."""
        x0, y0, x1, y1 = box
        self.stroke([(x0, y0), ((x0 + x1) / 2, (y0 + y1) / 2), (x1, y1)], done, modifiers)

    def stroke(self, path: Sequence[tuple[float, float]], done: Callable[[], bool],
               modifiers: Qt.KeyboardModifier = _NONE) -> None:
        """Drag along a path, or click if it is a single point, in image pixels."""
        port = self.window.canvas.viewport()
        places = [self.window.canvas.to_widget(QPointF(*point)).toPoint() for point in path]

        def act() -> None:
            QTest.mousePress(port, Qt.MouseButton.LeftButton, modifiers, places[0])
            for place in places[1:]:
                QTest.mouseMove(port, place)
            QTest.mouseRelease(port, Qt.MouseButton.LeftButton, modifiers, places[-1])

        self.do(act, done)

    # The current state

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
        """Wait until the queue is complete, with colours compared and the latest changes included."""
        builder = self.window.features.review.builder
        builder.want()
        self.until(lambda: builder.complete and not builder.ranking and builder.looked is None)

    def walk(self, most: int, enough: Callable[[], bool] = lambda: False) -> Walk:
        """Go through the queue and decide on each entry, until ``enough`` or until ``most`` entries were visited."""
        review, walk = self.window.features.review.controller, Walk()
        self.wait_for_queue()
        if not review.entries:
            return walk
        self.press(Qt.Key.Key_Tab, lambda: review.current is not None)
        while self._current() is not None and walk.looked_at < most:
            self.wait_for_queue()
            entry = self._current()
            if entry is None:
                break
            walk.looked_at += 1
            self._decide(entry, walk)
            if enough() or not review.entries:
                break
        return walk

    def _current(self) -> Entry | None:
        return self.window.features.review.controller.current

    def _decide(self, entry: Entry, walk: Walk) -> None:
        review, before = self.window.features.review.controller, self.steps()
        suggested, tracks = entry.suggestion.fix, self.tracks()
        choice, gain = judge(self.flawed.truth, tracks, review.fixes(), suggested)
        for track in entry.tracks if len(entry.tracks) > 1 else ():
            alone, more = judge(self.flawed.truth, tracks, fixes_for(entry, track), suggested)
            point = self._clickable_point(track)
            if more > gain + WORTH_IT and point is not None:
                # To split or delete one of several tracks, click it first.
                self._select(track, point)
                choice, gain = alone, more

        def decided() -> bool:
            return self.steps() > before and review.current is not entry

        if choice is Fix.FINE:
            walk.false_alarms += 1
            self.press(Qt.Key.Key_X, decided)
        elif choice is Fix.PROMPT:
            walk.prompts += 1
            self.press(Qt.Key.Key_A, self.is_proposed)
            self.press(Qt.Key.Key_Return, lambda: self.steps() > before)
            self.press(Qt.Key.Key_Tab, lambda: review.current is not entry or not review.entries)
        else:
            walk.edits += 1
            walk.suggested += choice is suggested
            if choice is suggested:
                self.press(Qt.Key.Key_A, decided)
            else:
                self.press(_OTHER_FIXES[choice], decided, _ALT)

    def _select(self, track: int, point: QPoint) -> None:
        canvas = self.window.canvas.viewport()
        self.do(lambda: QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, _NONE, point),
                lambda: track in self.window.document.selection)

    def _clickable_point(self, track: int) -> QPoint | None:
        """Return a point of the canvas where a click selects the track; None if it is covered by another track."""
        canvas = self.window.canvas
        rect = next((shape.rect for shape in canvas.overlay.shapes if shape.track == track), None)
        if rect is None or canvas.track_at(rect.center()) != track:
            return None
        return canvas.to_widget(rect.center()).toPoint()

    def any_track(self) -> tuple[QPoint, int]:
        """A track of the current frame that can be clicked, and where."""
        for shape in self.window.canvas.overlay.shapes:
            point = self._clickable_point(shape.track)
            if point is not None:
                return point, shape.track
        raise RuntimeError("no track can be clicked in this frame")

    def value(self, track: int, frame: int) -> object:
        """The value of the only attribute of a track in a frame."""
        [attribute] = self.window.document.attributes()
        return attribute.or_default(self.window.document.values().at(track, frame).get(attribute.name))

    # A prompt

    def is_proposed(self) -> bool:
        """Whether the prompted object is completely propagated and the proposal is ready to be accepted."""
        state = self.window.features.prompts.view.state()
        return state is not None and state.stage is Stage.PROPOSED and not self.window.worker.in_interlude


def fix_one(folder: Path, kind: str, seed: int) -> dict[str, Any]:
    """Fix one planted error through the queue."""
    user = SimulatedUser(folder / kind, plant(folder, kind, seed))
    try:
        switches, hota = user.switches(), user.hota()
        walk = user.walk(50, lambda: user.switches() < switches or user.hota() > hota + 1)
        effort = user.meter.effort
        found = user.switches() < switches or user.hota() > hota + 1
        return {"keys": effort.keys - walk.false_alarms, "clicks": effort.clicks, "drags": effort.drags,
                "machine_ms": round(1000 * user.machine / max(walk.looked_at, 1), 1),
                "false_alarms": walk.false_alarms, "suggested": walk.suggested > 0, "found": found,
                "hota": [round(hota, 2), round(user.hota(), 2)]}
    finally:
        user.close()


def fix_missing(folder: Path, seed: int) -> dict[str, Any]:
    """Add one missing object with a drag and a key."""
    user = SimulatedUser(folder / "missing_object", plant(folder, "missing_object", seed))
    try:
        flawed = user.flawed
        assert flawed.box_xyxy is not None
        user.window.document.go_to(flawed.frame)
        user.until(lambda: user.window.controller.shown == flawed.frame)
        hota, before, tracks = user.hota(), user.steps(), len(user.window.document.tracks())
        user.drag(flawed.box_xyxy, user.is_proposed)
        user.press(Qt.Key.Key_Return, lambda: user.steps() > before)
        effort = user.meter.effort
        return {"keys": effort.keys, "clicks": effort.clicks, "drags": effort.drags,
                "machine_ms": round(1000 * user.machine, 1),
                "found": len(user.window.document.tracks()) == tracks + 1, "frames": len(flawed.truth),
                "hota": [round(hota, 2), round(user.hota(), 2)]}
    finally:
        user.close()


def change_attribute(folder: Path, seed: int) -> dict[str, Any]:
    """Give a track an attribute that changes 5 times, with the keys of the window."""
    flawed = plant(folder, "swap", seed)
    with Store.open(flawed.path) as store:
        attributes.add_attribute(store, "gait", AttributeKind.CHOICE, options=_GAITS, default=_GAITS[0], varies=True)
    user = SimulatedUser(folder / "changing_attribute", flawed)
    try:
        window, steps = user.window, user.steps()
        point, track = user.any_track()
        user._select(track, point)
        moving = 0
        for place in range(1, CHANGES + 1):
            wanted = place * _CHANGE_EVERY
            while window.document.frame < wanted:
                before = window.document.frame
                user.press(Qt.Key.Key_V, lambda: window.document.frame > before)  # noqa: B023 - called at once
                moving += 1
            while user.value(track, wanted) != _gait(wanted):
                done = user.steps()
                user.press(Qt.Key.Key_A, lambda: user.steps() > done, _SHIFT)  # noqa: B023
        effort = user.meter.effort
        last = (CHANGES + 1) * _CHANGE_EVERY
        right = all(user.value(track, frame) == _gait(frame) for frame in range(last))
        while user.steps() > steps:
            window.document.undo()
        right = right and all(user.value(track, frame) == _GAITS[0] for frame in range(last))
        return {"keys": effort.keys, "moving_keys": moving, "clicks": effort.clicks, "drags": effort.drags,
                "machine_ms": round(1000 * user.machine / max(effort.keys + effort.clicks, 1), 1),
                "changes": CHANGES, "right": right}
    finally:
        user.close()


def mend_mask(folder: Path, way: str, seed: int) -> dict[str, Any]:
    """Mend a mask that lacks a fifth, by ``brush``, ``polygon`` or ``point``."""
    wrong = wrong_mask(folder / way, seed)
    user = SimulatedUser(folder / f"{way}-settings", Flawed(wrong.path, [], 1, wrong.frame))
    try:
        document = user.window.document
        document.go_to(wrong.frame)
        user.until(lambda: user.window.controller.shown == wrong.frame)
        (track,) = document.tracks()

        def mask() -> Mask:
            return next((seen.mask for seen in document.observations(wrong.frame, masks=True)
                         if seen.track == track and seen.mask is not None), EMPTY_MASK)

        before = mask_iou(mask(), wrong.truth)
        rest = Mask.from_bitmap(wrong.truth.to_bitmap(*user.window.canvas.picture_size) & ~wrong.lacking)
        user.stroke([_inside(rest)], lambda: track in document.selection)
        steps = user.steps()
        if way == "point":
            _mend_by_points(user, wrong)
        else:
            _mend_by_hand(user, wrong, way)
        effort = user.meter.effort
        return {"keys": effort.keys, "clicks": effort.clicks, "drags": effort.drags, "steps": user.steps() - steps,
                "machine_ms": round(1000 * user.machine, 1),
                "iou": [round(before, 3), round(mask_iou(mask(), wrong.truth), 3)]}
    finally:
        user.close()


def _gait(frame: int) -> str:
    """The value in a frame: up and down the options, so that a change takes one key or two."""
    return _GAITS[(0, 1, 2, 1, 0, 2)[min(frame // _CHANGE_EVERY, CHANGES)]]


def _mend_by_hand(user: SimulatedUser, wrong: WrongMask, way: str) -> None:
    tools = user.window.features.masks
    lacking = Mask.from_bitmap(wrong.lacking)
    steps = user.steps()
    if way == "polygon":
        user.press(Qt.Key.Key_Y, lambda: user.window.canvas.tool is Tool.POLYGON)
        # A user clicks no two corners next to each other; a click next to the first one would close the polygon.
        apart = 2 * CLOSING / user.window.canvas.scale_factor()
        corners: list[tuple[float, float]] = []
        for x, y in mask_loops(drop_specks(lacking), 1.5)[0].tolist():
            if all(abs(x - a) + abs(y - b) >= apart for a, b in (corners[:1] + corners[-1:])):
                corners.append((x, y))
        for count, (x, y) in enumerate(corners, 1):
            user.stroke([(x, y)], lambda count=count: len(tools.polygon.corners) == count)  # type: ignore[misc]
        user.press(Qt.Key.Key_Return, lambda: user.steps() > steps)
        return
    user.press(Qt.Key.Key_P, lambda: user.window.canvas.tool is Tool.BRUSH)
    # The wheel, which is no key or button, sets a size that fits the part.
    while tools.brush.brush.size > max(lacking.height / 2, 4):
        tools.brush.resize(-1)
    half = tools.brush.brush.size / 2
    path: list[tuple[float, float]] = []
    for row in np.arange(half, max(lacking.height - half, half) + 0.1, max(1.4 * half, 1)):
        filled = np.flatnonzero(lacking.crop()[min(round(float(row)), lacking.height - 1)])
        if len(filled):
            line = [(lacking.left + float(x), lacking.top + float(row)) for x in (
                min(filled[0] + half, filled.mean()), max(filled[-1] - half, filled.mean()))]
            path += line if len(path) % 4 == 0 else line[::-1]
    user.stroke(path, lambda: user.steps() > steps)


def _mend_by_points(user: SimulatedUser, wrong: WrongMask) -> None:
    prompts, steps = user.window.features.prompts.prompts, user.steps()
    user.press(Qt.Key.Key_N, lambda: user.window.canvas.tool is Tool.PROMPT)
    user.drag(wrong.truth.box_xyxy, lambda: prompts.draft is not None and prompts.answer is not None, _NONE)
    user.stroke([_inside(Mask.from_bitmap(wrong.lacking))], lambda: prompts.draft is not None
                and len(prompts.draft.points) == 1 and prompts.answer is not None)
    user.press(Qt.Key.Key_Return, user.is_proposed)
    user.press(Qt.Key.Key_Return, lambda: user.steps() > steps)


def _inside(mask: Mask) -> tuple[float, float]:
    """The point that lies deepest inside a mask."""
    depth = cv2.distanceTransform(np.pad(mask.crop(), 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = divmod(int(depth.argmax()), depth.shape[1])
    return mask.left + x + 0.5, mask.top + y + 0.5


def box_by_hand(folder: Path, seed: int) -> dict[str, Any]:
    """Box an object over 100 frames without a model."""
    made = unboxed(folder / "boxes", seed)
    user = SimulatedUser(folder / "boxes-settings", Flawed(made.path, [], 0))
    try:
        document, canvas = user.window.document, user.window.canvas
        user.press(Qt.Key.Key_N, lambda: canvas.tool is Tool.DRAW, _ALT)
        user.drag(made.boxes[0], lambda: len(document.tracks()) == 1, _NONE)
        (track,) = document.tracks()
        for frame in range(10, len(made.boxes), 10):
            user.press(Qt.Key.Key_V, lambda frame=frame: user.window.controller.shown == frame)  # type: ignore[misc]
            _draw_again(user, track, made.boxes[frame])
        effort = user.meter.effort
        shown = {seen.frame: seen.box_xyxy for seen in document.trajectory(track) if seen.box_xyxy is not None}
        overlaps = [_iou(shown[frame], box) if frame in shown else 0.0 for frame, box in enumerate(made.boxes)]
        return {"keys": effort.keys, "clicks": effort.clicks, "drags": effort.drags, "frames": len(made.boxes),
                "machine_ms": round(1000 * user.machine, 1), "least_iou": round(min(overlaps), 3),
                "mean_iou": round(float(np.mean(overlaps)), 3)}
    finally:
        user.close()


def _draw_again(user: SimulatedUser, track: int, truth: tuple[float, float, float, float]) -> None:
    """Move the box to the object if it overlaps it too little, and resize it if that is not enough."""
    canvas = user.window.canvas

    def shown() -> tuple[float, float, float, float]:
        rect = next(shape.rect for shape in canvas.overlay.shapes if shape.track == track)
        assert rect is not None
        return rect.left(), rect.top(), rect.right(), rect.bottom()

    if _iou(shown(), truth) >= ENOUGH:
        return
    x0, y0, x1, y1 = shown()
    dx, dy = truth[0] - x0, truth[1] - y0
    steps, middle = user.steps(), ((x0 + x1) / 2, (y0 + y1) / 2)
    if abs(dx) + abs(dy) > 2:
        user.stroke([middle, (middle[0] + dx / 2, middle[1] + dy / 2), (middle[0] + dx, middle[1] + dy)],
                    lambda: user.steps() > steps)
    x0, y0, x1, y1 = shown()
    if _iou((x0, y0, x1, y1), truth) < ENOUGH:
        steps = user.steps()
        user.stroke([(x1, y1), ((x1 + truth[2]) / 2, (y1 + truth[3]) / 2), (truth[2], truth[3])],
                    lambda: user.steps() > steps)


def _iou(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    return float(box_iou(np.array([one]), np.array([other]))[0, 0])


def fix_all(folder: Path, conditions: Sequence[str], clips: int, frames: int, cache: Path | None) -> dict[str, Any]:
    """Go through the first entries of the queues of tracked clips."""
    total, walks, gone, left, machine, hotas = Effort(), [], 0, 0, 0.0, []
    for condition in conditions:
        for seed in range(FIRST_SEED, FIRST_SEED + clips):
            user = SimulatedUser(folder / f"settings-{condition}-{seed}",
                                 tracked(folder, condition, seed, frames, cache))
            try:
                switches, hota = user.switches(), user.hota()
                walk = user.walk(2 * switches)
                now = user.switches()
                total, machine = total + user.meter.effort, machine + user.machine
                hotas.append((hota, user.hota()))
                walks.append(walk)
                gone, left = gone + switches - now, left + now
                progress(f"{condition} {seed}: {switches} switches, {now} left; {walk}; HOTA {hota:.1f} to "
                         f"{hotas[-1][1]:.1f}")
            finally:
                user.close()
    resolved = sum(walk.edits + walk.prompts for walk in walks)
    return {"per_resolved_error": _per(total, resolved), "per_switch": _per(total, gone), "resolved": resolved,
            "switches_gone": gone, "switches_left": left,
            "walked": {name: sum(asdict(walk)[name] for walk in walks) for name in asdict(Walk())},
            "machine_ms_per_entry": round(1000 * machine / max(sum(walk.looked_at for walk in walks), 1), 1),
            "hota_before": round(sum(a for a, _ in hotas) / len(hotas), 2),
            "hota_after": round(sum(b for _, b in hotas) / len(hotas), 2), "clips": len(hotas)}


def _per(effort: Effort, count: int) -> dict[str, float] | None:
    """Return the effort per item, or None if there are no items."""
    if count <= 0:
        return None
    return {name: round(getattr(effort, name) / count, 2) for name in ("keys", "clicks", "drags")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1, help="clips per condition")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--only", choices=("planted", "hand", "tracked"), help="run only one of the parts")
    parser.add_argument("--cache", type=Path, help="folder that keeps tracked clips between runs")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end (always done)")
    args = parser.parse_args()
    prepare()
    app = QApplication([])
    apply_theme(app, Theme.DARK)
    result: dict[str, Any] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="annotator-effort-") as name:
        folder = Path(name)
        os.environ[MODELS_DIR_VARIABLE] = str(folder / "models")  # use the built-in models even if others are installed
        for kind in KINDS if args.only in (None, "planted") else ():
            result[kind] = fix_missing(folder, FIRST_SEED) if kind == "missing_object" else fix_one(
                folder, kind, FIRST_SEED)
            progress(f"{kind}: {result[kind]}")
        if args.only in (None, "planted"):
            result["attribute_change"] = change_attribute(folder, FIRST_SEED)
        if args.only in (None, "hand"):
            by_hand = {f"mask_fix_{way}": mend_mask(folder, way, FIRST_SEED) for way in ("brush", "polygon", "point")}
            by_hand["box_100_frames"] = box_by_hand(folder, FIRST_SEED)
            progress(f"by hand: {by_hand}")
            result |= by_hand
        if args.only in (None, "tracked"):
            result |= fix_all(folder, args.conditions.split(","), args.clips, args.frames, args.cache)
    emit({**result, "seconds": round(time.monotonic() - began, 1), "environment": environment()})


if __name__ == "__main__":
    main()
