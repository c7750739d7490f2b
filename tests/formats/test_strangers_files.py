"""Label files from strangers: far boxes, devices, formulas, names that act on a terminal or a file system."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ImportOptions
from annotator.formats.guess import guess_format
from annotator.formats.registry import get_format
from annotator.formats.writing.export import checked_name
from annotator.jobs.labels.import_labels import import_labels
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.storage.store import Store

INFO = SequenceInfo("clip", 64, 48, 25.0, 6, ("car",))


def coco(folder: Path, segmentation: object, category: str = "car") -> Path:
    path = folder / "labels.json"
    path.write_text(json.dumps({
        "videos": [{"id": 1, "name": "clip", "width": 64, "height": 48}],
        "images": [{"id": 1, "video_id": 1, "frame_id": 0, "file_name": "0.jpg", "width": 64, "height": 48}],
        "annotations": [{"id": 7, "image_id": 1, "video_id": 1, "track_id": 1, "instance_id": 1, "category_id": 1,
                         "bbox": [1, 1, 5, 5], "area": 25, "iscrowd": 0, "segmentation": segmentation}],
        "categories": [{"id": 1, "name": category}]}))
    return path


@pytest.mark.parametrize("far", [1e9, 1e7, -1e8, 5000.0])
def test_a_far_corner_is_refused_instead_of_ending_the_process(far: float, tmp_path: Path) -> None:
    path = coco(tmp_path, [[1, 1, far, 1, far, 5]])
    with pytest.raises(FormatError, match="far outside the frame of 64 x 48"):
        [list(each.frames) for each in get_format("coco-video").read(path, ImportOptions(info=INFO))]


@pytest.mark.parametrize("box", ["1,1,1000000,5", "-500000,1,5,5", "1,1,5,999999"])
def test_a_box_of_many_pictures_is_refused_with_its_line(box: str, tmp_path: Path) -> None:
    path = tmp_path / "gt.txt"
    path.write_text(f"1,1,2,2,5,5,1,-1,-1,-1\n2,1,{box},1,-1,-1,-1\n")
    left, top, width, height = map(float, box.split(","))
    table = tmp_path / "tracks.csv"
    table.write_text("video,width,height,fps,frame,track,label,x1,y1,x2,y2\n"
                     "clip,64,48,25,0,1,car,1,1,5,5\n"
                     f"clip,64,48,25,1,1,car,{left},{top},{left + width},{top + height}\n")
    with Store.create(tmp_path / "p.annot") as store:
        video = store.add_video("clip", tmp_path / "clip.mp4", 64, 48, 6, 25.0, "print")
        with pytest.raises(FormatError, match=r"the box of track 1 in frame 1 .* far outside the frames of 64 x 48"):
            import_labels(store, video, path, "mot-results")
        with pytest.raises(FormatError, match=r"line 3: found a box that reaches to .* in frames of 64 x 48"):
            import_labels(store, video, table, "csv")
        assert store.runs() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("suffix", ["txt", "json", "xml", "csv"])
def test_a_pipe_as_label_file_is_refused_at_once(suffix: str, tmp_path: Path) -> None:
    pipe = tmp_path / f"labels.{suffix}"
    os.mkfifo(pipe)
    guess_format(pipe)  # which would wait for ever
    with Store.create(tmp_path / "p.annot") as store:
        video = store.add_video("clip", tmp_path / "clip.mp4", 64, 48, 6, 25.0, "print")
        for path in (pipe, Path("/dev/zero")):
            for name in ("mot-results", "coco-video", "cvat", "csv"):
                with pytest.raises(FormatError, match="device, pipe or socket"):
                    import_labels(store, video, path, name)


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A1", "+1", "-2+3", "@sum", "'=x", "\tx"])
def test_a_name_is_no_formula_in_a_table_and_comes_back(name: str, tmp_path: Path) -> None:
    info = SequenceInfo("clip", 64, 48, 25.0, 2, (name,))
    frames = [LabelledFrame(0, (LabelledBox(1, 0, (1.0, 1.0, 5.0, 5.0)),))]
    report = get_format("csv").write([(info, frames)], tmp_path / "out", ExportOptions())
    cells = (tmp_path / "out/tracks.csv").read_text(encoding="utf-8")
    assert f",'{name}" in cells or f",\"'{name}" in cells
    assert any("spreadsheet" in note for note in report.notes)
    [found] = get_format("csv").read(tmp_path / "out/tracks.csv", ImportOptions())
    assert found.info.labels == (name,)


def test_ordinary_names_are_not_quoted(tmp_path: Path) -> None:
    report = get_format("csv").write([(INFO, [LabelledFrame(0, (LabelledBox(1, 0, (1.0, 1.0, 5.0, 5.0)),))])],
                                     tmp_path / "out", ExportOptions())
    assert "'" not in (tmp_path / "out/tracks.csv").read_text(encoding="utf-8")
    assert not any("spreadsheet" in note for note in report.notes)


@pytest.mark.parametrize("name", ["CON", "aux", "nul.mp4", "Com1", "lpt9.x.y", "prn ", "x" * 300, "a\x1b[2J",
                                  "a\u202eb", "..", "a/b", "", "\ud800"])
def test_a_video_name_that_is_no_file_name_anywhere_is_refused(name: str) -> None:
    with pytest.raises(FormatError, match="rename the video"):
        checked_name(SequenceInfo(name, 1, 1, 1.0, 1))


@pytest.mark.parametrize("name", ["console", "common", "clip.mp4", "Café 12", "com10", "aux_cam"])
def test_other_names_are_kept(name: str) -> None:
    assert checked_name(SequenceInfo(name, 1, 1, 1.0, 1)) == name


def test_control_and_direction_characters_of_classes_are_replaced_with_a_note(tmp_path: Path) -> None:
    path = coco(tmp_path, [[1, 1, 9, 1, 9, 5]], "car\x1b]0;pwn\x07\u202egpj")
    with Store.create(tmp_path / "p.annot") as store:
        video = store.add_video("clip", tmp_path / "clip.mp4", 64, 48, 6, 25.0, "print")
        report = import_labels(store, video, path, "coco-video")
        assert [label.name for label in store.labels()] == ["car\ufffd]0;pwn\ufffd\ufffdgpj"]
    assert any("control, invisible or direction characters" in note for note in report.notes)


def test_a_class_name_of_a_megabyte_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    path = coco(tmp_path, [[1, 1, 9, 1, 9, 5]], "L" * 1_000_000)
    with Store.create(tmp_path / "p.annot") as store:
        video = store.add_video("clip", tmp_path / "clip.mp4", 64, 48, 6, 25.0, "print")
        with pytest.raises(FormatError, match="1000000 characters"):
            import_labels(store, video, path, "coco-video")
        assert store.labels() == []
        assert store.runs() == []


@pytest.mark.parametrize("claimed", [1000, 10**9, 10**12, 2**62])
def test_a_parquet_table_with_a_false_row_count_is_refused(claimed: int, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    frames = [LabelledFrame(frame, (LabelledBox(1, 0, (1.0, 1.0, 5.0, 5.0)),)) for frame in range(5)]
    get_format("parquet").write([(INFO, frames)], tmp_path / "out", ExportOptions())
    path = tmp_path / "out/tracks.parquet"
    path.write_bytes(_with_row_count(path.read_bytes(), 5, claimed))
    with pytest.raises(FormatError, match=r"tracks.parquet (claims to have|is not a Parquet table)"):
        get_format("parquet").read(path, ImportOptions(info=INFO))


def _with_row_count(data: bytes, true: int, claimed: int) -> bytes:
    """Change the numbers of rows and values in the footer, which are varints in Thrift's compact encoding."""
    size = int.from_bytes(data[-8:-4], "little")
    before, footer = data[:-8 - size], data[-8 - size:-8]
    footer = footer.replace(b"\x16" + _varint(2 * true), b"\x16" + _varint(2 * claimed))
    return before + footer + len(footer).to_bytes(4, "little") + data[-4:]


def _varint(value: int) -> bytes:
    code = b""
    while value > 127:
        code, value = code + bytes([value & 127 | 128]), value >> 7
    return code + bytes([value])
