"""Kill a program during edits and a propagation, at random moments, and check that each edit is complete or absent.

    python -m benchmarks.kill_edits --kills 200 --json

A writer process makes one edit of a random kind after another on a small project, including undo and redo, and
announces each edit beforehand. It is killed with SIGKILL at a random moment. Afterwards the project must open and pass
its integrity check, its state must be the one before or after the last announced edit, and undoing everything must lead
back to the initial state. A propagation, with generated results, leaves a proposal of the stored frames; an import
leaves either nothing visible or complete tracks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from annotator.errors import StorageError, UserError
from annotator.model.attribute import AttributeKind
from annotator.model.frame import Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.model.track import MarkKind, OnExisting, ReviewState, RunStatus
from annotator.storage.edits import (
    attributes,
    drawn_boxes,
    identities,
    keyframes,
    masks,
    notes,
    proposals,
    track_marks,
    values,
    videos,
)
from annotator.storage.edits.merging import MergeRule
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.rows.runs import REPROPAGATE
from annotator.storage.spans.algebra import first_conflict
from annotator.storage.store import Store
from benchmarks.harness.results import emit, environment, progress

FRAMES, TRACKS = 120, 12
KINDS = ("swap", "merge", "split", "split range", "delete range", "delete from", "delete", "renumber", "renumber all",
         "relabel", "describe", "attribute", "values", "values on", "mark", "unmark", "lock", "box", "mask", "no box",
         "new track", "fill", "interpolate", "end interpolation", "keyframes", "redo", "remove video", "undo",
         "propagate", "accept", "drop", "import", "note", "answer")
#: Kinds that store boxes in separate transactions before the boxes become visible.
STAGED = ("propagate", "import")
_TABLES = ("video", "label", "attribute", "proposal", "tracklet", "observation", "mask", "track", "span", "mark",
           "attribute_value", "note")
_TIMEOUT = 60.0


@dataclass(slots=True)
class Outcome:
    """Counts of what happened after the kills."""

    kills: int = 0
    opened: int = 0
    whole: int = 0
    """Projects in the state before or after the edit."""
    undone: int = 0
    """Projects in which undoing everything led to the initial state."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Kinds of the interrupted edits."""
    failures: list[str] = field(default_factory=list)


def build(path: Path) -> None:
    """Create a project with several tracks, each lost in some frames."""
    with Store.create(path) as store:
        video = store.add_video("clip", path.with_name("clip.mp4"), 640, 480, FRAMES, 25.0, "none")
        run = store.begin_run(video.id, "preannotate", {}, {}, ("object",), 0, FRAMES - 1)
        store.write_frames(run.id, [_result(frame) for frame in range(FRAMES)])
        store.finish_run(run.id, RunStatus.FINISHED)


def _result(frame: int, numbers: range = range(1, TRACKS + 1)) -> FrameResult:
    things = []
    for number in numbers:
        lost = 50 <= frame < 55
        box = None if lost else (frame + 0.5, number * 30.0, frame + 20.0, number * 30.0 + 25)
        things.append(TrackedObject(number, 0, TrackState.LOST if lost else TrackState.RELIABLE, 0.9, box, None,
                                    Evidence(0.0 if lost else 9.0, 0.9)))
    return FrameResult(frame, tuple(things))


def work(path: Path, seed: int) -> None:
    """Make edits endlessly, as the writer process. Prints the edit's kind and the state's digest before each."""
    rng = random.Random(seed)
    with Store.open(path) as store:
        while True:
            kind = rng.choice(KINDS)
            sys.stdout.write(json.dumps({"kind": kind, "before": digest(store)}) + "\n")
            sys.stdout.flush()
            step(store, kind, rng)


def step(store: Store, kind: str, rng: random.Random) -> None:
    """Make one edit, which may be refused. Undo everything if no tracks remain."""
    try:
        do(store, kind, rng)
    except UserError:
        return  # refused without any change
    if not store.videos():
        store.undo()
    if not store.tracks(1):
        undo_all(store)


def undo_all(store: Store) -> None:
    """Return to the state after the first run, which follows the addition of the video."""
    while store.undo():
        pass
    for _ in range(2):
        store.redo()


