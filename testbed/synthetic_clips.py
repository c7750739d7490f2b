"""Synthetic tracking clips with exact ground truth.

Coloured, shaded sprites move over a muted background seen by a camera. They cross, occlude each other, pass behind
pillars, leave the frame and return, and some are look-alikes of others. The clips are used for training the built-in
models, for the tracking benchmark and for the bundled demo. A clip is fully determined by its spec and seed.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

#: A sprite with a visible fraction of its area below this has no ground-truth box in that frame.
MIN_VISIBLE_SHARE = 0.10
#: The same for a sprite with fewer visible pixels than this, at a frame height of 256.
MIN_VISIBLE_PIXELS = 16


@dataclass(frozen=True)
class ClipSpec:
    """Parameters of a clip. Lengths are relative to the frame's height, speeds are per frame."""

    frames: int = 150
    width: int = 480
    height: int = 360
    objects: tuple[int, int] = (6, 8)
    size: tuple[float, float] = (0.2, 0.38)
    speed: tuple[float, float] = (0.006, 0.022)
    lookalikes: float = 0.4
    """Fraction of objects that are near copies of an earlier one; the others differ in hue from all."""
    crossings: float = 0.5
    """Fraction of objects that pass through the same point as one earlier object; look-alikes cross their originals if
    these have no partner yet."""
    exits: float = 0.25
    """Fraction of objects whose path leaves the frame and returns."""
    pillars: tuple[int, int] = (0, 2)
    """Number of unlabelled occluders in front of everything."""
    pillar_width: tuple[float, float] = (0.08, 0.2)
    camera_pan: float = 0.0
    """Amplitude of the camera's panning."""
    camera_shake: float = 0.0
    noise: float = 4.0
    """Standard deviation of the sensor noise in grey levels."""
    rim: tuple[float, float] = (0.4, 0.7)
    """How much darker a sprite is at its edge than inside, which makes it look round."""
    saturation: float = 0.15
    """Colour saturation of the background, from 0 for grey to 1."""
    sprite_saturation: tuple[float, float] = (0.65, 1.0)
    """Colour saturation of sprites, the S of HSV."""
    world_contrast: tuple[float, float] = (4, 20)
    sprite_contrast: tuple[float, float] = (4, 16)
    """Variation of a surface in grey levels."""
    stripes: float = 0.2
    """Fraction of surfaces with stripes."""
    stride: int = 1
    """Time between two images, in frames at the given speeds."""


#: The four conditions of the tracking benchmark.
CONDITIONS: dict[str, ClipSpec] = {
    "crossing": ClipSpec(crossings=1.0, lookalikes=0.8, exits=0.0, pillars=(0, 0)),
    "long_occlusion": ClipSpec(crossings=0.3, pillars=(2, 3), pillar_width=(0.2, 0.32), speed=(0.005, 0.014)),
    "camera_motion": ClipSpec(camera_pan=0.35, camera_shake=0.006),
    "weak_detector": ClipSpec(),
}


@dataclass
class Clip:
    """Images and ground truth of one clip."""

    images: Image
    """(T, H, W, 3) uint8, RGB."""
    instances: npt.NDArray[np.uint8]
    """(T, H, W) number of the visible object at each pixel, from 1; 0 elsewhere."""
    areas: npt.NDArray[np.int64]
    """(T, N) area of each object in pixels, without occlusion and beyond the frame's edges."""
    spec: ClipSpec

    @property
    def object_count(self) -> int:
        return int(self.areas.shape[1])

    def visible_pixels(self) -> npt.NDArray[np.int64]:
        """Return the number of visible pixels of each object: (T, N)."""
        counts = [np.bincount(f.ravel(), minlength=self.object_count + 1)[1:] for f in self.instances]
        return np.asarray(counts, np.int64)

    def visible(self) -> npt.NDArray[np.bool_]:
        """Return whether each object is visible enough to be labelled: (T, N)."""
        pixels = self.visible_pixels()
        floor = MIN_VISIBLE_PIXELS * (self.spec.height / 256) ** 2
        return (pixels >= floor) & (pixels >= MIN_VISIBLE_SHARE * self.areas)

    def boxes(self) -> npt.NDArray[np.float64]:
        """Return tight boxes of the visible parts: (T, N, 4) xyxy, right and bottom exclusive; NaN if not visible."""
        boxes = np.stack([self.boxes_of_frame(t) for t in range(len(self.images))])
        boxes[~self.visible()] = np.nan
        return boxes

    def boxes_of_frame(self, t: int) -> npt.NDArray[np.float64]:
        """Return tight boxes of all visible pixels in one frame, even of a single one: (N, 4); NaN if there are none.
        """
        boxes = np.full((self.object_count, 4), np.nan)
        for n in range(self.object_count):
            mask = self.instances[t] == n + 1
            columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
            if len(columns):
                boxes[n] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
        return boxes


