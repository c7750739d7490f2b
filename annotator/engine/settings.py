"""All thresholds of the engine. No heavy imports, because the command line imports this module at start."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from annotator.errors import SettingsError
from annotator.model.frame import TrackState

#: Names of all memory policies; see `annotator.engine.segmenters.memory_policies`.
MEMORY_POLICIES = ("sam2", "dam4sam", "samurai")
#: Names of all trackers; the registry creates them.
TRACKERS = ("sam2mot", "bytetrack", "ocsort", "botsort", "sort", "cbiou")


class BoxFrom(StrEnum):
    """Where the box of a track comes from. Identities come from masks in any case."""

    MASK = "mask"
    """The tight box of the mask, as in the paper."""
    DETECTION = "detection"
    """The matched detection's box; the mask's where no detection matches."""
    FUSED = "fused"
    """The mean of both, edge by edge, weighted with the detection's score and the IoU that the segmenter expects of its
    mask; the mask's where no detection matches."""


@dataclass(frozen=True, slots=True)
class TrajectorySettings:
    """Thresholds of the trajectory manager, in the notation of the paper."""

    reliable: float = 8.0
    """Score logits above this are reliable."""
    pending: float = 6.0
    """Above this, up to ``reliable``: pending. Such a score also resets the count of lost frames."""
    suspicious: float = 2.0
    """Above this, up to ``pending``: suspicious. At or below: lost."""
    match_iou: float = 0.3
    """Minimum box IoU for matching a detection to a live object."""
    match_giou: float | None = 0.2
    """A detection also matches at this generalised IoU (-1..1), which a truncated box keeps: a box that lies within the
    object's box has no gap to it. Such a match re-prompts nothing. None: only ``match_iou`` counts."""
    ambiguity_margin: float | None = 0.1
    """A match is ambiguous if another assignment, in which the object has another detection or the detection another
    object, has an IoU or a generalised IoU within this margin; where two matches would change, the sums are compared.
    Ambiguous matches re-prompt nothing. None: all matches may."""
    match_labels: bool = True
    """Match only objects and detections of the same label."""
    uncovered: float = 0.7
    """Minimum fraction of a new object's box that live masks leave uncovered."""
    uncovered_mask: float = 0.5
    """Minimum fraction of a new object's mask that live masks leave uncovered. 0, as in the paper: only the box
    counts."""
    present: float | None = 0.0
    """Masks with a score logit above this match detections and cover new objects, also those of lost objects, which the
    result does not have. SAM 2 has no mask at 0 and below. None: lost objects neither match nor cover."""
    max_lost: int = 25
    """A track ends after this many lost frames."""
    reconstruct: bool = True
    """Quality reconstruction: re-prompt pending tracks from their matched detections."""
    reprompt_gap: int = 5
    """Minimum number of frames between two re-prompts of a track, because each takes the place of an older conditioning
    memory. 1, as in the paper: every frame may have one."""
    duplicate_iou: float = 0.95
    """Tracks whose masks overlap more may be duplicates of one object."""
    duplicate_age: int = 5
    """The younger duplicate ends if it is at most this many frames old ..."""
    duplicate_grace: int = 25
    """... and was not occluded by another object within this many frames."""
    double_iou: float = 0.8
    """Tracks whose masks overlap more for ``double_frames`` frames are one object ..."""
    double_frames: int | None = 5
    """... and the younger ends, whatever its age. Frames in which one of the two is occluded do not count, and a frame
    without the overlap starts the count again. None, as in the paper: only young duplicates end."""
    reprompt_hidden: bool = True
    """Also re-prompt tracks that were occluded in the previous frame. False for segmenters that would then adopt the
    neighbour's detection. A track that is occluded in this frame is never re-prompted, unless
    ``interaction.before_reprompts`` is off."""
    max_hidden: int | None = None
    """A track that is occluded for this many consecutive frames counts as a duplicate and ends. None, as in the paper,
    disables this. For segmenters that lose an object to a look-alike and do not recover it."""
    min_box_side: float = 2.0
    """Minimum side in pixels of a detection that starts a track."""

    def __post_init__(self) -> None:
        if not self.reliable > self.pending > self.suspicious:
            raise SettingsError(f"the score thresholds must decrease: reliable {self.reliable} > pending "
                                f"{self.pending} > suspicious {self.suspicious}")
        for name in ("match_iou", "uncovered", "uncovered_mask", "duplicate_iou", "double_iou"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"trajectories.{name} is {getattr(self, name)}: give a number from 0 to 1")
        self._check_margins()
        for name in ("max_lost", "reprompt_gap"):
            if getattr(self, name) < 1:
                raise SettingsError(f"trajectories.{name} is {getattr(self, name)}: give at least 1")
        for name in ("max_hidden", "double_frames"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"trajectories.{name} is {value}: give at least 1, or null")

    def _check_margins(self) -> None:
        if self.match_giou is not None and not -1 <= self.match_giou <= 1:
            raise SettingsError(f"trajectories.match_giou is {self.match_giou}: give a number from -1 to 1, or null")
        if self.ambiguity_margin is not None and not self.ambiguity_margin >= 0:
            raise SettingsError(f"trajectories.ambiguity_margin is {self.ambiguity_margin}: give at least 0, or null")

    def state_of(self, score_logit: float) -> TrackState:
        if score_logit > self.reliable:
            return TrackState.RELIABLE
        if score_logit > self.pending:
            return TrackState.PENDING
        return TrackState.SUSPICIOUS if score_logit > self.suspicious else TrackState.LOST

    def is_present(self, score_logit: float) -> bool:
        """Whether an object's mask matches and covers: it is not lost, or its score still says that it is there."""
        return score_logit > self.suspicious or (self.present is not None and score_logit > self.present)


