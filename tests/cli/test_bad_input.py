"""What is not as it must be: each time one clear line, exit code 2, no traceback, and nothing lost."""

from __future__ import annotations

import json
import pickle
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from annotator.model.track import RunStatus
from annotator.storage.file import schema
from annotator.storage.store import Store
from testbed.project_digest import project_digests
from testbed.synthetic_clips import Clip, ClipSpec, make_clip
from testbed.videos import write_video
from tests.command_line import Said, annotator, done, refused
from tests.conftest import FRAMES, MadeClip

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "resources" / "models"
BYTETRACK = ("--tracker", "bytetrack")


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder to make bad files in, with a finished project whose content must not change."""

    folder: Path
    project: Path
    clip: MadeClip

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


@pytest.fixture
def bench(project: Path, clip: MadeClip, tmp_path: Path) -> Bench:
    return Bench(tmp_path, project, clip)


class _Code:
    """Pickled, it asks whoever loads it to make a file."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self._target,)


def det(bench: Bench, *rows: str) -> Path:
    return bench.write("bad.txt", "".join(row + "\n" for row in rows))


def half(source: Path) -> bytes:
    content = source.read_bytes()
    return content[:len(content) // 2]


Command = Callable[[Bench], tuple[object, ...]]


def with_source(make: Callable[[Bench], object], *more: object) -> Command:
    return lambda b: (make(b), "--detections", b.clip.det, *BYTETRACK, *more)


def with_detections(make: Callable[[Bench], object], *more: object) -> Command:
    return lambda b: ("--detections", make(b), *BYTETRACK, *more)


def with_segmenter(make: Callable[[Bench], object]) -> Command:
    return lambda b: ("--detections", b.clip.det, "--device", "cpu", "--segmenter", make(b))


def with_detector(make: Callable[[Bench], object], *more: object) -> Command:
    return lambda b: ("--device", "cpu", *BYTETRACK, "--detector", make(b), *more)


def with_config(content: str) -> Command:
    return lambda b: ("--detections", b.clip.det, "--config", b.write("c.yml", content))


def folder_named(name: str) -> Callable[[Bench], Path]:
    def make(bench: Bench) -> Path:
        (bench.folder / name).mkdir()
        return bench.folder / name

    return make


def coco(*entries: object) -> Callable[[Bench], Path]:
    return lambda b: b.write("bad.json", json.dumps(entries))


#: Name -> arguments of ``preannotate --project FINISHED`` and words of the line that must come.
REFUSED: dict[str, tuple[Command, tuple[str, ...]]] = {
    # videos
    "text file named mp4": (with_source(lambda b: b.write("notes.mp4", "these are notes\n" * 99)),
                            ("notes.mp4", "not a video")),
    "empty video": (with_source(lambda b: b.write("empty.mp4", b"")), ("empty.mp4", "empty")),
    "missing video": (with_source(lambda b: b.folder / "missing.mp4"), ("missing.mp4: no such file",)),
    "video cut before its index": (with_source(lambda b: b.write("cut.mp4", half(b.clip.video))), ("cut.mp4", "")),
    "empty folder": (with_source(folder_named("images")), ("images", "")),
    "single image": (with_source(lambda b: b.write("one.jpg", b"\xff\xd8")), ("one.jpg", "single image")),
    # frames, names
    "end beyond the video": (lambda b: ("--detections", b.clip.det, *BYTETRACK, "--end", 20),
                             ("frames 0 to 20", "clip, which has frames 0 to 19", "--end")),
    "start after end": (lambda b: ("--detections", b.clip.det, *BYTETRACK, "--start", 9, "--end", 8),
                        ("frames 9 to 8", "--start")),
    "unknown video name": (lambda b: ("--video", "nobody", *BYTETRACK), ("no video named 'nobody'", "it has: clip")),
    "unknown label of a detector": (with_detector(lambda _: "tiny-detector", "--labels", "car"),
                                    ("has no class 'car'", "its classes: object")),
    "unknown label of a file": (with_detections(lambda b: b.clip.coco, "--labels", "dog"),
                                ("has no class 'dog'", "its classes: car, person")),
    "unknown label of a run": (lambda b: ("--detections-run", 1, *BYTETRACK, "--labels", "dog"),
                               ("run 1 has no class 'dog'", "object")),
    "unknown detector": (with_detector(lambda _: "yolo99"), ("yolo99", "tiny-detector")),
    "segmenter as detector": (with_detector(lambda _: "tiny-sam2-drawn"), (
        "tiny-sam2-drawn", "not a supported detector", "ONNX")),
    "unknown segmenter": (with_segmenter(lambda _: "sam9"), ("sam9", "tiny-sam2-drawn")),
    "segmenter that is not installed": (with_segmenter(lambda _: "sam2.1-large"),
                                        ("sam2.1-large is not installed", "annotator models download sam2.1-large")),
    "unknown run": (lambda b: ("--detections-run", 7, *BYTETRACK), ("run 7", "runs that did: 1")),
    "unknown device": (lambda b: ("--detections", b.clip.det, "--device", "abacus"), ("abacus", "cpu")),
    "threshold beyond 1": (lambda b: ("--detections", b.clip.det, "--det-threshold", 50),
                           ("--det-threshold", "from 0 to 1")),
    "two sources of detections": (lambda b: ("--detections", b.clip.det, "--detector", "tiny-detector"),
                                  ("detector and detections are both given",)),
    "nothing to resume": (lambda b: ("--resume",), ("no unfinished run of clip", "omit --resume")),
    # detections
    "detections all beyond the last frame": (with_detections(lambda b: det(b, "21,-1,5,5,9,9,1", "40,-1,5,5,9,9,1")),
                                             ("bad.txt", "after the video's last frame")),
    "detections all outside the picture": (with_detections(lambda b: det(b, "1,-1,900,5,9,9,1", "2,-1,5,-90,9,9,1")),
                                           ("bad.txt", "240x180")),
    "detections that are all bad": (with_detections(lambda b: det(b, "1,-1,nan,5,30,30,0.9", "2,-1,5,5,-9,9,1")),
                                    ("bad.txt", "")),
    "detections with too few columns": (with_detections(lambda b: det(b, "1,-1,5,5,30,30,0.9", "2,-1,5,5")),
                                        ("bad.txt line 2", "columns")),
    "detections from frame 0": (with_detections(lambda b: det(b, "0,-1,5,5,30,30,0.9")),
                                ("bad.txt line 1", "frame 0")),
    "detections that are a picture": (with_detections(lambda b: b.write("bad.txt", bytes(range(256)) * 9)),
                                      ("bad.txt", "")),
    "missing detections": (with_detections(lambda b: b.folder / "missing.txt"), ("missing.txt: no such file",)),
    "COCO detections cut off": (with_detections(lambda b: b.write("bad.json", half(b.clip.coco))),
                                ("bad.json line 1", "not JSON")),
    "COCO detections without boxes": (with_detections(coco({"image_id": 0, "category_id": 1})),
                                      ("bad.json entry 0", "no bbox")),
    # weights
    "checkpoint of another model": (with_segmenter(lambda _: MODELS / "tiny-detector.pt"),
                                    ("tiny-detector.pt is not a SAM 2 checkpoint", "annotator models")),
    "checkpoint cut in half": (with_segmenter(lambda b: b.write("half.pt", half(MODELS / "tiny-sam2-drawn.pt"))),
                               ("half.pt", "truncated or damaged")),
    "pickle with code": (with_segmenter(lambda b: b.write("code.pt", pickle.dumps(_Code(b.folder / "ran"), 2))),
                         ("code.pt", "contains code", "was not loaded")),
    "newer pickle with code": (with_segmenter(lambda b: b.write("code.pt", pickle.dumps(_Code(b.folder / "ran")))),
                               ("code.pt", "not a checkpoint")),
    "text file as checkpoint": (with_segmenter(lambda b: b.write("text.pt", "weights")),
                                ("text.pt", "not a checkpoint")),
    "empty checkpoint": (with_segmenter(lambda b: b.write("empty.pt", b"")), ("empty.pt is empty",)),
    "missing checkpoint": (with_segmenter(lambda b: b.folder / "none.pt"), ("none.pt: no such weights file",)),
    "folder as checkpoint": (with_segmenter(folder_named("weights.pt")), ("weights.pt is a folder",)),
    "text file as ONNX": (with_detector(lambda b: b.write("text.onnx", "network")),
                          ("text.onnx cannot be read as an ONNX network",)),
    "folder as ONNX": (with_detector(folder_named("net.onnx")), ("net.onnx is a folder",)),
    # configuration
    "missing configuration": (lambda b: ("--config", b.folder / "none.yml"), ("none.yml does not exist",)),
    "wrong YAML": (with_config("tracker: bytetrack\nlabels: [car\n"), ("c.yml line 3", "not valid YAML")),
    "configuration that is a list": (with_config("- tracker\n"), ("c.yml holds no settings",)),
    "unknown key": (with_config("tracker: bytetrack\nsam2mot:\n  trajectories:\n    macht_iou: 0.5\n"),
                    ("c.yml line 4", "sam2mot.trajectories.macht_iou", "match_iou")),
    "key given twice": (with_config("tracker: bytetrack\nstart: 1\ntracker: sam2mot\n"),
                        ("c.yml line 3", "tracker", "line 1")),
    "value of a wrong type": (with_config("start: soon\n"), ("c.yml line 1: start is 'soon'", "a whole number")),
    "value out of range": (with_config("sam2mot:\n  trajectories:\n    match_iou: 7\n"),
                           ("c.yml line 3", "match_iou", "from 0 to 1")),
    "value that is no number": (with_config("det_threshold: .nan\n"), ("c.yml line 1: det_threshold", "a number")),
    "folder as configuration": (lambda b: ("--config", b.folder), ("cannot be read",)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_in_one_line(name: str, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATOR_MODELS_DIR", str(bench.folder / "no-models"))
    make, words = REFUSED[name]
    before = project_digests(bench.project)
    line = refused("preannotate", *make(bench), "--project", bench.project)
    assert all(word in line for word in words), line
    assert len(line) > 20
    assert project_digests(bench.project) == before
    assert not (bench.folder / "ran").exists()
    with Store.open(bench.project) as store:
        store.check()


# -- projects ----------------------------------------------------------------------------------------------------------


def newer(folder: Path, finished: Path) -> Path:
    path = Path(shutil.copy(finished, folder / "newer.annot"))
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={schema.SCHEMA_VERSION + 1}")
    connection.close()
    return path


def damaged(folder: Path, finished: Path) -> Path:
    path = Path(shutil.copy(finished, folder / "damaged.annot"))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    return path


def plain(name: str, content: bytes) -> Callable[[Path, Path], Path]:
    def make(folder: Path, _: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def other_database(folder: Path, _: Path) -> Path:
    with sqlite3.connect(folder / "other.annot") as connection:
        connection.execute("CREATE TABLE t(x)")
    connection.close()
    return folder / "other.annot"


def below_a_file(folder: Path, _: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "p.annot"


PROJECTS: dict[str, tuple[Callable[[Path, Path], Path], tuple[str, ...]]] = {
    "a folder": (lambda folder, _: folder, ("is a folder", ".annot")),
    "no project": (plain("text.annot", b"hello, this is no project"), ("text.annot is not an annotator project",)),
    "an empty file": (plain("empty.annot", b""), ("empty.annot is not an annotator project",)),
    "another program's database": (other_database, ("other.annot is a database of another program",)),
    "a newer program's": (newer, ("newer.annot was made by a newer version", "update the program")),
    "a damaged one": (damaged, ("damaged.annot", "damaged", "backup")),
    "below a file": (below_a_file, ("file/p.annot", "")),
    "in a missing folder": (lambda folder, _: folder / "none" / "p.annot", ("p.annot", "")),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_what_is_no_project_is_refused_and_left_as_it_is(name: str, finished_project: Path, clip: MadeClip,
                                                         tmp_path: Path) -> None:
    make, words = PROJECTS[name]
    path = make(tmp_path, finished_project)
    before = sorted(tmp_path.rglob("*")), path.read_bytes() if path.is_file() else b""
    for command in (("preannotate", clip.video, "--detections", clip.det, *BYTETRACK, "--project", path),
                    ("preannotate", "--resume", "--project", path),
                    ("export", path, "--format", "mot", "--out", tmp_path / "out"), ("relink", path)):
        line = refused(*command)
        assert str(path.name) in line
        assert command[:2] == ("preannotate", "--resume") or command[0] != "preannotate" or all(
            word in line for word in words), line
    assert before == (sorted(tmp_path.rglob("*")), path.read_bytes() if path.is_file() else b"")


def test_a_project_is_not_made_for_a_video_that_cannot_be_read(clip: MadeClip, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("notes")
    refused("preannotate", tmp_path / "notes.mp4", "--project", tmp_path / "p.annot")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.mp4"]
    refused("preannotate", clip.video, "--project", tmp_path / "p.annot", "--detector", "nobody")
    with Store.open(tmp_path / "p.annot") as store:
        assert [video.name for video in store.videos()] == ["clip"]
    line = refused("preannotate", "--project", tmp_path / "p.annot", "--resume")
    assert "p.annot has no run of clip to resume" in line


def test_a_video_whose_content_changed_is_not_tracked(project: Path, clip: MadeClip, tmp_path: Path) -> None:
    video = project.with_name("clip.mp4")
    before = project_digests(project)
    write_video(make_clip(ClipSpec(frames=5, width=240, height=180), 1), video)
    line = refused("preannotate", "--project", project, "--detections", clip.det, *BYTETRACK)
    assert "clip.mp4 is no longer the file that clip was made from" in line
    assert f"annotator relink {project}" in line
    assert project_digests(project) == before
    said = annotator("preannotate", video, "--project", project, "--detector", "tiny-detector", *BYTETRACK, "--device",
                     "cpu")
    assert said.code == 0
    assert "warning: " in said.err
    assert "added again as clip-2" in said.err
    with Store.open(project, read_only=True) as store:
        assert [video.frame_count for video in store.videos()] == [FRAMES, 5]


# -- detections that are usable in part --------------------------------------------------------------------------------


def usable_rows(clip: MadeClip) -> list[str]:
    return clip.det.read_text().splitlines()


def tracked(video: Path, detections: Path, tracker: str, project: Path) -> tuple[Said, object]:
    """What a run over the first six frames printed, and a digest of its boxes."""
    said = done("preannotate", video, "--project", project, "--detections", detections, "--tracker", tracker,
                "--segmenter", "tiny-sam2-drawn", "--device", "cpu", "--end", 5, "--quiet")
    return said, project_digests(project)["frames"]


@pytest.fixture(scope="module")
def good_boxes(clip: MadeClip, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """By tracker, the digest of the boxes that the usable rows alone give."""
    folder = tmp_path_factory.mktemp("good")
    found = {}
    for tracker in ("bytetrack", "sam2mot"):
        said, found[tracker] = tracked(clip.video, clip.det, tracker, folder / f"{tracker}.annot")
        assert said.lines == []
    return found


@pytest.mark.parametrize(("rows", "warning"), [
    (["21,-1,5,5,30,30,0.9,-1,-1,-1", "99,-1,5,5,30,30,0.9,-1,-1,-1"], "after the video's last frame"),
    (["3,-1,nan,5,30,30,0.9,-1,-1,-1", "4,-1,5,5,30,inf,0.9,-1,-1,-1"], "invalid box or confidence"),
    (["3,-1,5000,5,30,30,0.9,-1,-1,-1", "4,-1,-400,5,30,30,0.9,-1,-1,-1"], "outside the frame"),
    (["3,-1,50,50,-20,30,0.9,-1,-1,-1", "4,-1,50,50,20,-1,0.9,-1,-1,-1"], "invalid box or confidence"),
    (["3,-1,50,50,0,30,0.9,-1,-1,-1", "4,-1,50,50,20,0,0.9,-1,-1,-1"], "no area"),
    (["3,-1,5,5,30,30,nan,-1,-1,-1"], "invalid box or confidence"),
], ids=["beyond the last frame", "not finite", "outside", "inverted", "without area", "score not finite"])
@pytest.mark.parametrize("tracker", ["bytetrack", "sam2mot"])
def test_bad_boxes_are_left_out_with_a_warning(rows: list[str], warning: str, tracker: str, clip: MadeClip,
                                               good_boxes: dict[str, object], tmp_path: Path) -> None:
    bad = tmp_path / "det.txt"
    bad.write_text("\n".join([*usable_rows(clip), *rows]) + "\n")
    said, boxes = tracked(clip.video, bad, tracker, tmp_path / "bad.annot")
    assert warning in said.err
    assert all(line.startswith("warning: ") for line in said.lines)
    assert boxes == good_boxes[tracker]


def test_scores_of_another_scale_are_brought_to_0_to_1(clip: MadeClip, tmp_path: Path) -> None:
    path = tmp_path / "det.txt"
    weak = [f"{frame},-1,200,150,20,20,3,-1,-1,-1" for frame in range(1, FRAMES + 1)]
    path.write_text("\n".join([*(row.replace(",0.9,", ",90,") for row in usable_rows(clip)), *weak]) + "\n")
    project = tmp_path / "p.annot"
    said = done("preannotate", clip.video, "--project", project, "--detections", path, *BYTETRACK)
    assert "scores are in 3..90" in said.err
    with Store.open(project, read_only=True) as store:
        assert len(store.tracks(store.video().id)) == clip.objects
        scores = np.concatenate([found.score for _, found in store.detections(1)])
        assert scores.min() >= 0
        assert scores.max() <= 1


def test_boxes_that_reach_beyond_the_edges_are_tracked_within(clip: MadeClip, tmp_path: Path) -> None:
    path = tmp_path / "det.txt"
    path.write_text("".join(f"{frame},-1,-1000,-1000,5000,5000,0.9\n" for frame in range(1, FRAMES + 1)))
    for tracker in ("bytetrack", "sam2mot"):
        project = tmp_path / f"{tracker}.annot"
        done("preannotate", clip.video, "--project", project, "--detections", path, "--tracker", tracker,
             "--segmenter", "tiny-sam2-drawn", "--device", "cpu", "--end", 3)
        with Store.open(project, read_only=True) as store:
            boxes = [o.box_xyxy for _, seen in store.iter_frames(store.video().id) for o in seen if o.box_xyxy]
        assert all(0 <= x0 < x1 <= 240 and 0 <= y0 < y1 <= 180 for x0, y0, x1, y1 in boxes)


# -- videos with little in them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tracker", ["bytetrack", "sam2mot"])
def test_one_frame_is_a_video(tracker: str, tmp_path: Path) -> None:
    write_video(make_clip(ClipSpec(frames=1, width=240, height=180), 3), tmp_path / "one.mp4")
    project = tmp_path / "p.annot"
    said = done("preannotate", tmp_path / "one.mp4", "--project", project, "--detector", "tiny-detector",
                "--segmenter", "tiny-sam2-drawn", "--tracker", tracker, "--device", "cpu")
    assert "frames 0 to 0" in said.out
    for name in ("mot", "mot-results", "coco-video"):
        done("export", project, "--format", name, "--out", tmp_path / name)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of a video in which nothing is to be seen."""
    folder = tmp_path_factory.mktemp("nothing")
    images = np.full((6, 180, 240, 3), 128, np.uint8)
    write_video(Clip(images, images[..., 0] * 0, np.zeros((6, 0), np.int64), ClipSpec(width=240, height=180)),
                folder / "grey.mp4")
    (folder / "det.txt").write_text("")
    done("preannotate", folder / "grey.mp4", "--project", folder / "p.annot", "--detector", "tiny-detector",
         "--segmenter", "tiny-sam2-drawn", "--device", "cpu", "--det-threshold", 1)
    return folder / "p.annot"


def test_a_video_without_objects_gives_no_tracks(nothing: Path) -> None:
    with Store.open(nothing, read_only=True) as store:
        assert store.runs()[0].status is RunStatus.FINISHED
        assert store.tracks(store.video().id) == []


@pytest.mark.parametrize("label_format", ["mot", "mot-results", "coco-video"])
def test_no_tracks_are_exported_as_files_that_the_field_reads(label_format: str, nothing: Path, tmp_path: Path) -> None:
    report = json.loads(done("export", nothing, "--format", label_format, "--out", tmp_path, "--json").out)
    assert (report["tracks"], report["boxes"], report["frames"]) == (0, 0, 6)
    assert report["checks"]
    assert all(Path(path).exists() for path in report["files"])


def test_an_empty_detection_file_gives_no_tracks(nothing: Path) -> None:
    done("preannotate", "--project", nothing, "--detections", nothing.with_name("det.txt"),
         "--segmenter", "tiny-sam2-drawn",
         "--device", "cpu")
    with Store.open(nothing, read_only=True) as store:
        assert store.tracks(store.video().id) == []
