"""What detectors' classes are called in a project reaches its runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotator.errors import SettingsError
from annotator.jobs.project import add_source, open_project
from annotator.jobs.tracking import preannotate
from annotator.jobs.tracking.config import PreannotateSettings, read_settings
from annotator.model.track import Run, VideoRecord
from annotator.session import Session
from annotator.storage.edits import labels
from tests.conftest import FRAMES, MadeClip


@pytest.fixture
def session(clip: MadeClip, tmp_path: Path) -> Iterator[Session]:
    with open_project(tmp_path / "p.annot", create=True) as opened:
        add_source(opened, clip.video)
        yield opened


def settings_of(clip: MadeClip, **more: Any) -> PreannotateSettings:
    """The first object is a "car", the other two are each a "person"."""
    return PreannotateSettings(detections=str(clip.coco), tracker="bytetrack", device="cpu", **more)


def track(session: Session, settings: PreannotateSettings) -> tuple[Run, list[str]]:
    video = session.store.video()
    list(preannotate.start(session, video, settings))
    names = session.store.label_names()
    return session.store.runs()[-1], [names[track.label] for track in session.store.tracks(video.id)]


def test_classes_become_the_projects_labels(session: Session, clip: MadeClip) -> None:
    vehicle = labels.add_label(session.store, "vehicle")
    labels.map_class(session.store, "car", vehicle.id)
    run, found = track(session, settings_of(clip))
    assert run.labels == ("vehicle", "person")
    assert sorted(found) == ["person", "person", "vehicle"]
    assert [label.name for label in session.store.labels()] == ["vehicle", "person"]


def test_dropped_classes_give_no_tracks_and_are_not_stored(session: Session, clip: MadeClip) -> None:
    labels.map_class(session.store, "person", None)
    run, found = track(session, settings_of(clip))
    assert (run.labels, found) == (("car",), ["car"])
    assert {len(detections) for _, detections in session.store.detections(run.id)} == {1}
    labels.map_class(session.store, "car", None)
    with pytest.raises(SettingsError, match="every class of .* is dropped"):
        track(session, settings_of(clip))


def test_what_the_settings_say_wins_and_is_kept_for_a_resume(session: Session, clip: MadeClip) -> None:
    labels.map_class(session.store, "person", None)
    job = preannotate.start(session, session.store.video(), settings_of(clip, class_labels={"car": "auto"}))
    for _ in range(8):
        next(job)
    job.close()
    labels.map_class(session.store, "car", None)
    (run,) = session.store.runs()
    list(preannotate.resume(session, run))
    assert session.store.run(run.id).labels == ("auto", "person")
    assert len(session.store.tracks(1)) == clip.objects


def test_a_run_without_mapping_is_resumed_without(session: Session, clip: MadeClip) -> None:
    video: VideoRecord = session.store.video()
    job = preannotate.start(session, video, settings_of(clip))
    next(job)
    job.close()
    labels.map_class(session.store, "person", None)
    list(preannotate.resume(session, session.store.runs()[0]))
    assert len(session.store.tracks(video.id)) == clip.objects


def test_stored_detections_keep_their_places(session: Session, clip: MadeClip) -> None:
    first, _ = track(session, settings_of(clip))
    labels.map_class(session.store, "car", None)
    second, found = track(session, PreannotateSettings(detections_run=first.id, tracker="bytetrack", device="cpu"))
    assert found == ["person", "person"]
    matched = {thing.evidence.detection for result in session.store.run_results(second.id) for thing in result.objects}
    assert matched - {None} == {1, 2}, "the car is the first detection of each frame"


def test_both_runs_of_an_adaptive_threshold_have_the_projects_labels(session: Session) -> None:
    labels.map_class(session.store, "object", labels.add_label(session.store, "blob").id)
    detected, _ = track(session, PreannotateSettings(detector="tiny-detector", tracker="bytetrack", device="cpu",
                                                     thresholds="adaptive", labels=("object",)))
    assert [run.labels for run in session.store.runs()] == [("blob",), ("blob",)]
    assert detected.finished_frame == FRAMES - 1


def test_a_mapping_in_a_settings_file(tmp_path: Path) -> None:
    path = tmp_path / "c.yml"
    path.write_text("class_labels:\n  truck: car\n  dog: null\n")
    settings, given = read_settings(path, {})
    assert settings.class_labels == {"truck": "car", "dog": None}
    assert given == {"class_labels"}
    assert [settings.wants(name) for name in ("truck", "dog", "cat")] == [True, False, True]
    path.write_text("class_labels: [a, b]\n")
    with pytest.raises(SettingsError, match="mapping of names to names or null"):
        read_settings(path, {})
