"""The models and the video of one run, opened and closed together. Independent of the project."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from annotator.engine import registry
from annotator.engine.base import Detector, State, Tracker
from annotator.engine.registry import MakeSegmenter
from annotator.engine.runtime.out_of_memory import is_out_of_memory, out_of_memory
from annotator.engine.snapshots import SnapshotFiles
from annotator.engine.trackers.known_objects import AroundKnownObjects, KnownBoxes
from annotator.engine.trackers.no_tracker import NoTracker
from annotator.engine.tracking import CutPlan, SnapshotPlan, track
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.errors import ModelError, StorageError
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.stored_detections import StoredDetections
from annotator.model.cancel import CancelToken
from annotator.model.frame import Detections, FrameResult
from annotator.model.track import Run
from annotator.video import VideoReader, open_video

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """All inputs of the engine, independent of the project, so that it may run on its own thread."""

    video: Path
    settings: PreannotateSettings
    first: int
    last: int
    stored: StoredDetections | None = None
    fps: float | None = None
    detect_only: bool = False
    """Store detections and track nothing."""
    known: KnownBoxes = field(default_factory=dict)
    """Boxes of tracks that the run keeps and must not track again."""


class Engine:
    """The models and the video of one plan, opened and closed together."""

    def __init__(self, plan: Plan, make_segmenter: MakeSegmenter = registry.make_segmenter) -> None:
        """``make_segmenter``: lets a program share weights between jobs."""
        self._plan = plan
        self._make_segmenter = make_segmenter
        self._stack = ExitStack()
        self._reader: VideoReader | None = None

    def __enter__(self) -> Engine:
        with _explained_memory(lambda: self._error(None, None)), ExitStack() as stack:
            self._reader = stack.enter_context(open_video(self._plan.video, fps=self._plan.fps))
            for warning in self._reader.warnings:
                log.warning("%s", warning)
            self._detector = _with_project_labels(
                stack.enter_context(_open_detector(self._plan, self._reader)), self._plan)
            self._tracker: Tracker = NoTracker() if self._plan.detect_only else self._make_tracker()
            if self._plan.known and not self._plan.detect_only:
                self._tracker = AroundKnownObjects(self._tracker, self._plan.known)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def labels(self) -> tuple[str, ...]:
        """Names that the labels of results index."""
        return self._detector.labels

    def models(self) -> dict[str, str]:
        """Return name and weights hash by role, as stored with the run."""
        settings = self._plan.settings
        models = {"tracker": settings.tracker}
        if settings.detector is not None:
            models["detector"] = registry.model_identity(ModelKind.DETECTOR, settings.detector)
            if settings.detector_config is not None and Path(settings.detector_config).is_file():
                models["detector's configuration"] = checkpoints.identity(Path(settings.detector_config))
        elif settings.detections is not None:
            models["detector"] = f"file {checkpoints.identity(_detection_file(Path(settings.detections)))}"
        else:
            models["detector"] = f"detections of run {settings.detections_run}"
        if self._plan.detect_only:
            return {"detector": models["detector"]}
        if settings.tracker == "sam2mot" and settings.segmenter is not None:
            models["segmenter"] = segmenter_identity(settings.segmenter)
        return models

    def results(self, cancel: CancelToken, snapshots: SnapshotFiles | None = None,
                resume_from: tuple[int, State] | None = None) -> Iterator[FrameResult]:
        """Yield one result per frame, without raw detections if they are already stored."""
        first = self._plan.first
        if resume_from is not None:
            first = resume_from[0] + 1
            self._tracker.restore(resume_from[1])
        settings = self._plan.settings
        snapshot_plan = None if snapshots is None else SnapshotPlan(settings.snapshot_every, snapshots.save)
        find_cuts = settings.scene_cuts and not self._plan.detect_only
        cuts = CutPlan(settings.scene_cut, self._plan.first) if find_cuts else None
        assert self._reader is not None
        last: int | None = None if first == self._plan.first else first - 1
        objects: int | None = None
        with _explained_memory(lambda: self._error(last, objects)):
            for result in track(self._reader, self._detector, self._tracker, first, self._plan.last, cancel,
                                snapshot_plan, batch_size=settings.detection.batch_size, cuts=cuts):
                yield result if self._plan.stored is None else replace(result, detections=Detections.empty())
                last, objects = result.frame_index, len(result.objects)

    def _error(self, last: int | None, objects: int | None) -> ModelError:
        return out_of_memory(self._plan.settings.device, last, objects)

    def _make_tracker(self) -> Tracker:
        settings = self._plan.settings
        assert self._reader is not None
        info = self._reader.info
        if settings.tracker != "sam2mot":
            return registry.make_box_tracker(settings.tracker, settings.box_tracker_settings(), info.fps)
        assert settings.segmenter is not None
        segmenter = self._make_segmenter(settings.segmenter, settings.device, settings.sam2)
        return registry.make_sam2mot(segmenter, info.width, info.height, info.frame_count,
                                     settings.tracker_settings())


@contextmanager
def _explained_memory(explain: Callable[[], ModelError]) -> Iterator[None]:
    """Replace the error of a library that ran out of memory by one that says what helps."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as error:
        if not is_out_of_memory(error):
            raise
        raise explain() from error


def check_models(run: Run, models: Mapping[str, str]) -> None:
    """Check that a resumed run uses the same weights and detections, because others would mix two results.

    Compares file contents, not names. Raises StorageError.
    """
    for role, model in models.items():
        before = run.models.get(role)
        if before is not None and before.rpartition(checkpoints.HASH)[2] != model.rpartition(checkpoints.HASH)[2]:
            raise StorageError(f"run {run.id} was started with the {role} {before}, but this is {model}: restore the "
                               "old one, or start a new run without --resume")


def segmenter_identity(name: str) -> str:
    """Return name and hash of a segmenter's weights, as stored with a run. Raises ModelError."""
    return registry.model_identity(ModelKind.SEGMENTER, name)


def _detection_file(path: Path) -> Path:
    """Return the detection file; ``path`` may be the folder of a MOT sequence."""
    return path / "det" / "det.txt" if path.is_dir() else path


@contextmanager
def _open_detector(plan: Plan, reader: VideoReader) -> Iterator[Detector]:
    settings = plan.settings
    if plan.stored is not None:
        try:
            yield plan.stored
        finally:
            plan.stored.close()
    elif settings.detections is not None:
        yield _file_detector(settings, reader)
    else:
        assert settings.detector is not None
        yield registry.make_detector(settings.detector, settings.device, settings.labels,
                                     config=settings.detector_config, prompt=settings.prompt,
                                     settings=settings.detection)


def _with_project_labels(detector: Detector, plan: Plan) -> Detector:
    mapping = plan.settings.class_labels
    if not mapping or not any(name in mapping for name in detector.labels):
        return detector
    from annotator.engine.detectors.mapped_labels import MappedLabels

    # Evidence refers to stored detections by index, so their order must not change.
    return MappedLabels(detector, mapping, keep_places=plan.stored is not None)


def _file_detector(settings: PreannotateSettings, reader: VideoReader) -> Detector:
    from annotator.engine.detectors.file import FileDetector
    from annotator.engine.detectors.only_labels import OnlyLabels

    assert settings.detections is not None
    detector = FileDetector(Path(settings.detections))
    detector.check(reader.info.frame_count, reader.info.width, reader.info.height)
    return detector if settings.labels is None else OnlyLabels(detector, settings.labels)
