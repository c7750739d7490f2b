"""What is remembered, against a reference that never forgets anything."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sam2.modeling.sam2_utils import select_closest_cond_frames

from annotator.engine.segmenters.memory import MemoryBank, MemoryWindow, Slab
from annotator.engine.segmenters.memory_policies import Role

CPU = torch.device("cpu")
TOKENS, DIM, POINTER = 3, 4, 5


def bank(spatial: int = 6, pointers: int = 15, conditioning: int = 4, count: int = 100, reverse: bool = False,
         keep_first: bool = False) -> MemoryBank:
    window = MemoryWindow(spatial, pointers, conditioning, count, reverse, keep_first)
    return MemoryBank(TOKENS, DIM, POINTER, CPU, window)


def write(into: MemoryBank, frame: int, *object_ids: int, conditioning: bool = False) -> None:
    """Memories that say which object and frame they are of (numbers that bfloat16 holds exactly)."""
    spatial = torch.stack([torch.tensor([i, frame, 0, 0.]).expand(TOKENS, DIM) for i in object_ids])
    pointers = torch.stack([torch.tensor([i, frame, 1, 1, 1.]) for i in object_ids])
    into.write(frame, object_ids, spatial, pointers, [Role.ANCHOR if conditioning else Role.RECENT] * len(object_ids))


def attended(of: MemoryBank, object_id: int, frame: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """(frame, temporal position) of the spatial memories, (frame, distance) of the pointers."""
    recall = of.recall(object_id, frame)
    spatial = of.gather_spatial(torch.tensor(recall.spatial_rows, dtype=torch.long)[None])[0, :, 0].float()
    pointers = of.gather_pointers(torch.tensor(recall.pointer_rows, dtype=torch.long)[None])[0]
    assert set(spatial[:, 0].tolist()) | set(pointers[:, 0].tolist()) <= {object_id}, "another object's memory"
    return (list(zip(map(int, spatial[:, 1].tolist()), recall.spatial_positions, strict=True)),
            list(zip(map(int, pointers[:, 1].tolist()), recall.pointer_distances, strict=True)))


@dataclass
class Everything:
    """The package's rules over outputs that are never dropped (``_prepare_memory_conditioned_features``)."""

    window: MemoryWindow
    conditioning: dict[int, int] = field(default_factory=dict)
    others: dict[int, int] = field(default_factory=dict)

    def write(self, frame: int, conditioning: bool) -> None:
        for entries in (self.conditioning, self.others):
            entries.pop(frame, None)
        (self.conditioning if conditioning else self.others)[frame] = frame

    def attended(self, frame: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        window, sign = self.window, self.window.direction
        chosen, rest = select_closest_cond_frames(frame, self.conditioning, window.max_conditioning)
        available = {**rest, **self.others}
        maskmem = window.spatial_frames + 1
        spatial = [(t, 0) for t in chosen]
        for t_pos in range(1, maskmem):
            t = frame - sign * (maskmem - t_pos)
            spatial += [(t, t_pos)] if t in available else []
        pointers = [(t, (frame - t) * sign) for t in chosen if (t >= frame if window.reverse else t <= frame)]
        for distance in range(1, window.pointer_frames + 1):
            t = frame - sign * distance
            if t < 0 or t >= window.frame_count:
                break
            pointers += [(t, distance)] if t in available else []
        return spatial, pointers


events = st.lists(st.sampled_from(["predicted", "silent", "reprompted"]), min_size=6, max_size=40)


@settings(deadline=None, max_examples=150)
@given(events, st.sets(st.integers(0, 20), max_size=7), st.booleans(), st.sampled_from([-1, 2, 3, 4]),
       st.sampled_from([1, 3, 6]), st.sampled_from([0, 1, 4, 15]))
def test_nothing_that_could_be_attended_to_is_dropped(events: list[str], ahead: set[int], reverse: bool, limit: int,
                                                      spatial: int, pointers: int) -> None:
    count = len(events) + 1
    order = range(count - 1, -1, -1) if reverse else range(count)
    ours = bank(spatial, pointers, limit, count, reverse)
    reference = Everything(ours.window)
    for t in [order[0], *sorted(t for t in ahead if t < count and t != order[0])]:
        write(ours, t, 1, 2, conditioning=True)
        reference.write(t, True)
    for t, event in zip(order[1:], events, strict=True):
        ours.advance(t)
        for seen, expected in zip(attended(ours, 1, t), reference.attended(t), strict=True):
            assert sorted(seen) == sorted(expected)
        if t in ahead or event == "silent":
            continue
        write(ours, t, 2, 1, conditioning=event == "reprompted")
        reference.write(t, event == "reprompted")
    if limit > 0:
        rows = ours.rows_used
        waiting = len(reference.conditioning)  # prompts of frames ahead wait until they are reached
        assert rows[0] <= 2 * (limit + 1 + spatial + min(waiting, len(ahead)))
        assert rows[1] <= 2 * (limit + 1 + max(spatial, pointers) + min(waiting, len(ahead)))


def test_the_window_by_hand() -> None:
    memory = bank()
    write(memory, 10, 1, conditioning=True)
    for t in range(11, 31):
        memory.advance(t)
        if t not in (25, 28):
            write(memory, t, 1)
    memory.advance(31)
    spatial, pointers = attended(memory, 1, 31)
    assert spatial == [(10, 0), (26, 2), (27, 3), (29, 5), (30, 6)], "25 and 28 were not memorised and stay holes"
    assert pointers == [(10, 21), *((t, 31 - t) for t in range(30, 15, -1) if t not in (25, 28))]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [2, 4])
