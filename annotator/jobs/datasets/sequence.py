"""Track one sequence of a data set into its own project, then write the published file layout next to it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from annotator import __version__
from annotator.errors import SettingsError, StorageError
from annotator.formats.driving.scalabel import bdd100k_class, read_truth, result_frames, write_frames
from annotator.formats.sam2mot import published_layout as layout
from annotator.jobs.datasets.layouts import DatasetSequence
from annotator.jobs.labels.export import sequences
from annotator.jobs.project import add_source, open_project
from annotator.jobs.render import RenderOptions, render
from annotator.jobs.tracking import preannotate
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.model.cancel import CancelToken
from annotator.model.sequence import LabelledFrame
from annotator.model.track import Run, RunStatus, VideoRecord
from annotator.session import Session
from annotator.video import open_video
from annotator.video.images import ImageReader

log = logging.getLogger(__name__)

PROJECT, RUN, VISUALIZATION, SCALABEL = "project.annot", "run.json", "visualization.mp4", "scalabel.json"


@dataclass(frozen=True, slots=True)
class Outputs:
    """Files to write for each sequence in addition to detections and trajectories."""

    masks: bool = True
    visualization: bool = False
    scalabel: bool = False
    """Tracks in the format that the BDD100K scorer reads."""


@dataclass(frozen=True, slots=True)
class Task:
    """One sequence to track."""

    sequence: DatasetSequence
    settings: PreannotateSettings
    """Settings with the sequence's own detections and threshold."""
    folder: Path


def is_done(task: Task, outputs: Outputs) -> bool:
    """Whether all files exist. The trajectories are written last, except for the visualization."""
    wanted = [layout.TRAJECTORIES, RUN]
    wanted += [VISUALIZATION] * outputs.visualization + [SCALABEL] * outputs.scalabel
    if outputs.masks and task.settings.tracker == "sam2mot":
        wanted.append(layout.MASKS)
    return all((task.folder / name).exists() for name in wanted)


def run_task(task: Task, outputs: Outputs, device: str, cancel: CancelToken) -> Generator[JobProgress]:
    """Track a sequence: skip a finished one, resume an interrupted run.

    Yields after each tracked frame. Cancelling keeps finished frames. Raises UserError.
    """
    if is_done(task, outputs):
        return
    try:
        task.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{task.folder} cannot be created ({error.strerror}): give another folder with --out"
                           ) from error
    with open_project(task.folder / PROJECT, create=True) as session:
        video, warnings = add_source(session, task.sequence.source)
        for warning in warnings:
            log.warning("%s: %s", task.sequence.name, warning)
        if _finished_run(session, video) is None:
            with closing(_start_or_resume(session, video, task.settings, device, cancel)) as job:
                yield from job
        run = _finished_run(session, video)
        if run is not None and not cancel.cancelled:
            _write(session, video, run, task, outputs, cancel)


def _start_or_resume(session: Session, video: VideoRecord, settings: PreannotateSettings, device: str,
                     cancel: CancelToken) -> Generator[JobProgress]:
    settings = replace(settings, device=device)
    runs = session.store.standing_runs(video.id)
    if not runs:
        return preannotate.start(session, video, settings, cancel)
    return preannotate.resume(session, runs[-1], cancel, settings, ("device",))


def _finished_run(session: Session, video: VideoRecord) -> Run | None:
    """Return the newest run that counts, if it has tracked every frame."""
    runs = session.store.standing_runs(video.id)
    done = runs and runs[-1].status is RunStatus.FINISHED and runs[-1].kind != preannotate.DETECT
    return runs[-1] if done else None


def _write(session: Session, video: VideoRecord, run: Run, task: Task, outputs: Outputs, cancel: CancelToken) -> None:
    folder = task.folder
    with session.store.read_snapshot() as stored:
        found = stored.detections(stored.detection_runs(video.id)[-1].id)
        layout.write_detections(folder / layout.DETECTIONS, found, run.labels)
        [(info, frames)] = sequences(stored, [video], masks=True)
        if len(info.labels) > 1:
            layout.write_labels(folder / layout.LABELS, info.labels)
        if outputs.masks and task.settings.tracker == "sam2mot":
            layout.write_masks(folder / layout.MASKS, _cancellable(frames, cancel), video.width, video.height)
        if outputs.scalabel:
            _write_scalabel(task, frames, info.labels, session.store.video_path(video))
        write_json(folder / RUN, _description(video, run))
        layout.write_trajectories(folder / layout.TRAJECTORIES, frames, info.labels)
    if outputs.visualization and not (folder / VISUALIZATION).exists():
        with closing(render(session, video, folder / VISUALIZATION, RenderOptions(), cancel)) as job:
            for _ in job:
                pass


def _description(video: VideoRecord, run: Run) -> dict[str, object]:
    """Describe the run for scoring and for later reference."""
    settings = PreannotateSettings.from_json(run.settings)
    tracker = settings.tracker_settings() if settings.tracker == "sam2mot" else settings.box_tracker_settings()
    return {"program": __version__, "frames": video.frame_count, "width": video.width, "height": video.height,
            "det_threshold": tracker.det_threshold, "models": run.models, "settings": run.settings}


def write_json(path: Path, content: object) -> None:
    """Write a JSON file, replacing an existing one atomically. Raises StorageError."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}): check the folder and its free space"
                           ) from error


def _cancellable(frames: Iterable[LabelledFrame], cancel: CancelToken) -> Iterator[LabelledFrame]:
    for frame in frames:
        cancel.raise_if_cancelled()
        yield frame


def _write_scalabel(task: Task, frames: Iterable[LabelledFrame], labels: tuple[str, ...], images: Path) -> None:
    if not any(bdd100k_class(label) for label in labels):
        raise SettingsError(f"{task.sequence.name}: none of the classes {', '.join(labels)} is a BDD100K class: use "
                            "a detector trained on those")
    numbers = {} if task.sequence.gt is None else {
        str(frame.get("name")): int(frame["frameIndex"]) for frame in read_truth(task.sequence.gt)
        if isinstance(frame.get("frameIndex"), int)}
    with open_video(images) as reader:
        assert isinstance(reader, ImageReader)
        names = [reader.image_path(index).name for index in range(len(reader))]
    write_frames(task.folder / SCALABEL, result_frames(task.sequence.name, frames, labels, names, numbers))
