"""Scores before correction are of a run that is part of the project and covers the frames of its tracks, or there are
none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.jobs.project import add_source, open_project
from annotator.jobs.project_scores import ProjectScores, score_project
from annotator.model.frame import Detections, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.track import OnExisting, Run, RunStatus, VideoRecord
from annotator.session import Session
from annotator.storage.edits import drawn_boxes, identities
from testbed.synthetic_clips import make_clip
from tests.command_line import done
from tests.conftest import FRAMES, SEED, SPEC, MadeClip

BOXES = make_clip(SPEC, SEED).boxes()


@pytest.fixture
def session(clip: MadeClip, tmp_path: Path) -> Iterator[Session]:
    with open_project(tmp_path / "p.annot", create=True) as opened:
        add_source(opened, clip.video)
        yield opened


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "truth" / "gt" / "gt.txt"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{frame + 1},{number},{x0:g},{y0:g},{x1 - x0:g},{y1 - y0:g},1,1,1\n"
                            for frame, boxes in enumerate(BOXES)
                            for number, (x0, y0, x1, y1) in enumerate(boxes.tolist(), 1)))
    return path


def run_on(session: Session, frames: range, offset: float = 0.0, mode: OnExisting = OnExisting.REPLACE) -> Run:
    """A finished run with the true boxes, so many pixels too far right."""
    store, video = session.store, session.store.video()
    run = store.begin_run(video.id, "preannotate", {}, {}, ["object"], frames[0], frames[-1], mode)
    for frame in frames:
        things = tuple(TrackedObject(number, 0, TrackState.RELIABLE, 0.9, (x0 + offset, y0, x1 + offset, y1), None,
                                     Evidence(9.0, 0.9)) for number, (x0, y0, x1, y1) in
                       enumerate(BOXES[frame].tolist(), 1))
        session.apply(run.id, FrameResult(frame, things, Detections.empty()))
    return store.finish_run(run.id, RunStatus.FINISHED)


def video_of(session: Session) -> VideoRecord:
    return session.store.video()


def scored(session: Session, truth: Path) -> ProjectScores:
    with session.store.read_snapshot() as reader:
        return score_project(reader, [video_of(session)], truth)


def swap(session: Session) -> None:
    first, second = session.store.tracks(video_of(session).id)[:2]
    identities.swap_tracks(session.store, first.id, second.id, 5)


def test_the_gain_of_corrections_is_against_the_run_that_is_named(session: Session, truth: Path) -> None:
    run = run_on(session, range(FRAMES))
    swap(session)
    scores = scored(session, truth)
    assert scores.before is not None
    assert scores.before.combined.assa == pytest.approx(100)
    assert scores.after.combined.assa < 90
    [named] = scores.runs
    assert (named.run, named.first, named.last) == (run.id, 0, FRAMES - 1)
    assert f"run {run.id} (preannotate, started 20" in str(named)
    assert f"frames 0 to {FRAMES - 1} of clip" in str(named)
    assert scores.no_before == ""


def test_an_undone_run_is_not_what_was_before(session: Session, truth: Path) -> None:
    good = run_on(session, range(FRAMES))
    run_on(session, range(FRAMES), offset=25)
    session.undo()
    scores = scored(session, truth)
    assert scores.before is not None
    assert scores.before.combined.hota == pytest.approx(scores.after.combined.hota) == pytest.approx(100)
    assert [run.run for run in scores.runs] == [good.id]


def test_a_proposing_run_is_not_what_was_before(session: Session, truth: Path) -> None:
    good = run_on(session, range(FRAMES))
    run_on(session, range(FRAMES), offset=25, mode=OnExisting.PROPOSE)
    scores = scored(session, truth)
    assert [run.run for run in scores.runs] == [good.id]
    assert scores.before is not None
    assert scores.before.combined.hota == pytest.approx(100)


def test_a_run_over_other_frames_gives_no_gain(session: Session, truth: Path) -> None:
    run_on(session, range(FRAMES))
    partial = run_on(session, range(8), offset=25)
    scores = scored(session, truth)
    assert (scores.before, scores.runs) == (None, ())
    assert scores.no_before == (f"the newest run of clip (run {partial.id}) covers frames 0 to 7, but its tracks have "
                                f"boxes in frames 0 to {FRAMES - 1}")


def test_a_drawn_box_beyond_a_partial_run_ends_the_comparison(session: Session, truth: Path) -> None:
    run_on(session, range(8))
    assert scored(session, truth).before is not None
    drawn_boxes.set_box(session.store, session.store.tracks(video_of(session).id)[0].id, 12, (1, 2, 30, 40))
    assert scored(session, truth).before is None


def test_without_a_run_it_says_so(session: Session, truth: Path) -> None:
    run_on(session, range(FRAMES))
    session.undo()
    label = session.store.ensure_label("object").id
    drawn_boxes.add_track(session.store, video_of(session).id, label, 0, (1, 2, 30, 40))
    scores = scored(session, truth)
    assert scores.before is None
    assert scores.no_before == "clip has no run whose tracks are in the project"


def test_the_command_names_the_run_or_says_why_there_is_none(
        session: Session, truth: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_on(session, range(FRAMES))
    path = session.store.path
    session.close()
    assert f"before correction; run {run.id} (preannotate" in done("evaluate", path, "--gt", truth).out
    found = json.loads(done("evaluate", path, "--gt", truth, "--json").out)
    assert [each["run"] for each in found["runs"]] == [run.id]
    with open_project(path) as again:
        run_on(again, range(8))
    assert "no scores before correction: the newest run of clip" in done("evaluate", path, "--gt", truth).out