def test_the_first_conditioning_memory_stays_however_many_follow(reverse: bool, limit: int) -> None:
    """Ten re-prompts, five frames apart: the first and the closest others, at the limit's number of rows."""
    frames = list(range(90, 35, -5) if reverse else range(10, 65, 5))
    now = frames[-1] + (-5 if reverse else 5)
    for keep_first, expected in ((True, {frames[0], *frames[1 - limit:]}), (False, set(frames[-limit:]))):
        memory = bank(spatial=3, conditioning=limit, reverse=reverse, keep_first=keep_first)
        for t in frames:
            memory.advance(t)
            write(memory, t, 1, conditioning=True)
        memory.advance(now)
        assert {t for t, position in attended(memory, 1, now)[0] if position == 0} == expected
        assert memory.rows_used[0] == limit


def test_the_first_memory_stays_across_a_snapshot_and_below_the_limit_nothing_changes() -> None:
    kept, plain = bank(keep_first=True), bank()
    for t in (10, 20, 30, 40):
        for memory in (kept, plain):
            write(memory, t, 1, conditioning=True)
        assert attended(kept, 1, t + 1) == attended(plain, 1, t + 1)
    write(kept, 50, 1, conditioning=True)
    again = bank(keep_first=True)
    again.restore(kept.snapshot())
    again.advance(51)
    assert [t for t, position in attended(again, 1, 51)[0] if position == 0] == [10, 30, 40, 50]


def test_backward_by_hand() -> None:
    memory = bank(reverse=True)
    write(memory, 20, 1, conditioning=True)
    write(memory, 19, 1)
    write(memory, 18, 1)
    assert attended(memory, 1, 17) == ([(20, 0), (19, 5), (18, 6)], [(20, 3), (18, 1), (19, 2)])


def test_prompts_ahead_lend_their_memory_but_not_their_pointer() -> None:
    memory = bank()
    write(memory, 0, 1, conditioning=True)
    write(memory, 9, 1, conditioning=True)
    assert attended(memory, 1, 4) == ([(0, 0), (9, 0)], [(0, 4)])


def test_pointers_stop_at_the_end_of_the_video() -> None:
    memory = bank(count=12, pointers=11, reverse=True)
    write(memory, 11, 1, conditioning=True)
    write(memory, 12, 1)
    assert attended(memory, 1, 10)[1] == [(11, 1)]


def test_a_frame_memorised_again_replaces_its_memory() -> None:
    memory = bank()
    write(memory, 0, 1, conditioning=True)
    write(memory, 3, 1)
    write(memory, 3, 1, conditioning=True)
    assert memory.rows_used == (2, 2)
    assert attended(memory, 1, 4) == ([(0, 0), (3, 0)], [(0, 4), (3, 1)])


def test_forgetting_frees_rows_for_the_next_object() -> None:
    memory = bank()
    write(memory, 0, 1, 2, 3, conditioning=True)
    write(memory, 1, 1, 3)
    memory.forget(1)
    assert memory.rows_used == (3, 3)
    assert 1 not in memory
    assert memory.object_ids == (2, 3)
    memory.forget(1)
    write(memory, 2, 7, conditioning=True)
    assert memory.rows_used == (4, 4)
    assert attended(memory, 7, 3) == ([(2, 0)], [(2, 1)])
    assert attended(memory, 3, 3) == ([(0, 0), (1, 5)], [(0, 3), (1, 2)])


def test_a_snapshot_is_not_changed_by_what_comes_after() -> None:
    memory = bank()
    write(memory, 0, 1, 2, conditioning=True)
    write(memory, 1, 1, 2)
    state = memory.snapshot()
    memory.forget(1)
    for t in range(2, 9):
        memory.advance(t)
        write(memory, t, 2, 5, conditioning=True)
    memory.restore(state)
    assert memory.object_ids == (1, 2)
    assert memory.rows_used == (4, 4)
    for i in (1, 2):
        assert attended(memory, i, 2) == ([(0, 0), (1, 6)], [(0, 2), (1, 1)])


def test_spatial_memories_are_rounded_to_bfloat16_and_pointers_are_not() -> None:
    memory = bank()
    memory.write(0, [1], torch.full((1, TOKENS, DIM), 1.001), torch.full((1, POINTER), 1.001), [Role.ANCHOR])
    recall = memory.recall(1, 1)
    assert memory.gather_spatial(torch.tensor([recall.spatial_rows])).unique().tolist() == [1.0]
    assert memory.gather_pointers(torch.tensor([recall.pointer_rows])).unique().tolist() == pytest.approx([1.001])


def test_slab_grows_and_reuses() -> None:
    slab = Slab((2,), torch.float32, CPU)
    assert slab.store(torch.zeros(0, 2)) == []
    assert (slab.capacity, slab.used) == (0, 0)
    rows = slab.store(torch.arange(20.).view(10, 2)) + slab.store(torch.zeros(1, 2))
    assert slab.used == 11
    for row in rows[:4]:
        slab.free(row)
    capacity = slab.capacity
    again = slab.store(torch.full((4, 2), 7.))
    assert slab.capacity == capacity
    assert slab.gather(torch.tensor(rows[4:10])).tolist() == torch.arange(20.).view(10, 2)[4:].tolist()
    assert slab.gather(torch.tensor([again])).tolist() == [[[7., 7.]] * 4]
    unused = sorted(set(range(slab.capacity)) - set(rows[4:]) - set(again))
    assert unused
    assert slab.gather(torch.tensor(unused)).isfinite().all(), "padding reads unused rows"
