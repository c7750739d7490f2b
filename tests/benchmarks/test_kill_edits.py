from __future__ import annotations

import random
from pathlib import Path

from annotator.errors import UserError
from annotator.storage.store import Store
from benchmarks import kill_edits


def test_every_kind_of_edit_can_be_made_and_all_of_them_undone(tmp_path: Path) -> None:
    path = tmp_path / "p.annot"
    kill_edits.build(path)
    rng = random.Random(4)
    with Store.open(path) as store:
        start = kill_edits.digest(store, ("track", "span", "mark"))
        made: set[str] = set()
        for kind in kill_edits.KINDS * 20:
            if made == set(kill_edits.KINDS):
                break
            if kind == "drop":
                kill_edits.propagate(store, 5)
            try:
                kill_edits.do(store, kind, rng)
            except UserError:  # it needs a state that others have to leave first
                continue
            made.add(kind)
        assert made == set(kill_edits.KINDS)
        kill_edits.undo_all(store)
        assert kill_edits.digest(store, ("track", "span", "mark")) == start


def test_a_killed_writer_leaves_its_last_edit_whole_or_not_at_all(tmp_path: Path) -> None:
    outcome = kill_edits.Outcome()
    kill_edits.kill_once(tmp_path, 0, random.Random(1), outcome)
    assert (outcome.kills, outcome.opened, outcome.whole, outcome.undone) == (1, 1, 1, 1), outcome.failures


def test_a_state_that_no_edit_explains_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "p.annot"
    kill_edits.build(path)
    outcome = kill_edits.Outcome()
    with Store.open(path) as store:
        store._connection.exec_driver_sql("UPDATE track SET name = 'torn'")
    kill_edits.check(path, {"kind": "swap", "before": "x"}, "x", "test", outcome, 5, 0)
    assert (outcome.whole, outcome.undone, len(outcome.failures)) == (0, 0, 2)
