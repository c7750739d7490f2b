"""Scores of unknown scale: split them into weak and strong ones, and map them to confidences in 0..1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


def otsu_threshold(score: FloatArray) -> float:
    """Return the value that splits these scores into two groups with the largest between-group variance.

    Takes (N,) finite values; computed exactly, without a histogram. The result is midway between the highest weak and
    the lowest strong score. With fewer than two different values, it is that value (0.0 if there are none). Source:
    Otsu, IEEE Trans. SMC 9(1), 1979.
    """
    ordered = np.sort(np.asarray(score, np.float64))
    steps = np.flatnonzero(np.diff(ordered) > 0)
    if not len(steps):
        return float(ordered[0]) if len(ordered) else 0.0
    total = np.cumsum(ordered)
    weak = steps + 1.0
    strong = len(ordered) - weak
    gap = (total[-1] - total[steps]) / strong - total[steps] / weak
    best = int(steps[np.argmax(weak * strong * gap ** 2)])
    return float((ordered[best] + ordered[best + 1]) / 2)


def to_confidence(score: FloatArray) -> FloatArray:
    """Map scores of any scale to confidences, preserving their order. (N,) -> (N,) float64 in 0..1.

    The map is a logistic curve with 0.5 at Otsu's threshold; the mean weak and the mean strong score are about four
    logistic units apart (typically 0.1 and 0.9). If all scores are equal, they become 1.
    """
    values = np.asarray(score, np.float64)
    threshold = otsu_threshold(values)
    strong = values > threshold
    if not strong.any():
        return np.ones_like(values)
    unit = (values[strong].mean() - values[~strong].mean()) / 4
    return np.asarray(0.5 * (1 + np.tanh((values - threshold) / unit / 2)))