@dataclass(frozen=True, slots=True)
class InteractionSettings:
    """Thresholds of cross-object interaction, in the notation of the paper."""

    enabled: bool = True
    """False: an occluded object memorises its neighbour's mask; for comparisons only."""
    mask_iou: float = 0.8
    """Masks that overlap more (IoU) are in severe occlusion."""
    score_gap: float = 2.0
    """If the score logits differ by more, the object with the lower one is occluded."""
    window: int = 10
    """Otherwise the variance of this many last score logits decides: the object with the higher one is occluded."""
    min_deviation_gap: float = 0.2
    """If the standard deviations differ by less, neither object counts as occluded."""
    before_reprompts: bool = True
    """Find occluded objects on the predictions from memory, before any re-prompt, whose score says nothing about the
    memories. A re-prompt whose mask moves onto another object's (``mask_iou``) or that finds nothing is discarded.
    False: the paper's order, after re-prompts and new objects."""
    show_hidden: bool = True
    """Return the predicted mask and box of an occluded object, which are nearly its neighbour's. False: the object has
    no mask and box while it is occluded."""

    def __post_init__(self) -> None:
        if not 0 < self.mask_iou <= 1:
            raise SettingsError(f"interaction.mask_iou is {self.mask_iou}: give a number above 0 and up to 1")
        if self.window < 2:
            raise SettingsError(f"interaction.window is {self.window}: give at least 2, which a variance needs")


@dataclass(frozen=True, slots=True)
class Sam2MotSettings:
    """All thresholds of the tracker. Thresholds are the paper's for SAM 2.1 where it states them; the rules that this
    program adds are on by default, and `paper` turns them off."""

    det_threshold: float = 0.5
    """Detections with a lower score neither start, match nor re-prompt a track. The published system uses a value per
    sequence and detector."""
    speck_share: float = 0.02
    """Separate parts of a mask below this fraction of its largest part are removed if they are also far from it; 0
    keeps all parts, as in the paper. Runs over data sets keep all parts unless SAM2MOT's settings are given."""
    speck_distance: float = 0.5
    """Minimum gap between the two, as a multiple of the longer side of the largest part's box."""
    box_from: BoxFrom = BoxFrom.MASK
    """``mask``, ``detection`` or ``fused``: where a track's box comes from. The mask's box, as in the paper, unless the
    segmenter's masks are worse than the detector's boxes."""
    trajectories: TrajectorySettings = field(default_factory=TrajectorySettings)
    interaction: InteractionSettings = field(default_factory=InteractionSettings)

    def __post_init__(self) -> None:
        if self.box_from not in list(BoxFrom):
            raise SettingsError(f"box_from is {self.box_from}: give {', '.join(BoxFrom)}")
        object.__setattr__(self, "box_from", BoxFrom(self.box_from))  # the manifest has its text
        if not 0 <= self.det_threshold <= 1:
            raise SettingsError(f"det_threshold is {self.det_threshold}: give a number from 0 to 1")
        if not 0 <= self.speck_share <= 1:
            raise SettingsError(f"speck_share is {self.speck_share}: give a number from 0 to 1")
        if not self.speck_distance >= 0:
            raise SettingsError(f"speck_distance is {self.speck_distance}: give at least 0")

    @classmethod
    def paper(cls) -> Sam2MotSettings:
        """Return the published rules, without what this program adds to them."""
        return cls(speck_share=0.0,
                   trajectories=TrajectorySettings(match_giou=None, ambiguity_margin=None, uncovered_mask=0.0,
                                                  present=None, double_frames=None, reprompt_gap=1),
                   interaction=InteractionSettings(before_reprompts=False))

    def with_whole_masks(self) -> Sam2MotSettings:
        """Return the settings that remove no specks, for scores that compare with published ones."""
        return replace(self, speck_share=0.0)

    def without_interaction(self) -> Sam2MotSettings:
        """Return the ablation without cross-object interaction."""
        return replace(self, interaction=replace(self.interaction, enabled=False))

    def without_reconstruction(self) -> Sam2MotSettings:
        """Return the ablation without quality reconstruction."""
        return replace(self, trajectories=replace(self.trajectories, reconstruct=False))


