"""How well a segmenter follows objects of real sequences: one box in the first frame, then its own memory alone.

    python -m benchmarks.vos --data ../shared/data/davis_val --frames 30 --json
    python -m benchmarks.vos --data DIR --segmenter old.pt --segmenter ~/models/sam2.1_hiera_tiny.pt

DIR holds a folder per sequence, with frames NAME.jpg and beside each its mask NAME.png: 0 for background, the objects
as 1 and above. Every object of the first frame is prompted with the box of its true mask; there is no detector, no
second prompt and no interaction between objects. J and F are DAVIS's, at the size of the frames. `j_mean` and `jf_mean`
are means over objects of their means over all frames, the prompt's own included; `j_by_frames` are means over masks so
many frames after the prompt. `still-box` is no model: the prompt's box, filled, in every frame.

``--between 30`` measures the filling of gaps instead: the true masks of the first frame and of the one 30 frames later
are the user's, and the frames between them are found `from_start` (forward from the first mask alone), `from_end`
(backward from the second), `from_both` (both directions with their own memories, meeting where they agree best, as the
program does with built-in weights) and `from_both_memories` (each direction remembers the far mask too, as it does with
all others). Figures are mean J over objects;
`worst_tenth` is the mean of the lowest tenth of the frames.

Beside these stand the published figures of SAM 2.1, which are of longer sequences of other collections, prompted with
the true mask: they say how the sizes compare, and nothing about DIR.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch.nn.functional as F
from PIL import Image as Pillow

from annotator.engine import registry
from annotator.engine.base import Segmenter
from annotator.engine.gap_filling import Gap, Meeting, fill_gaps
from annotator.engine.repropagation import PromptedObject, repropagate
from annotator.engine.segmenters.sam2 import Sam2Segmenter
from annotator.engine.settings import Sam2MotSettings
from annotator.errors import UserError
from annotator.model.cancel import CancelToken
from annotator.model.frame import Frame, FrameResult, Image
from annotator.model.mask import Mask
from annotator.model.prompt import Prompt
from annotator.resources import resource_path
from annotator.video.reader import VideoReader
from benchmarks.harness.results import emit, environment, progress
from benchmarks.measures.masks import Bitmap, boundary_accuracy, region_similarity

Box = tuple[float, float, float, float]
Labels = npt.NDArray[np.uint8]
#: First and last frame after the prompt, by the name that the figures go by.
AGES = {"0": (0, 0), "1": (1, 1), "2-5": (2, 5), "6-15": (6, 15), "16+": (16, 10**9)}
#: Objects smaller than this in the first frame are not asked for, in pixels.
LEAST_PIXELS = 30
#: J&F on SA-V test, MOSE val and LVOS v2, as the package's own README has it.
PUBLISHED = {"sam2.1-tiny": (76.5, 71.8, 77.3), "sam2.1-small": (76.6, 73.5, 78.3),
             "sam2.1-base+": (78.2, 73.7, 78.2), "sam2.1-large": (79.5, 74.6, 80.6)}


@dataclass(frozen=True, slots=True)
class Sequence:
    """Frames and true masks, read as they are wanted."""

    name: str
    pictures: tuple[Path, ...]

    def frames(self) -> Iterator[tuple[Image, Labels | None]]:
        """Picture and labels of each frame; no labels where a frame has no mask."""
        for path in self.pictures:
            labels = path.with_suffix(".png")
            yield read(path, "RGB"), read(labels) if labels.exists() else None

    def boxes(self) -> dict[int, Box]:
        """Tight boxes of the first frame's objects, right and bottom exclusive."""
        labels = read(self.pictures[0].with_suffix(".png"))
        found: dict[int, Box] = {}
        for number in (int(n) for n in np.unique(labels[labels > 0])):
            mask = labels == number
            if mask.sum() >= LEAST_PIXELS:
                columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
                found[number] = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
        return found


class Follower(Protocol):
    """What finds objects in every frame from their boxes in the first."""

    def start(self, width: int, height: int, frame_count: int, boxes: Mapping[int, Box]) -> None: ...

    def find(self, index: int, image: Image) -> dict[int, Bitmap]:
        """Masks of all objects in the next frame."""


class StillBox:
    """Finds objects where their boxes were."""

    def start(self, width: int, height: int, frame_count: int, boxes: Mapping[int, Box]) -> None:
        self._masks: dict[int, Bitmap] = {}
        for number, (x0, y0, x1, y1) in boxes.items():
            mask = np.zeros((height, width), np.bool_)
            mask[round(y0):round(y1), round(x0):round(x1)] = True
            self._masks[number] = mask

    def find(self, index: int, image: Image) -> dict[int, Bitmap]:
        return self._masks


