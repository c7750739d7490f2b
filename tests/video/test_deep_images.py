"""Images of 12 and 14 bits, and TIFF files of several pages."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from annotator.errors import VideoError
from annotator.video import open_video
from annotator.video.tiff_pages import count_pages

CASES = Path(__file__).parents[2] / "../shared/data/cases"


def ramp(low: int, high: int, dtype: type = np.uint16) -> npt.NDArray[np.uint16]:
    return np.linspace(low, high, 32 * 48).reshape(32, 48).astype(dtype)


def folder_of(folder: Path, images: list[npt.NDArray[np.uint16]], suffix: str = ".png") -> Path:
    folder.mkdir()
    for number, image in enumerate(images):
        assert cv2.imwrite(str(folder / f"{number:03d}{suffix}"), image)
    return folder


def spans(path: Path) -> tuple[list[tuple[int, int]], list[str]]:
    """Smallest and largest value of each frame, and the warnings."""
    with open_video(path) as reader:
        again = reader.duplicate()
        frames = [reader[index].image for index in range(len(reader))]
        assert all((again[index].image == frame).all() for index, frame in enumerate(frames))
        again.close()
        return [(int(frame.min()), int(frame.max())) for frame in frames], list(reader.warnings)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize(("ranges", "expected"), [
    ([(256, 3773), (256, 2000)], [(0, 255), (0, 126)]),  # 12 bits: one range for all frames
    ([(7062, 7401), (7062, 7921)], [(0, 101), (0, 255)])])  # 14 bits of a thermal camera
def test_fewer_than_16_bits_are_spread_over_the_sequence(ranges: list[tuple[int, int]], expected: list[tuple[int, int]],
                                                         suffix: str, tmp_path: Path) -> None:
    found, warnings = spans(folder_of(tmp_path / "a", [ramp(*each) for each in ranges], suffix))
    assert found == expected
    assert any(f"values from {min(each[0] for each in ranges)} to" in line for line in warnings)


def test_16_bits_keep_the_high_byte(tmp_path: Path) -> None:
    found, warnings = spans(folder_of(tmp_path / "a", [ramp(0, 65535), ramp(0, 512)]))
    assert (found, warnings) == ([(0, 255), (0, 2)], [])
    assert spans(folder_of(tmp_path / "b", [ramp(700, 700)] * 2))[0] == [(2, 2)] * 2


def test_a_stack_is_a_video_of_its_pages(tmp_path: Path) -> None:
    pages = [np.full((32, 48, 3), 20 * number, np.uint8) for number in range(5)]
    assert cv2.imwritemulti(str(tmp_path / "stack.tif"), pages)
    assert count_pages(tmp_path / "stack.tif") == 5
    with open_video(tmp_path / "stack.tif", fps=10) as reader:
        assert (len(reader), reader.info.name, reader.info.fps) == (5, "stack", 10)
        assert [int(reader[index].image.max()) for index in (4, 0, 2)] == [80, 0, 40]
    (tmp_path / "folder").mkdir()
    (tmp_path / "stack.tif").rename(tmp_path / "folder/b.tif")
    assert cv2.imwrite(str(tmp_path / "folder/a.tif"), np.full((32, 48, 3), 200, np.uint8))
    with open_video(tmp_path / "folder") as reader:
        assert [int(reader[index].image.max()) for index in range(len(reader))] == [200, 0, 20, 40, 60, 80]


def test_stacks_of_16_bits_have_one_range(tmp_path: Path) -> None:
    assert cv2.imwritemulti(str(tmp_path / "s.tif"), [ramp(100, 1000), ramp(100, 550)])
    found, warnings = spans(tmp_path / "s.tif")
    assert found == [(0, 255), (0, 127)] or found == [(0, 255), (0, 128)]
    assert any(line.startswith("s.tif: ") for line in warnings)


@pytest.mark.parametrize("data", [b"", b"II*\0", b"II*\0\x08\0\0\0" + b"\xff" * 40, b"MM\0*\0\0\0\x08\0\0\0\0\0\x08",
                                  b"II+\0\x08\0\0\0" + b"\x08" * 30, b"no tiff at all"])
def test_damage_is_one_page_that_cannot_be_decoded(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(data)
    assert count_pages(tmp_path / "a.tif") == 1
    with pytest.raises(VideoError):
        open_video(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["b12", "b12p"])
def test_the_cases(name: str) -> None:
    path = CASES / "images_12_bit" / name
    if not path.is_dir():
        pytest.skip("no cases next to the checkout")
    found, warnings = spans(path)
    assert (min(low for low, _ in found), max(high for _, high in found)) == (0, 255)
    assert len([line for line in warnings if "16-bit" in line]) == 1


def test_the_stack_of_the_cases(tmp_path: Path) -> None:
    path = CASES / "tiff_stack/stack.tif"
    if not path.is_file():
        pytest.skip("no cases next to the checkout")
    assert len(spans(path)[0]) == 10
    (tmp_path / "stack.tif").write_bytes(path.read_bytes())
    assert len(spans(tmp_path)[0]) == 10
