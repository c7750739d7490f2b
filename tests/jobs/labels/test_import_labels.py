"""Labels come into a project completely, as one step, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions
from annotator.formats.registry import get_format
from annotator.jobs.labels.export import StoredFrames, export, sequences
from annotator.jobs.labels.import_labels import import_labels
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.model.track import MarkKind, VideoRecord
from annotator.storage.edits.drawn_boxes import add_mark
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.store import Store
from tests.command_line import done, refused
from tests.conftest import FRAMES, MadeClip

INFO = SequenceInfo("clip", 640, 480, 25.0, 20, ("car", "person"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "p.annot") as opened:
        opened.add_video("clip", tmp_path / "clip.mp4", 640, 480, 20, 25.0, "print")
        yield opened


@pytest.fixture
def video(store: Store) -> VideoRecord:
    return store.videos()[0]


def labelled(masks: bool = False) -> list[LabelledFrame]:
    mask = Mask.from_bitmap(np.ones((4, 3), bool), 10, 20) if masks else None
    return [LabelledFrame(frame, tuple(
        LabelledBox(number, number % 2, (frame + 0.25, 5.0 * number, frame + 20.0, 5.0 * number + 9), 1.0, mask)
        for number in (3, 7))) for frame in (0, 1, 2, 6, 7)]


def written(folder: Path, format_name: str, frames: list[LabelledFrame], info: SequenceInfo = INFO) -> Path:
    get_format(format_name).write([(info, frames)], folder, ExportOptions(field_check=False))
    return folder


def stored(store: Store, video: VideoRecord) -> list[LabelledFrame]:
    [(_, frames)] = sequences(store, [video], masks=True)
    return [frame for frame in frames if frame.boxes]


def row(frame: int, number: int, flag: int = 1, visibility: float = 1) -> str:
    return f"{frame + 1},{number},{10 + frame},20,30,40,{flag},1,{visibility}\n"


@pytest.mark.parametrize("human", [True, False])
def test_tracks_come_in_as_one_step_and_go_with_it(store: Store, video: VideoRecord, tmp_path: Path, human: bool,
                                                   ) -> None:
    file = written(tmp_path / "x", "coco-video", labelled(masks=True))
    report = import_labels(store, video, file, "coco-video", human)
    assert (report.tracks, report.boxes, report.masks, report.frames) == (2, 10, 10, 5)
    assert report.dropped == {}
    assert [track.number for track in store.tracks(video.id)] == [3, 7]
    found = stored(store, video)
    assert [frame.frame_index for frame in found] == [0, 1, 2, 6, 7]
    for frame, expected in zip(found, labelled(masks=True), strict=True):
        assert [box.box_xyxy for box in frame.boxes] == [box.box_xyxy for box in expected.boxes]
        assert all(box.mask == wanted.mask for box, wanted in zip(frame.boxes, expected.boxes, strict=True))
    assert all(seen.human is human for seen in store.observations(video.id, 0))
    assert len(store.history()) == 2  # the first one added the video
    store.undo()
    assert stored(store, video) == []
    assert store.tracks(video.id) == []
    store.redo()
    assert stored(store, video) == found
    store.check()


def test_taken_numbers_give_way(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    file = written(tmp_path / "x", "mot", labelled())
    import_labels(store, video, file, "mot")
    report = import_labels(store, video, file, "mot", as_human=False)
    assert report.renumbered == 2
    assert [track.number for track in store.tracks(video.id)] == [3, 7, 8, 9]


def test_ignored_and_hidden_boxes_become_marks(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    file = tmp_path / "gt.txt"
    file.write_text(row(0, 1) + row(1, 1, visibility=0.25) + row(2, 1, visibility=0) + row(0, 2, 0) + row(1, 2, 0))
    report = import_labels(store, video, file, "mot")
    marks = [(mark.kind, mark.first, mark.last) for mark in store.marks(video.id)]
    assert sorted(marks) == [(MarkKind.IGNORE, 0, 1), (MarkKind.OCCLUDED, 1, 2)]
    assert list(report.dropped.values()) == [1]  # 0.25 is kept as hidden only


def test_a_file_with_one_bad_line_brings_nothing(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    file = tmp_path / "gt.txt"
    file.write_text(row(0, 1) + row(25, 1))
    steps = store.history()
    with pytest.raises(FormatError, match="line 2"):
        import_labels(store, video, file, "mot")
    assert store.tracks(video.id) == []
    assert store.history() == steps
    assert store.labels() == []


def test_what_is_read_only_while_it_is_written_brings_nothing_either(store: Store, video: VideoRecord) -> None:
    def frames() -> Iterator[LabelledFrame]:
        yield labelled()[0]
        raise FormatError("broken")

    steps = store.history()
    with pytest.raises(FormatError):
        add_tracks(store, video.id, ("car", "person"), frames(), human=True, settings={}, title="Import")
    assert store.tracks(video.id) == []
    assert store.history() == steps
    assert store.runs(video.id) == []


def test_detections_are_a_run_that_looked_everywhere(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    file = tmp_path / "det.txt"
    file.write_text("1,-1,10,20,30,40,0.75,-1,-1,-1\n3,-1,10,20,30,40,0.5,-1,-1,-1\n")
    report = import_labels(store, video, file, "mot-det")
    assert (report.target, report.detections, report.tracks) == ("detections", 2, 0)
    assert report.run is not None
    found = dict(store.detections(report.run))
    assert len(found) == 20
    assert found[2].box_xyxy.tolist() == [[10, 20, 40, 60]]
    assert found[2].score.tolist() == [0.5]
    assert store.tracks(video.id) == []


def test_boxes_without_identity_are_counted(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    file = tmp_path / "r.txt"
    file.write_text("1,-1,10,20,30,40,0.75,-1,-1,-1\n1,4,10,20,30,40,0.5,-1,-1,-1\n")
    report = import_labels(store, video, file, "mot-results", as_human=False)
    assert report.tracks == 1
    assert list(report.dropped.values()) == [1]
    assert "track number" in next(iter(report.dropped))


def test_of_several_videos_the_one_of_the_same_name(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    other = SequenceInfo("other", 640, 480, 25.0, 20, ("car", "person"))
    get_format("coco-video").write([(other, labelled()[:1]), (INFO, labelled())], tmp_path / "x", ExportOptions())
    assert import_labels(store, video, tmp_path / "x", "coco-video").boxes == 10
    assert import_labels(store, video, tmp_path / "x", "coco-video", sequence="other").boxes == 2
    with pytest.raises(FormatError, match="choose one of: other, clip"):
        import_labels(store, video, tmp_path / "x", "coco-video", sequence="third")


def test_labels_of_pictures_of_another_size_are_refused(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    file = written(tmp_path / "x", "coco-video", labelled(), SequenceInfo("clip", 320, 240, 25.0, 20, INFO.labels))
    with pytest.raises(FormatError, match="320 x 240"):
        import_labels(store, video, file, "coco-video")


def test_stored_frames_can_be_gone_through_again(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    import_labels(store, video, written(tmp_path / "x", "mot", labelled()), "mot")
    [(_, frames)] = sequences(store, [video], masks=False)
    assert isinstance(frames, StoredFrames)
    assert list(frames) == list(frames)


def test_marks_leave_with_the_boxes(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    file = tmp_path / "gt.txt"
    file.write_text(row(0, 1) + row(1, 1, visibility=0) + row(0, 2, 0))
    import_labels(store, video, file, "mot")
    add_mark(store, video.id, MarkKind.IGNORE, 1, 1, region=((5, 6), (9, 6), (9, 20)))
    first, second = stored(store, video)
    assert [(box.number, box.ignored, box.occluded) for box in first.boxes] == [(1, False, False), (2, True, False)]
    assert [(box.number, box.ignored, box.visibility) for box in second.boxes] == [(1, False, 0), (None, True, 1)]
    assert second.boxes[1].box_xyxy == (5.0, 6.0, 9.0, 20.0)
    report = export(store, [video], "mot", tmp_path / "out", ExportOptions())
    assert report.dropped == {}
    rows = (tmp_path / "out/clip/gt/gt.txt").read_text().splitlines()
    assert [line.split(",")[:2] for line in rows if line.split(",")[6] == "0"] == [["1", "2"], ["2", "3"]]


def test_boxes_on_a_line_between_keyframes_are_interpolated(store: Store, video: VideoRecord) -> None:
    def box(frame: int, interpolated: bool, off: float = 0) -> LabelledFrame:
        place = (frame * 2.0 + off, 5.0, frame * 2.0 + 10, 15.0)
        return LabelledFrame(frame, (LabelledBox(1, 0, place, interpolated=interpolated),))

    frames = [box(0, False), box(1, True), box(2, True), box(3, False), box(4, True, off=3), box(5, False),
              box(6, True)]
    added = add_tracks(store, video.id, ("car",), frames, human=True, settings={}, title="Import")
    assert (added.boxes, added.interpolated) == (5, 2)
    assert [(mark.kind, mark.first, mark.last) for mark in store.marks(video.id)] == [(MarkKind.INTERPOLATE, 0, 3)]
    found = [(frame.frame_index, frame.boxes[0].interpolated) for frame in stored(store, video)]
    assert found == [(0, False), (1, True), (2, True), (3, False), (4, False), (5, False), (6, False)]


def test_only_reviewed_tracks_leave(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    import_labels(store, video, written(tmp_path / "x", "mot", labelled()), "mot")
    options = ExportOptions(reviewed_only=True)
    with pytest.raises(FormatError, match="no tracks are marked as reviewed"):
        export(store, [video], "mot", tmp_path / "out", options)


def test_the_command_says_what_came_in(store: Store, video: VideoRecord, tmp_path: Path) -> None:
    file = written(tmp_path / "x", "coco-video", labelled())
    store.close()
    said = done("import", file, "--project", store.path, "--format", "coco-video", "--as", "machine", "--json")
    report = json.loads(said.out)
    assert (report["tracks"], report["boxes"], report["target"]) == (2, 10, "machine")
    said = done("import", file, "--project", store.path, "--format", "coco-video")
    assert "10 boxes and 0 masks of 2 human tracks in 5 frames" in said.out
    assert "2 tracks got a new number" in said.out
    assert "no video named 'x'" in refused("import", file, "--project", store.path, "--format", "mot", "--video", "x")


def test_labels_and_their_video_make_a_project(clip: MadeClip, tmp_path: Path) -> None:
    info = SequenceInfo("clip", 240, 180, 25.0, FRAMES, ("car", "person"))
    file, project = written(tmp_path / "x", "coco-video", labelled(), info), tmp_path / "new.annot"
    source = clip.video
    assert "project file does not exist" in refused("import", file, "--project", project, "--format", "coco-video")
    assert "no such file or folder" in refused("import", file, "--project", project, "--format", "coco-video",
                                               "--source", tmp_path / "gone.mp4")
    assert not project.exists()
    for tracks in (2, 4):  # the second time the video is not new
        said = done("import", file, "--project", project, "--source", source)
        assert "(coco-video)" in said.out
        with Store.open(project) as store:
            [video] = store.videos()
            assert (video.frame_count, len(store.tracks(video.id))) == (FRAMES, tracks)
    (tmp_path / "notes.txt").write_text("seen on Monday\n")
    assert "choose one with --format" in refused("import", tmp_path / "notes.txt", "--project", project)
    assert "cannot be combined" in refused("import", file, "--project", project, "--format", "coco-video", "--source",
                                           source, "--video", "x")
