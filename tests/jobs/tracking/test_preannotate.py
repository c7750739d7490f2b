from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from annotator.errors import ProjectBusyError, SettingsError, StorageError
from annotator.jobs.project import add_source, open_project
from annotator.jobs.tracking import preannotate
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.model.cancel import CancelToken
from annotator.model.frame import EndReason
from annotator.model.track import OnExisting, RunStatus
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.store import Store
from testbed.project_digest import project_digests
from testbed.synthetic_clips import make_clip
from tests.command_line import annotator, done, refused
from tests.conftest import FRAMES, SPEC, MadeClip

TINY = PreannotateSettings(detector="tiny-detector", segmenter="tiny-sam2-drawn", device="cpu", snapshot_every=4)


def from_file(clip: MadeClip, tracker: str = "bytetrack", **more: Any) -> PreannotateSettings:
    return PreannotateSettings(detections=str(clip.det), segmenter="tiny-sam2-drawn", device="cpu", tracker=tracker,
                               snapshot_every=4, **more)


def test_a_run_stores_tracks_masks_evidence_detections_and_how_it_was_made(finished_project: Path,
                                                                           clip: MadeClip) -> None:
    with Store.open(finished_project, read_only=True) as store:
        video = store.video()
        assert (video.name, video.width, video.height, video.frame_count) == ("clip", 240, 180, FRAMES)
        assert store.video_path(video).samefile(clip.video)
        [run] = store.runs()
        assert (run.kind, run.status, run.finished_frame) == ("preannotate", RunStatus.FINISHED, FRAMES - 1)
        assert run.labels == ("object",)
        assert run.settings["detector"] == "tiny-detector"
        assert run.settings["end"] == FRAMES - 1
        assert set(run.models) == {"tracker", "detector", "segmenter"}
        assert all("sha256:" in run.models[role] for role in ("detector", "segmenter"))
        detections = dict(store.detections(run.id))
        assert list(detections) == list(range(FRAMES))
        results = list(store.run_results(run.id))
        assert len(results) == FRAMES
        seen = [thing for result in results for thing in result.objects]
        assert store.tracks(video.id)
        assert any(thing.evidence.prompted for thing in seen)
        shown = [thing for thing in seen if thing.box_xyxy is not None]
        assert shown
        assert all(thing.mask is not None for thing in shown)
        for result in results:
            for thing in result.objects:
                if thing.evidence.detection is not None:
                    assert 0 <= thing.evidence.detection < len(detections[result.frame_index])
        store.check()
    assert list(finished_project.parent.glob("*snapshot*")) == []


def test_tracking_stored_detections_gives_the_same_tracks_as_detecting_again(project: Path, clip: MadeClip) -> None:
    done("preannotate", "--project", project, "--detections-run", 1, "--segmenter", "tiny-sam2-drawn",
         "--device", "cpu",
         "--on-existing", "propose")
    with Store.open(project, read_only=True) as store:
        first, second = store.runs()
        assert (second.kind, second.status) == ("track", RunStatus.FINISHED)
        detected = [(r.frame_index, repr(r.objects), r.ended) for r in store.run_results(first.id)]
        tracked = [(r.frame_index, repr(r.objects), r.ended) for r in store.run_results(second.id)]
        assert tracked == detected
        assert [run.id for run in store.detection_runs(store.video().id)] == [first.id]
    said = refused("preannotate", "--project", project, "--detections-run", 2, "--tracker", "bytetrack")
    assert "run 2 stored no detections of clip; runs that did: 1" in said


