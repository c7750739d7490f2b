"""Folders of images and MOTChallenge sequences."""

from __future__ import annotations

import shutil
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.errors import VideoError
from annotator.model.frame import Image
from annotator.video import ImageReader, open_video
from tests.required import required

from .conftest import number_in, numbered_picture


def _save(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image[:, :, ::-1] if image.ndim == 3 and image.shape[2] == 3 else image)
    return path


def _folder(folder: Path, names: list[str]) -> Path:
    for number, name in enumerate(names):
        _save(folder / name, numbered_picture(number))
    return folder


def test_order_is_natural_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    names = ["a1.png", "a2.png", "a10.png", "a10b.png", "B3.png"]
    _folder(tmp_path, names)
    (tmp_path / "._a1.png").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    with open_video(tmp_path) as reader:
        assert isinstance(reader, ImageReader)
        assert [reader.image_path(index).name for index in range(len(reader))] == names
        assert [number_in(frame.image) for frame in reader.frames()] == [0, 1, 2, 3, 4]
        assert [number_in(frame.image) for frame in reader.frames(reverse=True)] == [4, 3, 2, 1, 0]
        assert reader.info.kind == "images"
        assert reader.info.codec == "png"
        assert reader.info.name == tmp_path.name
        assert reader.mot is None
        assert reader.warnings == []


@pytest.mark.parametrize("suffix", ["jpg", "JPEG", "png", "bmp", "tif", "webp"])
def test_kinds_of_image(tmp_path: Path, suffix: str) -> None:
    with open_video(_folder(tmp_path, [f"{n}.{suffix}" for n in range(3)])) as reader:
        assert [number_in(frame.image) for frame in reader.frames()] == [0, 1, 2]


def test_frame_rate_is_assumed_given_or_read(tmp_path: Path) -> None:
    folder = _folder(tmp_path, ["1.png", "2.png", "3.png"])
    with open_video(folder) as reader:
        assert (reader.info.fps, reader.info.fps_source) == (25.0, "default")
    with open_video(folder, fps=10) as reader:
        assert (reader.info.fps, reader.info.fps_source) == (10.0, "given")
        assert reader.times.tolist() == [0.0, 0.1, 0.2]
        assert reader[2].time == 0.2


_TURNS = {1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
          5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, -1),
          7: lambda a: a[::-1, ::-1].transpose(1, 0, 2), 8: lambda a: np.rot90(a)}