@dataclass
class _Sprite:
    mask: Image
    texture: Image
    size: float
    path: _Path
    spin: tuple[float, float, float]
    pulse: tuple[float, float, float]
    depth: float


@dataclass
class _Path:
    """Two sine waves per axis: a smooth, bounded path that may leave the frame and return."""

    centre: npt.NDArray[np.float64]
    amplitude: npt.NDArray[np.float64]
    rate: npt.NDArray[np.float64]
    phase: npt.NDArray[np.float64]

    def at(self, t: float) -> npt.NDArray[np.float64]:
        return np.asarray(self.centre + (self.amplitude * np.sin(self.rate * t + self.phase)).sum(0))


def make_clip(spec: ClipSpec, seed: int) -> Clip:
    """Render the clip of this seed."""
    rng = np.random.default_rng(seed)
    cv2.setRNGSeed(seed & 0x7FFFFFFF)  # OpenCV's generator draws the sensor noise
    scale = float(spec.height)
    sprites = _make_sprites(spec, rng, scale)
    pillars = _make_pillars(spec, rng, scale)
    margin = int(np.ceil((abs(spec.camera_pan) + 4 * spec.camera_shake) * scale)) + 2
    world = make_texture(rng, spec.height + 2 * margin, spec.width + 2 * margin, spec.world_contrast, spec.stripes,
                         spec.saturation)
    camera_path = _Path(np.zeros(2), np.full((1, 2), spec.camera_pan * scale) * rng.uniform(0.5, 1, 2),
                        rng.uniform(0.02, 0.06, (1, 2)), rng.uniform(0, 2 * np.pi, (1, 2)))
    flicker = rng.uniform(0.85, 1.15)
    blur = rng.uniform(0.3, 0.8) * scale / 256
    images = np.empty((spec.frames, spec.height, spec.width, 3), np.uint8)
    instances = np.zeros((spec.frames, spec.height, spec.width), np.uint8)
    areas = np.zeros((spec.frames, len(sprites)), np.int64)
    order = np.argsort([s.depth for s in sprites])
    for k in range(spec.frames):
        t = k * spec.stride
        camera = np.clip(camera_path.at(t) + rng.normal(0, spec.camera_shake * scale, 2), -margin, margin)
        x, y = np.round(camera + margin).astype(int)
        x, y = min(x, 2 * margin), min(y, 2 * margin)
        image = world[y:y + spec.height, x:x + spec.width].copy()
        for n in order:
            areas[k, n] = _draw_sprite(image, instances[k], sprites[n], int(n) + 1, t, camera)
        for pillar in pillars:
            _draw_pillar(image, instances[k], pillar, camera)
        if blur > 0.3:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.uint8)
        gain = flicker * (1 + 0.03 * np.sin(0.1 * t))
        noise = np.empty(image.shape, np.int16)
        cv2.randn(noise, 0, spec.noise)  # type: ignore[call-overload]  # OpenCV's types lack numbers
        images[k] = cv2.add(cv2.convertScaleAbs(image, alpha=gain), noise, dtype=cv2.CV_8U)
    return Clip(images, instances, areas, spec)


