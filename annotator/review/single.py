"""Find suspicious moments of single tracks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from annotator.model.evidence import EvidenceTable
from annotator.review.moments import Fix, Kind, Moment, Suggestion
from annotator.review.paths import WINDOW, Path, Scene
from annotator.review.reasons import Reason, Sentence

#: Deviation from the position that the track's motion predicts, in box sizes, above which a step is a jump.
_JUMP = 0.25
#: Ratio of areas between two frames above which a box is resized abruptly.
_RESIZE = 1.5
#: Score logits: above the first an object is reliable, at or below the second it is doubtful.
_RELIABLE, _DOUBTFUL = 8.0, 6.0
#: A track with fewer boxes is short.
_SHORT = 12
#: Least change of colours that counts.
_COLOURS = 0.12


def moments_of_tracks(scene: Scene, cuts: Sequence[int] = ()) -> Iterator[Moment]:
    """Find all suspicious moments of single tracks."""
    for track, rows in scene.table.by_track():
        path = scene.paths.get(track)
        if path is None:
            continue
        yield from _gaps(scene, path)
        yield from _steps(scene, path)
        yield from _collapses(path)
        yield from _reprompts(path, rows)
        yield from _colours(scene, path)
        yield from _short(scene, path)
        yield from _cuts(path, cuts)


def _gaps(scene: Scene, path: Path) -> Iterator[Moment]:
    for k in np.flatnonzero(np.diff(path.frame) > 1):
        before, after = int(path.frame[k]), int(path.frame[k + 1])
        if path.human[k] and path.human[k + 1]:
            continue
        expected = path.centre[k] + path.velocity(int(k)) * (after - before)
        size = float(path.size[k])
        miss = min(float(np.linalg.norm(path.centre[k + 1] - expected)),
                   float(np.linalg.norm(path.centre[k + 1] - path.centre[k]))) / size
        growth = abs(float(np.log(path.size[k + 1] / size)))
        colours = scene.change(path.track, before, after)
        lasting = min((after - before - 1) / 25, 1.0)
        strength = _clip(0.25 * lasting + 0.3 * min(miss / 2, 1) + 0.15 * min(growth, 1)
                         + (0.3 * min(colours / 0.5, 1) if colours is not None else 0.15 * min(miss / 2, 1)))
        fix = Suggestion(Fix.SPLIT, (path.track,), after) if strength > 0.55 else Suggestion(Fix.FINE)
        yield Moment(Kind.GAP, (path.track,), before, after, after, strength,
                     Reason(Sentence.LOST, (path.track,), (f"{miss:.1f}",), after - before - 1), fix)


def _steps(scene: Scene, path: Path) -> Iterator[Moment]:
    steps = np.flatnonzero(np.diff(path.frame) == 1)
    for k in steps:
        if path.human[k] or path.human[k + 1]:
            continue  # a person has checked it
        frame = int(path.frame[k + 1])
        size = float(min(path.size[k], path.size[k + 1]))
        off = float(np.linalg.norm(path.centre[k + 1] - path.centre[k] - path.velocity(int(k)))) / size
        growth = float(np.exp(abs(2 * np.log(path.size[k + 1] / path.size[k]))))
        damped = 0.5 if scene.at_edge(path.box[k]) or scene.at_edge(path.box[k + 1]) else 1.0
        if off > _JUMP:
            strength = _clip(damped * off / 1.0)
            fix = Suggestion(Fix.SPLIT, (path.track,), frame) if strength > 0.7 else Suggestion(Fix.FINE)
            yield Moment(Kind.JUMP, (path.track,), frame - 1, frame, frame, strength,
                         Reason(Sentence.JUMPS, (path.track,), (f"{off:.1f}",)), fix)
        if growth > _RESIZE:
            yield Moment(Kind.RESIZE, (path.track,), frame - 1, frame, frame, _clip(damped * (growth - 1) / 3),
                         Reason(Sentence.RESIZES, (path.track,), (f"{growth:.1f}",)), Suggestion(Fix.FINE))


def _collapses(path: Path) -> Iterator[Moment]:
    if not np.isfinite(path.logit).any():
        return
    logit = np.where(np.isfinite(path.logit), path.logit, np.inf)
    low = logit <= _DOUBTFUL
    edges = np.flatnonzero(np.diff(np.r_[False, low, False].astype(np.int8)))
    for start, stop in edges.reshape(-1, 2):
        if start == 0 or not (logit[max(start - WINDOW, 0):start] > _RELIABLE).any():
            continue
        depth = float(_DOUBTFUL - logit[start:stop].min())
        first, last = int(path.frame[start]), int(path.frame[stop - 1])
        yield Moment(Kind.COLLAPSE, (path.track,), first, last, last, _clip(depth / 4),
                     Reason(Sentence.SCORE_FALLS, (path.track,), (f"{logit[start:stop].min():.1f}",)),
                     Suggestion(Fix.FINE))


def _reprompts(path: Path, rows: EvidenceTable) -> Iterator[Moment]:
    for frame in rows.frame[rows.reprompted & rows.shown]:
        k = int(np.searchsorted(path.frame, frame))
        if k == 0:
            continue
        changed = 1 - _iou(path.box[k - 1], path.box[k])
        if changed > 0.2:
            yield Moment(Kind.REPROMPT, (path.track,), int(frame) - 1, int(frame), int(frame), _clip(changed),
                         Reason(Sentence.PROMPTED, (path.track,), (f"{changed:.0%}",)),
                         Suggestion(Fix.FINE))


def _colours(scene: Scene, path: Path) -> Iterator[Moment]:
    """Find the strongest local changes of colours by sliding two adjacent windows along the track."""
    if len(path) < 2 * WINDOW:
        return
    places = range(WINDOW // 2, len(path) - WINDOW // 2, 2)
    changes = [(scene.change(path.track, int(path.frame[k]) - 1, int(path.frame[k]) + 1) or 0.0, k) for k in places]
    taken: list[int] = []
    for change, k in sorted(changes, reverse=True):
        if change < _COLOURS:
            break
        if any(abs(k - other) < 2 * WINDOW for other in taken):
            continue
        taken.append(k)
        frame = int(path.frame[k])
        fix = Suggestion(Fix.SPLIT, (path.track,), frame) if change > 0.35 else Suggestion(Fix.FINE)
        yield Moment(Kind.APPEARANCE, (path.track,), int(path.frame[max(k - 2, 0)]),
                     int(path.frame[min(k + 2, len(path) - 1)]), frame, _clip(change / 0.5),
                     Reason(Sentence.COLOURS, (path.track,), (f"{change:.0%}",)), fix)


def _short(scene: Scene, path: Path) -> Iterator[Moment]:
    first, last = int(path.frame[0]), int(path.frame[-1])
    if len(path) < _SHORT and first > 0 and last < scene.frame_count - 1 and not path.human.any():
        yield Moment(Kind.SHORT, (path.track,), first, last, first, _clip(1 - len(path) / _SHORT),
                     Reason(Sentence.SHORT, (path.track,), count=len(path)), Suggestion(Fix.DELETE, (path.track,)))


def _cuts(path: Path, cuts: Sequence[int]) -> Iterator[Moment]:
    for cut in cuts:
        if path.frame[0] < cut <= path.frame[-1]:
            yield Moment(Kind.CUT, (path.track,), cut - 1, cut, cut, 1.0,
                         Reason(Sentence.ACROSS_CUT, (path.track,)), Suggestion(Fix.SPLIT, (path.track,), cut))


def _clip(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = float(np.clip(high - low, 0, None).prod())
    union = float((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod()) - common
    return common / union if union > 0 else 0.0
