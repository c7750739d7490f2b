"""Settings of a pre-annotation, from the command line and a YAML file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.engine import registry
from annotator.engine.detector_settings import DetectorSettings
from annotator.engine.settings import (
    TRACKERS,
    BotSortSettings,
    BoxTrackerSettings,
    ByteTrackSettings,
    CBIoUSettings,
    OcSortSettings,
    Sam2MotSettings,
    Sam2Settings,
    SceneCutSettings,
    SortSettings,
)
from annotator.errors import SettingsError
from annotator.jobs.tracking.settings_file import Place, build, read_config
from annotator.model.track import OnExisting
from annotator.resources import resource_root

#: Where detections come from; one of these at most.
SOURCES = ("detector", "detections", "detections_run")

#: What says which detector runs, and means nothing without one.
_OF_DETECTOR = ("detector", "detector_config", "prompt")

#: Of ``thresholds``: found from the scores of the whole video.
ADAPTIVE = "adaptive"

#: One of these at most is given; a run is stored with both.
_THRESHOLDS = ("det_threshold", "thresholds")


@dataclass(frozen=True, slots=True)
class PreannotateSettings:
    """What a pre-annotation does. Everything has a default; None means the best that is installed."""

    detector: str | None = None
    """Name from the registry, or the path of an ONNX model, a folder of transformers or an MMDetection checkpoint."""
    detector_config: str | None = None
    """MMDetection's configuration of a checkpoint given by its path. A configuration is a program and is run."""
    prompt: str | None = None
    """What a detector that reads text is to find: "person . red car ."; None for ``labels``."""
    detections: str | None = None
    """File with detections instead of a detector: MOTChallenge rows or COCO results."""
    detections_run: int | None = None
    """Run of the project whose stored detections are used instead: tracking again costs no detection."""
    det_threshold: float | None = None
    """Detections scoring less are stored but not tracked. None: the tracker's default."""
    thresholds: str | None = None
    """Where ``det_threshold`` comes from instead: ``adaptive``, or a CSV file with one threshold per video name. What
    it says is stored with the run as its ``det_threshold``."""
    adaptive_margin: float = 0.1
    """Added to Otsu's threshold, where it is adaptive."""
    segmenter: str | None = None
    """Name from the registry, or the path of a sam2 or sam2.1 checkpoint."""
    tracker: str = "sam2mot"
    """sam2mot, or one of the trackers that link boxes and serve as baselines."""
    labels: tuple[str, ...] | None = None
    """Only these classes."""
    class_labels: dict[str, str | None] | None = None
    """Class of the detector -> label of the project that it becomes, null to drop it; others keep their names. None:
    as the project has it."""
    device: str = "auto"
    """auto, cpu, cuda, or one GPU such as cuda:1."""
    start: int = 0
    """First frame."""
    end: int | None = None
    """Last frame, itself included; None for the video's last."""
    on_existing: OnExisting = OnExisting.REPLACE
    """What happens to predicted boxes of earlier runs: replace, replace-corrected, add or propose."""
    snapshot_every: int = 50
    """Frames between two engine snapshots."""
    detection: DetectorSettings = field(default_factory=DetectorSettings)
    sam2mot: Sam2MotSettings | None = None
    """None: those that go with the segmenter. What is given in part is completed with the defaults."""
    sam2: Sam2Settings | None = None
    """None: those that go with the segmenter. What is given in part is completed with the defaults."""
    bytetrack: ByteTrackSettings = field(default_factory=ByteTrackSettings)
    ocsort: OcSortSettings = field(default_factory=OcSortSettings)
    botsort: BotSortSettings = field(default_factory=BotSortSettings)
    sort: SortSettings = field(default_factory=SortSettings)
    cbiou: CBIoUSettings = field(default_factory=CBIoUSettings)
    scene_cuts: bool = True
    """Look for cuts and end every track there."""
    scene_cut: SceneCutSettings = field(default_factory=SceneCutSettings)
    """What counts as a cut."""

    def __post_init__(self) -> None:
        sources = [name for name in SOURCES if getattr(self, name) is not None]
        if len(sources) > 1:
            raise SettingsError(f"{sources[0]} and {sources[1]} are both given: choose one source of detections")
        if self.detector_config is not None and self.detector is None:
            raise SettingsError("detector_config is given without a checkpoint that it describes: give --detector FILE")
        if self.prompt is not None and (self.detections is not None or self.detections_run is not None):
            raise SettingsError("prompt is given, but the boxes come from a file or an earlier run: leave one out")
        if self.labels == ():
            raise SettingsError("labels is empty: it must be a list of names")
        if self.tracker not in TRACKERS:
            raise SettingsError(f"there is no tracker {self.tracker!r}: choose {', '.join(TRACKERS)}")
        if self.det_threshold is not None and not 0 <= self.det_threshold <= 1:
            raise SettingsError(f"det_threshold is {self.det_threshold}: give a number from 0 to 1")
        if not 0 <= self.adaptive_margin <= 1:
            raise SettingsError(f"adaptive_margin is {self.adaptive_margin}: give a number from 0 to 1")
        if self.snapshot_every < 1:
            raise SettingsError(f"snapshot_every is {self.snapshot_every}: give at least 1")

    def wants(self, detector_class: str) -> bool:
        """Whether what is of this class is tracked."""
        if self.labels is not None and detector_class not in self.labels:
            return False
        return (self.class_labels or {}).get(detector_class, detector_class) is not None

    def without_detector(self, detections: str | None = None, detections_run: int | None = None,
                         ) -> PreannotateSettings:
        """With boxes from a file or from an earlier run instead, or with no source at all."""
        changes: dict[str, Any] = dict.fromkeys(_OF_DETECTOR)
        return dataclasses.replace(self, **changes, detections=detections, detections_run=detections_run)

    def tracker_settings(self) -> Sam2MotSettings:
        """SAM2MOT's settings with the threshold of this run."""
        own = self.sam2mot
        if own is None:
            own = Sam2MotSettings() if self.segmenter is None else registry.sam2mot_settings(self.segmenter)
        return own if self.det_threshold is None else dataclasses.replace(own, det_threshold=self.det_threshold)

    def with_segmenter(self, device: str) -> PreannotateSettings:
        """With the segmenter that will run, the best for the device where none is named, and the settings that go with
        it: a run is stored with both. Trackers of boxes have none."""
        if self.tracker != "sam2mot":
            return self
        name = self.segmenter or registry.default_segmenter(device)
        return dataclasses.replace(self, segmenter=name, sam2mot=self.sam2mot or registry.sam2mot_settings(name),
                                   sam2=self.sam2 or registry.sam2_settings(name))

    def box_tracker_settings(self) -> BoxTrackerSettings:
        """The settings of the chosen tracker of boxes with the threshold of this run, which is where tracklets begin;
        no other of the library's thresholds may lie above it."""
        own: BoxTrackerSettings = getattr(self, self.tracker)
        return own if self.det_threshold is None else own.with_threshold(self.det_threshold)

    def to_json(self) -> dict[str, object]:
        """Plain data, as it is stored with the run."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> PreannotateSettings:
        """Settings as `to_json` gave them. Raises SettingsError if another version of the program wrote them."""
        return build(cls, content, Place("the settings stored with the run"))


def read_settings(config: Path | None, given: Mapping[str, Any], as_options: bool = True,
                  ) -> tuple[PreannotateSettings, frozenset[str]]:
    """Settings from a configuration file and from options, which win; and the names of those that were given at all.

    Raises SettingsError naming the file, line and key, or the option (the key, unless they were given ``as_options``).
    """
    content: dict[str, Any] = {}
    lines: dict[tuple[str, ...], int] = {}
    if config is not None:
        file = read_config(_config_file(config))
        content, lines = dict(file.content), file.lines
    if any(name in given for name in SOURCES):
        for name in (*SOURCES, "detector_config", *(() if "detector" in given else ("prompt",))):
            content.pop(name, None)
    if any(name in given for name in _THRESHOLDS):
        for name in _THRESHOLDS:
            content.pop(name, None)
    merged = {**content, **{name: value for name, value in given.items() if name != "class_names"}}
    if "class_names" in given and isinstance(merged.setdefault("detection", {}), dict):
        merged["detection"] = {**merged["detection"], "class_names": given["class_names"]}
    source = "the command line" if as_options else "the given settings"
    place = Place(source if config is None else str(config), lines, frozenset(given if as_options else ()))
    if all(name in merged for name in _THRESHOLDS):
        raise SettingsError(f"{place}: det_threshold and thresholds are both given: choose one")
    return build(PreannotateSettings, merged, place), frozenset(merged)


def _config_file(path: Path) -> Path:
    """The file itself, or the bundled one of this name. Raises SettingsError where there is neither."""
    folder = resource_root() / "configs"
    bundled = folder / f"{path}.yml"
    if path.exists() or len(path.parts) > 1:
        return path
    if bundled.is_file():
        return bundled
    known = ", ".join(sorted(each.stem for each in folder.glob("*.yml")))
    raise SettingsError(f"{path}: there is no such file, and no bundled settings of this name (there are {known})")
