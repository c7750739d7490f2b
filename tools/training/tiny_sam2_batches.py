"""What the tiny SAM 2 learns from: batches of synthetic clips and of real material, made as they are needed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import av
import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from testbed.synthetic_clips import make_clip, training_spec
from tools.training.footage import Footage
from tools.training.real_clips import Material

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
#: Share of the batches of clips in which every object gets a second prompt on the way.
PROMPTED_AGAIN = 0.4
#: Share of the clips that are seen as a video file would show them, and the x264 quality of those, best to worst. What
#: compression leaves of sensor noise and edges is what the model will meet.
COMPRESSED, QUALITY = 0.6, (16, 32)
#: Share of the clips that are to have been prompted long ago, and how long ago at most, in frames. Memories keep the
#: time that has passed since a prompt, and eight frames show the model nothing of that.
PROMPTED_LONG_AGO, LONGEST_AGO = 0.6, 200
#: Share of drawn clips where there is real material, so that the model keeps following drawn objects.
DRAWN_SHARE = 0.2
#: The same as `COMPRESSED` of clips of real pictures, and how far edges of the prompt's box are off, as a share of its
#: size: detections are off by more than a person's box.
REAL_COMPRESSED, REAL_JITTER = 0.3, 0.03


@dataclass(frozen=True)
class Stage:
    """One stage of the curriculum."""

    share: float
    """Share of the whole time budget."""
    side: int
    frames: int
    strides: tuple[int, ...]
    clips: int
    objects: int
    learning_rate: float
    foreground: float
    """Weight of a foreground pixel. It must be high at first, or the masks stay empty; later it only makes specks."""
    unlearned: int = 0
    """At most so many frames, a random number for each batch, are followed without gradients before those that count:
    the model goes on from what it made of them, as it must late in a video, at a third of the cost."""
    singles: int = 0
    """Pictures of a batch of single frames that takes turns with the clips: masks learn several times faster from
    these than from clips."""
    sides: tuple[int, ...] = ()
    """Sides of the picture, one of them at random for each batch; `clips` is then the number for `side`."""

    def single_frames(self) -> Stage:
        return replace(self, frames=1, strides=(1,), clips=self.singles, unlearned=0)


@dataclass
class Batch:
    """Pictures of some clips and the objects followed in them."""

    images: Tensor
    """(N, T, 3, S, S) float32, normalised."""
    masks: Tensor
    """(B, T, S, S) float32 of 0 and 1: the visible part of each object."""
    shares: Tensor
    """(B, T) visible share of the object's own area."""
    boxes: Tensor
    """(B, 2, 2) box prompt in the first frame, two corners in pixels."""
    clip_of: Tensor
    """(B,) which clip each object is in."""
    boxes_again: Tensor
    """(B, 2, 2) box prompt in the frame `again`; as `boxes` where there is none."""
    again: int = 0
    """Frame in which every object is prompted once more; 0 for none."""
    start: int = 0
    """First frame that counts: those before it are followed without gradients."""
    ago: int = 0
    """So many frames earlier than it was, the first prompt is to have been."""

    def to(self, device: torch.device) -> Batch:
        moved: dict[str, Any] = {name: v.to(device) for name, v in vars(self).items() if isinstance(v, Tensor)}
        return replace(self, **moved)


class Batches(IterableDataset[Batch]):
    """Endless random batches of one stage, for a loader that renders them in a process of its own."""

    def __init__(self, stage: Stage, seed: int, material: Material | None = None, drawn: float = DRAWN_SHARE) -> None:
        self.stage, self.seed, self.material, self.drawn = stage, seed, material, drawn

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        return batches(self.stage, self.seed, self.material, self.drawn)


def batches(stage: Stage, seed: int, material: Material | None = None, drawn: float = DRAWN_SHARE) -> Iterator[Batch]:
    """Endless random batches of this stage: of drawn clips, or with real material only a share of them drawn."""
    rng = np.random.default_rng(seed)
    cv2.setRNGSeed(seed & 0x7FFFFFFF)  # OpenCV's own generator draws the sensor noise
    clip_seed = seed
    while True:
        side = stage.side if not stage.sides else int(rng.choice(stage.sides))
        clips = max(1, round(stage.clips * (stage.side / side) ** 2))
        start = int(rng.integers(0, stage.unlearned + 1))
        frames = start + stage.frames
        again = int(rng.integers(2, frames - 1)) if stage.frames > 4 and rng.random() < PROMPTED_AGAIN else 0
        ago = int(rng.integers(1, LONGEST_AGO)) if frames > 1 and rng.random() < PROMPTED_LONG_AGO else 0
        picked: list[_Picked] = []
        while len(picked) < clips:
            clip_seed += 1
            if material is None or rng.random() < drawn:
                found = _drawn(stage, side, frames, again, clip_seed, rng)
            else:
                found = [_real(material, stage, side, frames, again, rng)]
            picked += [one for one in found if one is not None]
        yield _batch(picked[:clips], again, start, ago)


def _batch(picked: list[_Picked], again: int, start: int, ago: int) -> Batch:
    pixels = torch.from_numpy(np.stack([p.images for p in picked])).permute(0, 1, 4, 2, 3).float() / 255
    masks, shares, boxes, boxes_again = (
        torch.from_numpy(np.concatenate([getattr(p, name) for p in picked])).float()
        for name in ("masks", "shares", "boxes", "boxes_again"))
    clip_of = torch.tensor([k for k, p in enumerate(picked) for _ in p.boxes])
    return Batch((pixels - MEAN) / STD, masks, shares, boxes.view(-1, 2, 2), clip_of, boxes_again.view(-1, 2, 2),
                 again, start, ago)


