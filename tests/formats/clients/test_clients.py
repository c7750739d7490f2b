"""The field's own readers on this program's exports, and their writers' files through its importers.

Each test skips where its package is not installed; the extra ``clients`` installs those that fit together. TrackEval
scores exports in ``tests/formats/mot/test_self_evaluation.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from annotator.formats.base import ExportOptions, ImportOptions, PictureSource, Shapes
from annotator.formats.guess import guess_formats
from annotator.formats.registry import get_format
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.video.images import open_folder

MISSING = "{} is not installed: pip install '.[clients]'"
FRAMES = 4
INFO = SequenceInfo("clip", 64, 48, 25.0, FRAMES, ("car", "pedestrian"), image_ext=".png")


def labels() -> list[LabelledFrame]:
    mask = Mask.from_bitmap(np.ones((6, 5), bool), 3, 4)
    return [LabelledFrame(frame, (LabelledBox(1, 0, (3.0, 4.0, 8.0, 10.0), 0.5, mask),
                                  LabelledBox(2, 1, (-5.0, 4.0, 70.0, 10.5), 0.5))) for frame in range(FRAMES)]


@pytest.fixture
def pictures(tmp_path: Path) -> PictureSource:
    """A folder of images of the labels' size."""
    import cv2

    folder = tmp_path / "source"
    folder.mkdir()
    for frame in range(FRAMES):
        assert cv2.imwrite(str(folder / f"{frame}.png"), np.full((48, 64, 3), 40 * frame, np.uint8))
    assert len(open_folder(folder)) == FRAMES
    return PictureSource({"clip": folder})


def export(name: str, folder: Path, options: ExportOptions, pictures: PictureSource | None = None) -> Path:
    get_format(name).write([(INFO, labels())], folder, options, pictures)
    return folder


def test_ultralytics_verifies_every_label_of_yolo(tmp_path: Path, pictures: PictureSource) -> None:
    utils = pytest.importorskip("ultralytics.data.utils", reason=MISSING.format("ultralytics"))
    out = export("yolo", tmp_path / "out", ExportOptions(pictures="png"), pictures)
    found = utils.check_det_dataset(str(out / "data.yaml"), autodownload=False)
    assert list(found["names"].values()) == ["car", "pedestrian"]
    images = sorted((out / "images/train").glob("*.png"))
    assert len(images) == FRAMES
    for image, label in zip(images, utils.img2label_paths(list(map(str, images))), strict=True):
        verified = utils.verify_image_label((str(image), label, "", False, 2, 0, 0, False))
        assert verified[0] == str(image), verified[-1]
        assert verified[1].shape == (2, 5)
        assert verified[8] == 0, verified[-1]  # none of them corrupt


def test_ultralytics_verifies_every_polygon_of_yolo(tmp_path: Path, pictures: PictureSource) -> None:
    utils = pytest.importorskip("ultralytics.data.utils", reason=MISSING.format("ultralytics"))
    out = export("yolo", tmp_path / "out", ExportOptions(pictures="png", shapes="polygons"), pictures)
    images = sorted((out / "images/train").glob("*.png"))
    for image, label in zip(images, utils.img2label_paths(list(map(str, images))), strict=True):
        verified = utils.verify_image_label((str(image), label, "", False, 2, 0, 0, False))
        assert verified[0] == str(image), verified[-1]
        assert len(verified[3]) == 2  # segments
        assert verified[8] == 0, verified[-1]


def test_yolo_has_what_a_verifier_asks_for(tmp_path: Path) -> None:
    out = export("yolo", tmp_path / "out", ExportOptions())
    files = sorted((out / "labels/train").glob("*.txt"))
    assert [file.name for file in files] == [f"clip_{number:06d}.txt" for number in range(1, FRAMES + 1)]
    for file in files:
        rows = np.loadtxt(file, ndmin=2)
        assert rows.shape == (2, 5)
        assert rows[:, 1:].min() >= 0
        assert rows[:, 1:].max() <= 1
        assert set(rows[:, 0]) <= {0, 1}
        assert len(np.unique(rows, axis=0)) == len(rows)
    described = yaml.safe_load((out / "data.yaml").read_text())
    assert described == {"train": "images/train", "val": "images/train", "names": {0: "car", 1: "pedestrian"}}


