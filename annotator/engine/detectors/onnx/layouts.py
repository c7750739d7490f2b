"""Recognise what the outputs of an ONNX detector mean, by names, metadata and a probe; never by their shapes alone.

Each layout names what it needs to see. What it then decodes from the outputs for a test image must be boxes near the
image with scores between 0 and 1; otherwise the file is refused with the reason. Sources: the export code and
documentation of the projects named below.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.engine.detectors.coco_labels import COCO_IDS, COCO_LABELS
from annotator.engine.detectors.onnx.heads import (
    STRIDES,
    FastestDetHead,
    Head,
    Outputs,
    YoloxHead,
    cells,
    from_centre,
    grid,
    nanodet,
    sigmoid,
)
from annotator.engine.detectors.onnx.intake import Fit, FloatArray, Intake, Placement
from annotator.model.frame import Image

Decoded = tuple[FloatArray, FloatArray]
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
#: How far a box of a test image may lie outside the input and how large it may be, in sides of the input.
_NEAR, _LARGE = 2.0, 8.0
#: Channels of the mask coefficients of Ultralytics' segmentation networks.
_COEFFICIENTS = 32


class UnverifiedLayoutError(Exception):
    """A file looks like a known layout and does not behave like it, or lacks what tells how to use it."""


@dataclass(frozen=True, slots=True)
class Network:
    """What a file says of its network, and its outputs for a test image."""

    outputs: Outputs
    width: int
    height: int
    inputs: tuple[str, ...] = ("images",)
    metadata: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] | None = None
    """Hugging Face's ``config.json`` next to the file."""

    @property
    def only(self) -> npt.NDArray[Any] | None:
        """The output, if there is just one."""
        return next(iter(self.outputs.values())) if len(self.outputs) == 1 else None

    @property
    def counts(self) -> list[int]:
        return [cells(self.width, self.height, stride) for stride in STRIDES]

    def named(self, *names: str) -> bool:
        """Whether the outputs have exactly these names."""
        return set(self.outputs) == set(names)


@dataclass(frozen=True, slots=True)
class DecodedHead:
    """A network whose outputs are boxes, in any notation, with scores."""

    layout: str
    intake: Intake
    read: Callable[[Outputs], Decoded]
    """Return boxes (N, 4) xyxy in input pixels and scores (N, classes)."""
    class_count: int | None
    nms_overlap: float = 1.0
    names: Sequence[str | None] | None = None
    extra_inputs: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def prepare(self, image: Image) -> tuple[FloatArray, Placement]:
        return self.intake.prepare(image)

    def decode(self, outputs: Outputs) -> Decoded:
        boxes, scores = self.read(outputs)
        return boxes.astype(np.float32), scores.astype(np.float32)


def recognise(outputs: Outputs, width: int, height: int, *, inputs: tuple[str, ...] = ("images",),
              metadata: Mapping[str, str] | None = None, config: Mapping[str, Any] | None = None) -> Head | None:
    """Return the head for a network, given its outputs for a test image of this input size; None if no layout fits.

    Raises UnverifiedLayoutError if one fits and cannot be verified.
    """
    network = Network(outputs, width, height, inputs, metadata or {}, config)
    for layout in _LAYOUTS:
        head = layout(network)
        if head is not None:
            _verify(head, network)
            return head
    return None


def _verify(head: Head, network: Network) -> None:
    boxes, scores = head.decode(network.outputs)
    name = getattr(head, "layout", type(head).__name__.removesuffix("Head"))
    side = np.array([network.width, network.height] * 2, np.float64)
    if not len(boxes):
        return
    if not np.isfinite(boxes).all() or not np.isfinite(scores).all():
        raise UnverifiedLayoutError(f"looks like {name}, but its output for a test image is not finite")
    if scores.size and not -0.001 <= scores.min() <= scores.max() <= 1.001:
        raise UnverifiedLayoutError(f"looks like {name}, but its scores for a test image go from {scores.min():.3g} to "
                                    f"{scores.max():.3g} instead of 0 to 1")
    relative = boxes / side
    outside = np.abs((relative[:, :2] + relative[:, 2:]) / 2 - 0.5).max() > _NEAR + 0.5
    if outside or (relative[:, 2:] - relative[:, :2]).max() > _LARGE or np.median(boxes[:, 2:] - boxes[:, :2]) < 0:
        raise UnverifiedLayoutError(f"looks like {name}, but its boxes for a test image are not in it: they go from "
                                    f"{boxes.min():.3g} to {boxes.max():.3g} in an input of {network.width} x "
                                    f"{network.height}")


