"""A fingerprint follows the content, not the path."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from annotator.errors import VideoError
from annotator.video import fingerprint

_MIB = 1 << 20


def _file(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_survives_copying_renaming_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(os.urandom(5 * _MIB))
    before = fingerprint(path)
    os.utime(path, (1, 1))
    (tmp_path / "elsewhere").mkdir()
    copy = shutil.copyfile(path, tmp_path / "elsewhere" / "b.mov")
    assert fingerprint(path) == fingerprint(str(copy)) == before
    assert before.startswith(f"file-{5 * _MIB}-")


@pytest.mark.parametrize("size", [100, 3 * _MIB, 3 * _MIB + 1, 50 * _MIB])
def test_a_change_at_head_middle_or_tail_shows(tmp_path: Path, size: int) -> None:
    path = _file(tmp_path / "a.mp4", size)
    seen = {fingerprint(path)}
    for offset in (0, size // 2, size - 1):
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(b"x")
        seen.add(fingerprint(path))
    seen.add(fingerprint(_file(tmp_path / "b.mp4", size + 1)))
    assert len(seen) == 5


def test_a_terabyte_is_not_read(tmp_path: Path) -> None:
    try:
        path = _file(tmp_path / "a.mp4", 1 << 40)
    except OSError:
        pytest.skip("the file system has no sparse files of this size")
    assert fingerprint(path).startswith(f"file-{1 << 40}-")


def _images(folder: Path, count: int = 4) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.jpg").write_bytes(bytes([number]) * 100)
    return folder


def test_folder_goes_by_names_sizes_and_ends(tmp_path: Path) -> None:
    folder = _images(tmp_path / "a")
    before = fingerprint(folder)
    assert before.startswith("images-4-")
    assert fingerprint(_images(tmp_path / "b")) == before
    (folder / "notes.txt").write_text("no image")
    assert fingerprint(folder) == before
    (folder / "2.jpg").write_bytes(b"x" * 101)
    assert fingerprint(folder) != before
    (folder / "2.jpg").write_bytes(b"x" * 100)
    assert fingerprint(folder) == before, "the middle is known by size only"
    (folder / "3.jpg").write_bytes(b"x" * 100)
    assert fingerprint(folder) != before
    assert fingerprint(_images(tmp_path / "c", 5)) != before


def test_sequence_is_its_images(tmp_path: Path) -> None:
    images = _images(tmp_path / "S" / "img1")
    plain = fingerprint(images)
    (tmp_path / "S" / "gt").mkdir()
    (tmp_path / "S" / "gt" / "gt.txt").write_text("1,1,1,1,9,9,1,1,1\n")
    assert fingerprint(tmp_path / "S") == fingerprint(images) == plain


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="cannot be read"):
        fingerprint(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="has no images"):
        fingerprint(tmp_path)
