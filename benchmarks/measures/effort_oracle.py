"""An oracle that knows the ground truth: decides which edit fixes an error, from boxes alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from annotator.evaluation import FrameBoxes, evaluate_arrays
from annotator.model.box import box_iou
from annotator.review import Fix, Suggestion

#: Minimum gain of an edit, in points of HOTA, for a person to notice that the tracks were wrong.
WORTH_IT = 0.1


def after(tracks: Sequence[FrameBoxes], fix: Suggestion) -> list[FrameBoxes]:
    """Return the tracks after an edit: (ids (N,), boxes (N, 4)) per frame. A prompt or "fine" changes nothing."""
    if fix.fix in (Fix.FINE, Fix.PROMPT):
        return list(tracks)
    fresh = 1 + max((int(np.max(ids, initial=0)) for ids, _ in tracks), default=0)
    made: list[FrameBoxes] = []
    for frame, (ids, boxes) in enumerate(tracks):
        changed, shown = np.array(ids, np.int64), np.asarray(boxes, np.float64).reshape(-1, 4)
        late = fix.frame is None or frame >= fix.frame
        if fix.fix is Fix.SWAP and late:
            one, other = fix.tracks[:2]
            changed = np.where(changed == one, other, np.where(changed == other, one, changed))
        elif fix.fix is Fix.SPLIT and late:
            changed = np.where(changed == fix.tracks[0], fresh, changed)
        elif fix.fix is Fix.DELETE:
            kept = ~np.isin(changed, fix.tracks)
            changed, shown = changed[kept], shown[kept]
        elif fix.fix is Fix.MERGE:
            into, *others = fix.tracks
            # The target of the merge keeps its boxes where both have one.
            kept = ~(np.isin(changed, others) & bool((changed == into).any()))
            changed, shown = np.where(np.isin(changed, others), into, changed)[kept], shown[kept]
        made.append((changed, shown))
    return made


def judge(truth: Sequence[FrameBoxes], tracks: Sequence[FrameBoxes], options: Mapping[Fix, Suggestion],
          suggested: Fix = Fix.MERGE) -> tuple[Fix, float]:
    """Return a person's decision on a moment and its gain in points of HOTA: the best edit, a prompt for a missed
    object, or nothing. Of equivalent edits, such as a swap and a merge where one track ends and the other begins, the
    suggested one is returned. A prompt's gain is unknown and counts as infinite."""
    asked = options.get(Fix.PROMPT)
    if asked is not None and is_missed(truth, tracks, asked):
        return Fix.PROMPT, math.inf
    now = evaluate_arrays(truth, tracks).hota
    gains = {fix: evaluate_arrays(truth, after(tracks, option)).hota - now for fix, option in options.items()
             if fix not in (Fix.FINE, Fix.PROMPT)}
    best = max(gains, key=lambda fix: (round(gains[fix], 6), fix is suggested), default=Fix.FINE)
    return (best, gains[best]) if best in gains and gains[best] >= WORTH_IT else (Fix.FINE, 0.0)


def is_missed(truth: Sequence[FrameBoxes], tracks: Sequence[FrameBoxes], asked: Suggestion) -> bool:
    """Whether the suggested prompt marks an object that no track covers."""
    if asked.frame is None or asked.box_xyxy is None:
        return False
    here = np.asarray(asked.box_xyxy, np.float64).reshape(1, 4)

    def seen(frames: Sequence[FrameBoxes]) -> bool:
        boxes = np.asarray(frames[asked.frame or 0][1], np.float64).reshape(-1, 4)
        return bool((box_iou(here, boxes) >= 0.5).any())

    return seen(truth) and not seen(tracks)
