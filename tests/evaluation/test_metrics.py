"""The scores are TrackEval's, without its matrices of all tracks by all tracks."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trackeval.metrics import CLEAR, HOTA, Identity

from annotator.evaluation.arrays import evaluate_arrays, run_metrics
from annotator.evaluation.overlaps import OverlapBuilder

Frames = list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]]


def trackeval(frames: Frames, threshold: float) -> dict[str, dict[str, Any]]:
    """TrackEval's own results."""
    gt, own = ([np.asarray(frame[side], np.int64) for frame in frames] for side in (0, 1))
    sides = []
    for ids in (gt, own):
        known = np.unique(np.concatenate([*ids, np.zeros(0, np.int64)]))
        sides.append(([np.searchsorted(known, each) for each in ids], len(known)))
    data = {"num_timesteps": len(frames), "gt_ids": sides[0][0], "tracker_ids": sides[1][0],
            "similarity_scores": [frame[2] for frame in frames], "num_gt_ids": sides[0][1],
            "num_tracker_ids": sides[1][1], "num_gt_dets": sum(map(len, gt)), "num_tracker_dets": sum(map(len, own))}
    config = {"PRINT_CONFIG": False, "THRESHOLD": threshold}
    return {"HOTA": HOTA().eval_sequence(data), "CLEAR": CLEAR(config).eval_sequence(data),
            "Identity": Identity(config).eval_sequence(data)}


def ours(frames: Frames, threshold: float) -> dict[str, dict[str, Any]]:
    builder = OverlapBuilder()
    for frame in frames:
        builder.add(*frame)
    return run_metrics(builder.finish(), threshold)


def assert_equal(frames: Frames, threshold: float = 0.5) -> None:
    expected, found = trackeval(frames, threshold), ours(frames, threshold)
    for metric, fields in expected.items():
        assert found[metric].keys() == fields.keys()
        for name, value in fields.items():
            # Counts and sums over boxes are the same to the bit; sums over pairs of tracks are added in another order.
            exact = name.startswith(("CLR", "ID", "HOTA_")) or name in ("LocA", "MOTP_sum", "MT", "PT", "ML", "Frag")
            np.testing.assert_allclose(found[metric][name], value, rtol=0 if exact else 1e-12, atol=0, err_msg=name)


@st.composite
def sequences(draw: st.DrawFn, ties: bool) -> Frames:
    """Tracks that come, go, cross and swap, in frames that may be empty on either side."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    tracks, own = draw(st.integers(0, 7)), draw(st.integers(0, 7))
    presence = draw(st.sampled_from([0.2, 0.6, 0.95]))
    crowd = draw(st.sampled_from([0.15, 0.5, 0.9]))
    frames: Frames = []
    for _ in range(draw(st.integers(0, 12))):
        gt_ids = rng.permutation(np.flatnonzero(rng.random(tracks) < presence) * 3 + 5)
        ids = rng.permutation(np.flatnonzero(rng.random(own) < presence) * 7)
        similarity = rng.random((len(gt_ids), len(ids)))
        if ties:
            similarity = np.round(similarity * 4) / 4
        similarity[rng.random(similarity.shape) > crowd] = 0
        frames.append((gt_ids, ids, similarity))
    return frames


@settings(max_examples=150, deadline=None)
@given(sequences(ties=False), st.sampled_from([0.3, 0.5, 0.7]))
def test_random_sequences_score_as_in_trackeval(frames: Frames, threshold: float) -> None:
    assert_equal(frames, threshold)


@settings(max_examples=150, deadline=None)
@given(sequences(ties=True), st.sampled_from([0.25, 0.5, 0.75]))
def test_ties_fall_as_in_trackeval(frames: Frames, threshold: float) -> None:
    assert_equal(frames, threshold)


def test_a_long_sequence_with_identity_switches_scores_as_in_trackeval() -> None:
    rng = np.random.default_rng(3)
    frames: Frames = []
    owner = np.arange(40)
    for frame in range(300):
        if frame % 17 == 0:
            a, b = rng.integers(0, 40, 2)
            owner[[a, b]] = owner[[b, a]]
        there = np.flatnonzero((np.arange(40) * 7 + frame) % 50 < 30)
        found = there[rng.random(len(there)) < 0.9]
        similarity = np.where(there[:, None] == found[None], rng.random((len(there), len(found))) * 0.5 + 0.45,
                              rng.random((len(there), len(found))) * (rng.random((len(there), len(found))) < 0.05))
        frames.append((there, owner[found], similarity))
    assert_equal(frames)


@pytest.mark.parametrize("count", [0, 3])
def test_one_empty_side_scores_as_in_trackeval(count: int) -> None:
    none, some = np.zeros(0, np.int64), np.arange(count)
    assert_equal([(none, some, np.zeros((0, count)))] * 4)
    assert_equal([(some, none, np.zeros((count, 0)))] * 4)


def test_memory_grows_with_the_overlaps_and_not_with_tracks_times_tracks() -> None:
    """3,000 tracks a side would take 72 MB per matrix, of which TrackEval has twenty."""
    tracks, life = 3000, 5
    box = np.array([[0.0, 0.0, 10.0, 10.0]])
    sides = [(np.array([number], np.int64), box) for number in range(tracks) for _ in range(life)]
    evaluate_arrays(sides[:10], sides[:10])  # imports
    tracemalloc.start()
    scores = evaluate_arrays(sides, sides)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert scores.hota == pytest.approx(100)
    assert scores.idf1 == 100
    assert peak < 20e6


def test_large_ids_take_no_memory() -> None:
    box = np.array([[0.0, 0.0, 10.0, 10.0]])
    side = [(np.array([2**52], np.int64), box)] * 3
    assert evaluate_arrays(side, side).hota == pytest.approx(100)
