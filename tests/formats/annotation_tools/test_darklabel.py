"""DarkLabel's text files with frame numbers or names of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.guess import guess_formats
from annotator.formats.reading.box_table import INVALID_ROWS
from annotator.formats.registry import get_format
from annotator.model.sequence import SequenceInfo

INFO = SequenceInfo("clip", 200, 100, 25.0, 20)


def read(path: Path, text: str, **options: Any) -> LabelledSequence:
    path.write_text(text)
    assert guess_formats(path) == ("darklabel",)
    [found] = get_format("darklabel").read(path, ImportOptions(info=INFO, **options))
    return found


def rows(found: LabelledSequence) -> list[tuple[int, int | None, str, tuple[float, ...]]]:
    return [(frame.frame_index, box.number, found.info.labels[box.label], box.box_xyxy)
            for frame in found.frames for box in frame.boxes]


def test_rows_with_frame_numbers(tmp_path: Path) -> None:
    found = read(tmp_path / "a.txt", "3,person,0,10,20,30,40\n3,tree house,2,1,2,3,4\n4,person,-1,nan,2,3,4\n"
                                     "4,person,-1,5,2,3,4\n")
    assert rows(found) == [(3, 1, "person", (10, 20, 40, 60)), (3, 3, "tree house", (1, 2, 4, 6)),
                           (4, None, "person", (5, 2, 8, 6))]
    assert found.dropped == {INVALID_ROWS: 1}
    assert rows(read(tmp_path / "a.txt", "3,person,1,10,20,30,40\n", first_frame=1))[0][0] == 2


def test_rows_with_names_of_pictures(tmp_path: Path) -> None:
    text = "cam_0007.jpg,person,5,10,20,30,40\ncam_0002.jpg,person,5,1,2,3,4\ncam_0007.jpg,person,6,1,2,3,4\n"
    names = tuple(f"cam_{number:04d}.jpg" for number in range(2, 14))
    found = read(tmp_path / "a.txt", text, picture_names=names)
    assert [row[:2] for row in rows(found)] == [(0, 5), (5, 5), (5, 6)]
    assert [row[0] for row in rows(read(tmp_path / "a.txt", text, first_frame=0))] == [2, 7, 7]


@pytest.mark.parametrize(("text", "reason"), [
    ("3,person,0,10,20,30\n", "6 columns"), ("3,person,0,10,20,30,40,1\n", "8 columns"),
    ("3,person,x,10,20,30,40\n", "line 1: found could not convert"), ("3,7,0,1,2,3,4\n", "the class '7', a number"),
    ("3,person,0,10,20,30,40\na.png,person,0,10,20,30,40\n", "line 2: found 'a.png' in the first column"),
    ("1.5,person,0,1,2,3,4\n", "not a whole number"), ("0,person,0,1,2,3,4\n-1,person,0,1,2,3,4\n", "frame -1"),
    ("0,person,1,1,2,3,4\n0,person,1,1,2,3,4\n", "track 1 twice"), ("0,person,-5,1,2,3,4\n", "track number -5")])
def test_other_columns_are_refused_with_the_ones_to_choose(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(FormatError, match=reason):
        get_format("darklabel").read(path, ImportOptions())


@pytest.mark.parametrize("text", ["3,person,0,10,20,30\n", "3,7,0,1,2,3,4\n", "3,person,a,1,2,3,4\n"])
def test_other_rows_are_not_taken_for_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert "darklabel" not in guess_formats(path)
