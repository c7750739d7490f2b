"""Pre-annotate a video: decode, detect, track, store. A killed run resumes with the same result."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from annotator.engine import registry
from annotator.engine.base import State
from annotator.engine.registry import MakeSegmenter
from annotator.engine.snapshots import SnapshotFiles
from annotator.errors import Cancelled, SettingsError, StorageError, UserError
from annotator.jobs.project import check_video
from annotator.jobs.tracking import thresholds
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.kept_tracks import kept_boxes
from annotator.jobs.tracking.models import Engine, Plan, check_models
from annotator.jobs.tracking.stored_detections import StoredDetections
from annotator.jobs.tracking.trust import check_trusted
from annotator.model.cancel import CancelToken
from annotator.model.frame import FrameResult
from annotator.model.track import OnExisting, Run, RunStatus, VideoRecord
from annotator.session import Session

log = logging.getLogger(__name__)

#: Kinds of runs: detect and track; track stored detections; only detect.
PREANNOTATE, TRACK, DETECT = "preannotate", "track", "detect"

#: Settings that a resume may change: files may have moved, and are identified by their content.
_REPLACEABLE = ("device", "detector", "detector_config", "detections", "segmenter")


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Progress of a job after a frame."""

    done: int
    """Finished frames, including those before a resume."""
    total: int
    frames_per_second: float
    result: FrameResult
    """The result of the last finished frame."""
    finishing: bool = False
    """Whether all frames are read and only work without a measure is left, such as storing the boxes."""


def plan(session: Session, video: VideoRecord, settings: PreannotateSettings) -> Plan:
    """Check the settings against the video and fill in default models. Raises UserError."""
    last = video.frame_count - 1 if settings.end is None else settings.end
    if not 0 <= settings.start <= last < video.frame_count:
        raise SettingsError(f"frames {settings.start} to {last} are not in {video.name}, which has frames 0 to "
                            f"{video.frame_count - 1}: change --start or --end")
    path = check_video(session, video)
    device = registry.resolve_device(settings.device)
    settings = replace(settings, device=device, end=last, detector=_absolute(settings.detector),
                       detector_config=_absolute(settings.detector_config),
                       detections=_absolute(settings.detections), segmenter=_absolute(settings.segmenter),
                       thresholds=_absolute(settings.thresholds))
    settings = thresholds.with_table(settings, video.name)
    if settings.class_labels is None:
        settings = replace(settings, class_labels=session.store.class_labels())
    if settings.detector is None and settings.detections is None and settings.detections_run is None:
        settings = replace(settings, detector=registry.default_detector())
    settings = settings.with_segmenter(device)
    stored = None
    if settings.detections_run is not None:
        stored = StoredDetections.of(session.store, video, settings.detections_run, settings.start, last,
                                     settings.labels)
    return Plan(path, settings, settings.start, last, stored=stored, fps=video.fps)


def check(session: Session, videos: Sequence[VideoRecord], settings: PreannotateSettings) -> None:
    """Check that a job can start on each of several videos, before it spends hours on the first.

    Raises UserError.
    """
    if len(videos) > 1 and settings.detections is not None:
        raise SettingsError(f"{settings.detections} contains the detections of one video, but several are selected "
                            f"({', '.join(video.name for video in videos)}): choose one with --video, or give one "
                            "SOURCE")
    for video in videos:
        plan(session, video, settings)


def _absolute(name_or_path: str | None) -> str | None:
    """Return an absolute path, valid when the run is resumed from another folder; names are returned unchanged."""
    if name_or_path is None or not Path(name_or_path).expanduser().exists():
        return name_or_path
    return str(Path(name_or_path).expanduser().resolve())


def start(session: Session, video: VideoRecord, settings: PreannotateSettings, cancel: CancelToken | None = None,
          make_segmenter: MakeSegmenter = registry.make_segmenter) -> Generator[JobProgress]:
    """Run a pre-annotation from its first frame; each finished frame is stored before it is yielded.

    An adaptive threshold with a detector takes two runs: the first detects in all frames, the second tracks the stored
    detections. Closing the generator or cancelling keeps every finished frame. ``make_segmenter``: lets a program
    share weights between jobs. Raises UserError.
    """
    cancel = cancel or CancelToken()
    prepared = plan(session, video, settings)
    if thresholds.is_undetermined(prepared.settings):
        if prepared.settings.detector is not None:
            yield from _detect_then_track(session, video, settings, cancel, None, make_segmenter)
            return
        prepared = _with_adaptive_threshold(session, prepared)
    yield from _begin(session, video, prepared, settings.on_existing, cancel, make_segmenter)


def _with_adaptive_threshold(session: Session, prepared: Plan) -> Plan:
    """Return the plan with a threshold derived from existing detections."""
    settings, first, last = prepared.settings, prepared.first, prepared.last
    adapted = (thresholds.from_file(settings, first, last) if settings.detections_run is None else
               thresholds.from_run(settings, session.store, settings.detections_run, first, last))
    log.info("%s: adaptive threshold %.3f", prepared.video.name, adapted.det_threshold)
    return replace(prepared, settings=adapted)


