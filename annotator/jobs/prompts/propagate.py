"""Propagate a prompt: a person marks an object in one frame, SAM 2.1 propagates it in both directions, and the result
becomes a proposal to accept or discard."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from annotator.engine import gap_filling, registry
from annotator.engine.base import Segmenter
from annotator.engine.gap_filling import Gap, Meeting
from annotator.engine.registry import MakeSegmenter
from annotator.engine.repropagation import Neighbour, Neighbours, PromptedObject, frames_to_do, repropagate
from annotator.engine.settings import Sam2MotSettings, Sam2Settings
from annotator.engine.weights import checkpoints
from annotator.errors import Cancelled, SettingsError, StorageError, UserError
from annotator.jobs.project import check_video
from annotator.jobs.prompts.limits import Direction, PropagationLimits
from annotator.jobs.tracking.models import segmenter_identity
from annotator.model.box import Box
from annotator.model.cancel import CancelToken
from annotator.model.changes import Changes
from annotator.model.frame import FrameResult
from annotator.model.mask import Mask
from annotator.model.prompt import Point, Prompt
from annotator.model.track import OnExisting, Run, RunStatus, TrackObservation, VideoRecord
from annotator.session import Session
from annotator.storage.edits import drawn_boxes
from annotator.storage.edits.editable import in_frames, unlocked_tracks
from annotator.storage.edits.proposal_summary import ProposalSummary, summarise
from annotator.storage.edits.proposals import discard_proposal, open_proposal, place_proposal
from annotator.storage.reader import Reader
from annotator.storage.rows.runs import REPROPAGATE
from annotator.video import VideoReader, open_video

log = logging.getLogger(__name__)


_DEFAULT_LABEL = "object"
#: An agreement (IoU) of both directions over a gap below which the log warns.
LEAST_AGREEMENT = 0.5


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """A prompt for one object in one frame: a box, points, or both."""

    frame: int
    box_xyxy: Box | None = None
    points: tuple[Point, ...] = ()
    track: int | None = None
    """Id of the object's track; None for a new object."""
    label: str | None = None
    """Label of a new object; None: the project's first label."""
    direction: Direction = Direction.BOTH
    mask: Mask | None = None
    """The object's known mask, instead of a box and points. It does not become a manual box."""
    until: int | None = None
    """Propagate forward no further than this frame."""

    def with_point(self, x: float, y: float, positive: bool) -> PromptRequest:
        """Return the request with one more point, in frame pixels."""
        return replace(self, points=(*self.points, Point(x, y, positive)))

    def turned(self, direction: Direction) -> PromptRequest:
        """Return the request restricted to one direction; if it already was, return to both directions."""
        return replace(self, direction=Direction.BOTH if direction is self.direction else direction)

    def prompt(self) -> Prompt:
        """Return the segmenter's prompt for this frame."""
        return Prompt(self.frame, self.box_xyxy, self.points, self.mask)


@dataclass(frozen=True, slots=True)
class PromptSettings:
    """How objects are propagated, and where the propagation stops."""

    first: int | None = None
    """Propagate backward no further than this frame."""
    last: int | None = None
    """Propagate forward no further than this frame."""
    stop_at_verified: bool = True
    """Stop before frames with a manual box of the track, and before frames marked as reviewed."""
    stop_at_cuts: bool = True
    within_track: bool = False
    """Stay between the track's current first and last frame."""
    between: bool = False
    """Fill only the frames between the prompts of each object, from both ends."""
    segmenter: str | None = None
    """Name or path; None: the best one installed."""
    device: str = "auto"
    sam2mot: Sam2MotSettings | None = None
    """None: the settings that belong to the segmenter."""
    sam2: Sam2Settings | None = None
    """None: the settings that belong to the segmenter."""


@dataclass(frozen=True, slots=True)
class PromptProgress:
    """Progress of a propagation after a stored frame."""

    run: int
    """The run that holds the proposal."""
    done: int
    total: int
    """Number of frames if no object is lost early."""
    frames_per_second: float
    result: FrameResult