@pytest.mark.parametrize("orientation", _TURNS)
def test_exif_orientation(tmp_path: Path, orientation: int) -> None:
    stored = numbered_picture(77)
    content = _save(tmp_path / "0.jpg", stored).read_bytes()
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x112, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0" + tiff
    (tmp_path / "0.jpg").write_bytes(content[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + content[2:])
    expected = _TURNS[orientation](stored)
    with open_video(tmp_path) as reader:
        assert (reader.info.height, reader.info.width) == expected.shape[:2]
        assert np.abs(reader[0].image.astype(int) - expected).mean() < 6


def _palette_png(indices: np.ndarray, palette: np.ndarray) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    height, width = indices.shape
    rows = b"".join(b"\0" + row.tobytes() for row in indices.astype(np.uint8))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
            + chunk(b"PLTE", palette.astype(np.uint8).tobytes()) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def _only(folder: Path) -> Image:
    with open_video(folder) as reader:
        image = reader[0].image
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    assert image.flags.c_contiguous
    return image


def test_grey_becomes_rgb(tmp_path: Path) -> None:
    grey = np.arange(96 * 160, dtype=np.uint32).reshape(96, 160).astype(np.uint8)
    _save(tmp_path / "0.png", grey)
    assert np.array_equal(_only(tmp_path), np.repeat(grey[:, :, None], 3, axis=2))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_keeps_the_high_byte(tmp_path: Path, suffix: str) -> None:
    deep = (np.arange(96 * 160, dtype=np.uint16) * 4).reshape(96, 160)
    _save(tmp_path / f"0.{suffix}", deep)
    assert np.abs(_only(tmp_path)[:, :, 1].astype(int) - deep // 256).max() <= 1


def test_alpha_is_dropped(tmp_path: Path) -> None:
    colour = numbered_picture(5)
    _save(tmp_path / "0.png", np.dstack([colour[:, :, ::-1], np.full((96, 160), 40, np.uint8)]))
    assert np.array_equal(_only(tmp_path), colour)


def test_palette_becomes_rgb(tmp_path: Path) -> None:
    indices = np.arange(12).reshape(3, 4) % 3
    palette = np.array([[250, 10, 20], [1, 2, 3], [9, 99, 199]])
    (tmp_path / "0.png").write_bytes(_palette_png(indices, palette))
    assert np.array_equal(_only(tmp_path), palette[indices])


def test_unreadable_image_in_the_middle_keeps_its_number(tmp_path: Path) -> None:
    folder = _folder(tmp_path, [f"{n:03}.jpg" for n in range(5)])
    (folder / "002.jpg").write_text("not a picture")
    with open_video(folder) as reader:
        assert len(reader) == 5
        with pytest.raises(VideoError, match=r"002\.jpg \(frame 2 of .*cannot be decoded as an image"):
            reader.read(2)
        assert number_in(reader[3].image) == 3
        assert [frame.index for frame in reader.frames(on_error="skip")] == [0, 1, 3, 4]
        assert len(reader.warnings) == 1
        with pytest.raises(VideoError):
            list(reader.frames())


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_image_cut_short_is_not_half_a_picture(tmp_path: Path, suffix: str) -> None:
    folder = _folder(tmp_path, [f"0.{suffix}", f"1.{suffix}"])
    last = folder / f"1.{suffix}"
    last.write_bytes(last.read_bytes()[:last.stat().st_size * 2 // 3])
    with open_video(folder) as reader, pytest.raises(VideoError, match=rf"1\.{suffix}"):
        reader.read(1)


def test_first_image_unreadable(tmp_path: Path) -> None:
    folder = _folder(tmp_path, ["0.png", "1.png"])
    (folder / "0.png").write_bytes(b"")
    with open_video(folder) as reader:
        assert (reader.info.width, reader.info.frame_count) == (160, 2)
        assert "0.png (frame 0) is empty" in reader.warnings[0]
    (folder / "1.png").write_bytes(b"")
    with pytest.raises(VideoError, match="none of its 2 images"):
        open_video(folder)


def test_image_of_another_size(tmp_path: Path) -> None:
    folder = _folder(tmp_path, ["0.png", "1.png"])
    _save(folder / "1.png", numbered_picture(1, 200, 100))
    with open_video(folder) as reader, pytest.raises(VideoError, match=r"1\.png .* is 200x100, the sequence 160x96"):
        reader.read(1)


def test_image_that_vanished(tmp_path: Path) -> None:
    folder = _folder(tmp_path, ["0.png", "1.png"])
    with open_video(folder) as reader:
        (folder / "1.png").unlink()
        with pytest.raises(VideoError, match=r"1\.png .*cannot be read"):
            reader.read(1)


def test_one_frame_in_two_kinds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"0\.jpg and 0\.png"):
        open_video(_folder(tmp_path, ["0.jpg", "0.png", "1.jpg"]))


# MOTChallenge sequences

_HEADER = "[Sequence]\nname=Street-02\nimDir=img1\nframeRate=14\nseqLength=3\nimWidth=160\nimHeight=96\nimExt=.jpg\n"


def _sequence(root: Path, header: str | None = _HEADER) -> Path:
    _folder(root / "img1", ["000001.jpg", "000002.jpg", "000003.jpg"])
    for kind in ("det", "gt"):
        (root / kind).mkdir()
        (root / kind / f"{kind}.txt").write_text("1,-1,1,1,9,9,1,-1,-1,-1\n")
    if header is not None:
        (root / "seqinfo.ini").write_text(header)
    return root


@pytest.mark.parametrize("inside", ["", "img1"])
def test_sequence_is_recognised_from_its_folder_and_from_its_images(tmp_path: Path, inside: str) -> None:
    root = _sequence(tmp_path / "S")
    with open_video(root / inside) as reader:
        assert reader.info.kind == "mot"
        assert reader.info.name == "Street-02"
        assert (reader.info.fps, reader.info.fps_source) == (14.0, "seqinfo")
        assert reader.info.path == root
        assert reader.mot is not None
        assert reader.mot.det == root / "det" / "det.txt"
        assert reader.mot.gt == root / "gt" / "gt.txt"
        assert [number_in(frame.image) for frame in reader.frames()] == [0, 1, 2]
        assert reader.warnings == []


def test_sequence_seen_from_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _sequence(tmp_path / "S")
    monkeypatch.chdir(tmp_path / "S" / "img1")
    with open_video(".") as reader:
        assert reader.info.name == "Street-02"
        assert number_in(reader[2].image) == 2


def test_sequence_without_labels_or_header(tmp_path: Path) -> None:
    root = _sequence(tmp_path / "S", header=None)
    shutil.rmtree(root / "gt")
    for path in (root, root / "img1"):
        with open_video(path) as reader:
            assert (reader.info.kind, reader.info.name, reader.info.fps_source) == ("mot", "S", "default")
            assert reader.mot is not None
            assert reader.mot.det is not None
            assert reader.mot.gt is None
    shutil.rmtree(root / "det")
    with open_video(root / "img1") as reader:
        assert reader.info.kind == "images", "a folder called img1 alone makes no sequence"


def test_image_folder_by_another_name_and_rate_given(tmp_path: Path) -> None:
    root = _sequence(tmp_path / "S", _HEADER.replace("imDir=img1", "imDir=frames"))
    (root / "img1").rename(root / "frames")
    with open_video(root / "frames", fps=50) as reader:
        assert (reader.info.kind, reader.info.fps, reader.info.fps_source) == ("mot", 50.0, "given")


def test_header_names_the_kind_of_image(tmp_path: Path) -> None:
    root = _sequence(tmp_path / "S")
    _save(root / "img1" / "000001.png", numbered_picture(9))
    with open_video(root) as reader:
        assert len(reader) == 3
        assert number_in(reader[0].image) == 0


def test_sequence_that_contradicts_its_header_says_so(tmp_path: Path) -> None:
    root = _sequence(tmp_path / "S")
    (root / "img1" / "000002.jpg").unlink()
    with open_video(root) as reader:
        assert len(reader) == 2
        assert "seqinfo.ini states 3 frames, but img1 has 2 images" in reader.warnings[0]
        assert "not numbered 1 to 2" in reader.warnings[1]


@pytest.mark.parametrize(("found", "message"), [
    ("imDir=../../elsewhere", "imDir=../../elsewhere"), ("imDir=..", "must name a folder"),
    ("imDir=/etc", "must name a folder"), ("imDir=none", "none does not exist")])
def test_image_folder_outside_or_missing(tmp_path: Path, found: str, message: str) -> None:
    with pytest.raises(VideoError, match=message):
        open_video(_sequence(tmp_path / "S", _HEADER.replace("imDir=img1", found)))


@pytest.mark.parametrize("header", ["", "name=x\n", "[Other]\na=1\n", _HEADER.replace("14", "fast"),
                                    _HEADER.replace("14", "0"), _HEADER.replace("14", "nan")])
def test_broken_header(tmp_path: Path, header: str) -> None:
    with pytest.raises(VideoError, match=r"seqinfo\.ini (is not a sequence header|has frameRate=)"):
        open_video(_sequence(tmp_path / "S", header))


def test_real_sequence(data: Path) -> None:
    root = data / "adl_rundle6_f1-60"
    if not root.is_dir():
        pytest.skip("ADL-Rundle-6 is not among the real data")
    with open_video(root) as reader:
        assert (reader.info.name, reader.info.kind, reader.info.fps) == ("ADL-Rundle-6", "mot", 30.0)
        assert (reader.info.width, reader.info.height, len(reader)) == (1920, 1080, 60)
        assert reader.mot is not None
        assert reader.mot.det == root / "det" / "det.txt"
        assert reader.mot.gt == root / "gt" / "gt.txt"
        assert reader.warnings == []
        expected = required(cv2.imread(str(root / "img1" / "000060.jpg")))[:, :, ::-1]
        assert np.array_equal(reader[59].image, expected)
