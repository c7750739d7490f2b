"""A detection threshold from the scores themselves, with Otsu's method.

Sources: Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE SMC 1979; for detections of a whole
sequence: Meier and Lüddecke, "Zero-Shot Multi-Animal Tracking in the Wild", 2025 (arXiv 2511.02591), which adds 0.1 for
detections that may begin a track.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from annotator.errors import SettingsError


def otsu_threshold(scores: npt.NDArray[np.floating]) -> float | None:
    """The border between weak and strong scores: the split with the greatest variance between its two sides.

    It is computed from the scores as they are, without a histogram's bins, and lies midway between the neighbouring
    scores. Scores (N,) that are not finite are left out; None where all others are equal or there are none.
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
    """Otsu's threshold and a margin, but never so much that more than half of the strong detections are lost.

    ``scores`` (N,) are all of a sequence, 0..1; ``source`` names them in the message. Raises SettingsError where they
    do not tell strong from weak.
    """
    border = otsu_threshold(scores)
    if border is None:
        raise SettingsError(f"{source}: the scores of its detections do not tell strong from weak (there are fewer "
                            "than two different ones): give --det-threshold instead of an adaptive one")
    strong = scores[np.isfinite(scores) & (scores > border)]
    return float(min(border + margin, np.median(strong)))
