"""Verify exported files with the field's own readers: TrackEval's data set classes and pycocotools.

Both keep whole files in memory, at many times their size, so files larger than `_LARGEST` are skipped; this program's
own reader has verified them by then.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.model.sequence import SequenceInfo

_LARGEST = 64 * 2**20


def check_mots(folder: Path, files: Sequence[str], infos: Sequence[SequenceInfo], boxes: int, kitti: bool,
               ) -> str | None:
    """Read MOTS text files with TrackEval's MOTSChallenge or KittiMOTS."""
    def load() -> int:
        from trackeval.datasets import KittiMOTS, MOTSChallenge

        found = 0
        for file, info in zip(files, infos, strict=True):
            loader = _bare(KittiMOTS if kitti else MOTSChallenge, folder, {info.name: info.frame_count})
            loader.config = {"GT_LOC_FORMAT": str(folder / file).replace("{", "{{").replace("}", "}}")}
            raw = loader._load_raw_file("", info.name, True)
            loader._check_unique_ids({**raw, "tracker_ids": raw["gt_ids"]})
            found += sum(map(len, raw["gt_ids"]))
        return found

    regions = sum(_lines(folder / file, " 10000 10 ") for file in files)
    return _with_trackeval([folder / file for file in files], "KittiMOTS" if kitti else "MOTSChallenge", load,
                           boxes - regions)


def check_kitti(folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
    """Read KITTI tracking ground truth with TrackEval's Kitti2DBox."""
    files = [folder / "label_02" / f"{info.name}.txt" for info in infos]

    def load() -> int:
        from trackeval.datasets import Kitti2DBox

        found = 0
        for info in infos:
            loader = _bare(Kitti2DBox, folder, {info.name: info.frame_count})
            loader.class_list = ["car", "pedestrian"]
            loader.class_name_to_class_id = {"car": 1, "van": 2, "truck": 3, "pedestrian": 4, "person": 5, "cyclist": 6,
                                             "tram": 7, "misc": 8, "dontcare": 9, "car_2": 1}
            raw = loader._load_raw_file("", info.name, True)
            found += sum(map(len, raw["gt_ids"]))
        return found

    regions = sum(_lines(file, " DontCare ") for file in files)
    return _with_trackeval(files, "Kitti2DBox", load, boxes - regions)


def check_bdd100k(folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
    """Read BDD100K box tracks with TrackEval's BDD100K."""
    def load() -> int:
        from trackeval.datasets import BDD100K

        loader = BDD100K({"GT_FOLDER": str(folder), "TRACKERS_FOLDER": str(folder), "TRACKERS_TO_EVAL": [],
                          "PRINT_CONFIG": False})
        found = 0
        for info in infos:
            raw = loader._load_raw_file("", info.name, True)
            found += sum(map(len, raw["gt_ids"])) + sum(map(len, raw["gt_crowd_ignore_regions"]))
        return found

    return _with_trackeval([folder / f"{info.name}.json" for info in infos], "BDD100K", load, boxes)


def check_tao(file: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
    """Read a TAO file with TrackEval's TAO."""
    def load() -> int:
        from trackeval.datasets import TAO

        loader = TAO({"GT_FOLDER": str(file.parent), "TRACKERS_FOLDER": str(file.parent), "TRACKERS_TO_EVAL": [],
                      "PRINT_CONFIG": False})
        return sum(len(ids) for info in infos for ids in loader._load_raw_file("", info.name, True)["gt_ids"])

    return _with_trackeval([file], "TAO", load, boxes)


def check_youtube_vis(file: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
    """Read a YouTube-VIS file, in a folder named ``youtube_vis_SPLIT``, with TrackEval's YouTubeVIS."""
    def load() -> int:
        from trackeval.datasets import YouTubeVIS

        parent = f"{file.parent.parent}/"
        loader = YouTubeVIS({"GT_FOLDER": parent, "TRACKERS_FOLDER": parent, "TRACKERS_TO_EVAL": [],
                             "SPLIT_TO_EVAL": file.parent.name.removeprefix("youtube_vis_"), "PRINT_CONFIG": False})
        return sum(len(ids) for info in infos for ids in loader._load_raw_file("", info.name, True)["gt_ids"])

    return _with_trackeval([file], "YouTubeVIS", load, boxes)


def check_coco(file: Path, boxes: int) -> str | None:
    """Read a COCO file with pycocotools."""
    from pycocotools.coco import COCO

    if file.stat().st_size > _LARGEST:
        return None
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(file))
    missing = [item["id"] for item in coco.anns.values()
               if item["category_id"] not in coco.cats or item["image_id"] not in coco.imgs]
    if len(coco.anns) != boxes or missing:
        raise FormatError(f"pycocotools finds {len(coco.anns)} boxes in {file.name} instead of {boxes}, {len(missing)} "
                          "of them with unknown images or categories; nothing was exported")
    return f"also with pycocotools {version('pycocotools')}"


def _with_trackeval(files: Sequence[Path], reader: str, load: Callable[[], int], expected: int) -> str | None:
    if importlib.util.find_spec("trackeval") is None:
        return None
    if sum(file.stat().st_size for file in files) > _LARGEST:
        return f"not checked with TrackEval's {reader}: too large"
    from trackeval.utils import TrackEvalException

    try:
        # It prints its progress to standard output, which is reserved for the command line.
        with contextlib.redirect_stdout(io.StringIO()):
            found = load()
    except (TrackEvalException, ValueError, KeyError, IndexError, json.JSONDecodeError) as error:
        raise FormatError(f"TrackEval's {reader} cannot read the exported files ({error}); nothing was exported"
                          ) from error
    if found != expected:
        raise FormatError(f"TrackEval's {reader} finds {found} boxes instead of {expected}; nothing was exported")
    return f"also with TrackEval {version('trackeval')}'s {reader}"


def _bare(kind: Any, folder: Path, lengths: dict[str, int]) -> Any:
    """A data set object that can load one file. Bypasses the constructor, which requires trackers and sequence maps."""
    loader = kind.__new__(kind)
    loader.gt_fol = str(folder)
    loader.data_is_zipped = False
    loader.seq_lengths = lengths
    return loader


def _lines(file: Path, part: str) -> int:
    with file.open(encoding="utf-8") as lines:
        return sum(part in line for line in lines)