@dataclass(frozen=True, slots=True)
class _Target:
    """A prompted object as stored with the run: its track, label and prompts."""

    number: int
    track: int | None
    label: str
    prompts: tuple[Prompt, ...]

    def to_json(self) -> dict[str, object]:
        manual = [prompt for prompt in self.prompts if prompt.mask is None]
        return {"number": self.number, "track": self.track, "label": self.label, "prompts": [
            {"frame": p.frame_index, "box": p.box_xyxy, "points": [(q.x, q.y, q.positive) for q in p.points]}
            for p in manual]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> _Target:
        prompts = tuple(Prompt(p["frame"], None if p["box"] is None else tuple(p["box"]),
                               tuple(Point(*q) for q in p["points"])) for p in content["prompts"])
        return cls(content["number"], content["track"], content["label"], prompts)


def start(session: Session, video: VideoRecord, requests: Sequence[PromptRequest],
          settings: PromptSettings | None = None, cancel: CancelToken | None = None,
          segmenter: Segmenter | None = None, make_segmenter: MakeSegmenter = registry.make_segmenter,
          ) -> Generator[PromptProgress]:
    """Propagate the requested objects as one batch; requests for the same track are prompts of one object.

    Each finished frame is stored, as part of a proposal, before it is yielded. Closing the generator or cancelling
    leaves a shorter proposal. ``segmenter``: an existing segmenter to use. ``make_segmenter``: lets a program share
    weights between jobs.

    Raises:
        UserError: a frame is not in the video, a box has no area, a track is locked or prompted twice in a frame, or
            the video or the weights are missing.
    """
    settings, cancel = settings or PromptSettings(), cancel or CancelToken()
    targets, objects = _objects(session, video, requests, settings)
    path = check_video(session, video)
    device = registry.resolve_device(settings.device)
    name = settings.segmenter or registry.default_segmenter(device)
    thresholds = settings.sam2mot or registry.sam2mot_settings(name)
    model = segmenter or make_segmenter(name, device, settings.sam2)
    with open_video(path, fps=video.fps) as reader:
        if cancel.cancelled:
            return
        run = _begin(session, video, targets, objects, settings,
                     {"segmenter": segmenter_identity(name) if segmenter is None else segmenter.name})
        around = _neighbours(session, video, {target.track for target in targets if target.track is not None})
        total, done, began = _count(objects, settings), 0, time.monotonic()
        status, message = RunStatus.CANCELLED, ""
        try:
            for result in _results(reader, model, objects, around, cancel, thresholds, settings, name):
                session.apply(run.id, result)
                done += 1
                yield PromptProgress(run.id, done, total, done / max(time.monotonic() - began, 1e-9), result)
            if not cancel.cancelled:
                status = RunStatus.FINISHED
        except Cancelled:
            log.info("run %d was cancelled", run.id)
        except Exception as error:
            status = RunStatus.FAILED
            message = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            raise
        finally:
            session.store.finish_run(run.id, status, message)


def mask_requests(reader: Reader, video: VideoRecord, track: int, frames: Sequence[int],
                  direction: Direction = Direction.BOTH) -> list[PromptRequest]:
    """Return prompts with the masks that a track shows in these frames.

    Raises:
        StorageError: the track shows no mask in one of them.
    """
    found = []
    for frame in frames:
        mask = next((seen.mask for seen in reader.observations(video.id, frame, masks=True)
                     if seen.track == track), None)
        if mask is None or mask.is_empty():
            raise StorageError(f"track {reader.track(track).number} has no mask in frame {frame} to propagate; paint "
                               "one, or prompt with a box")
        found.append(PromptRequest(frame, track=track, mask=mask, direction=direction))
    return found


def masks_around(reader: Reader, track: int, frame: int) -> tuple[int, int]:
    """Return the frames of the manual masks before and after a frame between which a gap can be filled; a frame with a
    manual mask itself counts as the one before.

    Raises:
        StorageError: there is no manual mask before or after it, or no frame between the two.
    """
    manual = [seen.frame for seen in reader.trajectory(track, masks=True)
              if seen.human and not seen.interpolated and seen.mask is not None]
    before, after = [each for each in manual if each <= frame], [each for each in manual if each > frame]
    number = reader.track(track).number
    if not before or not after:
        raise StorageError(f"track {number} has no manual mask {'before' if not before else 'after'} frame {frame}; "
                           "paint one on each side of the frames to fill")
    if after[0] == before[-1] + 1:
        raise StorageError(f"track {number} has manual masks in frames {before[-1]} and {after[0]}, with no frame "
                           "between them; go to a frame between two manual masks")
    return before[-1], after[0]


def _gaps(objects: Sequence[PromptedObject]) -> list[Gap]:
    return [Gap(each.number, each.label, one, other) for each in objects for one, other in pairwise(each.prompts)]


def _count(objects: Sequence[PromptedObject], settings: PromptSettings) -> int:
    return gap_filling.frames_to_do(_gaps(objects)) // 2 if settings.between else frames_to_do(objects)


def _results(reader: VideoReader, segmenter: Segmenter, objects: Sequence[PromptedObject], around: Neighbours,
             cancel: CancelToken, thresholds: Sam2MotSettings, settings: PromptSettings, name: str,
             ) -> Iterator[FrameResult]:
    if not settings.between:
        yield from repropagate(reader, segmenter, objects, around, cancel, thresholds)
        return
    meetings: list[Meeting] = []
    # The built-in models did not learn to use masks of later frames and do worse with them; see benchmarks/RESULTS.md.
    far_memory = not any(weights.built_in and weights.is_called(name) for weights in checkpoints.manifest())
    yield from gap_filling.fill_gaps(reader, segmenter, _gaps(objects), around, cancel, thresholds, meetings,
                                     far_memory)
    for meeting in meetings:
        log.info("object %d: both directions meet at frame %d with an IoU of %.2f", meeting.number, meeting.frame,
                 meeting.agreement)
        if meeting.agreement < LEAST_AGREEMENT:
            log.warning("object %d: both directions agree nowhere better than an IoU of %.2f; look at frames %d and %d",
                        meeting.number, meeting.agreement, meeting.frame, meeting.frame + 1)


def summary(session: Session, run_id: int) -> ProposalSummary:
    """Return what accepting the proposal would change. Raises StorageError."""
    return read_summary(session.store, run_id)


def read_summary(reader: Reader, run_id: int) -> ProposalSummary:
    """Like `summary`, from any snapshot of the project and for any kind of proposal."""
    run = reader.run(run_id)
    return summarise(reader, run_id, _continued(_targets(run)) if run.kind == REPROPAGATE else {})


def accept(session: Session, run_id: int) -> Changes:
    """Accept the proposal as one undo step: new objects become tracks, prompted tracks get the proposed boxes in place
    of their machine boxes, and each prompt becomes a manual box.

    Raises:
        StorageError: the run is not an open proposal or is still running, or a prompted track was deleted or locked.
    """
    store = session.store
    run = open_proposal(store, run_id)
    targets = _targets(run)
    masks = {(thing.tracklet, result.frame_index): thing for result in store.run_results(run_id)
             for thing in result.objects if thing.evidence.prompted}
    with store.transaction(_title(session, targets)) as transaction:
        placed = place_proposal(store, run_id, _continued(targets))
        for target in targets:
            if target.number not in placed:
                continue
            for prompt in target.prompts:
                seen = masks.get((target.number, prompt.frame_index))
                box = prompt.box_xyxy or (None if seen is None else seen.box_xyxy)
                if box is not None:
                    mask = None if seen is None else seen.mask
                    drawn_boxes.set_box(store, placed[target.number], prompt.frame_index, box, mask)
    return transaction.changes


def drop(session: Session, run_id: int) -> Changes:
    """Discard the proposal. Raises StorageError if it is no longer open."""
    return discard_proposal(session.store, run_id)


def _title(session: Session, targets: Sequence[_Target]) -> str:
    numbers = ["a new track" if target.track is None else str(session.store.track(target.track).number)
               for target in targets]
    frames = [prompt.frame_index for target in targets for prompt in target.prompts]
    where = in_frames(min(frames), max(frames)) if frames else ""
    if len(numbers) < 4:
        return f"Accept prompts of {', '.join(numbers)}{where}"
    return f"Accept {len(numbers)} prompts{where}"


def _begin(session: Session, video: VideoRecord, targets: Sequence[_Target], objects: Sequence[PromptedObject],
           settings: PromptSettings, models: Mapping[str, str]) -> Run:
    labels = list(dict.fromkeys(target.label for target in targets))
    content = {**asdict(settings), "objects": [target.to_json() for target in targets]}
    return session.store.begin_run(video.id, REPROPAGATE, content, models, labels, min(each.first for each in objects),
                                   max(each.last for each in objects), OnExisting.PROPOSE)


def _targets(run: Run) -> list[_Target]:
    content = run.settings.get("objects")
    if run.kind != REPROPAGATE or not isinstance(content, list):
        raise StorageError(f"run {run.id} was not made from prompts; accept it in the window")
    return [_Target.from_json(each) for each in content]


def _continued(targets: Sequence[_Target]) -> dict[int, int]:
    return {target.number: target.track for target in targets if target.track is not None}


def _objects(session: Session, video: VideoRecord, requests: Sequence[PromptRequest], settings: PromptSettings,
             ) -> tuple[list[_Target], list[PromptedObject]]:
    if not requests:
        raise SettingsError("no prompt is given: draw a box, or give --box")
    groups: dict[tuple[int, int], list[PromptRequest]] = {}
    for index, request in enumerate(requests):
        _check(video, request)
        groups.setdefault((0, index) if request.track is None else (1, request.track), []).append(request)
    limits = PropagationLimits(session.store, video, settings.stop_at_verified, settings.stop_at_cuts,
                               settings.within_track, settings.first, settings.last)
    names = {label.id: label.name for label in session.store.labels()}
    targets: list[_Target] = []
    objects: list[PromptedObject] = []
    for number, group in enumerate(groups.values(), 1):
        group.sort(key=lambda request: request.frame)
        track = group[0].track
        if track is None:
            label = group[0].label or next(iter(names.values()), _DEFAULT_LABEL)
        else:
            [record] = unlocked_tracks(session.store, track)
            if record.video != video.id:
                raise StorageError(f"track {record.number} does not belong to {video.name}; choose one of its tracks")
            label = names[record.label]
        frames = [request.frame for request in group]
        if settings.between and (len(frames) < 2 or track is None):
            raise SettingsError("filling a gap needs prompts of a track in two frames; give the masks at both ends")
        if len(set(frames)) < len(frames):
            raise SettingsError(f"a track is prompted twice in frame {frames[0]}; give one prompt per frame")
        targets.append(_Target(number, track, label, tuple(
            request.prompt() for request in group)))
        first, last = limits.frame_range(track, frames, group[0].direction)
        if settings.between:
            first, last = frames[0], frames[-1]
            limits.check_no_cut(first, last)
        if group[-1].until is not None:
            last = max(frames[-1], min(last, group[-1].until))
        labels = list(dict.fromkeys(target.label for target in targets))
        objects.append(PromptedObject(number, labels.index(label), targets[-1].prompts, first, last))
    return targets, objects


def _check(video: VideoRecord, request: PromptRequest) -> None:
    if not 0 <= request.frame < video.frame_count:
        raise SettingsError(f"{video.name} has no frame {request.frame}; it has frames 0 to {video.frame_count - 1}")
    if request.mask is not None and (request.box_xyxy is not None or request.points):
        raise SettingsError(f"frame {request.frame} has a mask and also a box or points: give one or the other")
    if request.mask is not None and not request.mask.is_empty():
        return
    if request.box_xyxy is None and not request.points:
        raise SettingsError(f"frame {request.frame} has no prompt: give a box or points")
    if request.box_xyxy is None:
        return
    x1, y1, x2, y2 = request.box_xyxy
    if not all(map(math.isfinite, request.box_xyxy)) or x2 <= x1 or y2 <= y1:
        raise SettingsError(f"the box {request.box_xyxy} in frame {request.frame} has no area; draw it again")
    if x2 <= 0 or y2 <= 0 or x1 >= video.width or y1 >= video.height:
        raise SettingsError(f"the box {request.box_xyxy} is outside the frame of {video.width} x {video.height} "
                            "pixels; draw it again")


def _neighbours(session: Session, video: VideoRecord, prompted: set[int]) -> Neighbours:
    def around(frame: int) -> list[Neighbour]:
        return [Neighbour(seen.track, seen.box_xyxy, seen.mask, _logit(seen))
                for seen in session.store.observations(video.id, frame, masks=True)
                if seen.track not in prompted and seen.box_xyxy is not None]

    return around


def _logit(seen: TrackObservation) -> float:
    """Return the logit of the stored score; a manual box counts as certain."""
    score = min(max(seen.score, 1e-26), 1 - 1e-16)
    return 60.0 if seen.human else math.log(score / (1 - score))
