"""Convert ignore regions to the boxes that an export marks as ignored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.native import fill_polygon
from annotator.model.sequence import LabelledBox
from annotator.model.track import Mark, VideoRecord
from annotator.storage.reader import Reader

#: MOTChallenge's class for things that resemble objects but are not scored.
DISTRACTOR = "distractor"


@dataclass(frozen=True, slots=True)
class IgnoredBoxes:
    """An ignore region of a video: one box per label, with a track number that no track uses, or one box without a
    number."""

    first: int
    last: int | None
    boxes: tuple[LabelledBox, ...]

    def at(self, frame: int) -> tuple[LabelledBox, ...]:
        """Return the ignored boxes in a frame (from 0)."""
        return self.boxes if self.first <= frame and (self.last is None or frame <= self.last) else ()


def ignored_boxes(reader: Reader, video: VideoRecord, labels: Sequence[int] | None, masks: bool,
                  ) -> tuple[IgnoredBoxes, ...]:
    """Return the video's regions as boxes of these labels (indices), numbered after the video's tracks. If ``labels``
    is None, each region is one box without a number, and its label is meaningless.

    Regions are clipped to the frame; those entirely outside are skipped.
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
    """Return x1, y1, x2, y2 in pixels, right and bottom exclusive; a region without corners is the whole frame."""
    corners = region.region or ((0.0, 0.0), (float(width), float(height)))
    xs, ys = ([min(max(corner[axis], 0.0), size) for corner in corners]
              for axis, size in ((0, float(width)), (1, float(height))))
    box = min(xs), min(ys), max(xs), max(ys)
    return box if box[2] > box[0] and box[3] > box[1] else None


def region_mask(region: Mark, width: int, height: int) -> Mask | None:
    """Return the mask of the pixels whose centres the region covers."""
    box = region_box(region, width, height)
    if box is None:
        return None
    left, top, right, bottom = math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]), math.ceil(box[3])
    corners = np.array(region.region or [(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    bitmap = np.zeros((bottom - top, right - left), np.uint8)
    # The centre of pixel k is at k + 0.5, but OpenCV puts it at k.
    fill_polygon(bitmap, corners - (left + 0.5, top + 0.5), 1, subpixels=8)
    return Mask.from_bitmap(bitmap.astype(bool), left=left, top=top) if bitmap.any() else None
