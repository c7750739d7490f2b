from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.errors import StorageError
from annotator.model.attribute import AttributeKind, Value
from annotator.model.changes import ChangeKind
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.model.track import OnExisting
from annotator.storage.edits import attributes, drawn_boxes, identities, track_marks, values
from annotator.storage.edits.preview import preview
from annotator.storage.edits.videos import remove_video
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.store import Store
from annotator.storage.upkeep.compact import compact
from tests.storage.fakes import everything, fake_run

LAST = 39


@pytest.fixture
def ids(store: Store) -> list[int]:
    fake_run(store, {1: (0, 60), 2: (10, 99), 3: (70, 99)})
    attributes.add_attribute(store, "gait", AttributeKind.CHOICE, options=("stand", "walk", "run"), default="stand",
                             varies=True)
    attributes.add_attribute(store, "team", AttributeKind.TEXT)
    return [track.id for track in store.tracks(1)]


def said(store: Store, track: int, name: str = "gait") -> list[tuple[int, object]]:
    """(first frame, value) of each change, None for no value."""
    over_time = store.values_over_time(1, store.tracks(1))
    found: list[tuple[int, object]] = []
    for frame in range(130):
        value = over_time.at(track, frame).get(name)
        if not found or found[-1][1] != value:
            found.append((frame, value))
    return found


def test_a_value_holds_from_its_frame_until_the_next_change(store: Store, ids: list[int]) -> None:
    one = ids[0]
    before, steps = everything(store), len(store.history())
    changes = values.set_values_from(store, [one], {"gait": "walk"}, 10)
    assert (changes.tracks, changes.first_frame, changes.last_frame) == (frozenset({one}), 10, None)
    assert changes.kinds & ChangeKind.TRACKS
    values.set_values_from(store, [one], {"gait": "run"}, 30)
    changes = values.set_values_from(store, [one], {"gait": "stand"}, 20)
    assert (changes.first_frame, changes.last_frame) == (20, 29)
    assert said(store, one) == [(0, None), (10, "walk"), (20, "stand"), (30, "run")]
    values.set_values(store, [one], {"gait": "run"}, 12, 12)
    values.set_values(store, [one], {"gait": None}, 15, 24)
    assert said(store, one) == [(0, None), (10, "walk"), (12, "run"), (13, "walk"), (15, None), (25, "stand"),
                                (30, "run")]
    assert [step.label for step in store.history()][steps:] == [
        "Set gait of track 1 from frame 10", "Set gait of track 1 from frame 30",
        "Set gait of track 1 in frames 20 to 29", "Set gait of track 1 in frame 12",
        "Set gait of track 1 in frames 15 to 24"]
    for _ in range(5):
        store.undo()
    assert everything(store) == before


def test_equal_values_that_continue_each_other_are_one(store: Store, ids: list[int]) -> None:
    values.set_values(store, ids[:1], {"gait": "walk"}, 0, 9)
    values.set_values(store, ids[:1], {"gait": "walk"}, 20, 29)
    values.set_values(store, ids[:1], {"gait": "walk"}, 10, 19)
    assert [(value.first, value.last) for value in store.values(1)] == [(0, 29)]
    steps = len(store.history())
    values.set_values(store, ids[:1], {"gait": "walk"}, 5, 8)
    assert len(store.history()) == steps, "an edit that changes nothing is no step"


def test_a_value_of_the_whole_track_holds_where_no_other_does(store: Store, ids: list[int]) -> None:
    one = ids[0]
    attributes.describe_tracks(store, [one], attributes={"gait": "walk"})
    values.set_values(store, [one], {"gait": "run"}, 20, 29)
    assert said(store, one) == [(0, "walk"), (20, "run"), (30, "walk")]
    values.set_values_from(store, [one], {"gait": "stand"}, 5)
    assert said(store, one) == [(0, "walk"), (5, "stand"), (20, "run"), (30, "walk")]
    values.set_values(store, [one], {"gait": None}, 10, 24)
    assert said(store, one) == [(0, "walk"), (5, "stand"), (10, None), (25, "run"), (30, "walk")]
    attributes.describe_tracks(store, [one], attributes={"gait": "run"})
    assert (said(store, one), store.values(1)) == ([(0, "run")], [])


