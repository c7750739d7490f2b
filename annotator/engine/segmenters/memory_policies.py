"""What a segmenter writes to memory and attends to later: three published policies on the same weights.

- ``sam2``: the stock predictor's. Every frame is written; the last frames by index are recalled.
- ``dam4sam``: DAM4SAM (arXiv 2411.17576). Frames without the object are not written; the recent memory holds the last
  frame and every fifth one; a frame in which candidate masks diverge becomes an anchor, next to the prompted ones.
- ``samurai``: SAMURAI (arXiv 2411.11922). A Kalman filter on the mask's box helps to choose among the candidate masks,
  and only frames with good scores are recalled.

Policies hold no state. What they must know of an object is its `Past`, which snapshots store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from annotator.engine.segmenters.motion import BoxMotion
from annotator.engine.settings import MEMORY_POLICIES
from annotator.errors import SettingsError
from annotator.model.box import Box, box_area, box_iou

Cells = npt.NDArray[np.bool_]


class Role(IntEnum):
    """What an ordinary or conditioning memory may be used for later."""

    NONE = 0
    """Not written."""
    LATEST = 1
    """Recalled only as long as no later frame is written."""
    RECENT = 2
    """Recalled as one of the recent frames."""
    ANCHOR = 3
    """A conditioning memory."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One mask of an object in one frame."""

    score: float
    """Object score logit."""
    iou: float
    """The segmenter's estimate of the mask's IoU, 0..1."""
    area: int = 0
    """Cells of the mask."""
    box: Box | None = None
    """Tight box of the mask in cells; None if the mask is empty."""
    agreement: float = 1.0
    """How far the other candidate masks agree, 0..1: the area of the mask's box over that of the box around the mask
    and the largest part of another candidate; the smallest such share."""

    @property
    def present(self) -> bool:
        return self.score > 0 and self.area > 0


@dataclass(slots=True)
class Past:
    """What a policy knows of an object's earlier frames."""

    areas: list[int] = field(default_factory=list)
    """Mask areas of the last frames with the object, oldest first."""
    anchored_at: int | None = None
    """Last frame that became a conditioning memory."""
    motion: BoxMotion | None = None
    stable: int = 0
    """Consecutive frames in which the motion fitted."""

    def to_state(self) -> dict[str, Any]:
        """Return plain data; see `of_state`."""
        return asdict(self)

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Past:
        motion = None if state["motion"] is None else BoxMotion(**state["motion"])
        return cls(list(state["areas"]), state["anchored_at"], motion, state["stable"])


class Span(Protocol):
    """The extent of a memory; see `annotator.engine.segmenters.memory.MemoryWindow`."""

    @property
    def spatial_frames(self) -> int: ...

    @property
    def direction(self) -> int: ...


class MemoryPolicy(Protocol):
    """Decides which candidate mask is the object's, what is written and what is recalled."""

    @property
    def name(self) -> str: ...

    @property
    def judges_masks(self) -> bool:
        """Whether the policy needs the candidate masks. If not, the segmenter decodes only the best one, and `choose`
        and `admit` are never called."""

    @property
    def keeps_first(self) -> bool:
        """Whether the first conditioning memory always stays, whatever the settings."""

    def choose(self, past: Past, frame_index: int, options: Sequence[Seen]) -> int:
        """Return the index of the object's mask among the candidates of a frame."""

    def admit(self, past: Past, frame_index: int, seen: Seen, step: int) -> Role:
        """Return the role of a frame that was predicted from memory, and record it in the past. ``step`` is 1, or -1
        for backward propagation."""

    def begin(self, past: Past, frame_index: int, seen: Seen) -> None:
        """Record a prompted frame in the past."""

    def recall(self, roles: Mapping[int, Role], frame_index: int, window: Span) -> list[tuple[int, int]]:
        """Return (frame, temporal position) of the ordinary memories that a frame attends to, by position: 1 is the
        oldest, ``window.spatial_frames`` the newest. ``roles``: written frames, without the selected conditioning
        ones."""

    def keeps(self, roles: Mapping[int, Role], frame_index: int, window: Span) -> set[int]:
        """Return the frames that this or a later frame may still recall."""