class Remembering:
    """A segmenter that is told every box once."""

    def __init__(self, segmenter: Sam2Segmenter) -> None:
        self._segmenter = segmenter

    def start(self, width: int, height: int, frame_count: int, boxes: Mapping[int, Box]) -> None:
        self._size, self._boxes = (height, width), boxes
        self._segmenter.start(width, height, frame_count)

    def find(self, index: int, image: Image) -> dict[int, Bitmap]:
        features = self._segmenter.encode(Frame(index, image, 0.0))
        if index == 0:
            found = self._segmenter.prompt(features, {n: Prompt(0, box) for n, box in self._boxes.items()})
        else:
            found = self._segmenter.predict(features, list(self._boxes))
        self._segmenter.memorise(features, found)
        masks = F.interpolate(found.logits[:, None].float(), self._size, mode="bilinear", align_corners=False)[:, 0] > 0
        return dict(zip(found.object_ids, masks.cpu().numpy(), strict=True))


class EncodedOnce:
    """A segmenter that encodes each frame of a sequence once, however often it is gone through."""

    def __init__(self, segmenter: Sam2Segmenter) -> None:
        self._segmenter = segmenter
        self._features: dict[int, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._segmenter, name)

    def encode(self, frame: Frame) -> Any:
        if frame.index not in self._features:
            self._features[frame.index] = self._segmenter.encode(frame)
        return self._features[frame.index]


class Pictures(VideoReader):
    """The frames of a sequence as a video."""

    def __init__(self, sequence: Sequence) -> None:
        self._paths = sequence.pictures
        height, width = read(self._paths[0], "RGB").shape[:2]
        info: Any = SimpleNamespace(frame_count=len(self._paths), name=sequence.name, width=width, height=height,
                                    times=np.arange(len(self._paths)) / 24.0)
        super().__init__(info, [])

    def _picture(self, index: int) -> Image:
        return read(self._paths[index], "RGB")

    def duplicate(self) -> VideoReader:
        raise NotImplementedError("one thread reads the pictures")


