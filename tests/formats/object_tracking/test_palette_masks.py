"""Indexed PNG masks of DAVIS and YouTube-VOS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.guess import guess_formats
from annotator.formats.reading.label_images import write_palette_image
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


def test_palette_masks(tmp_path: Path) -> None:
    folder = tmp_path / "Annotations" / "clip"
    folder.mkdir(parents=True)
    pixels = np.zeros((100, 200), np.uint8)
    pixels[10:20, 30:50], pixels[0:2, 0:2] = 3, 255
    for number in (0, 5):
        write_palette_image(folder / f"{number:05d}.png", pixels)
    (tmp_path / "meta.json").write_text('{"videos": {"clip": {"objects": {"3": {"category": "crab"}}}}}')
    found = read(tmp_path, "davis")
    assert rows(found)[0] == (0, 3, "crab", (30, 10, 50, 20))
    assert [(frame.frame_index, box.number, box.ignored) for frame in found.frames for box in frame.boxes] == [
        (0, 3, False), (0, None, True), (5, 3, False), (5, None, True)]
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / "00006.png")
    with pytest.raises(FormatError, match="3 channels"):
        get_format("davis").read(tmp_path, ImportOptions(info=INFO))
