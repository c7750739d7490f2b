"""Measure how fast a segmenter runs on this machine, before its weights are downloaded."""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import platformdirs
from pydantic import TypeAdapter, ValidationError

from annotator.engine.registry import resolve_device
from annotator.engine.weights.checkpoints import ModelKind, Weights
from annotator.errors import ModelError
from annotator.model.box import Box
from annotator.model.cancel import CancelToken
from annotator.model.frame import Frame
from annotator.model.prompt import Prompt

if TYPE_CHECKING:
    from annotator.engine.segmenters.sam2 import Sam2Segmenter

log = logging.getLogger(__name__)

CACHE_DIR_VARIABLE = "ANNOTATOR_CACHE_DIR"

#: Objects that a trial tracks, and the time after which it ends with the frame that it is at.
OBJECTS, SECONDS = 5, 10.0
#: Size of the frames that a trial tracks.
WIDTH, HEIGHT = 1280, 720

#: Called with seconds spent and seconds in all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """How fast a segmenter ran on one device of this machine."""

    model: str
    """Name in the manifest."""
    device: str
    """Device and what distinguishes it: ``cpu, 8 threads`` or ``cuda, NVIDIA H200``."""
    objects: int
    frames: int
    """Frames measured."""
    fps: float
    """Frames per second with that many objects, the segmenter alone."""


def run_trial(weights: Weights, device: str = "auto", objects: int = OBJECTS, seconds: float = SECONDS,
              cancel: CancelToken | None = None, progress: Progress = lambda _done, _total: None) -> Trial:
    """Track objects with a segmenter of random weights, which take as long as the published ones.

    Args:
        weights: a segmenter of the manifest; its file is not needed.
        objects: number of objects, prompted in the first frame.
        seconds: the trial ends with the frame in which this time is over; the first frame, which also loads
            libraries, does not count.

    Raises:
        ModelError: not a segmenter.
        SettingsError: the device is not available.
        Cancelled: cancelled between two frames.
    """
    if weights.kind is not ModelKind.SEGMENTER:
        raise ModelError(f"{weights.name} is a {weights.kind}: only segmenters are tried; the run dialog measures a "
                         "detector when it previews it")
    resolved = resolve_device(device)
    segmenter = _random_segmenter(weights, resolved)
    cancel = cancel or CancelToken()
    began, frames = time.monotonic(), 0
    for index, frame in enumerate(_frames()):
        cancel.raise_if_cancelled()
        _step(segmenter, frame, objects)
        if index == 0:
            began = time.monotonic()
            continue
        spent, frames = time.monotonic() - began, index
        progress(min(round(spent), round(seconds)), round(seconds))
        if spent >= seconds:
            break
    return Trial(weights.name, device_text(resolved), objects, frames, frames / (time.monotonic() - began))


def _random_segmenter(weights: Weights, device: str) -> Sam2Segmenter:
    from annotator.engine.segmenters import sam2_model
    from annotator.engine.segmenters.sam2 import Sam2Segmenter

    arch = sam2_model.architecture(weights.config)
    return Sam2Segmenter(sam2_model.build(arch, None, None, device), weights.name, device)


def _frames() -> Iterator[Frame]:
    import numpy as np

    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return (Frame(index, image, index / 25) for index in count())


def _step(segmenter: Sam2Segmenter, frame: Frame, objects: int) -> None:
    """Do what one frame of a run costs: encode it, predict all objects, and write their memories."""
    numbers = range(1, objects + 1)
    if frame.index == 0:
        segmenter.start(WIDTH, HEIGHT, frame_count=1000)
    features = segmenter.encode(frame)
    predictions = segmenter.predict(features, numbers) if frame.index else \
        segmenter.prompt(features, {number: Prompt(0, _box(number, objects)) for number in numbers})
    predictions.logits.cpu()  # waits for the device
    segmenter.memorise(features, predictions)


def _box(number: int, objects: int) -> Box:
    """A box of its own for each object, in a row across the frame."""
    width = WIDTH / objects
    return ((number - 0.9) * width, 0.3 * HEIGHT, (number - 0.1) * width, 0.7 * HEIGHT)


def device_text(device: str) -> str:
    """Return a device with what makes its speed: ``cpu, 8 threads`` or ``cuda, NVIDIA H200``."""
    import torch

    return f"{device}, {torch.cuda.get_device_name(device)}" if device.startswith("cuda") else \
        f"{device}, {torch.get_num_threads()} threads"


# -- trials of this machine --------------------------------------------------------------------------------------------


def trials_file() -> Path:
    """Return the file that keeps trials, in ANNOTATOR_CACHE_DIR or the user's cache folder."""
    configured = os.environ.get(CACHE_DIR_VARIABLE)
    if configured:
        return Path(configured).expanduser() / "speed-trials.json"
    return platformdirs.user_cache_path("sam2mot-annotator", appauthor=False) / "speed-trials.json"


def remember_trial(trial: Trial, path: Path | None = None) -> None:
    """Keep a trial in place of an earlier one of the same model and device. A file that cannot be written is logged: it
    only spares the next trial."""
    path = path or trials_file()
    machines = _read(path)
    mine = [other for other in machines.get(platform.node(), [])
            if (other.model, other.device) != (trial.model, trial.device)]
    machines[platform.node()] = [*mine, trial]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as written:
            written.write(_MACHINES.dump_json(machines))
        os.replace(written.name, path)
    except OSError as error:
        log.warning("the speed of %s cannot be kept in %s (%s)", trial.model, path, error.strerror)


def remembered_trials(path: Path | None = None) -> tuple[Trial, ...]:
    """Return the trials that were made on this machine. A file that holds something else counts as none."""
    return tuple(_read(path or trials_file()).get(platform.node(), ()))


#: By name of the machine, because a home folder may be shared.
_MACHINES = TypeAdapter(dict[str, list[Trial]])


def _read(path: Path) -> dict[str, list[Trial]]:
    try:
        return _MACHINES.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}
