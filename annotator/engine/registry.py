"""Create detectors, segmenters and trackers by name. Heavy modules are imported only when a model is created."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from annotator.engine import extensions
from annotator.engine.base import Detector, Segmenter, Tracker
from annotator.engine.detector_settings import DetectorSettings, Suppression
from annotator.engine.detectors.mmdet_names import ARCHITECTURES, READS_TEXT
from annotator.engine.settings import TRACKERS, BoxTrackerSettings, Sam2MotSettings, Sam2Settings
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind, Weights
from annotator.errors import ModelError, SettingsError

log = logging.getLogger(__name__)

BUILT_IN_SEGMENTER = "tiny-sam2"
TINY_DETECTOR = "tiny-detector"
#: Creates a segmenter by name or path, on a device, with settings; see `make_segmenter`.
MakeSegmenter = Callable[[str, str, Sam2Settings | None], Segmenter]
#: The vocabulary of Grounding DINO's text encoder.
VOCABULARY = "bert-base-uncased"

#: Sizes of the published segmenters by preference. A CPU is fast enough only for the smallest.
_SIZES_ON_CUDA = ("large", "base+", "small", "tiny")
_SIZES_ON_CPU = _SIZES_ON_CUDA[::-1]


def resolve_device(device: str) -> str:
    """Resolve ``auto`` to the best device available; validate any other name. Raises SettingsError."""
    if device == "cpu":
        return device
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise SettingsError(f"unknown device {device!r}: give auto, cuda, cuda:N or cpu") from error
    if kind not in ("cpu", "cuda"):
        raise SettingsError(f"device {device!r} is not supported: give auto, cuda, cuda:N or cpu")
    if kind == "cuda" and not torch.cuda.is_available():
        raise SettingsError("no CUDA device is available (or torch was built without CUDA): give --device cpu, or run "
                            "`annotator doctor`")
    return device


def all_devices(device: str) -> tuple[str, ...]:
    """Return all devices to spread work over: for ``auto`` and ``cuda`` all CUDA devices that torch sees, otherwise
    the named one. Raises SettingsError."""
    resolved = resolve_device(device)
    if resolved != "cuda":
        return (resolved,)
    import torch

    return tuple(f"cuda:{index}" for index in range(torch.cuda.device_count())) or ("cuda",)


def default_segmenter(device: str) -> str:
    """Return the best segmenter installed for the device, or the built-in one with a warning if there is no other."""
    name = best_segmenter(device)
    if name == BUILT_IN_SEGMENTER:
        log.warning("no SAM 2 weights are installed: using the small built-in model %s, which loses objects that are "
                    "small or crossed by others (`annotator models` lists the weights to download)", BUILT_IN_SEGMENTER)
    return name


def best_segmenter(device: str) -> str:
    """Return the best segmenter installed for the device."""
    installed = {w.name for w in checkpoints.installed(ModelKind.SEGMENTER)}
    sizes = _SIZES_ON_CUDA if device.startswith("cuda") else _SIZES_ON_CPU
    for name in (f"{version}-{size}" for version in ("sam2.1", "sam2") for size in sizes):
        if name in installed:
            return name
    return BUILT_IN_SEGMENTER


def default_detector() -> str:
    """Return the best detector installed, or the built-in one with a warning if there is no other."""
    name = best_detector()
    if name == TINY_DETECTOR:
        log.warning("no detector weights are installed: using the built-in demonstration model %s, which works only on "
                    "simple synthetic objects (give --detector FILE.onnx or --detections FILE for real videos)",
                    TINY_DETECTOR)
    return name


def best_detector() -> str:
    """Return the best detector installed.

    Text-prompted detectors are not considered, nor those of MMDetection if it is not installed.
    """
    for weights in checkpoints.installed(ModelKind.DETECTOR):
        needs_mmdet = weights.config in ARCHITECTURES
        if weights.name != TINY_DETECTOR and weights.config not in READS_TEXT and (_has_mmdet() or not needs_mmdet):
            return weights.name
    return TINY_DETECTOR


def missing_weights(detector: str | None, segmenter: str | None) -> tuple[Weights, ...]:
    """Return the published weights that these models need and that are not installed. Paths and unknown names need
    none."""
    names = {name for name in (detector, segmenter) if name is not None}
    wanted = [weights for weights in checkpoints.manifest() if any(map(weights.is_called, names))]
    if any(weights.config in READS_TEXT for weights in wanted) and _vocabulary() is None:
        wanted.append(checkpoints.known(VOCABULARY))
    installed = {weights.name for weights in checkpoints.installed()}
    return tuple(weights for weights in wanted if weights.name not in installed)


def _has_mmdet() -> bool:
    return find_spec("mmdet") is not None


def make_detector(name: str, device: str, labels: Sequence[str] | None = None, *, config: str | None = None,
                  prompt: str | None = None, settings: DetectorSettings | None = None) -> Detector:
    """Create a detector by registry name, by the path of an ONNX model or MMDetection checkpoint, or by the name of
    another package's detector.

    Args:
        name: name or path; the path of a folder for a detector of the library transformers.
        device: from `resolve_device`.
        labels: keep only these classes.
        config: MMDetection's configuration of a checkpoint given by its path: a file, or a name in
            `mmdet_names.ARCHITECTURES`.
        prompt: text prompt, such as "person . red car .".
        settings: how to run the detector.

    Raises:
        ModelError: unknown, missing or damaged weights.
        SettingsError: unknown classes, or settings that the detector does not support.
    """
    settings = settings or DetectorSettings()
    detector = _detector(name, device, labels, config, prompt, settings)
    if settings.tile is None:
        return detector
    from annotator.engine.detectors.tiled import TiledDetector

    return TiledDetector(detector, settings.tile, settings.tile_overlap,
                         0.5 if settings.nms_overlap is None else settings.nms_overlap,
                         settings.nms is Suppression.AGNOSTIC)


def _detector(name: str, device: str, labels: Sequence[str] | None, config: str | None, prompt: str | None,
              settings: DetectorSettings) -> Detector:
    extension = extensions.extension(ModelKind.DETECTOR, name)
    if extension is not None:
        if config is not None:
            raise SettingsError(f"{extension.identity} is not an MMDetection checkpoint: omit --detector-config")
        return _extension_detector(extension, device, labels, prompt, settings)
    if _is_hugging_face(name):
        return _hugging_face_detector(name, device, labels, config, prompt, settings)
    path = checkpoints.find(name)
    config = config or _known_config(name, path)
    if config is not None:
        _refuse(name, settings, "class_names", "whose checkpoint names its classes")
        return _mmdet_detector(name, path, device, labels, config, prompt, settings)
    if prompt is not None:
        raise SettingsError(f"{name} takes no text prompt: omit --prompt, or use a detector such as grounding-dino-t")
    if path.suffix.lower() == ".onnx":
        from annotator.engine.detectors.onnx.detector import OnnxDetector

        _refuse(name, settings, "half", "which computes in the precision of its ONNX file")
        return OnnxDetector(path, device=device, classes=labels, class_names=settings.class_names,
                            score_floor=settings.score_floor, nms_overlap=settings.nms_overlap,
                            agnostic=settings.nms is Suppression.AGNOSTIC)
    if name == TINY_DETECTOR:
        from annotator.engine.detectors.tiny import TinyDetector

        for key in ("half", "nms_overlap", "class_names"):  # `nms` needs no check: the model has only one class
            _refuse(name, settings, key, "the built-in demonstration model")
        detector = TinyDetector(path, device=device, score_floor=settings.score_floor)
        unknown = [label for label in labels or () if label not in detector.labels]
        if unknown:
            raise SettingsError(f"{name} has no class {unknown[0]!r}; its classes: {', '.join(detector.labels)}")
        return detector
    raise ModelError(f"{path} is not a supported detector: give an ONNX model, a name from "
                     "`annotator models`, an MMDetection checkpoint with --detector-config, or --detections FILE")


def _refuse(name: str, settings: DetectorSettings, key: str, reason: str) -> None:
    """Raise SettingsError if a setting was given that this detector would ignore."""
    if getattr(settings, key) != getattr(DetectorSettings(), key):
        raise SettingsError(f"detection.{key} has no effect on {name}, {reason}: omit it")


def _extension_detector(extension: extensions.Extension, device: str, labels: Sequence[str] | None,
                        prompt: str | None, settings: DetectorSettings) -> Detector:
    from annotator.engine.detectors.only_labels import OnlyLabels

    wanted = None if labels is None else tuple(labels)
    detector = extension.detector(extensions.DetectorRequest(device, wanted, prompt, settings))
    return detector if wanted in (None, tuple(detector.labels)) else OnlyLabels(detector, wanted)


def _is_hugging_face(name: str) -> bool:
    """Whether this is a folder that the library transformers wrote."""
    return (Path(name).expanduser() / "config.json").is_file()


def _hugging_face_detector(name: str, device: str, labels: Sequence[str] | None, config: str | None,
                           prompt: str | None, settings: DetectorSettings) -> Detector:
    from annotator.engine.detectors.hugging_face import HuggingFaceDetector
    from annotator.engine.detectors.only_labels import OnlyLabels

    if config is not None or prompt is not None:
        option = "--prompt" if config is None else "--detector-config"
        raise SettingsError(f"{name} is a detector of transformers, which takes no {option}: omit it")
    _refuse(name, settings, "class_names", "whose config.json names its classes")
    detector = HuggingFaceDetector.load(Path(name).expanduser(), device, settings)
    return detector if labels is None else OnlyLabels(detector, tuple(labels))


def _known_config(name: str, path: Path) -> str | None:
    """Return the architecture of published weights, given by name or as a file with the published file name."""
    for weights in checkpoints.manifest():
        if (weights.is_called(name) or weights.file == path.name) and weights.config in ARCHITECTURES:
            return weights.config
    return None


def _mmdet_detector(name: str, path: Path, device: str, labels: Sequence[str] | None, config: str,
                    prompt: str | None, settings: DetectorSettings) -> Detector:
    from annotator.engine.detectors.mmdet import MmdetDetector

    return MmdetDetector.load(config, path, device, name=name, vocabulary=_vocabulary(), labels=labels, prompt=prompt,
                              settings=settings)


def _vocabulary() -> Path | None:
    """Return BERT's vocabulary, installed as one file or as a folder with the published name; None if missing."""
    folder = checkpoints.models_dir() / VOCABULARY
    if (folder / "vocab.txt").is_file():
        return folder
    path = checkpoints.known(VOCABULARY).path()
    return path if path.is_file() else None


