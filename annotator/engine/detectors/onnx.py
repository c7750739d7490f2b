"""Detectors in ONNX files: YOLOX, NanoDet and FastestDet, recognised by the shapes of their outputs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from annotator.engine.detectors.coco_labels import COCO_LABELS
from annotator.engine.detectors.nms import suppress
from annotator.engine.detectors.onnx_heads import FloatArray, Head, recognise
from annotator.errors import ModelError, SettingsError
from annotator.model.frame import Detections, Frame, Image

logger = logging.getLogger(__name__)

#: Input side of networks with a dynamic input size.
_DYNAMIC_SIDE = 640
#: Maximum number of candidates passed to the suppression.
_CANDIDATES = 1000


class OnnxDetector:
    """An ONNX network as an `annotator.engine.base.Detector`."""

    def __init__(self, path: Path, *, device: str = "cpu", classes: Sequence[str] | None = None,
                 names_file: Path | None = None, score_floor: float = 0.05, nms_overlap: float | None = None,
                 agnostic: bool = False, threads: int = 0) -> None:
        """``classes`` keeps only these (``labels`` then equals them, in this order). ``names_file`` has one class name
        per line; without it, a network with 80 classes gets COCO's names. ``score_floor`` is the minimum score;
        ``nms_overlap`` (IoU) replaces the family's default; ``agnostic`` makes the suppression ignore classes;
        ``threads`` is the number of CPU threads per frame, 0 for all. ``device`` is "cpu", "cuda" or "cuda:1"; if this
        onnxruntime has no CUDA, the CPU is used with a warning.

        Raises ModelError if the file is missing, damaged or of an unknown family; SettingsError for unknown classes.
        """
        self.name = str(path)
        self._path = path
        self._session = _open(path, device, threads)
        self._input = self._session.get_inputs()[0].name
        self._head = self._recognise()
        names = _class_names(self._head.class_count, names_file, path)
        kept = tuple(classes) if classes is not None else names
        unknown = [name for name in kept if name not in names]
        if unknown:
            raise SettingsError(f"{path} has no class {unknown[0]!r}; its classes: {', '.join(names[:8])}"
                                f"{', ...' if len(names) > 8 else ''}")
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
        boxes, scores = self._head.decode(self._run(pixels))
        best = scores.argmax(1)
        score, label = scores[np.arange(len(scores)), best], self._label_of[best]
        with np.errstate(invalid="ignore"):
            keep = np.flatnonzero((score >= self._floor) & (label >= 0) & np.isfinite(boxes).all(1))
        keep = keep[np.argsort(-score[keep], kind="stable")][:_CANDIDATES]
        boxes, score, label = placement.to_image(boxes[keep]), score[keep], label[keep]
        kept = suppress(boxes, score, None if self._agnostic else label, self._overlap)
        return Detections(boxes[kept], np.clip(score[kept], 0, 1).astype(np.float32), label[kept])

    def _run(self, pixels: FloatArray) -> dict[str, FloatArray]:
        names = [output.name for output in self._session.get_outputs()]
        return dict(zip(names, self._session.run(names, {self._input: pixels}), strict=True))

    def _recognise(self) -> Head:
        """Determine the network's family from the outputs for a black image."""
        shape = self._session.get_inputs()[0].shape
        if len(self._session.get_inputs()) != 1 or len(shape) != 4 or shape[1] != 3:
            raise ModelError(f"{self._path} takes {shape} as input, not one image with 3 channels; give a YOLOX, "
                             "NanoDet or FastestDet detector")
        height, width = (side if isinstance(side, int) and side > 0 else _DYNAMIC_SIDE for side in shape[2:])
        try:
            outputs = self._run(np.zeros((1, 3, height, width), np.float32))
        except Exception as error:  # onnxruntime has no common base class for its errors
            raise ModelError(f"{self._path} does not run: {_first_line(error)}") from error
        head = recognise(outputs, width, height)
        if head is None:
            shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in list(outputs.items())[:6])
            raise ModelError(f"{self._path} is not a YOLOX, NanoDet or FastestDet detector (its outputs: {shapes}); "
                             "give one of these")
        return head


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


def _class_names(count: int, names_file: Path | None, path: Path) -> tuple[str, ...]:
    if names_file is None:
        if count == len(COCO_LABELS):
            return COCO_LABELS
        logger.warning("%s has %d classes without names; give a names file with one name per line", path, count)
        return tuple(f"class {k}" for k in range(count))
    try:
        lines = names_file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{names_file} cannot be read as a list of class names: {_first_line(error)}") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if len(names) != count:
        raise ModelError(f"{names_file} has {len(names)} names, but {path} has {count} classes; give one per line")
    return names
