"""Rows in any order, handed out by frame, whether they fit the memory or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.errors import FormatError
from annotator.formats.reading import row_store
from annotator.formats.reading.row_store import ROW, RowStore
from annotator.model.mask import Mask

MASK = Mask.from_bitmap(np.ones((3, 2), bool), 5, 7)
rows = st.lists(st.tuples(st.integers(0, 6), st.integers(-1, 4), st.booleans()), max_size=60)


def filled(wanted: list[tuple[int, int, bool]]) -> RowStore:
    store = RowStore()
    for place, (frame, number, masked) in enumerate(wanted):
        store.add(frame, number, place, 3, (1.5, -2.0, 3.25, 4.0), 0.5, 0.25, MASK if masked else None)
    return store


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few rows, and next to nothing held in memory."""
    for name, value in (("BLOCK", 7), ("_TOGETHER", 3), ("_MERGED", 2), ("_IN_MEMORY", 100)):
        monkeypatch.setattr(row_store, name, value)


@settings(max_examples=150, deadline=None)
@given(wanted=rows, ordered=st.booleans())
def test_by_frame_and_else_in_the_order_in_which_they_came(wanted: list[tuple[int, int, bool]], ordered: bool) -> None:
    if ordered:
        wanted.sort(key=lambda row: row[0])
    store = filled(wanted)
    expected = sorted(enumerate(wanted), key=lambda each: each[1][0])
    for _ in range(2):
        found = list(store)
        assert [(row.label, (row.frame, row.number, store.mask(row) == MASK)) for row in found] == expected
        assert all(row[3:10] == (3, 1.5, -2.0, 3.25, 4.0, 0.5, 0.25) for row in found)
    assert len(store) == len(wanted)


@settings(max_examples=150, deadline=None)
@given(wanted=rows, ordered=st.booleans())
def test_a_track_twice_in_a_frame_is_found(wanted: list[tuple[int, int, bool]], ordered: bool) -> None:
    if ordered:
        wanted.sort(key=lambda row: row[0])
    named = [(frame, number) for frame, number, _ in wanted if number >= 0]
    twice = {each for each in named if named.count(each) > 1}
    found = filled(wanted).repeated()
    assert found in twice if twice else found is None


def test_two_readers_at_once_do_not_disturb_one_another() -> None:
    store = filled([(index // 3, index % 3, index % 2 == 0) for index in range(50)])
    both = [(one, other, store.mask(one), store.mask(other)) for one, other in zip(store, store, strict=True)]
    assert all(one == other and mask == second for one, other, mask, second in both)


def test_whole_blocks_are_taken_too() -> None:
    store = filled([(5, 1, True)])
    block = np.zeros(20, ROW)
    block["frame"], block["mask"] = np.arange(20)[::-1], -1
    store.add_block(block)
    assert [row.frame for row in store] == sorted([5, *range(20)])


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled([])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store._rows, "write", full)
    with pytest.raises(FormatError, match="No space left.*TMPDIR"):
        store.add_block(np.zeros(1, ROW))
