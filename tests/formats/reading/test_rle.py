"""Run-length code of pictures and of crops, held against pycocotools, which decodes to bitmaps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from annotator.formats.reading.rle import check_rle, mask_from_rle, picture_rle, picture_runs
from annotator.model.mask import EMPTY_MASK, Mask

Bitmap = npt.NDArray[np.bool_]


@st.composite
def bitmaps(draw: st.DrawFn) -> Bitmap:
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    # Full columns, whose runs go on in the next one, are as likely as noise.
    columns = [draw(st.sampled_from((0, 2**height - 1)) | st.integers(0, 2**height - 1)) for _ in range(width)]
    return np.array([[bool(column >> row & 1) for column in columns] for row in range(height)])


def theirs(picture: Bitmap) -> dict[str, object]:
    code = coco_mask.encode(np.asfortranarray(picture, np.uint8))
    return {"size": list(code["size"]), "counts": code["counts"].decode()}


@settings(max_examples=300, deadline=None)
@given(bitmap=bitmaps(), left=st.integers(-5, 20), top=st.integers(-5, 20), width=st.integers(1, 20),
       height=st.integers(1, 20))
def test_out_and_in_as_pycocotools_does(bitmap: Bitmap, left: int, top: int, width: int, height: int) -> None:
    mask = Mask.from_bitmap(bitmap, left, top)
    picture = mask.to_bitmap(width, height)
    code = theirs(picture)
    assert picture_rle(mask, width, height) == code["counts"]
    cut = Mask.from_bitmap(picture)
    assert mask_from_rle(code) == cut
    runs = picture_runs(mask, width, height)
    assert sum(runs) == width * height
    assert mask_from_rle({"size": [height, width], "counts": runs}) == cut


@given(runs=st.lists(st.integers(0, 5), max_size=12), height=st.integers(1, 7))
def test_runs_of_no_length_mean_nothing(runs: list[int], height: int) -> None:
    runs = [*runs, -sum(runs) % height]
    width = sum(runs) // height
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    assert mask_from_rle({"size": [height, width], "counts": runs}) == Mask.from_bitmap(
        flat.reshape(width, height).T if width else np.zeros((height, 1), bool))


@pytest.mark.parametrize("counts", ["", [], b""])
def test_a_picture_of_no_size_has_no_mask(counts: object) -> None:
    assert mask_from_rle({"size": [0, 7], "counts": counts}) == EMPTY_MASK


@pytest.mark.parametrize("code", [
    {"size": [2, 3], "counts": [1, 2]}, {"size": [2, 3], "counts": [7, -1]}, {"size": [2, 3], "counts": [True, 5]},
    {"size": [2, 3], "counts": [3.0, 3]}, {"size": [2, 3], "counts": [10**30]}, {"size": [2, 3], "counts": "6P"},
    {"size": [2, 3], "counts": "\x7f"}, {"size": [2, 3], "counts": "P" * 12 + "0"}, {"size": [2, 3], "counts": "~"},
    {"size": [2, 3], "counts": "oooooooooo?" * 300}, {"size": [2, 3], "counts": None}, {"size": [2, 3]},
    {"size": [2], "counts": "6"}, {"size": [2.0, 3], "counts": "6"}, {"size": [-2, -3], "counts": "6"},
    {"size": [2**20, 2**20], "counts": [2**40]}, {"size": [2, 3], "counts": "é"}])
def test_malformed_code_is_refused(code: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="mask of|counts|size|runs of|ascii"):
        check_rle(code)
    with pytest.raises(ValueError, match="mask of|counts|size|runs of|ascii"):
        mask_from_rle(code)
