from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from annotator.cli.interrupts import cancel_on_interrupt
from annotator.engine.speed_trial import run_trial
from annotator.model.track import RunStatus
from annotator.storage.store import Store
from testbed.project_digest import project_digests
from tests.command_line import annotator, done, refused
from tests.conftest import FRAMES, MadeClip

ROOT = Path(__file__).parents[2]


HELD_FRAME = 4
#: The program, which stands still after a frame until a signal has been handled. Whatever the signal's handler does
#: comes first: a byte in the pipe says that it has been called.
HELD = f"""
import os, signal, sys
from annotator.cli import main
from annotator.session import Session

signalled, pipe = os.pipe()
os.set_blocking(pipe, False)
signal.set_wakeup_fd(pipe)
apply = Session.apply

def held(self, run_id, results):
    changes = apply(self, run_id, results)
    if results.frame_index == {HELD_FRAME}:
        print("held", flush=True)
        os.read(signalled, 1)
    return changes

Session.apply = held
sys.exit(main(sys.argv[1:]))
"""


def held_in_a_process(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", HELD, *map(str, arguments)], cwd=ROOT, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    code = ("import sys, annotator.cli; heavy = {'torch', 'sam2', 'onnxruntime', 'cv2', 'PySide6'} & set(sys.modules);"
            "annotator.cli.main(['models', 'list']); heavy |= {'torch', 'sam2'} & set(sys.modules); print(heavy)")
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "set()"