# -- Ultralytics -----------------------------------------------------------------------------------------------------

def _ultralytics(network: Network) -> Head | None:
    """YOLOv5, v8, 11 and 26 of Ultralytics: recognised by the metadata that its exporter writes."""
    if "names" not in network.metadata or "stride" not in network.metadata:
        return None
    task = network.metadata.get("task", "detect")
    if task not in ("detect", "segment"):
        raise UnverifiedLayoutError(f"is a model of Ultralytics for the task {task!r}: give one for detect or segment")
    names = _listed_names(network.metadata["names"])
    extra = _COEFFICIENTS if task == "segment" else 0
    array = next((a for a in network.outputs.values() if a.ndim == 3), None)
    if array is not None and array.shape[2] == 6 + extra and array.shape[1] != 3 * sum(network.counts):
        return _yolo_end_to_end(network, names)
    if array is not None and array.shape[1] == 4 + len(names) + extra:
        return _yolo_v8(network, len(names), names)
    if array is not None and array.shape[2] == 5 + len(names) + extra:
        return _yolo_v5(network, len(names), names)
    shapes = ", ".join(str(list(a.shape)) for a in network.outputs.values())
    raise UnverifiedLayoutError(f"names {len(names)} classes of Ultralytics, but its outputs are {shapes}: export it "
                                "again with the current version")


def _listed_names(text: str) -> tuple[str, ...]:
    try:
        names = ast.literal_eval(text)
        listed = [names[k] for k in range(len(names))]
    except (ValueError, SyntaxError, KeyError, TypeError) as error:
        raise UnverifiedLayoutError("has class names in its metadata that cannot be read: export it again") from error
    if not listed or not all(isinstance(name, str) and name for name in listed):
        raise UnverifiedLayoutError("has class names in its metadata that are no texts: export it again")
    return tuple(listed)


def _bare_yolo(network: Network) -> Head | None:
    """The same without metadata, by the exporter's names: an image ``images`` and an output ``output0``."""
    array = network.outputs.get("output0")
    if array is None or network.inputs != ("images",) or array.ndim != 3:
        return None
    coefficients = network.outputs.get("output1")
    extra = _COEFFICIENTS if coefficients is not None and coefficients.ndim == 4 else 0
    if array.shape[2] == 6 + extra and array.shape[1] != 3 * sum(network.counts):
        return _yolo_end_to_end(network, None)
    if array.shape[2] == sum(network.counts) and array.shape[1] > 4 + extra:
        return _yolo_v8(network, array.shape[1] - 4 - extra, None)
    if array.shape[1] == 3 * sum(network.counts) and array.shape[2] > 5 + extra:
        return _yolo_v5(network, array.shape[2] - 5 - extra, None)
    return None


def _yolo_v8(network: Network, classes: int, names: Sequence[str] | None) -> Head:
    def read(outputs: Outputs) -> Decoded:
        rows = _three_axes(outputs)[0].T
        return from_centre(rows[:, :2], rows[:, 2:4]), rows[:, 4:4 + classes]

    return DecodedHead("YOLOv8", _yolo_intake(network), read, classes, 0.7, names)


def _yolo_v5(network: Network, classes: int, names: Sequence[str] | None) -> Head:
    def read(outputs: Outputs) -> Decoded:
        rows = _three_axes(outputs)[0]
        return from_centre(rows[:, :2], rows[:, 2:4]), rows[:, 4:5] * rows[:, 5:5 + classes]

    return DecodedHead("YOLOv5", _yolo_intake(network), read, classes, 0.45, names)


