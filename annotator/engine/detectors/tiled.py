"""Run a detector on tiles of an image, to find objects that are too small when a large image is downscaled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from annotator.engine.base import Detector
from annotator.engine.detectors.nms import suppress
from annotator.model.box import FloatArray, box_area, intersection_area
from annotator.model.frame import Detections, Frame, Image

#: A box closer than this many pixels to a tile's inner edge counts as cut off there.
_EDGE = 2.0
#: A cut-off box with more than this fraction inside a whole box of its class is a piece of that object.
_PIECE = 0.6


class TiledDetector:
    """Runs another detector on overlapping tiles and on the whole image, and merges the results.

    The whole image contributes objects larger than a tile. A box cut off by a tile is dropped if the whole object was
    found in another tile or in the whole image.
    """

    def __init__(self, detector: Detector, side: int, overlap: float = 0.2, nms_overlap: float = 0.5,
                 agnostic: bool = False) -> None:
        """``side``: side of the square tiles in pixels. ``overlap``: minimum fraction of a tile shared with its
        neighbour. ``nms_overlap``: boxes of one class (of any, with ``agnostic``) that overlap more (IoU) are one
        object.
        """
        self._detector = detector
        self._side, self._overlap = side, overlap
        self._nms_overlap, self._agnostic = nms_overlap, agnostic
        self.name = detector.name
        self.labels: tuple[str, ...] = detector.labels

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `annotator.engine.base.Detector`."""
        return [self._detect(frame) for frame in frames]

    def _detect(self, frame: Frame) -> Detections:
        height, width = frame.image.shape[:2]
        corners = [(x, y) for y in tile_starts(height, self._side, self._overlap)
                   for x in tile_starts(width, self._side, self._overlap)]
        whole = self._detector.detect([frame])[0]
        if len(corners) == 1:
            return whole
        tiles = [Frame(frame.index, self._tile(frame.image, x, y), frame.time) for x, y in corners]
        parts, cut = [whole], [np.zeros(len(whole), bool)]
        for (x, y), tile, found in zip(corners, tiles, self._detector.detect(tiles), strict=True):
            size = tile.image.shape[1], tile.image.shape[0]
            cut.append(_cut_off(found.box_xyxy, (x, y), size, (width, height)))
            moved = found.box_xyxy + np.array([x, y, x, y], np.float32)
            parts.append(Detections(moved, found.score, found.label))
        return self._join(parts, np.concatenate(cut))

    def _tile(self, image: Image, x: int, y: int) -> Image:
        return np.ascontiguousarray(image[y:y + self._side, x:x + self._side])

    def _join(self, parts: list[Detections], cut: npt.NDArray[np.bool_]) -> Detections:
        """Keep whole boxes, and pieces that belong to none of them."""
        together = Detections(np.concatenate([p.box_xyxy for p in parts]), np.concatenate([p.score for p in parts]),
                              np.concatenate([p.label for p in parts]))
        whole = self._suppress(together[~cut])
        pieces = together[cut]
        share = intersection_area(pieces.box_xyxy, whole.box_xyxy) / np.maximum(box_area(pieces.box_xyxy), 1)[:, None]
        if not self._agnostic:
            share = share * (pieces.label[:, None] == whole.label[None])
        loose = np.asarray((share <= _PIECE).all(1))
        pieces = self._suppress(pieces[loose])
        joined = Detections(np.concatenate([whole.box_xyxy, pieces.box_xyxy]),
                            np.concatenate([whole.score, pieces.score]), np.concatenate([whole.label, pieces.label]))
        return joined[np.argsort(-joined.score, kind="stable")]

    def _suppress(self, found: Detections) -> Detections:
        groups = None if self._agnostic else found.label
        return found[suppress(found.box_xyxy, found.score, groups, self._nms_overlap)]


def tile_starts(length: int, side: int, overlap: float) -> list[int]:
    """Return the first pixels of evenly spaced tiles that cover ``length`` pixels and share at least ``overlap``."""
    if length <= side:
        return [0]
    stride = max(1, int(side * (1 - overlap)))
    count = -(-(length - side) // stride) + 1
    return [round(k * (length - side) / (count - 1)) for k in range(count)]


def _cut_off(box_xyxy: FloatArray, corner: tuple[int, int], size: tuple[int, int], frame_size: tuple[int, int],
             ) -> npt.NDArray[np.bool_]:
    """Return which boxes (in tile pixels) end at an edge of the tile that is not an edge of the image."""
    cut = np.zeros(len(box_xyxy), bool)
    for axis in (0, 1):
        if corner[axis] > 0:
            cut |= box_xyxy[:, axis] < _EDGE
        if corner[axis] + size[axis] < frame_size[axis]:
            cut |= box_xyxy[:, axis + 2] > size[axis] - _EDGE
    return cut