def _drawn(stage: Stage, side: int, frames: int, again: int, seed: int, rng: np.random.Generator,
           ) -> list[_Picked | None]:
    """Two crops of a synthetic clip, which took long to render; one where it fits."""
    clip = make_clip(training_spec(rng, frames, stride=int(rng.choice(stage.strides))), seed)
    images = clip.images
    if rng.random() < COMPRESSED:
        images = compressed(images, int(rng.integers(QUALITY[0], QUALITY[1] + 1)))
    footage = Footage(images, clip.instances, clip.areas.astype(float))
    return [_pick(_varied(footage, side, rng), stage.objects, again, rng) for _ in range(1 if side >= 256 else 2)]


def _real(material: Material, stage: Stage, side: int, frames: int, again: int, rng: np.random.Generator,
          ) -> _Picked | None:
    footage = material.footage(rng, frames, side)
    if frames > 1 and rng.random() < REAL_COMPRESSED:  # the pictures were compressed before
        images = compressed(footage.images, int(rng.integers(QUALITY[0], QUALITY[1] + 1)))
        footage = Footage(images, footage.instances, footage.areas)
    return _pick(footage, stage.objects, again, rng, jitter=REAL_JITTER)


def compressed(images: np.ndarray, crf: int) -> np.ndarray:
    """What an H.264 file of this quality shows of pictures, (T, H, W, 3) uint8, with even sides.

    Colours keep their resolution: the pictures are as small as a model sees them, while a video is larger.
    """
    file = io.BytesIO()
    with av.open(file, "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf), "preset": "veryfast"})
        stream.height, stream.width, stream.pix_fmt = images.shape[1], images.shape[2], "yuv444p"
        stream.thread_count = 1
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r", format="h264") as coded:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in coded.decode(video=0)])


def _varied(footage: Footage, side: int, rng: np.random.Generator) -> Footage:
    """Backwards, a part of the picture, mirrored, turned, in other colours."""
    images, labels, areas = footage.images, footage.instances, footage.areas
    if rng.random() < 0.5:
        images, labels, areas = images[::-1], labels[::-1], areas[::-1]
    if side < images.shape[1]:
        images, labels, zoom = _reduce(images, labels, side, rng)
        areas = areas * zoom ** 2
    if rng.random() < 0.5:
        images, labels = images[:, :, ::-1], labels[:, :, ::-1]
    if rng.random() < 0.5:
        images, labels = images.transpose(0, 2, 1, 3), labels.transpose(0, 2, 1)
    return Footage(np.ascontiguousarray(images[..., rng.permutation(3)]), labels, areas)


@dataclass
class _Picked:
    """A clip and the objects in it that are to be followed."""

    images: np.ndarray
    masks: np.ndarray
    shares: np.ndarray
    boxes: np.ndarray
    boxes_again: np.ndarray


def _pick(footage: Footage, objects: int, again: int, rng: np.random.Generator, jitter: float = 0.05,
          ) -> _Picked | None:
    labels, areas = footage.instances, footage.areas
    masks = labels[:, None] == np.arange(1, footage.object_count + 1)[None, :, None, None]
    visible = masks.sum((2, 3))
    shows = (visible[[0, again]] >= 24) & (visible[[0, again]] >= 0.15 * areas[[0, again]])
    first = np.flatnonzero(shows.all(0))
    if not len(first):
        return None
    # Objects that will be hidden, or hide others, teach most: take them first.
    # Of single pictures any object will do.
    spread = 0.6 if len(labels) > 1 else 10.0
    drama = (visible / np.maximum(areas, 1)).min(0)[first] + rng.uniform(0, spread, len(first))
    chosen = first[np.argsort(drama)][:objects]
    boxes, boxes_again = (np.stack([_jittered_box(masks[t, n], rng, jitter) for n in chosen]) for t in (0, again))
    shares = np.minimum(visible / np.maximum(areas, 1), 1)[:, chosen].T
    return _Picked(footage.images, masks[:, chosen].transpose(1, 0, 2, 3), shares, boxes, boxes_again)


def _reduce(images: np.ndarray, labels: np.ndarray, side: int, rng: np.random.Generator,
            ) -> tuple[np.ndarray, np.ndarray, float]:
    """Crop at full scale half of the time, so that objects are as large as at full size; shrink otherwise."""
    full = images.shape[1]
    crop = side if rng.random() < 0.5 else int(rng.integers(side, full + 1))
    rows, cols = np.nonzero(labels[0])
    k = int(rng.integers(0, len(rows))) if len(rows) else 0
    cy, cx = (rows[k], cols[k]) if len(rows) else (full // 2, full // 2)
    y = int(np.clip(cy - crop // 2 + rng.integers(-crop // 4, crop // 4 + 1), 0, full - crop))
    x = int(np.clip(cx - crop // 2 + rng.integers(-crop // 4, crop // 4 + 1), 0, full - crop))
    images, labels = images[:, y:y + crop, x:x + crop], labels[:, y:y + crop, x:x + crop]
    if crop != side:
        images = np.stack([cv2.resize(i, (side, side), interpolation=cv2.INTER_AREA) for i in images])
        labels = np.stack([cv2.resize(i, (side, side), interpolation=cv2.INTER_NEAREST) for i in labels])
    return images, labels, side / crop


def _jittered_box(mask: np.ndarray, rng: np.random.Generator, jitter: float) -> np.ndarray:
    ys, xs = np.nonzero(mask)
    box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], float)
    extent = np.tile([box[2] - box[0], box[3] - box[1]], 2)
    return np.asarray(box + np.clip(rng.normal(0, jitter, 4), -0.15, 0.15) * extent + rng.normal(0, 0.5, 4))
