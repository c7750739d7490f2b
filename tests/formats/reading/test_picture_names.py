"""A label that names its picture belongs to that picture."""

from __future__ import annotations

import pytest

from annotator.formats.reading.picture_names import PictureNames, number_in, place, prefix_of, stem

FRAMES = tuple(f"frame_{number:06d}.png" for number in range(10))
GAPS = tuple(f"f{10 * number:06d}.png" for number in range(4))


@pytest.mark.parametrize(("names", "pictures", "frames"), [
    (["frame_000005.txt", "frame_000002.txt"], FRAMES, (5, 2)),
    (["a/b/f000010.JPG", "a\\b\\f000030.json"], GAPS, (1, 3)),
    (["frame_5.txt"], FRAMES, (5,)),  # by the number, whatever its digits
    (["000005.txt"], FRAMES, (5,)),
    (["frame_000005_jpg.rf.0a1b2c.txt"], FRAMES, (5,)),
    (["frame_000005.txt", "frame_000077.txt"], FRAMES, None),
    (["other_000005.txt"], FRAMES, None),  # the number of another name is not evidence
    (["x.txt"], ("x.png", "x.y.png"), (0,)),
    (["a1.txt"], ("a1.png", "a01.png"), (0,)), (["a001.txt"], ("a1.png", "a01.png"), None),
    ([], FRAMES, None), (["frame_000005.txt"], (), None)])
def test_names_are_found(names: list[str], pictures: tuple[str, ...], frames: tuple[int, ...] | None) -> None:
    assert PictureNames(pictures).find(names) == frames


@pytest.mark.parametrize(("names", "first", "specified", "frames", "noted"), [
    (["a_000000.jpg", "a_000001.jpg"], None, None, (0, 1), False),
    (["frame_000010.jpg", "frame_000020.jpg"], None, None, (10, 20), True),  # as CVAT names the frames of a video
    (["a_1.txt", "a_3.txt"], None, 1, (0, 2), True),
    (["a_3.txt", "a_5.txt"], None, None, (0, 1), True),  # unknown what it counts from: the order
    (["a_3.txt", "a_5.txt"], 3, None, (0, 2), True),
    (["a_1.txt"], 5, None, (-4,), True),
    (["b.jpg", "a.jpg"], None, None, (0, 1), True)])
def test_names_of_no_known_picture(names: list[str], first: int | None, specified: int | None,
                                   frames: tuple[int, ...], noted: bool) -> None:
    placed = place(names, (), first, specified)
    assert placed.frames == frames
    assert (placed.note is not None) is noted


def test_the_order_is_noted_with_the_names_that_are_missing() -> None:
    placed = place(["frame_000001.png", "x.png", "y.png"], FRAMES, None)
    assert placed.frames == (0, 1, 2)
    assert placed.note is not None
    assert "2 of 3 are not pictures of the video (the first: x.png)" in placed.note


def test_parts_of_names() -> None:
    assert (stem("a/b.c/d.e.png"), number_in("a12b3c.png"), prefix_of("clip_000012.txt")) == ("d.e", 3, "clip")
    assert number_in("1" * 5000) is None
