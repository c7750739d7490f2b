from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.engine.base import Predictions
from annotator.jobs.project import add_source
from annotator.jobs.prompts import propagate, uncover
from annotator.jobs.prompts.propagate import PromptSettings
from annotator.model.frame import Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.prompt import Prompt
from annotator.model.track import RunStatus
from annotator.session import Session
from annotator.storage.edits import identities
from annotator.storage.store import Store
from tests.engine.fake_segmenter import SIDE, FakeSegmenter

TRUE, WRONG = (10.0, 10.0, 30.0, 30.0), (40.0, 40.0, 60.0, 60.0)


class MaskReadingSegmenter(FakeSegmenter):
    """Takes a mask prompt for a box prompt of the mask's box."""

    def prompt(self, features: int, prompts: Mapping[int, Prompt]) -> Predictions:
        boxes = {key: each if each.mask is None else type(each)(each.frame_index, each.mask.box_xyxy)
                 for key, each in prompts.items()}
        return super().prompt(features, boxes)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Tracklet 2 is hidden by 1, and drawn to it, in frames 8 to 12 and 22 to 24 of 30."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for frame in range(30):
        cv2.imwrite(str(folder / f"{frame:03}.png"), np.zeros((SIDE, SIDE, 3), np.uint8))
    with Session(Store.create(tmp_path / "p.annot")) as opened:
        add_source(opened, folder)
        run = opened.store.begin_run(1, "preannotate", {}, {}, ("car",), 0, 29)
        for frame in range(30):
            hidden = 8 <= frame <= 12 or 22 <= frame <= 24
            box = WRONG if hidden else TRUE
            mask = Mask.from_bitmap(np.ones((20, 20), bool), int(box[0]), int(box[1]))
            opened.store.write_frame(run.id, FrameResult(frame, (
                TrackedObject(1, 0, TrackState.RELIABLE, 0.9, WRONG, None, Evidence(9.0, 0.9)),
                TrackedObject(2, 0, TrackState.RELIABLE, 0.9, box, mask,
                              Evidence(5.0, 0.9, occluded_by=1 if hidden else None)))))
        opened.store.finish_run(run.id, RunStatus.FINISHED)
        yield opened


def test_a_deleted_track_gives_its_neighbour_back_what_it_hid(session: Session) -> None:
    store = session.store
    video = store.video()
    ghost, real = (track.id for track in store.tracks(1))
    assert uncover.hidden_by(store, video, ghost) == [(real, 8, 12), (real, 22, 24)]
    assert uncover.hidden_by(store, video, real) == []
    batches = uncover.requests(store, video, ghost)
    assert [[(each.track, each.frame, each.until, each.mask is None) for each in batch] for batch in batches] == [
        [(real, 7, 17, False)], [(real, 21, 29, False)]]
    found = uncover.uncovered(store, video, ghost)
    assert (found.neighbours, found.frames, found.batches) == (1, 8, batches)
    assert uncover.uncovered(store, video, ghost, real) == uncover.Uncovered(0, 0, [])
    identities.delete_tracks(store, [ghost])
    for batch in batches:
        job = propagate.start(session, video, batch, PromptSettings(device="cpu", segmenter="tiny-sam2-drawn"),
                           segmenter=MaskReadingSegmenter())
        propagate.accept(session, list(job)[-1].run)
    shown = {seen.frame: (seen.box_xyxy, seen.human) for seen in store.trajectory(real)}
    assert shown == dict.fromkeys(range(30), (TRUE, False))
