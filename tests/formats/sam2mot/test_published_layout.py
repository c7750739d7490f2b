from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.formats.driving.scalabel import read_truth, result_frames, write_frames
from annotator.formats.mot.rows import read_mot_rows
from annotator.formats.sam2mot import published_layout as layout
from annotator.model.frame import Detections
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame

BITMAP = np.random.default_rng(0).random((7, 9)) > 0.5
FRAMES = [
    LabelledFrame(0, (LabelledBox(1, 0, (1.25, 2, 11.25, 22.5), 0.75, Mask.from_bitmap(BITMAP, 30, 20)),
                      LabelledBox(4, 1, (5, 5, 9, 9), 1.0, Mask.from_bitmap(np.ones((50, 80), bool), -5, -5)))),
    LabelledFrame(1, ()),
    LabelledFrame(2, (LabelledBox(4, 1, (6, 5, 10, 9), 0.5),)),
]


@pytest.mark.parametrize(("labels", "classes"), [(("person",), [-1, -1, -1]), (("person", "car"), [1, 2, 2])])
def test_trajectories_are_rows_that_every_reader_knows(labels: tuple[str, ...], classes: list[int],
                                                       tmp_path: Path) -> None:
    path = tmp_path / layout.TRAJECTORIES
    layout.write_trajectories(path, FRAMES, labels)
    assert path.read_text().splitlines()[0] == f"1,1,1.25,2.00,10.00,20.50,0.750000,{classes[0]},-1,-1"
    rows = read_mot_rows(path, "mot-results", frame_count=3)
    assert rows.id.tolist() == [1, 4, 4]
    assert rows.frame_index.tolist() == [0, 0, 2]
    assert rows.box_xyxy.tolist() == [list(box.box_xyxy) for frame in FRAMES for box in frame.boxes]
    assert [int(line.split(",")[7]) for line in path.read_text().splitlines()] == classes


def test_detections_have_no_identity(tmp_path: Path) -> None:
    found = Detections.of([(1, 2, 3.5, 4), (5, 6, 9, 10)], [0.05, 0.9], [1, 0])
    layout.write_detections(tmp_path / "d.txt", [(0, Detections.empty()), (4, found)], ("a", "b"))
    assert (tmp_path / "d.txt").read_text().splitlines() == [
        "5,-1,1.00,2.00,2.50,2.00,0.050000,2,-1,-1", "5,-1,5.00,6.00,4.00,4.00,0.900000,1,-1,-1"]


def test_masks_come_back_and_an_older_folder_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / layout.MASKS
    folder.mkdir()
    (folder / "frame_00009_masks.npz").touch()
    assert layout.write_masks(folder, FRAMES, 64, 40) == 1
    assert [path.name for path in folder.iterdir()] == ["frame_00001_masks.npz"]
    read = layout.read_masks(folder / "frame_00001_masks.npz")
    assert list(read) == [1, 4]
    for box in FRAMES[0].boxes:
        assert box.number is not None
        assert box.mask is not None
        assert (read[box.number] == box.mask.to_bitmap(64, 40)).all()
    with np.load(folder / "frame_00001_masks.npz") as archive:
        assert (archive["masks"].dtype, archive["masks"].shape, archive["ids"].dtype) == (bool, (2, 40, 64), np.int32)
    assert [path.name for path in tmp_path.iterdir()] == [layout.MASKS]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    def broken() -> Iterator[LabelledFrame]:
        yield FRAMES[0]
        raise RuntimeError("stop")

    path = tmp_path / layout.TRAJECTORIES
    path.write_text("old")
    with pytest.raises(RuntimeError, match="stop"):
        layout.write_trajectories(path, broken(), ("a",))
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(layout.TRAJECTORIES, "old")]
    with pytest.raises(FormatError, match="t.txt cannot be written"):
        layout.write_trajectories(tmp_path / "none" / "t.txt", FRAMES, ("a",))


def test_scalabel_frames_have_inclusive_edges_and_bdd100k_s_names(tmp_path: Path) -> None:
    names = [f"v-{k + 1:07d}.jpg" for k in range(3)]
    frames = result_frames("v", FRAMES, ("person", "dog"), names, {"v-0000003.jpg": 7})
    assert [(f["name"], f["videoName"], f["frameIndex"], len(f["labels"])) for f in frames] == [
        ("v-0000001.jpg", "v", 0, 1), ("v-0000002.jpg", "v", 1, 0), ("v-0000003.jpg", "v", 7, 0)]
    [label] = frames[0]["labels"]
    assert label == {"id": "1", "category": "pedestrian", "score": 0.75,
                     "box2d": {"x1": 1.25, "y1": 2, "x2": 10.25, "y2": 21.5}}
    frames[1]["labels"] = [{"id": "a", "category": "trailer"}, {"id": "b", "category": "motor", "attributes": None}]
    write_frames(tmp_path / "f.json", frames)
    truth = read_truth(tmp_path / "f.json")
    assert truth[1]["labels"] == [{"id": "a", "category": "truck", "attributes": {"ignored": True}},
                                  {"id": "b", "category": "motorcycle", "attributes": None}]
    (tmp_path / "f.json").write_text("{}")
    with pytest.raises(FormatError, match="has no list of frames"):
        read_truth(tmp_path / "f.json")
