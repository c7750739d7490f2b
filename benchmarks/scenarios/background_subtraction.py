"""Detect objects in a video from a static camera by background subtraction, without a model.

    python -m benchmarks.scenarios.background_subtraction VIDEO --out det.txt

The background is the median of frames that differ from each other as much as possible, so that an object that rests for
most of the video does not become background. A region that differs from the background by more than the noise is an
object if its core differs strongly (threshold by Otsu, 1979). Touching objects are separated between their cores. No
parameter is fitted to a particular video; the defaults are relative to the frame size.
"""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from annotator.errors import UserError
from annotator.model.frame import Detections, Image
from annotator.video import VideoReader, open_video

log = logging.getLogger("background_subtraction")


@dataclass(frozen=True)
class Settings:
    """Parameters; lengths are relative to the frame's height, areas to its area."""

    candidates: int = 240
    """Number of evenly spaced frames from which the background's frames are selected."""
    samples: int = 41
    """Number of frames in the background's median."""
    noise_factor: float = 6.0
    """Minimum difference of an object's extent, in standard deviations of the noise."""
    lowest_threshold: float = 12.0
    """Minimum difference of an object's extent in grey levels, regardless of the measured noise."""
    smooth: float = 0.002
    """Standard deviation of the blur before thresholding."""
    close: float = 0.008
    """Maximum width of gaps to fill inside an object's core."""
    smallest: float = 0.0002
    """Smaller cores are noise."""
    largest: float = 0.25
    """Larger regions are lighting changes."""
    lesser_core: float = 0.3
    """A core smaller than this fraction of the largest core in its region is a part of that object."""


@dataclass(frozen=True)
class Scene:
    """Background and thresholds of a video."""

    background: Image
    """(H, W, 3) uint8 RGB."""
    extent_threshold: float
    """Grey levels above which a difference is not noise."""
    core_threshold: float
    """Grey levels above which a difference certainly belongs to an object."""


def spread_frames(video: VideoReader, settings: Settings) -> list[Image]:
    """Return frames of the video, each the most different from the earlier ones among evenly spaced candidates."""
    step = max(1, len(video) // settings.candidates)
    table = np.stack([cv2.resize(frame.image, (96, 96), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
                      for frame in video.frames(step=step)])
    selected = [0]
    distance = ((table - table[0]) ** 2).sum(1)
    while len(selected) < min(settings.samples, len(table)):
        selected.append(int(distance.argmax()))
        distance = np.minimum(distance, ((table - table[selected[-1]]) ** 2).sum(1))
    return [video.read(step * k).image for k in sorted(selected)]


def difference(image: Image, background: Image, settings: Settings) -> Image:
    """Return the largest difference over the colour channels, slightly blurred: (H, W) uint8."""
    worst = cv2.absdiff(image, background).max(2)
    return np.asarray(cv2.GaussianBlur(worst, (0, 0), max(settings.smooth * len(background), 0.5)), np.uint8)


def study(video: VideoReader, settings: Settings) -> Scene:
    """Compute background and thresholds of a video."""
    frames = spread_frames(video, settings)
    background = np.median(np.stack(frames), axis=0).astype(np.uint8)
    pooled = np.concatenate([difference(image, background, settings)[::2, ::2].ravel() for image in frames])
    sigma = 1.4826 * float(np.median(pooled))  # the median of absolute differences
    extent = max(settings.lowest_threshold, settings.noise_factor * sigma)
    above = pooled[pooled >= extent]
    # Objects cover a small part of the frame; without most of the noise, Otsu's classes have similar sizes.
    core = float(cv2.threshold(above.reshape(1, -1), 0, 255, cv2.THRESH_OTSU)[0]) if len(above) else extent
    log.info("background of %d frames; thresholds %.0f and %.0f grey levels", len(frames), extent, core)
    return Scene(background, extent, max(core, extent))


def detect(image: Image, scene: Scene, settings: Settings) -> Detections:
    """Return one box per core. Its score is half the core's mean difference divided by the threshold, at most 1."""
    differing = difference(image, scene.background, settings)
    height, width = differing.shape
    side = max(1, round(settings.close * height)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    sure = (differing > scene.core_threshold).astype(np.uint8)
    core = np.asarray(cv2.morphologyEx(sure, cv2.MORPH_CLOSE, kernel), np.uint8)
    cores, core_stats = _components(core)
    extent = ((differing > scene.extent_threshold) | (core > 0)).astype(np.uint8)
    regions, region_stats = _components(extent)
    boxes, scores = [], []
    for region, members in _cores_by_region(cores, core_stats, regions, settings).items():
        left, top, wide, high, area = (int(v) for v in region_stats[region])
        if area > settings.largest * width * height:
            continue
        window = np.s_[top:top + high, left:left + wide]
        owner = _nearest(cores[window], members)
        for member in members:
            ys, xs = np.nonzero((regions[window] == region) & (owner == member))
            boxes.append((left + xs.min(), top + ys.min(), left + xs.max() + 1, top + ys.max() + 1))
            strength = float(differing[window][cores[window] == member].mean())
            scores.append(min(1.0, 0.5 * strength / scene.core_threshold))
    return Detections.of(boxes, scores)


def _components(mask: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return (H, W) the number of each pixel's connected component, 0 for the background, and (N, 5) their OpenCV
    statistics."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _cores_by_region(cores: npt.NDArray[np.int32], stats: npt.NDArray[np.int32], regions: npt.NDArray[np.int32],
                     settings: Settings) -> dict[int, list[int]]:
    """Return the cores that are objects, by region."""
    areas = stats[:, cv2.CC_STAT_AREA]
    found: dict[int, list[int]] = {}
    for core in range(1, len(stats)):
        if areas[core] < settings.smallest * cores.size:
            continue
        left, top, wide, high = stats[core, :4]
        window = np.s_[top:top + high, left:left + wide]
        region = int(regions[window][cores[window] == core][0])
        found.setdefault(region, []).append(core)
    return {region: [c for c in members if areas[c] >= settings.lesser_core * max(areas[m] for m in members)]
            for region, members in found.items()}


def _nearest(cores: npt.NDArray[np.int32], members: list[int]) -> npt.NDArray[np.int32]:
    """Return the nearest of these cores for each pixel."""
    if len(members) == 1:
        return np.full(cores.shape, members[0], np.int32)
    distances = [cv2.distanceTransform((cores != member).astype(np.uint8), cv2.DIST_L2, 5) for member in members]
    return np.asarray(np.asarray(members, np.int32)[np.argmin(np.stack(distances), 0)], np.int32)


def rows(frame_index: int, found: Detections) -> list[str]:
    """Return MOTChallenge detection rows."""
    return [f"{frame_index + 1},-1,{x1:g},{y1:g},{x2 - x1:g},{y2 - y1:g},{score:.4f},-1,-1,-1"
            for (x1, y1, x2, y2), score in zip(found.box_xyxy.tolist(), found.score.tolist(), strict=True)]


def run(path: Path, out: Path, settings: Settings) -> int:
    """Write the detections of all frames; returns their number."""
    total = 0
    partial = out.with_suffix(out.suffix + ".part")
    with open_video(path) as video, partial.open("w", encoding="utf-8") as file:
        scene = study(video, settings)
        for frame in video.frames():
            lines = rows(frame.index, detect(frame.image, scene, settings))
            total += len(lines)
            file.writelines(line + "\n" for line in lines)
        log.info("%d detections in %d frames written to %s", total, len(video), out)
    partial.replace(out)
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = parser.parse_args()
    try:
        run(args.video, args.out, Settings())
    except UserError as error:
        log.error("%s", error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
