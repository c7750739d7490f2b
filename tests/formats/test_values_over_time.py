"""Values of attributes that change over time go out and come in again; where a format cannot hold them, they are
counted."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.formats.base import ExportOptions, ImportOptions, LabelFormat
from annotator.formats.reading.box_table import UNSTORABLE_VALUES
from annotator.formats.registry import get_format, writable
from annotator.formats.writing.export import LOST_VALUES, RESERVED_VALUES
from annotator.jobs.labels.export import export
from annotator.jobs.labels.import_labels import import_labels
from annotator.model.attribute import AttributeKind, value_text
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.storage.edits import attributes, values
from annotator.storage.store import Store
from tests.storage.fakes import fake_run

INFO = SequenceInfo("clip", 64, 48, 25.0, 8, ("car", "truck"))
KEEPING = [each for each in writable() if each.abilities.attributes]
LOSING = [each for each in writable() if not each.abilities.attributes and each.name != "mot-det"]
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=5)
VALUES = st.booleans() | st.integers(-5, 1000).map(float) | st.sampled_from([0.5, 12.25]) | WORDS
#: Per frame: the values of tracks 1 and 2, of which 2 is absent where there are none.
FRAMES = st.lists(st.tuples(st.dictionaries(st.sampled_from(["pose", "é ü", "n", "truncated"]), VALUES, max_size=3),
                            st.none() | st.dictionaries(st.just("pose"), VALUES)), min_size=1, max_size=8)


def box(number: int, frame: int, said: dict[str, Any]) -> LabelledBox:
    left, top = frame + 2.0, 10.0 * number
    mask = Mask.from_bitmap(np.ones((5, 6), bool), int(left), int(top))
    return LabelledBox(number, number - 1, (left, top, left + 6, top + 5), mask=mask, attributes=said)


def frames_of(said: Sequence[tuple[dict[str, Any], dict[str, Any] | None]]) -> list[LabelledFrame]:
    return [LabelledFrame(frame, tuple(box(number, frame, each) for number, each in enumerate(both, 1)
                                       if each is not None), frame / 25) for frame, both in enumerate(said)]


def texts(said: Any) -> dict[str, str]:
    """Values as files may have them: a number or flag may come back as its text."""
    found = {name: value_text(value).strip() for name, value in said.items()}
    return {name: text for name, text in found.items() if text and not (name == "truncated" and text == "false")}


@pytest.mark.parametrize("each", KEEPING, ids=lambda each: each.name)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(said=FRAMES)
def test_every_value_comes_back_in_its_frames(each: LabelFormat, said: list[tuple[dict[str, Any], Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = each.write([(INFO, frames_of(said))], Path(folder), ExportOptions(field_check=False))
        [found] = each.read(Path(folder), ImportOptions(info=INFO))
        assert not {LOST_VALUES, RESERVED_VALUES} & report.dropped.keys()
        numbers = {number: place for place, number in enumerate(sorted(
            {each.number or 0 for frame in found.frames for each in frame.boxes}), 1)}
        got = {(frame.frame_index, numbers[each.number or 0]): texts(each.attributes)
               for frame in found.frames for each in frame.boxes}
        if each.name == "bdd100k":
            assert len(got) == report.boxes
        assert got == {(frame, number): texts(values) for frame, both in enumerate(said)
                       for number, values in enumerate(both, 1) if values is not None}
        assert not any("attribute" in what for what in found.dropped)


@pytest.mark.parametrize("each", LOSING, ids=lambda each: each.name)
def test_values_that_a_format_cannot_hold_are_counted(each: LabelFormat, tmp_path: Path) -> None:
    said: list[tuple[dict[str, Any], None]] = [({"pose": "up", "late": None}, None), ({"pose": "up"}, None),
                                               ({"pose": "down", "n": 2.0}, None), ({}, None), ({"n": 2.0}, None)]
    report = each.write([(INFO, frames_of(said))], tmp_path, ExportOptions(field_check=False))
    assert report.dropped[LOST_VALUES] == 4, report.dropped


@pytest.mark.parametrize("name", ["scalabel", "bdd100k", "datumaro"])
def test_values_under_names_of_the_format_are_counted(name: str, tmp_path: Path) -> None:
    report = get_format(name).write([(INFO, frames_of([({"occluded": "half", "pose": "up"}, None)]))], tmp_path,
                                    ExportOptions(field_check=False))
    assert report.dropped[RESERVED_VALUES] == 1
    [found] = get_format(name).read(tmp_path, ImportOptions(info=INFO))
    assert [box.attributes for frame in found.frames for box in frame.boxes] == [{"pose": "up"}]


# From project to project


@pytest.mark.parametrize("name", [each.name for each in KEEPING])
def test_a_project_comes_back_with_its_values(name: str, tmp_path: Path) -> None:
    with Store.create(tmp_path / "a.annot") as store:
        store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "x")
        fake_run(store, {1: (0, 60), 2: (10, 99)})
        attributes.add_attribute(store, "gait", AttributeKind.CHOICE, options=("stand", "walk", "run"), varies=True)
        attributes.add_attribute(store, "speed", AttributeKind.NUMBER, varies=True)
        attributes.add_attribute(store, "lit", AttributeKind.FLAG, varies=True)
        attributes.add_attribute(store, "team", AttributeKind.TEXT)
        one, two = (track.id for track in store.tracks(1))
        for frame, gait in ((5, "stand"), (20, "run"), (40, "walk")):
            values.set_values_from(store, [one], {"gait": gait}, frame)
        values.set_values(store, [one, two], {"speed": 2.5, "lit": True}, 30, 33)
        attributes.describe_tracks(store, [two], attributes={"team": "red"})
        wanted = said(store)
        report = export(store, store.videos(), name, tmp_path / "out", ExportOptions(field_check=False))
        assert LOST_VALUES not in report.dropped
    with Store.create(tmp_path / "b.annot") as store:
        store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "x")
        import_labels(store, store.video(), tmp_path / "out", name)
        assert said(store) == wanted
        assert {"gait", "speed", "lit"} <= {each.name for each in store.attributes() if each.varies}
        store.check()


def said(store: Store) -> dict[tuple[int, int], dict[str, str]]:
    """The values in each frame with a box, by track number and frame."""
    tracks = store.tracks(1)
    over_time = store.values_over_time(1, tracks)
    return {(track.number, seen.frame): texts(over_time.at(track.id, seen.frame)) for track in tracks
            for seen in store.trajectory(track.id) if seen.box_xyxy is not None}


# Malformed and foreign files


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": [1]}', "3", '{"a": NaN}'])
def test_attributes_of_a_table_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    from annotator.errors import FormatError
    path = tmp_path / "tracks.csv"
    quoted = text.replace('"', '""')
    path.write_text(f'frame,x1,y1,x2,y2,track,attributes\n0,1,1,9,9,1,"{quoted}"\n')
    with pytest.raises(FormatError, match="line 2: found attributes .* expected a JSON object of texts"):
        get_format("csv").read(path, ImportOptions(info=INFO))


def test_label_studio_counts_results_that_belong_to_no_region(tmp_path: Path) -> None:
    region = {"id": "r", "type": "videorectangle", "from_name": "box", "original_width": 64, "original_height": 48,
              "value": {"framesCount": 8, "duration": 1, "labels": ["car"], "sequence": [
                  {"frame": 1, "x": 0, "y": 0, "width": 50, "height": 50, "enabled": True},
                  {"frame": 5, "x": 0, "y": 0, "width": 50, "height": 50, "enabled": False}]}}
    results = [region, {"id": "r", "type": "number", "from_name": "age", "value": {"number": 3}},
               {"id": "x", "type": "choices", "from_name": "mood", "value": {"choices": ["good"]}},
               {"id": "t", "parentID": "r", "type": "timelinelabels", "from_name": "gait",
                "value": {"ranges": [{"start": 2, "end": 3}, {"start": 1.5}], "timelinelabels": ["walk", "run"]}}]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"id": 1, "data": {"video": "/d/clip.mp4"}, "annotations": [{"result": results}]}]))
    [found] = get_format("label-studio").read(path, ImportOptions())
    assert [frame.boxes[0].attributes for frame in found.frames] == [
        {"age": 3}, {"age": 3, "gait": "walk"}, {"age": 3, "gait": "walk"}, {"age": 3}, {"age": 3}]
    assert found.dropped == {"results of type 'choices'": 1, "ranges of results without whole frames": 1,
                             "further values of results (the first one is read)": 1}


def test_names_that_no_project_can_store_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    rows = [json.dumps({"a" * 5000: value, "\0": 1, "pose": value, "note": "x" * 70_000}).replace('"', '""')
            for value in ("up", "down")]
    path.write_text("frame,x1,y1,x2,y2,track,attributes\n" + "".join(
        f'{frame},1,1,9,9,1,"{row}"\n' for frame, row in enumerate(rows)))
    with Store.create(tmp_path / "p.annot") as store:
        store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "x")
        report = import_labels(store, store.video(), path, "csv")
        assert report.dropped == {UNSTORABLE_VALUES: 6}
        assert [each.name for each in store.attributes()] == ["pose"]
