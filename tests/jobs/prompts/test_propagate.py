from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from annotator.engine.settings import Sam2MotSettings, TrajectorySettings
from annotator.errors import SettingsError, StorageError
from annotator.jobs.project import add_source
from annotator.jobs.prompts import propagate
from annotator.jobs.prompts.limits import Direction
from annotator.jobs.prompts.propagate import PromptProgress, PromptRequest, PromptSettings
from annotator.model.box import box_iou
from annotator.model.cancel import CancelToken
from annotator.model.frame import OUTSIDE_RUN, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.prompt import Point
from annotator.model.track import MarkKind, OnExisting, RunStatus, VideoRecord
from annotator.session import Session
from annotator.storage.edits import drawn_boxes, identities, track_marks
from annotator.storage.store import Store
from tests.engine.fake_segmenter import SIDE, FakeSegmenter, Say
from tests.required import required
from tests.storage.fakes import everything

BOX = (10.0, 10.0, 30.0, 30.0)
ELSEWHERE = (40.0, 40.0, 60.0, 60.0)
SETTINGS = PromptSettings(device="cpu", segmenter="tiny-sam2-drawn",
                          sam2mot=Sam2MotSettings(trajectories=TrajectorySettings(max_lost=3)))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for frame in range(30):
        cv2.imwrite(str(folder / f"{frame:03}.png"), np.zeros((SIDE, SIDE, 3), np.uint8))
    with Session(Store.create(tmp_path / "p.annot")) as opened:
        add_source(opened, folder)
        yield opened


@pytest.fixture
def video(session: Session) -> VideoRecord:
    return session.store.video()


@pytest.fixture
def track(session: Session, video: VideoRecord) -> int:
    """One machine track, in all frames at a place that the segmenter will not say."""
    store = session.store
    run = store.begin_run(video.id, "preannotate", {}, {}, ("car",), 0, 29)
    for frame in range(30):
        mask = Mask.from_bitmap(np.ones((20, 20), bool), 40, 40)
        thing = TrackedObject(1, 0, TrackState.RELIABLE, 0.9, ELSEWHERE, mask, Evidence(9.0, 0.9))
        store.write_frame(run.id, FrameResult(frame, (thing,), cut=frame == 25))
    store.finish_run(run.id, RunStatus.FINISHED)
    return store.tracks(video.id)[0].id


def run(session: Session, *requests: PromptRequest, settings: PromptSettings = SETTINGS,
        segmenter: FakeSegmenter | None = None) -> list[PromptProgress]:
    return list(propagate.start(session, session.store.video(), requests, settings,
                             segmenter=segmenter or FakeSegmenter()))


def boxes(session: Session, track: int) -> dict[int, object]:
    return {o.frame: o.box_xyxy for o in session.store.trajectory(track) if o.box_xyxy is not None}


def test_a_new_object_waits_as_a_proposal_and_becomes_a_track_in_one_step(session: Session, track: int) -> None:
    before, steps = everything(session.store), len(session.history())
    progress = run(session, PromptRequest(10, BOX, label="person"))
    assert (progress[-1].done, progress[-1].total) == (26, 26)  # 10 back to 0, and again 10 on to 24
    assert len(session.store.tracks(1)) == 1
    assert {k: v for k, v in everything(session.store).items() if k in ("track", "span", "mark")} == {
        k: v for k, v in before.items() if k in ("track", "span", "mark")}
    [waiting] = session.store.proposals(1)
    assert (waiting.status, waiting.first_frame, waiting.last_frame) == (RunStatus.FINISHED, 0, 24)
    seen = propagate.summary(session, waiting.id)
    assert [(t.track, t.label, t.first, t.last, t.added, t.moved) for t in seen.tracklets] == [
        (None, "person", 0, 24, 25, 0)]
    propagate.accept(session, waiting.id)
    _, new = session.store.tracks(1)
    assert boxes(session, new.id) == dict.fromkeys(range(25), BOX)
    assert [o.frame for o in session.store.trajectory(new.id) if o.human] == [10]
    assert session.store.observations(1, 10, masks=True)[1].mask is not None
    assert [step.label for step in session.history()[steps:]] == ["Accept prompts of a new track in frame 10"]
    accepted = everything(session.store)
    session.undo()
    assert [r.id for r in session.store.proposals(1)] == [waiting.id]
    session.redo()
    assert everything(session.store) == accepted
    with pytest.raises(StorageError, match="not an open proposal"):
        propagate.accept(session, waiting.id)


