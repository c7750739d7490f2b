"""GOT-10k and LaSOT folders with their marks of absence and occlusion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def test_single_objects(tmp_path: Path) -> None:
    folder = tmp_path / "zebra-3"
    folder.mkdir()
    (folder / "groundtruth.txt").write_text("1,2,3,4\n2,2,3,4\nnan,nan,nan,nan\n4,2,3,4\n")
    (folder / "out_of_view.txt").write_text("0,1,0,0\n")
    (folder / "full_occlusion.txt").write_text("0,0,0,1\n")
    found = read(folder, "lasot")
    assert rows(found) == [(0, 1, "zebra", (1, 2, 4, 6)), (3, 1, "zebra", (4, 2, 7, 6))]
    assert [box.occluded for frame in found.frames for box in frame.boxes] == [False, True]
    assert found.dropped == {INVALID_ROWS: 1, "boxes of frames in which the object is absent": 1}
    (folder / "absence.label").write_text("1\n0\n0\n0\n")
    (folder / "cover.label").write_text("8\n4\n8\n8\n")
    found = read(folder, "got10k")
    assert [(frame.frame_index, box.visibility) for frame in found.frames for box in frame.boxes] == [(1, 0.5), (3, 1)]