@pytest.mark.parametrize(("given", "first", "last", "message"), [
    ({"gait": "crawl"}, 0, 9, "'crawl' is not a valid value of the attribute gait; enter one of stand, walk, run"),
    ({"mood": "calm"}, 0, 9, "the class car has no attribute mood; add it first"),
    ({"team": "red"}, 0, 9, "team has one value for a whole track; allow it to change over time, or set it for"),
    ({"gait": "run"}, 9, 8, "the range ends in frame 8, before it starts in frame 9"),
    ({"gait": "run"}, -1, 8, "frame -1 does not exist"),
    ({}, 0, 8, "no attribute is given")])
def test_what_cannot_hold_is_refused_and_nothing_changes(store: Store, ids: list[int], given: dict[str, Value],
                                                         first: int, last: int, message: str) -> None:
    before = everything(store)
    with pytest.raises(StorageError, match=message):
        values.set_values(store, ids[:2], given, first, last)
    if first <= last:
        with pytest.raises(StorageError, match=message):
            values.set_values_from(store, ids[:2], given, first)
    assert everything(store) == before


def test_values_of_locked_tracks_can_be_set(store: Store, ids: list[int]) -> None:
    track_marks.lock_tracks(store, ids[:1])
    values.set_values_from(store, ids[:2], {"gait": "run"}, 5)
    assert said(store, ids[0]) == said(store, ids[1]) == [(0, None), (5, "run")]


def test_a_preview_tells_that_properties_change(store: Store, ids: list[int]) -> None:
    seen = preview(store, lambda: values.set_values(store, ids[:1], {"gait": "run"}, 3, 4))
    assert seen.lines() == ["track 1: properties change"]
    assert store.values(1) == []


# What goes with a track's frames


def test_a_swap_exchanges_the_values_from_its_frame_on(store: Store, ids: list[int]) -> None:
    one, other, _ = ids
    attributes.describe_tracks(store, [one], attributes={"gait": "walk", "team": "red"})
    values.set_values(store, [other], {"gait": "run"}, 30, 49)
    before = everything(store)
    identities.swap_tracks(store, one, other, 40)
    assert said(store, one) == [(0, "walk"), (40, "run"), (50, None)]
    assert said(store, other) == [(0, None), (30, "run"), (40, "walk")]
    assert said(store, one, "team") == [(0, "red")], "what holds for a whole track stays with it"
    store.undo()
    assert everything(store) == before


def test_a_split_and_a_deletion_take_the_values_of_their_frames(store: Store, ids: list[int]) -> None:
    one = ids[0]
    values.set_values_from(store, [one], {"gait": "walk"}, 10)
    values.set_values_from(store, [one], {"gait": "run"}, 30)
    new = identities.split_track(store, one, 25)
    assert said(store, one) == [(0, None), (10, "walk"), (25, None)]
    assert said(store, new) == [(0, None), (25, "walk"), (30, "run")]
    middle = identities.split_range(store, new, 28, 33)
    assert said(store, middle) == [(0, None), (28, "walk"), (30, "run"), (34, None)]
    identities.delete_range(store, [one], 12, 14)
    assert said(store, one) == [(0, None), (10, "walk"), (12, None), (15, "walk"), (25, None)]
    identities.delete_tracks(store, [one, new, middle])
    assert store.values(1) == []
    store.check()


def test_a_merge_keeps_the_values_of_the_boxes_that_it_keeps(store: Store, ids: list[int]) -> None:
    one, _, late = ids  # frames 0 to 60, and 70 to 99
    attributes.describe_tracks(store, [one], attributes={"gait": "walk"})
    values.set_values_from(store, [one], {"gait": "run"}, 90)
    values.set_values_from(store, [late], {"gait": "stand"}, 75)
    identities.merge_tracks(store, one, [late])
    assert said(store, one) == [(0, "walk"), (75, "stand")]


