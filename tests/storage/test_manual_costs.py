"""Boxes that people made or imported cost as little as those of runs: spans, statements and steps of the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.model.frame import TrackState
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.model.track import MarkKind
from annotator.storage.edits import drawn_boxes, identities, keyframes, track_marks
from annotator.storage.edits.preview import preview
from annotator.storage.file.database import driver_connection
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.store import Store
from tests.storage.counting import Work, exponent, work_of
from tests.storage.fakes import everything, picture

_FACTOR = 4
_SMALL = 500


def box_at(number: int, frame: int) -> tuple[float, float, float, float]:
    return (frame % 300 + 0.5, 30.0 * number, frame % 300 + 20.5, 30.0 * number + 20)


def import_manual(store: Store, frames: int, tracks: int = 2, every: int = 1, interpolated: bool = False,
                  occluded: int = 0) -> list[int]:
    """Import manual boxes in every ``every``-th frame, the frames between them interpolated or empty. Every
    ``occluded``-th frame is occluded. Returns the tracks' ids."""
    def labelled() -> Iterator[LabelledFrame]:
        for frame in range(frames):
            between = frame % every != 0
            if not between or interpolated:
                hidden = occluded > 0 and frame // every % occluded == 0
                yield LabelledFrame(frame, tuple(
                    LabelledBox(n, 0, _straight(n, frame, every) if interpolated else box_at(n, frame), 1.0, None,
                                0.0 if hidden else 1.0, interpolated=between) for n in range(1, tracks + 1)))

    video = store.add_video(f"clip of {frames}", Path("clip.mp4"), 640, 480, frames, 25.0, f"print of {frames}")
    add_tracks(store, video.id, ("car",), labelled(), human=True, settings={}, title="Import")
    return [track.id for track in store.tracks(video.id)]


