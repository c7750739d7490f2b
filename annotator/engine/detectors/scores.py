"""Scores of unknown scale: where they part into weak and strong ones, and how they become confidences in 0..1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


def otsu_threshold(score: FloatArray) -> float:
    """The value that parts these scores best into two groups: largest variance between the groups' means.

    (N,) finite values, exact, without a histogram; halfway between the last weak score and the first strong one. With
    fewer than two different values, that value (0.0 for none). Source: Otsu, IEEE Trans. SMC 9(1), 1979.
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
    """Scores of any scale as confidences, in the same order. (N,) -> (N,) float64 in 0..1.

    A logistic curve with 0.5 at Otsu's threshold, so steep that the mean weak score and the mean strong score lie
    about four units of the logistic apart (typically 0.1 and 0.9). Scores that are all equal become 1.
    """
    values = np.asarray(score, np.float64)
    threshold = otsu_threshold(values)
    strong = values > threshold
    if not strong.any():
        return np.ones_like(values)
    unit = (values[strong].mean() - values[~strong].mean()) / 4
    return np.asarray(0.5 * (1 + np.tanh((values - threshold) / unit / 2)))