@dataclass(frozen=True, slots=True)
class Sam2Policy:
    """The stock predictor's policy."""

    name: str = "sam2"
    judges_masks: bool = False
    keeps_first: bool = False

    def choose(self, past: Past, frame_index: int, options: Sequence[Seen]) -> int:
        return _best_estimate(options)

    def admit(self, past: Past, frame_index: int, seen: Seen, step: int) -> Role:
        return Role.RECENT

    def begin(self, past: Past, frame_index: int, seen: Seen) -> None:
        pass

    def recall(self, roles: Mapping[int, Role], frame_index: int, window: Span) -> list[tuple[int, int]]:
        count = window.spatial_frames
        frames = ((frame_index - window.direction * (count + 1 - position), position)
                  for position in range(1, count + 1))
        return [(t, position) for t, position in frames if t in roles]

    def keeps(self, roles: Mapping[int, Role], frame_index: int, window: Span) -> set[int]:
        return {t for t in roles if (frame_index - t) * window.direction <= window.spatial_frames}


@dataclass(frozen=True, slots=True)
class Dam4SamPolicy:
    """Distractor-aware memory. The limits are the paper's."""

    stride: int = 5
    """Every such frame is a recent memory; also the minimum number of frames between two anchors."""
    slots: int = 3
    """Number of recent memories, the last frame included."""
    divergence: float = 0.7
    """A frame may become an anchor if its candidates agree less than this ..."""
    sure: float = 0.8
    """... its mask's estimated IoU is above this ..."""
    area_change: float = 0.2
    """... and its area differs by at most this fraction from the median of the last ``area_frames`` frames."""
    area_frames: int = 10
    name: str = "dam4sam"
    judges_masks: bool = True
    keeps_first: bool = True

    def choose(self, past: Past, frame_index: int, options: Sequence[Seen]) -> int:
        return _best_estimate(options)

    def admit(self, past: Past, frame_index: int, seen: Seen, step: int) -> Role:
        if not seen.present:
            return Role.NONE
        anchor = self._is_anchor(past, frame_index, seen, step)
        self._remember(past, seen)
        if anchor:
            past.anchored_at = frame_index
            return Role.ANCHOR
        return Role.RECENT if frame_index % self.stride == 0 else Role.LATEST

    def begin(self, past: Past, frame_index: int, seen: Seen) -> None:
        past.anchored_at = frame_index
        if seen.present:
            self._remember(past, seen)

    def recall(self, roles: Mapping[int, Role], frame_index: int, window: Span) -> list[tuple[int, int]]:
        return _newest(roles, frame_index, window, self.slots)

    def keeps(self, roles: Mapping[int, Role], frame_index: int, window: Span) -> set[int]:
        return _kept(roles, frame_index, window, self.slots)

    def _is_anchor(self, past: Past, frame_index: int, seen: Seen, step: int) -> bool:
        due = past.anchored_at is None or (frame_index - past.anchored_at) * step >= self.stride
        if not due or not past.areas or seen.agreement >= self.divergence or seen.iou <= self.sure:
            return False
        usual = float(np.median(past.areas))
        return abs(seen.area - usual) <= self.area_change * usual

    def _remember(self, past: Past, seen: Seen) -> None:
        past.areas = [*past.areas, seen.area][-self.area_frames:]


