"""TrackEval scores an export against itself as ground truth: 100 in every metric."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.formats.base import ExportOptions
from annotator.formats.registry import get_format
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

trackeval = pytest.importorskip("trackeval", reason="TrackEval is not installed")

INFO = SequenceInfo("0001", 64, 48, 29.97, 6, ("car", "pedestrian"))


def frames() -> list[LabelledFrame]:
    """Two cars and two people, one of each with a gap."""
    found = []
    for frame in range(6):
        boxes = []
        for number in (1, 2, 3, 4):
            if number > 2 and frame == 3:
                continue
            mask = Mask.from_bitmap(np.ones((8, 6), bool), 12 * number + frame, 5 * number)
            boxes.append(LabelledBox(number, number % 2, mask.box_xyxy, 0.9, mask))
        found.append(LabelledFrame(frame, tuple(boxes)))
    return found


def scores(dataset: Any, label: str) -> list[float]:
    """HOTA, MOTA and IDF1 of the tracker "self", per cent."""
    metrics = [trackeval.metrics.HOTA({"PRINT_CONFIG": False}), trackeval.metrics.CLEAR({"PRINT_CONFIG": False}),
               trackeval.metrics.Identity({"PRINT_CONFIG": False})]
    with contextlib.redirect_stdout(io.StringIO()):
        raw = dataset.get_raw_seq_data("self", INFO.name)
        data = dataset.get_preprocessed_seq_data(raw, label)
        found = [metric.eval_sequence(data) for metric in metrics]
    assert data["num_gt_dets"] == 11
    return [100 * float(np.mean(found[0]["HOTA"])), 100 * float(found[1]["MOTA"]), 100 * float(found[2]["IDF1"])]


def as_tracker(source: Path, folder: Path, name: str) -> None:
    target = folder / "trackers/self/data"
    target.mkdir(parents=True)
    shutil.copy(source, target / name)


def common(folder: Path) -> dict[str, Any]:
    return {"TRACKERS_FOLDER": str(folder / "trackers"), "TRACKERS_TO_EVAL": ["self"], "PRINT_CONFIG": False}


def mots(folder: Path) -> Any:
    as_tracker(folder / "0001/gt/gt.txt", folder, "0001.txt")
    return trackeval.datasets.MOTSChallenge({**common(folder), "GT_FOLDER": str(folder), "SKIP_SPLIT_FOL": True,
                                             "SEQ_INFO": {"0001": 6}})


def mot(folder: Path) -> Any:
    as_tracker(folder / "0001/gt/gt.txt", folder, "0001.txt")
    return trackeval.datasets.MotChallenge2DBox({**common(folder), "GT_FOLDER": str(folder), "SKIP_SPLIT_FOL": True,
                                                 "SEQ_INFO": {"0001": 6}, "DO_PREPROC": False})


def kitti(folder: Path) -> Any:
    as_tracker(folder / "label_02/0001.txt", folder, "0001.txt")
    return trackeval.datasets.Kitti2DBox({**common(folder), "GT_FOLDER": str(folder)})


def bdd100k(folder: Path) -> Any:
    as_tracker(folder / "labels/0001.json", folder, "0001.json")
    return trackeval.datasets.BDD100K({**common(folder), "GT_FOLDER": str(folder / "labels")})


def tao(folder: Path) -> Any:
    target = folder / "trackers/self/data"
    target.mkdir(parents=True)
    content = json.loads((folder / "annotations/annotations.json").read_text())
    (target / "results.json").write_text(json.dumps(content["annotations"]))
    return trackeval.datasets.TAO({**common(folder), "GT_FOLDER": str(folder / "annotations")})


def youtube_vis(folder: Path) -> Any:
    from pycocotools import mask as coco_mask

    target = folder / "trackers/youtube_vis_train/self/data"
    target.mkdir(parents=True)
    content = json.loads((folder / "youtube_vis_train/annotations.json").read_text())
    for track in content["annotations"]:
        for code in filter(None, track["segmentations"]):
            code["counts"] = coco_mask.frPyObjects(code, *code["size"])["counts"].decode()
    (target / "results.json").write_text(json.dumps(content["annotations"]))
    return trackeval.datasets.YouTubeVIS({
        **common(folder), "TRACKERS_FOLDER": f"{folder / 'trackers'}/", "GT_FOLDER": f"{folder}/",
        "SPLIT_TO_EVAL": "train"})


@pytest.mark.parametrize(("name", "load", "labels"), [
    ("mots", mots, ("pedestrian",)), ("kitti", kitti, ("car", "pedestrian")),
    ("bdd100k", bdd100k, ("car", "pedestrian")), ("tao", tao, ("car", "pedestrian")),
    ("youtube-vis", youtube_vis, ("car", "pedestrian"))])
def test_an_export_is_perfect_against_itself(name: str, load: Callable[[Path], Any], labels: tuple[str, ...],
                                             tmp_path: Path) -> None:
    get_format(name).write([(INFO, frames())], tmp_path, ExportOptions())
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = load(tmp_path)
    for label in labels:
        assert scores(dataset, label) == pytest.approx([100, 100, 100])


def test_mot_is_perfect_against_itself(tmp_path: Path) -> None:
    get_format("mot").write([(INFO, frames())], tmp_path, ExportOptions(labels=("pedestrian",)))
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = mot(tmp_path)
    assert scores(dataset, "pedestrian") == pytest.approx([100, 100, 100])
