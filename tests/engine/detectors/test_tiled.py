"""Detection on tiles."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.engine.base import Detector
from annotator.engine.detectors.tiled import TiledDetector, tile_starts
from annotator.model.frame import Detections, Frame, Image


class FakeShrinkingDetector:
    """Finds light rectangles; sees a picture in a quarter of its detail if it is larger than a tile, as networks that
    shrink their input do. Light red ones are of class 1."""

    name = "fake"
    labels = ("grey", "red")

    def __init__(self, side: int = 100) -> None:
        self.side = side
        self.asked: list[tuple[int, int]] = []

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [self._detect(frame.image) for frame in frames]

    def _detect(self, image: Image) -> Detections:
        self.asked.append(image.shape[:2])
        light = (image[..., 0] > 127).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(light, connectivity=4)
        large = max(image.shape[:2]) > self.side
        boxes, labels = [], []
        for left, top, width, height, _ in stats[1:]:
            if min(width, height) >= (20 if large else 5):
                boxes.append((left, top, left + width, top + height))
                labels.append(int(image[top, left, 1] < 127))
        scores = [0.6 + 0.0001 * (b[2] - b[0]) for b in boxes]
        return Detections.of(boxes, scores, labels)


def picture(*boxes: tuple[int, int, int, int], red: int | None = None) -> Frame:
    image = np.zeros((240, 300, 3), np.uint8)
    for k, (x1, y1, x2, y2) in enumerate(boxes):
        image[y1:y2, x1:x2] = (255, 0, 0) if k == red else 255
    return Frame(7, image, 0.25)


def found(detector: Detector, frame: Frame) -> list[tuple[float, ...]]:
    return sorted(tuple(box) for box in detector.detect([frame])[0].box_xyxy.tolist())


@given(st.integers(1, 3000), st.integers(32, 1500), st.floats(0, 0.9))
def test_tiles_cover_a_side_and_overlap_as_wanted(length: int, side: int, overlap: float) -> None:
    starts = tile_starts(length, side, overlap)
    assert starts[0] == 0
    assert starts[-1] + side >= length
    assert starts[-1] == max(0, length - side)
    steps = np.diff(starts)
    assert (steps > 0).all()
    assert (side - steps >= int(side * overlap) - 1).all()


SMALL = ((10, 10, 18, 18), (60, 100, 70, 112), (288, 230, 299, 239))


def test_small_objects_are_found_in_tiles_only() -> None:
    alone = FakeShrinkingDetector()
    assert found(alone, picture(*SMALL)) == []
    tiled = TiledDetector(FakeShrinkingDetector(), 100)
    assert isinstance(tiled, Detector)
    assert (tiled.name, tiled.labels) == ("fake", ("grey", "red"))
    assert found(tiled, picture(*SMALL)) == [tuple(map(float, box)) for box in SMALL]


def test_an_object_in_several_tiles_is_found_once_and_whole() -> None:
    edge = tile_starts(300, 100, 0.2)[1]
    cut = (edge - 6, 40, edge + 9, 55)  # the second tile sees a part, the first one all
    assert found(TiledDetector(FakeShrinkingDetector(), 100), picture(cut)) == [tuple(map(float, cut))]


def test_an_object_larger_than_a_tile_comes_from_the_whole_picture() -> None:
    large = (20, 30, 260, 200)
    assert found(TiledDetector(FakeShrinkingDetector(), 100), picture(large)) == [tuple(map(float, large))]


def test_a_piece_is_kept_where_nothing_whole_was_seen() -> None:
    long = (5, 100, 295, 108)  # too thin for the whole picture, too long for a tile
    pieces = TiledDetector(FakeShrinkingDetector(), 100).detect([picture(long)])[0]
    assert len(pieces)
    assert pieces.box_xyxy[:, 0].min() == 5
    assert pieces.box_xyxy[:, 2].max() == 295


def test_classes_stay_apart_unless_told_otherwise() -> None:
    class FakeTwoClasses(FakeShrinkingDetector):
        def _detect(self, image: Image) -> Detections:
            one = super()._detect(image)
            return Detections(np.concatenate([one.box_xyxy] * 2), np.concatenate([one.score, one.score - 0.1]),
                              np.concatenate([one.label, 1 - one.label]))

    frame = picture(*SMALL, red=1)
    both = TiledDetector(FakeTwoClasses(), 100).detect([frame])[0]
    assert len(both) == 6
    assert (np.diff(both.score) <= 0).all()
    best = TiledDetector(FakeTwoClasses(), 100, agnostic=True).detect([frame])[0]
    assert sorted(best.label.tolist()) == [0, 0, 1]


@pytest.mark.parametrize("side", [300, 500])
def test_a_picture_no_larger_than_a_tile_is_looked_at_once(side: int) -> None:
    detector = FakeShrinkingDetector()
    TiledDetector(detector, side).detect([picture(*SMALL)])
    assert detector.asked == [(240, 300)]
