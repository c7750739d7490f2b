from __future__ import annotations

import numpy as np
import pytest

from annotator.model.frame import Image
from annotator.model.mask import Mask
from annotator.render.overlay import Color, Overlay, OverlayOptions, Shown, color_of

RED: Color = (255, 0, 0)
GREY = np.full((120, 200, 3), 100, np.uint8)


def shown(x: float, mask: Mask | None = None, track: int = 1, y: float = 60) -> Shown:
    return Shown(track, str(track), RED, (x, y, x + 30, y + 40), mask)


def red(image: Image) -> set[tuple[int, int]]:
    """(x, y) of pixels that are quite red."""
    rows, columns = np.nonzero((image[..., 0] > 200) & (image[..., 1] < 60))
    return set(zip(columns.tolist(), rows.tolist(), strict=True))


def test_a_box_covers_its_edge_pixels_and_not_its_inside() -> None:
    before = GREY.copy()
    drawn = Overlay(OverlayOptions(masks=False, trails=0)).draw(GREY, 0, [shown(50)])
    assert {(50, 80), (79, 80), (60, 60), (60, 99)} <= red(drawn)
    assert not {(80, 80), (60, 100), (65, 80), (49, 80)} & red(drawn)
    assert (before == GREY).all()
    assert drawn.dtype == np.uint8


def test_the_caption_stands_above_the_box_or_within_where_there_is_no_room() -> None:
    def plates(y: float) -> set[bool]:
        drawn = Overlay(OverlayOptions(masks=False, trails=0)).draw(GREY, 0, [shown(50, y=y)])
        rest = [(px, py) for px, py in red(drawn) if 52 <= px < 56 and abs(py - y) > 1 and abs(py - y - 39) > 1]
        return {py < y for _, py in rest}

    assert plates(60) == {True}
    assert plates(2) == {False}


@pytest.mark.parametrize("box", [(-20, -30, 20, 20), (190, 100, 260, 200), (500, 500, 520, 520), (3, 3, 3.2, 3.1)])
def test_boxes_and_masks_beyond_the_edge_do_no_harm(box: tuple[float, float, float, float]) -> None:
    mask = Mask.from_bitmap(np.ones((40, 40), bool), int(box[0]), int(box[1]))
    drawn = Overlay().draw(GREY, 0, [Shown(1, "a long name", RED, box, mask)])
    assert drawn.shape == GREY.shape


def test_a_mask_tints_its_pixels_only() -> None:
    bitmap = np.zeros((10, 12), bool)
    bitmap[::2] = True
    mask = Mask.from_bitmap(bitmap, 60, 75)
    drawn = Overlay(OverlayOptions(trails=0)).draw(GREY, 0, [shown(50, mask)])
    assert drawn[75, 62].tolist() == [170, 55, 55]
    assert drawn[76, 62].tolist() == [100, 100, 100]
    plain = Overlay(OverlayOptions(masks=False, trails=0)).draw(GREY, 0, [shown(50, mask)])
    assert plain[75, 62].tolist() == [100, 100, 100]


def test_a_trail_is_as_long_as_asked_and_gone_with_its_track() -> None:
    overlay = Overlay(OverlayOptions(masks=False, trails=5))
    for t in range(10):
        drawn = overlay.draw(GREY, t, [shown(10 + 12 * t)])
    middle = {px for px, py in red(drawn) if py == 80 and px < 110}
    assert min(middle) >= 10 + 12 * 4 + 15 - 1
    assert {90, 100} <= middle
    assert red(overlay.draw(GREY, 10, [])) == set()
    short = Overlay(OverlayOptions(masks=False, trails=0))
    for t in range(10):
        drawn = short.draw(GREY, t, [shown(10 + 12 * t)])
    assert not {px for px, py in red(drawn) if py == 80 and px < 110}


def test_colours() -> None:
    assert color_of("#0072b2") == (0, 0x72, 0xb2)
