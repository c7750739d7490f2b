"""Videos of 16 bits per channel: one range of values for all frames, as for images."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from annotator.video import open_video


def write(path: Path, frames: list[npt.NDArray[np.uint16]], kind: str) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0], kind
        for frame in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format=kind)):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return path


def ramp(low: int, high: int, channels: int = 0) -> npt.NDArray[np.uint16]:
    grey = np.linspace(low, high, 24 * 34).reshape(24, 34).round().astype(np.uint16)
    return np.ascontiguousarray(np.repeat(grey[..., None], channels, axis=2)) if channels else grey


@pytest.mark.parametrize(("kind", "channels"), [("gray16le", 0), ("rgb48le", 3)])
@pytest.mark.parametrize("suffix", [".mkv", ".avi"])
def test_fewer_than_16_bits_are_spread_over_the_video(kind: str, channels: int, suffix: str, tmp_path: Path) -> None:
    frames = [ramp(7062, 7921, channels), ramp(7062, 7401, channels), ramp(7500, 7500, channels)]
    path = write(tmp_path / f"a{suffix}", frames, kind)
    with open_video(path) as reader:
        again = reader.duplicate()
        for index, frame in enumerate(frames):
            wanted = np.rint((frame.astype(float) - 7062) * 255 / (7921 - 7062))
            found = reader[index].image
            assert np.abs(found[..., 0] - (wanted[..., 0] if channels else wanted)).max() <= 1
            assert (found == again[index].image).all()
        again.close()
        assert [line for line in reader.warnings if "values from 7062 to 7921 (in 3 of them)" in line]


def test_16_bits_keep_the_high_byte_and_other_depths_are_scaled(tmp_path: Path) -> None:
    with open_video(write(tmp_path / "a.mkv", [ramp(0, 65535), ramp(0, 512)], "gray16le")) as reader:
        assert [int(frame.image.max()) for frame in reader.frames()] == [255, 2]
        assert not reader.warnings
    with open_video(write(tmp_path / "b.mkv", [ramp(0, 4095)], "gray12le")) as reader:
        assert int(reader[0].image.max()) == 255
        assert not reader.warnings


def test_one_value_is_not_spread(tmp_path: Path) -> None:
    with open_video(write(tmp_path / "a.mkv", [ramp(700, 700)] * 2, "gray16le")) as reader:
        assert (int(reader[0].image.min()), int(reader[0].image.max()), reader.warnings) == (3, 3, [])
