"""Names to detectors, segmentors and trackers. Nothing heavy is imported before a model is asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from annotator.engine import checkpoints
from annotator.engine.base import Detector, Segmenter, Tracker
from annotator.engine.checkpoints import ModelKind
from annotator.engine.settings import TRACKERS, BoxTrackerSettings, Sam2MotSettings, Sam2Settings
from annotator.errors import ModelError, SettingsError

log = logging.getLogger(__name__)

TINY_SEGMENTER = "tiny-sam2"
TINY_DETECTOR = "tiny-detector"

#: Sizes of the published segmentors by preference. A CPU carries the smallest at best.
_SIZES_ON_CUDA = ("large", "base+", "small", "tiny")
_SIZES_ON_CPU = _SIZES_ON_CUDA[::-1]


def resolve_device(device: str) -> str:
    """``auto`` to the best device there is; anything else is checked. Raises SettingsError."""
    if device == "cpu":
        return device
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise SettingsError(f"there is no device {device!r}: give auto, cuda, cuda:N or cpu") from error
    if kind not in ("cpu", "cuda"):
        raise SettingsError(f"{device!r} is no device that this program runs on: give auto, cuda, cuda:N or cpu")
    if kind == "cuda" and not torch.cuda.is_available():
        raise SettingsError("this machine has no usable CUDA device (or a torch without CUDA): give --device cpu, or "
                            "see `annotator doctor`")
    return device


def all_devices(device: str) -> tuple[str, ...]:
    """Every device that work may be spread over: ``auto`` and ``cuda`` are all CUDA devices that torch sees, else the
    one named. Raises SettingsError."""
    resolved = resolve_device(device)
    if resolved != "cuda":
        return (resolved,)
    import torch

    return tuple(f"cuda:{index}" for index in range(torch.cuda.device_count())) or ("cuda",)


def default_segmenter(device: str) -> str:
    """The best segmentor installed for the device; the built-in one, with a warning, if there is no other."""
    there = {w.name for w in checkpoints.installed(ModelKind.SEGMENTER)}
    sizes = _SIZES_ON_CUDA if device.startswith("cuda") else _SIZES_ON_CPU
    for name in (f"{version}-{size}" for version in ("sam2.1", "sam2") for size in sizes):
        if name in there:
            return name
    log.warning("no SAM 2 weights are installed: using the built-in demonstration model %s, which only knows "
                "simple synthetic objects (`annotator models` lists what can be downloaded)", TINY_SEGMENTER)
    return TINY_SEGMENTER


def default_detector() -> str:
    """The best detector installed; the built-in one, with a warning, if there is no other."""
    for weights in checkpoints.installed(ModelKind.DETECTOR):
        if weights.name != TINY_DETECTOR:
            return weights.name
    log.warning("no detector weights are installed: using the built-in demonstration model %s, which only knows "
                "simple synthetic objects (give --detector FILE.onnx or --detections FILE for real footage)",
                TINY_DETECTOR)
    return TINY_DETECTOR


def make_detector(name: str, device: str, labels: Sequence[str] | None = None) -> Detector:
    """A detector by registry name or by the path of an ONNX model.

    ``labels`` keeps only these classes. Raises ModelError for unknown or damaged weights, SettingsError for unknown
    classes.
    """
    path = checkpoints.find(name)
    if path.suffix.lower() == ".onnx":
        from annotator.engine.detectors.onnx import OnnxDetector

        return OnnxDetector(path, device=device, classes=labels)
    if name == TINY_DETECTOR:
        from annotator.engine.detectors.tiny import TinyDetector

        detector = TinyDetector(path, device=device)
        unknown = [label for label in labels or () if label not in detector.labels]
        if unknown:
            raise SettingsError(f"{name} knows no class {unknown[0]!r}; it knows {', '.join(detector.labels)}")
        return detector
    raise ModelError(f"{path} is no detector that can be run here: give an ONNX model (YOLOX or NanoDet), a name from "
                     "`annotator models`, or --detections FILE")


def make_segmenter(name: str, device: str, settings: Sam2Settings | None = None) -> Segmenter:
    """A segmentor by registry name or by the path of any sam2 or sam2.1 checkpoint. Raises ModelError."""
    from annotator.engine.segmenters.sam2 import Sam2Segmenter

    return Sam2Segmenter.load(checkpoints.find(name), device, settings)


def make_sam2mot(segmenter: Segmenter, width: int, height: int, frame_count: int, settings: Sam2MotSettings) -> Tracker:
    """The SAM2MOT tracker for one video."""
    from annotator.engine.sam2mot import Sam2Mot

    return Sam2Mot(segmenter, width, height, frame_count, settings)


def make_box_tracker(name: str, settings: BoxTrackerSettings, frame_rate: float) -> Tracker:
    """A tracker of the `trackers` library for one video, with its own kind of settings. Raises SettingsError."""
    from annotator.engine.botsort import BotSort, CBIoU
    from annotator.engine.bytetrack import ByteTrack
    from annotator.engine.sort import OcSort, Sort

    made: dict[str, Callable[..., Tracker]] = {
        kind.name: kind for kind in (ByteTrack, OcSort, BotSort, Sort, CBIoU)}
    if name not in made:
        raise SettingsError(f"there is no tracker {name!r}: choose {', '.join(TRACKERS)}")
    return made[name](settings, frame_rate=frame_rate)