def make_colour(rng: np.random.Generator, hue: float, saturation: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return a random colour of this hue (0..1), neither very dark nor very bright: (3,) 0..255, RGB."""
    return np.asarray(colorsys.hsv_to_rgb(hue, rng.uniform(*saturation), rng.uniform(0.55, 1.0))) * 235


def _new_hue(rng: np.random.Generator, taken: list[float]) -> float:
    """Return the one of a few random hues that is farthest from the used ones on the colour circle."""
    candidates = rng.uniform(0, 1, 4)
    if not taken:
        return float(candidates[0])
    apart = np.abs(candidates[:, None] - np.asarray(taken)[None])
    return float(candidates[np.minimum(apart, 1 - apart).min(1).argmax()])


def make_texture(rng: np.random.Generator, height: int, width: int, contrast: tuple[float, float] = (5, 30),
                 stripes: float = 0.2, saturation: float = 1.0,
                 base: npt.NDArray[np.float64] | None = None) -> Image:
    """Return a random surface: colour noise of one grain size, a gradient and sometimes stripes. (H, W, 3) uint8."""
    grain = max(2, round(min(height, width) * rng.uniform(0.03, 0.25)))
    if base is None:
        base = rng.uniform(20, 235, 3)
    strength = rng.uniform(*contrast)
    coarse = rng.normal(0, strength, (max(2, height // grain), max(2, width // grain), 3)).astype(np.float32)
    surface = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) + base.astype(np.float32)
    ramp_x, ramp_y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
    slope = rng.normal(0, 0.5 * strength, (2, 3))
    surface += slope[0] * ramp_x[None, :, None] + slope[1] * ramp_y[:, None, None]
    if rng.random() < stripes:
        period, angle = min(height, width) * rng.uniform(0.08, 0.35), rng.uniform(0, np.pi)
        wave = np.arange(width)[None] * np.cos(angle) + np.arange(height)[:, None] * np.sin(angle)
        surface += (np.sin(wave * 2 * np.pi / period) > 0)[..., None] * rng.normal(0, strength, 3)
    grey = surface.mean(2, keepdims=True)
    return np.asarray(np.clip(grey + saturation * (surface - grey), 0, 255), np.uint8)


def _shaded(texture: Image, mask: Image, rim: float) -> Image:
    """Darken a sprite's surface towards the edge of its silhouette."""
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3) / (0.1 * mask.shape[0])
    light = 1 - rim * (1 - np.clip(depth, 0, 1))
    return np.asarray(texture * light[..., None], np.uint8)


