"""Score a finished data set run and compare the scores with published results."""

from __future__ import annotations

import json
import math
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.errors import FormatError
from annotator.evaluation.arrays import combine
from annotator.evaluation.mot import MotPair, score_mot
from annotator.evaluation.scalabel import evaluate_scalabel
from annotator.evaluation.scores import Scores
from annotator.evaluation.uavdt import UavdtPair, score_uavdt
from annotator.formats.driving.scalabel import read_truth, write_frames
from annotator.formats.reading.json_stream import load_json
from annotator.formats.sam2mot.published_layout import TRAJECTORIES
from annotator.jobs.datasets.runs import BenchmarkPlan, used_thresholds
from annotator.jobs.datasets.sequence import RUN, SCALABEL, Task
from annotator.resources import resource_path

_MOT_COLUMNS = ("hota", "idf1", "mota", "assa", "deta", "tp", "fn", "fp", "idsw")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "dancetrack": _MOT_COLUMNS, "mot17": _MOT_COLUMNS,
    "uavdt": ("mota", "idf1", "tp", "fn", "fp", "idsw", "mt", "ml"),
    "bdd100k": ("hota", "idf1", "mota", "assa", "deta", "tp", "fn", "fp", "idsw")}
"""Score columns of each data set's published table."""
_HEADINGS = {"hota": "HOTA", "idf1": "IDF1", "mota": "MOTA", "assa": "AssA", "deta": "DetA"}
_UAVDT_IOU = (0.5, 0.4)


@dataclass(frozen=True, slots=True)
class Published:
    """One row of the published tables."""

    dataset: str
    split: str
    detector: str
    iou: float
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """The scores of a data set run."""

    dataset: str
    split: str
    detector: str
    tracker: str
    scored: int
    """Sequences with ground truth."""
    sequences: int
    by_iou: dict[float, Scores]
    """Scores over all sequences, by the IoU threshold of the CLEAR and identity scores; empty without ground truth."""
    by_sequence: dict[str, Scores] = field(default_factory=dict)
    """Scores at the first IoU threshold; empty for BDD100K, which is scored by class."""
    by_class: dict[str, Scores] = field(default_factory=dict)
    class_average: dict[str, float] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    published: tuple[Published, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain data for ``json.dumps``."""
        return {
            "dataset": self.dataset, "split": self.split, "detector": self.detector, "tracker": self.tracker,
            "sequences": self.sequences, "scored": self.scored,
            "scores": {f"{iou:g}": scores.to_json() for iou, scores in self.by_iou.items()},
            "by_sequence": {name: scores.to_json() for name, scores in self.by_sequence.items()},
            "by_class": {name: scores.to_json() for name, scores in self.by_class.items()},
            "class_average": self.class_average, "thresholds": self.thresholds,
            "published": [{"detector": row.detector, "iou": row.iou, "split": row.split, **row.scores}
                          for row in self.published]}

    def table(self) -> str:
        """Return a table in the published form: this run first, then the published rows."""
        columns = COLUMNS[self.dataset]
        several = len(self.by_iou) > 1
        head = ["detector", *(["IoU"] if several else []), *(_HEADINGS.get(name, name.upper()) for name in columns)]
        own = f"{self.detector} ({self.tracker}, this run)"
        rows = [[own, *([f"{iou:g}"] if several else []), *(_cell(getattr(scores, name)) for name in columns)]
                for iou, scores in self.by_iou.items()]
        rows += [[f"{row.detector} (published, {row.split})", *([f"{row.iou:g}"] if several else []),
                  *(_cell(row.scores[name]) for name in columns)] for row in self.published]
        lines = [_line(row, [head, *rows]) for row in [head, *rows]]
        if not self.by_iou:
            lines = [f"{self.dataset} {self.split} has no ground truth: no scores computed"]
        elif self.scored < self.sequences:
            lines.append(f"{self.scored} of {self.sequences} sequences have ground truth")
        return "\n".join(lines)


def report(prepared: BenchmarkPlan) -> BenchmarkReport:
    """Score a finished run. Raises FormatError for unreadable ground truth or results."""
    scored = [task for task in prepared.tasks if task.sequence.gt is not None]
    name = prepared.dataset.name
    common: dict[str, Any] = {
        "dataset": name, "split": prepared.split, "detector": _detector(prepared),
        "tracker": prepared.settings.tracker, "scored": len(scored), "sequences": len(prepared.tasks),
        "thresholds": used_thresholds(prepared),
        "published": tuple(row for row in published() if row.dataset == name)}
    if not scored:
        return BenchmarkReport(**common, by_iou={})
    if name == "bdd100k":
        result = _score_bdd100k(prepared, scored)
        return BenchmarkReport(**common, by_iou={0.5: result.combined}, by_class=result.classes,
                               class_average=result.class_average)
    if name == "uavdt":
        each = {iou: {task.sequence.name: _score_uavdt(task, iou) for task in scored} for iou in _UAVDT_IOU}
        return BenchmarkReport(**common, by_iou={iou: combine(scores) for iou, scores in each.items()},
                               by_sequence=each[_UAVDT_IOU[0]])
    by_sequence = {task.sequence.name: _score_mot(task, name) for task in scored}
    return BenchmarkReport(**common, by_iou={0.5: combine(by_sequence)}, by_sequence=by_sequence)


def published() -> list[Published]:
    """Return the published results from the bundled resources."""
    content = tomllib.loads(resource_path("published/sam2mot.toml").read_text(encoding="utf-8"))
    return [Published(row["dataset"], row["split"], row["detector"], row["iou"], row["scores"])
            for row in content["result"]]


def _score_mot(task: Task, dataset: str) -> Scores:
    sequence = task.sequence
    assert sequence.gt is not None
    # DanceTrack has one class and no distractors, so only MOT17 needs its preprocessing, which removes them.
    return score_mot(MotPair(sequence.name, sequence.gt, task.folder / TRAJECTORIES, sequence.seqinfo),
                     "MOT17" if dataset == "mot17" else "MOT15")


def _score_uavdt(task: Task, iou: float) -> Scores:
    sequence = task.sequence
    assert sequence.gt is not None
    count = int(json.loads((task.folder / RUN).read_text(encoding="utf-8"))["frames"])
    return score_uavdt(UavdtPair(sequence.name, sequence.gt, sequence.ignore, task.folder / TRAJECTORIES, count), iou)


def _score_bdd100k(prepared: BenchmarkPlan, scored: list[Task]) -> Any:
    """Merge the per-video files first, because the scorer takes one file of ground truth and one of results."""
    with tempfile.TemporaryDirectory() as folder:
        truth, result = Path(folder, "truth.json"), prepared.out / "bdd100k.json"
        write_frames(truth, (frame for task in scored if task.sequence.gt for frame in read_truth(task.sequence.gt)))
        write_frames(result, (frame for task in scored for frame in load_json(task.folder / SCALABEL)))
        try:
            return evaluate_scalabel(truth, result)
        except FormatError as error:
            raise FormatError(str(error).replace(str(truth), "the ground truth of these sequences")) from error


def _detector(prepared: BenchmarkPlan) -> str:
    if prepared.settings.detector is not None:
        return Path(prepared.settings.detector).stem
    return "given detections"


def _cell(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.1f}" if math.isfinite(value) else "-"


def _line(row: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(each[k]) for each in rows) for k in range(len(row))]
    return "  ".join(cell.ljust(width) if k == 0 else cell.rjust(width)
                     for k, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