@dataclass(frozen=True, slots=True)
class Sam2Settings:
    """How to run the segmenter; these settings do not change the model."""

    max_conditioning: int = 4
    """Maximum number of conditioning memories per object: the closest, as the sam2 package selects them, and the first
    (``keep_first``). -1 for no limit, as in the stock predictor."""
    reprompt_conditions: bool = True
    """Keep a re-prompt as a conditioning memory; False keeps it as an ordinary one, as in the stock predictor."""
    keep_first: bool = True
    """The first conditioning memory in the direction of travel is always among those that an object attends to, so that
    re-prompts on another object cannot replace all of its own. False: the closest ones, as in the sam2 package."""
    memory: str = "sam2"
    """What is written to memory and recalled: ``sam2``, as in the stock predictor; ``dam4sam``, which skips frames
    without the object and keeps those in which a look-alike shows; or ``samurai``, which takes the object's motion into
    account. The last two decode all candidate masks, which takes longer."""
    batch_size: int = 64
    """Maximum number of objects per batch: limited further by the cache of a CPU; halved when a GPU runs out of memory.
    """
    bfloat16: bool = True
    """Autocast to bfloat16 on CUDA."""
    compile: bool = False
    """Compile the image encoder with torch.compile: slower start, faster frames."""

    def __post_init__(self) -> None:
        if self.max_conditioning != -1 and self.max_conditioning < 2:
            raise SettingsError(f"max_conditioning is {self.max_conditioning}: give -1 (no limit) or at least 2")
        if self.memory not in MEMORY_POLICIES:
            raise SettingsError(f"there is no memory policy {self.memory!r}: choose {', '.join(MEMORY_POLICIES)}")
        if self.batch_size < 1:
            raise SettingsError(f"batch_size is {self.batch_size}: give at least 1")


@dataclass(frozen=True, slots=True)
class SceneCutSettings:
    """When a change between two frames is a scene cut; see `annotator.engine.scene_cuts`."""

    ratio: float = 3.0
    """Minimum ratio of the change at a cut to the average change around it."""
    min_change: float = 15.0
    """Minimum change at a cut: mean difference of hue, saturation and value, each 0..255."""

    def __post_init__(self) -> None:
        if not self.ratio > 1:
            raise SettingsError(f"ratio is {self.ratio}: give a number above 1")
        if not 0 < self.min_change < 255:
            raise SettingsError(f"min_change is {self.min_change}: give a number above 0 and below 255")