def test_a_merge_with_a_track_without_values_keeps_all(store: Store, ids: list[int]) -> None:
    one, _, late = ids
    values.set_values_from(store, [one], {"gait": "walk"}, 10)
    identities.merge_tracks(store, one, [late])
    assert said(store, one) == [(0, None), (10, "walk")]


def test_in_frames_of_both_the_values_go_with_the_kept_boxes(store: Store, ids: list[int]) -> None:
    one, other, _ = ids  # frames 0 to 60, and 10 to 99
    values.set_values(store, [one], {"gait": "walk"}, 0)
    values.set_values(store, [other], {"gait": "run"}, 0)
    drawn_boxes.set_box(store, other, 30, (1, 2, 3, 4))
    identities.merge_tracks(store, one, [other])
    assert said(store, one) == [(0, "walk"), (30, "run"), (31, "walk"), (61, "run")]


def test_the_other_tracks_boxes_bring_their_values(store: Store, ids: list[int]) -> None:
    one, other, _ = ids
    values.set_values(store, [one], {"gait": "walk"}, 0)
    values.set_values(store, [other], {"gait": "run"}, 0)
    identities.merge_tracks(store, one, [other], rule=identities.MergeRule.OTHER)
    assert said(store, one) == [(0, "walk"), (10, "run")]


# Attributes change


def test_values_follow_their_attribute(store: Store, ids: list[int]) -> None:
    gait = store.attributes()[0]
    one = ids[0]
    for frame, value in ((10, "walk"), (20, "run"), (30, "stand")):
        values.set_values_from(store, [one], {"gait": value}, frame)
    before = everything(store)
    attributes.change_attribute(store, replace(gait, name="pace", options=("walk", "stand"), default=None))
    assert said(store, one, "pace") == [(0, None), (10, "walk"), (20, None), (30, "stand")]
    store.undo()
    assert everything(store) == before
    attributes.change_attribute(store, replace(gait, varies=False))
    assert (said(store, one), store.values(1)) == ([(0, "walk")], []), "the first value stays"
    store.undo()
    attributes.remove_attribute(store, gait.id)
    assert store.values(1) == []
    store.undo()
    assert everything(store) == before


def test_merging_classes_keeps_that_values_change(store: Store, ids: list[int]) -> None:
    car, bus = store.ensure_label("car").id, store.ensure_label("bus").id
    from annotator.storage.edits import labels
    attributes.add_attribute(store, "lights", AttributeKind.FLAG, bus)
    attributes.add_attribute(store, "lights", AttributeKind.FLAG, car, varies=True)
    labels.merge_labels(store, car, bus)
    assert [each.varies for each in store.attributes() if each.name == "lights"] == [True]


def test_a_track_with_values_is_corrected(store: Store, ids: list[int]) -> None:
    values.set_values(store, ids[:1], {"gait": "run"}, 3, 4)
    assert store.kept_tracks(1) == {ids[0]}
    fake_run(store, {1: (0, 99)}, range(100), OnExisting.REPLACE)
    assert ids[0] in {track.id for track in store.tracks(1)}
    store.undo()
    store.undo()
    assert store.kept_tracks(1) == set()


# Imports


def frames(*said: tuple[int, dict[str, object]]) -> list[LabelledFrame]:
    return [LabelledFrame(frame, (LabelledBox(5, 0, (1, 1, 9, 9), attributes=each),)) for frame, each in said]


