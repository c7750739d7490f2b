"""The CSV of supervision's sink."""

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
Row = tuple[int, int | None, str, tuple[int, ...]]


def read(path: Path, name: str, **options: Any) -> LabelledSequence:
    assert guess_formats(path) == (name,)
    [found] = get_format(name).read(path, ImportOptions(info=INFO, **options))
    return found


def rows(found: LabelledSequence) -> list[Row]:
    return [(frame.frame_index, box.number, found.info.labels[box.label], tuple(map(round, box.box_xyxy)))
            for frame in found.frames for box in frame.boxes]


def test_supervision(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x_min,y_min,x_max,y_max,class_id,confidence,tracker_id,frame_number,mood\n"
                    "1,2,3,4,0,0.5,7,4,good\n1,2,3,4,2,,,5,\n,,,,2,,,5,\n")
    found = read(path, "supervision")
    assert rows(found) == [(4, 7, "class 0", (1, 2, 3, 4)), (5, None, "class 2", (1, 2, 3, 4))]
    assert found.dropped == {INVALID_ROWS: 1, "values of column 'mood'": 1}
    path.write_text("x_min,y_min,x_max,y_max,class_id,confidence,tracker_id\n1,2,3,4,0,0.5,7\n")
    with pytest.raises(FormatError, match="a column for the frame"):
        get_format("supervision").read(path, ImportOptions())
