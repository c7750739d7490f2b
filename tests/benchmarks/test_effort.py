from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtWidgets import QApplication

from annotator.evaluation.errors import Errors, find_errors
from annotator.storage.store import Store
from benchmarks.effort import CHANGES, change_attribute, fix_one
from benchmarks.scenarios.flawed_clips import FIRST_SEED, Flawed, plant
from benchmarks.scenarios.tracked_clips import boxes_of


def errors(flawed: Flawed) -> Errors:
    from annotator.session import Session

    with Session(Store.open(flawed.path, read_only=True)) as session:
        return find_errors(flawed.truth, boxes_of(session, session.store.video()))


@pytest.mark.parametrize(("kind", "switches", "misses"), [
    ("swap", 2, 0), ("merge", 1, 0), ("split", 0, 0), ("missing_object", 0, 1)])
def test_the_planted_error_is_the_only_one(kind: str, switches: int, misses: int, tmp_path: Path) -> None:
    """A track of two objects is no switch of either: CLEAR MOT does not count it, HOTA does."""
    flawed = plant(tmp_path, kind, FIRST_SEED)
    found = errors(flawed)
    assert (len(found.switches), len(found.misses), len(found.false_boxes)) == (switches, misses, 0)
    assert all(each.frame == flawed.frame for each in found.switches)
    if misses:
        assert found.misses[0].first == 0
        assert found.misses[0].last == len(flawed.truth) - 1


def test_a_swap_in_the_queue_costs_two_keys(qapp: QApplication, tmp_path: Path) -> None:
    told = fix_one(tmp_path, "swap", FIRST_SEED)
    assert told["found"]
    assert told["suggested"]
    assert told["keys"] + told["clicks"] + told["drags"] == 2
    assert told["hota"][1] > told["hota"][0] + 5


def test_a_change_of_an_attribute_costs_one_key_or_two_besides_moving(qapp: QApplication, tmp_path: Path) -> None:
    told = change_attribute(tmp_path, FIRST_SEED)
    assert told["right"]
    assert (told["clicks"], told["drags"]) == (1, 0)
    assert CHANGES <= told["keys"] - told["moving_keys"] <= 2 * CHANGES
