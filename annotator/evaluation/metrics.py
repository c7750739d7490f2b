"""HOTA, CLEAR MOT and identity scores of one sequence, equal to TrackEval's, in memory that grows with the overlaps.

TrackEval counts in matrices of all ground-truth tracks by all result tracks, twenty of them for HOTA: 17 GB for 10,000
tracks. Here only pairs of tracks that overlap in a frame have a count. Frames in which no box has two candidates need
no assignment; in the others the same assignment problem is solved as there, so ties fall the same way.

Sources: Luiten et al., "HOTA: A Higher Order Metric for Evaluating Multi-object Tracking", IJCV 2021; Bernardin and
Stiefelhagen, "Evaluating Multiple Object Tracking Performance", EURASIP JIVP 2008; Ristani et al., "Performance
Measures and a Data Set for Multi-target, Multi-camera Tracking", ECCVW 2016.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from annotator.evaluation.overlaps import FloatColumn, IntColumn, Overlaps

_EPS = np.finfo(float).eps
_Chosen = npt.NDArray[np.bool_]

Raw = dict[str, Any]
"""Values by TrackEval's field names."""


def hota(data: Overlaps) -> Raw:
    """TrackEval's fields of HOTA; arrays have one value for each of its 19 thresholds."""
    from trackeval.metrics import HOTA

    metric = HOTA()
    alphas = metric.array_labels
    found: Raw = {name: np.zeros(len(alphas)) for name in metric.float_array_fields + metric.integer_array_fields}
    found |= dict.fromkeys(metric.float_fields, 0)
    if not data.boxes or not data.gt_boxes:
        found["HOTA_FN"] = data.gt_boxes * np.ones(len(alphas))
        found["HOTA_FP"] = data.boxes * np.ones(len(alphas))
        return found | {"LocA": np.ones(len(alphas)), "LocA(0)": 1.0}
    pairs = _TrackPairs(data)
    possible = np.bincount(pairs.of, weights=data.share, minlength=len(pairs))
    alignment = possible / (data.gt_count[pairs.gt_track] + data.count[pairs.track] - possible)
    matched = _assigned(data, alignment[pairs.of] * data.similarity)
    similarity, frame, of = data.similarity[matched], data.frame[matched], pairs.of[matched]
    for index, alpha in enumerate(alphas):
        good = similarity >= alpha - _EPS
        true = int(good.sum())
        found["HOTA_TP"][index] = true
        found["HOTA_FN"][index] = data.gt_boxes - true
        found["HOTA_FP"][index] = data.boxes - true
        found["LocA"][index] = _sum_by_frame(similarity[good], frame[good])
        matches = np.bincount(of[good], minlength=len(pairs)).astype(float)
        for name, size in (("AssA", data.gt_count[pairs.gt_track] + data.count[pairs.track] - matches),
                           ("AssRe", data.gt_count[pairs.gt_track]), ("AssPr", data.count[pairs.track])):
            found[name][index] = np.sum(matches * (matches / np.maximum(1, size))) / max(1, true)
    found["LocA"] = np.maximum(1e-10, found["LocA"]) / np.maximum(1e-10, found["HOTA_TP"])
    return dict(metric._compute_final_fields(found))


def clear(data: Overlaps, threshold: float) -> Raw:
    """TrackEval's fields of CLEAR; boxes match with at least this similarity."""
    from trackeval.metrics import CLEAR

    metric = CLEAR({"PRINT_CONFIG": False, "THRESHOLD": threshold})
    found: Raw = dict.fromkeys(metric.fields, 0)
    if not data.boxes:
        return found | {"CLR_FN": data.gt_boxes, "ML": len(data.gt_count), "MLR": 1.0}
    if not data.gt_boxes:
        return found | {"CLR_FP": data.boxes, "MLR": 1.0}
    matched = _continued(data, threshold)
    frame, gt_track, track = data.frame[matched], data.gt_track[matched], data.track[matched]
    found["CLR_TP"] = len(frame)
    found["CLR_FN"] = data.gt_boxes - len(frame)
    found["CLR_FP"] = data.boxes - len(frame)
    found["MOTP_sum"] = _sum_by_frame(data.similarity[matched], frame)
    order = np.argsort(gt_track, kind="stable")  # by object, then frame
    same = np.diff(gt_track[order]) == 0
    found["IDSW"] = int((same & (np.diff(track[order]) != 0)).sum())
    # Frames without boxes on one side do not interrupt a track.
    active = np.cumsum((data.gt_in_frame > 0) & (data.in_frame > 0))[frame]
    found["Frag"] = int((same & (np.diff(active[order]) > 1)).sum())
    ratio = np.bincount(gt_track, minlength=len(data.gt_count)) / data.gt_count
    found["MT"] = int((ratio > 0.8).sum())
    found["PT"] = int((ratio >= 0.2).sum()) - found["MT"]
    found["ML"] = len(data.gt_count) - found["MT"] - found["PT"]
    found["CLR_Frames"] = data.frames
    return dict(metric._compute_final_fields(found))


def identity(data: Overlaps, threshold: float) -> Raw:
    """TrackEval's fields of Identity; boxes match with at least this similarity."""
    from trackeval.metrics import Identity

    metric = Identity({"PRINT_CONFIG": False, "THRESHOLD": threshold})
    found: Raw = dict.fromkeys(metric.fields, 0)
    if not data.boxes or not data.gt_boxes:
        return found | {"IDFN": data.gt_boxes, "IDFP": data.boxes}
    pairs = _TrackPairs(data)
    common = np.bincount(pairs.of[data.similarity >= threshold], minlength=len(pairs))
    found["IDTP"] = _most_common(pairs.gt_track[common > 0], pairs.track[common > 0], common[common > 0],
                                 len(data.gt_count), len(data.count))
    found["IDFN"] = data.gt_boxes - found["IDTP"]
    found["IDFP"] = data.boxes - found["IDTP"]
    return dict(metric._compute_final_fields(found))


