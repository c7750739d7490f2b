"""Ignore regions as boxes that an export marks as not to be counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox
from annotator.model.track import Mark, VideoRecord
from annotator.storage.reader import Reader

#: MOTChallenge's class of what looks like an object and must not count.
DISTRACTOR = "distractor"


@dataclass(frozen=True, slots=True)
class IgnoredBoxes:
    """A video's ignore region: one box per label that it stands for, under a number that no track has, or a box
    without number."""

    first: int
    last: int | None
    boxes: tuple[LabelledBox, ...]

    def at(self, frame: int) -> tuple[LabelledBox, ...]:
        """What is to be ignored in a frame, from 0."""
        return self.boxes if self.first <= frame and (self.last is None or frame <= self.last) else ()


def ignored_boxes(reader: Reader, video: VideoRecord, labels: Sequence[int] | None, masks: bool,
                  ) -> tuple[IgnoredBoxes, ...]:
    """The video's regions for these labels (indices). Numbers follow those of the video's tracks. Without labels, each
    region is one box without number, and its label means nothing.

    Regions are cut at the picture's edges; what lies outside of it is left out.
    """
    number = max((track.number for track in reader.tracks(video.id)), default=0)
    found = []
    for region in reader.ignore_regions(video.id):
        box = region_box(region, video.width, video.height)
        if box is None:
            continue
        mask = region_mask(region, video.width, video.height) if masks else None
        if labels is None:
            found.append(IgnoredBoxes(region.first, region.last, (LabelledBox(None, 0, box, mask=mask, ignored=True),)))
            continue
        boxes = tuple(LabelledBox(number + k, label, box, mask=mask, ignored=True) for k, label in enumerate(labels, 1))
        number += len(labels)
        found.append(IgnoredBoxes(region.first, region.last, boxes))
    return tuple(found)


def region_box(region: Mark, width: int, height: int) -> Box | None:
    """x1, y1, x2, y2 in pixels, right and bottom edge exclusive; a region without corners is the whole picture."""
    corners = region.region or ((0.0, 0.0), (float(width), float(height)))
    xs, ys = ([min(max(corner[axis], 0.0), size) for corner in corners]
              for axis, size in ((0, float(width)), (1, float(height))))
    box = min(xs), min(ys), max(xs), max(ys)
    return box if box[2] > box[0] and box[3] > box[1] else None


def region_mask(region: Mark, width: int, height: int) -> Mask | None:
    """The pixels whose centres the region covers."""
    box = region_box(region, width, height)
    if box is None:
        return None
    left, top, right, bottom = math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]), math.ceil(box[3])
    corners = np.array(region.region or [(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    bitmap = np.zeros((bottom - top, right - left), np.uint8)
    # Pixel k's centre lies at k + 0.5; OpenCV counts from centres, and in 1/256 of a pixel with this shift.
    points = np.round((corners - (left + 0.5, top + 0.5)) * 256).astype(np.int32)
    cv2.fillPoly(bitmap, [points], 1, shift=8)
    return Mask.from_bitmap(bitmap.astype(bool), left=left, top=top) if bitmap.any() else None
