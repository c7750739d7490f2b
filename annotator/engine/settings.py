"""Every threshold of the engine, typed and documented. No heavy imports: the command line reads this at start."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Self

from annotator.errors import SettingsError
from annotator.model.frame import TrackState

#: Every tracker by name; the registry makes them.
TRACKERS = ("sam2mot", "bytetrack", "ocsort", "botsort", "sort", "cbiou")


@dataclass(frozen=True, slots=True)
class TrajectorySettings:
    """Thresholds of the trajectory manager, in the notation of the paper."""

    reliable: float = 8.0
    """Score logits above this are reliable."""
    pending: float = 6.0
    """Above this, up to ``reliable``: pending. Such a score also sets the lost counter to zero."""
    suspicious: float = 2.0
    """Above this, up to ``pending``: suspicious. At or below: lost."""
    match_iou: float = 0.3
    """A detection and a live object whose boxes overlap less are no match."""
    match_labels: bool = True
    """Only objects and detections of the same label match."""
    uncovered: float = 0.7
    """A new object needs at least this share of its box free of live masks."""
    max_lost: int = 25
    """A track ends at so many lost frames."""
    reconstruct: bool = True
    """Quality reconstruction: re-prompt pending tracks from their matched detections."""
    duplicate_iou: float = 0.95
    """Masks that overlap more may be one object prompted twice."""
    duplicate_age: int = 5
    """Then the younger track ends, if it is at most so many frames old ..."""
    duplicate_grace: int = 25
    """... and was not hidden by another within so many frames."""
    reprompt_hidden: bool = True
    """Quality reconstruction also of tracks that another hid in the frame before. False for segmenters that then take
    the neighbour's detection for their own."""
    max_hidden: int | None = None
    """A track that others hid for so many frames on end is their double and ends. None, as in the paper: none is. For
    segmenters that lose an object to a look-alike and do not find back."""
    min_box_side: float = 2.0
    """Detections smaller than this many pixels start no track."""

    def __post_init__(self) -> None:
        if not self.reliable > self.pending > self.suspicious:
            raise SettingsError(f"the score thresholds must fall: reliable {self.reliable} > pending {self.pending} > "
                                f"suspicious {self.suspicious}")
        for name in ("match_iou", "uncovered", "duplicate_iou"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"trajectories.{name} is {getattr(self, name)}: give a number from 0 to 1")
        if self.max_lost < 1:
            raise SettingsError(f"trajectories.max_lost is {self.max_lost}: give at least 1")
        if self.max_hidden is not None and self.max_hidden < 1:
            raise SettingsError(f"trajectories.max_hidden is {self.max_hidden}: give at least 1, or nothing")

    def state_of(self, score_logit: float) -> TrackState:
        if score_logit > self.reliable:
            return TrackState.RELIABLE
        if score_logit > self.pending:
            return TrackState.PENDING
        return TrackState.SUSPICIOUS if score_logit > self.suspicious else TrackState.LOST


@dataclass(frozen=True, slots=True)
class InteractionSettings:
    """Thresholds of cross-object interaction, in the notation of the paper."""

    enabled: bool = True
    mask_iou: float = 0.8
    """Masks that overlap more than this are in severe occlusion."""
    score_gap: float = 2.0
    """Score logits that differ by more decide on their own: the lower one is hidden."""
    window: int = 10
    """Number of last score logits whose variance decides otherwise: the higher one is hidden."""
    min_deviation_gap: float = 0.2
    """Standard deviations closer than this decide nothing."""
    show_hidden: bool = True
    """Give out the mask and box predicted for a hidden object, which are nearly its neighbour's. False: it has none
    while it is hidden."""

    def __post_init__(self) -> None:
        if not 0 < self.mask_iou <= 1:
            raise SettingsError(f"interaction.mask_iou is {self.mask_iou}: give a number above 0, up to 1")
        if self.window < 2:
            raise SettingsError(f"interaction.window is {self.window}: a variance needs at least 2 logits")


