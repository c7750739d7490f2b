"""MOTS images: what their numbers count from, and how tracks and classes are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.formats.base import ExportOptions, ImportOptions
from annotator.formats.reading.label_images import write_label_image
from annotator.formats.registry import get_format
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo


@pytest.mark.parametrize(("numbers", "length", "first", "pictures", "frames"), [
    ((0, 1), 10, None, (), [0, 1]), ((1, 2), 10, None, (), [1, 2]), ((1, 2), 2, None, (), [0, 1]),
    ((1, 2), 10, 1, (), [0, 1]), ((7, 8), 10, None, (), [7, 8]),
    ((7, 8), 3, None, ("000006.png", "000007.png", "000008.png"), [1, 2])])
def test_what_numbers_count_from(numbers: tuple[int, int], length: int, first: int | None, pictures: tuple[str, ...],
                                 frames: list[int], tmp_path: Path) -> None:
    pixels = np.zeros((8, 10), np.uint16)
    pixels[2:5, 3:7] = 2001
    (tmp_path / "clip").mkdir()
    for number in numbers:
        write_label_image(tmp_path / "clip" / f"{number:06d}.png", pixels)
    options = ImportOptions(first_frame=first, info=SequenceInfo("clip", 10, 8, 25.0, length), picture_names=pictures)
    [found] = get_format("mots-png").read(tmp_path / "clip", options)
    assert [frame.frame_index for frame in found.frames] == frames


@pytest.mark.parametrize("name", ["mots", "mots-png", "kitti-mots"])
def test_another_number_is_reported(name: str, tmp_path: Path) -> None:
    mask = Mask.from_bitmap(np.ones((3, 3), bool), 2, 2)
    frames = [LabelledFrame(0, (LabelledBox(1003, 0, mask.box_xyxy, mask=mask),))]
    info = SequenceInfo("clip", 10, 8, 25.0, 1, ("crab",))
    report = get_format(name).write([(info, frames)], tmp_path, ExportOptions(field_check=False))
    assert any("1 tracks have another number in the file" in note and "1003 is 1" in note for note in report.notes)
    if name == "mots-png":
        assert (tmp_path / "instances/labels.txt").read_text().splitlines()[2] == "crab"


def test_tao_reports_the_tracks_of_later_videos(tmp_path: Path) -> None:
    streams = [(SequenceInfo(video, 10, 8, 25.0, 1), [LabelledFrame(0, (LabelledBox(1, 0, (1, 1, 4, 4)),))])
               for video in ("a", "b")]
    report = get_format("tao").write(streams, tmp_path, ExportOptions(field_check=False))
    assert [note for note in report.notes if "another number" in note] == [
        "b: 1 tracks have another number in the file, because theirs is taken or too large (the first: 1 is 2)"]
