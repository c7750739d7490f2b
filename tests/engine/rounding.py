"""Float32 results against a float64 one: tolerances that come from the arithmetic, not from a guess."""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor


def in_double(module: Any) -> Any:
    """A copy of a module that computes in float64."""
    return copy.deepcopy(module).double()


def assert_as_near(ours: Tensor, theirs: Tensor, exact: Tensor) -> None:
    """Two float32 results of the same formula are equally far from the exact one, up to the order of their sums.

    How far that is depends on the weights and on the number of terms, and the other result says it. Any two orders
    of summation were within a factor of 1.2 in root mean square and 1.8 in the largest difference; a term that is
    missing or out of place makes a factor of thousands.
    """
    assert ours.shape == theirs.shape == exact.shape
    mine, other = (ours - exact).abs(), (theirs - exact).abs()
    least = exact.abs().amax() * 2.0 ** -23  # where the other has no error at all: one rounding
    assert mine.pow(2).mean().sqrt() <= 2 * other.pow(2).mean().sqrt() + least
    assert mine.amax() <= 4 * other.amax() + least