def _yolo_end_to_end(network: Network, names: Sequence[str] | None) -> Head:
    def read(outputs: Outputs) -> Decoded:
        rows = _three_axes(outputs)[0]
        return rows[:, :4], _by_class(rows[:, 4], rows[:, 5], None if names is None else len(names))

    return DecodedHead("an end-to-end YOLO", _yolo_intake(network), read, None if names is None else len(names),
                       names=names)


def _yolo_intake(network: Network) -> Intake:
    return Intake(network.width, network.height, Fit.CENTRE)


def _three_axes(outputs: Outputs) -> FloatArray:
    return next(a for a in outputs.values() if a.ndim == 3)


# -- other one-stage networks ----------------------------------------------------------------------------------------

def _yolov7(network: Network) -> Head | None:
    """YOLOv7 with suppression in the network: rows of image, box, class, score."""
    array = network.only
    if array is None or "output" not in network.outputs or array.ndim != 2 or array.shape[1] != 7:
        return None

    def read(outputs: Outputs) -> Decoded:
        rows = outputs["output"]
        return rows[:, 1:5], _by_class(rows[:, 6], rows[:, 5], None)

    return DecodedHead("YOLOv7", _yolo_intake(network), read, None)


def _yolox(network: Network) -> Head | None:
    """YOLOX, raw or decoded, and YOLOv6, whose objectness is always 1: one output (1, N, 5 + classes) for strides 8, 16
    and 32. Values tell them apart: raw ones are cells and logarithms, decoded ones are pixels."""
    array, names = network.only, {"output", "outputs"}
    if array is None or not names & set(network.outputs) or array.ndim != 3:
        return None
    if array.shape[1] != sum(network.counts) or array.shape[2] <= 5:
        return None
    rows, classes = array[0].astype(np.float64), array.shape[2] - 5
    raw = np.median(np.abs(rows[:, :2])) < 8 and np.abs(rows[:, 2:4]).max() < 20
    side = max(network.width, network.height)
    decoded = rows[:, 2:4].min() >= 0 and rows[:, :2].std(0).min() > 0.1 * side
    if raw == decoded:
        raise UnverifiedLayoutError("looks like YOLOX or YOLOv6, but whether its boxes are decoded cannot be told from "
                                    "its output for a test image")
    if raw:
        return YoloxHead(network.width, network.height, classes)

    def read(outputs: Outputs) -> Decoded:
        values = next(iter(outputs.values()))[0]
        return from_centre(values[:, :2], values[:, 2:4]), values[:, 4:5] * values[:, 5:]

    if (rows[:, 4] == 1).all():
        return DecodedHead("YOLOv6", _yolo_intake(network), read, classes, 0.45)
    bgr = Intake(network.width, network.height, Fit.CORNER, rgb=False, divisor=1.0)
    return DecodedHead("YOLOX", bgr, read, classes, 0.45)


def _yolo_nas(network: Network) -> Head | None:
    """YOLO-NAS: (1, N, 4) boxes in pixels and (1, N, classes) scores."""
    if not network.named("boxes", "scores"):
        return None
    boxes, scores = network.outputs["boxes"], network.outputs["scores"]
    if boxes.ndim != 3 or boxes.shape[1:] != (sum(network.counts), 4) or scores.shape[:2] != boxes.shape[:2]:
        return None
    return DecodedHead("YOLO-NAS", _yolo_intake(network), lambda o: (o["boxes"][0], o["scores"][0]), scores.shape[2],
                       0.7)


def _nanodet_levels(network: Network) -> Head | None:
    """NanoDet with two outputs per stride."""
    if len(network.outputs) != 2 * len(STRIDES) or any(a.ndim != 3 for a in network.outputs.values()):
        return None
    return nanodet(network.outputs, network.width, network.height, network.counts)


