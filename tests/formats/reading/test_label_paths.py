"""Nothing outside of the folder that was named is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ImportOptions, LabelFormat
from annotator.formats.registry import FORMATS, writable
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

INFO = SequenceInfo("clip", 64, 48, 25.0, 3, ("car", "pedestrian"))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("each", writable(), ids=lambda each: each.name)
def test_links_out_of_the_folder_are_not_followed(each: LabelFormat, outside: Path, tmp_path: Path) -> None:
    mask = Mask(3, 4, 5, 6, b"0n0")
    frames = [LabelledFrame(0, (LabelledBox(1, 0, (3, 4, 8, 10), 0.5, mask if each.abilities.masks else None),))]
    each.write([(INFO, frames)], outside, ExportOptions(field_check=False, masks=each.abilities.masks))
    inside = tmp_path / "inside"
    for file in outside.rglob("*"):
        if file.is_file():
            target = inside / file.relative_to(outside)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.symlink(file, target)
    with pytest.raises(FormatError, match="expected"):
        each.read(inside, ImportOptions(info=INFO))


@pytest.mark.parametrize("name", ["mot", "coco-video"])
def test_a_link_that_is_named_itself_is(name: str, outside: Path, tmp_path: Path) -> None:
    each = FORMATS[name]
    report = each.write([(INFO, [LabelledFrame(0, (LabelledBox(1, 0, (3, 4, 8, 10)),))])], outside, ExportOptions())
    file = next(path for path in report.files if path.name in ("gt.txt", "annotations.json"))
    link = tmp_path / file.name
    os.symlink(file, link)
    assert sum(found.boxes for found in each.read(link, ImportOptions(info=INFO))) == 1
