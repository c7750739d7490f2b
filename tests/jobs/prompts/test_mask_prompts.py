"""Masks as prompts: propagated as they are, and the frames between two filled from both ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.engine.mask_cleaning import best_cleaned, cleaning_prompts
from annotator.engine.prompting import FramePrompter, Seen
from annotator.engine.settings import Sam2MotSettings, TrajectorySettings
from annotator.errors import SettingsError, StorageError
from annotator.jobs.project import add_source
from annotator.jobs.prompts import propagate
from annotator.jobs.prompts.clean_up import clean_up
from annotator.jobs.prompts.limits import Direction
from annotator.jobs.prompts.propagate import PromptRequest, PromptSettings, mask_requests, masks_around
from annotator.model.frame import Evidence, Frame, FrameResult, TrackedObject, TrackState
from annotator.model.mask import EMPTY_MASK, Mask
from annotator.model.track import RunStatus
from annotator.session import Session
from annotator.storage.edits import drawn_boxes, masks
from annotator.storage.store import Store
from tests.engine.fake_segmenter import SIDE
from tests.jobs.prompts.test_uncover import MaskReadingSegmenter
from tests.storage.fakes import everything

SETTINGS = PromptSettings(device="cpu", segmenter="tiny-sam2-drawn",
                          sam2mot=Sam2MotSettings(trajectories=TrajectorySettings(max_lost=3)))


def block(left: int, top: int, side: int = 20) -> Mask:
    return Mask.from_bitmap(np.ones((side, side), bool), left, top)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A track with a mask in the upper left in 30 frames; the video cuts at frame 25."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for frame in range(30):
        cv2.imwrite(str(folder / f"{frame:03}.png"), np.zeros((SIDE, SIDE, 3), np.uint8))
    with Session(Store.create(tmp_path / "p.annot")) as opened:
        add_source(opened, folder)
        run = opened.store.begin_run(1, "preannotate", {}, {}, ("car",), 0, 29)
        for frame in range(30):
            thing = TrackedObject(1, 0, TrackState.RELIABLE, 0.9, (2, 2, 22, 22), block(2, 2), Evidence(9.0, 0.9))
            opened.store.write_frame(run.id, FrameResult(frame, (thing,), cut=frame == 25))
        opened.store.finish_run(run.id, RunStatus.FINISHED)
        yield opened


def run(session: Session, requests: list[PromptRequest], settings: PromptSettings = SETTINGS) -> int:
    done = list(propagate.start(session, session.store.video(), requests, settings, segmenter=MaskReadingSegmenter()))
    return done[-1].run


def lefts(session: Session) -> list[float | None]:
    track = session.store.tracks(1)[0].id
    return [None if seen.box_xyxy is None else seen.box_xyxy[0] for seen in session.store.trajectory(track)]


def test_a_mask_is_propagated_up_to_the_next_manual_mask(session: Session) -> None:
    store, video = session.store, session.store.video()
    track = store.tracks(1)[0].id
    masks.set_mask(store, track, 10, block(40, 40))
    masks.set_mask(store, track, 15, block(20, 20))
    for direction, expected in ((Direction.FORWARD, [2.0] * 10 + [40.0] * 5 + [20.0] + [2.0] * 14),
                                (Direction.BACKWARD, [40.0] * 11 + [2.0] * 4 + [20.0] + [2.0] * 14)):
        run_id = run(session, mask_requests(store, video, track, [10], direction))
        before = everything(store)
        propagate.accept(session, run_id)
        assert lefts(session) == expected
        assert store.observations(1, 10, masks=True)[0].mask == block(40, 40), "the drawn mask stays as it was drawn"
        session.undo()
        assert everything(store) == before
        propagate.drop(session, run_id)


def test_the_frames_between_two_masks_are_filled_from_both_ends(session: Session) -> None:
    store, video = session.store, session.store.video()
    track = store.tracks(1)[0].id
    masks.set_mask(store, track, 4, block(40, 40))
    masks.set_mask(store, track, 12, block(20, 20))
    assert masks_around(store, track, 4) == masks_around(store, track, 9) == (4, 12)
    run_id = run(session, mask_requests(store, video, track, [4, 12]), replace(SETTINGS, between=True))
    [change] = propagate.summary(session, run_id).tracklets
    assert (change.first, change.last) == (5, 11)
    propagate.accept(session, run_id)
    assert lefts(session)[3:14] == [2.0, *[40.0] * 4, *[20.0] * 5, 2.0]
    assert [seen.frame for seen in store.trajectory(track) if seen.human] == [4, 12]
    session.undo()
    assert lefts(session)[5:12] == [2.0] * 7


def test_what_cannot_be_filled_is_said(session: Session) -> None:
    store, video = session.store, session.store.video()
    track = store.tracks(1)[0].id
    with pytest.raises(StorageError, match="no manual mask before frame 9"):
        masks_around(store, track, 9)
    masks.set_mask(store, track, 4, block(40, 40))
    with pytest.raises(StorageError, match="no manual mask after frame 9"):
        masks_around(store, track, 9)
    masks.set_mask(store, track, 5, block(40, 40))
    with pytest.raises(StorageError, match="no frame between them"):
        masks_around(store, track, 4)
    drawn_boxes.set_box(store, track, 29, (1, 1, 9, 9))
    with pytest.raises(StorageError, match="has no mask in frame 29"):
        mask_requests(store, video, track, [29])
    with pytest.raises(SettingsError, match="cuts to another view at frame 25"):
        run(session, mask_requests(store, video, track, [20, 28]), replace(SETTINGS, between=True))
    with pytest.raises(SettingsError, match="masks at both ends"):
        run(session, mask_requests(store, video, track, [20]), replace(SETTINGS, between=True))


def seen(mask: Mask) -> Seen:
    return Seen(5.0, 0.9, TrackState.RELIABLE, np.zeros((1, 1), bool), mask)


def test_a_drawn_mask_becomes_the_object_that_agrees_best() -> None:
    ring = np.ones((40, 40), bool)
    ring[10:30, 10:30] = False
    prompts = cleaning_prompts(Mask.from_bitmap(ring, 100, 50), 7)
    assert {prompt.frame_index for prompt in prompts.values()} == {7}
    assert all(prompt.box_xyxy == (100, 50, 140, 90) for prompt in prompts.values())
    bitmap = Mask.from_bitmap(ring, 100, 50).to_bitmap(200, 200)
    points = [point for prompt in prompts.values() for point in prompt.points]
    assert all(bitmap[int(point.y), int(point.x)] == point.positive for point in points)
    assert any(not point.positive for point in points), "the hole is named"
    drawn = block(10, 10)
    found, agreement = best_cleaned(drawn, [seen(block(40, 40)), seen(block(11, 10)), seen(EMPTY_MASK)])
    assert found is not None
    assert found.mask == block(11, 10)
    assert agreement == pytest.approx(380 / 420)
    assert best_cleaned(drawn, [seen(block(25, 25))])[0] is None
    assert best_cleaned(drawn, []) == (None, 0.0)


def test_a_mask_is_cleaned_up_without_a_window(session: Session) -> None:
    store, video = session.store, session.store.video()
    track = store.tracks(1)[0].id
    frayed = np.ones((20, 20), bool)
    frayed[::5, 15:] = False
    drawn = Mask.from_bitmap(frayed, 10, 10)
    masks.set_mask(store, track, 3, drawn)
    done = clean_up(session, video, track, 3, "tiny-sam2-drawn", "cpu", lambda *_: MaskReadingSegmenter())
    assert store.observations(1, 3, masks=True)[0].mask == block(10, 10)
    assert done.pixels == 400
    assert done.agreement == pytest.approx(drawn.area() / 400)
    assert session.history()[-1].label == "Clean up mask of track 1 in frame 3"
    session.undo()
    assert store.observations(1, 3, masks=True)[0].mask == drawn
    masks.set_mask(store, track, 4, Mask.from_bitmap(np.eye(20, dtype=bool), 10, 10))
    before = everything(store)
    with pytest.raises(StorageError, match="no object like the mask of track 1 in frame 4"):
        clean_up(session, video, track, 4, "tiny-sam2-drawn", "cpu", lambda *_: MaskReadingSegmenter())
    assert everything(store) == before


def test_single_pixels_can_be_cleaned_up_too() -> None:
    prompter = FramePrompter(MaskReadingSegmenter(), SIDE, SIDE)
    prompter.look_at(Frame(0, np.zeros((SIDE, SIDE, 3), np.uint8), 0.0))
    prompts = cleaning_prompts(block(5, 5, 1), 0)
    assert list(prompter.ask(prompts)) == list(prompts) != []