@dataclass(frozen=True, slots=True)
class SamuraiPolicy:
    """Motion-aware memory. The limits are the paper's."""

    weight: float = 0.15
    """Weight of the motion against the estimated IoU in the choice of a mask."""
    stable_frames: int = 15
    """Consecutive frames that must have fitted before the motion has a say."""
    fits: float = 0.3
    """A frame fits if its mask's score in that choice is above this."""
    mask_score: float = 0.5
    """Frames are recalled with an estimated IoU above this, ..."""
    object_score: float = 0.0
    """... an object score above this, and, once the motion has a say, any overlap with the predicted box. The last
    frame is always recalled."""
    name: str = "samurai"
    judges_masks: bool = True
    keeps_first: bool = False

    def choose(self, past: Past, frame_index: int, options: Sequence[Seen]) -> int:
        return int(np.argmax([self._score(past, frame_index, seen) for seen in options]))

    def admit(self, past: Past, frame_index: int, seen: Seen, step: int) -> Role:
        overlap = self._overlap(past, frame_index, seen)
        fits = seen.box is not None and self._score(past, frame_index, seen) > self.fits
        if fits and seen.box is not None and past.motion is not None:
            past.motion = past.motion.at(frame_index).with_box(seen.box)
            past.stable += 1
        elif fits and seen.box is not None:
            past.motion, past.stable = BoxMotion.of_box(seen.box, frame_index), 1
        else:
            past.motion, past.stable = None, 0
        good = seen.iou > self.mask_score and seen.score > self.object_score and (overlap is None or overlap > 0)
        return Role.RECENT if good else Role.LATEST

    def begin(self, past: Past, frame_index: int, seen: Seen) -> None:
        past.motion = None if seen.box is None else BoxMotion.of_box(seen.box, frame_index)
        past.stable = 0 if seen.box is None else 1

    def recall(self, roles: Mapping[int, Role], frame_index: int, window: Span) -> list[tuple[int, int]]:
        return _newest(roles, frame_index, window, window.spatial_frames)

    def keeps(self, roles: Mapping[int, Role], frame_index: int, window: Span) -> set[int]:
        return _kept(roles, frame_index, window, window.spatial_frames)

    def _overlap(self, past: Past, frame_index: int, seen: Seen) -> float | None:
        """Return the IoU with the box that the motion predicts; None while the motion has no say."""
        if past.motion is None or past.stable < self.stable_frames:
            return None
        if seen.box is None:
            return 0.0
        predicted = np.array([past.motion.at(frame_index).box()])
        return float(box_iou(predicted, np.array([seen.box], np.float64))[0, 0])

    def _score(self, past: Past, frame_index: int, seen: Seen) -> float:
        overlap = self._overlap(past, frame_index, seen)
        return seen.iou if overlap is None else self.weight * overlap + (1 - self.weight) * seen.iou


def memory_policy(name: str) -> MemoryPolicy:
    """Return a policy by its name in `annotator.engine.settings.MEMORY_POLICIES`. Raises SettingsError."""
    kinds: dict[str, type[MemoryPolicy]] = {"sam2": Sam2Policy, "dam4sam": Dam4SamPolicy, "samurai": SamuraiPolicy}
    if name not in kinds:
        raise SettingsError(f"there is no memory policy {name!r}: choose {', '.join(MEMORY_POLICIES)}")
    return kinds[name]()


def seen_of(candidates: Cells, score: float, iou: Sequence[float]) -> list[Seen]:
    """Describe the first masks of one object, one for each estimated IoU in ``iou``. ``candidates``, (K, h, w), may
    hold more, which only count as alternatives; ``score`` is the object's score logit."""
    parts = [_largest_part(mask) for mask in candidates]
    found = []
    for mask, estimate in zip(candidates, iou, strict=False):
        box = _tight_box(mask)
        # A mask is its own alternative too, with a share of 1.
        around = [_tight_box(mask | part) for part in parts]
        agreement = 1.0 if box is None else min(_area(box) / _area(other) for other in around)
        found.append(Seen(score, estimate, int(mask.sum()), box, agreement))
    return found


def _best_estimate(options: Sequence[Seen]) -> int:
    return int(np.argmax([seen.iou for seen in options]))


def _newest(roles: Mapping[int, Role], frame_index: int, window: Span, slots: int) -> list[tuple[int, int]]:
    """Return the last written frame and the recent ones before it, at most ``slots``, with their temporal positions."""
    step = window.direction
    past = sorted((t for t in roles if (frame_index - t) * step > 0 and roles[t] is not Role.ANCHOR),
                  key=lambda t: -t * step)
    chosen = [t for k, t in enumerate(past) if k == 0 or roles[t] is Role.RECENT][:slots]
    return [(t, window.spatial_frames - k) for k, t in enumerate(chosen)][::-1]


def _kept(roles: Mapping[int, Role], frame_index: int, window: Span, slots: int) -> set[int]:
    """Return the frames that `_newest` may return now or later."""
    step = window.direction
    ahead = {t for t in roles if (frame_index - t) * step <= 0}
    return ahead | {t for t, _ in _newest(roles, frame_index, window, slots)}


def _largest_part(mask: Cells) -> Cells:
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count <= 1:
        return mask
    return np.asarray(parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))


def _tight_box(mask: Cells) -> Box | None:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _area(box: Box | None) -> float:
    return 0.0 if box is None else float(box_area(np.array([box]))[0])