def _begin(session: Session, video: VideoRecord, prepared: Plan, on_existing: OnExisting, cancel: CancelToken,
           make_segmenter: MakeSegmenter) -> Generator[JobProgress]:
    kind = DETECT if prepared.detect_only else TRACK if prepared.stored else PREANNOTATE
    prepared = replace(prepared, known=kept_boxes(session, video, prepared.first, prepared.last, on_existing))
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(prepared, make_segmenter))
        if cancel.cancelled:
            return
        title = f"{'Detect in' if prepared.detect_only else 'Pre-annotate'} {video.name}"
        run = session.store.begin_run(video.id, kind, prepared.settings.to_json(), engine.models(), engine.labels,
                                      prepared.first, prepared.last, on_existing, title)
        snapshots = SnapshotFiles(session.store.path, run.id)
        yield from _store(session, run, engine, snapshots, cancel, None)


def _detect_then_track(session: Session, video: VideoRecord, settings: PreannotateSettings, cancel: CancelToken,
                       run: Run | None, make_segmenter: MakeSegmenter) -> Generator[JobProgress]:
    """Do both runs of an adaptive threshold; ``run`` is the first one if it has already started."""
    prepared = replace(plan(session, video, settings), detect_only=True)
    frames = prepared.last - prepared.first + 1
    if run is None or run.status is not RunStatus.FINISHED:
        # This run adds no tracks, so it need not replace any.
        first = (_begin(session, video, prepared, OnExisting.ADD, cancel, make_segmenter) if run is None else
                 _continue(session, run, prepared, cancel, make_segmenter))
        with closing(first) as job:
            for progress in job:
                yield replace(progress, total=2 * frames)
        run = _newest(session, video)
        if run is None or run.kind != DETECT or run.status is not RunStatus.FINISHED:
            return
    found = replace(prepared.settings.without_detector(detections_run=run.id), on_existing=settings.on_existing)
    if found.class_labels:  # the first run has already stored the project's labels, and no others
        found = replace(found, labels=None, class_labels={})
    with closing(start(session, video, found, cancel, make_segmenter)) as job:
        for progress in job:
            yield replace(progress, done=frames + progress.done, total=2 * frames)


def _newest(session: Session, video: VideoRecord) -> Run | None:
    runs = session.store.runs(video.id)
    return runs[-1] if runs else None


def resume(session: Session, run: Run, cancel: CancelToken | None = None, settings: PreannotateSettings | None = None,
           given: Collection[str] = (), make_segmenter: MakeSegmenter = registry.make_segmenter,
           trusted: bool = False) -> Generator[JobProgress]:
    """Resume a cancelled or killed run from its last snapshot, or from its first frame if there is none.

    Args:
        settings: new settings; only those named in ``given`` are used. Device and files may differ from the run's;
            files must have the same content.
        make_segmenter: lets a program share weights between jobs.
        trusted: whether the user agreed to load the files that only the project names; see `trust.foreign_files`.

    Raises:
        UntrustedRunError: the run would load such files.
        UserError: also if other settings differ from the run's, or if the run was undone.
    """
    cancel = cancel or CancelToken()
    check_trusted(_own_settings(run), trusted, session.store.path, settings, given)
    session.store.check_video(run.video)
    video = next(v for v in session.store.videos() if v.id == run.video)
    if run.status is not RunStatus.FINISHED:
        session.store.check_resumable(run.id)  # before the models are loaded
    own = _resumed_settings(run, settings or PreannotateSettings(), given)
    if run.kind == DETECT:
        yield from _detect_then_track(session, video, own, cancel, run, make_segmenter)
        return
    prepared = plan(session, video, own)
    known = kept_boxes(session, video, prepared.first, prepared.last, run.on_existing, run)
    yield from _continue(session, run, replace(prepared, known=known), cancel, make_segmenter)


def _continue(session: Session, run: Run, prepared: Plan, cancel: CancelToken, make_segmenter: MakeSegmenter,
              ) -> Generator[JobProgress]:
    snapshots = SnapshotFiles(session.store.path, run.id)
    found = snapshots.load(run.finished_frame)
    with Engine(prepared, make_segmenter) as engine:
        check_models(run, engine.models())
        if cancel.cancelled:
            return
        frame = run.first_frame - 1 if found is None else found[0]
        session.store.rewind_run(run.id, frame)
        log.info("resuming run %d after frame %d", run.id, frame)
        yield from _store(session, run, engine, snapshots, cancel, found)


def _own_settings(run: Run) -> PreannotateSettings:
    """Return a run's settings as the user gave them.

    A detection run is stored with `OnExisting.ADD`, so its stored setting counts, not the run's column.
    """
    settings = PreannotateSettings.from_json(run.settings)
    # Class labels that the project got later must not affect an older run.
    settings = replace(settings, class_labels=settings.class_labels or {})
    return settings if run.kind == DETECT else replace(settings, on_existing=run.on_existing)


