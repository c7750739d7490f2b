from __future__ import annotations

import zipfile
from pathlib import Path

from annotator.formats.base import ExportOptions, ImportOptions
from annotator.formats.convert import read_labels
from annotator.formats.guess import guess_formats
from annotator.formats.registry import get_format
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

FIRST, SECOND = (SequenceInfo(f"MOT17-0{number}", 64, 48, 25.0, 5) for number in (1, 3))


def frames(number: int) -> list[LabelledFrame]:
    return [LabelledFrame(frame, (LabelledBox(number, 0, (3.0, 4.0, 9.0, 10.5), 0.5),)) for frame in (0, 4)]


def test_a_submission_has_one_file_for_each_sequence_in_no_folder(tmp_path: Path) -> None:
    report = get_format("mot-results").write([(FIRST, frames(1)), (SECOND, [])], tmp_path,
                                             ExportOptions(submission=True))
    path = tmp_path / "submission.zip"
    assert path in report.files
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["MOT17-01.txt", "MOT17-03.txt"]
        assert archive.read("MOT17-01.txt").decode() == ("1,1,3.00,4.00,6.00,6.50,0.500000,-1,-1,-1\n"
                                                         "5,1,3.00,4.00,6.00,6.50,0.500000,-1,-1,-1\n")
        assert archive.read("MOT17-03.txt") == b""
    assert any("2 files in no folder" in check for check in report.checks)
    assert guess_formats(path) == ("mot-results",)
    assert [each.boxes for each in read_labels(get_format("mot-results"), path, ImportOptions())] == [2, 0]


def test_the_same_results_make_the_same_zip_and_replace_it(tmp_path: Path) -> None:
    def write(number: int) -> bytes:
        get_format("mot-results").write([(FIRST, frames(number))], tmp_path, ExportOptions(submission=True))
        return (tmp_path / "submission.zip").read_bytes()

    first = write(1)
    assert write(1) == first
    assert write(2) != first


def test_no_zip_unless_chosen(tmp_path: Path) -> None:
    get_format("mot-results").write([(FIRST, frames(1))], tmp_path, ExportOptions())
    assert not (tmp_path / "submission.zip").exists()
