"""A Kalman filter of one box with constant velocity."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from annotator.model.box import Box

_POSITION, _VELOCITY = 1 / 20, 1 / 160
"""Standard deviations per frame of a box's centre and size and of their velocities, as fractions of its height."""


@dataclass(frozen=True, slots=True)
class BoxMotion:
    """The estimated centre, size and velocity of a box in one frame. Lists, so that snapshots can store them."""

    frame: int
    mean: list[float]
    """(8,) centre x and y, width, height, and their changes per frame."""
    covariance: list[list[float]]
    """(8, 8)"""

    @classmethod
    def of_box(cls, box: Box, frame: int) -> BoxMotion:
        """Return the state of a box that was seen once: its velocity is unknown and taken as 0."""
        measured = _measured(box)
        height = measured[3]
        spread = np.array([2 * _POSITION * height] * 4 + [10 * _VELOCITY * height] * 4)
        return cls(frame, [*measured.tolist(), 0.0, 0.0, 0.0, 0.0], np.diag(spread ** 2).tolist())

    def at(self, frame: int) -> BoxMotion:
        """Return the prediction for another frame, one frame at a time; backward propagation counts likewise."""
        mean, covariance = np.array(self.mean), np.array(self.covariance)
        for _ in range(abs(frame - self.frame)):
            height = max(mean[3], 1.0)
            noise = np.array([_POSITION * height] * 4 + [_VELOCITY * height] * 4)
            mean, covariance = _ADVANCE @ mean, _ADVANCE @ covariance @ _ADVANCE.T + np.diag(noise ** 2)
        return BoxMotion(frame, mean.tolist(), covariance.tolist())

    def with_box(self, box: Box) -> BoxMotion:
        """Return the state after the box was seen in this frame."""
        mean, covariance = np.array(self.mean), np.array(self.covariance)
        noise = np.diag(np.full(4, (_POSITION * max(mean[3], 1.0)) ** 2))
        gain = np.linalg.solve(covariance[:4, :4] + noise, covariance[:4]).T
        mean = mean + gain @ (_measured(box) - mean[:4])
        return replace(self, mean=mean.tolist(), covariance=(covariance - gain @ covariance[:4]).tolist())

    def box(self) -> Box:
        x, y, width, height = self.mean[:4]
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2


_ADVANCE: npt.NDArray[np.float64] = np.eye(8) + np.eye(8, k=4)


def _measured(box: Box) -> npt.NDArray[np.float64]:
    x0, y0, x1, y1 = box
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0], np.float64)
