"""MMDetection models as an `annotator.engine.base.Detector`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from annotator.engine.detector_settings import DetectorSettings, Suppression
from annotator.engine.detectors.coco_labels import COCO_LABELS
from annotator.engine.detectors.frame_batches import frame_batches
from annotator.engine.detectors.mmdet_models import BuiltModel, build, read_config
from annotator.engine.detectors.nms import suppress
from annotator.engine.weights.checkpoints import read_checkpoint
from annotator.errors import ModelError, SettingsError
from annotator.model.frame import Detections, Frame, Image

log = logging.getLogger(__name__)

#: Default of ``nms_overlap``: boxes that overlap more (IoU) count as one object.
_OVERLAP = 0.65


class MmdetDetector:
    """An MMDetection model with its own preprocessing, network and suppression."""

    def __init__(self, model: BuiltModel, name: str, device: str = "cpu", *, labels: Sequence[str] | None = None,
                 prompt: str | None = None, settings: DetectorSettings | None = None) -> None:
        """``labels`` keeps only these classes, in this order. ``prompt`` is the text prompt of a text-prompted model,
        such as "person . red car ."; it defaults to ``labels``.

        Raises SettingsError for unknown classes, and for a prompt that is missing, too long or not supported.
        """
        self.name = name
        self._model, self._device = model, torch.device(device)
        self._settings = settings or DetectorSettings()
        self._entities: tuple[str, ...] = ()
        if model.reads_text:
            self._entities = entities(prompt if prompt is not None else " . ".join(labels or ()))
            self._check_length()
        elif prompt is not None:
            raise SettingsError(f"{name} takes no text prompt: omit --prompt, or use a detector such as "
                                "grounding-dino-t")
        names = self._entities or _class_names(model, name)
        self.labels: tuple[str, ...] = tuple(labels) if labels is not None else names
        unknown = [label for label in self.labels if label not in names]
        if unknown:
            raise SettingsError(f"{name} has no class {unknown[0]!r}; its classes: {', '.join(names[:8])}"
                                f"{', ...' if len(names) > 8 else ''}")
        #: Label index of each model class; -1 for unwanted classes.
        self._label_of = np.array([self.labels.index(n) if n in self.labels else -1 for n in names], np.int32)

    @classmethod
    def load(cls, config: str, checkpoint: Path | None, device: str = "cpu", *, name: str | None = None,
             vocabulary: Path | None = None, labels: Sequence[str] | None = None, prompt: str | None = None,
             settings: DetectorSettings | None = None) -> MmdetDetector:
        """Load a detector from a configuration (a file, or a name in `mmdet_names.ARCHITECTURES`) and a checkpoint.

        Without a checkpoint the weights are random. ``vocabulary`` is BERT's, for text-prompted models. Raises
        ModelError and SettingsError.
        """
        weights = None if checkpoint is None else read_checkpoint(checkpoint)
        model = build(read_config(config), weights, device, vocabulary=vocabulary)
        return cls(model, name or str(checkpoint or config), device, labels=labels, prompt=prompt, settings=settings)

    @property
    def network(self) -> torch.nn.Module:
        """The model, in evaluation mode."""
        return self._model.network

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `annotator.engine.base.Detector`."""
        found: list[Detections] = []
        for batch in frame_batches(frames, self._settings.batch_size):
            if batch[0].image.size:
                found += self._detect([frame.image for frame in batch])
            else:
                found += [Detections.empty() for _ in batch]
        return found

    def _detect(self, images: list[Image]) -> list[Detections]:
        """Detect in images of one size. A batch that does not fit into GPU memory is halved."""
        try:
            results = self._predict(images)
        except torch.OutOfMemoryError as error:
            if len(images) == 1:
                raise ModelError(f"{self._device} has too little memory for {self.name} on frames of "
                                 f"{images[0].shape[1]}x{images[0].shape[0]} pixels: choose a smaller detector, "
                                 "detection.half, or --device cpu") from error
            half = len(images) // 2
            return self._detect(images[:half]) + self._detect(images[half:])
        return [self._detections(result.pred_instances) for result in results]

    @torch.inference_mode()
    def _predict(self, images: list[Image]) -> list[Any]:
        packed = [self._model.pipeline({"img": np.ascontiguousarray(image[..., ::-1]), "img_id": 0})
                  for image in images]
        if self._model.reads_text:
            for item in packed:
                item["data_samples"].set_metainfo({"text": self._entities, "custom_entities": True})
        data = {"inputs": [item["inputs"] for item in packed],
                "data_samples": [item["data_samples"] for item in packed]}
        network: Any = self._model.network
        with self._precision():
            results: list[Any] = network.test_step(data)
        return results

    def _precision(self) -> AbstractContextManager[Any]:
        if not self._settings.half:
            return nullcontext()
        kind = self._device.type
        return torch.autocast(kind, dtype=torch.float16 if kind == "cuda" else torch.bfloat16)

    def _detections(self, instances: Any) -> Detections:
        boxes = instances.bboxes.float().cpu().numpy()
        score = instances.scores.float().cpu().numpy()
        own = instances.labels.cpu().numpy()
        label = np.where(own < len(self._label_of), self._label_of[np.minimum(own, len(self._label_of) - 1)], -1)
        with np.errstate(invalid="ignore"):
            keep = (score >= self._settings.score_floor) & (label >= 0) & np.isfinite(boxes).all(1)
            keep &= (boxes[:, 2:] > boxes[:, :2]).all(1)
        found = Detections(boxes[keep].astype(np.float32), np.clip(score[keep], 0, 1), label[keep].astype(np.int32))
        how, overlap = self._settings.nms, self._settings.nms_overlap
        if how is Suppression.MODEL:
            return found
        groups = None if how is Suppression.AGNOSTIC else found.label
        return found[suppress(found.box_xyxy, found.score, groups, _OVERLAP if overlap is None else overlap)]

    def _check_length(self) -> None:
        language: Any = self._model.network.language_model
        text = ". ".join(self._entities) + ". "
        count = len(language.tokenizer(text)["input_ids"])
        if count > language.max_tokens:
            raise SettingsError(f"the prompt has {count} tokens, but {self.name} reads at most {language.max_tokens}: "
                                "name fewer things")


def entities(prompt: str) -> tuple[str, ...]:
    """Split a prompt into its things: "person . red car ." names "person" and "red car".

    Duplicates count once. Raises SettingsError for an empty prompt.
    """
    named = tuple(dict.fromkeys(part.strip() for part in prompt.split(".") if part.strip()))
    if not named:
        raise SettingsError("this detector needs a text prompt: give --prompt \"person . red car .\", or --labels")
    return named


def _class_names(model: BuiltModel, name: str) -> tuple[str, ...]:
    """Return the class names of the checkpoint or the configuration; COCO's for 80 unnamed classes."""
    count = _class_count(model.network)
    if model.classes and count in (None, len(model.classes)):
        return model.classes
    if count == len(COCO_LABELS):
        return COCO_LABELS
    if count is None:
        raise ModelError(f"{name} has no class names: add them to its configuration as metainfo = dict(classes=(...))")
    log.warning("%s has %d classes without names; using class 0, class 1 and so on", name, count)
    return tuple(f"class {k}" for k in range(count))


def _class_count(network: Any) -> int | None:
    head = getattr(network, "bbox_head", None) or getattr(getattr(network, "roi_head", None), "bbox_head", None)
    if isinstance(head, torch.nn.ModuleList):
        head = head[-1] if len(head) else None
    count = getattr(head, "num_classes", None)
    return count if isinstance(count, int) else None
