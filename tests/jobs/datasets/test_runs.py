"""Data set runs: found, tracked, stopped and gone on with, written as published, scored, and compared."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from annotator.errors import FormatError, SettingsError, UserError
from annotator.formats.mot.rows import read_mot_rows
from annotator.formats.sam2mot.published_layout import read_masks
from annotator.jobs.datasets import runs
from annotator.jobs.datasets.layouts import DATASETS, sequences, without_duplicates
from annotator.jobs.datasets.report import published, report
from annotator.jobs.datasets.sequence import Outputs
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.model.cancel import CancelToken
from annotator.storage.store import Store
from annotator.video import open_video
from testbed.project_digest import project_digests
from tests.command_line import done, refused
from tests.jobs.datasets.fake_datasets import FRAMES, Made, bdd100k_dataset, mot_dataset, uavdt_dataset

ROOT = Path(__file__).parents[3]
DANCERS = ["dancetrack0001", "dancetrack0002"]


@pytest.fixture(scope="module")
def dancetrack(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return mot_dataset(tmp_path_factory.mktemp("dancetrack"), "val", DANCERS)


@pytest.fixture(scope="module")
def uavdt(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return uavdt_dataset(tmp_path_factory.mktemp("uavdt"))


def request(made: Made, out: Path, dataset: str = "dancetrack", split: str = "val", outputs: Outputs | None = None,
            **settings: Any) -> runs.BenchmarkRequest:
    chosen = PreannotateSettings(tracker="bytetrack", device="cpu", snapshot_every=4, scene_cuts=False, **settings)
    return runs.BenchmarkRequest(DATASETS[dataset], made.root, split, out, chosen, made.detections,
                                 outputs=outputs or Outputs())


def finish(wanted: runs.BenchmarkRequest, devices: tuple[str, ...] = ("cpu",)) -> runs.BenchmarkPlan:
    prepared = runs.plan(wanted)
    for _ in runs.run(prepared, devices):
        pass
    return prepared


def texts(out: Path) -> dict[str, str]:
    return {str(path.relative_to(out)): path.read_text() for path in sorted(out.rglob("*.txt"))}


# -- layouts -------------------------------------------------------------------------------------------------------

def test_sequences_of_each_layout_are_found(dancetrack: Made, uavdt: Made, tmp_path: Path) -> None:
    found = sequences(DATASETS["dancetrack"], dancetrack.root, "val")
    assert [s.name for s in found] == DANCERS
    assert all(s.gt and s.gt.is_file() and s.seqinfo for s in found)
    for split, name in (("test", "M0203"), ("train", "M0101")):
        [one] = sequences(DATASETS["uavdt"], uavdt.root, split)
        assert (one.name, one.gt is not None, one.ignore is not None) == (name, True, True)
    (dancetrack.root / "val_seqmap.txt").write_text(f"name\n{DANCERS[1]}\n")
    assert [s.name for s in sequences(DATASETS["dancetrack"], dancetrack.root, "val")] == DANCERS[1:]
    (dancetrack.root / "val_seqmap.txt").write_text("name\ndancetrack0099\n")
    with pytest.raises(FormatError, match="lists dancetrack0099"):
        sequences(DATASETS["dancetrack"], dancetrack.root, "val")
    (dancetrack.root / "val_seqmap.txt").unlink()
    assert [s.name for s in sequences(DATASETS["dancetrack"], dancetrack.root, "val", ["*2"])] == DANCERS[1:]


@pytest.mark.parametrize(("split", "patterns", "words"), [
    ("test", None, "contains no sequences of dancetrack split test: expected SPLIT/dancetrack0001/img1"),
    ("all", None, "dancetrack has no split 'all': choose one of train, val, test"),
    ("val", ["dancetrack9*"], "split val matches dancetrack9*; the split contains dancetrack0001, dancetrack0002")])
def test_what_is_not_there_is_told(split: str, patterns: list[str] | None, words: str, dancetrack: Made) -> None:
    with pytest.raises(UserError) as caught:
        sequences(DATASETS["dancetrack"], dancetrack.root, split, patterns)
    assert words in str(caught.value)


def test_mot17_s_three_names_of_one_video_are_run_once(tmp_path: Path) -> None:
    for name in ("MOT17-02-DPM", "MOT17-02-FRCNN", "MOT17-02-SDP", "MOT17-04-SDP"):
        (tmp_path / "train" / name / "img1").mkdir(parents=True)
    found = sequences(DATASETS["mot17"], tmp_path, "train")
    assert [s.name for s in without_duplicates(found)] == ["MOT17-02-FRCNN", "MOT17-04-SDP"]


# -- runs ----------------------------------------------------------------------------------------------------------

def test_files_are_those_of_the_published_system(dancetrack: Made, tmp_path: Path) -> None:
    finish(request(dancetrack, tmp_path, outputs=Outputs(visualization=True)))
    for name in DANCERS:
        folder = tmp_path / name
        assert {path.name for path in folder.iterdir()} == {"detections.txt", "trajectories.txt", "visualization.mp4",
                                                            "project.annot", "run.json"}
        found = read_mot_rows(folder / "detections.txt", "mot-det", frame_count=FRAMES)
        assert len(found) == 2 * len(dancetrack.boxes[name])
        tracked = read_mot_rows(folder / "trajectories.txt", "mot-results", frame_count=FRAMES)
        objects = {n for _, n, *_ in dancetrack.boxes[name]}
        assert len(tracked) == len(dancetrack.boxes[name]) - len(objects), "ByteTrack shows from the second frame on"
        with open_video(folder / "visualization.mp4") as reader:
            assert reader.info.frame_count == FRAMES
    assert (tmp_path / "thresholds.csv").read_text().startswith("sequence,threshold\ndancetrack0001,")


def test_masks_are_written_and_read_back(dancetrack: Made, tmp_path: Path) -> None:
    said = done("benchmark", "dancetrack", dancetrack.root, "--split", "val", "--out", tmp_path, "--detections",
                dancetrack.detections, "--segmenter", "tiny-sam2-drawn", "--device", "cpu", "--sequences", DANCERS[0],
                "--json", "--quiet")
    found = json.loads(said.out)
    assert (found["sequences"], found["scored"], found["tracker"]) == (1, 1, "sam2mot")
    with Store.open(tmp_path / DANCERS[0] / "project.annot", read_only=True) as store:
        video = store.video()
        assert store.scene_cuts(store.runs()[-1].id) == []
        assert store.runs()[-1].settings["scene_cuts"] is False
        rules = store.runs()[-1].settings["sam2mot"]
        assert isinstance(rules, dict)
        assert rules["speck_share"] == 0, "masks are scored whole"
        frames = [(index, {o.number: o.mask for o in seen if o.mask is not None})
                  for index, seen in store.iter_frames(video.id, masks=True)]
    archives = sorted((tmp_path / DANCERS[0] / "masks").iterdir())
    assert [path.name for path in archives] == [f"frame_{k + 1:05d}_masks.npz" for k, masks in frames if masks]
    for path, (_, masks) in zip(archives, [each for each in frames if each[1]], strict=True):
        read = read_masks(path)
        assert {number: mask.tolist() for number, mask in read.items()} == {
            number: mask.to_bitmap(video.width, video.height).tolist() for number, mask in masks.items()}


def test_finished_sequences_are_kept_and_the_interrupted_one_goes_on(dancetrack: Made, tmp_path: Path) -> None:
    finish(request(dancetrack, tmp_path / "whole"))
    cancel = CancelToken()
    prepared = runs.plan(request(dancetrack, tmp_path / "part"))
    seen = []
    for progress in runs.run(prepared, ("cpu",), cancel):
        seen.append((progress.sequence, progress.step.done))
        if seen[-1] == (DANCERS[1], 6):
            cancel.cancel()
    assert seen[-1] == (DANCERS[1], 6)
    first = tmp_path / "part" / DANCERS[0]
    before = {path: path.stat().st_mtime_ns for path in first.iterdir()}
    assert not (tmp_path / "part" / DANCERS[1] / "trajectories.txt").exists()
    again = [(p.sequence, p.step.done) for p in runs.run(prepared, ("cpu",))]
    assert again[0] == (DANCERS[1], 5), "from the snapshot of the fourth frame"
    assert {path: path.stat().st_mtime_ns for path in first.iterdir()} == before
    assert texts(tmp_path / "part") == texts(tmp_path / "whole")
    for name in DANCERS:
        assert project_digests(tmp_path / "part" / name / "project.annot") == project_digests(
            tmp_path / "whole" / name / "project.annot")
    assert list(runs.run(prepared, ("cpu",))) == [], "nothing is left to do"


def test_a_run_that_is_killed_goes_on(dancetrack: Made, tmp_path: Path) -> None:
    finish(request(dancetrack, tmp_path / "whole"))
    (tmp_path / "c.yml").write_text("tracker: bytetrack\ndevice: cpu\nsnapshot_every: 4\n")
    command = ["benchmark", "dancetrack", str(dancetrack.root), "--split", "val", "--out", str(tmp_path / "part"),
               "--detections", str(dancetrack.detections), "--config", str(tmp_path / "c.yml"), "--quiet"]
    process = subprocess.Popen([sys.executable, "-m", "annotator", *command], cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (tmp_path / "part" / DANCERS[1]).exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    done(*command)
    assert texts(tmp_path / "part") == texts(tmp_path / "whole")


def test_a_folder_is_for_one_run(dancetrack: Made, tmp_path: Path) -> None:
    finish(request(dancetrack, tmp_path))
    with pytest.raises(SettingsError, match=r"contains a run with det_threshold None, but this command gives 0\.3"):
        finish(request(dancetrack, tmp_path, det_threshold=0.3))
    (tmp_path / "benchmark.json").write_text("{")
    with pytest.raises(SettingsError, match="is damaged"):
        finish(request(dancetrack, tmp_path))


def test_a_sequence_that_fails_leaves_the_others_alone(dancetrack: Made, tmp_path: Path) -> None:
    detections = tmp_path / "detections"
    shutil.copytree(dancetrack.detections, detections)
    (detections / f"{DANCERS[0]}.txt").write_text("1,-1,a,b,c,d,1\n")
    wanted = runs.BenchmarkRequest(DATASETS["dancetrack"], dancetrack.root, "val", tmp_path / "out",
                                        PreannotateSettings(tracker="bytetrack", device="cpu"), detections)
    prepared = runs.plan(wanted)
    with pytest.raises(UserError, match=f"1 of 2 sequences failed, first {DANCERS[0]}: .*line 1 column 3"):
        list(runs.run(prepared, ("cpu",)))
    assert (tmp_path / "out" / DANCERS[1] / "trajectories.txt").is_file()
    shutil.copy(dancetrack.detections / f"{DANCERS[0]}.txt", detections)
    list(runs.run(prepared, ("cpu",)))
    assert report(prepared).scored == 2


@pytest.mark.parametrize("layout", ["{}.txt", "{}/detections.txt", "{}/det/det.txt", "{}/det.txt"])
def test_detections_are_found_in_each_layout(layout: str, tmp_path: Path) -> None:
    path = tmp_path / layout.format("seq")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert runs.detections_of(tmp_path, "seq") == path
    with pytest.raises(SettingsError, match="contains no detections of other: expected"):
        runs.detections_of(tmp_path, "other")


def test_thresholds_are_each_sequence_s_own_and_written_down(dancetrack: Made, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(f"{DANCERS[0]},0.95\n{DANCERS[1]},0.5\n")
    prepared = finish(request(dancetrack, tmp_path / "table", thresholds=str(table)))
    assert runs.used_thresholds(prepared) == {DANCERS[0]: 0.95, DANCERS[1]: 0.5}
    assert [scores.tp > 0 for scores in report(prepared).by_sequence.values()] == [False, True]
    assert [len((tmp_path / "table" / name / "trajectories.txt").read_text()) > 0 for name in DANCERS] == [False, True]
    finish(request(dancetrack, tmp_path / "again", thresholds=str(tmp_path / "table" / "thresholds.csv")))
    assert texts(tmp_path / "again") == texts(tmp_path / "table")
    plain = finish(request(dancetrack, tmp_path / "plain"))
    assert runs.used_thresholds(plain) == dict.fromkeys(DANCERS, 0.7), "where ByteTrack begins tracklets"
    finish(request(dancetrack, tmp_path / "same", thresholds=str(tmp_path / "plain" / "thresholds.csv")))
    assert texts(tmp_path / "same") == texts(tmp_path / "plain")
    adaptive = finish(request(dancetrack, tmp_path / "adaptive", thresholds="adaptive"))
    assert runs.used_thresholds(adaptive) == pytest.approx(dict.fromkeys(DANCERS, 0.6))
    table.write_text("other,0.5\n")
    with pytest.raises(SettingsError, match="has no threshold for dancetrack0001"):
        runs.plan(request(dancetrack, tmp_path / "x", thresholds=str(table)))


# -- several devices -----------------------------------------------------------------------------------------------

def test_several_devices_give_what_one_gives(dancetrack: Made, tmp_path: Path) -> None:
    finish(request(dancetrack, tmp_path / "one"))
    prepared = runs.plan(request(dancetrack, tmp_path / "two"))
    seen = [(p.sequence, p.step.is_last) for p in runs.run(prepared, ("cpu", "cpu", "cpu"))]
    assert {name for name, last in seen if last} == set(DANCERS)
    assert texts(tmp_path / "two") == texts(tmp_path / "one")
    assert report(prepared).by_iou[0.5].hota > 80


def test_what_a_worker_warns_of_is_heard(dancetrack: Made, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    detections = tmp_path / "detections"
    shutil.copytree(dancetrack.detections, detections)
    with (detections / f"{DANCERS[1]}.txt").open("a") as file:
        file.write("1,-1,5,5,-3,4,0.9,-1,-1,-1\n")
    prepared = runs.plan(runs.BenchmarkRequest(
        DATASETS["dancetrack"], dancetrack.root, "val", tmp_path / "out",
        PreannotateSettings(tracker="bytetrack", device="cpu"), detections))
    list(runs.run(prepared, ("cpu", "cpu")))
    assert [r.levelname for r in caplog.records if "skipped 1 rows" in r.message] == ["WARNING"]


def test_stopping_stops_every_worker_and_they_go_on(dancetrack: Made, tmp_path: Path) -> None:
    cancel = CancelToken()
    prepared = runs.plan(request(dancetrack, tmp_path))
    cancel.cancel()
    assert list(runs.run(prepared, ("cpu", "cpu"), cancel)) == []
    assert not (tmp_path / "thresholds.csv").exists()
    job = runs.run(prepared, ("cpu", "cpu"))
    next(job)
    job.close()
    finish(request(dancetrack, tmp_path))
    assert all((tmp_path / name / "trajectories.txt").is_file() for name in DANCERS)


def test_a_worker_that_dies_fails_its_sequence_only(dancetrack: Made, tmp_path: Path) -> None:
    import multiprocessing

    prepared = runs.plan(request(dancetrack, tmp_path))
    job = runs.run(prepared, ("cpu", "cpu"))
    name = next(job).sequence
    victim = multiprocessing.active_children()[0]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    try:
        for _ in job:
            pass
    except UserError as error:
        assert "died (exit code -9" in str(error)  # noqa: PT017 - it may have been done already
    finish(request(dancetrack, tmp_path))
    assert name in DANCERS
    assert all((tmp_path / each / "trajectories.txt").is_file() for each in DANCERS)


# -- scores --------------------------------------------------------------------------------------------------------

def test_the_table_has_the_published_shape_beside_the_published_numbers(dancetrack: Made, tmp_path: Path) -> None:
    said = done("benchmark", "dancetrack", dancetrack.root, "--split", "val", "--out", tmp_path, "--detections",
                dancetrack.detections, "--tracker", "bytetrack", "--device", "cpu", "--quiet")
    head, own, *rest = said.out.splitlines()
    assert head.split() == ["detector", "HOTA", "IDF1", "MOTA", "AssA", "DetA", "TP", "FN", "FP", "IDSW"]
    assert own.startswith("given detections (bytetrack, this run)")
    boxes = sum(len(each) for each in dancetrack.boxes.values())
    tp, fn, fp, idsw = map(int, own.split()[-4:])
    assert (tp + fn, fp, idsw) == (boxes, 0, 0)
    assert rest[0].split() == ["co-dino-l", "(published,", "test)", "75.5", "83.4", "89.2", "71.3", "80.3", "274582",
                               "14584", "15653", "854"]
    assert rest[1].startswith("grounding-dino-l (published, test)")


def test_uavdt_is_scored_at_both_overlaps_without_its_ignore_regions(uavdt: Made, tmp_path: Path) -> None:
    said = done("benchmark", "uavdt", uavdt.root, "--split", "test", "--out", tmp_path, "--detections",
                uavdt.detections, "--tracker", "bytetrack", "--device", "cpu", "--json", "--quiet")
    found = json.loads(said.out)
    assert list(found["scores"]) == ["0.5", "0.4"]
    boxes = uavdt.boxes["M0203"]
    last = max(n for _, n, *_ in boxes)
    counted = [box for box in boxes if box[1] != last]
    for scores in found["scores"].values():
        assert (scores["tp"] + scores["fn"], scores["fp"], scores["mt"]) == (len(counted), 0, last)
    assert [(row["detector"], row["iou"]) for row in found["published"]] == [
        ("co-dino-l", 0.5), ("co-dino-l", 0.4), ("grounding-dino-l", 0.5), ("grounding-dino-l", 0.4)]


def test_bdd100k_is_scored_by_class(tmp_path: Path) -> None:
    made = bdd100k_dataset(tmp_path / "bdd")
    said = done("benchmark", "bdd100k", made.root, "--split", "val", "--out", tmp_path / "out", "--detections",
                made.detections, "--tracker", "bytetrack", "--device", "cpu", "--json", "--quiet")
    found = json.loads(said.out)
    car = found["by_class"]["car"]
    cars = sum(n > 0 for boxes in made.boxes.values() for _, n, *_ in boxes)
    # Other vehicles are neither missed nor found.
    assert (car["tp"] + car["fn"], car["fp"], car["idsw"]) == (cars, 0, 0)
    assert car["mota"] > 80
    (made.detections / "b1c66a42-6f7d68ca.json").rename(made.detections / "b1c66a42-6f7d68ca.txt")
    given = ("--split", "val", "--out", tmp_path / "out", "--detections", made.detections, "--tracker", "bytetrack")
    assert "expected COCO results with classes" in refused("benchmark", "bdd100k", made.root, *given)
    result = json.loads((tmp_path / "out" / "bdd100k.json").read_text())
    assert len(result) == 2 * FRAMES
    assert result[0]["name"] == "b1c66a42-6f7d68ca-0000001.jpg"


def test_without_ground_truth_nothing_is_scored_and_the_files_are_there(tmp_path: Path) -> None:
    made = mot_dataset(tmp_path / "d", "test", ["dancetrack0003"], truth=False)
    said = done("benchmark", "dancetrack", made.root, "--split", "test", "--out", tmp_path / "out", "--detections",
                made.detections, "--tracker", "bytetrack", "--device", "cpu", "--quiet")
    assert said.out == "dancetrack test has no ground truth: no scores computed\n"
    assert (tmp_path / "out" / "dancetrack0003" / "trajectories.txt").is_file()


def test_the_published_numbers_agree_with_one_another() -> None:
    rows = published()
    assert len(rows) == 6
    for row in rows:
        truth = row.scores["tp"] + row.scores["fn"]
        wrong = row.scores["fn"] + row.scores["fp"] + row.scores["idsw"]
        assert 100 * (1 - wrong / truth) == pytest.approx(row.scores["mota"], abs=0.15)
    assert {(row.dataset, row.scores["tp"] + row.scores["fn"]) for row in rows} == {
        ("dancetrack", 289166), ("uavdt", 340906)}


@pytest.mark.parametrize(("given", "words"), [
    (("--split", "val", "--detector", "a.onnx", "--detections", "."), "--detector and --detections cannot be combined"),
    (("--split", "val", "--config", "end.yml"), "a data set is scored on whole sequences"),
    (("--split", "val", "--detections", "nowhere"), "nowhere contains no detections of dancetrack0001"),
])
def test_what_a_data_set_does_not_take_is_told(given: tuple[str, ...], words: str, dancetrack: Made, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "end.yml").write_text("end: 3\n")
    assert words in refused("benchmark", "dancetrack", dancetrack.root, "--out", tmp_path / "out", "--tracker",
                            "bytetrack", *given)
    assert not (tmp_path / "out").exists()
