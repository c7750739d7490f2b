"""Export then import is the same for MOTChallenge and COCO-VID, up to the decimals they write."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.formats.base import ExportOptions, ImportOptions
from annotator.formats.registry import get_format
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

WIDTH, HEIGHT, LENGTH = 48, 36, 8
ROWS_AND_COCO = ("mot", "mot-results", "mot-det", "coco-video")
LABELS = ("cat", "pedestrian", "dog")

edges = st.floats(-20, 60).map(lambda value: round(value, 2))
sizes = st.floats(0.01, 50).map(lambda value: max(round(value, 2), 0.01))
shares = st.integers(0, 10_000).map(lambda value: value / 10_000)


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    rows = draw(st.lists(st.integers(1, 2**6 - 1), min_size=1, max_size=6))
    bitmap = np.array([[bool(row >> bit & 1) for bit in range(6)] for row in rows])
    return Mask.from_bitmap(bitmap, draw(st.integers(0, WIDTH - 6)), draw(st.integers(0, HEIGHT - 6)))


@st.composite
def boxes(draw: st.DrawFn, number: int) -> LabelledBox:
    x, y, width, height = draw(edges), draw(edges), draw(sizes), draw(sizes)
    return LabelledBox(number, draw(st.integers(0, 2)), (x, y, x + width, y + height), draw(shares),
                       draw(st.none() | masks()), draw(shares), draw(st.booleans()))


@st.composite
def videos(draw: st.DrawFn) -> tuple[LabelledFrame, ...]:
    indices = draw(st.lists(st.integers(0, LENGTH - 1), unique=True).map(sorted))
    frames = []
    for index in indices:
        numbers = draw(st.lists(st.integers(1, 30), unique=True, min_size=1, max_size=4))
        frames.append(LabelledFrame(index, tuple(draw(boxes(number)) for number in numbers), index / 30))
    return tuple(frames)


def held(format_name: str, box: LabelledBox) -> LabelledBox:
    """What a format keeps of a box."""
    if format_name == "mot":
        return replace(box, score=1.0, mask=None)
    if format_name == "coco-video":
        return box
    return replace(box, number=None if format_name == "mot-det" else box.number, label=0, mask=None, visibility=1.0)


def same(found: LabelledBox, expected: LabelledBox) -> bool:
    return replace(found, box_xyxy=expected.box_xyxy) == expected and \
        found.box_xyxy == pytest.approx(expected.box_xyxy, abs=0.0051)


@pytest.mark.parametrize("format_name", ROWS_AND_COCO)
@pytest.mark.parametrize("one_based", [False, True])
@settings(max_examples=15, deadline=None)
@given(frames=videos())
def test_export_then_import(format_name: str, one_based: bool, frames: tuple[LabelledFrame, ...]) -> None:
    info = SequenceInfo("clip", WIDTH, HEIGHT, 30.0, LENGTH, LABELS)
    keeps_ignored = format_name in ("mot", "coco-video")
    options = ExportOptions(one_based_pixels=one_based, field_check=False,
                            class_numbers={"cat": 5, "pedestrian": 1, "dog": 2})
    with tempfile.TemporaryDirectory() as folder:
        report = get_format(format_name).write([(info, frames)], Path(folder), options)
        [read] = get_format(format_name).read(Path(folder), ImportOptions(one_based_pixels=one_based, info=(
            info if format_name == "mot-results" else None)))
        found = list(read.frames)
    expected = [(frame.frame_index, [held(format_name, box) for box in frame.boxes if keeps_ignored or not box.ignored])
                for frame in frames]
    expected = [(index, kept) for index, kept in expected if kept]
    assert [frame.frame_index for frame in found] == [index for index, _ in expected]
    for frame, (_, kept) in zip(found, expected, strict=True):
        assert len(frame.boxes) == len(kept)
        for box, wanted in zip(frame.boxes, kept, strict=True):
            if keeps_ignored:
                assert read.info.labels[box.label] == LABELS[wanted.label]
            assert same(replace(box, label=wanted.label), wanted)
    assert read.info.frame_count == LENGTH
    assert report.boxes == read.boxes == sum(len(kept) for _, kept in expected)


@pytest.mark.parametrize("format_name", ROWS_AND_COCO)
def test_what_was_read_writes_the_same_file(format_name: str, tmp_path: Path) -> None:
    info = SequenceInfo("clip", WIDTH, HEIGHT, 30.0, LENGTH, LABELS)
    frames = [LabelledFrame(index, tuple(
        LabelledBox(number, number % 2, (index + 0.333, 1.005, index + 12.777, 20.5), 0.123456) for number in (3, 1)))
        for index in (0, 2, 7)]
    each = get_format(format_name)
    each.write([(info, frames)], tmp_path / "a", ExportOptions())
    [read] = each.read(tmp_path / "a", ImportOptions(info=info if format_name == "mot-results" else None))
    each.write([(read.info, read.frames)], tmp_path / "b", ExportOptions())
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file() and "export" not in path.name:
            assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