@dataclass(frozen=True, slots=True)
class Sam2MotSettings:
    """Every threshold of the tracker. Defaults are the paper's for SAM 2.1 where it gives one."""

    det_threshold: float = 0.5
    """Detections scoring less neither start, match nor re-prompt a track. The published system sets one per sequence
    and detector."""
    speck_share: float = 0.1
    """Separate parts of a mask smaller than this share of its largest part are dropped; 0 keeps all of them."""
    trajectories: TrajectorySettings = field(default_factory=TrajectorySettings)
    interaction: InteractionSettings = field(default_factory=InteractionSettings)

    def __post_init__(self) -> None:
        if not 0 <= self.det_threshold <= 1:
            raise SettingsError(f"det_threshold is {self.det_threshold}: give a number from 0 to 1")
        if not 0 <= self.speck_share <= 1:
            raise SettingsError(f"speck_share is {self.speck_share}: give a number from 0 to 1")

    def without_interaction(self) -> Sam2MotSettings:
        """The ablation without cross-object interaction."""
        return replace(self, interaction=replace(self.interaction, enabled=False))

    def without_reconstruction(self) -> Sam2MotSettings:
        """The ablation without quality reconstruction."""
        return replace(self, trajectories=replace(self.trajectories, reconstruct=False))


@dataclass(frozen=True, slots=True)
class Sam2Settings:
    """How the segmenter runs; nothing here changes what it was trained to do."""

    max_conditioning: int = 4
    """Conditioning memories attended to per object, chosen by the package's own rule. -1 for no limit, as stock."""
    reprompt_conditions: bool = True
    """Keep a re-prompt as a conditioning memory; False keeps it as an ordinary one, as stock."""
    batch_size: int = 64
    """Objects per batch at most: fewer on a CPU, whose cache holds fewer; halved when the device runs out of memory."""
    bfloat16: bool = True
    """Autocast to bfloat16 on CUDA."""
    compile: bool = False
    """Compile the image encoder with torch.compile: slow start, faster frames."""

    def __post_init__(self) -> None:
        if self.max_conditioning != -1 and self.max_conditioning < 2:
            raise SettingsError(f"max_conditioning is {self.max_conditioning}: give -1 (no limit) or at least 2")
        if self.batch_size < 1:
            raise SettingsError(f"batch_size is {self.batch_size}: give at least 1")


@dataclass(frozen=True, slots=True)
class SceneCutSettings:
    """When a change between two frames is a cut; see `annotator.engine.scene_cuts`."""

    ratio: float = 3.0
    """A cut changes the picture so many times as much as the frames around it change on average."""
    min_change: float = 15.0
    """And at least so much: mean difference of hue, saturation and value, each 0..255."""

    def __post_init__(self) -> None:
        if not self.ratio > 1:
            raise SettingsError(f"ratio is {self.ratio}: give a number above 1")
        if not 0 < self.min_change < 255:
            raise SettingsError(f"min_change is {self.min_change}: give a number above 0 and below 255")


