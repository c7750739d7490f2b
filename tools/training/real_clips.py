"""Clips for training from real pictures: stills under a moving camera, videos, and objects pasted over both.

The material is a folder with pictures beside their masks, read in place:

    coco_by/NAME.jpg, NAME.png      stills and their instances, 1 and above
    backgrounds/NAME.jpg            stills that nothing is known of
    bg_video/CLIP/NAME.jpg          frames that nothing is known of
    video/SEQUENCE/NAME.jpg, .png   frames of a sequence and its one object, above 0

No sequence here shows two objects that look alike, so look-alikes that cross and hide each other come from pasting:
cut-out instances, and the object of another sequence as it moves. What is pasted is known exactly, in front of
everything or behind the sequence's own object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from annotator.model.frame import Image
from tools.training.footage import Footage

Labels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

#: Sequences that never shape weights: when to stop is seen on them.
HELD_OUT = ("lucia", "scooter-gray", "rhino", "motorbike")
#: Smallest instance worth cutting out: pixels, and length of the shorter side of its box.
CUTOUT_PIXELS, CUTOUT_SIDE = 1200, 22
#: A sequence gives a cut-out of its object so often, in frames.
CUTOUT_EVERY = 12
#: Frames between two of a clip, one of them at random.
STRIDES = (1, 1, 1, 2, 2, 3, 4)
#: Grey around a picture: what the model takes for nothing.
GREY = (124, 116, 104)
#: Shares of the clips.
VIDEO_SHARE, KNOWN_STILL_SHARE, GREYSCALE_SHARE, FLAT_SHARE = 0.55, 0.7, 0.06, 0.15
#: Shares of what is pasted: look-alikes of the one before, moving objects of sequences, behind the base's own objects.
TWIN_SHARE, MOVING_SHARE, BEHIND_SHARE, PILLAR_SHARE = 0.4, 0.4, 0.3, 0.25


@dataclass(frozen=True)
class Cutout:
    """An object without what is around it."""

    pixels: Image
    """(h, w, 3)."""
    alpha: npt.NDArray[np.uint8]
    """(h, w), 255 where it is."""


@dataclass(frozen=True)
class Still:
    """A picture and its known instances."""

    pixels: Image
    instances: Labels
    """(H, W), 1 and above; all 0 where nothing is known."""


@dataclass(frozen=True)
class Recording:
    """A sequence whose frames are read as they are wanted."""

    pictures: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def still(self, index: int) -> Still:
        return read_still(self.pictures[index], binary=True)


class Material:
    """All that there is to learn from."""

    def __init__(self, folder: Path, held_out: Sequence[str] = HELD_OUT) -> None:
        self.recordings = _recordings(folder / "video", held_out)
        if not self.recordings:
            raise FileNotFoundError(f"{folder} has no video/SEQUENCE with masks to learn from")
        pictures = sorted((folder / "coco_by").glob("*.jpg"))
        self.known = [read_still(p) for p in pictures if p.with_suffix(".png").exists()]
        unknown = [*sorted((folder / "backgrounds").glob("*.jpg")), *sorted((folder / "bg_video").glob("*/*.jpg"))[::8]]
        self.unknown = [read_still(p) for p in unknown]
        self.cutouts = [cut for still in self.known for cut in _cutouts(still)]
        for recording in self.recordings:
            self.cutouts += [c for k in range(0, len(recording), CUTOUT_EVERY) for c in _cutouts(recording.still(k))]

    def footage(self, rng: np.random.Generator, frames: int, side: int) -> Footage:
        """A random square clip."""
        base = self._video(rng, frames, side) if rng.random() < VIDEO_SHARE else self._still(rng, frames, side)
        pasted = int(rng.choice((0, 0, 1, 2, 3) if base.object_count else (1, 2, 3, 4)))
        return toned(rng, self._pasted(rng, base, pasted))

    def _video(self, rng: np.random.Generator, frames: int, side: int) -> Footage:
        recording = self.recordings[rng.integers(len(self.recordings))]
        stills = [recording.still(k) for k in walk(rng, len(recording), frames)]
        return filmed(rng, stills, side, shake=float(rng.choice((0, 0, 0.001, 0.006))))

    def _still(self, rng: np.random.Generator, frames: int, side: int) -> Footage:
        pool = self.known if rng.random() < KNOWN_STILL_SHARE else self.unknown
        still = pool[rng.integers(len(pool))]
        return filmed(rng, [still] * frames, side, shake=float(rng.choice((0, 0.002, 0.008, 0.02))))

    def _pasted(self, rng: np.random.Generator, base: Footage, count: int) -> Footage:
        """The clip with so many objects over it, and now and then with something that hides them."""
        frames, side = base.images.shape[:2]
        images, instances, areas = base.images.copy(), base.instances.copy(), [base.areas]
        own = base.instances > 0
        source: Recording | Cutout | None = None
        partner: Floats | None = None
        for number in range(base.object_count + 1, base.object_count + count + 1):
            if source is None or rng.random() >= TWIN_SHARE:
                source, partner = self._source(rng), None
            cuts = _tinted(rng, self._frames_of(rng, source, frames))
            behind = own if rng.random() < BEHIND_SHARE else np.zeros_like(own)
            path = _crossing(rng, partner, frames, side)
            areas.append(_Drawn(rng, cuts, path, side).over(images, instances, number, behind)[:, None])
            partner = path
        if rng.random() < PILLAR_SHARE and len(self.unknown):
            self._hide(rng, images, instances)
        return Footage(images, instances, np.concatenate(areas, 1))

    def _source(self, rng: np.random.Generator) -> Recording | Cutout:
        if rng.random() < MOVING_SHARE:
            return self.recordings[rng.integers(len(self.recordings))]
        return self.cutouts[rng.integers(len(self.cutouts))]

    def _frames_of(self, rng: np.random.Generator, source: Recording | Cutout, frames: int) -> list[Cutout]:
        """One cut-out per frame: the same one, or a sequence's object as it moves."""
        if isinstance(source, Cutout):
            return [source] * frames
        found = [_cutouts(source.still(k), 300, 10, 2) for k in walk(rng, len(source), frames)]
        if all(found):
            return [cuts[0] for cuts in found]
        return [self.cutouts[rng.integers(len(self.cutouts))]] * frames

    def _hide(self, rng: np.random.Generator, images: Image, instances: Labels) -> None:
        """A part of some picture that stands before everything."""
        frames, side = images.shape[:2]
        still = self.unknown[rng.integers(len(self.unknown))].pixels
        high, wide = (int(v) for v in rng.uniform((0.3, 0.06), (1.0, 0.3)) * side)
        top, left = (int(rng.integers(max(room, 0) + 1)) for room in (still.shape[0] - high, still.shape[1] - wide))
        patch = still[top:top + high, left:left + wide]
        path = rng.uniform(0, 0.9, 2) * side + random_walk(rng, frames, side * float(rng.choice((0, 0.004, 0.015))))
        for t in range(frames):
            x, y = (int(v) for v in path[t])
            x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + patch.shape[1], side), min(y + patch.shape[0], side)
            if x0 < x1 and y0 < y1:
                images[t, y0:y1, x0:x1] = patch[y0 - y:y1 - y, x0 - x:x1 - x]
                instances[t, y0:y1, x0:x1] = 0


