"""Animated PNG and WebP files: pictures, times, transparency, damage."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotator.errors import VideoError
from annotator.video import open_video
from annotator.video.animation_chunks import find_animation

DURATIONS = [100, 200, 50, 400]
KINDS = ["a.png", "a.apng", "a.webp"]


def picture(value: int, alpha: int = 255) -> Image.Image:
    """Red of this value, with a square of this opacity in the corner."""
    pixels = np.zeros((20, 30, 4), np.uint8)
    pixels[..., 0], pixels[..., 3] = value, 255
    pixels[:5, :5, 3] = alpha
    return Image.fromarray(pixels)


def write(path: Path, pictures: list[Image.Image], durations: list[int] | None = None, **more: Any) -> Path:
    kind = "WEBP" if path.suffix == ".webp" else "PNG"
    if kind == "WEBP":
        more["lossless"] = True
    pictures[0].save(path, kind, save_all=True, append_images=pictures[1:], duration=durations or DURATIONS, **more)
    return path


@pytest.mark.parametrize("name", KINDS)
def test_each_picture_is_a_frame_at_its_time(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, [picture(60 * number) for number in range(4)])
    with open_video(path) as reader:
        assert (len(reader), reader.info.width, reader.info.height, reader.info.name) == (4, 30, 20, "a")
        assert reader.times.tolist() == pytest.approx([0, 0.1, 0.3, 0.35])
        assert reader.info.fps == pytest.approx(4 / 0.75)
        assert reader.info.fps_source == "container"
        again = reader.duplicate()
        for index in (3, 0, 2, 1, 1, 3):
            assert reader[index].image.tolist() == again[index].image.tolist()
            assert reader[index].image[10, 10].tolist() == [60 * index, 0, 0]
            assert reader[index].image.shape == (20, 30, 3)
        again.close()


@pytest.mark.parametrize("name", KINDS)
def test_frames_are_the_same_if_few_are_kept(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotator.video.animation._CACHE_BYTES", 1)
    with open_video(write(tmp_path / name, [picture(60 * number) for number in range(4)])) as reader:
        assert [int(reader[index].image[10, 10, 0]) for index in (2, 0, 3, 1, 0)] == [120, 0, 180, 60, 0]


@pytest.mark.parametrize("name", KINDS)
def test_transparent_pixels_are_white_with_a_warning(name: str, tmp_path: Path) -> None:
    pictures = [picture(100, 0), picture(200, 128)]
    with open_video(write(tmp_path / name, pictures, [40, 40], disposal=1, blend=0)) as reader:
        assert reader[0].image[2, 2].tolist() == [255, 255, 255]
        assert reader[0].image[10, 10].tolist() == [100, 0, 0]
        assert np.abs(reader[1].image[2, 2].astype(int) - [227, 127, 127]).max() <= 1
        assert any("transparent pixels, which are shown on white" in line for line in reader.warnings)
    with open_video(write(tmp_path / "b.png", [each.convert("RGB") for each in pictures], [40, 40])) as reader:
        assert not reader.warnings


def test_a_default_image_is_no_frame(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", [picture(10), picture(60), picture(120)], [50, 100], default_image=True)
    with open_video(path) as reader:
        assert [int(frame.image[10, 10, 0]) for frame in reader.frames()] == [60, 120]
        assert reader.times.tolist() == pytest.approx([0, 0.05])


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_a_file_that_is_cut_short_says_so(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = write(tmp_path / name, [Image.fromarray(rng.integers(0, 255, (20, 30, 3), np.uint8)) for _ in range(4)])
    whole = path.read_bytes()
    with open_video(path) as reader:
        wanted = [frame.image for frame in reader.frames()]
    path.write_bytes(whole[:len(whole) * 5 // 8])
    with open_video(path) as reader:
        assert len(reader) == 2
        assert any("2 of " in line and "cut short after frame 1" in line for line in reader.warnings)
        for frame in reader.frames(on_error="skip"):
            assert (frame.image == wanted[frame.index]).all()
    path.write_bytes(whole[:len(whole) // 8])
    with pytest.raises(VideoError, match=r"without a complete picture|single image"):
        open_video(path)


def test_a_damaged_picture_raises_and_the_others_stay(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", [picture(60 * number) for number in range(4)])
    data = bytearray(path.read_bytes())
    third = [at for at in range(len(data)) if data[at:at + 4] == b"fdAT"][1]
    data[third + 12:third + 16] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    with open_video(path) as reader:
        with pytest.raises(VideoError, match=r"frame 2\) cannot be decoded"):
            reader[2]
        assert int(reader[1].image[10, 10, 0]) == 60


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_still_images_are_no_animations(name: str, tmp_path: Path) -> None:
    picture(5).convert("RGB").save(tmp_path / name)
    assert find_animation(tmp_path / name) is None
    with pytest.raises(VideoError, match="single image"):
        open_video(tmp_path / name)
    with open_video(tmp_path) as reader:
        assert (len(reader), reader.warnings) == (1, [])


def test_an_animation_in_a_folder_is_one_frame_with_a_warning(tmp_path: Path) -> None:
    write(tmp_path / "0.png", [picture(60 * number) for number in range(4)])
    picture(7).save(tmp_path / "1.png")
    with open_video(tmp_path) as reader:
        assert len(reader) == 2
        assert any(line.startswith("0.png: it is an animation") for line in reader.warnings)


def test_pictures_without_durations_have_the_assumed_rate(tmp_path: Path) -> None:
    with open_video(write(tmp_path / "a.png", [picture(60), picture(120)], [0, 0])) as reader:
        assert (reader.info.fps, reader.info.fps_source) == (25, "default")
        assert reader.times.tolist() == pytest.approx([0, 0.04])


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize(("size", "bits", "message"), [
    ((1 << 20, 1 << 20), 8, "decoded as an animation|too large"), ((30, 20), 16, "16-bit grey")])
def test_headers_that_cannot_be_read_are_refused(size: tuple[int, int], bits: int, message: str, tmp_path: Path,
                                                 ) -> None:
    control = struct.pack(">IIIIIHHBB", 0, *size, 0, 0, 1, 10, 0, 0)
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, 0, 0, 0, 0))
        + _chunk(b"acTL", struct.pack(">II", 2, 0)) + _chunk(b"fcTL", control) + _chunk(b"IDAT", b"")
        + _chunk(b"IEND", b""))
    with pytest.raises(VideoError, match=message):
        open_video(tmp_path / "a.png")


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP",
                                  b"RIFF\xff\xff\xff\xffWEBPANMF\xff\xff",
                                  b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffacTL", b"\x89PNG\r\n\x1a\n\0\0\0\4acTL\0"])
def test_headers_of_damaged_files_are_no_animation(data: bytes, tmp_path: Path) -> None:
    for name in ("a.png", "a.webp"):
        (tmp_path / name).write_bytes(data)
        assert find_animation(tmp_path / name) is None
