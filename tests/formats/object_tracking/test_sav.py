"""SA-V masklets: what an export states about them, and frames between labelled ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.formats.base import ExportOptions, ImportOptions
from annotator.formats.registry import get_format
from annotator.formats.writing.overlaps import NO_MASK
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

SAV = get_format("sa-v")
INFO = SequenceInfo("clip", 8, 6, 24.0, 5, ("crab",))
MASK = Mask.from_bitmap(np.ones((2, 3), bool), 1, 2)


def export(folder: Path, frames: list[LabelledFrame]) -> dict[str, Any]:
    SAV.write([(INFO, frames)], folder, ExportOptions())
    found: dict[str, Any] = json.loads((folder / "clip_manual.json").read_text())
    return found


def box(number: int, mask: Mask | None = MASK) -> LabelledBox:
    return LabelledBox(number, 0, (1, 2, 4, 4), mask=mask)


def test_every_frame_lists_every_masklet(tmp_path: Path) -> None:
    found = export(tmp_path, [LabelledFrame(1, (box(7),)), LabelledFrame(3, (box(7), box(2)))])
    assert (found["masklet_id"], found["masklet_num"], found["video_frame_count"]) == ([2, 7], 2, 5)
    assert [[code["counts"] != "`1" for code in frame] for frame in found["masklet"]] == [
        [False, False], [False, True], [False, False], [True, True], [False, False]]
    assert all(code["size"] == [6, 8] for frame in found["masklet"] for code in frame)
    assert found["masklet_size_abs"] == [6, 6]
    assert found["masklet_size_rel"] == [0.125, 0.125]
    assert found["masklet_visibility_changes"] == [1, 3]
    assert found["masklet_first_appeared_frame"] == [3, 1]
    assert found["video_duration"] == pytest.approx(5 / 24)


def test_masks_are_cut_at_the_frame_and_boxes_without_one_are_counted(tmp_path: Path) -> None:
    over = Mask.from_bitmap(np.ones((4, 4), bool), 6, 4)
    outside = Mask.from_bitmap(np.ones((4, 4), bool), 60, 4)
    frames = [LabelledFrame(0, (box(1, over), box(2, None), box(3, outside)))]
    report = SAV.write([(INFO, frames)], tmp_path, ExportOptions())
    assert (report.boxes, report.dropped) == (1, {NO_MASK: 2})
    [found] = SAV.read(tmp_path, ImportOptions())
    assert [each.box_xyxy for frame in found.frames for each in frame.boxes] == [(6, 4, 8, 6)]


@pytest.mark.parametrize(("frames", "masks", "labelled"), [
    (9, 3, [0, 4, 8]), (12, 3, [0, 4, 8]), (3, 3, [0, 1, 2]), (6, 3, [0, 2, 4]), (0, 3, [0, 4, 8]), (1, 1, [0])])
def test_spacing_follows_from_the_numbers(frames: int, masks: int, labelled: list[int], tmp_path: Path) -> None:
    content = export(tmp_path, [LabelledFrame(frame, (box(1),)) for frame in range(5)])
    content["video_frame_count"], content["masklet"] = float(frames), content["masklet"][:masks]
    (tmp_path / "clip_manual.json").write_text(json.dumps(content))
    [found] = SAV.read(tmp_path, ImportOptions())
    assert [frame.frame_index for frame in found.frames] == labelled
    assert bool(found.notes) == (frames != masks)


def test_statistics_are_those_of_the_data_set(samples: Path, tmp_path: Path) -> None:
    path = samples / "formats" / "sav" / "sav_000001_manual.json"
    if not path.exists():
        pytest.skip("no sample of SA-V in the sample data")
    published = json.loads(path.read_text())
    [found] = SAV.read(path, ImportOptions())
    info = SequenceInfo("sav_000001", found.info.width, found.info.height, 24.0, 483, ("object",))
    SAV.write([(info, found.frames)], tmp_path, ExportOptions(step=4))
    written = json.loads((tmp_path / "sav_000001_manual.json").read_text())
    for name in ("size_abs", "size_rel"):
        assert written[f"masklet_{name}"] == pytest.approx(published[f"masklet_{name}"], abs=1e-9)
    for name in ("visibility_changes", "first_appeared_frame", "frame_count", "num"):
        assert written[f"masklet_{name}"] == published[f"masklet_{name}"]
    assert [code["counts"] for frame in written["masklet"] for code in frame] == [
        code["counts"] for frame in published["masklet"] for code in frame]
