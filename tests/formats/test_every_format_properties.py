"""Random projects go out in every format and come in again: each box is the same, up to what the format says that it
cannot hold, or it is counted as left out.

Videos of odd sizes, one pixel and up, and of 29.97 frames per second, with names and labels beyond ASCII; boxes of a
pixel and less, and over the edge; tracks with gaps; occluded, ignored and interpolated boxes; masks that overlap.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.formats.base import ExportOptions, ExportReport, ImportOptions, LabelFormat
from annotator.formats.registry import writable
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

#: What is counted in other units than boxes, or of boxes that are written all the same.
_NOT_BOXES = ("mask pixels", "masks (only boxes", "classes of", "labels unknown to KITTI", "masks entirely covered")

LABELS = ("car", "person", "grüner Bus", "truck")
NAMES = ("clip", "vidéo 2", "視頻", "a.b-c_d")
edges = st.floats(-20, 60).map(lambda value: round(value, 3))
sizes = st.one_of(st.just(1.0), st.floats(0.001, 50).map(lambda value: max(round(value, 3), 0.001)))


@st.composite
def masks(draw: st.DrawFn, width: int, height: int) -> Mask:
    rows = draw(st.lists(st.integers(1, 15), min_size=1, max_size=4))
    bitmap = np.array([[bool(row >> bit & 1) for bit in range(4)] for row in rows])
    # Some reach over the edge.
    return Mask.from_bitmap(bitmap, draw(st.integers(-2, width)), draw(st.integers(-2, height)))


@dataclass(frozen=True, slots=True)
class Video:
    """One labelled video."""

    info: SequenceInfo
    frames: list[LabelledFrame]

    def boxes(self) -> int:
        return sum(len(frame.boxes) for frame in self.frames)

    def at(self, frame_index: int) -> tuple[LabelledBox, ...]:
        return next((frame.boxes for frame in self.frames if frame.frame_index == frame_index), ())


@st.composite
def projects(draw: st.DrawFn) -> list[Video]:
    """One or two videos of one size, because YOLO takes the size from the video that is imported into."""
    width, height = draw(st.integers(1, 41)), draw(st.integers(1, 37))
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=2))
    return [draw(videos(name, width, height)) for name in names]


@st.composite
def videos(draw: st.DrawFn, name: str, width: int, height: int) -> Video:
    length = draw(st.integers(1, 9))
    info = SequenceInfo(name, width, height, draw(st.sampled_from((29.97, 25.0, 59.94))), length, LABELS)
    labels = {number: draw(st.integers(0, 3)) for number in (1, 2, 7, 999, 1000, 40_000)}
    frames = []
    for index in sorted(draw(st.sets(st.integers(0, length - 1)))):
        boxes = []
        for number in draw(st.lists(st.sampled_from(sorted(labels)), unique=True, max_size=3)):
            x, y, w, h = draw(edges), draw(edges), draw(sizes), draw(sizes)
            occluded = draw(st.booleans())
            boxes.append(LabelledBox(
                number, labels[number], (x, y, x + w, y + h), draw(st.integers(0, 1000)) / 1000,
                draw(st.none() | masks(width, height)), visibility=0.0 if occluded else 1.0, ignored=number == 7,
                occluded=occluded, interpolated=draw(st.booleans())))
        if draw(st.booleans()):
            boxes.append(LabelledBox(None, 0, (0.0, 0.0, 5.0, 4.0), ignored=True))
        frames.append(LabelledFrame(index, tuple(boxes), index / 29.97))
    return Video(info, frames)


@pytest.mark.parametrize("each", writable(), ids=lambda each: each.name)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(project=projects())
def test_out_and_in_again(each: LabelFormat, project: list[Video]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = each.write([(video.info, video.frames) for video in project], Path(folder),
                            ExportOptions(field_check=False))
        found = read(each, Path(folder), project)
        for video in project:
            assert_same(each, video, found.get(video.info.name, []))
    assert_none_is_lost_without_a_word(each, project, report)
    assert sum(len(boxes) for frames in found.values() for _, boxes in frames) == report.boxes


Found = list[tuple[int, list[tuple[str, LabelledBox]]]]
"""Frame index, and its boxes with the names of their labels."""


def read(each: LabelFormat, folder: Path, project: list[Video]) -> dict[str, Found]:
    """By name of the video. Its size is given, as an import into a project gives it; nothing else is."""
    size = project[0].info
    found: dict[str, Found] = {}
    if each.name not in ("csv", "parquet", "masks-npz") or any(video.boxes() for video in project):
        for sequence in each.read(folder, ImportOptions(info=SequenceInfo("any", size.width, size.height, 0.0, 9))):
            name = sequence.info.name if sequence.info.name != "any" else project[0].info.name
            found[name] = [(frame.frame_index, [(sequence.info.labels[box.label], box) for box in frame.boxes])
                           for frame in sequence.frames]
    return found


def assert_same(each: LabelFormat, video: Video, found: Found) -> None:
    """Every box that came in is one that went out."""
    numbers: dict[int, int] = {}
    for frame_index, boxes in found:
        source = list(video.at(frame_index))
        for label, box in boxes:
            match = next((other for other in source if is_same(each, video.info, other, label, box)), None)
            assert match is not None, (frame_index, label, box, source)
            if each.name != "mots-png" or box.number is not None:  # regions of a frame are one there
                source.remove(match)
            if box.number is not None and match.number is not None:
                assert numbers.setdefault(match.number, box.number) == box.number
    # Numbers may be others than before, but no two tracks have become one.
    assert len(set(numbers.values())) == len(numbers)


#: Formats that have to give some tracks other numbers; what for is among their limits.
RENUMBERING = frozenset({"tao", "scalabel", "bdd100k", "mots", "kitti-mots", "mots-png", "davis"})
#: Formats in which ignored tracks become regions.
REGIONS_ONLY = frozenset({"kitti", "uavdt", "mots", "kitti-mots", "mots-png", "coco"})


def is_same(each: LabelFormat, info: SequenceInfo, source: LabelledBox, label: str, box: LabelledBox) -> bool:
    can = each.abilities
    region = source.ignored and (source.number is None or each.name in REGIONS_ONLY)
    if region:
        return box.number is None and box.ignored and same_place(each, info, source, box)
    if can.identities and each.name not in RENUMBERING and box.number != source.number:
        return False
    name = getattr(each, "label_name", str)
    return ((not can.labels or name(label) == name(LABELS[source.label]))
            and box.ignored == (source.ignored and can.ignored)
            and (not can.occluded or (box.occluded or box.visibility < 0.5) == source.occluded)
            and (not can.scores or abs(box.score - source.score) < 1e-6)
            and same_mask(each, info, source, box) and same_place(each, info, source, box))


def same_mask(each: LabelFormat, info: SequenceInfo, source: LabelledBox, box: LabelledBox) -> bool:
    """Equal within the picture; where masks may not overlap, a part of it."""
    if not each.abilities.masks:
        return box.mask is None
    before = np.zeros((info.height, info.width), bool) if source.mask is None else source.mask.to_bitmap(
        info.width, info.height)
    after = np.zeros_like(before) if box.mask is None else box.mask.to_bitmap(info.width, info.height)
    return bool((after <= before).all()) if not each.abilities.overlap else bool((after == before).all())


def same_place(each: LabelFormat, info: SequenceInfo, source: LabelledBox, box: LabelledBox) -> bool:
    if each.abilities.needs_masks:
        return box.mask is not None and box.box_xyxy == box.mask.box_xyxy
    x1, y1, x2, y2 = source.box_xyxy
    if each.name == "yolo":
        x1, x2 = max(x1, 0.0), min(x2, info.width)
        y1, y2 = max(y1, 0.0), min(y2, info.height)
    within = {"uavdt": 0.501, "csv": 1e-4, "parquet": 1e-4, "yolo": 1e-6 * max(info.width, info.height)}
    return box.box_xyxy == pytest.approx((x1, y1, x2, y2), abs=within.get(each.name, 0.0051))


def assert_none_is_lost_without_a_word(each: LabelFormat, project: list[Video], report: ExportReport) -> None:
    left_out = sum(count for what, count in report.dropped.items() if not what.startswith(_NOT_BOXES))
    covered = report.dropped.get("masks entirely covered by others (this format forbids overlap)", 0)
    boxes = sum(video.boxes() for video in project)
    merged = boxes if each.name == "mots-png" else 0  # a frame's ignore regions become one
    kept_box = covered if each.name != "scalabel" else 0
    assert boxes - merged <= report.boxes + left_out + kept_box <= boxes
