"""TrackEval scores an export against itself as ground truth: 100 in every metric that it computes."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import shutil
import sys
import types
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


#: Fields of TrackEval's results that are errors, and so 0 where nothing is wrong; those of `_COUNTS` say how much there
#: is. Whatever else is a number is a score.
_ERRORS = frozenset({"IDSW", "CLR_FN", "CLR_FP", "CLR_FP_per_frame", "FP_per_frame", "PT", "ML", "PTR", "MLR", "IDFN",
                     "IDFP", "HOTA_FN", "HOTA_FP", "J-Decay", "F-Decay"})
_COUNTS = frozenset({"CLR_TP", "MT", "IDTP", "Frag"})


@pytest.fixture(autouse=True)
def boundaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """J&F wants one function of scikit-image, which nothing else here needs: a stand-in where it is not installed."""
    if importlib.util.find_spec("skimage") is not None:
        return

    def disk(radius: float) -> Any:
        reach = np.arange(-radius, radius + 1)
        return (reach[:, None] ** 2 + reach[None] ** 2 <= radius**2).astype(np.uint8)

    fake = types.ModuleType("skimage.morphology")
    monkeypatch.setattr(fake, "disk", disk, raising=False)
    monkeypatch.setitem(sys.modules, "skimage", types.ModuleType("skimage"))
    monkeypatch.setitem(sys.modules, "skimage.morphology", fake)


def metrics(name: str) -> list[Any]:
    """All of TrackEval's that can be had for this format."""
    quiet = {"PRINT_CONFIG": False}
    found = [trackeval.metrics.HOTA(quiet), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet),
             trackeval.metrics.VACE(quiet)]
    if name in ("mots", "kitti-mots"):
        found.append(trackeval.metrics.JAndF(quiet))
    if name in ("tao", "youtube-vis"):
        # YouTube-VIS has no classes of length, and its tracks say none.
        found.append(trackeval.metrics.TrackMAP({**quiet, "USE_TIME_RANGES": name == "tao"}))
    return found


def scores(name: str, dataset: Any, label: str) -> dict[str, float]:
    """What every metric says of the tracker "self", each an average over thresholds, per cent or in errors."""
    said: dict[str, float] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        raw = dataset.get_raw_seq_data("self", INFO.name)
        data = dataset.get_preprocessed_seq_data(raw, label)
        for metric in metrics(name):
            combined = metric.combine_sequences({INFO.name: metric.eval_sequence(data)})
            for field in metric.summary_fields:
                # -1 means that the clip has nothing of this size or length.
                values = np.asarray(combined[field], float)
                if not (values == -1).all():
                    said[f"{metric.get_name()} {field}"] = float(np.mean(values))
    assert data["num_gt_dets"] == 11
    return said


def assert_perfect(said: dict[str, float]) -> None:
    fields = {name: name.split(" ", 1)[1] for name in said}
    assert {name for name, field in fields.items() if field in _ERRORS and said[name] != 0} == set()
    # The one track with a gap is in two parts, as it is in the truth.
    assert said["CLEAR Frag"] == 1
    graded = {name: value for name, value in said.items() if fields[name] not in _ERRORS | _COUNTS}
    assert graded
    assert {name: value for name, value in graded.items() if value != pytest.approx(1)} == {}


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


def kitti_mots(folder: Path) -> Any:
    as_tracker(folder / "instances_txt/0001.txt", folder, "0001.txt")
    return trackeval.datasets.KittiMOTS({**common(folder), "GT_FOLDER": str(folder), "SEQ_INFO": {"0001": 6},
                                         "GT_LOC_FORMAT": "{gt_folder}/instances_txt/{seq}.txt"})


BOTH, PEOPLE = ("car", "pedestrian"), ("pedestrian",)


@pytest.mark.parametrize(("name", "load", "labels", "fewest"), [
    ("mots", mots, PEOPLE, 30), ("kitti-mots", kitti_mots, BOTH, 30), ("kitti", kitti, BOTH, 25),
    ("bdd100k", bdd100k, BOTH, 25), ("tao", tao, BOTH, 27), ("youtube-vis", youtube_vis, BOTH, 27)])
def test_an_export_is_perfect_against_itself(name: str, load: Callable[[Path], Any], labels: tuple[str, ...],
                                             fewest: int, tmp_path: Path) -> None:
    get_format(name).write([(INFO, frames())], tmp_path, ExportOptions())
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = load(tmp_path)
    for label in labels:
        said = scores(name, dataset, label)
        assert len(said) >= fewest
        assert_perfect(said)


def test_mot_is_perfect_against_itself(tmp_path: Path) -> None:
    get_format("mot").write([(INFO, frames())], tmp_path, ExportOptions(labels=("pedestrian",)))
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = mot(tmp_path)
    assert_perfect(scores("mot", dataset, "pedestrian"))


def test_what_is_not_perfect_is_seen(tmp_path: Path) -> None:
    """A track that takes over another's number half-way."""
    get_format("mot").write([(INFO, frames())], tmp_path, ExportOptions(labels=("pedestrian",)))
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = mot(tmp_path)
    file = tmp_path / "trackers/self/data/0001.txt"
    rows = [line.split(",") for line in file.read_text().splitlines()]
    swap = {"1": "3", "3": "1"}
    file.write_text("".join(",".join([row[0], swap[row[1]] if int(row[0]) > 3 else row[1], *row[2:]]) + "\n"
                            for row in rows))
    with pytest.raises(AssertionError, match="IDSW"):
        assert_perfect(scores("mot", dataset, "pedestrian"))
