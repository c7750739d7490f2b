"""Polygons of YOLO, to train segmentation on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ImportOptions
from annotator.formats.registry import get_format
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

INFO = SequenceInfo("clip", 64, 48, 25.0, 2, ("car",))


def parts() -> Mask:
    """Two parts, one of them with a hole."""
    bitmap = np.zeros((20, 30), bool)
    bitmap[2:15, 1:14] = True
    bitmap[6:10, 5:9] = False
    bitmap[3:7, 20:29] = True
    return Mask.from_bitmap(bitmap, 10, 8)


def triangle() -> Mask:
    return Mask.from_bitmap(np.tri(30, dtype=bool), 2, 2)


@pytest.mark.parametrize("ids", [False, True])
def test_polygons_cover_masks_with_holes_and_parts(ids: bool, tmp_path: Path) -> None:
    boxes = tuple(LabelledBox(number, 0, mask.box_xyxy, mask=mask)
                  for number, mask in ((3, parts()), (4, triangle())))
    plain = LabelledBox(5, 0, (-4.0, 40.0, 8.0, 60.0))
    report = get_format("yolo").write([(INFO, [LabelledFrame(0, (*boxes, plain))])], tmp_path,
                                      ExportOptions(shapes="polygons", track_ids=ids))
    assert report.dropped == {}
    assert any(note.startswith("1 boxes without a mask were written as rectangles") for note in report.notes)
    lines = (tmp_path / "labels/train/clip_000001.txt").read_text().splitlines()
    for line in lines:
        values = line.split()[1:-1] if ids else line.split()[1:]
        assert len(values) >= 8
        assert len(values) % 2 == 0
        assert all(0 <= float(value) <= 1 for value in values)
    [found] = get_format("yolo").read(tmp_path, ImportOptions(info=INFO))
    read = [box for frame in found.frames for box in frame.boxes]
    assert [box.number for box in read] == ([3, 4, 5] if ids else [None] * 3)
    for box, mask in zip(read, (parts(), triangle(), Mask.from_bitmap(np.ones((8, 8), bool), 0, 40)), strict=True):
        assert box.mask is not None
        one, other = box.mask.to_bitmap(64, 48), mask.to_bitmap(64, 48)
        assert (one & other).sum() / (one | other).sum() > 0.95


def test_boxes_stay_the_default(tmp_path: Path) -> None:
    frame = LabelledFrame(0, (LabelledBox(3, 0, parts().box_xyxy, mask=parts()),))
    report = get_format("yolo").write([(INFO, [frame])], tmp_path, ExportOptions())
    assert report.dropped == {"masks (only boxes were written)": 1}
    assert len((tmp_path / "labels/train/clip_000001.txt").read_text().split()) == 5


def test_masks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="choose polygons"):
        get_format("yolo").write([(INFO, [])], tmp_path, ExportOptions(shapes="masks"))
    assert not list(tmp_path.iterdir())
