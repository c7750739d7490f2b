import numpy as np
import pytest

from benchmarks.measures.masks import Bitmap, boundary_accuracy, region_similarity


def square(x0: int, y0: int, side: int, size: int = 100) -> Bitmap:
    mask = np.zeros((size, size), np.bool_)
    mask[y0:y0 + side, x0:x0 + side] = True
    return mask


NOTHING = square(0, 0, 0)


def test_the_same_mask_is_perfect() -> None:
    mask = square(20, 30, 40)
    assert region_similarity(mask, mask) == 1
    assert boundary_accuracy(mask, mask) == 1


def test_a_square_beside_another_shares_a_third() -> None:
    assert region_similarity(square(20, 20, 20), square(30, 20, 20)) == pytest.approx(1 / 3)


def test_nothing_where_nothing_is_is_right_and_anything_is_wrong() -> None:
    mask = square(20, 20, 20)
    for measure in (region_similarity, boundary_accuracy):
        assert measure(NOTHING, NOTHING) == 1
        assert measure(mask, NOTHING) == 0
        assert measure(NOTHING, mask) == 0


def left(columns: int) -> Bitmap:
    """The left part of the picture: its boundary is one line."""
    return np.broadcast_to(np.arange(100) < columns, (100, 100))


def test_a_boundary_within_reach_counts_and_one_beyond_does_not() -> None:
    # The diagonal of 100 x 100 is 141.4: 0.008 of it, rounded up, are 2 pixels.
    assert boundary_accuracy(left(52), left(50)) == 1
    assert boundary_accuracy(left(53), left(50)) == 0


def test_reach_is_round() -> None:
    # Both sides of the larger square are 2 pixels off, its corners are 2.8.
    inner, outer = square(30, 30, 40), square(28, 28, 44)
    assert 0.9 < boundary_accuracy(inner, outer) < 1
    assert boundary_accuracy(inner, outer, 3 / 141.5) == 1


def test_precision_and_recall_weigh_alike() -> None:
    both = square(10, 10, 20) | square(60, 60, 20)
    one = square(10, 10, 20)
    # All of one's boundary is the truth's, and half of the truth's is found.
    assert boundary_accuracy(one, both) == pytest.approx(2 * 1 * 0.5 / 1.5)
    assert boundary_accuracy(both, one) == pytest.approx(2 * 1 * 0.5 / 1.5)


def test_the_edge_of_the_picture_is_no_boundary() -> None:
    found = left(50).copy()
    found[:, :10] = False
    # The truth's one line is found; the found mask has a second line that is nowhere near.
    assert boundary_accuracy(found, left(50)) == pytest.approx(2 * 0.5 * 1 / 1.5)