def test_results_go_to_standard_output_and_all_else_to_standard_error(clip: MadeClip, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    said = done("preannotate", clip.video, "--project", project, "--detections", clip.det, "--tracker", "bytetrack")
    assert said.out == (f"clip: run 1 finished, frames 0 to {FRAMES - 1}, {clip.objects} tracks in {project}\n")
    assert said.lines[0] == "clip  loading models"
    assert f"{FRAMES}/{FRAMES}" in said.lines[-1]
    said = done("preannotate", "--project", project, "--detections", clip.det, "--tracker", "bytetrack", "--quiet")
    assert said.err == ""


@pytest.mark.parametrize("label_format", ["mot", "mot-results", "coco-video"])
def test_an_export_scores_full_marks_against_itself(label_format: str, clip: MadeClip, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    done("preannotate", clip.video, "--project", project, "--detections", clip.det, "--tracker", "bytetrack", "--quiet")
    report = json.loads(done("export", project, "--format", label_format, "--out", tmp_path / "out", "--json").out)
    assert report["format"] == label_format
    assert report["frames"] == FRAMES
    assert report["tracks"] == clip.objects
    assert report["boxes"] == clip.objects * (FRAMES - 1)  # ByteTrack shows a tracklet from its second detection on
    assert report["checks"]
    assert all(Path(path).is_file() for path in report["files"])
    if label_format == "coco-video":
        return
    truth = json.loads(done("export", project, "--format", "mot", "--out", tmp_path / "gt", "--json").out)["files"][0]
    said = done("evaluate", "--gt", truth, "--result", report["files"][0], "--json")
    scores = json.loads(said.out)
    assert (scores["hota"], scores["idf1"], scores["idsw"]) == (100.0, 100.0, 0)
    assert "100.0" in done("evaluate", "--gt", truth, "--result", report["files"][0]).out


def test_masks_of_an_export_are_the_stored_ones(finished_project: Path, tmp_path: Path) -> None:
    from pycocotools import mask as coco_mask

    done("export", finished_project, "--format", "coco-video", "--out", tmp_path)
    content = json.loads((tmp_path / "annotations.json").read_text())
    with Store.open(finished_project, read_only=True) as store:
        video = store.video()
        stored = {(frame, o.number): o.mask for frame, seen in store.iter_frames(video.id, masks=True) for o in seen
                  if o.mask is not None}
    frames = {image["id"]: image["frame_id"] for image in content["images"]}
    numbers = {(a["image_id"], a["id"]): a for a in content["annotations"]}
    assert len(numbers) == len(stored)
    area = sum(int(coco_mask.area(_encoded(a["segmentation"]))) for a in content["annotations"])
    assert set(frames.values()) == set(range(FRAMES))
    assert area == sum(mask.area() for mask in stored.values())


def _encoded(segmentation: dict[str, object]) -> dict[str, object]:
    counts = segmentation["counts"]
    return {**segmentation, "counts": counts.encode() if isinstance(counts, str) else counts}


def test_a_moved_project_finds_its_videos_again(project: Path, tmp_path: Path) -> None:
    video = project.with_name("clip.mp4")
    elsewhere = project.parent / "elsewhere" / "renamed.mp4"
    elsewhere.parent.mkdir()
    video.rename(elsewhere)
    said = refused("preannotate", "--project", project, "--tracker", "bytetrack")
    assert "clip.mp4 is missing" in said
    assert f"annotator relink {project}" in said
    assert "not found in" in annotator("relink", project, "--search", tmp_path / "nowhere").err
    assert done("relink", project).out == f"clip: found at {elsewhere}\n"
    assert done("relink", project).out == "clip: already in place\n"
    done("preannotate", "--project", project, "--tracker", "bytetrack", "--detector", "tiny-detector", "--end", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_stops_a_run_between_frames_and_resume_ends_it_alike(
        name: str, clip: MadeClip, finished_project: Path, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    process = held_in_a_process("preannotate", clip.video, "--project", project, "--config", clip.config)
    assert process.stdout is not None
    if process.stdout.readline() != "held\n":
        pytest.fail(process.communicate()[1])
    process.send_signal(signal.Signals[name])
    out, err = process.communicate()
    assert process.returncode == 130, err
    assert out == ""
    assert err.splitlines()[-1] == f"stopped; finished frames are kept in {project}; continue with --resume"
    with Store.open(project, read_only=True) as store:
        [run] = store.runs()
        assert run.status is RunStatus.CANCELLED
        assert run.finished_frame == HELD_FRAME
    if name == "SIGTERM":  # the others leave the same state
        done("preannotate", "--project", project, "--resume")
        assert project_digests(project) == project_digests(finished_project)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_what_was_started_to_outlive_its_terminal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """As nohup starts it, with SIGHUP ignored; and one whose terminal is gone does not fail on what it says."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with cancel_on_interrupt() as cancel:
            signal.raise_signal(signal.SIGHUP)
            assert not cancel.cancelled
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

        def gone(*_: object) -> int:
            raise OSError(errno.EIO, "the terminal is gone")

        with cancel_on_interrupt() as cancel:
            with monkeypatch.context() as patched:
                patched.setattr(os, "write", gone)
                signal.raise_signal(signal.SIGHUP)
            assert cancel.cancelled
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_other_commands_stop_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the signal did not stop it")

    monkeypatch.setattr("annotator.doctor.report", stop)
    # A shell that starts the tests in the background has them ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        said = annotator("doctor")
    finally:
        signal.signal(signal.SIGINT, before)
    assert (said.code, said.err, said.out) == (130, "stopped\n", "")


def test_signal_handlers_are_put_back(clip: MadeClip, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    done("preannotate", clip.video, "--project", tmp_path / "p.annot", "--detections", clip.det, "--tracker",
         "bytetrack", "--end", 1)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_models_and_doctor_speak_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATOR_MODELS_DIR", str(tmp_path))
    models = {row["name"]: row for row in json.loads(done("models", "--json").out)}
    assert models["tiny-detector"]["installed"]
    assert not models["sam2.1-large"]["installed"]
    assert Path(models["sam2.1-large"]["path"]).parent == tmp_path
    assert set(json.loads(done("models", "verify", "tiny-detector", "--json").out)) == {"tiny-detector"}
    assert "tiny-detector: sha256" in done("models", "verify", "tiny-detector").out
    assert json.loads(done("doctor", "--json").out)["checks"]
    assert "sam2.1-large is not installed" in refused("models", "verify", "sam2.1-large")
    assert "no model given" in refused("models", "download")
    assert "no model given" in refused("models", "trial")
    assert "tiny-detector is a detector" in refused("models", "trial", "tiny-detector")


def test_a_trial_is_shown_in_the_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANNOTATOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("annotator.engine.speed_trial.run_trial", partial(run_trial, seconds=0.1))
    [trial] = json.loads(done("models", "trial", "tiny-sam2-drawn", "--device", "cpu", "--json").out)
    assert trial["fps"] > 0
    models = {row["name"]: row for row in json.loads(done("models", "--json").out)}
    assert models["tiny-sam2-drawn"]["trial"] == trial
    assert models["sam2.1-tiny"]["trial"] is None
    assert f"measured here: tiny-sam2-drawn: {trial['fps']:.2g} fps with 5 objects (cpu, " in done("models").out


def test_a_wrong_argument_is_told_with_the_usage() -> None:
    said = annotator("preannotate", "--nonsense")
    assert said.code == 2
    assert "usage: annotator preannotate" in said.err
    assert annotator("--version").code == 0


def test_source_and_video_exclude_each_other(clip: MadeClip, tmp_path: Path) -> None:
    said = refused("preannotate", clip.video, "--video", "clip", "--project", tmp_path / "p.annot")
    assert "SOURCE and --video cannot be combined" in said
    assert not (tmp_path / "p.annot").exists()


class TestDemo:
    """Over the 20 frames of the short clip, which is put in the bundled clip's place."""

    @pytest.fixture(autouse=True)
    def short(self, clip: MadeClip, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path_factory.mktemp("short")
        (folder / "gt").mkdir()
        rows = [line.split(",") for line in clip.det.read_text().splitlines()]
        # Each frame's boxes are in the order of the objects.
        lines = [",".join([frame, str(1 + k % clip.objects), *box[:4], "1,1,1"])
                 for k, (frame, _, *box) in enumerate(rows)]
        (folder / "gt" / "gt.txt").write_text("\n".join(lines) + "\n")
        (folder / "seqinfo.ini").write_text(f"[Sequence]\nname=clip\nimDir=img1\nframeRate=25\nseqLength={FRAMES}\n"
                                            "imWidth=240\nimHeight=180\nimExt=.jpg\n")
        shutil.copy(clip.video, folder / "crossing.mp4")
        monkeypatch.setattr("annotator.jobs.demo.resource_path", lambda name: folder)

    def test_it_scores_both_trackers_and_exports(self, tmp_path: Path) -> None:
        said = done("demo", "--headless", "--json", "--out", tmp_path, "--device", "cpu")
        report = json.loads(said.out)
        assert report["frames"] == FRAMES
        assert set(report["exports"]) == {"mot", "mot-results", "coco-video"}
        assert all(Path(path).is_file() for paths in report["exports"].values() for path in paths)
        assert report["bytetrack_hota"] > 50
        assert {"tracks", "hota", "assa", "idf1", "mota", "idsw", "bytetrack_assa", "seconds"} <= set(report)
        with Store.open(report["project"], read_only=True) as store:
            assert [run.kind for run in store.runs()] == ["preannotate", "track"]
            assert store.proposals(store.video().id) == [], "what was there to be scored is not offered"

    def test_it_leaves_alone_what_lies_in_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "demo.annot").write_text("mine")
        (tmp_path / "demo-2" / "mot").mkdir(parents=True)
        said = done("demo", "--headless", "--out", tmp_path, "--device", "cpu")
        assert (tmp_path / "demo.annot").read_text() == "mine"
        assert list((tmp_path / "demo-2").iterdir()) == [tmp_path / "demo-2" / "mot"]
        assert f"project  {tmp_path / 'demo-3' / 'demo.annot'}" in said.out
        table = [line.split() for line in said.out.splitlines()]
        assert ["HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW"] in table
        assert {"sam2mot", "bytetrack"} <= {row[0] for row in table if row}

    def test_a_file_as_folder_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert "give another folder with --out" in refused("demo", "--headless", "--out", tmp_path / "file")