def test_an_existing_track_changes_only_between_the_barriers(session: Session, track: int) -> None:
    drawn_boxes.set_box(session.store, track, 5, (1, 1, 9, 9))
    drawn_boxes.add_mark(session.store, 1, MarkKind.REVIEWED, 20, 22, track)
    progress = run(session, PromptRequest(10, BOX, track=track))
    assert len(session.store.tracks(1)) == 1
    run_id = progress[-1].run
    [seen] = propagate.summary(session, run_id).tracklets
    assert (seen.track_number, seen.first, seen.last, seen.moved, seen.kept, seen.removed) == (1, 6, 19, 14, 0, 0)
    assert seen.mean_iou == 0.0
    propagate.accept(session, run_id)
    expected: dict[int, object] = dict.fromkeys(range(30), ELSEWHERE)
    assert boxes(session, track) == expected | dict.fromkeys(range(6, 20), BOX) | {5: (1, 1, 9, 9)}
    session.undo()
    assert boxes(session, track) == expected | {5: (1, 1, 9, 9)}


@pytest.mark.parametrize(("direction", "more", "first", "last"), [
    (Direction.FORWARD, {}, 10, 24), (Direction.BACKWARD, {}, 0, 10),
    (Direction.BOTH, {"first": 8, "last": 12}, 8, 12), (Direction.FORWARD, {"stop_at_cuts": False}, 10, 29)])
def test_direction_range_and_cuts_are_barriers(session: Session, track: int, direction: Direction,
                                               more: dict[str, Any], first: int, last: int) -> None:
    settings = PromptSettings(**{"device": "cpu", "segmenter": "tiny-sam2-drawn", **more})
    run(session, PromptRequest(10, BOX, direction=direction), settings=settings)
    [waiting] = session.store.proposals(1)
    assert (waiting.first_frame, waiting.last_frame) == (first, last)


def test_a_track_can_be_kept_to_its_own_frames(session: Session, track: int) -> None:
    identities.delete_range(session.store, [track], 0, 7)
    identities.delete_range(session.store, [track], 15)
    settings = PromptSettings(device="cpu", segmenter="tiny-sam2-drawn", within_track=True)
    run(session, PromptRequest(10, BOX, track=track), settings=settings)
    [waiting] = session.store.proposals(1)
    assert (waiting.first_frame, waiting.last_frame) == (8, 14)


def test_a_proposal_ends_where_the_object_is_lost(session: Session, track: int) -> None:
    segmenter = FakeSegmenter(tracked={(frame, 1): Say(-5.0) for frame in range(13, 30)})
    run(session, PromptRequest(10, BOX, track=track, direction=Direction.FORWARD), segmenter=segmenter)
    [waiting] = session.store.proposals(1)
    assert waiting.last_frame == 15
    propagate.accept(session, waiting.id)
    # The lost frames at its end hide nothing that is there.
    assert boxes(session, track) == dict.fromkeys(range(30), ELSEWHERE) | dict.fromkeys((10, 11, 12), BOX)


def test_cancelling_leaves_a_shorter_proposal(session: Session, track: int) -> None:
    cancel = CancelToken()
    job = propagate.start(session, session.store.video(), [PromptRequest(10, BOX)], SETTINGS, cancel, FakeSegmenter())
    for progress in job:
        if progress.done == 4:
            cancel.cancel()
    [waiting] = session.store.proposals(1)
    assert (waiting.status, waiting.first_frame, waiting.last_frame) == (RunStatus.CANCELLED, 7, 10)
    with closing(propagate.start(session, session.store.video(), [PromptRequest(20, BOX)], SETTINGS,
                              segmenter=FakeSegmenter())) as closed:
        next(closed)
    assert [(r.first_frame, r.last_frame) for r in session.store.proposals(1)] == [(7, 10), (20, 20)]
    propagate.accept(session, waiting.id)
    assert sorted(boxes(session, session.store.tracks(1)[1].id)) == [7, 8, 9, 10]


def test_a_killed_batch_is_a_proposal_of_what_was_stored(session: Session, track: int) -> None:
    job = propagate.start(session, session.store.video(), [PromptRequest(10, BOX)], SETTINGS, segmenter=FakeSegmenter())
    for progress in job:
        if progress.done == 4:
            break
    store, path = session.store, session.store.path
    store.close()
    with pytest.raises(Exception, match="closed"):
        job.close()
    with Session(Store.open(path)) as opened:
        [waiting] = opened.store.proposals(1)
        assert (waiting.status, waiting.first_frame, waiting.last_frame) == (RunStatus.INTERRUPTED, 7, 10)
        assert propagate.summary(opened, waiting.id).tracklets[0].boxes == 4
        propagate.accept(opened, waiting.id)
        assert sorted(boxes(opened, opened.store.tracks(1)[1].id)) == [7, 8, 9, 10]
        opened.store.check()


def test_several_prompts_are_one_batch_and_those_of_one_track_one_object(session: Session, track: int) -> None:
    segmenter = FakeSegmenter()
    run(session, PromptRequest(20, BOX, track=track), PromptRequest(15, ELSEWHERE),
        PromptRequest(5, BOX, (Point(20, 20),), track=track), segmenter=segmenter)
    [waiting] = session.store.proposals(1)
    seen = propagate.summary(session, waiting.id)
    assert [(t.number, t.track, t.first, t.last) for t in seen.tracklets] == [(1, track, 0, 24), (2, None, 0, 24)]
    assert seen.tracklets[1].doubles == ((1, 25),)
    assert [t.changed for t in seen.tracklets] == [((0, 24),), ((0, 24),)]
    propagate.accept(session, waiting.id)
    assert [o.frame for o in session.store.trajectory(track) if o.human] == [5, 20]


