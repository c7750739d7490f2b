"""Files that are not what they should be: one clear line, and what can be read is read."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from annotator.errors import SettingsError, VideoError
from annotator.video import open_video
from tests.required import required

from .conftest import number_in, write_video


def _refusal(path: Path) -> str:
    with pytest.raises(VideoError) as caught:
        open_video(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message, "the line says where"
    return message


def test_text_named_mp4(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("Tracks to check: 4 and 7.\n" * 30, encoding="utf-8")
    assert "is a text file" in _refusal(path)


def test_noise_named_mp4(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(random.Random(1).randbytes(50_000))
    assert "cannot be opened as a video" in _refusal(path)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.touch()
    assert "empty (0 bytes)" in _refusal(path)


def test_nothing_there(tmp_path: Path) -> None:
    assert "does not exist" in _refusal(tmp_path / "a.mp4")


def test_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("none here")
    assert "has no images" in _refusal(tmp_path)


def test_single_image(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG")
    assert "single image" in _refusal(path)


def test_sound_only(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=16000, layout="mono")
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        tone.sample_rate = 16000
        container.mux(sound.encode(tone))
        container.mux(sound.encode())
    assert "has no video stream" in _refusal(path)


def test_video_without_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w", options={"movflags": "empty_moov+frag_keyframe"}) as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        container.start_encoding()
    assert "has no" in _refusal(path)


def test_frame_rate_that_is_none(tmp_path: Path) -> None:
    for fps in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(SettingsError, match="fps"):
            open_video(tmp_path, fps=fps)


def test_recording_that_was_cut_off_before_its_index(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:-2000])
    assert "has no index (moov)" in _refusal(path)


CUT: dict[str, tuple[str, dict[str, Any]]] = {
    "index first": ("clip.mp4", {"muxer": {"movflags": "faststart"}}),
    "fragments": ("clip.mp4", {"muxer": {"movflags": "frag_keyframe+empty_moov"}}),
    "matroska": ("clip.mkv", {}),
    "avi": ("clip.avi", {"codec": "mpeg4"}),
}


@pytest.mark.parametrize("case", CUT)
def test_file_cut_in_half_is_usable_up_to_there(case: str, tmp_path: Path) -> None:
    name, arguments = CUT[case]
    path = write_video(tmp_path / name, count=120, gop=30, **{"options": {"crf": "15"}, **arguments})
    with open_video(path) as reader:
        intact = [frame.image for frame in reader.frames()]
    path.write_bytes(path.read_bytes()[:path.stat().st_size * 11 // 20])
    with open_video(path) as reader:
        assert 30 < len(reader) < 90
        assert len(reader.warnings) == 1
        assert reader.warnings[0].startswith(name)
        assert f"{len(reader)} " in reader.warnings[0]
        assert "damaged" in reader.warnings[0]
        played = [frame.image for frame in reader.frames()]
        assert [number_in(image) for image in played[:-3]] == list(range(len(reader) - 3))
        assert all(np.array_equal(image, original)
                   for image, original in zip(played[:-3], intact[:len(played) - 3], strict=True))
    _assert_repeatable(path, played)


def test_the_line_counts_and_says_where(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", count=120, gop=30, options={"bf": "0"},
                       muxer={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    with open_video(path) as reader:
        last = len(reader) - 1
        assert reader.warnings == [f"clip.mp4: {last + 1} of 120 frames can be decoded; the file is damaged after "
                                   f"frame {last} ({last / 25:.2f} s)"]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi"])
@pytest.mark.parametrize("filler", ["zeros", "noise"])
def test_hole_in_the_middle(name: str, filler: str, tmp_path: Path) -> None:
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    path = write_video(tmp_path / name, count=120, codec=codec, gop=30, options={"crf": "10", "bf": "3"})
    content = bytearray(path.read_bytes())
    middle, length = len(content) // 2, len(content) // 20
    content[middle:middle + length] = bytes(length) if filler == "zeros" else random.Random(5).randbytes(length)
    path.write_bytes(content)
    with open_video(path) as reader:
        assert 60 < len(reader) < 120
        played = [frame.image for frame in reader.frames()]
        assert len([warning for warning in reader.warnings if "damaged" in warning]) == 1
        assert all("damaged" in warning or "the clock jumps" in warning for warning in reader.warnings)
        assert [number_in(image) for image in played[:30]] == list(range(30))
        assert [number_in(image) for image in played[-15:]] == list(range(105, 120)), "after the hole it goes on"
    _assert_repeatable(path, played)


def _assert_repeatable(path: Path, played: list[np.ndarray]) -> None:
    order = random.Random(2)
    with open_video(path) as reader:
        for index in [len(played) - 1, *(order.randrange(len(played)) for _ in range(30))]:
            assert np.array_equal(reader[index].image, played[index])
        for frame in reader.frames(reverse=True):
            assert np.array_equal(frame.image, played[frame.index])


def test_damage_that_the_container_does_not_show_keeps_the_numbers(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", codec="mjpeg", pixels="yuvj420p")
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][30]
        position, size = required(packet.pos), packet.size
    content = bytearray(path.read_bytes())
    content[position:position + size] = b"\x01" * size
    path.write_bytes(content)
    with open_video(path) as reader:
        assert len(reader) == 60
        with pytest.raises(VideoError, match=r"frame 30 \(1\.20 s\) cannot be decoded"):
            reader.read(30)
        assert number_in(reader[31].image) == 31
        kept = [frame.index for frame in reader.frames(on_error="skip")]
        assert kept == [*range(30), *range(31, 60)]
        assert len(reader.warnings) == 2
        assert "damaged at about frame 30 (1.20 s); 1 of 60 frames cannot be decoded" in reader.warnings[0]
    with open_video(path, verify=True) as reader:
        assert len(reader) == 59
        assert [number_in(frame.image) for frame in reader.frames()] == kept
        assert "59 of 60 frames can be decoded" in reader.warnings[0]


def test_verified_reading_of_a_sound_file_changes_nothing(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", gop=12)
    with open_video(path) as reader, open_video(path, verify=True) as proven:
        assert proven.warnings == []
        assert np.array_equal(reader.times, proven.times)
        for index in (59, 3, 27):
            assert np.array_equal(reader[index].image, proven[index].image)


def test_header_that_promises_more_than_there_is(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", codec="mpeg4", gop=12)
    content = path.read_bytes()
    header = content.index(b"strh")
    length = header + 8 + 32  # dwLength of the stream header
    assert int.from_bytes(content[length:length + 4], "little") == 60
    path.write_bytes(content[:length] + (900).to_bytes(4, "little") + content[length + 4:])
    with open_video(path) as reader:
        assert len(reader) == 60
        assert [number_in(frame.image) for frame in reader.frames()] == list(range(60))
        assert "60 of 900 frames can be decoded" in reader.warnings[0]


def test_one_wrong_timestamp_moves_no_frame(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", gop=60, options={"bf": "2"})
    path = tmp_path / "clip.mkv"
    with av.open(str(whole)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
            if number == 12:
                packet.pts = required(packet.pts) + 45 * required(packet.duration)
            packet.stream = stream
            container.mux(packet)
    with open_video(path) as reader:
        assert [number_in(frame.image) for frame in reader.frames()] == list(range(60))
        assert np.all(np.diff(reader.times) >= 0)
        assert [number_in(reader[index].image) for index in (59, 12, 30)] == [59, 12, 30]


def test_start_in_the_middle_of_a_group(tmp_path: Path) -> None:
    path = write_video(tmp_path / "whole.ts", gop=20, options={"bf": "0"})
    content = path.read_bytes()
    late = tmp_path / "late.ts"
    late.write_bytes(content[len(content) // 3 // 188 * 188:])
    with open_video(late) as reader:
        played = [frame.image for frame in reader.frames()]
        assert 20 < len(played) == len(reader) < 60
        assert number_in(played[-1]) == 59
    _assert_repeatable(late, played)
