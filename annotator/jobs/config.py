"""Settings of a pre-annotation, from the command line and a YAML file."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from annotator.engine.settings import ByteTrackSettings, Sam2MotSettings, Sam2Settings
from annotator.errors import SettingsError
from annotator.model.track import OnExisting

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PreannotateSettings:
    """What a pre-annotation does. Everything has a default; None means the best that is installed."""

    detector: str | None = None
    """Name from the registry, or the path of an ONNX model."""
    detections: str | None = None
    """File with detections instead of a detector: MOTChallenge rows or COCO results."""
    detections_run: int | None = None
    """Run of the project whose stored detections are used instead: tracking again costs no detection."""
    det_threshold: float | None = None
    """Detections scoring less are stored but not tracked. None: the tracker's default."""
    segmenter: str | None = None
    tracker: str = "sam2mot"
    labels: tuple[str, ...] | None = None
    """Only these classes."""
    device: str = "auto"
    start: int = 0
    """First frame."""
    end: int | None = None
    """Last frame, itself included; None for the video's last."""
    on_existing: OnExisting = OnExisting.REPLACE
    snapshot_every: int = 50
    """Frames between two engine snapshots."""
    sam2mot: Sam2MotSettings = field(default_factory=Sam2MotSettings)
    sam2: Sam2Settings = field(default_factory=Sam2Settings)
    bytetrack: ByteTrackSettings = field(default_factory=ByteTrackSettings)

    def __post_init__(self) -> None:
        sources = [name for name in ("detector", "detections", "detections_run") if getattr(self, name) is not None]
        if len(sources) > 1:
            raise SettingsError(f"{sources[0]} and {sources[1]} are both given: choose one source of detections")
        if self.tracker not in ("sam2mot", "bytetrack"):
            raise SettingsError(f"there is no tracker {self.tracker!r}: choose sam2mot or bytetrack")
        if self.det_threshold is not None and not 0 <= self.det_threshold <= 1:
            raise SettingsError(f"the detection threshold is {self.det_threshold}: give a number from 0 to 1")
        if self.snapshot_every < 1:
            raise SettingsError(f"snapshot_every is {self.snapshot_every}: give at least 1")

    def tracker_settings(self) -> Sam2MotSettings:
        """SAM2MOT's settings with the threshold of this run."""
        if self.det_threshold is None:
            return self.sam2mot
        return dataclasses.replace(self.sam2mot, det_threshold=self.det_threshold)

    def to_json(self) -> dict[str, object]:
        """Plain data, as it is stored with the run."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> PreannotateSettings:
        return build(cls, content, "the run's settings")


def read_config(path: Path) -> dict[str, Any]:
    """The content of a YAML configuration. Raises SettingsError for a file that cannot be read."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path} does not exist: give an existing configuration file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark is not None else ""
        raise SettingsError(f"{path}{where} is not valid YAML: {getattr(error, 'problem', error)}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{path} holds a {type(content).__name__}: it must be a mapping of setting names to values")
    return content


def build(kind: type[T], content: Mapping[str, Any], where: str) -> T:
    """A settings dataclass from plain data. Raises SettingsError naming an unknown key or a wrong type."""
    hints = typing.get_type_hints(kind)
    known = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]  # T is always a dataclass here
    values = {}
    for key, value in content.items():
        if key not in known:
            raise SettingsError(f"{where}: there is no setting {key!r}; there are {', '.join(sorted(known))}")
        values[key] = _convert(hints[key], value, f"{where}: {key}")
    return kind(**values)


def _convert(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, types.UnionType):
        if value is None and type(None) in hint.__args__:
            return None
        return _convert(next(a for a in hint.__args__ if a is not type(None)), value, where)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where} is {value!r}: it must be a mapping of setting names to values")
        return build(hint, value, where)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
            raise SettingsError(f"{where} is {value!r}: it must be a list of names")
        return tuple(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and issubclass(hint, OnExisting):
        try:
            return OnExisting(value)
        except ValueError as error:
            raise SettingsError(f"{where} is {value!r}: choose {', '.join(OnExisting)}") from error
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise SettingsError(f"{where} is {value!r}: it must be of type {hint.__name__}")
    return value
