"""Pre-annotate a video: decode, detect, track, store; and go on after a kill with the same result."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from annotator.engine import checkpoints, registry
from annotator.engine.base import CancelToken, Detector, State, Tracker
from annotator.engine.snapshots import SnapshotFiles
from annotator.engine.tracking import SnapshotPlan, track
from annotator.errors import Cancelled, SettingsError, StorageError, UserError
from annotator.jobs.config import PreannotateSettings
from annotator.jobs.stored_detections import StoredDetections
from annotator.model.frame import Detections, FrameResult
from annotator.model.track import Run, RunStatus, VideoRecord
from annotator.session import Session
from annotator.video import VideoReader, open_video

log = logging.getLogger(__name__)

#: Kind of a run that detects and tracks, and of one that tracks detections stored before.
PREANNOTATE, TRACK = "preannotate", "track"


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Where a job stands after a frame."""

    done: int
    """Frames finished, those before a resume included."""
    total: int
    frames_per_second: float
    result: FrameResult
    """What was found in the last finished frame."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the engine needs, and nothing of the project: it may run on a thread of its own."""

    video: Path
    settings: PreannotateSettings
    first: int
    last: int
    snapshots: SnapshotFiles | None = None
    resume: tuple[int, State] | None = None
    stored: StoredDetections | None = None
    fps: float | None = None


def plan(session: Session, video: VideoRecord, settings: PreannotateSettings) -> Plan:
    """Check the settings against the video and choose models where none are named. Raises UserError."""
    last = video.frame_count - 1 if settings.end is None else settings.end
    if not 0 <= settings.start <= last < video.frame_count:
        raise SettingsError(f"frames {settings.start} to {last} are not all in {video.name}, which has frames 0 to "
                            f"{video.frame_count - 1}: change --start or --end")
    device = registry.resolve_device(settings.device)
    settings = replace(settings, device=device, end=last)
    if settings.detector is None and settings.detections is None and settings.detections_run is None:
        settings = replace(settings, detector=registry.default_detector())
    if settings.tracker == "sam2mot" and settings.segmenter is None:
        settings = replace(settings, segmenter=registry.default_segmenter(device))
    stored = None
    if settings.detections_run is not None:
        stored = StoredDetections.of(session.store, video, settings.detections_run, settings.labels)
    return Plan(session.store.video_path(video), settings, settings.start, last, stored=stored, fps=video.fps)


def start(session: Session, video: VideoRecord, settings: PreannotateSettings, cancel: CancelToken | None = None,
          ) -> Iterator[JobProgress]:
    """Run a pre-annotation from its beginning; each finished frame is stored before it is yielded.

    Closing the generator or cancelling keeps every finished frame. Raises UserError.
    """
    prepared = plan(session, video, settings)
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(prepared))
        run = session.store.begin_run(video.id, TRACK if prepared.stored else PREANNOTATE,
                                      prepared.settings.to_json(), engine.models(), engine.labels, prepared.first,
                                      prepared.last, settings.on_existing, f"Pre-annotate {video.name}")
        snapshots = SnapshotFiles(session.store.path, run.id)
        yield from _store(session, run, engine, snapshots, cancel or CancelToken(), None)


def resume(session: Session, run: Run, cancel: CancelToken | None = None) -> Iterator[JobProgress]:
    """Go on with a run that was cancelled or killed: from its last snapshot, else from its beginning."""
    video = next(v for v in session.store.videos() if v.id == run.video)
    settings = PreannotateSettings.from_json(run.settings)
    prepared = plan(session, video, replace(settings, on_existing=run.on_existing))
    snapshots = SnapshotFiles(session.store.path, run.id)
    found = snapshots.load(run.finished_frame)
    with Engine(prepared) as engine:
        check_models(run, engine.models())
        frame = run.first_frame - 1 if found is None else found[0]
        session.store.rewind_run(run.id, frame)
        log.info("resuming run %d after frame %d", run.id, frame)
        yield from _store(session, run, engine, snapshots, cancel or CancelToken(), found)


def resumable(session: Session, video: VideoRecord) -> Run:
    """The newest unfinished run of a video. Raises StorageError if there is none."""
    open_states = (RunStatus.INTERRUPTED, RunStatus.CANCELLED, RunStatus.FAILED)
    runs = [r for r in session.store.runs(video.id) if r.kind in (PREANNOTATE, TRACK)]
    if not runs or runs[-1].status not in open_states:
        raise StorageError(f"{session.store.path} has no unfinished run of {video.name} to resume: leave out --resume")
    return runs[-1]


