"""Track every sequence of a data set split, one after the other or on several devices in parallel. A stopped run
continues where it stopped."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from annotator import __version__
from annotator.engine import registry
from annotator.errors import Cancelled, SettingsError, StorageError, UserError
from annotator.formats.sam2mot.threshold_table import read_thresholds, write_thresholds
from annotator.jobs.datasets.layouts import Dataset, DatasetSequence, sequences, without_duplicates
from annotator.jobs.datasets.pool import Failed, Step, run_on_devices
from annotator.jobs.datasets.sequence import RUN, Outputs, Task, is_done, run_task, write_json
from annotator.jobs.tracking.config import ADAPTIVE, PreannotateSettings
from annotator.model.cancel import CancelToken

log = logging.getLogger(__name__)

MANIFEST, THRESHOLDS = "benchmark.json", "thresholds.csv"
#: Settings that may differ between two calls for the same folder, because they do not affect the results.
_CHANGEABLE = ("device", "snapshot_every", "start", "end")


@dataclass(frozen=True, slots=True)
class BenchmarkPlan:
    """A validated data set run."""

    dataset: Dataset
    split: str
    root: Path
    out: Path
    settings: PreannotateSettings
    """Settings that all sequences share."""
    tasks: tuple[Task, ...]
    outputs: Outputs


@dataclass(frozen=True, slots=True)
class BenchmarkProgress:
    """Progress of a data set run."""

    sequence: str
    step: Step
    """Progress of this sequence."""
    finished: int
    """Number of finished sequences, including those of earlier calls."""
    total: int


@dataclass(frozen=True, slots=True)
class BenchmarkRequest:
    """The data set run that a user asks for."""

    dataset: Dataset
    root: Path
    split: str
    out: Path
    settings: PreannotateSettings
    detections: Path | None = None
    """Folder with one detection file per sequence, in a layout that `detections_of` knows."""
    patterns: tuple[str, ...] | None = None
    """Sequence names, with ``*`` and ``?``; None for all."""
    outputs: Outputs = field(default_factory=Outputs)


def plan(request: BenchmarkRequest) -> BenchmarkPlan:
    """Find the sequences and assign detections and a threshold to each. Raises UserError before anything starts."""
    found = sequences(request.dataset, request.root, request.split, request.patterns)
    if request.dataset.name == "mot17" and request.detections is None and request.patterns is None:
        found = without_duplicates(found)
    settings = _with_models(request)
    outputs = replace(request.outputs, scalabel=request.dataset.name == "bdd100k")
    table = _threshold_table(settings)
    tasks = tuple(Task(sequence, _for_sequence(settings, sequence, request.detections, table, outputs.scalabel),
                       request.out / sequence.name) for sequence in found)
    return BenchmarkPlan(request.dataset, request.split, request.root, request.out, settings, tasks, outputs)


def _with_models(request: BenchmarkRequest) -> PreannotateSettings:
    """Resolve default models once, so that every sequence runs with the same models."""
    settings = request.settings
    if settings.detections is not None or settings.detections_run is not None:
        raise SettingsError("a data set needs one detection file per sequence: give their folder with --detections")
    if settings.start != 0 or settings.end is not None:
        raise SettingsError("a data set is scored on whole sequences: remove start and end")
    device = registry.resolve_device(settings.device)
    if request.detections is not None:
        settings = settings.without_detector()
    elif settings.detector is None:
        settings = replace(settings, detector=registry.default_detector())
    own, settings = settings.sam2mot, settings.with_segmenter(device)
    if own is None and settings.sam2mot is not None:
        settings = replace(settings, sam2mot=settings.sam2mot.with_whole_masks())
    classes_given = settings.labels is not None or settings.prompt is not None
    if not classes_given and settings.detector not in (None, registry.TINY_DETECTOR):
        settings = replace(settings, labels=request.dataset.labels)
    return settings


def _threshold_table(settings: PreannotateSettings) -> Mapping[str, float] | None:
    if settings.thresholds in (None, ADAPTIVE):
        return None
    return read_thresholds(Path(str(settings.thresholds)))


def _for_sequence(settings: PreannotateSettings, sequence: DatasetSequence, detections: Path | None,
                  table: Mapping[str, float] | None, by_class: bool) -> PreannotateSettings:
    if table is not None:
        if sequence.name not in table:
            raise SettingsError(f"{settings.thresholds} has no threshold for {sequence.name}: add a line for it, or "
                                "exclude the sequence with --sequences")
        settings = replace(settings, det_threshold=table[sequence.name])
    if detections is not None:
        settings = settings.without_detector(str(detections_of(detections, sequence.name, by_class).resolve()))
    return settings


def detections_of(folder: Path, name: str, by_class: bool = False) -> Path:
    """Return a sequence's detection file: ``NAME.txt``, ``NAME.json``, ``NAME/detections.txt`` (from an earlier run),
    ``NAME/det/det.txt`` (MOTChallenge) or ``NAME/det.txt``; with ``by_class`` only ``NAME.json``, because the others
    contain no classes. Raises SettingsError if none of them exists."""
    known = ("{}.json", "{}.txt", "{}/detections.txt", "{}/det/det.txt", "{}/det.txt")
    for form in known[:1] if by_class else known:
        if (folder / form.format(name)).is_file():
            return folder / form.format(name)
    expected = (f"COCO results with classes as {folder / name}.json" if by_class else
                f"{folder / name}.txt, {folder / name / 'detections.txt'} or {folder / name / 'det' / 'det.txt'}")
    raise SettingsError(f"{folder} contains no detections of {name}: expected {expected}")


def run(prepared: BenchmarkPlan, devices: Sequence[str] | None = None, cancel: CancelToken | None = None,
        ) -> Generator[BenchmarkProgress]:
    """Track the sequences that are not finished, with one worker process per device if there are several. ``devices``
    defaults to those that the device setting stands for.

    A failed sequence does not stop the others. Closing the generator or cancelling stops all workers after their
    current frame; the next call continues.

    Raises:
        SettingsError: the folder contains a run with other settings.
        UserError: raised at the end if sequences failed; the message names the first.
    """
    cancel = cancel or CancelToken()
    devices = devices or registry.all_devices(prepared.settings.device)
    _claim_folder(prepared)
    left = [task for task in prepared.tasks if not is_done(task, prepared.outputs)]
    finished, failures = len(prepared.tasks) - len(left), []
    several = len(devices) > 1 and len(left) > 1
    steps = (run_on_devices(left, prepared.outputs, devices, cancel) if several else
             _one_by_one(left, prepared.outputs, devices[0], cancel))
    with closing(steps) as running:
        for name, step in running:
            if isinstance(step, Failed):
                failures.append((name, step))
                log.warning("%s failed: %s", name, step.message)
                continue
            finished += step.is_last
            yield BenchmarkProgress(name, step, finished, len(prepared.tasks))
    if failures:
        name, failed = failures[0]
        raise UserError(f"{len(failures)} of {len(prepared.tasks)} sequences failed, first {name}: {failed.message}; "
                        "run the same command again to continue with the missing ones")
    if not cancel.cancelled:
        write_thresholds(prepared.out / THRESHOLDS, used_thresholds(prepared))


def _one_by_one(tasks: Sequence[Task], outputs: Outputs, device: str, cancel: CancelToken,
                ) -> Generator[tuple[str, Step | Failed]]:
    for task in tasks:
        if cancel.cancelled:
            return
        name = task.sequence.name
        try:
            with closing(run_task(task, outputs, device, cancel)) as job:
                for progress in job:
                    yield name, Step(progress.done, progress.total, progress.frames_per_second)
        except Cancelled:
            return
        except UserError as error:
            yield name, Failed(str(error))
            continue
        if not cancel.cancelled:
            yield name, Step(is_last=True)


def used_thresholds(prepared: BenchmarkPlan) -> dict[str, float]:
    """Return the detection threshold that each sequence was tracked with; all sequences must be finished."""
    return {task.sequence.name: float(json.loads((task.folder / RUN).read_text(encoding="utf-8"))["det_threshold"])
            for task in prepared.tasks}


def _claim_folder(prepared: BenchmarkPlan) -> None:
    """Write the run's manifest into its folder, or check an existing one. Raises SettingsError, StorageError."""
    path = prepared.out / MANIFEST
    wanted = {"program": __version__, "dataset": prepared.dataset.name, "split": prepared.split,
              "settings": {name: value for name, value in prepared.settings.to_json().items()
                           if name not in _CHANGEABLE}}
    try:
        prepared.out.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _compare(path, wanted)
            return
        write_json(path, wanted)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}): give another folder with --out") from error


def _compare(path: Path, wanted: Mapping[str, object]) -> None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        stored_settings, settings = dict(stored["settings"]), wanted["settings"]
        assert isinstance(settings, dict)
        before = {**stored_settings, "dataset": stored["dataset"], "split": stored["split"]}
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path} is damaged: give another folder with --out, or delete this one") from error
    now = {**json.loads(json.dumps(settings)), "dataset": wanted["dataset"], "split": wanted["split"]}
    different = [name for name in now if before.get(name) != now[name]]
    if different:
        name = different[0]
        raise SettingsError(f"{path.parent} contains a run with {name} {before.get(name)!r}, but this command gives "
                            f"{now[name]!r}: give another folder with --out, or the same settings to continue")