def _nanodet_single(network: Network) -> Head | None:
    """NanoDet-Plus: one output (1, N, classes + 4 * 8) for strides 8 to 64, with class scores first."""
    strides, bins = (*STRIDES, 64), 8
    array = network.only
    counts = [cells(network.width, network.height, stride) for stride in strides]
    if array is None or "output" not in network.outputs or network.inputs != ("data",) or array.ndim != 3:
        return None
    if array.shape[1] != sum(counts) or array.shape[2] <= 4 * bins:
        return None
    classes = array.shape[2] - 4 * bins
    corner = np.concatenate([grid(network.width, network.height, s) * s for s in strides])
    stride = np.concatenate([np.full((count, 1), s, np.float32) for s, count in zip(strides, counts, strict=True)])

    def read(outputs: Outputs) -> Decoded:
        rows = outputs["output"][0]
        logits = rows[:, classes:].reshape(len(rows), 4, bins)
        weight = np.exp(logits - logits.max(2, keepdims=True))
        reach = (weight * np.arange(bins, dtype=np.float32)).sum(2) / weight.sum(2) * stride
        return np.concatenate([corner - reach[:, :2], corner + reach[:, 2:]], 1), rows[:, :classes]

    intake = Intake(network.width, network.height, Fit.STRETCH, rgb=False, divisor=1.0,
                    mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395))
    return DecodedHead("NanoDet-Plus", intake, read, classes, 0.6)


def _fastestdet(network: Network) -> Head | None:
    """FastestDet: one map (1, 5 + classes, rows, columns) with stride 16. A map of another size is a segmentation."""
    array = network.only
    if array is None or array.ndim != 4 or array.shape[1] <= 5:
        return None
    if array.shape[2:] != (-(-network.height // 16), -(-network.width // 16)):
        return None
    return FastestDetHead(network.width, network.height, array.shape[1] - 5)


# -- transformers and two-stage networks -----------------------------------------------------------------------------

def _rtdetr(network: Network) -> Head | None:
    """RT-DETR, D-FINE and DEIM: the second input is the size that boxes are scaled to."""
    if "orig_target_sizes" not in network.inputs or not network.named("labels", "boxes", "scores"):
        return None

    def read(outputs: Outputs) -> Decoded:
        return outputs["boxes"][0], _by_class(outputs["scores"][0], outputs["labels"][0], None)

    return DecodedHead("RT-DETR, D-FINE or DEIM", Intake(network.width, network.height, Fit.STRETCH), read, None,
                       extra_inputs=extra_inputs(network.inputs, network.width, network.height))


def _rfdetr(network: Network) -> Head | None:
    """RF-DETR: ``dets`` with relative centres and sizes, ``labels`` with a logit per class."""
    if not network.named("dets", "labels") and not network.named("dets", "labels", "masks"):
        return None
    dets, labels = network.outputs["dets"], network.outputs["labels"]
    if dets.ndim != 3 or dets.shape[2] != 4 or labels.ndim != 3 or not np.issubdtype(labels.dtype, np.floating):
        return None
    size = np.array([network.width, network.height], np.float32)

    def read(outputs: Outputs) -> Decoded:
        boxes = outputs["dets"][0]
        return from_centre(boxes[:, :2] * size, boxes[:, 2:] * size), sigmoid(outputs["labels"][0])

    intake = Intake(network.width, network.height, Fit.STRETCH, mean=_IMAGENET[0], std=_IMAGENET[1])
    count = labels.shape[2]
    return DecodedHead("RF-DETR", intake, read, count, names=_coco_by_id(count))


def _mmdeploy(network: Network) -> Head | None:
    """mmdeploy: boxes with scores, and labels. How the image is normalised is not in the file."""
    if not network.named("dets", "labels") or network.outputs["dets"].shape[-1] != 5:
        return None
    raise UnverifiedLayoutError("is a detector of mmdeploy, whose file does not say how its images are normalised: "
                                "give the MMDetection checkpoint with --detector-config instead")


#: Families of Hugging Face with a class for "no object" and a softmax over it; the others have a sigmoid per class.
_SOFTMAX = ("detr", "yolos", "table-transformer")
_SIGMOID = ("rt_detr", "rt_detr_v2", "d_fine", "deformable_detr", "conditional_detr", "dab-detr", "rf_detr")


def _hugging_face(network: Network) -> Head | None:
    """Detectors exported from transformers: relative boxes, and logits whose meaning ``config.json`` tells."""
    if not {"logits", "pred_boxes"} <= set(network.outputs) or "pixel_values" not in network.inputs:
        return None
    if network.config is None:
        raise UnverifiedLayoutError("is a detector of Hugging Face, and what its scores mean is in config.json: put "
                                    "the model's config.json next to the file")
    family = str(network.config.get("model_type"))
    if family not in (*_SOFTMAX, *_SIGMOID):
        raise UnverifiedLayoutError(f"is a detector of Hugging Face of the family {family}, which is not known: known "
                                    f"are {', '.join((*_SOFTMAX, *_SIGMOID))}")
    size, softmax = np.array([network.width, network.height], np.float32), family in _SOFTMAX
    count = network.outputs["logits"].shape[2] - softmax
    listed = network.config.get("id2label") or {}
    names = [listed.get(str(k)) for k in range(count)]

    def read(outputs: Outputs) -> Decoded:
        boxes, logits = outputs["pred_boxes"][0], outputs["logits"][0]
        scores = _softmax(logits)[:, :-1] if softmax else sigmoid(logits)
        return from_centre(boxes[:, :2] * size, boxes[:, 2:] * size), scores

    plain = family in ("rt_detr", "rt_detr_v2", "d_fine")
    mean, std = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)) if plain else _IMAGENET
    intake = Intake(network.width, network.height, Fit.STRETCH, mean=mean, std=std)
    return DecodedHead(f"Hugging Face's {family}", intake, read, count,
                       names=names if any(names) else None,
                       extra_inputs=extra_inputs(network.inputs, network.width, network.height))


