"""Score MOTChallenge files with the benchmarks' preprocessing, on rows parsed and checked by this program's reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from annotator.errors import FormatError
from annotator.evaluation.arrays import run_metrics
from annotator.evaluation.overlaps import FloatColumn, OverlapBuilder, Overlaps
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
    return Scores.from_raw(run_metrics(_overlaps(gt, result, length, benchmark)))


def _check_classes(pair: MotPair, gt: MotRows, result: MotRows, benchmark: Benchmark) -> None:
    classes = np.unique(np.where(result.eighth >= 0, result.eighth, 1))
    if len(classes) > 1 or (benchmark != "MOT15" and len(classes) and classes[0] != 1):
        found = ", ".join(f"{each:g}" for each in classes)
        raise FormatError(f"{pair.result}: found classes {found} in column 8; results must have one class, 1 or -1")
    unknown = sorted(set(np.unique(gt.class_number).tolist()) - set(_KNOWN_CLASSES))
    if benchmark != "MOT15" and unknown:
        raise FormatError(f"{pair.gt}: found class {unknown[0]}; {benchmark} has classes 1 to 13 (evaluate without "
                          "preprocessing to ignore classes)")


def _overlaps(gt: MotRows, result: MotRows, length: int, benchmark: Benchmark) -> Overlaps:
    """The counted boxes of both sides, after the benchmark's preprocessing as in TrackEval."""
    flagged = np.trunc(np.where(np.isnan(gt.seventh), 1, gt.seventh)) != 0
    counted = flagged if benchmark == "MOT15" else flagged & (gt.class_number == 1)
    distracting = np.isin(gt.class_number, DISTRACTOR_CLASSES.get(benchmark, ()))
    gt_starts, starts = _starts(gt, length), _starts(result, length)
    overlaps = OverlapBuilder()
    for frame in range(length):
        truth, found = slice(*gt_starts[frame:frame + 2]), slice(*starts[frame:frame + 2])
        similarity = np.asarray(box_iou(gt.box_xyxy[truth], result.box_xyxy[found]), np.float64)
        kept = _off_distractors(similarity, distracting[truth])
        overlaps.add(gt.id[truth][counted[truth]], result.id[found][kept], similarity[counted[truth]][:, kept])
    return overlaps.finish()


def _off_distractors(similarity: FloatColumn, distracting: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """(M,) whether a result box counts: it is not matched with a distractor when all objects of the frame, (N, M)
    similarities, are matched at IoU 0.5."""
    kept = np.ones(similarity.shape[1], bool)
    if distracting.any() and similarity.size:
        score = np.where(similarity < 0.5 - np.finfo(float).eps, 0, similarity)
        row, column = linear_sum_assignment(-score)
        kept[column[(score[row, column] > np.finfo(float).eps) & distracting[row]]] = False
    return kept


def _starts(rows: MotRows, length: int) -> npt.NDArray[np.intp]:
    """(length + 1,) row index at which each frame begins, and the end of the last one."""
    return np.searchsorted(rows.frame_index, np.arange(length + 1))