def model_identity(kind: ModelKind, name: str) -> str:
    """Return the text that identifies a model: file name and hash of the weights, or the package that provides it.

    Raises ModelError if the model is missing.
    """
    extension = extensions.extension(kind, name)
    if extension is not None:
        return extension.identity
    if kind is ModelKind.DETECTOR and _is_hugging_face(name):
        files = sorted(Path(name).expanduser().glob("*.safetensors"))
        return f"{Path(name).name}: {', '.join(map(checkpoints.identity, files)) or 'no weights'}"
    return checkpoints.identity(checkpoints.find(name))


def sam2mot_settings(segmenter: str) -> Sam2MotSettings:
    """Return SAM2MOT's settings for these weights (name or path): the defaults, with the manifest's changes."""
    weights = _listed(segmenter)
    own: Mapping[str, Any] = {} if weights is None else weights.tracking
    settings = Sam2MotSettings()
    parts = {name: replace(getattr(settings, name), **{key: _given(value) for key, value in values.items()})
             if isinstance(values, Mapping) else _given(values) for name, values in own.items()}
    return replace(settings, **parts)


def sam2_settings(segmenter: str) -> Sam2Settings:
    """Return the settings of SAM 2 for these weights (name or path): the defaults, with the manifest's changes."""
    weights = _listed(segmenter)
    return Sam2Settings() if weights is None else replace(Sam2Settings(), **weights.sam2)


