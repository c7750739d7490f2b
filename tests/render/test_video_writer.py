from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.errors import VideoError
from annotator.render.video_writer import VideoWriter
from annotator.video import open_video


def picture(value: int, width: int = 64, height: int = 48) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((height, width, 3), value, np.uint8)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_frames_come_back_in_order_with_their_times(suffix: str, tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.08, 0.2, 0.24, 0.6]
    with VideoWriter(tmp_path / f"v{suffix}", 25.0) as writer:
        for k, time in enumerate(times):
            writer.add(picture(40 * k), time)
    with open_video(tmp_path / f"v{suffix}") as reader:
        assert (reader.info.codec, reader.info.frame_count) == ("h264", len(times))
        assert reader.times == pytest.approx(times, abs=2e-3)
        assert [round(float(frame.image.mean()) / 40) for frame in reader.frames()] == list(range(len(times)))
    assert [path.name for path in tmp_path.iterdir()] == [f"v{suffix}"]


def test_odd_sizes_get_one_more_row_and_column(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "v.mp4", 30.0) as writer:
        writer.add(picture(90, 63, 47), 0)
    with open_video(tmp_path / "v.mp4") as reader:
        assert (reader.info.width, reader.info.height) == (64, 48)
        assert np.abs(reader.read(0).image.astype(int) - 90).max() <= 4


def test_times_that_do_not_rise_are_put_in_order(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "v.mp4", 30.0) as writer:
        for time in (0.0, 0.0, 0.0):
            writer.add(picture(9), time)
    with open_video(tmp_path / "v.mp4") as reader:
        assert reader.info.frame_count == 3


def test_an_error_leaves_nothing_and_what_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_text("old")
    writer = VideoWriter(tmp_path / "v.mp4", 30.0).__enter__()
    writer.add(picture(9), 0)
    assert len(list(tmp_path.iterdir())) == 2
    writer.__exit__(RuntimeError, RuntimeError("stop"), None)
    with pytest.raises(VideoError, match="no frames to write"), VideoWriter(tmp_path / "v.mp4", 30.0):
        pass
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("v.mp4", "old")]


def test_what_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"v.txt: cannot write this type of video; .*\.mp4"):
        VideoWriter(tmp_path / "v.txt", 30.0)
    with pytest.raises(VideoError, match="cannot be written"), VideoWriter(tmp_path / "none" / "v.mp4", 30.0):
        pass
