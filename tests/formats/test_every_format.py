"""What every format promises: what is written reads back the same, up to the limits that it declares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ImportOptions, LabelFormat
from annotator.formats.registry import FORMATS, writable
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

LABELS = ("car", "bus", "pedestrian")
INFO = SequenceInfo("clip ü", 67, 45, 29.97, 9, LABELS)
OTHER = SequenceInfo("other", 31, 33, 25.0, 4, LABELS)
WRITABLE = writable()
#: Written, but to be read only beside the video: sizes and lengths are not in the files.
INFOS = {INFO.name: INFO, OTHER.name: OTHER}


def disc(left: int, top: int, size: int) -> Mask:
    grid = np.arange(size) - (size - 1) / 2
    return Mask.from_bitmap(grid[:, None] ** 2 + grid[None] ** 2 <= (size / 2) ** 2, left, top)


def boxes(frame: int, masks: bool) -> tuple[LabelledBox, ...]:
    found = []
    for number, size in ((1, 7), (4, 12), (9, 5)):
        mask = disc(3 * frame + number, 2 * number, size)
        found.append(LabelledBox(number, number % 3 % 2, mask.box_xyxy, 0.5 + number / 20, mask if masks else None,
                                 occluded=number == 4 and frame > 2, interpolated=number == 9 and frame == 3))
    return tuple(found)


def stream(masks: bool) -> list[LabelledFrame]:
    """Three tracks whose masks overlap, one of them with a gap."""
    return [LabelledFrame(frame, tuple(box for box in boxes(frame, masks) if box.number != 9 or frame != 5),
                          frame / 29.97) for frame in (0, 1, 2, 3, 5, 7)]


def kept(each: LabelFormat, frames: list[LabelledFrame]) -> list[tuple[int, int | None, bool]]:
    return sorted((frame.frame_index, box.number if each.abilities.identities else None, box.ignored)
                  for frame in frames for box in frame.boxes)


def read_back(each: LabelFormat, folder: Path, name: str) -> list[LabelledFrame]:
    """One video as an import into a project reads it."""
    [found] = [sequence for sequence in each.read(folder, ImportOptions(info=INFOS[name]))
               if sequence.info.name == name or len(each.read(folder, ImportOptions(info=INFOS[name]))) == 1]
    assert found.info.frame_count == INFOS[name].frame_count
    return list(found.frames)


@pytest.mark.parametrize("each", WRITABLE, ids=lambda each: each.name)
def test_what_goes_out_comes_in(each: LabelFormat, tmp_path: Path) -> None:
    frames = stream(each.abilities.masks)
    report = each.write([(INFO, frames)], tmp_path, ExportOptions(masks=each.abilities.masks))
    assert report.boxes == 17
    found = read_back(each, tmp_path, INFO.name)
    assert kept(each, found) == kept(each, frames)
    for frame, source in zip(found, frames, strict=True):
        for box in frame.boxes:
            same = [other for other in source.boxes if other.number == box.number or not each.abilities.identities]
            nearest = min(same, key=lambda other: abs(other.box_xyxy[0] - box.box_xyxy[0])
                          + abs(other.box_xyxy[1] - box.box_xyxy[1]))
            if not each.abilities.needs_masks:
                assert box.box_xyxy == pytest.approx(nearest.box_xyxy, abs=0.02 if each.name != "uavdt" else 0.51)
            if each.abilities.masks and each.abilities.overlap:
                assert box.mask == nearest.mask
            if each.abilities.scores:
                assert box.score == pytest.approx(nearest.score, abs=1e-6)


@pytest.mark.parametrize("each", WRITABLE, ids=lambda each: each.name)
def test_several_videos_stay_apart(each: LabelFormat, tmp_path: Path) -> None:
    masks = each.abilities.masks
    frames = [LabelledFrame(2, (LabelledBox(1, 1, (1, 2, 9, 12), 1.0, disc(1, 2, 8) if masks else None),))]
    each.write([(INFO, stream(masks)), (OTHER, frames)], tmp_path, ExportOptions(masks=masks))
    # Nothing can tell which video the given one is, so the length is left open.
    found = {sequence.info.name: [frame.frame_index for frame in sequence.frames]
             for sequence in each.read(tmp_path, ImportOptions(info=SequenceInfo("any", 67, 45, 0, 9)))}
    assert found == {INFO.name: [0, 1, 2, 3, 5, 7], OTHER.name: [2]}


@pytest.mark.parametrize(("name", "lists"), [
    ("mot17", ("seqmaps/MOT17-train.txt", "seqmaps/MOT17-val.txt", "name\n", "")),
    ("dancetrack", ("train_seqmap.txt", "val_seqmap.txt", "name\n", "")),
    ("sportsmot", ("splits_txt/train.txt", "splits_txt/val.txt", "", "dataset/"))])
def test_data_sets_are_split_by_video(name: str, lists: tuple[str, str, str, str], tmp_path: Path) -> None:
    train, val, header, root = lists
    write = FORMATS[name].write
    write([(INFO, stream(False)), (OTHER, [])], tmp_path, ExportOptions(validation=("other",)))
    assert (tmp_path / train).read_text(encoding="utf-8") == f"{header}{INFO.name}\n"
    assert (tmp_path / val).read_text() == f"{header}other\n"
    assert (tmp_path / f"{root}val/other/seqinfo.ini").is_file()
    assert (tmp_path / f"{root}train/{INFO.name}/gt/gt.txt").is_file()
    with pytest.raises(FormatError, match="'third'"):
        write([(INFO, stream(False))], tmp_path / "x", ExportOptions(validation=("third",)))


@pytest.mark.parametrize("each", WRITABLE, ids=lambda each: each.name)
def test_every_other_frame_renumbered(each: LabelFormat, tmp_path: Path) -> None:
    masks = each.abilities.masks
    options = ExportOptions(first_frame=1, step=2, renumber=True, masks=masks, field_check=False)
    report = each.write([(INFO, stream(masks))], tmp_path, options)
    assert report.frames == 4
    found = list(each.read(tmp_path, ImportOptions(info=SequenceInfo(INFO.name, 67, 45, 29.97, 4)))[0].frames)
    assert [frame.frame_index for frame in found] == [0, 1, 2, 3]
    if each.abilities.identities:
        assert {box.number for frame in found for box in frame.boxes} == {1, 2, 3}


@pytest.mark.parametrize("each", WRITABLE, ids=lambda each: each.name)
def test_interpolated_boxes_can_stay_out(each: LabelFormat, tmp_path: Path) -> None:
    masks = each.abilities.masks
    report = each.write([(INFO, stream(masks))], tmp_path, ExportOptions(interpolated=False, field_check=False))
    assert report.boxes == 16
    assert report.dropped["interpolated boxes"] == 1


@pytest.mark.parametrize("each", WRITABLE, ids=lambda each: each.name)
def test_an_empty_video(each: LabelFormat, tmp_path: Path) -> None:
    report = each.write([(INFO, [])], tmp_path, ExportOptions())
    assert (report.frames, report.boxes) == (9, 0)


@pytest.mark.parametrize("each", WRITABLE, ids=lambda each: each.name)
def test_a_failure_leaves_nothing_behind(each: LabelFormat, tmp_path: Path) -> None:
    def broken() -> Iterator[LabelledFrame]:
        yield from stream(each.abilities.masks)[:2]
        raise FormatError("the source ended")

    with pytest.raises(FormatError, match="the source ended"):
        each.write([(INFO, broken())], tmp_path, ExportOptions())
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("each", [each for each in FORMATS.values() if each.can_read], ids=lambda each: each.name)
@pytest.mark.parametrize("text", ["", "nonsense\x00", "{", "[]", "1,2", "<a>", "{\"videos\": [1]}"])
def test_what_is_no_such_file_is_refused_in_one_line(each: LabelFormat, text: str, tmp_path: Path) -> None:
    for name in ("gt.txt", "labels.json", "labels.xml", "labels.csv"):
        path = tmp_path / name
        path.write_text(text)
        found, said = [], ""
        try:
            found = each.read(path, ImportOptions(info=INFO))
        except FormatError as error:
            said = str(error)
        assert sum(sequence.boxes for sequence in found) == 0
        assert "\n" not in said


@pytest.mark.parametrize("each", WRITABLE, ids=lambda each: each.name)
def test_the_table_of_formats_is_honest(each: LabelFormat) -> None:
    fields = set(ExportOptions.__dataclass_fields__)
    assert set(each.options) <= fields
    assert each.title
    assert each.description != each.title
    assert not each.abilities.needs_masks or each.abilities.masks


@pytest.mark.parametrize("each", [each for each in FORMATS.values() if each.can_read], ids=lambda each: each.name)
@pytest.mark.parametrize("text", ["[" * 100_000, '{"images": ' + "[" * 100_000, "<a>" * 100_000,
                                  '{"images": [{"id": ' + "9" * 5000 + "}]}"], ids=["deep list", "deep", "xml", "long"])
def test_depth_and_length_without_end_are_refused(each: LabelFormat, text: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(text)
    with pytest.raises(FormatError):
        each.read(path, ImportOptions(info=INFO))


@pytest.mark.parametrize("name", ["mots", "mots-png", "kitti-mots", "cvat"])
def test_a_track_whose_label_changes_keeps_its_first(name: str, tmp_path: Path) -> None:
    mask = Mask.from_bitmap(np.ones((6, 5), bool), 3, 4)
    frames = [LabelledFrame(frame, (LabelledBox(4, frame, mask.box_xyxy, mask=mask),)) for frame in (0, 1)]
    info = SequenceInfo("clip", 64, 48, 25.0, 2, ("car", "pedestrian"))
    FORMATS[name].write([(info, frames)], tmp_path / "out", ExportOptions(field_check=False))
    [found] = FORMATS[name].read(tmp_path / "out", ImportOptions(info=info))
    assert [(box.number, found.info.labels[box.label]) for frame in found.frames for box in frame.boxes] == [
        (4, "car"), (4, "car")]