def make_shape(rng: np.random.Generator, size: int) -> Image:
    """Return a random silhouette that fills most of a square: (size, size) uint8 of 0 and 255."""
    mask = np.zeros((size, size), np.uint8)
    centre = size / 2
    kind = rng.integers(0, 4)
    if kind == 0:
        axes = int(size * rng.uniform(0.3, 0.48)), int(size * rng.uniform(0.22, 0.48))
        cv2.ellipse(mask, (size // 2, size // 2), axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
    elif kind == 1:
        corners = int(rng.integers(3, 8))
        angles = np.arange(corners) / corners * 2 * np.pi + rng.uniform(-0.3, 0.3, corners)
        _fill(mask, centre, angles, rng.uniform(0.34, 0.48, corners) * size)
    elif kind == 2:
        body = size * rng.uniform(0.15, 0.23)
        cv2.ellipse(mask, (int(centre), int(size * 0.55)), (int(body), int(size * 0.27)), 0, 0, 360, 255, -1)
        cv2.circle(mask, (int(centre), int(size * 0.18)), int(size * 0.15), 255, -1, cv2.LINE_AA)
        for side in (-1, 1):
            foot = int(centre + side * body * rng.uniform(0.4, 1.4)), int(size * 0.97)
            cv2.line(mask, (int(centre + side * body * 0.5), int(size * 0.75)), foot, 255, max(2, int(size * 0.13)))
    else:
        angles = np.arange(32) / 32 * 2 * np.pi
        radius = np.full(32, 0.37)
        for k in range(2, 5):
            radius += rng.normal(0, 0.045) * np.cos(k * angles + rng.uniform(0, 6))
        _fill(mask, centre, angles, np.clip(radius, 0.15, 0.49) * size)
    return mask


def _fill(mask: Image, centre: float, angles: npt.NDArray[np.float64], radius: npt.NDArray[np.float64]) -> None:
    points = np.stack([centre + radius * np.cos(angles), centre + radius * np.sin(angles)], 1)
    cv2.fillPoly(mask, [points.astype(np.int32)], (255,), cv2.LINE_AA)


def _make_sprites(spec: ClipSpec, rng: np.random.Generator, scale: float) -> list[_Sprite]:
    extent = np.array([spec.width, spec.height], float)
    sprites: list[_Sprite] = []
    hues: list[float] = []
    single: list[int] = []  # sprites without a crossing partner
    for n in range(int(rng.integers(spec.objects[0], spec.objects[1] + 1))):
        model = int(rng.integers(0, n)) if n and rng.random() < spec.lookalikes else None
        original = None if model is None else sprites[model]
        size = scale * rng.uniform(*spec.size) if original is None else original.size * rng.uniform(0.92, 1.08)
        if original is None:
            mask = make_shape(rng, 96)
            hues.append(_new_hue(rng, hues))
            colour = make_colour(rng, hues[-1], spec.sprite_saturation)
            texture = make_texture(rng, 96, 96, spec.sprite_contrast, spec.stripes, base=colour)
            texture = _shaded(texture, mask, rng.uniform(*spec.rim))
        else:
            shift = rng.normal(0, 7, 3)
            mask, texture = original.mask, np.clip(original.texture + shift, 0, 255).astype(np.uint8)
        partner = None
        if single and rng.random() < spec.crossings:
            partner = model if model in single else int(rng.choice(single))
            single.remove(partner)
        else:
            single.append(n)
        path = _make_path(spec, rng, extent, scale, size, None if partner is None else sprites[partner].path)
        spin = (rng.uniform(-180, 180), rng.uniform(0, 35), rng.uniform(0.01, 0.06))
        pulse = (rng.uniform(0, 0.18), rng.uniform(0.02, 0.08), rng.uniform(0, 6))
        sprites.append(_Sprite(mask, texture, size, path, spin, pulse, rng.random()))
    return sprites


def _make_path(spec: ClipSpec, rng: np.random.Generator, extent: npt.NDArray[np.float64], scale: float, size: float,
               crossing: _Path | None) -> _Path:
    speed = scale * rng.uniform(*spec.speed)
    direction = rng.uniform(0, 2 * np.pi)
    unit = np.array([np.cos(direction), np.sin(direction)])
    phase = rng.uniform(0, 2 * np.pi)
    if crossing is not None:
        centre = crossing.centre + rng.normal(0, 0.1 * size, 2)
        reach = rng.uniform(0.2, 0.42) * extent
        # The same rate, a phase near the partner's and the opposite direction, so that they meet repeatedly.
        phase = crossing.phase[0, 0] + rng.normal(0, 0.35)
        amplitude = -np.sign(crossing.amplitude[0]) * np.abs(unit * reach)
        rate = float(crossing.rate[0, 0])
    elif rng.random() < spec.exits:
        centre = rng.uniform(0.1, 0.9, 2) * extent
        amplitude = unit * (0.5 * extent + size)
        rate = speed / max(float(np.linalg.norm(amplitude)), 1.0)
    else:
        centre = rng.uniform(0.2, 0.8, 2) * extent
        room = np.minimum(centre, extent - centre) - 0.3 * size
        amplitude = unit * np.maximum(room, 0.1 * extent)
        rate = speed / max(float(np.linalg.norm(amplitude)), 1.0)
    wobble = rng.normal(0, 0.04, 2) * scale
    return _Path(centre, np.stack([amplitude, wobble]), np.array([[rate, rate], rng.uniform(0.03, 0.12, 2)]),
                 np.array([[phase, phase], rng.uniform(0, 2 * np.pi, 2)]))


def _draw_sprite(image: Image, instances: npt.NDArray[np.uint8], sprite: _Sprite, number: int, t: int,
                 camera: npt.NDArray[np.float64]) -> int:
    """Draw one sprite over the image. Returns its area in pixels without occlusion."""
    x, y = sprite.path.at(t) - camera
    depth, rate, phase = sprite.pulse
    wide, high = 1 + depth * np.sin(rate * t + phase), 1 + depth * np.cos(rate * t + phase)
    angle = sprite.spin[0] * 0.2 + sprite.spin[1] * np.sin(sprite.spin[2] * t + phase)
    side = int(np.ceil(sprite.size * 1.7))
    left, top = round(float(x) - side / 2), round(float(y) - side / 2)
    zoom = sprite.size / sprite.mask.shape[0]
    turn = np.deg2rad(angle)
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.diag([wide, high]) * zoom
    half = sprite.mask.shape[0] / 2
    offset = np.array([x - left, y - top]) - linear @ np.array([half, half])
    matrix = np.hstack([linear, offset[:, None]])
    alpha = cv2.warpAffine(sprite.mask, matrix, (side, side), flags=cv2.INTER_LINEAR)
    area = int((alpha > 127).sum())
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + side, image.shape[1]), min(top + side, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        return area
    texture = cv2.warpAffine(sprite.texture, matrix, (side, side), flags=cv2.INTER_LINEAR,
                             borderMode=cv2.BORDER_REFLECT)
    window = np.s_[y0 - top:y1 - top, x0 - left:x1 - left]
    alpha, texture = alpha[window], texture[window]
    weight = alpha[..., None].astype(np.float32) * (1 / 255)
    patch = image[y0:y1, x0:x1]
    patch[:] = (patch + weight * (texture.astype(np.float32) - patch)).astype(np.uint8)
    instances[y0:y1, x0:x1][alpha > 127] = number
    return area


@dataclass
class _Pillar:
    texture: Image
    left: float
    angle: float = field(default=0.0)


def _make_pillars(spec: ClipSpec, rng: np.random.Generator, scale: float) -> list[_Pillar]:
    count = int(rng.integers(spec.pillars[0], spec.pillars[1] + 1))
    pillars = []
    for k in range(count):
        width = max(3, int(scale * rng.uniform(*spec.pillar_width)))
        slot = (k + rng.uniform(0.25, 0.75)) / count
        texture = make_texture(rng, spec.height, width, spec.world_contrast, spec.stripes, spec.saturation)
        pillars.append(_Pillar(texture, slot * spec.width - width / 2))
    return pillars


def _draw_pillar(image: Image, instances: npt.NDArray[np.uint8], pillar: _Pillar,
                 camera: npt.NDArray[np.float64]) -> None:
    left = round(float(pillar.left - camera[0]))
    x0, x1 = max(left, 0), min(left + pillar.texture.shape[1], image.shape[1])
    if x0 < x1:
        image[:, x0:x1] = pillar.texture[:, x0 - left:x1 - left]
        instances[:, x0:x1] = 0


def training_spec(rng: np.random.Generator, frames: int, side: int = 256, stride: int = 1) -> ClipSpec:
    """Return a random square spec for training: a mixture of all conditions, with slightly wider ranges than any."""
    spec = ClipSpec(frames=frames, stride=stride, width=side, height=side, objects=(4, 8), size=(0.18, 0.44),
                    speed=(0.005, 0.026), lookalikes=0.5, crossings=0.8, exits=0.3, pillars=(0, 2),
                    pillar_width=(0.05, 0.26), noise=float(rng.uniform(2, 7)), rim=(0.3, 0.75), saturation=0.2,
                    sprite_saturation=(0.55, 1.0), world_contrast=(3, 24), sprite_contrast=(3, 20))
    if rng.random() < 0.35:
        spec = replace(spec, camera_pan=float(rng.uniform(0, 0.4)), camera_shake=float(rng.uniform(0, 0.01)))
    return spec