def _straight(number: int, frame: int, every: int) -> tuple[float, float, float, float]:
    """A path that bends at each keyframe."""
    start = frame - frame % every
    one, other = (box_at(number, (k * 37) % 290) for k in (start // every, start // every + 1))
    share = (frame - start) / every
    return tuple(a + (b - a) * share for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def spans_of(store: Store, track: int) -> list[tuple[int, int | None]]:
    return [(span.first, span.last) for span in store.spans([track])]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "manual.annot") as store:
        yield store


# Spans

def test_imported_boxes_in_consecutive_frames_share_a_span(empty: Store) -> None:
    one, other = import_manual(empty, 400)
    assert spans_of(empty, one) == spans_of(empty, other) == [(0, 399)]
    assert keyframes.keyframes(empty, one) == list(range(400))
    assert all(seen.human and not seen.interpolated for seen in empty.trajectory(one))


def test_imported_boxes_with_gaps_get_a_span_per_stretch(empty: Store) -> None:
    frames = [f for f in range(40) if f % 10 < 7]
    video = empty.add_video("clip", Path("clip.mp4"), 640, 480, 40, 25.0, "print")
    add_tracks(empty, video.id, ("car",), [LabelledFrame(f, (LabelledBox(1, 0, box_at(1, f)),)) for f in frames],
               human=True, settings={}, title="Import")
    [track] = empty.tracks(video.id)
    assert spans_of(empty, track.id) == [(0, 6), (10, 16), (20, 26), (30, 36)]
    assert keyframes.keyframes(empty, track.id) == frames
    assert [seen.frame for seen in empty.trajectory(track.id)] == frames


def test_drawn_boxes_in_consecutive_frames_share_a_span(empty: Store) -> None:
    video = empty.add_video("clip", Path("clip.mp4"), 640, 480, 100, 25.0, "print")
    track = drawn_boxes.add_track(empty, video.id, empty.ensure_label("car").id, 10, box_at(1, 10))
    for frame in (11, 12, 9, 20, 19, 14):
        drawn_boxes.set_box(empty, track, frame, box_at(1, frame))
    assert spans_of(empty, track) == [(9, 12), (14, 14), (19, 20)]
    drawn_boxes.set_box(empty, track, 13, box_at(1, 13))
    assert spans_of(empty, track) == [(9, 14), (19, 20)]
    drawn_boxes.delete_box(empty, track, 11)
    assert spans_of(empty, track) == [(9, 10), (12, 14), (19, 20)]
    assert {seen.frame: seen.box_xyxy for seen in empty.trajectory(track)} == {
        frame: box_at(1, frame) for frame in (9, 10, 12, 13, 14, 19, 20)}


def test_each_drawn_box_is_a_step_of_its_own(empty: Store) -> None:
    video = empty.add_video("clip", Path("clip.mp4"), 640, 480, 100, 25.0, "print")
    track = drawn_boxes.add_track(empty, video.id, empty.ensure_label("car").id, 10, box_at(1, 10))
    states = [picture(empty)]
    for frame in (11, 13, 12):
        drawn_boxes.set_box(empty, track, frame, box_at(1, frame))
        states.append(picture(empty))
    drawn_boxes.delete_box(empty, track, 12)
    states.append(picture(empty))
    for state in reversed(states[:-1]):
        empty.undo()
        assert picture(empty) == state
    for state in states[1:]:
        empty.redo()
        assert picture(empty) == state
    empty.check()


def test_a_redrawn_box_loses_its_mask_and_gets_the_new_one(empty: Store) -> None:
    [track, _] = import_manual(empty, 20)
    mask = Mask.from_bitmap(np.ones((4, 4), bool), left=1, top=1)
    drawn_boxes.set_boxes(empty, track, {3: ((1, 1, 5, 5), mask), 4: ((2, 2, 6, 6), None), 25: ((3, 3, 7, 7), None)})
    seen = {each.frame: each for each in empty.trajectory(track, masks=True)}
    assert [seen[frame].box_xyxy for frame in (3, 4, 25)] == [(1, 1, 5, 5), (2, 2, 6, 6), (3, 3, 7, 7)]
    assert [seen[frame].mask for frame in (3, 4)] == [mask, None]
    assert {(each.score, each.state) for each in seen.values()} == {(1.0, TrackState.RELIABLE)}
    assert spans_of(empty, track) == [(0, 19), (25, 25)]


def test_a_merge_keeps_manual_boxes_that_lie_within_a_span(empty: Store) -> None:
    video = empty.add_video("clip", Path("clip.mp4"), 640, 480, 60, 25.0, "print")
    life = {1: range(10, 30), 2: [*range(10), *range(25, 50)]}
    add_tracks(empty, video.id, ("car",), [LabelledFrame(f, tuple(
        LabelledBox(n, 0, box_at(n, f)) for n, frames in life.items() if f in frames)) for f in range(60)],
        human=True, settings={}, title="Import")
    one, other = (track.id for track in empty.tracks(video.id))
    before = everything(empty)
    with pytest.raises(Exception, match="both have a manual box in frame 25"):
        identities.merge_tracks(empty, one, [other])
    assert everything(empty) == before
    identities.merge_tracks(empty, one, [other], drop_human=True)
    shown = {seen.frame: seen.box_xyxy for seen in empty.trajectory(one)}
    assert shown == {f: box_at(1 if 10 <= f < 30 else 2, f) for f in range(50)}
    empty.undo()
    assert everything(empty)["span"] == before["span"]


def test_a_preview_counts_every_manual_box(empty: Store) -> None:
    one, other = import_manual(empty, 100)
    seen = preview(empty, lambda: identities.swap_tracks(empty, one, other, 40, 59))
    assert [(change.gained, change.lost, len(change.human_lost)) for change in seen.tracks] == [(20, 20, 20)] * 2
    assert (seen.first_frame, seen.last_frame, seen.human_dropped) == (40, 59, 0)
    gone = preview(empty, lambda: identities.delete_range(empty, [one], 90))
    assert gone.human_boxes == tuple((1, frame) for frame in range(90, 100))
    assert gone.human_dropped == 10


# Statements

Edit = Callable[[Store, int, int, int], object]

_EDITS: dict[str, Edit] = {
    "swap": lambda s, a, b, n: identities.swap_tracks(s, a, b, 7),
    "swap a range": lambda s, a, b, n: identities.swap_tracks(s, a, b, 7, n - 7),
    "merge": lambda s, a, b, n: identities.merge_tracks(s, a, [b], drop_human=True),
    "split": lambda s, a, b, n: identities.split_track(s, a, n // 2),
    "delete a range": lambda s, a, b, n: identities.delete_range(s, [a], 7, n - 7),
    "delete": lambda s, a, b, n: identities.delete_tracks(s, [a]),
    "delete a box": lambda s, a, b, n: drawn_boxes.delete_box(s, a, 12),
    "set a box": lambda s, a, b, n: drawn_boxes.set_box(s, a, 12, (1, 1, 9, 9)),
    "reduce": lambda s, a, b, n: keyframes.reduce_to_keyframes(s, a, pixels=0.1),
    "fill the gaps": lambda s, a, b, n: keyframes.fill_gaps(s, a),
    "mark": lambda s, a, b, n: track_marks.mark_tracks(s, [a], MarkKind.OCCLUDED, 5, n - 5),
}


@pytest.mark.parametrize("name", _EDITS)
@pytest.mark.parametrize("every", [1, 3])
def test_an_edit_takes_as_many_statements_however_many_boxes(empty: Store, name: str, every: int) -> None:
    statements = []
    for frames in (120, 480):
        one, other = import_manual(empty, frames, every=every)
        statements.append(work_of(empty, lambda: _EDITS[name](empty, one, other, frames)).statements)  # noqa: B023
        empty.undo()
    assert statements[0] == statements[1]


def test_more_spans_than_a_statement_may_have_parameters(empty: Store) -> None:
    """SQLite may limit them to 32766, or to 999 in old versions."""
    one, other = import_manual(empty, 1200, every=2)
    driver_connection(empty._connection).setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 300)
    identities.swap_tracks(empty, one, other, 0)
    identities.delete_tracks(empty, [one])
    assert [track.id for track in empty.tracks(1)] == [other]


# Steps of the database: how they grow with the number of frames

def _export(store: Store, tracks: list[int]) -> int:
    return sum(len(shown) for _, shown in store.iter_frames(store.track(tracks[0]).video))


_READS: dict[str, Callable[[Store, list[int]], object]] = {
    "export": _export,
    "track_events": lambda s, t: s.track_events(t[0]),
    "trajectory": lambda s, t: s.trajectory(t[0]),
    "keyframes": lambda s, t: keyframes.keyframes(s, t[0]),
    "evidence": lambda s, t: s.evidence(s.track(t[0]).video),
    "suspicious_frames": lambda s, t: s.suspicious_frames(s.track(t[0]).video),
    "mean_scores": lambda s, t: s.mean_scores(t),
    "preview": lambda s, t: preview(s, lambda: identities.delete_range(s, [t[0]], 5)),
}
_WRITES: dict[str, Callable[[Store, list[int]], object]] = {
    "delete": lambda s, t: identities.delete_tracks(s, [t[0]]),
    "swap": lambda s, t: identities.swap_tracks(s, t[0], t[1], 5),
    "reduce": lambda s, t: keyframes.reduce_to_keyframes(s, t[0], pixels=0.1),
    "fill the gaps": lambda s, t: keyframes.fill_gaps(s, t[0]),
}
_KINDS: dict[str, dict[str, Any]] = {
    "dense": {}, "with gaps": {"every": 3}, "interpolated": {"every": 5, "interpolated": True},
    "with marks": {"occluded": 4}}


def _costs(store: Store, tracks: list[int]) -> dict[str, Work]:
    """The work of each way to read and write these tracks, which are the newest in the project."""
    found = {name: work_of(store, lambda: read(store, tracks)) for name, read in _READS.items()}  # noqa: B023
    for name, write in _WRITES.items():
        steps = len(store.history())
        found[name] = work_of(store, lambda: write(store, tracks))  # noqa: B023
        if len(store.history()) > steps:
            found[f"undo: {name}"] = work_of(store, store.undo)
    found["undo: import"] = work_of(store, store.undo)
    found["redo: import"] = work_of(store, store.redo)
    return found


@pytest.mark.parametrize("kind", _KINDS)
def test_costs_grow_like_the_number_of_frames(tmp_path: Path, kind: str) -> None:
    costs = []
    for frames in (_SMALL, _SMALL * _FACTOR):
        with Store.create(tmp_path / f"{frames}.annot") as store:
            costs.append(_costs(store, import_manual(store, frames, **_KINDS[kind])))
    grown = {name: round(exponent(costs[0][name], work, _FACTOR), 2) for name, work in costs[1].items()
             if work.steps > 5000}
    assert "export" in grown
    assert {name: value for name, value in grown.items() if value > 1.1} == {}


def test_manual_boxes_cost_as_much_as_machine_boxes(tmp_path: Path) -> None:
    costs = []
    for human in (True, False):
        with Store.create(tmp_path / f"{human}.annot") as store:
            video = store.add_video("clip", Path("clip.mp4"), 640, 480, 400, 25.0, "print")
            frames = [LabelledFrame(f, tuple(LabelledBox(n, 0, box_at(n, f)) for n in (1, 2, 3))) for f in range(400)]
            add_tracks(store, video.id, ("car",), frames, human=human, settings={}, title="Import")
            costs.append(_costs(store, [track.id for track in store.tracks(video.id)]))
    manual, machine = costs
    assert {name: (manual[name].steps, work.steps) for name, work in machine.items()
            if name in manual and "reduce" not in name and manual[name].steps > 1.5 * work.steps + 500} == {}
