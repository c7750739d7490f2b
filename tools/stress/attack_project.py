"""Open hostile project files: every command and the window must do their work or refuse in one line.

    python -m tools.stress.attack_project
    python -m tools.stress.attack_project --mutations 5000 --seed 1
    python -m tools.stress.attack_project --only path_device rle_text

The first form makes every edit of `tools.stress.hostile_edits` to a copy of a small project and runs five commands and
the window on it; the second makes random changes and exercises the whole store in one child each, the window in every
tenth. A traceback, a hang, a signal or exhausted memory is a problem. Prints them as JSON; the exit status is 1 if
there are any.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from annotator.cli import main as annotator_main
from annotator.errors import UserError
from annotator.jobs.project import add_source, open_project
from annotator.model.attribute import AttributeKind
from annotator.model.frame import Detections, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.track import MarkKind, RunStatus
from annotator.storage.edits import attributes, drawn_boxes, identities, notes, track_marks
from annotator.storage.store import Store
from testbed.synthetic_clips import ClipSpec, make_clip
from testbed.videos import write_video
from tools.stress import forked
from tools.stress.hostile_edits import HOSTILE_EDITS, mutate

#: Limits of one command: wall-clock seconds, and address space in bytes.
SECONDS, MEMORY = 30.0, 6 << 30
_SPEC = ClipSpec(frames=20, width=240, height=180, objects=(3, 3), exits=0.0, crossings=0.0)
#: Random projects between two that the window opens.
_WINDOW_EVERY = 10


@dataclass(slots=True)
class Findings:
    """Counts of commands by their ending, and the problems found."""

    worked: int = 0
    refused: int = 0
    slowest: float = 0.0
    problems: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, ending: forked.Ending) -> None:
        """Count one ending."""
        self.slowest = max(self.slowest, ending.seconds)
        if ending.problem:
            self.problems.append(f"{what}: {ending.problem}")
        elif ending.refusal:
            self.refused += 1
        else:
            self.worked += 1


def base_project(folder: Path) -> Path:
    """Write a small project that has one of everything: tracks with masks, detections, manual boxes, marks, undo."""
    clip = make_clip(_SPEC, 2)
    write_video(clip, folder / "clip.mp4")
    path = folder / "base.annot"
    boxes = clip.boxes()
    with open_project(path, create=True) as session:
        store = session.store
        video, _ = add_source(session, folder / "clip.mp4")
        run = store.begin_run(video.id, "preannotate", {"tracker": "sort"}, {"tracker": "sort"}, ["object"], 0,
                              _SPEC.frames - 1)
        for frame in range(_SPEC.frames):
            session.apply(run.id, _result(frame, boxes[frame].tolist(), clip.instances[frame]))
        store.finish_run(run.id, RunStatus.FINISHED)
        first, second, third = (track.id for track in store.tracks(video.id))
        attributes.add_attribute(store, "parked", AttributeKind.CHOICE, None, ("yes", "no"), "no")
        identities.swap_tracks(store, first, second, 8)
        attributes.describe_tracks(store, [first], name="front", attributes={"parked": "yes"})
        identities.split_track(store, third, 10)
        drawn = drawn_boxes.add_track(store, video.id, store.labels()[0].id, 2, (10.0, 10.0, 40.0, 40.0))
        drawn_boxes.set_box(store, drawn, 12, (50.0, 50.0, 80.0, 90.0))
        drawn_boxes.set_box(store, first, 5, (20.0, 20.0, 60.0, 60.0))
        track_marks.mark_tracks(store, [drawn], MarkKind.INTERPOLATE, 2, 12)
        track_marks.mark_tracks(store, [second], MarkKind.OCCLUDED, 3, 6)
        drawn_boxes.add_mark(store, video.id, MarkKind.IGNORE, 0, 9, region=[(0.0, 0.0), (30.0, 0.0), (30.0, 30.0)])
        note = notes.add_note(store, video.id, 4, "Is this one car?", first, (12.0, 30.5))
        notes.answer_note(store, note, "Two, I think.")
        identities.delete_range(store, [second], 15)
        store.undo()
        store.checkpoint()
    return path


def _result(frame: int, boxes: Sequence[Sequence[float]], instances: object) -> FrameResult:
    objects = tuple(
        TrackedObject(number, 0, TrackState.RELIABLE, 0.9, (x1, y1, x2, y2),
                      Mask.from_bitmap(instances == number),  # type: ignore[arg-type]  # an array of flags
                      Evidence(9.0, 0.9, number - 1, 0.8, prompted=frame == 0))
        for number, (x1, y1, x2, y2) in enumerate(boxes, 1))
    return FrameResult(frame, objects, Detections.of(boxes, [0.9] * len(boxes)))


def copy_of(base: Path, folder: Path) -> Path:
    """Copy the project and its video into a new folder."""
    folder.mkdir(parents=True)
    os.link(base.parent / "clip.mp4", folder / "clip.mp4")
    return Path(shutil.copy(base, folder / "p.annot"))


def commands(project: Path) -> Iterator[tuple[str, Callable[[], int]]]:
    """Yield names and functions of the five commands and the window."""
    for name, arguments in (
            ("export mot", ("export", project, "--format", "mot", "--out", project.parent / "mot")),
            ("export coco-video", ("export", project, "--format", "coco-video", "--out", project.parent / "coco")),
            ("review", ("review", project, "--json")),
            ("swap", ("edit", project, "swap", "1", "2", "--from", "10")),
            ("undo", ("edit", project, "undo"))):
        yield name, lambda arguments=arguments: annotator_main([str(each) for each in arguments])  # type: ignore[misc]
    yield "window", lambda: open_in_window(project)


def exercise(project: Path) -> int:
    """Use everything that the store offers, in one process: read all, edit, undo, redo, export, review."""
    status = 0
    for _, command in list(commands(project))[:5]:
        status = max(status, command())
    for arguments in (("edit", project, "redo"), ("render", project, "--out", project.parent / "drawn.mp4"),
                      ("export", project, "--format", "csv", "--out", project.parent / "csv"),
                      ("export", project, "--format", "cvat", "--out", project.parent / "cvat")):
        status = max(status, annotator_main([str(each) for each in arguments]))
    return status


def open_in_window(project: Path) -> int:
    """Open a project in the window, visit some frames, select every track, undo and redo, and close it."""
    from PySide6.QtCore import QSettings
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QMessageBox

    from annotator.ui.app import prepare
    from annotator.ui.window.main_window import MainWindow

    prepare()
    problems: list[str] = []
    app = QApplication(["attack"])
    for name in ("critical", "warning", "information", "question"):
        setattr(QMessageBox, name, staticmethod(lambda *_, **__: QMessageBox.StandardButton.Ok))
    QMessageBox.exec = lambda *_: QMessageBox.StandardButton.Ok  # type: ignore[method-assign]
    window = MainWindow(QSettings(str(project.parent / "settings.ini"), QSettings.Format.IniFormat))

    def report(kind: type[BaseException], error: BaseException | None, trace: object) -> None:
        # What the window's own reporter shows as a message, not as a crash.
        if not isinstance(error, UserError):
            problems.append("".join(traceback.format_exception(error)))

    sys.excepthook = report
    threading.excepthook = lambda args: report(args.exc_type, args.exc_value, None)
    window.show()
    window.open_path(project)
    QTest.qWait(300)
    document = window.document
    if document.video is not None:
        for frame in (0, 5, 10, 19):
            document.go_to(frame)
            QTest.qWait(40)
        with_tracks = list(document.tracks())
        document.select(with_tracks)
        QTest.qWait(60)
        for undo in (document.undo, document.redo):
            undo()
            QTest.qWait(40)
    window.close()
    QTest.qWait(100)
    app.processEvents()
    for problem in problems:
        print(f"PROBLEM {problem}", file=sys.stderr)
    return 0


def warm_up(base: Path) -> None:
    """Import what the children need, so that each child does not import it again."""
    for name in ("cli.editing", "formats.registry", "jobs.labels.export", "jobs.render", "jobs.review.ranking"):
        importlib.import_module(f"annotator.{name}")
    with Store.open(base, read_only=True) as store:
        store.videos()


def warm_up_window() -> None:
    """Import the window, without starting Qt."""
    importlib.import_module("PySide6.QtTest")
    importlib.import_module("annotator.ui.window.main_window")


def attack(names: Sequence[str], base: Path, folder: Path, report: Callable[[str], None] = print) -> Findings:
    """Make each of these edits to a copy of the project, and run every command on a copy of that."""
    findings = Findings()
    for name in names:
        project = copy_of(base, folder / name)
        with closing(sqlite3.connect(project, isolation_level=None)) as connection:
            connection.execute("PRAGMA ignore_check_constraints=ON")
            HOSTILE_EDITS[name](connection, project.parent)
        for what, command in commands(project):
            ending = forked.run(command, SECONDS, MEMORY)
            findings.add(f"{name}, {what}", ending)
            if ending.problem:
                report(findings.problems[-1])
            elif ending.refusal:
                findings.refusals[f"{name}: {ending.refusal}"] += 1
        shutil.rmtree(project.parent, ignore_errors=True)
    return findings


def fuzz(count: int, seed: int, base: Path, folder: Path, report: Callable[[str], None] = print) -> Findings:
    """Change ``count`` copies of the project at random and use each."""
    findings = Findings()
    for turn in range(count):
        rng = random.Random(f"{seed} {turn}")
        project = copy_of(base, folder / str(turn))
        with closing(sqlite3.connect(project, isolation_level=None)) as connection:
            done = mutate(connection, rng)
        what = f"seed {seed} turn {turn} ({'; '.join(done)})"
        endings = [("commands", forked.run(partial(exercise, project), SECONDS, MEMORY))]
        if turn % _WINDOW_EVERY == 0:
            endings.append(("window", forked.run(partial(open_in_window, project), SECONDS, MEMORY)))
        for part, ending in endings:
            findings.add(f"{what}, {part}", ending)
            if ending.problem:
                report(findings.problems[-1])
        shutil.rmtree(project.parent, ignore_errors=True)
    return findings


def main() -> int:
    """Run the attacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutations", type=int, default=0, help="random projects instead of the known edits")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=sorted(HOSTILE_EDITS), metavar="EDIT", help="only these edits")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        base = base_project(folder)
        warm_up(base)
        warm_up_window()

        def report(text: str) -> None:
            print(text, file=sys.stderr, flush=True)

        found = (fuzz(args.mutations, args.seed, base, folder / "work", report) if args.mutations else
                 attack(args.only or list(HOSTILE_EDITS), base, folder / "work", report))
    print(json.dumps({"worked": found.worked, "refused": found.refused, "slowest_s": round(found.slowest, 2),
                      "problems": len(found.problems), "which": found.problems}))
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
