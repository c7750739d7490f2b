"""Detectors of the ``transformers`` library, from a folder that its ``save_pretrained`` wrote.

Taken are the families of its automatic object detection (RT-DETR, RT-DETR v2, D-FINE, DETR and others), with the image
processor and the post-processing of the folder. Only tensors are loaded (``*.safetensors``) and no code from the folder
runs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from annotator.engine.detector_settings import DetectorSettings, Suppression
from annotator.engine.detectors.frame_batches import frame_batches
from annotator.engine.detectors.nms import suppress
from annotator.engine.runtime.torchvision_ops import import_torchvision
from annotator.errors import ModelError
from annotator.model.frame import Detections, Frame, Image

log = logging.getLogger(__name__)

#: Default of ``nms_overlap``, if suppression is asked for; these networks need none.
_OVERLAP = 0.7
#: Names that stand for no class in COCO's list of 91.
_NO_CLASS = frozenset({"N/A", ""})


class HuggingFaceDetector:
    """A network of ``transformers`` as an `annotator.engine.base.Detector`."""

    def __init__(self, network: Any, processor: Any, name: str, device: str = "cpu",
                 settings: DetectorSettings | None = None) -> None:
        self.name = name
        self._network, self._processor, self._device = network.to(device).eval(), processor, torch.device(device)
        self._settings = settings or DetectorSettings()
        listed = network.config.id2label
        names = [str(listed.get(k, "")) for k in range(max(listed, default=-1) + 1)]
        self.labels: tuple[str, ...] = tuple(dict.fromkeys(each for each in names if each not in _NO_CLASS))
        if not self.labels:
            raise ModelError(f"{name} has no class names: add id2label to its config.json")
        #: Label index of each class index of the network; -1 for those that are no class.
        self._label_of = np.array([self.labels.index(each) if each in self.labels else -1 for each in names], np.int32)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu", settings: DetectorSettings | None = None) -> HuggingFaceDetector:
        """Load a detector from a folder. Raises ModelError."""
        import_torchvision()  # before transformers does
        try:
            from transformers import AutoImageProcessor, AutoModelForObjectDetection
        except ModuleNotFoundError as error:
            raise ModelError(f"{folder} needs the library transformers: install the extra mmdet, which holds it"
                             ) from error
        try:
            network = AutoModelForObjectDetection.from_pretrained(folder, local_files_only=True, use_safetensors=True,
                                                                  trust_remote_code=False)
            processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False,
                                                           use_fast=False)
        except (OSError, ValueError, ImportError, RuntimeError, KeyError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ModelError(f"{folder} cannot be read as an object detector of transformers ({reason}): give a folder "
                             "with config.json, preprocessor_config.json and *.safetensors") from error
        if not hasattr(processor, "post_process_object_detection"):
            raise ModelError(f"{folder} has no processor for object detection: give the folder of a detector")
        return cls(network, processor, str(folder), device, settings)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `annotator.engine.base.Detector`."""
        found: list[Detections] = []
        for batch in frame_batches(frames, self._settings.batch_size):
            if batch[0].image.size:
                found += self._detect([frame.image for frame in batch])
            else:
                found += [Detections.empty() for _ in batch]
        return found

    @torch.inference_mode()
    def _detect(self, images: list[Image]) -> list[Detections]:
        """Detect in images of one size. A batch that does not fit into GPU memory is halved."""
        sizes = [image.shape[:2] for image in images]
        try:
            with self._precision():
                inputs = self._processor(images=images, return_tensors="pt", input_data_format="channels_last")
                outputs = self._network(**inputs.to(self._device))
        except torch.OutOfMemoryError as error:
            if len(images) == 1:
                raise ModelError(f"{self._device} has too little memory for {self.name} on frames of {sizes[0][1]}x"
                                 f"{sizes[0][0]} pixels: choose a smaller detector, detection.half, or --device cpu"
                                 ) from error
            half = len(images) // 2
            return self._detect(images[:half]) + self._detect(images[half:])
        results = self._processor.post_process_object_detection(outputs, threshold=self._settings.score_floor,
                                                                target_sizes=sizes)
        return [self._detections(result) for result in results]

    def _precision(self) -> AbstractContextManager[Any]:
        if not self._settings.half:
            return nullcontext()
        kind = self._device.type
        return torch.autocast(kind, dtype=torch.float16 if kind == "cuda" else torch.bfloat16)

    def _detections(self, result: Any) -> Detections:
        boxes, score, own = (result[key].float().cpu().numpy() for key in ("boxes", "scores", "labels"))
        index = own.astype(np.int64)
        inside = (index >= 0) & (index < len(self._label_of))
        label = np.where(inside, self._label_of[np.where(inside, index, 0)], -1).astype(np.int32)
        keep = (label >= 0) & np.isfinite(boxes).all(1) & np.isfinite(score)
        found = Detections(boxes[keep].astype(np.float32), np.clip(score[keep], 0, 1).astype(np.float32), label[keep])
        how, overlap = self._settings.nms, self._settings.nms_overlap
        if how is Suppression.MODEL and overlap is None:
            order = np.argsort(-found.score, kind="stable")
            return found[order]
        groups = None if how is Suppression.AGNOSTIC else found.label
        return found[suppress(found.box_xyxy, found.score, groups, _OVERLAP if overlap is None else overlap)]