def do(store: Store, kind: str, rng: random.Random) -> object:
    """Make an edit of a kind with random arguments. Raises StorageError if it is refused."""
    tracks = [track.id for track in store.tracks(1)]
    a, b = rng.sample(tracks, 2) if len(tracks) > 1 else (tracks[0], tracks[0])
    first = rng.randrange(FRAMES - 20)
    last = first + rng.randrange(20)
    pending = store.proposals(1)
    if kind in ("accept", "drop"):
        if not pending:
            raise StorageError("there is no proposal")
        if kind == "drop":
            return proposals.discard_proposal(store, pending[0].id)
        return proposals.accept_proposal(store, pending[0].id, {1: a})
    edits: dict[str, Any] = {
        "swap": lambda: identities.swap_tracks(store, a, b, first, rng.choice([None, last])),
        "merge": lambda: identities.merge_tracks(store, a, [b], True, rng.choice(list(MergeRule))),
        "split": lambda: identities.split_track(store, a, first),
        "split range": lambda: identities.split_range(store, a, first, last),
        "delete range": lambda: identities.delete_range(store, [a], first, last),
        "delete from": lambda: identities.delete_range(store, [a, b] if a != b else [a], first + 10),
        "delete": lambda: identities.delete_tracks(store, [a]),
        "renumber": lambda: identities.renumber(store, a, 100 + first),
        "renumber all": lambda: identities.renumber_all(store, 1),
        "relabel": lambda: identities.relabel(store, [a, b], store.labels()[0].id),
        "mark": lambda: track_marks.mark_tracks(store, [a], MarkKind.OCCLUDED, first, last),
        "unmark": lambda: track_marks.unmark_tracks(store, [a, b] if a != b else [a], MarkKind.OCCLUDED, first),
        "describe": lambda: identities.describe(store, a, f"name {first}", "#102030", ReviewState.REVIEWED),
        "attribute": lambda: _change_attribute(store),
        "values": lambda: values.set_values(store, [a], {"note": f"{first % 3}"}, first, last),
        "values on": lambda: values.set_values_from(store, [a], {"note": f"{last % 3}"}, first),
        "lock": lambda: track_marks.lock_tracks(store, [a], rng.random() < 0.3),
        "box": lambda: drawn_boxes.set_box(store, a, first, (1.0, 2.0, 30.0 + first, 40.0)),
        "mask": lambda: masks.set_mask(store, a, first, Mask.from_bitmap(np.ones((40, 30), bool), first, 2)),
        "no box": lambda: drawn_boxes.delete_box(store, *_manual_box(store, tracks)),
        "new track": lambda: drawn_boxes.add_track(store, 1, store.labels()[0].id, first, (5.0, 6.0, 25.0, 46.0)),
        "interpolate": lambda: keyframes.interpolate(store, a, first, last + 1),
        "end interpolation": lambda: keyframes.end_interpolation(store, a, first, last),
        "fill": lambda: keyframes.fill_gap(store, a, 52),
        "keyframes": lambda: keyframes.reduce_to_keyframes(store, a, first, last, pixels=1.0),
        "remove video": lambda: videos.remove_video(store, 1),
        "undo": store.undo, "redo": store.redo, "propagate": lambda: propagate(store, first),
        "note": lambda: notes.add_note(store, 1, first, "Look here", a, (5.0, 6.0)),
        "answer": lambda: notes.answer_note(store, max((note.id for note in store.video_notes(1)), default=0), "Done"),
        "import": lambda: import_tracks(store, first, rng.random() < 0.5),
    }
    return edits[kind]()


def _change_attribute(store: Store) -> object:
    """Add the attribute of which the other edits set values, or let it change over time again or no longer."""
    for known in store.attributes():
        return attributes.change_attribute(store, replace(known, varies=not known.varies))
    return attributes.add_attribute(store, "note", AttributeKind.TEXT, varies=True)


def propagate(store: Store, first: int) -> None:
    """Write what a propagation writes: first the backward frames, then the forward ones, one transaction each."""
    run = store.begin_run(1, REPROPAGATE, {}, {}, ("object",), 0, FRAMES - 1, OnExisting.PROPOSE)
    for frame in [*range(first, max(first - 10, -1), -1), *range(first + 1, first + 10)]:
        store.write_frame(run.id, _result(frame, range(1, 2)))
    store.finish_run(run.id, RunStatus.FINISHED)