def test_stored_detections_cover_only_the_frames_that_their_run_finished(clip: MadeClip, tmp_path: Path) -> None:
    with open_project(tmp_path / "p.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        list(preannotate.start(session, video, from_file(clip, start=5, end=9)))
        again = PreannotateSettings(detections_run=1, tracker="bytetrack", device="cpu")
        with pytest.raises(StorageError, match="frames 5 to 9 of clip"):
            list(preannotate.start(session, video, again))
        run = PreannotateSettings(detections_run=1, tracker="bytetrack", device="cpu", start=5, end=9)
        list(preannotate.start(session, video, run))
        assert [r.status for r in session.store.runs()] == [RunStatus.FINISHED] * 2


def test_start_and_end_are_both_included(clip: MadeClip, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    done("preannotate", clip.video, "--project", project, "--detections", clip.det, "--tracker", "bytetrack",
         "--start", 3, "--end", 8)
    with Store.open(project, read_only=True) as store:
        [run] = store.runs()
        assert (run.first_frame, run.last_frame, run.finished_frame) == (3, 8, 8)
        assert [frame for frame, _ in store.detections(run.id)] == [3, 4, 5, 6, 7, 8]
        frames = [frame for frame, seen in store.iter_frames(store.video().id) if seen]
        assert (min(frames), max(frames)) == (4, 8)  # ByteTrack shows a tracklet from its second detection on


@pytest.mark.parametrize(("on_existing", "factor", "proposals"), [("replace", 1, 0), ("add", 2, 0), ("propose", 1, 1)])
def test_what_a_second_run_does_with_the_tracks_of_the_first(on_existing: str, factor: int, proposals: int,
                                                             clip: MadeClip, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    given = ("--project", project, "--detections", clip.det, "--tracker", "bytetrack")
    done("preannotate", clip.video, *given)
    with Store.open(project, read_only=True) as store:
        tracks = store.tracks(store.video().id)
        before = [o.number for o in store.observations(store.video().id, 10)]
    assert len(tracks) == len(before) == clip.objects
    done("preannotate", *given, "--on-existing", on_existing)
    with Store.open(project, read_only=True) as store:
        video = store.video().id
        assert len(store.tracks(video)) == factor * len(tracks)
        assert len(store.observations(video, 10)) == factor * len(before)
        assert len(store.proposals(video)) == proposals


def test_every_video_of_a_project_is_tracked_or_the_chosen_ones(clip: MadeClip, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Path(shutil.copy(clip.video, tmp_path / "other" / "clip.mp4"))
    with other.open("ab") as file:
        file.write(b"\0" * 64)  # another file to the fingerprint, the same pictures to a decoder
    project = tmp_path / "p.annot"
    said = done("preannotate", clip.video, other, clip.video, "--project", project, "--detector", "tiny-detector",
                "--tracker", "bytetrack", "--device", "cpu", "--end", 3)
    assert [line.split(":")[0] for line in said.out.splitlines()] == ["clip", "clip-2"]
    done("preannotate", "--project", project, "--detections", clip.det, "--tracker", "bytetrack", "--video", "clip-2")
    with Store.open(project, read_only=True) as store:
        first, second = store.videos()
        assert len(store.runs(first.id)) == 1
        assert [run.last_frame for run in store.runs(second.id)] == [3, FRAMES - 1]
        assert len(store.tracks(second.id)) == clip.objects
    error = refused("preannotate", "--project", project, "--detections", clip.det, "--tracker", "bytetrack")
    assert "clip, clip-2" in error
    assert "--video" in error


def test_mot_and_coco_detections_give_the_same_tracks(clip: MadeClip, tmp_path: Path) -> None:
    boxes = []
    for name, path in (("mot", clip.det), ("coco", clip.coco)):
        project = tmp_path / f"{name}.annot"
        done("preannotate", clip.video, "--project", project, "--detections", path, "--tracker", "bytetrack")
        with Store.open(project, read_only=True) as store:
            boxes.append([sorted(o.box_xyxy for o in seen if o.box_xyxy is not None)
                          for _, seen in store.iter_frames(store.video().id)])
            names = {label.id: label.name for label in store.labels()}
            labels = {names[track.label] for track in store.tracks(store.video().id)}
            assert len(labels) == (1 if name == "mot" else 2)
    assert len(boxes[0][10]) == clip.objects
    np.testing.assert_allclose(boxes[0][10], boxes[1][10], atol=1e-3)
    assert [len(seen) for seen in boxes[0]] == [len(seen) for seen in boxes[1]]


def test_only_the_wanted_labels_are_tracked(clip: MadeClip, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    done("preannotate", clip.video, "--project", project, "--detections", clip.coco, "--tracker", "bytetrack",
         "--labels", "car")
    done("preannotate", "--project", project, "--detections", clip.coco, "--tracker", "bytetrack", "--on-existing",
         "add")
    done("preannotate", "--project", project, "--detections-run", 2, "--tracker", "bytetrack", "--labels", "person",
         "--on-existing", "add", "--det-threshold", 0)
    with Store.open(project, read_only=True) as store:
        car, everything, person = (list(store.run_results(run.id))[10] for run in store.runs())
        labels = [[store.runs()[k].labels[o.label] for o in r.objects] for k, r in enumerate((car, everything, person))]
        assert labels == [["car"], ["car", "person", "person"], ["person", "person"]]


def test_what_the_threshold_leaves_out_is_stored_all_the_same(clip: MadeClip, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    config = tmp_path / "c.yml"
    config.write_text(f"detections: {clip.det}\ntracker: bytetrack\ndet_threshold: 0.95\n")
    done("preannotate", clip.video, "--project", project, "--config", config)
    with Store.open(project, read_only=True) as store:
        assert store.tracks(store.video().id) == []
        assert sum(len(found) for _, found in store.detections(1)) == clip.boxes
    done("preannotate", "--project", project, "--config", config, "--det-threshold", 0.5)
    with Store.open(project, read_only=True) as store:
        assert len(store.tracks(store.video().id)) == clip.objects
        assert store.runs()[-1].settings["det_threshold"] == 0.5


def test_cancelled_between_frames_it_keeps_them_and_resumes_to_the_same_result(clip: MadeClip, finished_project: Path,
                                                                               tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    token = CancelToken()
    with open_project(project, create=True) as session:
        video, _ = add_source(session, clip.video)
        for progress in preannotate.start(session, video, TINY, token):
            if progress.done == 10:
                token.cancel()
        [run] = session.store.runs()
        assert (run.status, run.finished_frame) == (RunStatus.CANCELLED, 9)
        assert len(list(session.store.run_results(run.id))) == 10
        seen = [progress.done for progress in preannotate.resume(session, preannotate.unfinished(
            session, [video]).runs[0][1] or run)]
        assert seen == list(range(9, FRAMES + 1))  # from the snapshot after 8 frames
    assert project_digests(project) == project_digests(finished_project)
    assert list(tmp_path.glob("*snapshot*")) == []


@pytest.mark.parametrize("tracker", ["sam2mot", "bytetrack"])
def test_a_run_whose_process_died_goes_on_to_the_same_result(tracker: str, clip: MadeClip, tmp_path: Path) -> None:
    settings = from_file(clip, tracker)
    with open_project(tmp_path / "whole.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        list(preannotate.start(session, video, settings))
    with open_project(tmp_path / "died.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        job = preannotate.start(session, video, settings)
        for _ in range(11):
            next(job)
        # As after a kill: neither the run nor the project is closed in order.
        shutil.copytree(tmp_path, tmp_path / "dead")
        job.close()
    (tmp_path / "dead" / "died.annot.lock").unlink()
    dead = tmp_path / "dead" / "died.annot"
    with Store.open(dead) as store:
        store.check()
        assert store.runs()[-1].status is RunStatus.INTERRUPTED
        store.move_videos({1: clip.video})
    done("preannotate", "--project", dead, "--resume")
    assert project_digests(dead) == project_digests(tmp_path / "whole.annot")


def test_a_closed_job_leaves_a_run_that_can_be_resumed(clip: MadeClip, tmp_path: Path) -> None:
    with open_project(tmp_path / "p.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        job = preannotate.start(session, video, from_file(clip))
        next(job)
        job.close()
        assert session.store.runs()[-1].status is RunStatus.CANCELLED
        with pytest.raises(StopIteration):
            next(job)


def test_a_job_cancelled_before_its_models_are_loaded_begins_no_run(clip: MadeClip, tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with open_project(tmp_path / "p.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        assert list(preannotate.start(session, video, from_file(clip), token)) == []
        assert session.store.runs() == []


def test_others_read_the_project_while_a_run_goes_on(clip: MadeClip, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    with open_project(project, create=True) as session:
        video, _ = add_source(session, clip.video)
        job = preannotate.start(session, video, from_file(clip))
        for _ in range(6):
            next(job)
        with open_project(project, read_only=True) as reader:
            assert reader.store.runs()[-1].status is RunStatus.RUNNING
            assert len(reader.store.observations(video.id, 5)) == clip.objects
            next(job)
            with pytest.raises(StorageError, match="read-only"):
                reader.store.ensure_label("car")
        with pytest.raises(ProjectBusyError, match="annotator"):
            open_project(project)
        said = done("export", project, "--format", "mot", "--out", tmp_path / "out")
        assert f"of {clip.objects} tracks" in said.out
        assert "is open in" in refused("preannotate", clip.video, "--project", project)
        job.close()


def test_a_resume_goes_through_all_videos_of_a_killed_job(clip: MadeClip, tmp_path: Path) -> None:
    other = Path(shutil.copy(clip.video, tmp_path / "other.mp4"))
    with other.open("ab") as file:
        file.write(b"\0" * 64)
    project = tmp_path / "p.annot"
    settings = PreannotateSettings(detector="tiny-detector", tracker="bytetrack", device="cpu", det_threshold=0.6)
    with open_project(project, create=True) as session:
        first, _ = add_source(session, clip.video)
        add_source(session, other)
        job = preannotate.start(session, first, settings)
        next(job)
        job.close()
    said = done("preannotate", "--project", project, "--resume")
    assert [line.split(":")[0] for line in said.out.splitlines()] == ["clip", "other"]
    with Store.open(project, read_only=True) as store:
        assert [(run.status, run.finished_frame) for run in store.runs()] == [(RunStatus.FINISHED, FRAMES - 1)] * 2
        assert [run.settings["det_threshold"] for run in store.runs()] == [0.6, 0.6]
    assert "no unfinished run of clip, other" in refused("preannotate", "--project", project, "--resume")


@pytest.fixture
def stopped(clip: MadeClip, tmp_path: Path) -> Path:
    """A project whose only run was stopped after 6 frames."""
    shutil.copy(clip.det, tmp_path / "det.txt")
    with open_project(tmp_path / "p.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        settings = PreannotateSettings(detections=str(tmp_path / "det.txt"), tracker="bytetrack", device="cpu")
        job = preannotate.start(session, video, settings)
        for _ in range(6):
            next(job)
        job.close()
    return tmp_path / "p.annot"


def test_a_resume_refuses_other_settings_than_the_run_began_with(stopped: Path) -> None:
    said = refused("preannotate", "--project", stopped, "--resume", "--tracker", "sam2mot")
    assert "'bytetrack' as tracker, not with 'sam2mot'" in said
    said = refused("preannotate", "--project", stopped, "--resume", "--det-threshold", "0.3")
    assert "without det_threshold" in said
    done("preannotate", "--project", stopped, "--resume", "--tracker", "bytetrack")


def test_a_run_that_was_undone_is_not_resumed(stopped: Path) -> None:
    with open_project(stopped) as session:
        [run] = session.store.runs()
        session.undo()
    assert "because it was undone: redo it" in refused("preannotate", "--project", stopped, "--resume")
    with open_project(stopped) as session:
        drawn_boxes.add_track(session.store, 1, session.store.ensure_label("car").id, 0, (1, 2, 30, 40))
        with pytest.raises(StorageError, match="can no longer be redone"):
            list(preannotate.resume(session, run))
        assert [track.number for track in session.store.tracks(1)] == [1]
    assert "because it was undone: redo it" in refused("preannotate", "--project", stopped, "--resume")
    done("preannotate", "--project", stopped, "--tracker", "bytetrack", "--detections", stopped.with_name("det.txt"))


def test_a_resume_refuses_other_detections_but_not_another_name_for_them(stopped: Path) -> None:
    det = stopped.with_name("det.txt")
    moved = det.rename(det.with_name("moved.txt"))
    assert "det.txt: no such file" in refused("preannotate", "--project", stopped, "--resume")
    det.write_text("1,-1,10,10,30,30,0.9,-1,-1,-1\n")
    said = refused("preannotate", "--project", stopped, "--resume")
    assert "restore the old one, or start a new run without --resume" in said
    done("preannotate", "--project", stopped, "--resume", "--detections", moved)


def test_a_resume_refuses_other_weights(clip: MadeClip, tmp_path: Path) -> None:
    import torch

    from annotator.engine.weights import checkpoints

    state = checkpoints.load_state_dict(checkpoints.find("tiny-sam2-drawn"))
    torch.save({"model": state}, tmp_path / "one.pt")
    settings = PreannotateSettings(detections=str(clip.det), segmenter=str(tmp_path / "one.pt"), device="cpu")
    project = tmp_path / "p.annot"
    with open_project(project, create=True) as session:
        video, _ = add_source(session, clip.video)
        job = preannotate.start(session, video, settings)
        next(job)
        job.close()
    name = next(iter(state))
    torch.save({"model": {**state, name: state[name] + 1}}, tmp_path / "one.pt")
    said = refused("preannotate", "--project", project, "--resume", "--trust-project")
    assert "run 1 was started with the segmenter one.pt sha256:" in said
    with Store.open(project, read_only=True) as store:
        assert (store.runs()[0].status, store.runs()[0].finished_frame) == (RunStatus.CANCELLED, 0)


def test_a_run_that_fails_keeps_its_frames_and_says_why(clip: MadeClip, tmp_path: Path,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    with open_project(tmp_path / "p.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        job = preannotate.start(session, video, from_file(clip))
        next(job)

        def fail(*_: object) -> None:
            raise StorageError("p.annot: the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(session.store, "write_frames", fail)
            with pytest.raises(StorageError, match="disk is full"):
                next(job)
        [run] = session.store.runs()
        assert (run.status, run.finished_frame, run.message) == (RunStatus.FAILED, 0, "p.annot: the disk is full")
        [(_, unfinished)] = preannotate.unfinished(session, [video]).runs
        assert unfinished is not None
        list(preannotate.resume(session, unfinished))
        assert session.store.runs()[0].status is RunStatus.FINISHED


def test_settings_are_checked_against_every_video_before_the_first_is_tracked(clip: MadeClip, tmp_path: Path) -> None:
    with open_project(tmp_path / "p.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        with pytest.raises(SettingsError, match="frames 0 to 20 are not in clip, which has frames 0 to 19"):
            preannotate.check(session, [video], from_file(clip, end=FRAMES))
        with pytest.raises(SettingsError, match="frames -1 to 19"):
            preannotate.check(session, [video], from_file(clip, start=-1))
        preannotate.check(session, [video], from_file(clip, on_existing=OnExisting.ADD))


def test_fallback_models_are_named_once_however_many_videos(clip: MadeClip, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATOR_MODELS_DIR", str(tmp_path / "none"))
    other = Path(shutil.copy(clip.video, tmp_path / "other.mp4"))
    with other.open("ab") as file:
        file.write(b"\0" * 64)
    said = annotator("preannotate", clip.video, other, "--project", tmp_path / "p.annot", "--device", "cpu", "--end", 1)
    assert said.code == 0
    warnings = [line for line in said.lines if line.startswith("warning: ")]
    assert len(warnings) == 2
    assert "demonstration model tiny-detector" in warnings[0]
    assert "small built-in model tiny-sam2" in warnings[1]


@pytest.fixture(scope="module")
def cut_clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A video of two shots, 14 and 10 frames, and its detections: two objects that stand where they stood before."""
    folder = tmp_path_factory.mktemp("cut")
    views = [np.kron(np.random.default_rng(seed).integers(0, 255, (12, 40, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
             for seed in range(2)]
    (folder / "cut").mkdir()
    for k in range(24):
        picture = views[k >= 14][:, k:k + 160]
        cv2.imwrite(str(folder / "cut" / f"{k:06d}.png"), picture)
    rows = [f"{k + 1},-1,{x},20,24,40,0.9,-1,-1,-1" for k in range(24) for x in (20, 100)]
    (folder / "det.txt").write_text("\n".join(rows) + "\n")
    return folder / "cut", folder / "det.txt"


def test_tracks_end_where_the_video_is_cut_unless_that_is_turned_off(cut_clip: tuple[Path, Path],
                                                                     tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    given = ("--project", project, "--detections", cut_clip[1], "--tracker", "bytetrack", "--quiet")
    done("preannotate", cut_clip[0], *given)
    done("preannotate", *given, "--no-scene-cuts", "--on-existing", "propose")
    with Store.open(project, read_only=True) as store:
        first, second = store.runs()
        assert (store.scene_cuts(first.id), store.scene_cuts(second.id)) == ([14], [])
        spans = store.spans([track.id for track in store.tracks(store.video().id)])
        assert [(span.first, span.end) for span in spans] == [(1, 13), (1, 13), (15, 23), (15, 23)]
        assert {o.tracklet for r in store.run_results(second.id) for o in r.objects} == {1, 2}


@pytest.mark.parametrize("frames", [8, 13, 14, 15, 17])
def test_a_run_stopped_near_a_cut_resumes_to_the_same(frames: int, cut_clip: tuple[Path, Path], tmp_path: Path) -> None:
    def project(name: str) -> Path:
        return tmp_path / f"{name}.annot"

    settings = PreannotateSettings(detections=str(cut_clip[1]), tracker="ocsort", device="cpu", snapshot_every=4)
    with open_project(project("whole"), create=True) as session:
        video, _ = add_source(session, cut_clip[0])
        list(preannotate.start(session, video, settings))
    with open_project(project("part"), create=True) as session:
        video, _ = add_source(session, cut_clip[0])
        job = preannotate.start(session, video, settings)
        for _ in range(frames):
            next(job)
        job.close()
        [run] = session.store.runs()
        list(preannotate.resume(session, run))
        assert session.store.scene_cuts(run.id) == [14]
    assert project_digests(project("part")) == project_digests(project("whole"))


def test_a_threshold_from_a_table_is_stored_with_the_run(clip: MadeClip, tmp_path: Path) -> None:
    table = tmp_path / "thresholds.csv"
    table.write_text("clip,0.95\n")
    project = tmp_path / "p.annot"
    given = ("--project", project, "--detections", clip.det, "--tracker", "bytetrack", "--thresholds", table)
    said = done("preannotate", clip.video, *given, "--quiet")
    assert said.out.endswith(", detection threshold 0.95 (thresholds.csv)\n")
    with Store.open(project, read_only=True) as store:
        [run] = store.runs()
        assert (run.settings["det_threshold"], run.settings["thresholds"]) == (0.95, str(table))
        assert store.tracks(store.video().id) == [], "every score is 0.9"
    table.write_text("other,0.5\n")
    assert "has no threshold for clip; it has other" in refused("preannotate", *given)
    both = refused("preannotate", *given, "--det-threshold", 0.5)
    assert "det_threshold and thresholds are both given" in both


def test_an_adaptive_threshold_of_a_file_parts_weak_from_strong(clip: MadeClip, tmp_path: Path) -> None:
    weak = [line.replace(",0.9,", f",{0.1 + k % 5 / 100},") for k, line in enumerate(clip.det.read_text().splitlines())]
    det = tmp_path / "det.txt"
    det.write_text(clip.det.read_text() + "\n".join(weak) + "\n")
    project = tmp_path / "p.annot"
    found = done("preannotate", clip.video, "--project", project, "--detections", det, "--tracker", "bytetrack",
                 "--thresholds", "adaptive", "--quiet")
    assert found.out.endswith(", detection threshold 0.62 (adaptive)\n")
    with Store.open(project, read_only=True) as store:
        [run] = store.runs()
        assert run.settings["det_threshold"] == pytest.approx(0.62)
        assert run.settings["thresholds"] == "adaptive"
        assert len(store.tracks(store.video().id)) == clip.objects
    said = refused("preannotate", "--project", project, "--detections", clip.det, "--tracker", "bytetrack",
                   "--thresholds", "adaptive")
    assert "fewer than two different scores" in said


@pytest.mark.parametrize("stops", [(), (9,), (FRAMES,), (9, FRAMES + 7)])
def test_an_adaptive_threshold_of_a_detector_detects_first_and_resumes_anywhere(
        stops: tuple[int, ...], clip: MadeClip, tmp_path: Path) -> None:
    settings = PreannotateSettings(detector="tiny-detector", tracker="bytetrack", device="cpu", snapshot_every=4,
                                   thresholds="adaptive", on_existing=OnExisting.ADD)
    with open_project(tmp_path / "p.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        job = preannotate.start(session, video, settings)
        reached = 0
        for stop in stops:
            for progress in job:
                if progress.done + (0 if progress.total == 2 * FRAMES else FRAMES) >= stop:
                    break
            job.close()
            [(_, run)] = preannotate.unfinished(session, [video]).runs
            assert run is not None
            job = preannotate.resume(session, run)
        for progress in job:
            reached = progress.done
        assert reached == progress.total
        detected, tracked = session.store.runs()
        assert [(r.kind, r.status) for r in (detected, tracked)] == [("detect", RunStatus.FINISHED),
                                                                    ("track", RunStatus.FINISHED)]
        scores = np.concatenate([found.score for _, found in session.store.detections(detected.id)])
        assert scores.min() < float(str(tracked.settings["det_threshold"])) < scores.max()
        assert (tracked.settings["detections_run"], tracked.on_existing) == (detected.id, OnExisting.ADD)
        assert session.store.tracks(video.id)
        assert [step.label for step in session.history()][1:] == ["Pre-annotate clip"], "detecting alone is no edit"
        with pytest.raises(StorageError, match="no unfinished run"):
            preannotate.unfinished(session, [video])
    assert list(tmp_path.glob("*snapshot*")) == []


def test_sam2mot_begins_anew_after_a_cut_and_resumes_to_the_same(tmp_path: Path) -> None:
    clips = [make_clip(replace(SPEC, frames=9), seed) for seed in (2, 4)]
    (tmp_path / "v").mkdir()
    for index, image in enumerate(image for clip in clips for image in clip.images):
        cv2.imwrite(str(tmp_path / "v" / f"{index:06d}.png"), np.ascontiguousarray(image[..., ::-1]))
    with open_project(tmp_path / "whole.annot", create=True) as session:
        video, _ = add_source(session, tmp_path / "v")
        list(preannotate.start(session, video, TINY))
        [run] = session.store.runs()
        assert session.store.scene_cuts(run.id) == [9]
        results = list(session.store.run_results(run.id))
        before, after = ({o.tracklet for r in part for o in r.objects} for part in (results[:9], results[9:]))
        assert before
        assert after
        assert not before & after
        assert {number for number, _ in results[8].ended} == {o.tracklet for o in results[8].objects}
        assert EndReason.CUT in {reason for _, reason in results[8].ended}
        assert all(o.evidence.prompted for o in results[9].objects)
    with open_project(tmp_path / "part.annot", create=True) as session:
        video, _ = add_source(session, tmp_path / "v")
        job = preannotate.start(session, video, TINY)
        for _ in range(11):
            next(job)
        job.close()
        list(preannotate.resume(session, session.store.runs()[0]))
    assert project_digests(tmp_path / "part.annot") == project_digests(tmp_path / "whole.annot")


@pytest.mark.parametrize(("mode", "kept"), [("replace", True), ("replace-corrected", False)])
def test_a_run_keeps_corrected_tracks_and_tracks_their_objects_no_second_time(
        mode: str, kept: bool, clip: MadeClip, tmp_path: Path) -> None:
    with open_project(tmp_path / "p.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        list(preannotate.start(session, video, from_file(clip)))
        tracks = sorted(session.store.tracks(video.id), key=lambda track: track.number)
        assert len(tracks) == clip.objects
        identities.renumber(session.store, tracks[0].id, 77)
        corrected = session.store.trajectory(tracks[0].id)
        list(preannotate.start(session, video, from_file(clip, on_existing=OnExisting(mode))))
        numbers = {track.number for track in session.store.tracks(video.id)}
        assert (77 in numbers) == kept
        assert len(numbers) == clip.objects, "no object has two tracks"
        if kept:
            assert session.store.trajectory(tracks[0].id) == corrected


def test_a_stopped_run_beside_kept_tracks_goes_on_to_the_same_result(clip: MadeClip, tmp_path: Path) -> None:
    def run(path: Path, stop: bool) -> list[object]:
        with open_project(path, create=True) as session:
            video, _ = add_source(session, clip.video)
            list(preannotate.start(session, video, from_file(clip)))
            first = min(session.store.tracks(video.id), key=lambda track: track.number)
            identities.renumber(session.store, first.id, 77)
            cancel = CancelToken()
            for progress in preannotate.start(session, video, from_file(clip), cancel):
                if stop and progress.done == FRAMES // 2:
                    cancel.cancel()
            if stop:
                last = session.store.runs(video.id)[-1]
                assert last.status is RunStatus.CANCELLED
                list(preannotate.resume(session, last))
            return [(o.frame, o.number, o.box_xyxy) for _, shown in session.store.iter_frames(video.id) for o in shown]

    assert run(tmp_path / "stopped.annot", stop=True) == run(tmp_path / "whole.annot", stop=False)
