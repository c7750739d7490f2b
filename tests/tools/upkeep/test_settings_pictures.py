"""The pictures of settings are those of the comparisons; each changes one setting of the built-in models."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from annotator.engine import registry
from annotator.engine.settings import InteractionSettings, Sam2MotSettings, TrajectorySettings
from tools.upkeep.settings_pictures import _SEGMENTER, COMPARISONS, SCORES, Comparison, side_by_side


def flat(settings: dict[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        found |= flat(value, f"{path}{name}.") if isinstance(value, dict) else {path + name: value}
    return found


@pytest.mark.parametrize("each", COMPARISONS, ids=lambda each: each.name)
def test_one_setting_is_changed(each: Comparison) -> None:
    usual = flat(dataclasses.asdict(registry.sam2mot_settings(_SEGMENTER)))
    changed = flat(each.settings())
    assert {key for key in usual if usual[key] != changed[key]} == {each.key}
    assert usual[each.key] == each.usual()
    made = each.settings()
    Sam2MotSettings(**{**made, "trajectories": TrajectorySettings(**made["trajectories"]),
                       "interaction": InteractionSettings(**made["interaction"])})


def test_the_page_has_a_row_and_a_picture_of_each() -> None:
    part = SCORES.read()
    for each in COMPARISONS:
        (row,) = [line for line in part.splitlines() if line.startswith(f"| `{each.key}` ")]
        assert row.split(" | ")[1] == f"{str(each.usual()).lower()} → {str(each.value).lower()}"
        assert f"(../images/settings/{each.picture.name})" in part
        assert each.picture.is_file()
    assert part.count("\n| ") == len(COMPARISONS) + 3


def test_pictures_stand_next_to_each_other() -> None:
    pictures = [(name, np.full((20, 30, 3), level, np.uint8)) for name, level in (("a", 40), ("b", 200))]
    made = np.asarray(side_by_side(pictures).convert("RGB"))
    assert made.shape[1] > 60
    np.testing.assert_allclose(made[-10, 10], 40, atol=2)
    np.testing.assert_allclose(made[-10, -10], 200, atol=2)
