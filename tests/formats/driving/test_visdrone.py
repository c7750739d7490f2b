"""VisDrone-MOT rows with classes, ignored regions, occlusion and truncation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.guess import guess_formats
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


def test_visdrone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1,1,1,2,3,4,1,4,1,0\n1,2,1,2,3,4,0,11,0,2\n2,9,1,2,3,4,0,0,0,0\n")
    found = read(path, "visdrone")
    assert [(box.number, box.ignored, box.occluded) for frame in found.frames for box in frame.boxes] == [
        (1, False, False), (2, True, True), (None, True, False)]
    assert [row[2] for row in rows(found)][:2] == ["car", "others"]
    assert found.dropped == {"truncations of boxes": 1}
    path.write_text("1,1,1,2,3,4,0.5,4,-1,-1\n")
    [results] = get_format("visdrone").read(path, ImportOptions())
    assert next(iter(results.frames)).boxes[0].score == 0.5
