"""Score Scalabel / BDD100K box tracks by class, as the BDD100K benchmark does.

Box edges are inclusive (width = x2 - x1 + 1). Ground-truth boxes marked ``crowd`` or ``ignored`` are ignore regions for
every class: an unmatched box of the result with more than half of its area in one of them is not counted. Each class is
scored separately; super-classes and OVERALL sum the counts of their classes.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.evaluation.arrays import combine, run_metrics
from annotator.evaluation.clear_mot import ClearAccumulator, ClearCounts, Distance, assign
from annotator.evaluation.overlaps import OverlapBuilder
from annotator.evaluation.scores import Evaluation, Scores
from annotator.formats.reading.json_stream import load_json
from annotator.model.box import box_area, box_iou, intersection_area

Boxes = npt.NDArray[np.float64]
Groups = dict[str, tuple[str, ...]]
"""Super-class to its classes."""

_BDD100K: Groups = {
    "human": ("pedestrian", "rider"), "vehicle": ("car", "truck", "bus", "train"), "bike": ("motorcycle", "bicycle")}
_IOU_THRESHOLD = 0.5
_IGNORE_OVERLAP = 0.5
_EXPECTED = "Scalabel JSON: a list of frames {name, videoName, frameIndex, labels: [{id, category, box2d}]}"


@dataclass(frozen=True, slots=True)
class _Objects:
    """Boxes of one class in one frame."""

    ids: list[str] = field(default_factory=list)
    boxes: list[list[float]] = field(default_factory=list)

    def array(self) -> Boxes:
        return np.asarray(self.boxes, np.float64).reshape(len(self.boxes), 4)


@dataclass(frozen=True, slots=True)
class _Frame:
    by_class: dict[str, _Objects]
    ignored: Boxes


_Videos = dict[str, dict[int, _Frame]]
_NO_FRAME = _Frame({}, np.zeros((0, 4)))


def evaluate_scalabel(gt: Path, result: Path, config: Path | None = None) -> Evaluation:
    """Score Scalabel JSON. ``config`` is a Scalabel label configuration (TOML); default: BDD100K's classes.

    CLEAR MOT scores follow BDD100K; HOTA and identity scores come from TrackEval on the same boxes. Raises FormatError
    for missing or malformed files, unknown classes, and frames that are not in the ground truth.
    """
    groups = _BDD100K if config is None else _read_groups(config)
    names = tuple(dict.fromkeys(name for members in groups.values() for name in members))
    truth, found = _load(gt, names, "ground truth"), _load(result, names, "result")
    for video, frames in found.items():
        extra = sorted(set(frames) - set(truth.get(video, {})))
        if extra:
            raise FormatError(f"{result}: found video {video!r} frameIndex {extra[0]}, which is not in the ground "
                              "truth")
    counts: dict[str, ClearCounts] = {}
    parts: dict[str, dict[str, Scores]] = {}
    for name in names:
        counts[name], parts[name] = _score_class(name, truth, found)
    classes = {name: _merge((name,), counts, parts) for name in names}
    supers = {group: _merge(members, counts, parts) for group, members in groups.items() if members != (group,)}
    average = {score: float(np.mean([_or_zero(getattr(classes[name], score)) for name in names]))
               for score in ("mota", "motp", "idf1")}
    return Evaluation(_merge(names, counts, parts), classes={**classes, **supers}, class_average=average,
                      settings={"format": "scalabel", "iou_threshold": _IOU_THRESHOLD,
                                "ignore_overlap": _IGNORE_OVERLAP, "videos": len(truth)})


def _score_class(name: str, truth: _Videos, found: _Videos) -> tuple[ClearCounts, dict[str, Scores]]:
    total = ClearCounts()
    parts: dict[str, Scores] = {}
    for video, frames in truth.items():
        clear = ClearAccumulator()
        overlaps = OverlapBuilder()
        gt_numbers, numbers = _Numbers(), _Numbers()
        for index in sorted(frames):
            gt_objects = frames[index].by_class.get(name, _Objects())
            objects = found.get(video, {}).get(index, _NO_FRAME).by_class.get(name, _Objects())
            gt_ids, ids, iou = _compare(gt_objects, objects, frames[index].ignored)
            clear.update(gt_ids, ids, _distance(iou))
            overlaps.add(gt_numbers.of(gt_ids), numbers.of(ids), iou)
        total += clear.finish()
        if gt_numbers or numbers:
            parts[f"{name} {video}"] = Scores.from_raw(run_metrics(overlaps.finish()))
    return total, parts


def _compare(gt: _Objects, found: _Objects, ignored: Boxes) -> tuple[list[str], list[str], Boxes]:
    """Ids of both sides and their IoU, without the boxes of the result that are excluded by ignore regions."""
    boxes = found.array()
    iou = np.asarray(box_iou(gt.array(), boxes), np.float64)
    excused: npt.NDArray[np.bool_] = np.zeros(len(boxes), bool)
    if len(ignored) and len(boxes):
        area = np.maximum(box_area(boxes), np.finfo(float).tiny)
        excused = np.any(intersection_area(boxes, ignored) / area[:, None] > _IGNORE_OVERLAP, axis=1)
        excused[[column for _, column in assign(_distance(iou))]] = False
    return gt.ids, [each for each, gone in zip(found.ids, excused, strict=True) if not gone], iou[:, ~excused]


def _distance(iou: Boxes) -> Distance:
    distance = 1 - iou
    return np.where(distance > 1 - _IOU_THRESHOLD, np.nan, distance)


class _Numbers(dict[str, int]):
    """Numbers for ids, in order of appearance."""

    def of(self, ids: list[str]) -> npt.NDArray[np.int64]:
        return np.asarray([self.setdefault(each, len(self)) for each in ids], np.int64)


def _merge(names: tuple[str, ...], counts: Mapping[str, ClearCounts], parts: Mapping[str, Mapping[str, Scores]],
           ) -> Scores:
    total = sum((counts[name] for name in names), ClearCounts())
    together = {key: scores for name in names for key, scores in parts[name].items()}
    base = combine(together) if together else _nothing()
    return replace(base, mota=100 * total.mota, motp=100 * total.motp, idsw=total.switches,
                   fp=total.false_positives, fn=total.misses, tp=total.matches, mt=total.mostly_tracked,
                   pt=total.partly_tracked, ml=total.mostly_lost, frag=total.fragmentations)


def _nothing() -> Scores:
    """The scores if neither side has a box: all undefined."""
    nan = math.nan
    return Scores(nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, 0, 0, 0, 0, 0, 0, 0)


def _or_zero(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _read_groups(config: Path) -> Groups:
    try:
        categories = tomllib.loads(config.read_text(encoding="utf-8"))["categories"]
        return {each["name"]: tuple(sub["name"] for sub in each.get("subcategories", ())) or (each["name"],)
                for each in categories}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise FormatError(f"{config} is not a Scalabel label configuration ({error}); expected [[categories]] with "
                          "names") from error
    except OSError as error:
        raise FormatError(f"{config} cannot be read: {error.strerror or error}") from error


def _load(path: Path, names: tuple[str, ...], side: str) -> _Videos:
    content = load_json(path)
    frames = content.get("frames") if isinstance(content, dict) else content
    if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
        raise FormatError(f"{path} has no list of frames; expected {_EXPECTED}")
    videos: _Videos = {}
    for position, frame in enumerate(frames):
        index = frame.get("frameIndex")
        if not isinstance(index, int) or "videoName" not in frame:
            raise FormatError(f"{path} frame {position}: videoName or frameIndex is missing; expected {_EXPECTED}")
        known = videos.setdefault(str(frame["videoName"]), {})
        if index in known:
            raise FormatError(f"{path} frame {position}: frameIndex {index} occurs twice in {frame['videoName']!r}")
        known[index] = _parse_frame(frame, names, side, f"{path} frame {position}")
    return videos


def _parse_frame(frame: Mapping[str, Any], names: tuple[str, ...], side: str, where: str) -> _Frame:
    by_class: dict[str, _Objects] = {}
    ignored: list[list[float]] = []
    for label in frame.get("labels") or ():
        if not isinstance(label, dict) or "id" not in label:
            raise FormatError(f"{where}: found a label without an id; expected {_EXPECTED}")
        if label.get("box2d") is None:
            continue
        category = label.get("category")
        if category not in names:
            raise FormatError(f"{where}: found category {category!r}; expected one of {', '.join(names)} (for another "
                              "data set, give its label configuration)")
        box = _box(label["box2d"], where)
        attributes = label.get("attributes") or {}
        if attributes.get("crowd") or attributes.get("ignored"):
            if side == "ground truth":
                ignored.append(box)
            continue
        objects = by_class.setdefault(category, _Objects())
        if str(label["id"]) in objects.ids:
            raise FormatError(f"{where}: the {side} has id {label['id']!r} more than once")
        objects.ids.append(str(label["id"]))
        objects.boxes.append(box)
    return _Frame(by_class, np.asarray(ignored, np.float64).reshape(len(ignored), 4))


def _box(box: Any, where: str) -> list[float]:
    try:
        values = [float(box["x1"]), float(box["y1"]), float(box["x2"]) + 1, float(box["y2"]) + 1]
    except (KeyError, TypeError, ValueError):
        values = [math.nan]
    if not all(map(math.isfinite, values)):
        raise FormatError(f"{where}: found box2d {str(box)[:60]}; expected finite x1, y1, x2, y2")
    return values