def test_tracks_that_are_there_compete_for_the_object(session: Session, track: int) -> None:
    # Equally sure of themselves in 12 and 13, but only the stored track has been so all the time.
    segmenter = FakeSegmenter(tracked={(frame, 1): Say(2.5, ELSEWHERE) for frame in (12, 13)})
    request = PromptRequest(10, BOX, direction=Direction.FORWARD)
    run_id = run(session, request, segmenter=segmenter)[-1].run
    hidden = [r.frame_index for r in session.store.run_results(run_id) for o in r.objects
              if o.evidence.occluded_by == OUTSIDE_RUN]
    assert hidden == [12, 13]
    assert [frame for frame, _, _ in segmenter.memorised][:4] == [10, 11, 14, 15]
    alone = FakeSegmenter(tracked=segmenter.tracked)
    run(session, request, settings=replace(SETTINGS, sam2mot=required(SETTINGS.sam2mot).without_interaction()),
        segmenter=alone)
    assert [frame for frame, _, _ in alone.memorised][:4] == [10, 11, 12, 13]


def test_dropping_changes_no_track(session: Session, track: int) -> None:
    before = boxes(session, track)
    run_id = run(session, PromptRequest(10, BOX, track=track))[-1].run
    propagate.drop(session, run_id)
    assert (boxes(session, track), session.store.proposals(1)) == (before, [])
    first, last = session.store.run(run_id).first_frame, session.store.run(run_id).last_frame
    assert session.history()[-1].label == f"Discard proposal in frames {first} to {last}"


def test_what_cannot_be_prompted_is_said(session: Session, track: int) -> None:
    for request, words in (
            (PromptRequest(30, BOX), "has no frame 30; it has frames 0 to 29"),
            (PromptRequest(3), "frame 3 has no prompt"),
            (PromptRequest(3, (5, 5, 5, 9)), "has no area"),
            (PromptRequest(3, (70, 5, 80, 9)), "is outside the frame of 64 x 64")):
        with pytest.raises(SettingsError, match=words):
            run(session, request)
    with pytest.raises(SettingsError, match="prompted twice in frame 3"):
        run(session, PromptRequest(3, BOX, track=track), PromptRequest(3, ELSEWHERE, track=track))
    with pytest.raises(SettingsError, match="no prompt is given: draw a box, or give --box"):
        run(session)
    track_marks.lock_tracks(session.store, [track])
    with pytest.raises(StorageError, match="locked"):
        run(session, PromptRequest(3, BOX, track=track))
    assert session.store.proposals(1) == []


def test_a_track_that_was_locked_meanwhile_keeps_its_boxes(session: Session, track: int) -> None:
    run_id = run(session, PromptRequest(10, BOX, track=track))[-1].run
    track_marks.lock_tracks(session.store, [track])
    before = everything(session.store)
    with pytest.raises(StorageError, match="track 1 is locked"):
        propagate.accept(session, run_id)
    assert everything(session.store) == before


def test_other_proposals_are_not_accepted_as_prompts(session: Session, video: VideoRecord) -> None:
    other = session.store.begin_run(video.id, "preannotate", {}, {}, ("car",), 0, 29, OnExisting.PROPOSE)
    session.store.finish_run(other.id, RunStatus.FINISHED)
    with pytest.raises(StorageError, match="was not made from prompts"):
        propagate.accept(session, other.id)


def test_the_built_in_segmenter_finds_a_deleted_object_again(project: Path) -> None:
    with Session(Store.open(project)) as session:
        store = session.store
        video = store.video()
        longest = max(store.tracks(video.id), key=lambda track: len(store.trajectory(track.id)))
        before = {o.frame: o.box_xyxy for o in store.trajectory(longest.id) if o.box_xyxy is not None}
        middle = sorted(before)[len(before) // 2]
        identities.delete_tracks(store, [longest.id])
        job = propagate.start(session, video, [PromptRequest(middle, before[middle])],
                           PromptSettings(segmenter="tiny-sam2-drawn", device="cpu"))
        run_id = list(job)[-1].run
        propagate.accept(session, run_id)
        found = {o.frame: o.box_xyxy for o in store.trajectory(store.tracks(video.id)[-1].id)
                 if o.box_xyxy is not None}
        common = sorted(set(found) & set(before))
        assert len(common) > 0.8 * len(before)
        overlaps = [float(box_iou(np.array([found[f]]), np.array([before[f]]))[0, 0]) for f in common]
        assert float(np.median(overlaps)) > 0.6
        store.check()