def _torchvision(network: Network) -> Head | None:
    """torchvision's detectors: boxes in pixels, scores, and labels that count from 1."""
    if not network.named("boxes", "scores", "labels") and not network.named("boxes", "scores", "labels", "masks"):
        return None
    if network.outputs["boxes"].ndim != 2 or len(network.inputs) != 1:
        return None

    def read(outputs: Outputs) -> Decoded:
        return outputs["boxes"], _by_class(outputs["scores"], outputs["labels"], None)

    return DecodedHead("torchvision", Intake(network.width, network.height, Fit.CORNER, fill=0), read, None,
                       names=_coco_by_id(91))


_LAYOUTS: tuple[Callable[[Network], Head | None], ...] = (
    _ultralytics, _rtdetr, _mmdeploy, _rfdetr, _hugging_face, _torchvision, _yolo_nas, _bare_yolo, _yolov7, _yolox,
    _nanodet_single, _nanodet_levels, _fastestdet)


def extra_inputs(inputs: Sequence[str], width: int, height: int) -> dict[str, npt.NDArray[Any]]:
    """Return the inputs next to the image that known layouts take."""
    known = {"orig_target_sizes": np.array([[width, height]], np.int64),
             "pixel_mask": np.ones((1, height, width), np.int64)}
    return {name: known[name] for name in inputs if name in known}


def _by_class(score: npt.NDArray[Any], label: npt.NDArray[Any], count: int | None) -> FloatArray:
    """Return (N, classes) scores from (N,) scores and class indices; negative indices are padding."""
    index = np.asarray(label, np.int64)
    width = max(int(index.max(initial=0)) + 1, count or 1)
    scores = np.zeros((len(index), width), np.float32)
    real = np.flatnonzero(index >= 0)
    scores[real, index[real]] = score[real]
    return scores


def _softmax(logits: FloatArray) -> FloatArray:
    weight = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(weight / weight.sum(1, keepdims=True), np.float32)


def _coco_by_id(count: int) -> tuple[str | None, ...] | None:
    """Return the names by COCO's own identifiers, which go to 90 and have gaps; None for another number of classes."""
    if count != max(COCO_IDS) + 1:
        return None
    by_id = dict(zip(COCO_IDS, COCO_LABELS, strict=True))
    return tuple(by_id.get(k) for k in range(count))