class _Drawn:
    """An object on its way over a clip: it turns, grows, shears and ripples."""

    def __init__(self, rng: np.random.Generator, cuts: Sequence[Cutout], path: Floats, side: int) -> None:
        frames = len(path)
        self._cuts, self._path, self._side = cuts, path, side
        size = side * float(np.exp(rng.uniform(np.log(0.13), np.log(0.75))))
        first = cuts[0].alpha.shape
        scale = size / max(first)
        self._scales = scale * np.exp(np.cumsum(rng.normal(0, 0.01, frames)))
        self._angles = np.deg2rad(rng.uniform(-20, 20) + np.cumsum(rng.normal(0, 1.0, frames)))
        self._aspect = float(np.exp(rng.uniform(-0.45, 0.15)))
        self._shear = np.cumsum(rng.normal(0, 0.015, frames))
        self._flip = -1.0 if rng.random() < 0.5 else 1.0
        self._waves, self._wave = float(rng.uniform(1, 3)), float(rng.uniform(0, 0.05)) * (rng.random() < 0.6)
        self._phase = rng.uniform(0, 6.28) + np.cumsum(rng.normal(0.15, 0.15, frames))
        self._soft = bool(rng.random() < 0.6)

    def over(self, images: Image, instances: Labels, number: int, behind: npt.NDArray[np.bool_]) -> Floats:
        """Draw it into the clip. (T,) pixels that it would show unhidden, at least half their median."""
        areas = np.zeros(len(self._path))
        for t in range(len(self._path)):
            areas[t] = self._draw(t, images[t], instances[t], number, behind[t])
        return np.maximum(areas, 0.5 * np.median(areas))

    def _draw(self, t: int, image: Image, instances: Labels, number: int, behind: npt.NDArray[np.bool_]) -> float:
        cut, scale = self._cuts[t], float(self._scales[t])
        high, wide = cut.alpha.shape
        reach = 0.75 * np.hypot(high / max(self._aspect, 1e-3), wide * self._aspect) * scale * 1.1 + 2
        x, y = self._path[t]
        x0, y0 = max(int(x - reach), 0), max(int(y - reach), 0)
        x1, y1 = min(int(x + reach) + 1, self._side), min(int(y + reach) + 1, self._side)
        if x0 >= x1 or y0 >= y1:
            return 0.0
        dy, dx = np.mgrid[y0 - y:y1 - y, x0 - x:x1 - x][:, :y1 - y0, :x1 - x0].astype(np.float32)
        cos, sin = np.cos(self._angles[t]) / scale, np.sin(self._angles[t]) / scale
        u = self._flip * (cos * dx + sin * dy) / self._aspect + self._shear[t] * dy / scale
        v = (cos * dy - sin * dx) * self._aspect
        if self._wave:
            u = u + self._wave * wide * np.sin(self._waves * 2 * np.pi * v / high + self._phase[t])
        u, v = (u + wide / 2).astype(np.float32), (v + high / 2).astype(np.float32)
        pixels = cv2.remap(cut.pixels, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        alpha = cv2.remap(cut.alpha, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        full = float((alpha > 127).sum())
        alpha[behind[y0:y1, x0:x1]] = 0
        if self._soft:
            alpha = cv2.GaussianBlur(alpha, (3, 3), 0)
        weight = alpha[..., None].astype(np.float32) * (1 / 255)
        patch = image[y0:y1, x0:x1]
        patch[:] = (patch + weight * (pixels.astype(np.float32) - patch)).astype(np.uint8)
        instances[y0:y1, x0:x1][(alpha > 127) & ~behind[y0:y1, x0:x1]] = number
        return full


def filmed(rng: np.random.Generator, stills: Sequence[Still], side: int, shake: float) -> Footage:
    """Frames seen through a square window that moves, turns and zooms a little; they are squeezed into it."""
    height, width = stills[0].instances.shape
    cover = float(np.exp(rng.uniform(np.log(0.35), np.log(1.1))))
    high = height * cover
    squeeze = float(np.exp(rng.uniform(0, np.log(max(width / height, 1.0))))) * float(np.exp(rng.normal(0, 0.12)))
    wide = high * squeeze
    centre = _look_at(rng, stills[0].instances, high, wide)
    frames = len(stills)
    pan = random_walk(rng, frames, high * shake)
    zoom = np.exp(np.cumsum(rng.normal(0, 0.15 * shake + 0.0005, frames)))
    turn = np.deg2rad(rng.normal(0, 5) * (rng.random() < 0.5) + np.cumsum(rng.normal(0, 40 * shake, frames)))
    flip = -1.0 if rng.random() < 0.5 else 1.0
    border = cv2.BORDER_CONSTANT if rng.random() < 0.5 else cv2.BORDER_REFLECT
    images = np.empty((frames, side, side, 3), np.uint8)
    instances = np.empty((frames, side, side), np.uint8)
    for t, still in enumerate(stills):
        cos, sin = np.cos(turn[t]) * zoom[t], np.sin(turn[t]) * zoom[t]
        linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag([flip * wide / side, high / side])
        matrix = np.hstack([linear, (centre + pan[t] - linear @ np.full(2, (side - 1) / 2))[:, None]])
        images[t] = _seen(still.pixels, matrix, side, border)
        instances[t] = cv2.warpAffine(still.instances, matrix, (side, side), borderMode=cv2.BORDER_CONSTANT,
                                      flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    count = int(max(still.instances.max() for still in stills))
    areas = np.stack([(instances == n).sum((1, 2)) for n in range(1, count + 1)], 1) if count else np.zeros((frames, 0))
    return Footage(images, instances, np.maximum(areas, 0.3 * areas.max(0, keepdims=True, initial=0)))


def toned(rng: np.random.Generator, footage: Footage) -> Footage:
    """Another light, colour, sharpness and noise, the same in all frames but for a slow drift of the light."""
    frames = len(footage.images)
    levels = np.arange(256) / 255
    gain, bias, gamma = rng.uniform(0.65, 1.3), rng.uniform(-0.1, 0.1), float(np.exp(rng.normal(0, 0.25)))
    cast = rng.normal(0, 0.06, 3)
    drift = 1 + np.cumsum(rng.normal(0, 0.006, frames)) * (rng.random() < 0.4)
    saturation = 0.0 if rng.random() < GREYSCALE_SHARE else float(rng.uniform(0.5, 1.4))
    order = rng.permutation(3) if rng.random() < 0.1 else np.arange(3)
    blur = float(rng.uniform(0.4, 1.2)) if rng.random() < 0.2 else 0.0
    noise = float(rng.uniform(1, 7)) if rng.random() < 0.4 else 0.0
    images = np.empty_like(footage.images)
    for t, image in enumerate(footage.images):
        curve = 0.5 + gain * drift[t] * (levels[:, None] ** gamma * (1 + cast) - 0.5) + bias
        table = np.clip(255 * curve, 0, 255).astype(np.uint8)
        image = np.ascontiguousarray(cv2.LUT(np.ascontiguousarray(image[..., order]), table[None].copy()))
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None].repeat(3, 2)
        image = cv2.addWeighted(image, saturation, grey, 1 - saturation, 0)
        if blur:
            image = cv2.GaussianBlur(image, (0, 0), blur)
        if noise:
            grain = np.empty((image.shape[0], image.shape[1] * 3), np.int16)
            cv2.randn(grain, np.zeros(1), np.full(1, noise))
            image = cv2.add(image, grain.reshape(image.shape), dtype=cv2.CV_8U)
        images[t] = image
    return Footage(images, footage.instances, footage.areas)


def walk(rng: np.random.Generator, length: int, frames: int) -> list[int]:
    """Which frames of a sequence make a clip: some apart, forwards or backwards, there and back where it is short."""
    stride = int(rng.choice(STRIDES))
    span = (frames - 1) * stride + 1
    if span > length:
        stride, span = 1, frames
    start = int(rng.integers(0, max(length - span, 0) + 1))
    period = max(2 * length - 2, 1)
    indices = [(start + k * stride) % period for k in range(frames)]
    indices = [k if k < length else period - k for k in indices]
    return indices[::-1] if rng.random() < 0.5 else indices


def random_walk(rng: np.random.Generator, frames: int, speed: float, turn: float = 0.35) -> Floats:
    """(T, 2) places from (0, 0) on; a speed in pixels a frame that changes slowly."""
    changes = rng.normal(0, speed * turn, (frames, 2))
    velocity, places = rng.normal(0, speed, 2), np.zeros((frames, 2))
    for t in range(1, frames):
        velocity = 0.97 * velocity + changes[t]
        places[t] = places[t - 1] + velocity
    return places


@lru_cache(maxsize=4000)  # some 600 MB: every loader would decode each of them dozens of times
def read_still(path: Path, binary: bool = False) -> Still:
    """A picture and its mask, if it has one; of a binary mask everything above 0 is instance 1."""
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if read is None:
        raise FileNotFoundError(f"{path} is no picture that can be read")
    pixels = np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)
    if not path.with_suffix(".png").exists():
        return Still(pixels, np.zeros(pixels.shape[:2], np.uint8))
    labels = _read_labels(path)
    return Still(pixels, (labels > 0).astype(np.uint8) if binary else labels)


def _read_labels(picture: Path) -> Labels:
    from PIL import Image as Pillow  # OpenCV turns a palette's indices into colours

    with Pillow.open(picture.with_suffix(".png")) as file:
        return np.array(file, np.uint8)


def _recordings(folder: Path, held_out: Sequence[str]) -> list[Recording]:
    found = []
    for sequence in sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []:
        if any(sequence.name.endswith(name) for name in held_out):
            continue
        pictures = tuple(p for p in sorted(sequence.glob("*.jpg")) if p.with_suffix(".png").exists())
        if len(pictures) >= 10:
            found.append(Recording(pictures))
    return found


def _cutouts(still: Still, pixels: int = CUTOUT_PIXELS, side: int = CUTOUT_SIDE, edges: int = 1) -> list[Cutout]:
    """Instances that are large enough and lie at no more than so many edges of the picture."""
    height, width = still.instances.shape
    cuts = []
    for number in range(1, int(still.instances.max()) + 1):
        mask = still.instances == number
        if mask.sum() < pixels:
            continue
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        y0, y1, x0, x1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        at_edges = int(y0 == 0) + int(x0 == 0) + int(y1 == height) + int(x1 == width)
        if min(y1 - y0, x1 - x0) >= side and at_edges <= edges:
            window = np.s_[y0:y1, x0:x1]
            cuts.append(Cutout(still.pixels[window].copy(), mask[window].astype(np.uint8) * 255))
    return cuts


def _look_at(rng: np.random.Generator, instances: Labels, high: float, wide: float) -> Floats:
    """Centre (x, y) of the window: near an object, and inside the picture as far as it fits."""
    height, width = instances.shape
    rows, columns = np.nonzero(instances)
    if len(rows):
        k = rng.integers(len(rows))
        centre = np.array([columns[k], rows[k]], float)
    else:
        centre = rng.uniform((0, 0), (width, height))
    extent, window = np.array([width, height], float), np.array([wide, high])
    centre += rng.uniform(-0.3, 0.3, 2) * window
    low, top = np.minimum(window / 2, extent / 2), np.maximum(extent - window / 2, extent / 2)
    return np.asarray(np.clip(centre, low, top))


def _seen(pixels: Image, matrix: Floats, side: int, border: int) -> Image:
    """The window's content without aliasing: shrunk first where it is much larger than what it fills."""
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if shrink > 1.4:
        height, width = pixels.shape[:2]
        size = max(round(width / shrink), 1), max(round(height / shrink), 1)
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        scale = np.array([size[0] / width, size[1] / height])
        matrix = np.hstack([matrix[:, :2] * scale[:, None], (matrix[:, 2:] + 0.5) * scale[:, None] - 0.5])
    seen = cv2.warpAffine(pixels, matrix, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                          borderMode=border, borderValue=GREY)
    return np.asarray(seen, np.uint8)


def _path(rng: np.random.Generator, frames: int, side: int) -> Floats:
    speed = side * float(rng.choice((0.003, 0.01, 0.025)))
    return np.asarray(rng.uniform(0.1, 0.9, 2) * side + random_walk(rng, frames, speed))


def _crossing(rng: np.random.Generator, partner: Floats | None, frames: int, side: int) -> Floats:
    """A way that meets the partner's in one of the frames."""
    path = _path(rng, frames, side)
    if partner is None or frames == 1:
        return path
    meeting = int(rng.integers(frames))
    return np.asarray(path - path[meeting] + partner[meeting] + rng.normal(0, 0.04 * side, 2))


def _tinted(rng: np.random.Generator, cuts: Sequence[Cutout]) -> list[Cutout]:
    """The same object, slightly or clearly another colour."""
    strength = float(rng.choice((0.3, 1.0)))
    hue, saturation = strength * rng.uniform(-12, 12), 1 + strength * rng.uniform(-0.4, 0.3)
    light, more_light = 1 + strength * rng.uniform(-0.3, 0.25), strength * rng.uniform(-15, 15)
    tinted: dict[int, Cutout] = {}
    for cut in cuts:
        if id(cut) not in tinted:
            hsv = cv2.cvtColor(cut.pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
            hsv[..., 0] = (hsv[..., 0] + hue) % 180
            hsv[..., 1] = np.clip(hsv[..., 1] * saturation, 0, 255)
            hsv[..., 2] = np.clip(hsv[..., 2] * light + more_light, 0, 255)
            pixels = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
            tinted[id(cut)] = Cutout(np.asarray(pixels, np.uint8), cut.alpha)
    return [tinted[id(cut)] for cut in cuts]