@dataclass(frozen=True, slots=True)
class BoxTrackerSettings(ABC):
    """Common settings of the trackers from the `trackers` library. All settings except ``minimum_score`` and
    ``class_aware`` have the library's names and defaults."""

    lost_track_buffer: int = 30
    """How long a tracklet is kept without a detection, in frames at 30 per second; converted to the same time at other
    frame rates."""
    minimum_score: float = 0.1
    """Minimum score of detections (ByteTrack's lower threshold; the library has none)."""
    class_aware: bool = True
    """Match only within a class: one instance of the library's tracker per class."""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if "threshold" in name or name == "minimum_score":
                self._check(0 <= getattr(self, name) <= 1, name, "give a number from 0 to 1")
        self._check(self.lost_track_buffer >= 0, "lost_track_buffer", "give at least 0")
        if "minimum_consecutive_frames" in self.__dataclass_fields__:
            self._check(getattr(self, "minimum_consecutive_frames") >= 1,  # noqa: B009 - not every tracker has it
                        "minimum_consecutive_frames", "give at least 1")

    def _check(self, good: bool, name: str, rule: str) -> None:
        if not good:
            raise SettingsError(f"{type(self).__name__.removesuffix('Settings').lower()}: {name} is "
                                f"{getattr(self, name)}: {rule}")

    @property
    @abstractmethod
    def reliable_score(self) -> float:
        """Minimum score of a matched detection that makes a tracklet reliable in a frame."""

    @property
    def det_threshold(self) -> float:
        """Minimum score of a detection that may start a tracklet."""
        return float(getattr(self, self._thresholds()[0]))

    def with_threshold(self, wanted: float) -> Self:
        """Return the settings with this score threshold for starting tracklets, and no other threshold above it."""
        own = self._thresholds()
        return replace(self, **{name: min(getattr(self, name), wanted) for name in own} | {own[0]: wanted})

    def _thresholds(self) -> list[str]:
        """Return the names of this tracker's score thresholds, starting with the one for starting tracklets."""
        names = ("track_activation_threshold", "high_conf_det_threshold", "minimum_score")
        return [name for name in names if name in self.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class ByteTrackSettings(BoxTrackerSettings):
    """ByteTrack. The library shows a tracklet from its second matched detection on (``minimum_consecutive_frames``), so
    each tracklet starts one frame after the object's first detection."""

    track_activation_threshold: float = 0.7
    """Minimum score of an unmatched detection that starts a tracklet."""
    minimum_consecutive_frames: int = 2
    """Number of consecutive matches before a tracklet is shown."""
    minimum_iou_threshold: float = 0.1
    """Minimum IoU of a match."""
    high_conf_det_threshold: float = 0.6
    """Detections at or above this score are matched first, the others only with the remaining tracklets."""

    @property
    def reliable_score(self) -> float:
        return self.high_conf_det_threshold


@dataclass(frozen=True, slots=True)
class SortSettings(BoxTrackerSettings):
    """SORT."""

    track_activation_threshold: float = 0.25
    """Minimum score of an unmatched detection that starts a tracklet."""
    minimum_consecutive_frames: int = 3
    """Number of matches before a tracklet is shown."""
    minimum_iou_threshold: float = 0.3
    """Minimum IoU of a match."""

    @property
    def reliable_score(self) -> float:
        return self.track_activation_threshold


@dataclass(frozen=True, slots=True)
class OcSortSettings(BoxTrackerSettings):
    """OC-SORT. In the first frames of a video the library shows tracklets immediately."""

    minimum_consecutive_frames: int = 3
    """Number of consecutive matches before a tracklet is shown, also after each frame in which it was lost."""
    minimum_iou_threshold: float = 0.3
    """Minimum IoU of a match."""
    direction_consistency_weight: float = 0.2
    """Weight of the direction of motion relative to the IoU."""
    high_conf_det_threshold: float = 0.6
    """Minimum score of detections."""
    delta_t: int = 3
    """Number of frames back to measure the direction of motion."""

    def __post_init__(self) -> None:
        BoxTrackerSettings.__post_init__(self)
        self._check(self.direction_consistency_weight >= 0, "direction_consistency_weight", "give at least 0")
        self._check(self.delta_t >= 1, "delta_t", "give at least 1")

    @property
    def reliable_score(self) -> float:
        return self.high_conf_det_threshold


@dataclass(frozen=True, slots=True)
class TwoStageSettings(BoxTrackerSettings):
    """Common settings of C-BIoU and BoT-SORT, which match detections with a high score first. In the first frame the
    library shows tracklets immediately."""

    track_activation_threshold: float = 0.7
    """Minimum score of an unmatched detection that starts a tracklet."""
    minimum_consecutive_frames: int = 2
    """Number of matches before a tracklet is shown."""
    minimum_iou_threshold_first_assoc: float = 0.2
    """Minimum IoU times score of a match with a high-score detection."""
    minimum_iou_threshold_second_assoc: float = 0.5
    """Minimum IoU of a match with a low-score detection."""
    minimum_iou_threshold_unconfirmed_assoc: float = 0.3
    """Minimum IoU times score of a match with a tracklet that is not shown yet."""
    high_conf_det_threshold: float = 0.6
    """Minimum score of the detections that are matched first."""

    @property
    def reliable_score(self) -> float:
        return self.high_conf_det_threshold


@dataclass(frozen=True, slots=True)
class CBIoUSettings(TwoStageSettings):
    """C-BIoU."""

    buffer_ratio_first: float = 0.3
    """Margin on each side of the boxes, relative to the box size, when high-score detections are matched."""
    buffer_ratio_second: float = 0.5
    """The same when low-score detections are matched."""

    def __post_init__(self) -> None:
        TwoStageSettings.__post_init__(self)
        for name in ("buffer_ratio_first", "buffer_ratio_second"):
            self._check(getattr(self, name) >= 0, name, "give at least 0")


@dataclass(frozen=True, slots=True)
class BotSortSettings(TwoStageSettings):
    """BoT-SORT."""

    enable_cmc: bool = True
    """Estimate camera motion from the images and move the tracklets with it."""
    cmc_downscale: int = 2
    """Factor by which the images are downscaled for that."""

    def __post_init__(self) -> None:
        TwoStageSettings.__post_init__(self)
        self._check(self.cmc_downscale >= 1, "cmc_downscale", "give at least 1")