def import_tracks(store: Store, first: int, manual: bool) -> object:
    """Import a few tracks with manual or machine boxes."""
    frames = [LabelledFrame(frame, tuple(LabelledBox(number, 0, (frame + 1.0, 30.0 * number, frame + 21.0,
                                                                  30.0 * number + 20)) for number in (1, 2, 3)))
              for frame in range(first, first + 12)]
    return add_tracks(store, 1, ("object",), frames, human=manual, settings={}, title="Import")


def _manual_box(store: Store, tracks: list[int]) -> tuple[int, int]:
    """Return the track and frame of a manual box. Raises StorageError if there is none."""
    span = next((span for span in store.spans(tracks) if span.human), None)
    if span is None:
        raise StorageError("there is no manual box")
    return span.track, span.first


def digest(store: Store, only: tuple[str, ...] = _TABLES) -> str:
    """Return a digest of all rows that edits may change."""
    connection = store._connection
    rows = {table: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table}")), key=repr)
            for table in only}
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def kill_once(folder: Path, number: int, rng: random.Random, outcome: Outcome) -> None:
    """Start a writer, kill it, and check the project."""
    path = folder / f"kill-{number}.annot"
    build(path)
    with Store.open(path) as store:
        start = digest(store, ("track", "span", "mark"))
    seed = rng.randrange(1 << 30)
    command = [sys.executable, "-m", "benchmarks.kill_edits", "--work", str(path), "--seed", str(seed)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    deadline = time.monotonic() + _TIMEOUT
    output = [process.stdout.readline()]
    stop = time.monotonic() + rng.uniform(0, 0.8)
    while time.monotonic() < min(stop, deadline):
        time.sleep(0.001)
    process.kill()
    output += process.stdout.readlines()
    process.wait()
    lines = [json.loads(line) for line in output if line.endswith("\n") and line.strip()]
    outcome.kills += 1
    if not lines:
        outcome.failures.append(f"kill {number}: the writer printed nothing")
        return
    check(path, lines[-1], start, f"kill {number} (seed {seed})", outcome, seed, len(lines))


def check(path: Path, last: dict[str, str], start: str, name: str, outcome: Outcome, seed: int, steps: int) -> None:
    """Check that the project is in the state before or after the last edit."""
    kind = last["kind"]
    outcome.kinds[kind] += 1
    try:
        with Store.open(path) as store:
            store.check()
            outcome.opened += 1
            spans = store.spans([track.id for track in store.tracks(1)])
            conflict = first_conflict(spans)
            found = digest(store)
            allowed = {last["before"], _expected(path, seed, steps)}
            # A propagation or an import stores its frames one by one, like any job.
            if conflict is None and (found in allowed or kind in STAGED):
                outcome.whole += 1
            else:
                outcome.failures.append(f"{name}: {kind} is neither complete nor absent ({conflict})")
            undo_all(store)
            if digest(store, ("track", "span", "mark")) == start:
                outcome.undone += 1
            else:
                outcome.failures.append(f"{name}: undoing everything after {kind} does not lead to the initial state")
    except StorageError as error:
        outcome.failures.append(f"{name}: {kind}: {error}")


def _expected(path: Path, seed: int, steps: int) -> str:
    """Return the state after the last edit, by repeating all edits undisturbed."""
    copy = path.with_name(path.stem + "-again.annot")
    build(copy)
    rng = random.Random(seed)
    try:
        with Store.open(copy) as store:
            for _ in range(steps):
                step(store, rng.choice(KINDS), rng)
            return digest(store)
    finally:
        copy.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.work is not None:
        work(args.work, args.seed)
        return
    outcome, rng, began = Outcome(), random.Random(args.seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="annotator-kill-edits-") as folder:
        for number in range(args.kills):
            kill_once(Path(folder), number, rng, outcome)
            if number % 10 == 9:
                progress(f"{number + 1} of {args.kills}: {outcome}")
    result = {"kills": outcome.kills, "opened": outcome.opened, "whole": outcome.whole, "undone": outcome.undone,
              "kinds": dict(outcome.kinds), "failures": outcome.failures,
              "seconds": round(time.monotonic() - began, 1), "environment": environment()}
    if args.json:
        emit(result)
    else:
        for key, value in result.items():
            print(f"{key}: {value}")


if __name__ == "__main__":
    main()
