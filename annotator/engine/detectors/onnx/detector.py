"""Detectors in ONNX files, of the layouts that `annotator.engine.detectors.onnx.layouts` recognises."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from annotator.engine.detectors.coco_labels import COCO_LABELS
from annotator.engine.detectors.nms import suppress
from annotator.engine.detectors.onnx.heads import Head, Outputs
from annotator.engine.detectors.onnx.intake import FloatArray
from annotator.engine.detectors.onnx.layouts import UnverifiedLayoutError, extra_inputs, recognise
from annotator.errors import ModelError, SettingsError
from annotator.model.frame import Detections, Frame, Image

logger = logging.getLogger(__name__)

#: Input side of networks with a dynamic input size.
_DYNAMIC_SIDE = 640
#: Maximum number of candidates passed to the suppression.
_CANDIDATES = 1000
_MIN_SIDE = 32
_KNOWN = ("Give a detector of Ultralytics (YOLOv5, v8, 11, 26), YOLOX, YOLOv6, YOLOv7 with suppression, YOLO-NAS, "
          "RT-DETR, D-FINE, DEIM, RF-DETR, Hugging Face, torchvision, NanoDet or FastestDet")


class OnnxDetector:
    """An ONNX network as an `annotator.engine.base.Detector`."""

    def __init__(self, path: Path, *, device: str = "cpu", classes: Sequence[str] | None = None,
                 class_names: Sequence[str] | None = None, score_floor: float = 0.05, nms_overlap: float | None = None,
                 agnostic: bool = False, threads: int = 0) -> None:
        """``classes`` keeps only these (``labels`` then equals them, in this order). ``class_names`` are those of the
        network in its order; without them, they are those in the file, or COCO's for a network with 80 classes, and,
        with a warning, for one that does not say how many it has. ``score_floor`` is the minimum score;
        ``nms_overlap`` (IoU) replaces the family's default; ``agnostic`` makes the suppression ignore classes;
        ``threads`` is the number of CPU threads per frame, 0 for all. ``device`` is "cpu", "cuda" or "cuda:1"; if this
        onnxruntime has no CUDA, the CPU is used with a warning.

        Raises ModelError if the file is missing, damaged or of an unknown family; SettingsError for unknown classes.
        """
        self.name = str(path)
        self._path = path
        self._session = _open(path, device, threads)
        self._inputs = tuple(each.name for each in self._session.get_inputs())
        self._rank = len(self._session.get_inputs()[0].shape)
        self._head = self._recognise()
        names = _class_names(self._head, class_names, path)
        kept = tuple(classes) if classes is not None else tuple(name for name in names if name is not None)
        unknown = [name for name in kept if name not in names]
        if unknown:
            there = [name for name in names if name is not None]
            raise SettingsError(f"{path} has no class {unknown[0]!r}; its classes: {', '.join(there[:8])}"
                                f"{', ...' if len(there) > 8 else ''}")
        self.labels: tuple[str, ...] = kept
        #: Label index of each network class; -1 for unwanted classes.
        self._label_of = np.array([kept.index(name) if name in kept else -1 for name in names], np.int32)
        self._floor = score_floor
        self._overlap = self._head.nms_overlap if nms_overlap is None else nms_overlap
        self._agnostic = agnostic

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `annotator.engine.base.Detector`."""
        return [self._detect(frame.image) for frame in frames]

    def _detect(self, image: Image) -> Detections:
        if not image.size:
            return Detections.empty()
        pixels, placement = self._head.prepare(image)
        boxes, scores = self._head.decode(self._run(pixels, self._head.extra_inputs))
        if scores.shape[1] > len(self._label_of):
            raise ModelError(f"{self._path} found class number {scores.shape[1] - 1}, but only {len(self._label_of)} "
                             "classes are named: give them with --class-names")
        best = scores.argmax(1)
        score, label = scores[np.arange(len(scores)), best], self._label_of[best]
        with np.errstate(invalid="ignore"):
            keep = np.flatnonzero((score >= self._floor) & (label >= 0) & np.isfinite(boxes).all(1))
        keep = keep[np.argsort(-score[keep], kind="stable")][:_CANDIDATES]
        boxes, score, label = placement.to_image(boxes[keep]), score[keep], label[keep]
        kept = suppress(boxes, score, None if self._agnostic else label, self._overlap)
        return Detections(boxes[kept], np.clip(score[kept], 0, 1).astype(np.float32), label[kept])

    def _run(self, pixels: FloatArray, extra: Mapping[str, npt.NDArray[Any]]) -> Outputs:
        names = [output.name for output in self._session.get_outputs()]
        given = {self._inputs[0]: pixels if self._rank == 4 else pixels[0], **extra}
        return dict(zip(names, self._session.run(names, given), strict=True))

    def _recognise(self) -> Head:
        """Determine the network's family from names, metadata and the outputs for a test image."""
        image, metadata = self._session.get_inputs()[0], dict(self._session.get_modelmeta().custom_metadata_map)
        width, height = self._input_size(metadata)
        extra = extra_inputs(self._inputs[1:], width, height)
        if len(extra) != len(self._inputs) - 1 or image.type != "tensor(float)":
            inputs = ", ".join(f"{each.name} {each.shape} {each.type}" for each in self._session.get_inputs())
            raise ModelError(f"{self._path} takes {inputs}, not one image as 32-bit numbers: export it without "
                             f"preprocessing. {_KNOWN}")
        noise = np.random.default_rng(0).random((1, 3, height, width), np.float32)
        try:
            outputs = self._run(noise, extra)
        except Exception as error:  # onnxruntime has no common base class for its errors
            raise ModelError(f"{self._path} does not run: {_first_line(error)}") from error
        try:
            head = recognise(outputs, width, height, inputs=self._inputs, metadata=metadata, config=_config(self._path))
        except UnverifiedLayoutError as error:
            raise ModelError(f"{self._path} {error}") from error
        if head is None:
            shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in list(outputs.items())[:6])
            raise ModelError(f"{self._path} is not a known detector (its outputs: {shapes}). {_KNOWN}")
        return head

    def _input_size(self, metadata: Mapping[str, str]) -> tuple[int, int]:
        """Return width and height; where they are dynamic, those in the metadata or a common one."""
        shape = self._session.get_inputs()[0].shape
        if len(shape) not in (3, 4) or shape[-3] != 3:
            raise ModelError(f"{self._path} takes {shape} as input, not one image with 3 channels. {_KNOWN}")
        sides = [int(side) for side in re.findall(r"\d+", metadata.get("imgsz", ""))][:2]
        usual = sides if len(sides) == 2 and min(sides) >= _MIN_SIDE else [_DYNAMIC_SIDE] * 2
        height, width = (side if isinstance(side, int) and side > 0 else other
                         for side, other in zip(shape[-2:], usual, strict=True))
        return width, height