def _listed(segmenter: str) -> Weights | None:
    """Return the manifest's entry of weights given by name or path; None for others."""
    names = (segmenter, Path(segmenter).name)
    return next((w for w in checkpoints.manifest() if any(map(w.is_called, names))), None)


def _given(value: Any) -> Any:
    """Return a setting of the manifest. TOML has no null, so the word "off" stands for it."""
    return None if value == "off" else value


def make_segmenter(name: str, device: str, settings: Sam2Settings | None = None) -> Segmenter:
    """Create a segmenter by registry name, by the path of any sam2 or sam2.1 checkpoint, or by the name of another
    package's segmenter. ``settings``: None for those that go with the weights. Raises ModelError."""
    extension = extensions.extension(ModelKind.SEGMENTER, name)
    if extension is not None:
        return extension.segmenter(extensions.SegmenterRequest(device, settings or Sam2Settings()))
    from annotator.engine.segmenters.sam2 import Sam2Segmenter

    return Sam2Segmenter.load(checkpoints.find(name), device, settings or sam2_settings(name))


def make_sam2mot(segmenter: Segmenter, width: int, height: int, frame_count: int, settings: Sam2MotSettings) -> Tracker:
    """Create the SAM2MOT tracker for one video."""
    from annotator.engine.trackers.sam2mot import Sam2Mot

    return Sam2Mot(segmenter, width, height, frame_count, settings)


def make_box_tracker(name: str, settings: BoxTrackerSettings, frame_rate: float) -> Tracker:
    """Create a tracker of the `trackers` library for one video, with its own settings class. Raises SettingsError."""
    from annotator.engine.trackers.botsort import BotSort, CBIoU
    from annotator.engine.trackers.bytetrack import ByteTrack
    from annotator.engine.trackers.sort import OcSort, Sort

    kinds: dict[str, Callable[..., Tracker]] = {
        kind.name: kind for kind in (ByteTrack, OcSort, BotSort, Sort, CBIoU)}
    if name not in kinds:
        raise SettingsError(f"there is no tracker {name!r}: choose {', '.join(TRACKERS)}")
    return kinds[name](settings, frame_rate=frame_rate)
