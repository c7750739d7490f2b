from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions
from annotator.jobs.export import export
from annotator.jobs.label_import import LabelImport, guess_format, import_labels
from annotator.model.track import OnExisting, RunStatus, VideoRecord
from annotator.session import Session
from annotator.storage import edits, human
from annotator.storage.store import Store
from tests.storage.fakes import everything, fake_run, picture

ROWS = """1,3,10,20,30,40,1,1,1
1,7,100,20,30,40,1,2,1
2,3,12,20,30,40,1,1,1
40,3,50,20,30,40,1,1,1
40,9,60,60,20,20,0,1,1
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project.annot") as opened:
        opened.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "print-of-clip")
        yield opened


@pytest.fixture
def video(store: Store) -> VideoRecord:
    return store.videos()[0]


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "gt.txt"
    path.write_text(ROWS)
    return path


def shown(store: Store) -> dict[int, list[tuple[int, object, bool]]]:
    return {frame: [(number, box, is_human) for number, _, box, is_human in rows]
            for frame, rows in picture(store).items()}


@pytest.mark.parametrize("as_human", [False, True])
def test_boxes_come_in_with_their_numbers_and_labels(store: Store, video: VideoRecord, truth: Path,
                                                     as_human: bool) -> None:
    report = import_labels(store, video, truth, "mot", as_human)
    assert (report.frames, report.boxes, report.tracks) == (3, 4, 2)
    assert report.dropped == {"box that evaluators ignore": 1}
    found = shown(store)
    assert found[0] == [(3, (10.0, 20.0, 40.0, 60.0), as_human), (7, (100.0, 20.0, 130.0, 60.0), as_human)]
    assert sorted(found) == [0, 1, 39]
    names = {label.id: label.name for label in store.labels()}
    assert sorted(names[track.label] for track in store.tracks(video.id)) == sorted(report.labels)
    assert len(report.labels) == 2


@pytest.mark.parametrize("as_human", [False, True])
def test_an_import_is_one_step(store: Store, video: VideoRecord, truth: Path, as_human: bool) -> None:
    fake_run(store, {1: (0, 20)})
    before = picture(store)
    import_labels(store, video, truth, "mot", as_human)
    after = picture(store)
    assert store.history()[-1].label == "Import gt.txt"
    assert len(store.history()) == 2
    store.undo()
    assert picture(store) == before
    store.redo()
    assert picture(store) == after
    store.check()


def test_a_number_that_is_taken_gives_way(store: Store, video: VideoRecord, truth: Path) -> None:
    fake_run(store, {1: (0, 9), 2: (0, 9), 3: (0, 9)})
    import_labels(store, video, truth, "mot")
    assert [track.number for track in store.tracks(video.id)] == [1, 2, 3, 7, 8]


def test_what_counts_as_human_outlives_a_run_that_replaces(store: Store, video: VideoRecord, truth: Path) -> None:
    import_labels(store, video, truth, "mot", as_human=True)
    before = shown(store)[0]
    fake_run(store, {1: (0, 50)}, on_existing=OnExisting.REPLACE)
    assert [row for row in shown(store)[0] if row[2]] == before


def test_what_a_machine_said_is_replaced(store: Store, video: VideoRecord, truth: Path) -> None:
    import_labels(store, video, truth, "mot")
    fake_run(store, {1: (0, 50)}, on_existing=OnExisting.REPLACE)
    assert len(shown(store)[0]) == 1


@pytest.mark.parametrize("as_human", [False, True])
def test_edits_made_meanwhile_hold(store: Store, video: VideoRecord, truth: Path, as_human: bool,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    """A swap governs what comes later, a deleted track stays deleted, and a box drawn by hand stays."""
    monkeypatch.setattr("annotator.jobs.label_import._CHUNK", 1)
    truth.write_text("".join(f"{frame},{number},{number * 50},20,30,40,1,1,1\n"
                             for frame in range(1, 7) for number in (1, 2, 3)))
    job = LabelImport(truth, "mot", as_human)
    steps = job.run(Session(store), video)
    next(steps)
    one, two, three = (track.id for track in store.tracks(video.id))
    edits.swap_tracks(store, one, two, 0)
    edits.delete_tracks(store, [three])
    human.set_box(store, one, 3, (1.0, 2.0, 3.0, 4.0))
    for _ in steps:
        pass
    found = shown(store)
    assert [row[0] for row in found[5]] == [1, 2]
    box = found[5][0][1]
    assert isinstance(box, tuple)
    assert (box[0], box[2]) == (100.0, 130.0)
    assert found[3][0][1] == (1.0, 2.0, 3.0, 4.0)
    store.check()
    while store.undo() is not None:
        pass
    assert everything(store)["track"] == []


def test_a_cancelled_import_keeps_what_came_in(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    truth = tmp_path / "gt.txt"
    truth.write_text("".join(f"{frame},1,10,20,30,40,1,1,1\n" for frame in range(1, 51)))
    steps = LabelImport(truth, "mot").run(Session(store), video)
    progress = next(steps)
    steps.close()
    assert (progress.done, progress.total) == (16, 50)
    assert len(shown(store)) == 16
    assert store.runs()[-1].status is RunStatus.CANCELLED


@pytest.mark.parametrize("as_human", [False, True])
def test_what_was_exported_comes_back(store: Store, video: VideoRecord, tmp_path: Path, as_human: bool) -> None:
    fake_run(store, {1: (0, 50), 2: (10, 99)}, masks=True)
    before = {frame: [row[:2] for row in rows] for frame, rows in shown(store).items()}
    (path,) = [file for file in export(store, [video], "coco-video", tmp_path / "out", ExportOptions()).files
               if file.name == "annotations.json"]
    with Store.create(tmp_path / "second.annot") as other:
        other.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "print-of-clip")
        import_labels(other, other.videos()[0], path, "coco-video", as_human)
        found = {frame: [row[:2] for row in rows] for frame, rows in shown(other).items()}
        assert any(seen.mask is not None for seen in other.observations(1, 20, masks=True))
    assert found.keys() == before.keys()
    for frame, rows in before.items():
        assert [number for number, _ in found[frame]] == [number for number, _ in rows]
        np.testing.assert_allclose(np.array([box for _, box in found[frame]], np.float64),
                                   np.array([box for _, box in rows], np.float64), atol=0.02)


@pytest.mark.parametrize(("rows", "said"), [
    ("1,-1,10,20,30,40,1,1,1\n", "no box of any track"), ("101,1,10,20,30,40,1,1,1\n", "gt.txt"),
    ("what is this\n", "gt.txt")])
def test_what_does_not_fit_is_refused_and_nothing_is_written(store: Store, video: VideoRecord, truth: Path, rows: str,
                                                             said: str) -> None:
    truth.write_text(rows)
    before = everything(store)
    with pytest.raises(FormatError, match=said):
        import_labels(store, video, truth, "mot")
    assert everything(store) == before
    assert not store.history()


def test_the_video_is_found_by_its_name_among_several(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    images = [{"id": key, "video_id": number, "frame_id": key % 500, "width": 640, "height": 480}
              for number, keys in ((1, range(500)), (2, range(500, 503))) for key in keys]
    boxes = [{"id": 1, "image_id": 499, "category_id": 1, "track_id": 1, "bbox": [1, 2, 3, 4]},
             {"id": 2, "image_id": 501, "category_id": 1, "track_id": 5, "bbox": [5, 6, 7, 8]}]
    content = {"videos": [{"id": 1, "name": "long"}, {"id": 2, "name": "clip"}], "images": images,
               "annotations": boxes, "categories": [{"id": 1, "name": "person"}]}
    path = tmp_path / "all.json"
    path.write_text(json.dumps(content))
    import_labels(store, video, path, "coco-video")
    assert shown(store) == {1: [(5, (5.0, 6.0, 12.0, 14.0), False)]}


@pytest.mark.parametrize(("name", "known"), [("gt.txt", "mot"), ("MOT17-02.txt", "mot-results"),
                                             ("annotations.json", "coco-video"), ("x.json", "coco-video"),
                                             ("notes.doc", None)])
def test_formats_are_guessed_by_name(tmp_path: Path, name: str, known: str | None) -> None:
    assert guess_format(tmp_path / name) == known
