"""Score MOTChallenge files with TrackEval's preprocessing, on rows parsed and checked by this program's own reader."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.evaluation.arrays import run_metrics
from annotator.evaluation.scores import Scores
from annotator.formats.mot.rows import MotRows, read_mot_rows
from annotator.formats.mot.seqinfo import read_seqinfo
from annotator.model.box import box_iou

Benchmark = Literal["MOT15", "MOT16", "MOT17", "MOT20"]
"""The benchmark whose rules apply. MOT15 has no classes, so no preprocessing; MOT20 has an extra distractor class."""

_BENCHMARK_NAME = re.compile(r"MOT(16|17|20)\b")
_BENCHMARKS: dict[str, Benchmark] = {"16": "MOT16", "17": "MOT17", "20": "MOT20"}
_KNOWN_CLASSES = range(1, 14)

#: Ground-truth classes whose matched boxes count as neither right nor wrong: person on a vehicle, static person,
#: distractor, reflection, and in MOT20 non-motorized vehicle. By benchmark with preprocessing.
DISTRACTOR_CLASSES: dict[str, tuple[int, ...]] = {
    "MOT16": (2, 7, 8, 12), "MOT17": (2, 7, 8, 12), "MOT20": (2, 6, 7, 8, 12)}


@dataclass(frozen=True, slots=True)
class MotPair:
    """One sequence: its ground truth, its result, and its header if it has one."""

    name: str
    gt: Path
    result: Path
    seqinfo: Path | None = None


def guess_benchmark(pair: MotPair, preprocess: bool | None) -> Benchmark:
    """Guess the benchmark of a sequence; see `annotator.evaluation.evaluate`. Raises FormatError as the reader does."""
    named = _BENCHMARK_NAME.match(pair.name)
    if named:
        return _BENCHMARKS[named.group(1)]
    if preprocess is not None:
        return "MOT17" if preprocess else "MOT15"
    own_labels = (pair.gt.parent / "labels.txt").is_file()
    several = not own_labels and bool((read_mot_rows(pair.gt, "mot").class_number != 1).any())
    return "MOT17" if several else "MOT15"


def score_mot(pair: MotPair, benchmark: Benchmark) -> Scores:
    """Score one sequence.

    Raises FormatError with file and line for malformed files, negative ids, frames beyond ``seqLength``, several
    classes in the result, and classes that the benchmark does not know.
    """
    length = read_seqinfo(pair.seqinfo).frame_count if pair.seqinfo is not None else None
    gt = read_mot_rows(pair.gt, "mot", frame_count=length)
    result = read_mot_rows(pair.result, "mot-results", frame_count=length)
    for rows, path in ((gt, pair.gt), (result, pair.result)):
        if (rows.id < 0).any():
            raise FormatError(f"{path}: found id {rows.id.min()}; ids must be 0 or greater (are these detections?)")
    _check_classes(pair, gt, result, benchmark)
    if length is None:
        length = int(max([-1, *gt.frame_index[-1:], *result.frame_index[-1:]])) + 1
    data = _trackeval_dataset(pair.name, length, benchmark).get_preprocessed_seq_data(
        _raw_data(pair.name, gt, result, length), "pedestrian")
    return Scores.from_raw(run_metrics(data))


def _check_classes(pair: MotPair, gt: MotRows, result: MotRows, benchmark: Benchmark) -> None:
    classes = np.unique(result.class_number)
    if len(classes) > 1 or (benchmark != "MOT15" and len(classes) and classes[0] != 1):
        raise FormatError(f"{pair.result}: found classes {', '.join(map(str, classes))} in column 8; results must have "
                          "one class, 1 or -1")
    unknown = sorted(set(np.unique(gt.class_number).tolist()) - set(_KNOWN_CLASSES))
    if benchmark != "MOT15" and unknown:
        raise FormatError(f"{pair.gt}: found class {unknown[0]}; {benchmark} has classes 1 to 13 (evaluate without "
                          "preprocessing to ignore classes)")


def _trackeval_dataset(name: str, length: int, benchmark: Benchmark) -> Any:
    """TrackEval's data set class, needed for its preprocessing only. It requires files, so it gets empty ones."""
    from trackeval.datasets import MotChallenge2DBox

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "gt.txt").touch()
        results = Path(folder, "tracker", name + ".txt")
        results.parent.mkdir()
        results.touch()
        return MotChallenge2DBox({
            "GT_FOLDER": folder, "GT_LOC_FORMAT": "{gt_folder}/gt.txt", "TRACKERS_FOLDER": folder,
            "TRACKERS_TO_EVAL": ["tracker"], "TRACKER_SUB_FOLDER": "", "SEQ_INFO": {name: length},
            "BENCHMARK": benchmark, "DO_PREPROC": benchmark != "MOT15", "SKIP_SPLIT_FOL": True, "PRINT_CONFIG": False})


def _raw_data(name: str, gt: MotRows, result: MotRows, length: int) -> dict[str, Any]:
    """The two files as TrackEval's loader would return them: each column as a list by frame."""
    cut_gt, cut = _cuts(gt, length), _cuts(result, length)
    boxes = np.split(gt.box_xyxy, cut_gt), np.split(result.box_xyxy, cut)
    flag = np.where(np.isnan(gt.seventh), 1, gt.seventh).astype(int)
    return {
        "seq": name, "num_timesteps": length,
        "gt_ids": np.split(gt.id, cut_gt), "gt_classes": np.split(gt.class_number, cut_gt), "gt_dets": boxes[0],
        "gt_extras": [{"zero_marked": part} for part in np.split(flag, cut_gt)],
        "tracker_ids": np.split(result.id, cut), "tracker_dets": boxes[1],
        "tracker_classes": [np.ones(len(part), int) for part in boxes[1]],
        "tracker_confidences": np.split(result.seventh, cut),
        "similarity_scores": [box_iou(a, b) for a, b in zip(*boxes, strict=True)],
    }


def _cuts(rows: MotRows, length: int) -> npt.NDArray[np.intp]:
    """Row index at which each frame except the first begins."""
    return np.searchsorted(rows.frame_index, np.arange(1, length))