def check_models(run: Run, models: Mapping[str, str]) -> None:
    """Resuming with other weights would mix two models' results. Raises StorageError."""
    for role, model in models.items():
        before = run.models.get(role)
        if before is not None and before != model:
            raise StorageError(f"run {run.id} was started with {role} {before}, which is now {model}: put the old "
                               "weights back, or start a new run without --resume")


class Engine:
    """Models and video of one plan, opened together and closed together."""

    def __init__(self, prepared: Plan) -> None:
        self._plan = prepared
        self._stack = ExitStack()
        self._reader: VideoReader | None = None

    def __enter__(self) -> Engine:
        settings = self._plan.settings
        with ExitStack() as stack:
            self._reader = stack.enter_context(open_video(self._plan.video, fps=self._plan.fps))
            for warning in self._reader.warnings:
                log.warning("%s", warning)
            self._detector = stack.enter_context(_opened_detector(self._plan, self._reader))
            self._tracker = _tracker(settings, self._reader)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def labels(self) -> tuple[str, ...]:
        return self._detector.labels

    def models(self) -> dict[str, str]:
        """Role to name and hash of the weights, as stored with the run."""
        settings = self._plan.settings
        models = {"tracker": settings.tracker}
        if settings.detector is not None:
            models["detector"] = _identity(settings.detector)
        elif settings.detections is not None:
            models["detector"] = f"file {Path(settings.detections).name}"
        else:
            models["detector"] = f"detections of run {settings.detections_run}"
        if settings.tracker == "sam2mot" and settings.segmenter is not None:
            models["segmenter"] = _identity(settings.segmenter)
        return models

    def results(self, cancel: CancelToken, snapshots: SnapshotFiles | None = None,
                resume_from: tuple[int, State] | None = None) -> Iterator[FrameResult]:
        """One result per frame. Raw detections are left out where they are stored already."""
        first = self._plan.first
        if resume_from is not None:
            first = resume_from[0] + 1
            self._tracker.restore(resume_from[1])
        saving = None if snapshots is None else SnapshotPlan(self._plan.settings.snapshot_every, snapshots.save)
        assert self._reader is not None
        for result in track(self._reader, self._detector, self._tracker, first, self._plan.last, cancel, saving):
            yield result if self._plan.stored is None else replace(result, detections=Detections.empty())


def _store(session: Session, run: Run, engine: Engine, snapshots: SnapshotFiles, cancel: CancelToken,
           found: tuple[int, State] | None) -> Iterator[JobProgress]:
    total = run.last_frame - run.first_frame + 1
    done = 0 if found is None else found[0] - run.first_frame + 1
    before, began = done, time.monotonic()
    status, message = RunStatus.CANCELLED, ""
    try:
        for result in engine.results(cancel, snapshots, found):
            session.apply(run.id, result)
            done += 1
            yield JobProgress(done, total, (done - before) / max(time.monotonic() - began, 1e-9), result)
        if not cancel.cancelled:
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
        # The same full disk that stopped the run; opening the project again marks the run as interrupted.
        log.error("cannot close run %d: %s", run.id, error)
    if status is RunStatus.FINISHED:
        snapshots.remove()


def _identity(name: str) -> str:
    path = checkpoints.find(name)
    return f"{path.name} sha256:{checkpoints.file_sha256(path)[:16]}"


@contextmanager
def _opened_detector(prepared: Plan, reader: VideoReader) -> Iterator[Detector]:
    settings = prepared.settings
    if prepared.stored is not None:
        try:
            yield prepared.stored
        finally:
            prepared.stored.close()
    elif settings.detections is not None:
        yield _file_detector(settings, reader)
    else:
        assert settings.detector is not None
        yield registry.make_detector(settings.detector, settings.device, settings.labels)


def _file_detector(settings: PreannotateSettings, reader: VideoReader) -> Detector:
    from annotator.engine.detectors.file import FileDetector
    from annotator.engine.detectors.only_labels import OnlyLabels

    assert settings.detections is not None
    detector = FileDetector(Path(settings.detections))
    detector.check(reader.info.frame_count, reader.info.width, reader.info.height)
    return detector if settings.labels is None else OnlyLabels(detector, settings.labels)


def _tracker(settings: PreannotateSettings, reader: VideoReader) -> Tracker:
    info = reader.info
    if settings.tracker == "bytetrack":
        from annotator.engine.bytetrack import ByteTrack

        return ByteTrack(settings.bytetrack, frame_rate=info.fps)
    assert settings.segmenter is not None
    segmenter = registry.make_segmenter(settings.segmenter, settings.device, settings.sam2)
    return registry.make_sam2mot(segmenter, info.width, info.height, info.frame_count, settings.tracker_settings())