def between(segmenter: Sam2Segmenter, settings: Sam2MotSettings, wanted: list[Sequence], length: int) -> dict[str, Any]:
    """Mean J in the frames between two true masks, by how they are filled."""
    scores: dict[str, list[list[float]]] = {}
    agreements: list[float] = []
    for sequence in wanted:
        truth = [labels for _, labels in sequence.frames() if labels is not None]
        if len(truth) <= length:
            continue
        encoded: Any = EncodedOnce(segmenter)
        for number in sequence.boxes():
            ends = [_mask_of(truth[frame], number) for frame in (0, length)]
            if ends[0] is None or ends[1] is None:
                continue
            gap = Gap(1, 0, Prompt(0, mask=ends[0]), Prompt(length, mask=ends[1]))
            for name, found in _filled(encoded, settings, sequence, gap, agreements).items():
                scores.setdefault(name, []).append([
                    region_similarity(found.get(frame, np.zeros(truth[frame].shape, np.bool_)), truth[frame] == number)
                    for frame in range(1, length)])
        progress(f"  {sequence.name}: " + ", ".join(f"{name} {np.mean(each[-1]):.3f}" for name, each in scores.items()))
    every = {name: np.sort(np.concatenate(each)) for name, each in scores.items()}
    worst = {name: each[:max(len(each) // 10, 1)].mean() for name, each in every.items()}
    return {"objects": len(next(iter(scores.values()), [])),
            "j_mean": {name: round(float(np.mean([np.mean(row) for row in each])), 4) for name, each in scores.items()},
            "worst_tenth": {name: round(float(value), 4) for name, value in worst.items()},
            "agreement": round(float(np.mean(agreements)), 4) if agreements else None}


def _mask_of(labels: Labels, number: int) -> Mask | None:
    if int((labels == number).sum()) < LEAST_PIXELS:
        return None
    return Mask.from_bitmap(labels == number)


def _filled(segmenter: Segmenter, settings: Sam2MotSettings, sequence: Sequence, gap: Gap,
            agreements: list[float]) -> dict[str, dict[int, Bitmap]]:
    """Way of filling -> frame -> mask."""
    length, cancel = gap.last.frame_index, CancelToken()
    with Pictures(sequence) as reader:
        size = reader.info.width, reader.info.height

        def bitmaps(results: Iterator[FrameResult]) -> dict[int, Bitmap]:
            return {result.frame_index: thing.mask.to_bitmap(*size) for result in results for thing in result.objects
                    if thing.mask is not None}

        def one_end(prompt: Prompt) -> dict[int, Bitmap]:
            thing = PromptedObject(1, 0, (prompt,), 0, length)
            return bitmaps(repropagate(reader, segmenter, [thing], lambda _: [], cancel, settings))

        meetings: list[Meeting] = []
        found = {"from_start": one_end(gap.first), "from_end": one_end(gap.last)}
        for name, far in (("from_both", False), ("from_both_memories", True)):
            found[name] = bitmaps(fill_gaps(reader, segmenter, [gap], lambda _: [], cancel, settings, meetings, far))
        agreements.append(meetings[-1].agreement)
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """How well one object was found in one frame."""

    sequence: str
    number: int
    age: int
    """Frames since the prompt."""
    j: float
    f: float


def sequences(data: Path, frames: int, only: str = "") -> list[Sequence]:
    """Sequences with a mask in the first frame, cut to so many frames. Raises UserError where there is none."""
    names = [name for name in only.split(",") if name]
    found = []
    for folder in sorted(p for p in data.iterdir() if p.is_dir()) if data.is_dir() else []:
        pictures = tuple(sorted(folder.glob("*.jpg")))[:frames]
        wanted = not names or any(folder.name.endswith(name) for name in names)
        if wanted and pictures and pictures[0].with_suffix(".png").exists():
            found.append(Sequence(folder.name, pictures))
    if not found:
        raise UserError(f"{data} has no sequence to measure: it needs folders with frames NAME.jpg and masks NAME.png "
                        "beside them, one for the first frame at least")
    return found


def follow(follower: Follower, sequence: Sequence) -> tuple[list[Row], float]:
    """Scores of every object and frame that has a true mask, and the seconds that following took."""
    rows, seconds, boxes = [], 0.0, sequence.boxes()
    for index, (image, labels) in enumerate(sequence.frames()):
        began = time.perf_counter()
        if index == 0:
            follower.start(image.shape[1], image.shape[0], len(sequence.pictures), boxes)
        masks = follower.find(index, image)
        seconds += time.perf_counter() - began
        if labels is not None:
            rows += [Row(sequence.name, number, index, region_similarity(mask, labels == number),
                         boundary_accuracy(mask, labels == number)) for number, mask in masks.items()]
    return rows, seconds


def summary(rows: list[Row], fps: float) -> dict[str, Any]:
    """The figures of one model."""
    objects: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        objects.setdefault((row.sequence, row.number), []).append(row)
    j = [float(np.mean([r.j for r in each])) for each in objects.values()]
    f = [float(np.mean([r.f for r in each])) for each in objects.values()]
    by_age = {name: [r.j for r in rows if first <= r.age <= last] for name, (first, last) in AGES.items()}
    return {"j_mean": round(float(np.mean(j)), 4), "jf_mean": round(float(np.mean(j) + np.mean(f)) / 2, 4),
            "j_by_frames": {name: round(float(np.mean(v)), 4) if v else None for name, v in by_age.items()},
            "fps": round(fps, 2)}


def measure(follower: Follower, wanted: list[Sequence]) -> dict[str, Any]:
    """Follow all sequences."""
    rows, seconds, frames = [], 0.0, 0
    for sequence in wanted:
        more, taken = follow(follower, sequence)
        rows += more
        seconds, frames = seconds + taken, frames + len(sequence.pictures)
        progress(f"  {sequence.name}: J {np.mean([r.j for r in more]):.3f}, F {np.mean([r.f for r in more]):.3f}")
    return summary(rows, frames / max(seconds, 1e-9))


def read(path: Path, mode: str | None = None) -> npt.NDArray[np.uint8]:
    """A picture's pixels, or the numbers of a mask's palette."""
    with Pillow.open(path) as file:
        return np.array(file if mode is None else file.convert(mode), np.uint8)


def table(models: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures to look at."""
    lines = [f"{'':16}{'J':>7}{'J&F':>7}" + "".join(f"{age:>7}" for age in AGES) + f"{'fps':>8}"]
    for name, each in models.items():
        ages = "".join("      -" if v is None else f"{v:7.3f}" for v in each["j_by_frames"].values())
        lines.append(f"{name:16}{each['j_mean']:7.3f}{each['jf_mean']:7.3f}{ages}{each['fps']:8.1f}")
    lines.append("\nPublished J&F, prompted with masks:   SA-V test  MOSE val  LVOS v2")
    lines += [f"{name:38}{a:9.1f}{b:10.1f}{c:9.1f}" for name, (a, b, c) in PUBLISHED.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of sequences")
    parser.add_argument("--frames", type=int, default=30, help="frames of each sequence")
    parser.add_argument("--only", default="", help="sequences whose names end so, comma between them")
    parser.add_argument("--segmenter", type=Path, action="append", default=[], metavar="FILE",
                        help="one more sam2 or sam2.1 checkpoint; may be given again")
    parser.add_argument("--between", type=int, metavar="N", help="fill the gap between two true masks N frames apart")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        wanted = sequences(args.data, args.frames, args.only)
        files = {name: resource_path(f"models/{name}.pt") for name in ("tiny-sam2", "tiny-sam2-drawn")}
        files |= {path.stem if path.stem not in files else str(path): path for path in args.segmenter}
        models: dict[str, Any] = {}
        if args.between is not None:
            wanted = sequences(args.data, args.between + 1, args.only)
            gaps = {name: between(Sam2Segmenter.load(path, args.device), registry.sam2mot_settings(name), wanted,
                                  args.between) for name, path in files.items()}
            print(json.dumps(gaps, indent=2)) if not args.json else emit(
                {"between": args.between, "gaps": gaps, "environment": environment()})
            return
        for name, path in files.items():
            progress(name)
            models[name] = measure(Remembering(Sam2Segmenter.load(path, args.device)), wanted)
        progress("still-box")
        models["still-box"] = measure(StillBox(), wanted)
    except UserError as error:
        raise SystemExit(str(error)) from error
    if args.json:
        emit({"models": models, "environment": environment()})
    else:
        print(table(models))


if __name__ == "__main__":
    main()
