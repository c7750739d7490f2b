"""Any edits, then undo all: the start. Redo all: the end. At every moment one box per track and frame, and no box of
a person's changed by an edit that was not asked to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from annotator.errors import StorageError
from annotator.jobs.prompts import propagate
from annotator.jobs.review import ranking
from annotator.model.attribute import AttributeKind
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.model.track import MarkKind, OnExisting, ReviewState, RunStatus
from annotator.review import Entry, Fix, Kind, Moment, Reason, Sentence, Suggestion
from annotator.session import Session
from annotator.storage.edits import (
    attributes,
    drawn_boxes,
    identities,
    keyframes,
    labels,
    lasting,
    masks,
    notes,
    track_marks,
    values,
    videos,
)
from annotator.storage.edits.preview import preview
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.rows.runs import REPROPAGATE
from annotator.storage.spans.algebra import first_conflict
from annotator.storage.store import Store
from annotator.storage.upkeep.compact import compact
from tests.storage.fakes import everything, fake_result, fake_run

FRAMES = st.integers(0, 29)
PICK = st.integers(0, 50)
RUNNING = {1: (8, 25), 2: (10, 99), 3: (18, 22), 4: (21, 99)}


class Editing(RuleBasedStateMachine):
    """A short video with three tracks, edited at random while, perhaps, a second run replaces its boxes."""

    @initialize(replacing=st.booleans())
    def open(self, replacing: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.create(Path(self.folder.name) / "p.annot")
        self.store.add_video("clip", "clip.mp4", 640, 480, 30, 25.0, "x")
        fake_run(self.store, {1: (0, 20), 2: (5, 29), 3: (12, 18)}, range(30), lost=frozenset({(1, 19), (1, 20)}))
        attributes.add_attribute(self.store, "mood", AttributeKind.CHOICE, options=("calm", "angry"), varies=True)
        self.start = everything(self.store)
        self.run = None
        self.next_frame = 8
        if replacing:
            self.run = self.store.begin_run(1, "preannotate", {}, {}, ("car",), 8, 26, OnExisting.REPLACE).id

    def tracks(self, *picks: int) -> list[int]:
        every = [track.id for track in self.store.tracks(1)]
        return [every[pick % len(every)] for pick in picks] if every else [0 for _ in picks]

    def attempt(self, edit: Callable[..., object], *arguments: object, asked: bool = False) -> None:
        """Some edits are refused, with nothing changed. Unless they are asked to, none touches a person's boxes."""
        before, drawn = everything(self.store), self.human_boxes()
        try:
            edit(self.store, *arguments)
        except StorageError:
            assert everything(self.store) == before
            return
        assert asked or drawn <= self.human_boxes(), "a person's box is gone or changed"

    def human_boxes(self) -> set[tuple[int, int, tuple[float, ...], object]]:
        """(tracklet, frame, box, mask) of everything that people drew and that some track has."""
        drawn = {(span.tracklet, frame) for span in self.store.video_spans(1) if span.human
                 for frame in range(span.first, span.end + 1)}
        rows = {(row[0], row[1]): row[3:7] for row in everything(self.store)["observation"]}
        painted = {(row[0], row[1]): row[2:] for row in everything(self.store)["mask"]}
        return {(tracklet, frame, rows[tracklet, frame], painted.get((tracklet, frame))) for tracklet, frame in drawn}

    @rule(a=PICK)
    def read_it_all(self, a: int) -> None:
        """By track and by frame, the same boxes."""
        [track] = self.tracks(a)
        if track:
            by_frame = [seen for _, shown in self.store.iter_frames(1, 0, 99, masks=True) for seen in shown
                        if seen.track == track]
            assert by_frame == self.store.trajectory(track, masks=True)

    @rule(a=PICK, b=PICK, first=FRAMES, length=st.none() | FRAMES)
    def swap(self, a: int, b: int, first: int, length: int | None) -> None:
        self.attempt(identities.swap_tracks, *self.tracks(a, b), first, None if length is None else first + length)

    @rule(picks=st.lists(PICK, min_size=2, max_size=4), drop=st.booleans(), how=st.sampled_from(identities.MergeRule))
    def merge(self, picks: list[int], drop: bool, how: identities.MergeRule) -> None:
        into, *others = self.tracks(*picks)
        self.attempt(identities.merge_tracks, into, others, drop, how, asked=drop)

    @rule(a=PICK, locked=st.booleans())
    def lock(self, a: int, locked: bool) -> None:
        self.attempt(track_marks.lock_tracks, self.tracks(a), locked)

    @rule(a=PICK, first=FRAMES, length=st.none() | FRAMES, on=st.booleans(),
          kind=st.sampled_from([MarkKind.INTERPOLATE, MarkKind.OUTSIDE, MarkKind.OCCLUDED]))
    def mark_range(self, a: int, first: int, length: int | None, on: bool, kind: MarkKind) -> None:
        change = track_marks.mark_tracks if on else track_marks.unmark_tracks
        self.attempt(change, self.tracks(a), kind, first, None if length is None else first + length)

    @rule(a=PICK, frame=FRAMES)
    def fill(self, a: int, frame: int) -> None:
        self.attempt(keyframes.fill_gap, *self.tracks(a), frame)

    @rule(a=PICK, longest=st.none() | st.integers(1, 10))
    def fill_all(self, a: int, longest: int | None) -> None:
        self.attempt(keyframes.fill_gaps, *self.tracks(a), longest)

    @rule(a=PICK, first=FRAMES, length=FRAMES, tolerance=st.floats(0.5, 20))
    def reduce(self, a: int, first: int, length: int, tolerance: float) -> None:
        self.attempt(partial(keyframes.reduce_to_keyframes, pixels=tolerance), *self.tracks(a), first, first + length)

    @rule(a=PICK, first=FRAMES, length=FRAMES)
    def interpolate(self, a: int, first: int, length: int) -> None:
        self.attempt(keyframes.interpolate, *self.tracks(a), first, first + length)

    @rule(a=PICK, first=FRAMES, length=st.none() | FRAMES)
    def end_interpolation(self, a: int, first: int, length: int | None) -> None:
        self.attempt(keyframes.end_interpolation, *self.tracks(a), first, None if length is None else first + length)

    @rule(a=PICK, label=st.sampled_from(["car", "person", "dog"]))
    def relabel(self, a: int, label: str) -> None:
        key = self.store.ensure_label(label).id
        self.attempt(identities.relabel, self.tracks(a), key)

    @rule(a=PICK, b=PICK, first=FRAMES)
    def look_ahead(self, a: int, b: int, first: int) -> None:
        """A preview says what the edit then does, and does nothing itself."""
        one, other = self.tracks(a, b)
        before = everything(self.store)
        boxes = {key: self.machine_boxes(key) for key in (one, other)} if one and one != other else {}
        try:
            seen = preview(self.store, lambda: identities.swap_tracks(self.store, one, other, first))
        except StorageError:
            assert everything(self.store) == before
            return
        assert everything(self.store) == before
        identities.swap_tracks(self.store, one, other, first)
        for change in seen.tracks:
            now = self.machine_boxes(change.track)
            assert change.gained - len(change.human_gained) == len(now - boxes[change.track])
            assert change.lost - len(change.human_lost) == len(boxes[change.track] - now)

    def machine_boxes(self, track: int) -> set[tuple[int, int]]:
        """(tracklet, frame) of a track's machine boxes, those under a person's included."""
        return {(span.tracklet, frame) for span in self.store.spans([track]) if not span.human
                for frame in range(span.first, min(span.end, 40) + 1)
                if self.store.boxes_between(span.tracklet, frame, frame)[0]}

    @precondition(lambda self: self.run is None)
    @rule(first=FRAMES, length=FRAMES, back=st.booleans())
    def propose(self, first: int, length: int, back: bool) -> None:
        """What a re-propagation leaves: a proposal, written in rising or in falling order."""
        last = min(first + length, 29)
        run = self.store.begin_run(1, "repropagate", {}, {}, ("car",), first, last, OnExisting.PROPOSE)
        for frame in range(last, first - 1, -1) if back else range(first, last + 1):
            self.store.write_frame(run.id, fake_result({1: (0, 99)}, frame))
        self.store.finish_run(run.id, RunStatus.FINISHED)

    @precondition(lambda self: self.run is None)
    @rule(a=PICK, accept=st.booleans(), new=st.booleans())
    def decide(self, a: int, accept: bool, new: bool) -> None:
        waiting = self.store.proposals(1)
        if not waiting:
            return
        if accept:
            self.attempt(identities.accept_proposal, waiting[0].id, {} if new else {1: self.tracks(a)[0]})
        else:
            self.attempt(identities.discard_proposal, waiting[0].id)

    @precondition(lambda self: self.run is None)
    @rule(a=PICK, frame=st.integers(2, 27), new=st.booleans(), lost=st.booleans())
    def prompt(self, a: int, frame: int, new: bool, lost: bool) -> None:
        """A person's box, followed both ways and accepted: the box is theirs, what follows is the machine's."""
        [track] = self.tracks(a)
        box = (3.0, 4.0, 33.0, 44.0)
        target = {"number": 1, "track": None if new or not track else track, "label": "car",
                  "prompts": [{"frame": frame, "box": box, "points": []}]}
        run = self.store.begin_run(1, REPROPAGATE, {"objects": [target]}, {}, ("car",), frame - 2, frame + 2,
                                   OnExisting.PROPOSE)
        for each in (frame, frame - 1, frame - 2, frame + 1, *([] if lost else [frame + 2])):
            self.store.write_frame(run.id, fake_result({1: (0, 99)}, each))
        self.store.finish_run(run.id, RunStatus.FINISHED)
        drawn = self.human_boxes()
        try:
            propagate.accept(Session(self.store), run.id)
        except StorageError:
            assert self.human_boxes() == drawn
            return
        assert {each for each in drawn if each[1] != frame} <= self.human_boxes()
        assert box in {each[2] for each in self.human_boxes() if each[1] == frame}

    @rule(first=st.integers(0, 20), length=st.integers(1, 9), drawn=st.booleans(), number=st.integers(1, 9))
    def bring_in(self, first: int, length: int, drawn: bool, number: int) -> None:
        """An import, of a person's boxes or of a machine's, whose number may be taken."""
        frames = [LabelledFrame(frame, (LabelledBox(number, 0, (frame + 1.0, 300.0, frame + 21.0, 330.0)),))
                  for frame in range(first, first + length)]
        self.attempt(lambda store: add_tracks(store, 1, ("car",), frames, human=drawn, settings={}, title="Import"))

    @rule()
    def restart(self) -> None:
        """Close the project and open it again; a job that was at it goes on where it was."""
        path, before = self.store.path, everything(self.store)
        self.store.close()
        self.store = Store.open(path)
        assert everything(self.store) == before
        if self.run is not None and self.next_frame <= 26:
            self.store.rewind_run(self.run, self.next_frame - 1)

    @rule(a=PICK, first=FRAMES, length=st.none() | FRAMES)
    def split(self, a: int, first: int, length: int | None) -> None:
        if length is None:
            self.attempt(identities.split_track, *self.tracks(a), first)
        else:
            self.attempt(identities.split_range, *self.tracks(a), first, first + length)

    @rule(picks=st.lists(PICK, min_size=1, max_size=2), first=FRAMES, length=st.none() | FRAMES)
    def delete(self, picks: list[int], first: int, length: int | None) -> None:
        last = None if length is None else first + length
        self.attempt(identities.delete_range, self.tracks(*picks), first, last, asked=True)

    @rule(picks=st.lists(PICK, min_size=1, max_size=2))
    def delete_whole(self, picks: list[int]) -> None:
        self.attempt(identities.delete_tracks, self.tracks(*picks), asked=True)

    @rule(a=PICK, number=st.integers(1, 8))
    def renumber(self, a: int, number: int) -> None:
        self.attempt(identities.renumber, *self.tracks(a), number)

    @rule()
    def renumber_all(self) -> None:
        self.attempt(identities.renumber_all, 1)

    @rule(a=PICK, frame=FRAMES, x=st.floats(0, 600))
    def draw(self, a: int, frame: int, x: float) -> None:
        self.attempt(drawn_boxes.set_box, *self.tracks(a), frame, (x, 1.0, x + 10, 20.0), asked=True)

    @rule(frame=FRAMES, x=st.floats(0, 600))
    def draw_new(self, frame: int, x: float) -> None:
        label = self.store.ensure_label("car").id
        self.attempt(drawn_boxes.add_track, 1, label, frame, (x, 1.0, x + 10, 20.0))

    @rule(a=PICK, frame=FRAMES)
    def erase(self, a: int, frame: int) -> None:
        self.attempt(drawn_boxes.delete_box, *self.tracks(a), frame, asked=True)

    @rule(a=PICK, frame=FRAMES, left=st.integers(-5, 635), size=st.integers(1, 30), hold=st.booleans())
    def paint(self, a: int, frame: int, left: int, size: int, hold: bool) -> None:
        ring = np.ones((size, size), bool)
        ring[size // 3:size // 2, size // 3:size // 2] = False
        self.attempt(masks.set_mask, *self.tracks(a), frame, Mask.from_bitmap(ring, left, 5), hold, asked=True)

    @rule(a=PICK, b=PICK, frame=FRAMES, first=FRAMES, length=st.integers(0, 4), dx=st.integers(-20, 20),
          factor=st.sampled_from([0.5, 1.0, 2.0]),
          kind=st.sampled_from(["copy", "give", "place", "holes", "specks", "front", "back", "delete"]))
    def change_masks(self, a: int, b: int, frame: int, first: int, length: int, dx: int, factor: float, kind: str,
                     ) -> None:
        one, other = self.tracks(a, b)
        last = first + length
        edits: dict[str, Callable[[Store], object]] = {
            "copy": lambda store: masks.copy_mask(store, one, frame, first, last, dx, 0, factor),
            "give": lambda store: masks.copy_mask(store, one, frame, first, last, to_track=other),
            "place": lambda store: masks.place_masks(store, one, first, last, dx, 1, factor),
            "holes": lambda store: masks.fill_mask_holes(store, one, first, last),
            "specks": lambda store: masks.drop_mask_specks(store, one, first, last),
            "front": lambda store: masks.bring_to_front(store, one, first, last),
            "back": lambda store: masks.send_to_back(store, one, first, last),
            "delete": lambda store: masks.delete_masks(store, one, first, last)}
        self.attempt(edits[kind], asked=True)

    @rule(a=PICK, frame=FRAMES, x=st.integers(0, 600), lasts=st.booleans(), new=st.booleans())
    def draw_lasting(self, a: int, frame: int, x: int, lasts: bool, new: bool) -> None:
        box = (float(x), 1.0, x + 10.0, 20.0)
        if new:
            label = self.store.ensure_label("car").id
            self.attempt(lasting.draw_track, 1, label, frame, box, lasts)
        else:
            self.attempt(lasting.draw_box, *self.tracks(a), frame, box, lasts, asked=True)

    @rule(a=PICK, frame=FRAMES, x=st.integers(0, 600), size=st.integers(5, 30))
    def drag_box(self, a: int, frame: int, x: int, size: int) -> None:
        self.attempt(masks.place_box, *self.tracks(a), frame, (x, 1.0, x + size, 1.0 + size), asked=True)

    @rule(a=PICK, first=FRAMES, length=st.none() | FRAMES,
          kind=st.sampled_from([MarkKind.INTERPOLATE, MarkKind.OUTSIDE]))
    def mark(self, a: int, first: int, length: int | None, kind: MarkKind) -> None:
        if self.store.tracks(1):
            last = None if length is None else first + length
            self.attempt(drawn_boxes.add_mark, 1, kind, first, last, *self.tracks(a))

    @rule(pick=PICK, first=FRAMES, length=st.none() | FRAMES, away=st.booleans())
    def change_mark(self, pick: int, first: int, length: int | None, away: bool) -> None:
        marks = self.store.marks(1)
        if not marks:
            return
        mark = marks[pick % len(marks)].id
        if away:
            self.attempt(drawn_boxes.remove_mark, mark)
        else:
            self.attempt(drawn_boxes.change_mark, mark, first, None if length is None else first + length)

    @rule(a=PICK, b=PICK, frame=FRAMES, fix=st.sampled_from([fix for fix in Fix if fix is not Fix.PROMPT]))
    def decide_entry(self, a: int, b: int, frame: int, fix: Fix) -> None:
        """What an entry of the review queue suggests, with the mark that it was looked at: one step."""
        one, other = self.tracks(a, b)
        named = {Fix.SWAP: (one, other), Fix.MERGE: (one, other), Fix.FINE: ()}.get(fix, (one,))
        entry = Entry((Moment(Kind.ENCOUNTER, (one, other), frame, frame + 3, frame, 1.0,
                              Reason(Sentence.STARTS_INSIDE, (one,)), Suggestion(fix, named, frame)),), 0.5)
        steps = len([step for step in self.store.history() if not step.undone])
        self.attempt(lambda store: ranking.apply_fix(Session(store), store.video(), entry), asked=fix is Fix.DELETE)
        assert len([step for step in self.store.history() if not step.undone]) <= steps + 1

    @rule(a=PICK, name=st.sampled_from(["bus", "van"]), kind=st.sampled_from(["add", "give", "remove", "merge"]))
    def label(self, a: int, name: str, kind: str) -> None:
        known = {label.name: label.id for label in self.store.labels()}
        if kind == "add":
            self.attempt(labels.add_label, name)
        elif name not in known:
            return
        elif kind == "give":
            self.attempt(identities.relabel, self.tracks(a), known[name])
        elif kind == "remove":
            self.attempt(labels.remove_label, known[name])
        else:
            self.attempt(labels.merge_labels, known[name], known["car"])

    @rule(a=PICK, b=PICK, value=st.sampled_from(["red", None]))
    def describe(self, a: int, b: int, value: str | None) -> None:
        def describe(store: Store) -> None:
            attributes.describe_tracks(store, self.tracks(a, b), attributes={"team": value})

        self.attempt(describe)

    @rule(a=PICK, b=PICK, value=st.sampled_from(["calm", "angry", None]))
    def say_of_all_frames(self, a: int, b: int, value: str | None) -> None:
        self.attempt(lambda store: attributes.describe_tracks(store, self.tracks(a, b), attributes={"mood": value}))

    @rule(a=PICK, b=PICK, first=FRAMES, length=st.none() | FRAMES, value=st.sampled_from(["calm", "angry", None]))
    def say_of_some_frames(self, a: int, b: int, first: int, length: int | None, value: str | None) -> None:
        last = None if length is None else first + length
        self.attempt(values.set_values, self.tracks(a, b), {"mood": value}, first, last)

    @rule(a=PICK, frame=FRAMES, value=st.sampled_from(["calm", "angry", None]))
    def say_from_here(self, a: int, frame: int, value: str | None) -> None:
        self.attempt(values.set_values_from, self.tracks(a), {"mood": value}, frame)

    @rule(varies=st.booleans(), name=st.sampled_from(["mood", "temper"]))
    def change_attribute(self, varies: bool, name: str) -> None:
        [known] = self.store.attributes()
        self.attempt(lambda store: attributes.change_attribute(store, replace(known, varies=varies, name=name)))

    @rule(a=PICK, name=st.none() | st.sampled_from(["", "goalkeeper"]), color=st.none() | st.just("#102030"),
          state=st.none() | st.sampled_from(ReviewState))
    def name(self, a: int, name: str | None, color: str | None, state: ReviewState | None) -> None:
        self.attempt(identities.describe, *self.tracks(a), name, color, state)

    @rule()
    def remove_and_bring_back(self) -> None:
        """Nothing of a removed video can be edited, and undo brings back every row."""
        if self.run is not None and self.next_frame <= 26:
            self.attempt(videos.remove_video, 1)  # its job is running
            return
        before, drawn = everything(self.store), self.human_boxes()
        tracks, contents = self.tracks(0, 1), self.store.video_contents(1)
        videos.remove_video(self.store, 1)
        assert self.store.videos() == []
        assert self.store.label_uses() == {}
        removed = everything(self.store)
        assert {name for name in removed if removed[name] != before[name]} == {"video"}
        with pytest.raises(StorageError):
            identities.delete_tracks(self.store, tracks)
        with pytest.raises(StorageError, match="was removed"):
            videos.remove_video(self.store, 1)
        compact(self.store)
        self.store.undo()
        assert (everything(self.store), self.human_boxes()) == (before, drawn)
        assert self.store.video_contents(1) == contents
        assert contents.keyframes == len(drawn)

    @rule()
    def undo(self) -> None:
        if len([step for step in self.store.history() if not step.undone]) > (4 if self.run else 3):
            before = everything(self.store)
            self.store.undo()
            self.store.redo()
            assert everything(self.store) == before
            self.store.undo()

    @rule()
    def redo(self) -> None:
        self.store.redo()

    @precondition(lambda self: self.run is not None and self.next_frame <= 26)
    @rule(count=st.integers(1, 8))
    def go_on(self, count: int) -> None:
        assert self.run is not None
        for frame in range(self.next_frame, min(self.next_frame + count, 27)):
            self.store.write_frame(self.run, fake_result(RUNNING, frame))
            self.next_frame = frame + 1

    @precondition(lambda self: self.run is not None and 12 < self.next_frame <= 26)
    @rule(back=st.integers(1, 10))
    def interrupt(self, back: int) -> None:
        assert self.run is not None
        frame = max(self.next_frame - 1 - back, 8)
        self.store.rewind_run(self.run, frame)
        self.next_frame = frame + 1

    def note_of(self, pick: int) -> int:
        every = self.store.video_notes(1)
        return every[pick % len(every)].id if every else 0

    @rule(a=PICK, frame=st.integers(-1, 30), text=st.sampled_from(["Look", " ", "one\ntwo \x1b", "<b>a</b>"]),
          about=st.booleans(), place=st.none() | st.tuples(st.floats(-50, 700), st.floats(-50, 700)))
    def add_note(self, a: int, frame: int, text: str, about: bool, place: tuple[float, float] | None) -> None:
        self.attempt(notes.add_note, 1, frame, text, self.tracks(a)[0] if about else None, place)

    @rule(a=PICK, text=st.sampled_from(["Yes", "No", ""]), again=st.booleans())
    def answer_note(self, a: int, text: str, again: bool) -> None:
        self.attempt(notes.change_note if again else notes.answer_note, self.note_of(a), text)

    @rule(a=PICK, done=st.booleans())
    def close_note(self, a: int, done: bool) -> None:
        self.attempt(notes.close_notes, [self.note_of(a)], done)

    @rule(a=PICK)
    def delete_note(self, a: int) -> None:
        self.attempt(notes.delete_notes, [self.note_of(a)])

    @invariant()
    def notes_are_about_tracks(self) -> None:
        if hasattr(self, "store"):
            tracks = {track.id for track in self.store.tracks(1)}
            found = self.store.video_notes(1)
            assert {note.track for note in found if note.track is not None} <= tracks
            assert all(0 <= note.frame < 30 and note.text for note in found)

    @invariant()
    def one_value_per_frame(self) -> None:
        if not hasattr(self, "store"):
            return
        tracks = {track.id for track in self.store.tracks(1)}
        ordered = sorted(self.store.values(1), key=lambda value: (value.track, value.name, value.first))
        assert {value.track for value in ordered} <= tracks
        for one, other in pairwise(ordered):
            if (one.track, one.name) == (other.track, other.name):
                assert one.last is not None
                assert one.last < other.first
                assert one.value != other.value or one.last + 1 < other.first

    @invariant()
    def one_box_per_track_and_frame(self) -> None:
        if hasattr(self, "store"):
            spans = self.store.spans([track.id for track in self.store.tracks(1)])
            assert first_conflict(spans) is None
            ordered = sorted(spans, key=lambda span: (span.tracklet, span.first))
            assert not any(one.tracklet == other.tracklet and other.first <= one.end
                           for one, other in pairwise(ordered)), "a box belongs to two tracks"
            for span in spans:
                assert not span.human or self.store.boxes_between(span.tracklet, span.first, span.end)[0] == (
                    span.end - span.first + 1), "a manual span has a frame without a box"
            assert self.store.label_uses().keys() <= {label.id for label in self.store.labels()}

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        if self.run is not None and self.next_frame > 26:
            self.store.finish_run(self.run, RunStatus.FINISHED)
        end = everything(self.store)
        done = len([step for step in self.store.history() if not step.undone])
        undone = 0
        while done - undone > 3:
            self.store.undo()
            undone += 1
        now = everything(self.store)
        for table in ("span", "track", "mark", "attribute_value", "attribute", "note"):
            assert now[table] == self.start[table], table
        for _ in range(undone):
            self.store.redo()
        assert everything(self.store) == end
        self.store.check()
        self.store.close()
        self.folder.cleanup()


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=25, stateful_step_count=14, deadline=None,
                                suppress_health_check=[HealthCheck.too_slow])
