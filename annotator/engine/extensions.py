"""Detectors and segmenters that other packages bring. `docs/extending.md` shows how one is written.

A package names a factory in its metadata, as an entry point of the group of its kind. Nothing of the package is
imported before the model is asked for by its name, so one that is broken harms nobody who doesn't use it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from annotator.engine.base import Detector, Segmenter
from annotator.engine.detector_settings import DetectorSettings
from annotator.engine.settings import Sam2Settings
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.errors import ModelError

log = logging.getLogger(__name__)

#: Group of entry points by what a model does.
GROUPS = {ModelKind.DETECTOR: "sam2mot_annotator.detectors", ModelKind.SEGMENTER: "sam2mot_annotator.segmenters"}


@dataclass(frozen=True, slots=True)
class DetectorRequest:
    """What a detector's factory is given: ``make(request) -> Detector``. It may gain fields."""

    device: str = "cpu"
    """``cpu``, ``cuda`` or ``cuda:N``; checked already."""
    labels: tuple[str, ...] | None = None
    """Classes that are wanted; None for all. The others are dropped afterwards, whether it heeds this or not."""
    prompt: str | None = None
    """What the user says is to be found. A detector that reads no text refuses it with a SettingsError."""
    settings: DetectorSettings = field(default_factory=DetectorSettings)
    """Score floor, suppression, half precision. Tiles and batches are made for it."""


@dataclass(frozen=True, slots=True)
class SegmenterRequest:
    """What a segmenter's factory is given: ``make(request) -> Segmenter``. It may gain fields."""

    device: str = "cpu"
    """``cpu``, ``cuda`` or ``cuda:N``; checked already."""
    settings: Sam2Settings = field(default_factory=Sam2Settings)
    """Those of SAM 2, as far as they mean something here."""


@dataclass(frozen=True, slots=True)
class Extension:
    """One model of another package."""

    name: str
    kind: ModelKind
    package: str
    """Name and version of the installed package, as pip has them."""
    entry: EntryPoint

    @property
    def identity(self) -> str:
        """What is stored with a run. A resume with another version of the package is refused."""
        return f"{self.name} of {self.package}"

    def detector(self, request: DetectorRequest) -> Detector:
        """Raises ModelError if the package cannot be loaded or makes no detector."""
        made: Detector = self._made(request, Detector)
        return made

    def segmenter(self, request: SegmenterRequest) -> Segmenter:
        """Raises ModelError if the package cannot be loaded or makes no segmenter."""
        made: Segmenter = self._made(request, Segmenter)
        return made

    def _made(self, request: object, protocol: Any) -> Any:
        made = self._factory()(request)
        if not isinstance(made, protocol):
            raise ModelError(f"{self.identity} made no {self.kind} but {type(made).__name__}: it lacks "
                             f"{', '.join(sorted(_lacking(made, protocol)))}; update or remove that package")
        return made

    def _factory(self) -> Callable[[object], object]:
        try:
            factory: Callable[[object], object] = self.entry.load()
        except (ImportError, AttributeError, SyntaxError) as error:
            raise ModelError(f"{self.identity} cannot be loaded ({error}): update or remove that package") from error
        return factory


def extensions(kind: ModelKind) -> tuple[Extension, ...]:
    """All models of this kind that other packages bring, by name. The program's own names cannot be taken."""
    group = GROUPS.get(kind)
    if group is None:
        return ()
    taken = {weights.name for weights in checkpoints.manifest()}
    found: dict[str, Extension] = {}
    for entry in sorted(entry_points(group=group), key=lambda each: each.name):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.module
        if entry.name in taken or entry.name in found:
            log.warning("%s brings a %s called %s, and that name is taken: it is left out", package, kind, entry.name)
            continue
        found[entry.name] = Extension(entry.name, kind, package, entry)
    return tuple(found.values())


def extension(kind: ModelKind, name: str) -> Extension | None:
    """The model of this name that another package brings; None for the program's own, for paths and unknown names."""
    if any(weights.is_called(name) for weights in checkpoints.manifest()):
        return None
    return next((each for each in extensions(kind) if each.name == name), None)


def _lacking(made: object, protocol: Any) -> set[str]:
    return {name for name in dir(protocol) if not name.startswith("_") and not hasattr(made, name)}
