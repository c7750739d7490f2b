from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.errors import SettingsError
from annotator.jobs.review import ranking
from annotator.model.evidence import NO_TRACK, NOBODY
from annotator.model.frame import EndReason, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.track import MarkKind, RunStatus, VideoRecord
from annotator.review import Fix, Kind, Moment, Reason, ReviewQueue, Sentence, Suggestion
from annotator.session import Session
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.store import Store


def thing(number: int, x: float, y: float, **evidence: Any) -> TrackedObject:
    known = replace(Evidence(10.0, 0.9), **evidence)
    return TrackedObject(number, 0, TrackState.RELIABLE, 0.99, (x, y, x + 40, y + 40), None, known)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Tracklet 1 ends at frame 39 and goes on as 3 at 45; 2 moves far below; 3 is hidden by 2, by name, once."""
    with Session(Store.create(tmp_path / "p.annot")) as opened:
        store = opened.store
        video = store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 80, 25.0, "x")
        run = store.begin_run(video.id, "preannotate", {"det_threshold": 0.4}, {}, ("car",), 0, 79)
        for frame in range(80):
            objects = [thing(2, 100 + frame, 400)]
            if frame < 40:
                objects.insert(0, thing(1, 100 + 2 * frame, 100))
            if frame >= 45:
                objects.append(thing(3, 100 + 2 * frame, 100, prompted=frame == 45,
                                     occluded_by=2 if frame == 70 else None))
            ended = ((1, EndReason.LOST),) if frame == 39 else ()
            store.write_frame(run.id, FrameResult(frame, tuple(objects), ended=ended))
        store.finish_run(run.id, RunStatus.FINISHED)
        yield opened


@pytest.fixture
def video(session: Session) -> VideoRecord:
    return session.store.video()


def queue(session: Session, video: VideoRecord) -> ReviewQueue:
    *_, last = ranking.build(session, video, appearance=False)
    assert last.queue is not None
    return last.queue


def test_the_evidence_speaks_of_tracks_as_they_are_now(session: Session, video: VideoRecord) -> None:
    store = session.store
    a, b, c = (track.id for track in store.tracks(video.id))
    drawn_boxes.set_box(store, a, 10, (1, 2, 3, 4))
    drawn_boxes.add_mark(store, video.id, MarkKind.OUTSIDE, 60, 69, c)
    before = store.evidence(video.id)
    assert len(before) == 40 + 80 + 35
    rows = before[before.track == a]
    assert rows.frame.tolist() == list(range(40))
    assert rows.human.tolist() == [frame == 10 for frame in range(40)]
    assert rows.box_xyxy[10].tolist() == [1, 2, 3, 4]
    rows = before[before.track == c]
    assert np.flatnonzero(~rows.shown).tolist() == list(range(15, 25))
    assert rows.hidden_by.tolist() == [b if frame == 70 else NOBODY for frame in range(45, 80)]
    identities.swap_tracks(store, a, b, 30)
    now = store.evidence(video.id)
    assert now[now.track == c].hidden_by[25] == a
    identities.delete_tracks(store, [a])
    now = store.evidence(video.id)
    assert now[now.track == c].hidden_by[25] == NO_TRACK


def test_a_suggestion_is_carried_out_and_remembered_in_one_step(session: Session, video: VideoRecord) -> None:
    a, _, c = (track.id for track in session.store.tracks(video.id))
    found = queue(session, video)
    entry = found.entries[0]
    assert entry.moments[0].kind is Kind.REBIRTH
    assert (entry.suggestion.fix, entry.suggestion.tracks) == (Fix.MERGE, (a, c))
    steps = len(session.history())
    ranking.apply_fix(session, video, entry)
    assert [step.label for step in session.history()[steps:]] == [f"Review: merge at frame {entry.frame}"]
    assert len(session.store.tracks(video.id)) == 2
    gap = next(e for e in queue(session, video).entries if Kind.GAP in e.kinds)
    assert gap.reviewed
    session.undo()
    assert queue(session, video).entries == found.entries


def test_what_is_found_to_be_fine_is_not_shown_again(session: Session, video: VideoRecord) -> None:
    entry = queue(session, video).open[0]
    ranking.mark_reviewed(session, video, entry)
    again = queue(session, video)
    assert entry.frame not in [other.frame for other in again.open if other.tracks == entry.tracks]
    assert again.done >= 1
    assert len(again.entries) == len(queue(session, video).entries)


def test_a_prompt_is_a_job_of_its_own(session: Session, video: VideoRecord) -> None:
    entry = queue(session, video).entries[0]
    moment = replace(entry.moments[0], tracks=(), suggestion=replace(entry.suggestion, fix=Fix.PROMPT, tracks=(2, 3)))
    with pytest.raises(SettingsError, match="annotator prompt"):
        ranking.apply_fix(session, video, replace(entry, moments=(moment,)))
    ranking.mark_reviewed(session, video, replace(entry, moments=(moment,)))
    assert [mark.track for mark in session.store.marks(video.id)] == [None]


def test_colours_are_read_from_the_video(project: Path) -> None:
    with Session(Store.open(project)) as session:
        video = session.store.video()
        steps = list(ranking.build(session, video))
        assert [step.done for step in steps] == [*range(1, video.frame_count + 1), video.frame_count]
        assert steps[-1].queue is not None


def test_where_a_person_split_a_track_nothing_is_suspicious_any_more(session: Session, video: VideoRecord) -> None:
    store = session.store
    first = store.tracks(video.id)[0].id
    others = queue(session, video).entries
    jump = Moment(Kind.JUMP, (first,), 18, 20, 19, 0.9, Reason(Sentence.ACROSS_CUT, (first,)),
                  Suggestion(Fix.SPLIT, (first,), 19))
    ranking.apply_fix(session, video, replace(others[0], moments=(jump,)))
    halves = {track.id for track in store.tracks(video.id)} - set(others[0].tracks) | {first}
    between = [entry for entry in queue(session, video).open if entry.first <= 20 and halves & set(entry.tracks)]
    assert len(store.tracks(video.id)) == 4
    assert between == []