def test_an_import_tells_constant_values_from_changing_ones(store: Store) -> None:
    add_tracks(store, 1, ("cat",), frames(
        (3, {"name": "Tom", "awake": True}), (4, {"name": "Tom", "awake": True, "age": 2.0}),
        (8, {"name": "Tom", "awake": False, "age": 1.0}), (9, {"name": "Tom", "age": 1.0})), human=True, settings={},
        title="Import")
    [track] = store.tracks(1)
    assert track.attributes == {"name": "Tom"}
    assert said(store, track.id, "awake") == [(0, None), (3, True), (8, False), (9, None)]
    assert said(store, track.id, "age") == [(0, None), (4, 2.0), (8, 1.0)]
    assert {(each.name, each.kind, each.varies) for each in store.attributes()} == {
        ("awake", AttributeKind.FLAG, True), ("age", AttributeKind.NUMBER, True)}
    store.undo()
    assert (store.attributes(), store.values(1), store.tracks(1)) == ([], [], [])
    store.redo()
    assert len(store.attributes()) == 2
    store.check()


def test_a_known_attribute_that_changes_in_a_file_changes_over_time(store: Store) -> None:
    known = attributes.add_attribute(store, "age", AttributeKind.NUMBER)
    add_tracks(store, 1, ("cat",), frames((3, {"age": 1.0}), (4, {"age": 2.0})), human=False, settings={}, title="I")
    assert store.attributes() == [replace(known, varies=True)]


def test_values_that_a_known_attribute_does_not_take_are_counted(store: Store) -> None:
    attributes.add_attribute(store, "mood", AttributeKind.CHOICE, options=("calm", "angry"))
    attributes.add_attribute(store, "age", AttributeKind.NUMBER)
    told = add_tracks(store, 1, ("cat",), frames(
        (3, {"mood": "calm", "age": "old"}), (4, {"mood": "wild", "age": "old"}), (5, {"mood": "sad", "age": "old"})),
        human=True, settings={}, title="I")
    ending = "of the project does not take (kept, but not shown)"
    assert told.dropped == {f"values that the attribute mood {ending}": 2, f"values that the attribute age {ending}": 1}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, LAST), st.none() | st.integers(0, 12) | st.just("next"),
                          st.sampled_from([None, "stand", "walk", "run"])), max_size=8),
       st.sampled_from([None, "walk"]))
def test_edits_agree_with_a_value_for_each_frame(edits: list[tuple[int, int | str | None, str | None]],
                                                 whole: str | None) -> None:
    """Against a plain list with one value per frame."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(Path(folder) / "p.annot")
        store.add_video("clip", "clip.mp4", 640, 480, 40, 25.0, "x")
        attributes.add_attribute(store, "gait", AttributeKind.CHOICE, options=("stand", "walk", "run"), varies=True)
        track = drawn_boxes.add_track(store, 1, store.ensure_label("cat").id, 0, (1, 2, 3, 4))
        if whole is not None:
            attributes.describe_tracks(store, [track], attributes={"gait": whole})
        start = everything(store)
        wanted: list[str | None] = [whole] * (LAST + 1)
        done = 0
        for first, length, value in edits:
            steps = len(store.history())
            if isinstance(length, str):
                values.set_values_from(store, [track], {"gait": value}, first)
                ahead = [frame for frame in range(first, LAST + 1) if frame > first and wanted[frame] != wanted[first]]
                last = min(ahead, default=LAST + 1) - 1
            else:
                values.set_values(store, [track], {"gait": value}, first, None if length is None else first + length)
                last = LAST if length is None else min(first + length, LAST)
            wanted[first:last + 1] = [value] * (last + 1 - first)
            over_time = store.values_over_time(1, store.tracks(1))
            assert [over_time.at(track, frame).get("gait") for frame in range(LAST + 1)] == wanted
            done += len(store.history()) - steps
        store.close()
        store = Store.open(Path(folder) / "p.annot")
        for _ in range(done):
            store.undo()
        assert everything(store) == start
        store.close()


# Videos that are removed


def test_a_removed_video_takes_its_values_and_undo_brings_them_back(store: Store, ids: list[int]) -> None:
    values.set_values_from(store, ids[:1], {"gait": "run"}, 5)
    before = everything(store)
    remove_video(store, 1)
    store.undo()
    assert everything(store) == before
    store.redo()
    compact(store, forget_history=True)
    assert everything(store)["attribute_value"] == []
    store.check()