def _config(path: Path) -> Mapping[str, Any] | None:
    """Return Hugging Face's configuration next to a file; None without one. Raises ModelError."""
    file = path.with_name("config.json")
    if not file.is_file():
        return None
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{file} cannot be read: {_first_line(error)}") from error
    return content if isinstance(content, dict) else None


def _open(path: Path, device: str, threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise ModelError(f"{path}: no such file; give the path of an ONNX detector")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors raise exceptions; warnings about unused weights do not help users
    providers: list[str | tuple[str, dict[str, str]]] = ["CPUExecutionProvider"]
    if device.startswith("cuda"):
        if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
            providers.insert(0, ("CUDAExecutionProvider", {"device_id": device.partition(":")[2] or "0"}))
        else:
            logger.warning("this onnxruntime has no CUDA; running %s on the CPU (install onnxruntime-gpu to use the "
                           "GPU)", path.name)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # onnxruntime has no common base class for its errors
        raise ModelError(f"{path} cannot be read as an ONNX network ({_first_line(error)}): copy or export it again"
                         ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _class_names(head: Head, given: Sequence[str] | None, path: Path) -> tuple[str | None, ...]:
    """Return the name of each class index; None for an index that no class has. Raises ModelError."""
    count = head.class_count
    if given is not None:
        if count is not None and len(given) != count:
            raise ModelError(f"{len(given)} class names are given, but {path} has {count} classes: give one for each")
        return tuple(given)
    if head.names is not None:
        return tuple(head.names)
    if count == len(COCO_LABELS):
        return COCO_LABELS
    if count is None:
        logger.warning("%s does not name its classes; COCO's are assumed: if it has others, give their names with "
                       "--class-names FILE", path)
        return COCO_LABELS
    logger.warning("%s has %d classes without names: give their names with --class-names FILE", path, count)
    return tuple(f"class {k}" for k in range(count))