def test_pycocotools_loads_coco(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    loaded = coco.COCO(str(export("coco", tmp_path / "out", ExportOptions()) / "instances.json"))
    assert len(loaded.anns) == 2 * FRAMES
    masks = [loaded.annToMask(each) for each in loaded.anns.values() if each["segmentation"]]
    assert [mask.shape for mask in masks] == [(48, 64)] * FRAMES
    for mask in masks:
        assert mask[4:10, 3:8].all()
        assert mask.sum() == 30


@pytest.mark.parametrize("shapes", ["boxes", "polygons"])
def test_supervision_loads_yolo(shapes: Shapes, tmp_path: Path, pictures: PictureSource) -> None:
    supervision = pytest.importorskip("supervision", reason=MISSING.format("supervision"))
    out = export("yolo", tmp_path / "out", ExportOptions(pictures="png", shapes=shapes), pictures)
    loaded = supervision.DetectionDataset.from_yolo(
        str(out / "images/train"), str(out / "labels/train"), str(out / "data.yaml"), force_masks=shapes == "polygons")
    assert loaded.classes == ["car", "pedestrian"]
    assert len(loaded.annotations) == FRAMES
    for found in loaded.annotations.values():
        assert found.class_id.tolist() == [0, 1]
        # Polygons are rounded to whole pixels there.
        assert np.abs(found.xyxy - [(3, 4, 8, 10), (0, 4, 64, 10.5)]).max() <= (0.01 if shapes == "boxes" else 1)
        if shapes == "polygons":
            assert found.mask[0][4:10, 3:8].all()


def test_supervision_loads_coco(tmp_path: Path, pictures: PictureSource) -> None:
    supervision = pytest.importorskip("supervision", reason=MISSING.format("supervision"))
    out = export("coco", tmp_path / "out", ExportOptions(pictures="png"), pictures)
    folder = next(out.rglob("*.png")).parent
    loaded = supervision.DetectionDataset.from_coco(str(folder), str(out / "instances.json"))
    assert sum(map(len, loaded.annotations.values())) == 2 * FRAMES


def test_the_csv_of_supervision_is_read(tmp_path: Path) -> None:
    supervision = pytest.importorskip("supervision", reason=MISSING.format("supervision"))
    path = tmp_path / "sink.csv"
    with supervision.CSVSink(str(path)) as sink:
        for frame in labels():
            sink.append(supervision.Detections(
                xyxy=np.array([box.box_xyxy for box in frame.boxes]), class_id=np.array([0, 1]),
                confidence=np.array([0.5, 0.5]), tracker_id=np.array([1, 2]),
                data={"class_name": np.array(INFO.labels)}), {"frame_number": frame.frame_index})
    assert guess_formats(path) == ("supervision",)
    [found] = get_format("supervision").read(path, ImportOptions())
    assert [(frame.frame_index, box.number, found.info.labels[box.label], box.box_xyxy)
            for frame in found.frames for box in frame.boxes] == [
        (frame.frame_index, box.number, INFO.labels[box.label], box.box_xyxy)
        for frame in labels() for box in frame.boxes]


def test_motmetrics_loads_mot(tmp_path: Path) -> None:
    metrics = pytest.importorskip("motmetrics", reason=MISSING.format("motmetrics"))
    found = metrics.io.loadtxt(str(export("mot", tmp_path / "out", ExportOptions()) / "clip/gt/gt.txt"), fmt="mot16")
    assert len(found) == 2 * FRAMES


@pytest.mark.parametrize(("name", "kind"), [("datumaro", "datumaro"), ("cvat", "cvat"), ("mots-png", "mots_png")])
def test_datumaro_imports(name: str, kind: str, tmp_path: Path) -> None:
    datumaro = pytest.importorskip("datumaro", reason="datumaro is not installed")
    out = export(name, tmp_path / "out", ExportOptions(field_check=False))
    loaded = datumaro.Dataset.import_from(str(out), kind)
    assert sum(len(item.annotations) for item in loaded) >= FRAMES


def test_scalabel_loads(tmp_path: Path) -> None:
    loader = pytest.importorskip("scalabel.label.io", reason="scalabel is not installed")
    out = export("scalabel", tmp_path / "out", ExportOptions())
    assert len(loader.load(str(out / "scalabel.json")).frames) == FRAMES


def test_sleap_io_loads_sleap(tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="h5py is not installed")
    sleap = pytest.importorskip("sleap_io", reason=MISSING.format("sleap-io"))
    loaded = sleap.load_slp(str(export("sleap", tmp_path / "out", ExportOptions()) / "clip.slp"), open_videos=False)
    assert len(loaded.videos) == 1
    assert [frame.frame_idx for frame in loaded] == list(range(FRAMES))
    for frame in loaded:
        assert [(box.track.name, box.category.name, box.xyxy, round(box.score, 6)) for box in frame.bboxes] == [
            ("1", "car", (3.0, 4.0, 8.0, 10.0), 0.5), ("2", "pedestrian", (-5.0, 4.0, 70.0, 10.5), 0.5)]
        [mask] = frame.masks
        assert mask.track.name == "1"
        assert np.argwhere(mask.data).min(0).tolist() == [4, 3]
        assert mask.data.sum() == 30


def test_boxes_and_masks_of_sleap_io_are_read(tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="h5py is not installed")
    sleap = pytest.importorskip("sleap_io", reason=MISSING.format("sleap-io"))
    source = sleap.load_slp(str(export("sleap", tmp_path / "out", ExportOptions()) / "clip.slp"), open_videos=False)
    sleap.save_slp(source, str(tmp_path / "again.slp"), embed=False)
    [found] = get_format("sleap").read(tmp_path / "again.slp", ImportOptions())
    assert [(frame.frame_index, box.number, found.info.labels[box.label], box.box_xyxy, box.mask)
            for frame in found.frames for box in frame.boxes] == [
        (frame.frame_index, box.number, INFO.labels[box.label], box.box_xyxy, box.mask)
        for frame in labels() for box in frame.boxes]
