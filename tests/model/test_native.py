"""The gate to native code: what would end the process or take all memory is refused."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.model import native
from annotator.model.mask import Mask

#: Functions of OpenCV that take coordinates.
_DRAWING = {"fillPoly", "fillConvexPoly", "polylines", "rectangle", "line", "circle", "ellipse", "putText",
            "drawContours", "drawMarker", "arrowedLine", "floodFill", "getRectSubPix", "warpAffine", "remap"}


@pytest.mark.parametrize("far", [1e9, 1e7, -1e9, 1e300, 400.0])
def test_a_polygon_far_outside_its_frame_is_refused(far: float) -> None:
    with pytest.raises(ValueError, match="far outside the frame of 64 x 48"):
        native.rle_of_polygons([[0.0, 0.0, far, 0.0, far, 10.0]], 64, 48)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "x", None, True])
def test_a_corner_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        native.check_polygons([[0.0, 0.0, value, 0.0, 5.0, 10.0]])


def test_a_zigzag_that_would_take_all_memory_is_refused() -> None:
    side = float(2**14)
    zigzag = [value for turn in range(400) for value in (0.0 if turn % 2 else side, float(turn))]
    with pytest.raises(ValueError, match="outline is longer"):
        native.rle_of_polygons([zigzag], 2**14, 2**14)


def test_a_polygon_partly_outside_is_clipped_as_before() -> None:
    code = native.rle_of_polygons([[-20.0, -20.0, 10.0, -20.0, 10.0, 10.0, -20.0, 10.0]], 64, 48)
    assert native.rle_area(code, 64, 48) == 100


@pytest.mark.parametrize("code", [b"\xff\x00\xff", b"", b"o", b"0" * 3, b"PP", b"`" * 10 + b"ooooooooo1"])
def test_run_lengths_that_do_not_fill_the_mask_are_refused(code: bytes) -> None:
    for damaged in (Mask(0, 0, 30, 20, code),):
        with pytest.raises(FormatError, match="30 x 20 pixels is damaged"):
            damaged.crop()
        with pytest.raises(FormatError, match="30 x 20 pixels is damaged"):
            damaged.check()


@pytest.mark.parametrize(("width", "height"), [(10**9, 10**9), (60_000, 60_000), (-5, 3), (10**6, 2)])
def test_a_size_that_fits_no_memory_is_refused(width: int, height: int) -> None:
    with pytest.raises(FormatError, match="is damaged"):
        native.decode_rle(b"04", width, height)


def test_masks_survive_the_gate() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        bitmap = rng.random((rng.integers(1, 40), rng.integers(1, 40))) < 0.4
        mask = Mask.from_bitmap(bitmap)
        mask.check()
        assert mask.area() == bitmap.sum()
        np.testing.assert_array_equal(mask.to_bitmap(bitmap.shape[1], bitmap.shape[0]), bitmap)


def test_drawing_takes_any_coordinate() -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    native.draw_rectangle(image, (-1e300, 5, 1e300, float("inf")), (255, 0, 0), 1)
    native.draw_line(image, [(-1e12, 3.0), (float("nan"), 1e12)], (0, 255, 0), 1)
    native.draw_text(image, "x", 1e12, -1e12, 0, 1.0, (0, 0, 255), 1)
    native.fill_polygon(image[..., 0].copy(), np.array([[-1e9, 0], [1e9, 5], [3, 1e300]]), 1, subpixels=8)
    assert native.near((float("nan"), 1e300, -1e300, 2.5)) == (0.0, 2.0**17, -(2.0**17), 2.5)


def test_nothing_else_draws_with_opencv_or_decodes_run_lengths() -> None:
    root = Path(native.__file__).parents[1]
    found = []
    for path in root.rglob("*.py"):
        if path == Path(native.__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "cv2" and (
                    node.attr in _DRAWING):
                found.append(f"{path.relative_to(root)}: cv2.{node.attr}")
    assert found == []
