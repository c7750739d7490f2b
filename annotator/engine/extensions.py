"""Detectors and segmenters provided by other packages. `docs/extending.md` shows how to write one.

A package registers a factory as an entry point in the group of its kind. The package is imported only when its model
is requested by name, so a broken package affects only those who use it.
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

#: Entry point group by kind of model.
GROUPS = {ModelKind.DETECTOR: "sam2mot_annotator.detectors", ModelKind.SEGMENTER: "sam2mot_annotator.segmenters"}


@dataclass(frozen=True, slots=True)
class DetectorRequest:
    """The argument of a detector's factory: ``make(request) -> Detector``. Later versions may add fields."""

    device: str = "cpu"
    """``cpu``, ``cuda`` or ``cuda:N``; already validated."""
    labels: tuple[str, ...] | None = None
    """Wanted classes; None for all. The program drops other classes even if the detector ignores this field."""
    prompt: str | None = None
    """The user's text prompt. A detector that takes no text must raise a SettingsError."""
    settings: DetectorSettings = field(default_factory=DetectorSettings)
    """Minimum score, suppression, half precision. The program takes care of tiles and batches."""


@dataclass(frozen=True, slots=True)
class SegmenterRequest:
    """The argument of a segmenter's factory: ``make(request) -> Segmenter``. Later versions may add fields."""

    device: str = "cpu"
    """``cpu``, ``cuda`` or ``cuda:N``; already validated."""
    settings: Sam2Settings = field(default_factory=Sam2Settings)
    """The settings of SAM 2, to be used where they apply."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A model provided by another package."""

    name: str
    kind: ModelKind
    package: str
    """Name and version of the installed package, as pip shows them."""
    entry: EntryPoint

    @property
    def identity(self) -> str:
        """The text stored with a run. Resuming with another version of the package is refused."""
        return f"{self.name} of {self.package}"

    def detector(self, request: DetectorRequest) -> Detector:
        """Create the detector. Raises ModelError if the package cannot be loaded or creates no detector."""
        created: Detector = self._create(request, Detector)
        return created

    def segmenter(self, request: SegmenterRequest) -> Segmenter:
        """Create the segmenter. Raises ModelError if the package cannot be loaded or creates no segmenter."""
        created: Segmenter = self._create(request, Segmenter)
        return created

    def _create(self, request: object, protocol: Any) -> Any:
        created = self._factory()(request)
        if not isinstance(created, protocol):
            raise ModelError(f"{self.identity} is not a {self.kind}: its {type(created).__name__} lacks "
                             f"{', '.join(sorted(_missing_members(created, protocol)))}; update or remove that package")
        return created

    def _factory(self) -> Callable[[object], object]:
        try:
            factory: Callable[[object], object] = self.entry.load()
        except (ImportError, AttributeError, SyntaxError) as error:
            raise ModelError(f"{self.identity} cannot be loaded ({error}): update or remove that package") from error
        return factory


def extensions(kind: ModelKind) -> tuple[Extension, ...]:
    """Return all models of this kind from other packages, by name. Built-in names cannot be overridden."""
    group = GROUPS.get(kind)
    if group is None:
        return ()
    taken = {weights.name for weights in checkpoints.manifest()}
    found: dict[str, Extension] = {}
    for entry in sorted(entry_points(group=group), key=lambda each: each.name):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.module
        if entry.name in taken or entry.name in found:
            log.warning("ignoring the %s %s of %s: the name is already in use", kind, entry.name, package)
            continue
        found[entry.name] = Extension(entry.name, kind, package, entry)
    return tuple(found.values())


def extension(kind: ModelKind, name: str) -> Extension | None:
    """Return another package's model of this name; None for built-in models, paths and unknown names."""
    if any(weights.is_called(name) for weights in checkpoints.manifest()):
        return None
    return next((each for each in extensions(kind) if each.name == name), None)


def _missing_members(created: object, protocol: Any) -> set[str]:
    return {name for name in dir(protocol) if not name.startswith("_") and not hasattr(created, name)}
