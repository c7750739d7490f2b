"""Videos, labels, tracks and their boxes as the store returns them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from annotator.model.box import Box
from annotator.model.frame import TrackState
from annotator.model.mask import Mask


class ReviewState(StrEnum):
    """How far a person has checked a track."""

    UNSEEN = "unseen"
    IN_PROGRESS = "in-progress"
    REVIEWED = "reviewed"
    NEEDS_WORK = "needs-work"
    """A second person found something to correct."""


class RunStatus(StrEnum):
    """The state of a run."""

    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """The program died during the run; `--resume` continues from the last snapshot."""
    FAILED = "failed"


class OnExisting(StrEnum):
    """What a new run does where tracks of earlier runs exist. Manual boxes and locked tracks are always kept."""

    REPLACE = "replace"
    """Replaces predicted boxes, but keeps the tracks that a person has corrected."""
    REPLACE_CORRECTED = "replace-corrected"
    """Replaces predicted boxes, also those of corrected tracks."""
    ADD = "add"
    PROPOSE = "propose"

    @property
    def replaces(self) -> bool:
        """Whether predicted boxes of earlier runs are removed."""
        return self in (OnExisting.REPLACE, OnExisting.REPLACE_CORRECTED)


class MarkKind(StrEnum):
    """What a mark states about a range of frames."""

    OCCLUDED = "occluded"
    OUTSIDE = "outside"
    REVIEWED = "reviewed"
    IGNORE = "ignore"
    """A region, or the whole frame, that evaluators must not count."""
    INTERPOLATE = "interpolate"
    """Boxes between the manual boxes in this range are interpolated linearly."""
    LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Mark:
    """A statement about a range of frames, both ends inclusive, of one track or of the whole video."""

    id: int
    video: int
    track: int | None
    """Track id; None for the whole video."""
    first: int
    last: int | None
    """None: to the end of the video."""
    kind: MarkKind
    region: tuple[tuple[float, float], ...] = ()
    """Corners of a polygon in pixels, for ignore regions; empty for the whole frame."""


@dataclass(frozen=True, slots=True)
class Label:
    """A class of objects."""

    id: int
    name: str
    color: str
    """``#rrggbb``."""


@dataclass(frozen=True, slots=True)
class VideoRecord:
    """A video of a project."""

    id: int
    name: str
    path: str
    """Relative to the project where possible, with forward slashes."""
    width: int
    height: int
    frame_count: int
    fps: float
    fingerprint: str
    """Hash of the size and parts of the content, to identify a moved file."""


@dataclass(frozen=True, slots=True)
class Run:
    """One job over a video."""

    id: int
    video: int
    kind: str
    settings: dict[str, object]
    models: dict[str, str]
    """Role (detector, segmenter, tracker) to name and hash."""
    first_frame: int
    last_frame: int
    finished_frame: int | None
    """Last frame whose results are stored; None if there is none yet."""
    status: RunStatus
    started: str
    """UTC, ISO 8601."""
    message: str = ""
    labels: tuple[str, ...] = ()
    """Names that ``TrackedObject.label`` and ``Detections.label`` index."""
    on_existing: OnExisting = OnExisting.REPLACE


@dataclass(frozen=True, slots=True)
class Track:
    """An identity."""

    id: int
    video: int
    number: int
    """The number shown in the window and in exports; unique per video, from 1."""
    label: int
    name: str
    color: str
    review: ReviewState
    attributes: dict[str, object] = field(default_factory=dict)
    review_author: str = ""
    """Who gave the review state; empty if unknown."""
    review_time: str = ""
    """When, in UTC and ISO 8601; empty if nobody has set a review state."""


@dataclass(frozen=True, slots=True)
class TrackObservation:
    """One box of a track in one frame, resolved through its spans."""

    frame: int
    track: int
    """Track id."""
    number: int
    label: int
    """Label id."""
    tracklet: int
    """Tracklet id in the store."""
    box_xyxy: Box | None
    """None in a frame where the tracklet is lost."""
    score: float
    state: TrackState
    human: bool
    interpolated: bool = False
    mask: Mask | None = None
    occluded: bool = False
    """A person marked the track as occluded here; its box is kept."""
    outside: bool = False
    """A person marked the track as outside here; it then has neither box nor mask."""
