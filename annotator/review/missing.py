"""Find objects that the detector sees repeatedly but no track covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotator.model.box import box_area, box_iou, intersection_area
from annotator.model.frame import Detections
from annotator.review.moments import Fix, Kind, Moment, Suggestion
from annotator.review.paths import Scene
from annotator.review.reasons import Reason, Sentence

#: A detection belongs to a track whose box has more than this IoU with it, or covers more than this share of it.
_MATCHED, _COVERED = 0.3, 0.6
#: Least IoU of an object's successive detections, and the most frames between them.
_LINK, _PAUSE = 0.4, 3
#: Fewest detections of an object that are worth a look.
_LONG = 8


@dataclass(slots=True)
class _Chain:
    first: int
    last: int
    box: npt.NDArray[np.float64]
    best: npt.NDArray[np.float64]
    best_score: float
    best_frame: int
    count: int = 1


def missing_objects(scene: Scene, detections: Iterable[tuple[int, Detections]], threshold: float) -> Iterator[Moment]:
    """Find strong detections that match no track over many frames. ``detections``: (frame, all its detections), in
    ascending order."""
    open_chains: list[_Chain] = []
    for frame, found in detections:
        over = [chain for chain in open_chains if frame - chain.last > _PAUSE]
        yield from (_moment(chain) for chain in over if chain.count >= _LONG)
        open_chains = [chain for chain in open_chains if frame - chain.last <= _PAUSE]
        strong = found[np.flatnonzero(found.score >= threshold)]
        for box, score in zip(strong.box_xyxy.astype(np.float64), strong.score.tolist(), strict=True):
            if not _is_tracked(scene, frame, box):
                _link(open_chains, frame, box, score)
    yield from (_moment(chain) for chain in open_chains if chain.count >= _LONG)


def _is_tracked(scene: Scene, frame: int, box: npt.NDArray[np.float64]) -> bool:
    if frame not in scene.by_frame:
        return False
    boxes = scene.by_frame[frame][1]
    covered = intersection_area(box[None], boxes) / max(float(box_area(box)), 1e-9)
    return bool((box_iou(box[None], boxes) > _MATCHED).any() or (covered > _COVERED).any())


def _link(chains: list[_Chain], frame: int, box: npt.NDArray[np.float64], score: float) -> None:
    waiting = [chain for chain in chains if chain.last < frame]
    overlap = box_iou(box[None], np.array([chain.box for chain in waiting]).reshape(-1, 4))[0]
    if not len(overlap) or overlap.max() < _LINK:
        chains.append(_Chain(frame, frame, box, box, score, frame))
        return
    chain = waiting[int(overlap.argmax())]
    chain.last, chain.box, chain.count = frame, box, chain.count + 1
    if score > chain.best_score:
        chain.best, chain.best_score, chain.best_frame = box, score, frame


def _moment(chain: _Chain) -> Moment:
    x1, y1, x2, y2 = (float(v) for v in chain.best)
    return Moment(Kind.MISSING, (), chain.first, chain.last, chain.best_frame, min(0.3 + chain.count / 50, 1.0),
                  Reason(Sentence.UNTRACKED, count=chain.count),
                  Suggestion(Fix.PROMPT, (), chain.best_frame, (x1, y1, x2, y2)))