@dataclass(frozen=True, slots=True)
class BoxTrackerSettings(ABC):
    """What the trackers of the `trackers` library have in common. All settings but two carry the library's own names
    and defaults."""

    lost_track_buffer: int = 30
    """How long a tracklet is remembered without a detection, in frames at 30 per second; at another frame rate
    it is as many seconds."""
    minimum_score: float = 0.1
    """Detections below this are not used at all (ByteTrack's lower threshold; the library has none)."""
    class_aware: bool = True
    """Match within a class only: one instance of the library's tracker per class."""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if "threshold" in name or name == "minimum_score":
                self._check(0 <= getattr(self, name) <= 1, name, "it must lie in 0..1")
        self._check(self.lost_track_buffer >= 0, "lost_track_buffer", "it must be at least 0")
        if "minimum_consecutive_frames" in self.__dataclass_fields__:
            self._check(getattr(self, "minimum_consecutive_frames") >= 1,  # noqa: B009 - not every tracker has it
                        "minimum_consecutive_frames", "it must be at least 1")

    def _check(self, good: bool, name: str, rule: str) -> None:
        if not good:
            raise SettingsError(f"{type(self).__name__.removesuffix('Settings').lower()}: {name} is "
                                f"{getattr(self, name)}; {rule}")

    @property
    @abstractmethod
    def reliable_score(self) -> float:
        """Matched detections at or above this make a tracklet reliable in a frame."""

    @property
    def det_threshold(self) -> float:
        """The score from which a detection may begin a tracklet."""
        return float(getattr(self, self._thresholds()[0]))

    def with_threshold(self, wanted: float) -> Self:
        """With tracklets beginning at this score, and no other threshold above it."""
        own = self._thresholds()
        return replace(self, **{name: min(getattr(self, name), wanted) for name in own} | {own[0]: wanted})

    def _thresholds(self) -> list[str]:
        """Those of scores that this tracker has, the one that begins tracklets first."""
        names = ("track_activation_threshold", "high_conf_det_threshold", "minimum_score")
        return [name for name in names if name in self.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class ByteTrackSettings(BoxTrackerSettings):
    """ByteTrack. The library shows a tracklet from its second matched detection on (``minimum_consecutive_frames``), so
    each tracklet begins one frame after the object's first detection."""

    track_activation_threshold: float = 0.7
    """A detection at or above this that matches nothing begins a tracklet."""
    minimum_consecutive_frames: int = 2
    """Matches in a row before a tracklet is shown."""
    minimum_iou_threshold: float = 0.1
    """A pair of tracklet and detection that overlaps less is no match."""
    high_conf_det_threshold: float = 0.6
    """Detections at or above this are matched first; the others only with the tracklets left over."""

    @property
    def reliable_score(self) -> float:
        return self.high_conf_det_threshold


@dataclass(frozen=True, slots=True)
class SortSettings(BoxTrackerSettings):
    """SORT."""

    track_activation_threshold: float = 0.25
    """A detection at or above this that matches nothing begins a tracklet."""
    minimum_consecutive_frames: int = 3
    """Matches before a tracklet is shown."""
    minimum_iou_threshold: float = 0.3
    """A pair of tracklet and detection that overlaps less is no match."""

    @property
    def reliable_score(self) -> float:
        return self.track_activation_threshold


@dataclass(frozen=True, slots=True)
class OcSortSettings(BoxTrackerSettings):
    """OC-SORT. In its first frames the library shows tracklets at once."""

    minimum_consecutive_frames: int = 3
    """Matches in a row before a tracklet is shown, also after each frame in which it was lost."""
    minimum_iou_threshold: float = 0.3
    """A pair of tracklet and detection that overlaps less is no match."""
    direction_consistency_weight: float = 0.2
    """Weight of the direction of motion beside the overlap."""
    high_conf_det_threshold: float = 0.6
    """Detections below this are not used."""
    delta_t: int = 3
    """Frames back to which a direction is measured."""

    def __post_init__(self) -> None:
        BoxTrackerSettings.__post_init__(self)
        self._check(self.direction_consistency_weight >= 0, "direction_consistency_weight", "it must be at least 0")
        self._check(self.delta_t >= 1, "delta_t", "it must be at least 1")

    @property
    def reliable_score(self) -> float:
        return self.high_conf_det_threshold


@dataclass(frozen=True, slots=True)
class TwoStageSettings(BoxTrackerSettings):
    """What C-BIoU and BoT-SORT have in common: strong detections are matched first. In its first frame the library
    shows tracklets at once."""

    track_activation_threshold: float = 0.7
    """A detection at or above this that matches nothing begins a tracklet."""
    minimum_consecutive_frames: int = 2
    """Matches before a tracklet is shown."""
    minimum_iou_threshold_first_assoc: float = 0.2
    """Least overlap times score with strong detections."""
    minimum_iou_threshold_second_assoc: float = 0.5
    """Least overlap with weak detections."""
    minimum_iou_threshold_unconfirmed_assoc: float = 0.3
    """Least overlap times score for tracklets that are not shown yet."""
    high_conf_det_threshold: float = 0.6
    """Detections at or above this are strong."""

    @property
    def reliable_score(self) -> float:
        return self.high_conf_det_threshold


@dataclass(frozen=True, slots=True)
class CBIoUSettings(TwoStageSettings):
    """C-BIoU."""

    buffer_ratio_first: float = 0.3
    """Margin added around boxes on each side, in box sizes, where strong detections are matched."""
    buffer_ratio_second: float = 0.5
    """The same where weak ones are."""

    def __post_init__(self) -> None:
        TwoStageSettings.__post_init__(self)
        for name in ("buffer_ratio_first", "buffer_ratio_second"):
            self._check(getattr(self, name) >= 0, name, "it must be at least 0")


@dataclass(frozen=True, slots=True)
class BotSortSettings(TwoStageSettings):
    """BoT-SORT."""

    enable_cmc: bool = True
    """Estimate the camera's motion from the pictures and move the tracklets along."""
    cmc_downscale: int = 2
    """How many times smaller the pictures are for that."""

    def __post_init__(self) -> None:
        TwoStageSettings.__post_init__(self)
        self._check(self.cmc_downscale >= 1, "cmc_downscale", "it must be at least 1")
