"""Random projects go out in every format: each box is written and read back the same, or counted as left out.

Writing fails unless this program's reader finds exactly what was written, so what is asserted here is that it does not
fail and that no box is lost without a word.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.formats.base import ExportOptions, LabelFormat
from annotator.formats.registry import writable
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

#: What is counted in other units than boxes, or of boxes that are written all the same.
_NOT_BOXES = ("pixels of", "masks (boxes only", "class of", "names of labels", "masks wholly covered")

LABELS = ("car", "person", "grüner Bus", "truck")
NAMES = ("clip", "vidéo 2", "視頻", "a.b-c_d")
edges = st.floats(-20, 60).map(lambda value: round(value, 2))
sizes = st.one_of(st.just(1.0), st.floats(0.01, 50).map(lambda value: max(round(value, 2), 0.01)))


@st.composite
def masks(draw: st.DrawFn, width: int, height: int) -> Mask:
    rows = draw(st.lists(st.integers(1, 15), min_size=1, max_size=4))
    bitmap = np.array([[bool(row >> bit & 1) for bit in range(4)] for row in rows])
    # Some reach over the edge.
    return Mask.from_bitmap(bitmap, draw(st.integers(-2, width)), draw(st.integers(-2, height)))


@st.composite
def streams(draw: st.DrawFn) -> tuple[SequenceInfo, list[LabelledFrame]]:
    width, height, length = draw(st.integers(1, 41)), draw(st.integers(1, 37)), draw(st.integers(1, 9))
    name, fps = draw(st.sampled_from(NAMES)), draw(st.sampled_from((29.97, 25.0, 59.94)))
    info = SequenceInfo(name, width, height, fps, length, LABELS)
    labels = {number: draw(st.integers(0, 3)) for number in (1, 2, 7, 999, 1000, 40_000)}
    frames = []
    for index in sorted(draw(st.sets(st.integers(0, length - 1)))):
        boxes = []
        for number in draw(st.lists(st.sampled_from(sorted(labels)), unique=True, max_size=3)):
            x, y, w, h = draw(edges), draw(edges), draw(sizes), draw(sizes)
            boxes.append(LabelledBox(
                number, labels[number], (x, y, x + w, y + h), draw(st.integers(0, 1000)) / 1000,
                draw(st.none() | masks(width, height)), ignored=number == 7, occluded=draw(st.booleans()),
                interpolated=draw(st.booleans())))
        if draw(st.booleans()):
            boxes.append(LabelledBox(None, 0, (0.0, 0.0, 5.0, 4.0), ignored=True))
        frames.append(LabelledFrame(index, tuple(boxes), index / 29.97))
    return info, frames


@pytest.mark.parametrize("each", writable(), ids=lambda each: each.name)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(video=streams())
def test_no_box_is_lost_without_a_word(each: LabelFormat, video: tuple[SequenceInfo, list[LabelledFrame]]) -> None:
    info, frames = video
    with tempfile.TemporaryDirectory() as folder:
        report = each.write([(info, frames)], Path(folder), ExportOptions(field_check=False))
    left_out = sum(count for what, count in report.dropped.items() if not what.startswith(_NOT_BOXES))
    covered = report.dropped.get("masks wholly covered by others (this format forbids overlap)", 0)
    boxes = sum(len(frame.boxes) for frame in frames)
    merged = boxes if each.name == "mots-png" else 0  # a frame's ignore regions become one
    kept_box = covered if each.name != "scalabel" else 0
    assert boxes - merged <= report.boxes + left_out + kept_box <= boxes
