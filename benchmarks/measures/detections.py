"""Recall and precision of a detector on frames with ground truth, and differences between two detectors' boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.engine.base import Detector
from annotator.model.box import box_iou
from annotator.model.frame import Detections, Frame
from annotator.video.images import read_image

FloatArray = npt.NDArray[np.floating]

#: MOTChallenge classes that are neither people nor false positives: on vehicles, static, distractor, reflection.
_IGNORED_CLASSES = (2, 7, 8, 12)


@dataclass(frozen=True)
class Truth:
    """Ground truth of one frame."""

    people: FloatArray
    """(N, 4) xyxy."""
    ignored: FloatArray
    """(M, 4) xyxy boxes that count neither as hits nor as false positives."""


@dataclass
class Counts:
    """Hits and false positives over many frames."""

    people: int = 0
    hits: int = 0
    false_alarms: int = 0

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.people)

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.false_alarms)


def read_truth(path: Path) -> dict[int, Truth]:
    """Return a MOTChallenge file's ground truth by frame index from 0. Without a class column, all boxes are people."""
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    boxes = np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], 1)
    with_classes = rows.shape[1] >= 9 and (rows[:, 7] >= 1).all()
    people = (rows[:, 6] > 0) & (rows[:, 7] == 1) if with_classes else rows[:, 6] > 0
    ignored = np.isin(rows[:, 7], _IGNORED_CLASSES) if with_classes else ~people
    return {int(number) - 1: Truth(boxes[(rows[:, 0] == number) & people], boxes[(rows[:, 0] == number) & ignored])
            for number in np.unique(rows[:, 0])}


def frames_of(sequence: Path) -> Iterator[Frame]:
    """Yield the frames of a MOTChallenge sequence's folder."""
    for path in sorted((sequence / "img1").glob("*.jpg")):
        index = int(path.stem) - 1
        yield Frame(index, read_image(path), index / 30)


def count(found: Detections, truth: Truth, overlap: float = 0.5) -> Counts:
    """Match boxes to people one to one, highest score first, each to the person it overlaps most."""
    free = np.ones(len(truth.people), bool)
    counts = Counts(people=len(truth.people))
    for box in found.box_xyxy[np.argsort(-found.score, kind="stable")].astype(float):
        iou = np.where(free, box_iou(box[None], truth.people)[0], 0.0) if len(free) else np.zeros(1)
        if iou.max() >= overlap:
            free[iou.argmax()] = False
            counts.hits += 1
        elif not (box_iou(box[None], truth.ignored) >= overlap).any():
            counts.false_alarms += 1
    return counts


def score(detector: Detector, sequences: list[Path], threshold: float) -> Counts:
    """Count hits and false positives of the first label over whole sequences, for scores of ``threshold`` or more."""
    total = Counts()
    for sequence in sequences:
        truth = read_truth(sequence / "gt/gt.txt")
        for frame in frames_of(sequence):
            found = detector.detect([frame])[0]
            one = count(found[(found.score >= threshold) & (found.label == 0)],
                        truth.get(frame.index, Truth(np.zeros((0, 4)), np.zeros((0, 4)))))
            total.people += one.people
            total.hits += one.hits
            total.false_alarms += one.false_alarms
    return total


def differences(one: Detections, other: Detections) -> tuple[FloatArray, FloatArray, int]:
    """Return each box's largest edge difference (pixels) and score difference from its counterpart, and the number of
    boxes without one.

    Counterparts have the same label and an IoU above 0.9.
    """
    if not len(one) or not len(other):
        return np.zeros(0), np.zeros(0), len(one) + len(other)
    iou = np.where(one.label[:, None] == other.label[None], box_iou(one.box_xyxy, other.box_xyxy), 0.0)
    best = iou.argmax(1)
    matched = np.flatnonzero(iou.max(1) > 0.9)
    boxes = np.abs(one.box_xyxy[matched] - other.box_xyxy[best[matched]]).max(1)
    scores = np.abs(one.score[matched] - other.score[best[matched]])
    return boxes, scores, len(one) - len(matched) + len(other) - len(set(best[matched].tolist()))
