"""Video files: the same frame, however it is reached."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from annotator.errors import VideoError
from annotator.model.frame import Image
from annotator.video import VideoReader, open_video
from annotator.video.decoder import Decoder
from annotator.video.file import FileReader

from .conftest import number_in, numbered_picture, write_video

_UNEVEN = np.cumsum(np.random.default_rng(3).integers(1, 9, 60)).tolist()

#: Every way of storing pictures that makes seeking hard: (file name, arguments of write_video).
HARD: dict[str, tuple[str, dict[str, Any]]] = {
    "b-frames, one group": ("a.mp4", {"gop": 250, "options": {"bf": "3"}}),
    "open groups": ("a.mp4", {"options": {"x264-params": "keyint=15:bframes=3:open-gop=1:scenecut=0"}}),
    "intra refresh": ("a.mp4", {"options": {"x264-params": "keyint=15:intra-refresh=1:bframes=0:scenecut=0"}}),
    "intra refresh, b-frames": ("a.mkv", {"options": {"x264-params": "keyint=15:intra-refresh=1:scenecut=0"}}),
    "variable rate": ("a.mkv", {"gop": 20, "pts": _UNEVEN}),
    "fragments": ("a.mp4", {"gop": 15, "muxer": {"movflags": "frag_keyframe+empty_moov"}}),
    "mpeg-4 in avi": ("a.avi", {"codec": "mpeg4", "gop": 12}),
    "mpeg-4 with b-frames in avi": ("a.avi", {"codec": "mpeg4", "gop": 12, "b_frames": 2}),
    "h.264 in avi, guessed times": ("a.avi", {"gop": 12, "options": {"bf": "3"}}),
    "intra only": ("a.avi", {"codec": "mjpeg", "pixels": "yuvj420p"}),
    "transport stream": ("a.ts", {"gop": 12}),
    "no timestamps at all": ("a.h264", {"gop": 12}),
    "hevc, open groups": ("a.mkv", {"codec": "libx265", "gop": 15}),
    "vp8": ("a.webm", {"codec": "libvpx", "gop": 20, "options": {"deadline": "realtime", "cpu-used": "8"}}),
    "vp9": ("a.webm", {"codec": "libvpx-vp9", "gop": 20, "options": {"deadline": "realtime", "cpu-used": "8"}}),
    "flv": ("a.flv", {"codec": "libx264", "gop": 20}),
}


@pytest.mark.parametrize("case", HARD)
def test_frame_is_the_same_however_it_is_reached(case: str, tmp_path: Path) -> None:
    name, arguments = HARD[case]
    path = write_video(tmp_path / name, **arguments)
    with open_video(path) as reader:
        played = [frame.image for frame in reader.frames()]
        assert [number_in(image) for image in played] == list(range(60))
        assert reader.info.frame_count == len(reader) == len(reader.times) == 60
        assert reader.warnings == []
        assert np.all(np.diff(reader.times) > 0)
        assert reader.times[0] == 0
    with open_video(path) as reader:
        _assert_equal_everywhere(reader, played, seeks=40)


@pytest.mark.parametrize("b_frames", [0, 3])
def test_a_wave_of_intra_refresh_is_not_begun_in_the_middle(tmp_path: Path, b_frames: int) -> None:
    path = write_video(tmp_path / "a.mp4", count=100, options={
        "x264-params": f"keyint=20:intra-refresh=1:scenecut=0:bframes={b_frames}"})
    with open_video(path) as reader:
        played = [frame.image for frame in reader.frames()]
    for index in (*range(0, 96, 7), 91, 97, 98, 99):
        with open_video(path) as reader:
            assert np.array_equal(reader[index].image, played[index]), f"frame {index} differs when sought"


def _assert_equal_everywhere(reader: VideoReader, played: list[Image], seeks: int) -> None:
    """Random positions, both ends, then backwards."""
    order = random.Random(7)
    positions = [len(played) - 1, 0, *(order.randrange(len(played)) for _ in range(seeks))]
    for position in positions:
        frame = reader[position]
        assert frame.index == position
        assert frame.time == reader.times[position]
        assert np.array_equal(frame.image, played[position]), f"frame {position} differs when sought"
    for frame in reader.frames(max(0, len(played) - 80), reverse=True):
        assert np.array_equal(frame.image, played[frame.index]), f"frame {frame.index} differs when read backwards"


REAL = ("centertrack_nuscenes_mini.mp4", "intel_bottle-detection.mp4", "intel_preview_person-bicycle-car-detection.gif",
        "mmtracking_demo.mp4", "sam2_01_dog.mp4", "sam2_05_default_juggle.mp4", "sam2_bedroom.mp4",
        "openpose_video.avi", "trackformer_snakeboard.mp4", "mmaction_demo_skeleton.mp4")


@pytest.mark.parametrize("name", REAL)
def test_real_files_agree_with_opencv_in_number_and_with_themselves_in_every_pixel(data: Path, name: str) -> None:
    path = data / "videos" / name
    if not path.is_file():
        pytest.skip(f"{name} is not among the real videos")
    with open_video(path) as reader:
        images = {frame.index: cv2.resize(frame.image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_NEAREST)
                  for frame in reader.frames()}
        assert list(images) == list(range(len(reader)))
        assert len(reader) == _opencv_count(path)
        assert reader[0].image.shape == (reader.info.height, reader.info.width, 3)
    order = random.Random(1)
    with open_video(path) as reader:
        for position in [len(reader) - 1, *(order.randrange(len(reader)) for _ in range(6))]:
            sought = cv2.resize(reader[position].image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_NEAREST)
            assert np.array_equal(sought, images[position])


def _opencv_count(path: Path) -> int:
    capture = cv2.VideoCapture(str(path))
    count = 0
    while capture.grab():
        count += 1
    capture.release()
    return count


def test_presentation_times_follow_the_file_not_the_rate(tmp_path: Path) -> None:
    with open_video(write_video(tmp_path / "a.mkv", pts=_UNEVEN)) as reader:
        expected = (np.array(_UNEVEN) - _UNEVEN[0]) / 25
        assert reader.times == pytest.approx(expected, abs=0.001)
        assert reader.info.fps == pytest.approx(59 / expected[-1], rel=0.001)


def test_average_rate_is_exact_although_matroska_rounds_to_milliseconds(tmp_path: Path) -> None:
    with open_video(write_video(tmp_path / "a.mkv", rate=30)) as reader:
        assert reader.info.fps == 30.0
        assert reader.info.fps_source == "container"


@pytest.mark.parametrize("jump", [60, 100_000])
def test_a_jump_of_the_clock_does_not_change_the_rate(jump: int, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", pts=[*range(20), *range(20 + jump, 60 + jump)])
    with open_video(path) as reader:
        assert reader.info.fps == 25.0
        assert reader.times[20] - reader.times[19] == pytest.approx((jump + 1) / 25, abs=0.002)
        [note] = reader.warnings
    assert f"the clock jumps 1 times, first by {(jump + 1) / 25:.2f} s after frame 19" in note


def test_a_second_video_stream_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(20):
            for at, stream in enumerate(streams):
                picture = av.VideoFrame.from_ndarray(numbered_picture(number + 30 * at), format="rgb24")
                container.mux(stream.encode(picture))
        for stream in streams:
            container.mux(stream.encode())
    with open_video(path) as reader:
        assert [number_in(frame.image) for frame in reader.frames()] == list(range(20))
        [note] = reader.warnings
    assert "has 2 video streams, of which the first one is used" in note


def test_times_in_avi_come_from_the_decoding_order(tmp_path: Path) -> None:
    with open_video(write_video(tmp_path / "a.avi", options={"bf": "3"})) as reader:
        assert reader.times == pytest.approx(np.arange(60) / 25)


def test_reading_on_never_seeks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "a.mp4", count=120, options={"x264-params": "keyint=10:bframes=3:open-gop=1"})
    sought: list[int] = []
    seek = Decoder.seek

    def counted(decoder: Decoder, ordinal: int, *arguments: Any) -> None:
        sought.append(ordinal)
        seek(decoder, ordinal, *arguments)

    monkeypatch.setattr(Decoder, "seek", counted)
    with open_video(path) as reader:
        assert len(list(reader.frames())) == 120
        assert sought == [0]
        list(reader.frames(119))
        assert sought == [0], "the last frame is still at hand"
        assert number_in(reader[5].image) == 5
        assert len(sought) == 2


def test_stepping_far_ahead_does_not_decode_what_lies_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "a.mp4", count=200, gop=10, options={"bf": "0"})
    steps = 0
    step = Decoder.step

    def counted(decoder: Decoder) -> object:
        nonlocal steps
        steps += 1
        return step(decoder)

    with open_video(path) as reader:
        monkeypatch.setattr(Decoder, "step", counted)
        assert [number_in(frame.image) for frame in reader.frames(0, 200, 99)] == [0, 99, 198]
        assert steps < 100


def test_frames_in_steps_and_backwards_are_the_same_frames(tmp_path: Path) -> None:
    with open_video(write_video(tmp_path / "a.mp4", gop=20)) as reader:
        forward = [frame.index for frame in reader.frames(3, 50, 7)]
        assert forward == [3, 10, 17, 24, 31, 38, 45]
        assert [number_in(frame.image) for frame in reader.frames(3, 50, 7, reverse=True)] == forward[::-1]
        assert [frame.index for frame in reader.frames(58, 900)] == [58, 59]
        assert list(reader.frames(60)) == []
        with pytest.raises(ValueError, match="step"):
            list(reader.frames(0, 5, 0))
        for index in (-1, 60):
            with pytest.raises(IndexError):
                reader.read(index)


def test_edit_list_hides_frames_that_the_header_counts(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", gop=30, first_pts=-37, options={"bf": "2"},
                       muxer={"avoid_negative_ts": "disabled", "use_editlist": "1"})
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 60
    assert _opencv_count(path) == 23
    with open_video(path) as reader:
        played = [frame.image for frame in reader.frames()]
        assert [number_in(image) for image in played] == list(range(37, 60))
        assert len(reader.warnings) == 1
        assert "counts 60 frames, of which the edit list hides 37" in reader.warnings[0]
        assert reader.times[0] == 0
    with open_video(path) as reader:
        _assert_equal_everywhere(reader, played, seeks=10)


def test_reference_pictures_that_are_never_shown_are_no_frames(tmp_path: Path) -> None:
    shown = write_video(tmp_path / "shown.webm", codec="libvpx", gop=20, options={"deadline": "realtime"})
    path = tmp_path / "a.webm"
    with av.open(str(shown)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
            if number in (10, 25, 26):
                content = bytearray(bytes(packet))
                content[0] &= ~0x10  # the show_frame bit of VP8
                packet.update(bytes(content))
            packet.stream = stream
            container.mux(packet)
    numbers = [number for number in range(60) if number not in (10, 25, 26)]
    with open_video(path) as reader:
        played = [frame.image for frame in reader.frames()]
        assert [number_in(image) for image in played] == numbers
        assert reader.warnings == []
        assert reader.times == pytest.approx(np.array(numbers) / 25, abs=0.001)
    with open_video(path) as reader:
        _assert_equal_everywhere(reader, played, seeks=10)


def test_one_frame(tmp_path: Path) -> None:
    with open_video(write_video(tmp_path / "a.mp4", count=1)) as reader:
        assert len(reader) == 1
        assert reader.info.fps == 25
        assert reader.times.tolist() == [0.0]
        assert number_in(reader[0].image) == 0


@pytest.mark.parametrize("degrees", [0, 90, 180, -90])
@pytest.mark.parametrize("mirrored", [False, True])
def test_rotation_and_mirroring_are_undone(tmp_path: Path, degrees: int, mirrored: bool) -> None:
    path = write_video(tmp_path / "a.mp4", count=3, turn=(degrees, mirrored), options={"crf": "5"})
    # The encoder's own promise: turn counter-clockwise, then mirror left to right.
    expected = np.rot90(numbered_picture(1), degrees // 90)
    expected = expected[:, ::-1] if mirrored else expected
    with open_video(path) as reader:
        frame = reader[1].image
        assert frame.flags.c_contiguous
        assert (reader.info.height, reader.info.width) == frame.shape[:2] == expected.shape[:2]
        assert np.abs(frame.astype(int) - expected).mean() < 12


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_rotation_agrees_with_opencv(tmp_path: Path, degrees: int) -> None:
    path = write_video(tmp_path / "a.mp4", count=3, turn=(degrees, False))
    capture = cv2.VideoCapture(str(path))
    upright = capture.read()[1][:, :, ::-1]
    capture.release()
    with open_video(path) as reader:
        assert reader[0].image.shape == upright.shape
        assert np.abs(reader[0].image.astype(int) - upright).mean() < 3


@pytest.mark.parametrize(("aspect", "width"), [
    (Fraction(16, 11), 232), (Fraction(8, 9), 142), (Fraction(4321, 4320), 160), (Fraction(1, 1), 160),
    (Fraction(1, 100), 160)])
def test_pixels_become_square(tmp_path: Path, aspect: Fraction, width: int) -> None:
    with open_video(write_video(tmp_path / "a.mkv", count=3, aspect=aspect)) as reader:
        assert (reader.info.width, reader.info.height) == (width, 96)
        assert reader[2].image.shape == (96, width, 3)


def test_pixel_aspect_goes_with_the_stored_width_when_turned(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", count=3, aspect=Fraction(2), turn=(90, False))
    with open_video(path) as reader:
        assert (reader.info.width, reader.info.height) == (96, 320)
        assert reader[0].image.shape == (320, 96, 3)


def test_colours_are_rgb(tmp_path: Path) -> None:
    red = np.zeros((96, 160, 3), np.uint8)
    red[:, :, 0] = 230
    with open_video(write_video(tmp_path / "a.mp4", count=2, picture=lambda _: red)) as reader:
        assert reader[1].image.reshape(-1, 3).mean(axis=0) == pytest.approx([230, 0, 0], abs=6)


def test_duplicate_shares_the_index_and_reads_by_itself(tmp_path: Path) -> None:
    with open_video(write_video(tmp_path / "a.mp4")) as reader:
        assert isinstance(reader, FileReader)
        reader.read(30)
        with reader.duplicate() as second:
            assert second._index is reader._index
            assert number_in(second[7].image) == 7
        assert number_in(reader[31].image) == 31, "closing the duplicate leaves the first open"


def test_closed_reader_refuses_and_holds_nothing(tmp_path: Path) -> None:
    reader = open_video(write_video(tmp_path / "a.mp4"))
    assert isinstance(reader, FileReader)
    reader.read(3)
    reader.close()
    reader.close()
    assert not reader._window
    with pytest.raises(RuntimeError, match="closed"):
        reader.read(3)


def test_window_of_recent_pictures_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotator.video.file._WINDOW_BYTES", 10 * 160 * 96)
    with open_video(write_video(tmp_path / "a.mp4", gop=60)) as reader:
        assert isinstance(reader, FileReader)
        for _ in reader.frames():
            assert len(reader._window) <= 6
        assert [number_in(frame.image) for frame in reader.frames(reverse=True)] == list(range(59, -1, -1))


def test_name_that_looks_like_a_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "plain.mp4", count=2).rename(tmp_path / "take:1 %d.mp4")
    with open_video("take:1 %d.mp4") as reader:
        assert reader.info.name == "take:1 %d"
        assert len(reader) == 2


def test_sound_beside_the_picture_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=16000, layout="mono")
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        for number in range(30):
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 640), np.float32), format="fltp", layout="mono")
            tone.sample_rate = 16000
            tone.pts = number * 640
            container.mux(sound.encode(tone))
            container.mux(video.encode(av.VideoFrame.from_ndarray(numbered_picture(number), format="rgb24")))
        container.mux(video.encode())
        container.mux(sound.encode())
    with open_video(path) as reader:
        assert [number_in(frame.image) for frame in reader.frames()] == list(range(30))
        assert number_in(reader[4].image) == 4


def test_playlist_is_not_followed(tmp_path: Path) -> None:
    write_video(tmp_path / "secret.ts", count=5)
    playlist = tmp_path / "list.mp4"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(VideoError, match="text"):
        open_video(playlist)
