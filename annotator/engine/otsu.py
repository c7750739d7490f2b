"""Derive a detection threshold from the scores with Otsu's method.

Sources: Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE SMC 1979; for detections of a whole
sequence: Meier and Lüddecke, "Zero-Shot Multi-Animal Tracking in the Wild", 2025 (arXiv 2511.02591), which adds 0.1 for
detections that may start a track.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from annotator.errors import SettingsError


def otsu_threshold(scores: npt.NDArray[np.floating]) -> float | None:
    """Return the threshold between weak and strong scores: the split with the largest between-group variance.

    It is computed exactly, without a histogram, and is midway between the neighbouring scores. Scores (N,) that are
    not finite are ignored. Returns None if all others are equal or there are none.
    """
    values, counts = np.unique(np.asarray(scores, np.float64)[np.isfinite(scores)], return_counts=True)
    if len(values) < 2:
        return None
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    total = np.cumsum(values * counts)
    mean_below, mean_above = total[:-1] / below, (total[-1] - total[:-1]) / above
    split = int(np.argmax(below * above * (mean_above - mean_below) ** 2))
    return float((values[split] + values[split + 1]) / 2)


def adaptive_threshold(scores: npt.NDArray[np.floating], margin: float, source: str) -> float:
    """Return Otsu's threshold plus a margin, limited so that at least half of the strong detections remain.

    ``scores`` (N,) are all scores of a sequence, 0..1; ``source`` names them in the message. Raises SettingsError if
    they cannot be split into weak and strong ones.
    """
    threshold = otsu_threshold(scores)
    if threshold is None:
        raise SettingsError(f"{source}: the detections have fewer than two different scores, which an adaptive "
                            "threshold needs: give --det-threshold instead")
    strong = scores[np.isfinite(scores) & (scores > threshold)]
    return float(min(threshold + margin, np.median(strong)))
