"""Write SLEAP projects with a bounding box for each box of a track, and a segmentation mask for each mask.

Projects of boxes have no skeleton and no poses. Source: files that sleap-io 0.9 writes.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from annotator.errors import FormatError
from annotator.formats.base import Abilities
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import Target, Writer, reduced_box
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

ABILITIES = Abilities(masks=True, scores=True, limits=("masks are clipped to the frame",))
_FORMAT = 2.0
_FRAMES = [("frame_id", "<u8"), ("video", "<u4"), ("frame_idx", "<u8"), ("instance_id_start", "<u8"),
           ("instance_id_end", "<u8")]
_INSTANCES = [("instance_id", "<i8"), ("instance_type", "u1"), ("frame_id", "<u8"), ("skeleton", "<u4"),
              ("track", "<i4"), ("from_predicted", "<i8"), ("score", "<f4"), ("point_id_start", "<u8"),
              ("point_id_end", "<u8"), ("tracking_score", "<f4")]
_POINTS = [("x", "<f8"), ("y", "<f8"), ("visible", "?"), ("complete", "?")]
_MASKS = [("height", "<u4"), ("width", "<u4"), ("annotation_type", "u1"), ("video", "<i4"), ("frame_idx", "<i8"),
          ("track", "<i4"), ("instance", "<i4"), ("from_predicted", "<i4"), ("is_predicted", "u1"), ("score", "<f4"),
          ("tracking_score", "<f4"), ("rle_start", "<u8"), ("rle_end", "<u8"), ("scale_x", "<f4"),
          ("scale_y", "<f4"), ("offset_x", "<f4"), ("offset_y", "<f4")]
_SEGMENTATION = 2
_NONE, _UNKNOWN = -1, float("nan")


def require_h5py(path: object) -> None:
    """Raise FormatError if h5py is not installed."""
    if importlib.util.find_spec("h5py") is None:
        raise FormatError(f"{path}: SLEAP projects need h5py, which is not installed; "
                          "pip install 'sam2mot-annotator[tables]'")


class SleapWriter(Writer):
    """Keeps the columns of a video in memory until it ends."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        require_h5py("the export")

    def begin(self, info: SequenceInfo, length: int) -> None:
        if self.options.masks and (info.width <= 0 or info.height <= 0):
            raise FormatError(f"{info.name}: the frame size is unknown, but SLEAP's masks are of whole frames; export "
                              "without masks, or give the size")
        self._tracks: dict[int, int] = {}
        self._boxes: list[tuple[int, int, LabelledBox]] = []
        self._masks: list[tuple[Any, ...]] = []
        self._runs: list[bytes] = []
        self._end = 0
        self._mask_labels: list[str] = []

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            assert box.number is not None
            track = self._tracks.setdefault(box.number, len(self._tracks))
            kept = reduced_box(box, ABILITIES)
            if self.options.masks and box.mask is not None:
                mask = _clipped(box.mask, info)
                if not mask.is_empty():
                    kept = reduced_box(box, ABILITIES, mask=mask)
                    self._mask(info, frame.index, track, kept, mask)
            self._boxes.append((frame.index, track, kept))
            written.append(kept)
        return written

    def _mask(self, info: SequenceInfo, frame: int, track: int, box: LabelledBox, mask: Mask) -> None:
        runs = _runs(mask, info)
        predicted = box.score < 1
        self._masks.append((info.height, info.width, _SEGMENTATION, 0, frame, track, _NONE, _NONE, predicted,
                            box.score if predicted else _UNKNOWN, _UNKNOWN, self._end, self._end + len(runs), 1, 1, 0,
                            0))
        self._runs.append(runs)
        self._end += len(runs)
        self._mask_labels.append(info.labels[box.label])

    def end(self, info: SequenceInfo) -> None:
        import h5py

        with h5py.File(self.target.path(f"{info.name}.slp"), "w") as file:
            group = file.create_group("metadata")
            group.attrs["format_id"] = _FORMAT
            group.attrs["json"] = json.dumps({
                "version": "2.0.0", "skeletons": [], "nodes": [], "videos": [], "tracks": [], "suggestions": [],
                "negative_anchors": {}, "provenance": {}})
            file["videos_json"] = [np.bytes_(json.dumps(_video(info)))]
            _texts(file, "tracks_json", [json.dumps([0, str(number)]) for number in self._tracks])
            _texts(file, "suggestions_json", [])
            frames = sorted({frame for frame, _, _ in self._boxes})
            file["frames"] = np.array([(row, 0, frame, 0, 0) for row, frame in enumerate(frames)], _FRAMES)
            file["instances"] = np.array([], _INSTANCES)
            file["points"] = np.array([], _POINTS)
            file["pred_points"] = np.array([], [*_POINTS, ("score", "<f8")])
            if self._boxes:
                self._write_boxes(file.create_group("bboxes"), info)
            if self._masks:
                file["masks"] = np.array(self._masks, _MASKS)
                file.create_dataset("mask_rle", data=np.frombuffer(b"".join(self._runs), np.uint8), chunks=True,
                                    compression="gzip", compression_opts=1)
                _texts(file, "mask_categories", self._mask_labels)
                for name in ("mask_names", "mask_sources"):
                    _texts(file, name, [""] * len(self._masks))

    def _write_boxes(self, group: Any, info: SequenceInfo) -> None:
        boxes = [box for _, _, box in self._boxes]
        edges = np.array([box.box_xyxy for box in boxes], np.float64)
        scores = np.array([box.score for box in boxes])
        predicted = scores < 1
        for at, name in enumerate(("x1", "y1", "x2", "y2")):
            group[name] = edges[:, at]
        group["angle"] = np.zeros(len(boxes))
        group["video"] = np.zeros(len(boxes), np.int32)
        group["frame_idx"] = np.array([frame for frame, _, _ in self._boxes], np.int64)
        group["track"] = np.array([track for _, track, _ in self._boxes], np.int32)
        group["instance"] = np.full(len(boxes), _NONE, np.int32)
        group["is_predicted"] = predicted.astype(np.uint8)
        group["score"] = np.where(predicted, scores, np.nan).astype(np.float32)
        group["tracking_score"] = np.full(len(boxes), np.nan, np.float32)
        _texts(group, "category", [info.labels[box.label] for box in boxes])
        for name in ("name", "source"):
            _texts(group, name, [""] * len(boxes))


def _video(info: SequenceInfo) -> dict[str, Any]:
    name = f"{info.name}.mp4"
    return {"filename": name, "backend": {
        "type": "MediaVideo", "shape": [info.frame_count, info.height, info.width, 3], "filename": name,
        "grayscale": False, "bgr": True, "dataset": "", "input_format": "", "fps": info.fps}}


def _texts(group: Any, name: str, texts: Sequence[str]) -> None:
    import h5py

    group.create_dataset(name, data=list(texts), shape=(len(texts),), dtype=h5py.string_dtype())


def _clipped(mask: Mask, info: SequenceInfo) -> Mask:
    inside = mask.left >= 0 and mask.top >= 0 and (
        mask.left + mask.width <= info.width and mask.top + mask.height <= info.height)
    return mask if inside else Mask.from_bitmap(mask.to_bitmap(info.width, info.height))


def _runs(mask: Mask, info: SequenceInfo) -> bytes:
    """Lengths of the alternating runs of 0 and 1 of the frame, row by row, starting with 0."""
    values = mask.to_bitmap(info.width, info.height).ravel()
    edges = np.flatnonzero(np.diff(values, prepend=False))
    return np.diff(edges, prepend=0, append=len(values)).astype(np.uint32).tobytes()
