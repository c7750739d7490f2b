"""Generate a large project for `benchmarks.ui`: a 1080p video, and tracks with a mask in every frame."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from annotator.jobs.project import add_source, open_project
from annotator.model.frame import Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.mask import Mask
from annotator.model.track import RunStatus
from benchmarks.harness.results import progress

WIDTH, HEIGHT, FPS = 1920, 1080, 25
#: Frames between two video keyframes: two seconds, as usual for cameras and video editors.
KEYFRAME_EVERY = 50
_BATCH = 100
_TEMPLATES = 64
_EVIDENCE = Evidence(8.0, 0.9)


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a project."""

    frames: int = 10_000
    objects: int = 100
    """Objects per frame."""
    tracks: int = 2_000
    clip: int = 250
    """Frames that are drawn and encoded; the video repeats them."""

    @property
    def observations(self) -> int:
        return self.frames * self.objects


#: The size that the targets refer to, and a smaller one for trials.
FULL = Size()
QUICK = Size(frames=1_000, tracks=2_000, clip=100)


def build(folder: Path, size: Size) -> Path:
    """Write video and project into a folder. Returns the project's path."""
    began = time.perf_counter()
    video = folder / "clip.mp4"
    write_video(video, size.frames, size.clip)
    progress(f"video: {size.frames} frames, {video.stat().st_size / 2**20:.0f} MB, {time.perf_counter() - began:.0f} s")
    path = folder / "large.annot"
    crowd = Crowd(size)
    with open_project(path, create=True) as session:
        record, _ = add_source(session, video)
        # A run of kind "import" stores no detections.
        run = session.store.begin_run(record.id, "import", {}, {}, ("person", "car"), 0, size.frames - 1)
        for first in range(0, size.frames, _BATCH):
            session.apply(run.id, [crowd.result(k) for k in range(first, min(first + _BATCH, size.frames))])
            if first % 1000 == 0:
                progress(f"{first} of {size.frames} frames, {time.perf_counter() - began:.0f} s")
        session.store.finish_run(run.id, RunStatus.FINISHED)
    progress(f"project: {path.stat().st_size / 2**20:.0f} MB, {time.perf_counter() - began:.0f} s")
    return path


class Crowd:
    """Objects that move back and forth; when one ends, another begins in its place."""

    def __init__(self, size: Size) -> None:
        rng = np.random.default_rng(0)
        self._slots = size.objects
        self._life = max(size.frames * size.objects // size.tracks, 1)
        self._templates = [_blob(rng) for _ in range(_TEMPLATES)]
        self._speed = rng.uniform(-6, 6, (_TEMPLATES, 2))
        self._start = rng.uniform(0, 4000, (size.objects, 2))

    def result(self, frame: int) -> FrameResult:
        """Return a tracker's result for this frame."""
        return FrameResult(frame, tuple(sorted((self._object(slot, frame) for slot in range(self._slots)),
                                               key=lambda thing: thing.tracklet)))

    def _object(self, slot: int, frame: int) -> TrackedObject:
        generation, age = divmod(frame + slot * self._life // self._slots, self._life)
        number = generation * self._slots + slot + 1
        template = self._templates[number % _TEMPLATES]
        speed, start = self._speed[number % _TEMPLATES], self._start[slot]
        left = _bounce(start[0] + speed[0] * age, WIDTH - template.width)
        top = _bounce(start[1] + speed[1] * age, HEIGHT - template.height)
        mask = Mask(left, top, template.width, template.height, template.rle)
        phase = (frame + 13 * number) // 40 % 12
        state = TrackState.SUSPICIOUS if phase == 0 else TrackState.PENDING if phase == 1 else TrackState.RELIABLE
        return TrackedObject(number, number % 2, state, 0.6 + 0.4 * (number % 7) / 7, mask.box_xyxy, mask, _EVIDENCE)


def _bounce(position: float, limit: int) -> int:
    phase = position % (2 * limit)
    return int(phase if phase < limit else 2 * limit - phase)


def _blob(rng: np.random.Generator) -> Mask:
    """Return a mask with an uneven edge and the size of a distant person."""
    width = int(rng.integers(40, 120))
    height = int(width * rng.uniform(1.6, 2.6))
    rough = cv2.resize(rng.standard_normal((9, 5)), (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[-1:1:height * 1j, -1:1:width * 1j]
    return Mask.from_bitmap(x ** 2 + y ** 2 + 0.12 * rough < 0.85)


def images(count: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield images that change everywhere from one to the next: (1080, 1920, 3) uint8 RGB each."""
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((HEIGHT // 8 + 60, WIDTH // 8 + 60, 3)).astype(np.float32)
    smooth = cv2.resize(cv2.GaussianBlur(noise, (0, 0), 3), None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    scene = ((smooth - smooth.min()) * (190 / np.ptp(smooth)) + 30).astype(np.uint8)
    for k in range(count):
        x, y = (k * 3) % 400, (k * 2) % 400
        image = scene[y:y + HEIGHT, x:x + WIDTH].copy()
        for part in range(40):
            left, top = (part * 191 + k * (part % 9 - 4)) % (WIDTH - 60), (part * 127 + k * (part % 5)) % (HEIGHT - 120)
            image[top:top + 120, left:left + 60] = (part * 37 % 256, part * 91 % 256, part * 151 % 256)
        yield image


def write_video(path: Path, frames: int, clip: int) -> None:
    """Write a video of ``frames`` frames, H.264 with B-frames in MP4: one clip, encoded once and repeated."""
    once = io.BytesIO()
    with av.open(once, "w", format="mp4") as container:
        options = {"crf": "20", "preset": "veryfast", "g": str(KEYFRAME_EVERY)}
        stream = container.add_stream("libx264", rate=Fraction(FPS), options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for image in images(clip):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    with av.open(str(path), "w") as target:
        copy = None
        for repeat in range(frames // clip):
            once.seek(0)
            with av.open(once, "r") as source:
                encoded = source.streams.video[0]
                copy = target.add_stream_from_template(encoded) if copy is None else copy
                assert encoded.time_base is not None
                shift = int(repeat * clip / (FPS * encoded.time_base))
                for packet in source.demux(encoded):
                    if packet.dts is not None and packet.pts is not None:
                        packet.dts, packet.pts, packet.stream = packet.dts + shift, packet.pts + shift, copy
                        target.mux(packet)
