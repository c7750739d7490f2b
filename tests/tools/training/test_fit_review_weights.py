from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from annotator.review import Kind
from annotator.review import weights as present
from tools.training.fit_review_weights import BY_HAND, Example, Fitted, fit, rewritten


def examples(kind: Kind, bias: float, slope: float, count: int = 4000) -> list[Example]:
    rng = np.random.default_rng(0)
    strength = rng.random(count)
    chance = 1 / (1 + np.exp(-(bias + slope * strength)))
    return [Example(kind, float(s), bool(e)) for s, e in zip(strength, rng.random(count) < chance, strict=True)]


def test_it_finds_the_weights_that_made_the_examples() -> None:
    found = fit(examples(Kind.JUMP, -2.0, 3.5))[Kind.JUMP]
    assert found.bias == pytest.approx(-2, abs=0.3)
    assert found.slope == pytest.approx(3.5, abs=0.5)
    assert found.examples == 4000


def test_a_strength_that_says_nothing_has_no_slope_below_zero() -> None:
    assert fit(examples(Kind.GAP, 1.0, -2.0))[Kind.GAP].slope == 0


def test_too_few_examples_leave_a_weight_as_it_is() -> None:
    found = fit([*examples(Kind.JUMP, 0.0, 1.0, 19), Example(Kind.MISSING, 0.5, True)])
    weight = present.WEIGHTS[Kind.JUMP]
    assert (found[Kind.JUMP].bias, found[Kind.JUMP].slope, found[Kind.JUMP].kept) == (weight.bias, weight.slope, True)
    assert not BY_HAND & found.keys()
    assert set(Kind) == BY_HAND | found.keys()


def test_the_file_is_rewritten_kind_by_kind() -> None:
    source = Path(present.__file__).read_text(encoding="utf-8")
    same = {kind: Fitted(weight.bias, weight.slope, 0, 0) for kind, weight in present.WEIGHTS.items()}
    assert rewritten(source, same) == source
    changed = rewritten(source, {Kind.JUMP: Fitted(-0.25, 1.75, 100, 9)})
    assert "    Kind.JUMP: Weight(-0.25, 1.75),\n" in changed
    assert len(re.findall("Weight\\(-0.25", changed)) == 1
    with pytest.raises(ValueError, match="0 lines for JUMP"):
        rewritten("WEIGHTS = {}", {Kind.JUMP: Fitted(0, 0, 0, 0)})