class _TrackPairs:
    """The pairs of tracks that overlap in a frame."""

    def __init__(self, data: Overlaps) -> None:
        code, of = np.unique(data.gt_track * len(data.count) + data.track, return_inverse=True)
        self.of: IntColumn = of.reshape(-1)
        """(P,) pair of tracks of each pair of boxes."""
        self.gt_track, self.track = np.divmod(code, max(len(data.count), 1))

    def __len__(self) -> int:
        return len(self.gt_track)


def _most_common(gt_track: IntColumn, track: IntColumn, common: IntColumn, gt_tracks: int, tracks: int) -> int:
    """The most common boxes that a one-to-one assignment of tracks can have."""
    if not len(common):
        return 0
    # Each object may also stay alone, in a column of its own, which costs more than any pair.
    alone = int(common.max()) + 1
    objects = np.arange(gt_tracks)
    cost = csr_array((np.concatenate([alone - common, np.full(gt_tracks, alone)]).astype(float),
                      (np.concatenate([gt_track, objects]), np.concatenate([track, tracks + objects]))),
                     shape=(gt_tracks, tracks + gt_tracks))
    rows, columns = min_weight_full_bipartite_matching(cost)
    return round(alone * gt_tracks - float(cost[rows, columns].sum()))


def _sum_by_frame(values: FloatColumn, frame: IntColumn) -> float:
    """Sum frame by frame, in the order in which TrackEval adds, so that not even the last digit differs."""
    if not len(values):
        return 0.0
    return float(np.cumsum(np.bincount(frame, weights=values))[-1])


def _assigned(data: Overlaps, score: FloatColumn) -> IntColumn:
    """The pairs of boxes that are assigned to each other, frame by frame, for the highest total score."""
    plain = _plain_frames(data, np.ones(len(score), bool))
    found = [np.flatnonzero(plain[data.frame])]
    for frame, pairs in _frames(data, ~plain):
        row, column = linear_sum_assignment(-_matrix(data, frame, pairs, score[pairs]))
        found.append(_pairs_at(data, frame, pairs, row, column))
    return np.sort(np.concatenate(found))


def _continued(data: Overlaps, threshold: float) -> IntColumn:
    """The matched pairs of CLEAR MOT: those of the frame before continue, then the total similarity is greatest."""
    good = data.similarity >= threshold - _EPS
    plain = _plain_frames(data, good)
    chosen: _Chosen = good & plain[data.frame]
    starts = np.searchsorted(data.frame, np.arange(data.frames + 1))
    both = np.flatnonzero((data.gt_in_frame > 0) & (data.in_frame > 0))
    before = dict(zip(both[1:].tolist(), both[:-1].tolist(), strict=True))
    for frame, pairs in _frames(data, ~plain):
        earlier = before.get(frame)
        first, end = (0, 0) if earlier is None else starts[earlier:earlier + 2].tolist()
        last = first + np.flatnonzero(chosen[first:end])
        partner = dict(zip(data.gt_track[last].tolist(), data.track[last].tolist(), strict=True))
        continues = np.array([partner.get(each) for each in data.gt_track[pairs].tolist()], object) == data.track[pairs]
        score = np.where(good[pairs], 1000 * continues.astype(float) + data.similarity[pairs], 0)
        matrix = _matrix(data, frame, pairs, score)
        row, column = linear_sum_assignment(-matrix)
        kept = matrix[row, column] > _EPS
        chosen[_pairs_at(data, frame, pairs, row[kept], column[kept])] = True
    return np.flatnonzero(chosen)


def _plain_frames(data: Overlaps, among: _Chosen) -> _Chosen:
    """(frames,) whether in a frame no box has two candidates among these pairs."""
    plain = np.ones(data.frames, bool)
    frame = data.frame[among]
    for position, size in ((data.row[among], data.gt_in_frame), (data.column[among], data.in_frame)):
        box = np.concatenate([[0], np.cumsum(size)])[frame] + position
        plain[frame[np.bincount(box)[box] > 1]] = False
    return plain


def _frames(data: Overlaps, wanted: _Chosen) -> Iterator[tuple[int, IntColumn]]:
    """Frames with pairs, in order, and the indices of their pairs."""
    starts = np.searchsorted(data.frame, np.arange(data.frames + 1))
    for frame in np.flatnonzero(wanted).tolist():
        yield frame, np.arange(starts[frame], starts[frame + 1])


def _matrix(data: Overlaps, frame: int, pairs: IntColumn, score: FloatColumn) -> FloatColumn:
    matrix = np.zeros((data.gt_in_frame[frame], data.in_frame[frame]))
    matrix[data.row[pairs], data.column[pairs]] = score
    return matrix


def _pairs_at(data: Overlaps, frame: int, pairs: IntColumn, row: IntColumn, column: IntColumn) -> IntColumn:
    """The pairs at these positions of a frame's matrix; positions without a pair are omitted."""
    width = data.in_frame[frame]
    code, wanted = data.row[pairs] * width + data.column[pairs], row * width + column
    at = np.minimum(np.searchsorted(code, wanted), len(code) - 1)
    return np.asarray(pairs[at[code[at] == wanted]])