def _resumed_settings(run: Run, settings: PreannotateSettings, given: Collection[str]) -> PreannotateSettings:
    own = _own_settings(run)
    changes = {}
    for name in sorted(given):
        value, before = getattr(settings, name), getattr(own, name)
        if name == "thresholds":
            value = _absolute(value)
        if value is None or value == before:
            continue
        if name not in _REPLACEABLE or (before is None and name != "device"):
            was = "without" if before is None else f"with {before!r} as"
            raise SettingsError(f"run {run.id} was started {was} {name}, not with {value!r}: omit the option, or start "
                                "a new run without --resume")
        changes[name] = value
    return replace(own, **changes)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The unfinished part of a job over several videos."""

    runs: tuple[tuple[VideoRecord, Run | None], ...]
    """Videos in order, with the run to resume; None if the job had not reached the video."""
    settings: PreannotateSettings
    """Settings of the job's newest run, for the videos without a run."""


def stored_settings(run: Run) -> PreannotateSettings:
    """Return the settings of a run as the project stores them. Raises SettingsError if they cannot be understood."""
    return _own_settings(run)


def unfinished(session: Session, videos: Sequence[VideoRecord], trusted: bool = False,
               given: Collection[str] = ()) -> Unfinished:
    """Return what ``--resume`` continues; videos whose newest run is finished are skipped. Undone runs do not count.

    Args:
        trusted, given: as for `resume`.

    Raises:
        UntrustedRunError: a run would load files that only the project names.
        StorageError: no run was started, or all runs are finished.
    """
    newest = {video.id: run for video in videos for run in _standing(session, video)}
    left = tuple((video, newest.get(video.id)) for video in videos
                 if video.id not in newest or newest[video.id].status is not RunStatus.FINISHED
                 or _only_detected(session, video, newest[video.id]))
    names = ", ".join(video.name for video in videos)
    if not newest:
        undone = any(session.store.runs(video.id) for video in videos)
        raise StorageError(f"{session.store.path} has no run of {names} to resume" + (
            ", because it was undone: redo it, or omit --resume to track again" if undone else ": omit --resume"))
    if not left:
        raise StorageError(f"{session.store.path} has no unfinished run of {names} to resume: omit --resume to track "
                           "again")
    last = max(newest.values(), key=lambda run: run.id)
    for run in (run for _, run in left if run is not None):
        check_trusted(_own_settings(run), trusted, session.store.path, given=given)
    settings = _own_settings(last)
    if any(run is None for _, run in left):
        check_trusted(settings, trusted, session.store.path, given=given)
    if settings.thresholds is not None:
        settings = replace(settings, det_threshold=None)
    video = next(video for video in videos if video.id == last.video)
    if settings.end == video.frame_count - 1:
        settings = replace(settings, end=None)
    return Unfinished(left, settings)


def unfinished_run(session: Session, video: VideoRecord) -> Run | None:
    """Return the video's newest run that was not undone, if it can be resumed."""
    runs = _standing(session, video)
    if not runs:
        return None
    run = runs[-1]
    if run.status is RunStatus.FINISHED:
        return run if _only_detected(session, video, run) else None
    return run if run in session.store.resumable_runs(video.id) else None


def _only_detected(session: Session, video: VideoRecord, run: Run) -> bool:
    """Whether a finished run found detections that no later run has tracked, not even one that was undone."""
    return run.kind == DETECT and _tracking(session.store.runs(video.id))[-1].id == run.id


def _standing(session: Session, video: VideoRecord) -> list[Run]:
    return _tracking(session.store.standing_runs(video.id))


def _tracking(runs: Iterable[Run]) -> list[Run]:
    """The runs that a job over a video made, without imports and propagated prompts."""
    return [run for run in runs if run.kind in (PREANNOTATE, TRACK, DETECT)]


def _store(session: Session, run: Run, engine: Engine, snapshots: SnapshotFiles, cancel: CancelToken,
           found: tuple[int, State] | None) -> Generator[JobProgress]:
    total = run.last_frame - run.first_frame + 1
    done = 0 if found is None else found[0] - run.first_frame + 1
    before, began = done, time.monotonic()
    status, message = RunStatus.CANCELLED, ""
    try:
        for result in engine.results(cancel, snapshots, found):
            session.apply(run.id, result)
            done += 1
            yield JobProgress(done, total, (done - before) / max(time.monotonic() - began, 1e-9), result)
        if done == total:
            status = RunStatus.FINISHED
    except Cancelled:
        log.info("run %d was cancelled", run.id)
    except UserError as error:
        status, message = RunStatus.FAILED, str(error)
        raise
    except Exception as error:
        status, message = RunStatus.FAILED, f"{type(error).__name__}: {error}"
        raise
    finally:
        _finish(session, run, status, message, snapshots)


def _finish(session: Session, run: Run, status: RunStatus, message: str, snapshots: SnapshotFiles) -> None:
    try:
        session.store.finish_run(run.id, status, message)
    except StorageError as error:
        if status is RunStatus.FINISHED:
            raise
        # The disk is probably full, which also stopped the run; reopening the project marks the run as interrupted.
        log.info("cannot close run %d: %s", run.id, error)
    if status is RunStatus.FINISHED:
        snapshots.remove()
