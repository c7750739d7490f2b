"""What the tiny SAM 2 learns from: batches of synthetic clips, rendered as they are needed."""

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

from testbed.synthetic_clips import Clip, make_clip, training_spec

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

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage, self.seed = stage, seed

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        return batches(self.stage, self.seed)


def batches(stage: Stage, seed: int) -> Iterator[Batch]:
    """Endless random batches of this stage."""
    rng = np.random.default_rng(seed)
    clip_seed = seed
    while True:
        images: list[np.ndarray] = []
        masks: list[np.ndarray] = []
        shares: list[np.ndarray] = []
        boxes: list[np.ndarray] = []
        boxes_again: list[np.ndarray] = []
        clip_of: list[int] = []
        start = int(rng.integers(0, stage.unlearned + 1))
        frames = start + stage.frames
        again = int(rng.integers(2, frames - 1)) if stage.frames > 4 and rng.random() < PROMPTED_AGAIN else 0
        ago = int(rng.integers(1, LONGEST_AGO)) if frames > 1 and rng.random() < PROMPTED_LONG_AGO else 0
        while len(images) < stage.clips:
            clip_seed += 1
            stride = int(rng.choice(stage.strides))
            clip = make_clip(training_spec(rng, frames, stride=stride), clip_seed)
            if rng.random() < COMPRESSED:
                clip = replace(clip, images=compressed(clip.images, int(rng.integers(QUALITY[0], QUALITY[1] + 1))))
            for _ in range(1 if stage.side == 256 else 2):  # two crops of what took long to render
                picked = _pick(clip, stage, again, rng)
                if picked is None or len(images) == stage.clips:
                    continue
                pictures, clip_masks, clip_shares, clip_boxes, clip_boxes_again = picked
                clip_of += [len(images)] * len(clip_boxes)
                images.append(pictures)
                masks.append(clip_masks)
                shares.append(clip_shares)
                boxes.append(clip_boxes)
                boxes_again.append(clip_boxes_again)
        pixels = torch.from_numpy(np.stack(images)).permute(0, 1, 4, 2, 3).float() / 255
        yield Batch((pixels - MEAN) / STD, torch.from_numpy(np.concatenate(masks)).float(),
                    torch.from_numpy(np.concatenate(shares)).float(),
                    torch.from_numpy(np.concatenate(boxes)).float().view(-1, 2, 2), torch.tensor(clip_of),
                    torch.from_numpy(np.concatenate(boxes_again)).float().view(-1, 2, 2), again, start, ago)


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


def _pick(clip: Clip, stage: Stage, again: int, rng: np.random.Generator) -> tuple[np.ndarray, ...] | None:
    images, labels, areas = clip.images, clip.instances, clip.areas.astype(float)
    if rng.random() < 0.5:
        images, labels, areas = images[::-1], labels[::-1], areas[::-1]
    if stage.side < images.shape[1]:
        images, labels, zoom = _reduce(images, labels, stage.side, rng)
        areas = areas * zoom ** 2
    if rng.random() < 0.5:
        images, labels = images[:, :, ::-1], labels[:, :, ::-1]
    if rng.random() < 0.5:
        images, labels = images.transpose(0, 2, 1, 3), labels.transpose(0, 2, 1)
    images = np.ascontiguousarray(images[..., rng.permutation(3)])
    masks = labels[:, None] == np.arange(1, clip.object_count + 1)[None, :, None, None]
    visible = masks.sum((2, 3))
    shows = (visible[[0, again]] >= 24) & (visible[[0, again]] >= 0.15 * areas[[0, again]])
    first = np.flatnonzero(shows.all(0))
    if not len(first):
        return None
    # Objects that will be hidden, or hide others, teach most: take them first.
    # Of single pictures any object will do.
    spread = 0.6 if len(labels) > 1 else 10.0
    drama = (visible / np.maximum(areas, 1)).min(0)[first] + rng.uniform(0, spread, len(first))
    chosen = first[np.argsort(drama)][: stage.objects]
    boxes, boxes_again = (np.stack([_jittered_box(masks[t, n], rng) for n in chosen]) for t in (0, again))
    return (images, masks[:, chosen].transpose(1, 0, 2, 3), (visible / np.maximum(areas, 1))[:, chosen].T, boxes,
            boxes_again)


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


def _jittered_box(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    ys, xs = np.nonzero(mask)
    box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], float)
    extent = np.tile([box[2] - box[0], box[3] - box[1]], 2)
    return np.asarray(box + np.clip(rng.normal(0, 0.05, 4), -0.15, 0.15) * extent + rng.normal(0, 0.5, 4))
