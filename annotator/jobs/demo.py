"""The demo: pre-annotate the bundled clip, export it, and compare its scores with ByteTrack on the same detections."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from annotator.errors import ProjectBusyError, ProjectExistsError, StorageError
from annotator.evaluation import Scores, evaluate_frames
from annotator.formats.base import ExportOptions, ImportOptions
from annotator.formats.mot.format import read_mot
from annotator.jobs.labels import export
from annotator.jobs.project import add_source, open_or_create
from annotator.jobs.tracking import preannotate
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.model.cancel import CancelToken
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.model.track import OnExisting, VideoRecord
from annotator.resources import resource_path
from annotator.session import Session
from annotator.storage.edits.proposals import discard_proposal
from annotator.storage.store import Store

PROJECT = "demo.annot"
FORMATS = ("mot", "mot-results", "coco-video")


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The results of the demo."""

    frames: int
    tracks: int
    scores: Scores
    bytetrack: Scores
    seconds: float
    project: Path
    exports: dict[str, list[str]]
    """Written files by format."""

    def to_json(self) -> dict[str, Any]:
        return {"frames": self.frames, "tracks": self.tracks, "hota": self.scores.hota, "deta": self.scores.deta,
                "assa": self.scores.assa, "idf1": self.scores.idf1, "mota": self.scores.mota,
                "idsw": self.scores.idsw, "bytetrack_hota": self.bytetrack.hota,
                "bytetrack_assa": self.bytetrack.assa, "bytetrack_idf1": self.bytetrack.idf1,
                "bytetrack_idsw": self.bytetrack.idsw, "seconds": self.seconds, "project": str(self.project),
                "exports": self.exports}


def demo_clip() -> Path:
    """Return the path of the bundled clip."""
    return resource_path("demo") / "crossing.mp4"


def demo_project(folder: Path) -> Path:
    """Return a project with only the bundled clip, created in the folder unless it already exists.

    Raises:
        UserError: the folder cannot be written, or the existing project cannot be opened.
    """
    project = folder / PROJECT
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be created ({error.strerror}), and the demo keeps its project there: "
                           "check the permissions and the free space") from error
    with suppress(ProjectBusyError), open_or_create(project) as session:  # busy: somebody has the demo open
        if not session.store.videos():  # new, or its creation was killed half-way
            add_source(session, demo_clip())
    return project


def is_demo(project: Path, video: VideoRecord) -> bool:
    """Whether this is the demo, judged by the names of the project and the video."""
    return project.name == PROJECT and video.name == demo_clip().stem


def run_demo(out_dir: Path, device: str, progress: Callable[[str, JobProgress], None],
             cancel: CancelToken | None = None) -> DemoReport:
    """Pre-annotate the bundled clip into ``out_dir/demo.annot`` and export it next to the project.

    If these names exist in ``out_dir``, the demo uses ``out_dir/demo-2``, ``demo-3`` and so on, because the user may
    have edited the earlier demo.

    Raises:
        UserError: the folder cannot be written, or a model is missing.
        Cancelled: the token was set; finished frames are kept.
    """
    began = time.monotonic()
    cancel = cancel or CancelToken()
    settings = PreannotateSettings(detector="tiny-detector", segmenter="tiny-sam2-drawn", device=device)
    with _new_project(out_dir) as session:
        project = session.store.path
        folder = project.parent
        video, _ = add_source(session, demo_clip())
        _track(session, video, settings, "sam2mot", progress, cancel)
        run = session.store.runs(video.id)[-1]
        baseline = PreannotateSettings(detections_run=run.id, tracker="bytetrack", device="cpu",
                                       on_existing=OnExisting.PROPOSE)
        _track(session, video, baseline, "bytetrack", progress, cancel)
        bytetrack_run = session.store.runs(video.id)[-1].id
        truth = read_mot(resource_path("demo"), "mot", ImportOptions())
        ours = _score(truth.frames, _project_frames(session, video), video.frame_count)
        theirs = _score(truth.frames, _run_frames(session, bytetrack_run), video.frame_count)
        # The proposal exists only to be scored; do not ask the user to decide on it.
        discard_proposal(session.store, bytetrack_run)
        exports = {name: [str(p) for p in export.export(session.store, [video], name, folder / name,
                                                        ExportOptions()).files] for name in FORMATS}
        tracks = len(session.store.tracks(video.id))
    return DemoReport(video.frame_count, tracks, ours, theirs, time.monotonic() - began, project, exports)


def _new_project(out_dir: Path) -> Session:
    """Create the demo's project in a folder that contains none of its files. Raises StorageError."""
    for number in count(1):
        folder = out_dir if number == 1 else out_dir / f"demo-{number}"
        if any((folder / name).exists() for name in (PROJECT, *FORMATS)):
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder} cannot be created ({error.strerror}): give another folder with --out"
                               ) from error
        with suppress(ProjectExistsError, ProjectBusyError):  # another demo was faster
            return Session(Store.create(folder / PROJECT))
    raise AssertionError


def _track(session: Session, video: VideoRecord, settings: PreannotateSettings, name: str,
           progress: Callable[[str, JobProgress], None], cancel: CancelToken) -> None:
    with closing(preannotate.start(session, video, settings, cancel)) as job:
        for step in job:
            progress(name, step)
    cancel.raise_if_cancelled()


def _score(truth: Any, frames: list[LabelledFrame], frame_count: int) -> Scores:
    return evaluate_frames(truth, frames, frame_count)


def _project_frames(session: Session, video: VideoRecord) -> list[LabelledFrame]:
    with session.store.read_snapshot() as reader:
        return [frame for _, frames in export.sequences(reader, [video], masks=False) for frame in frames]


def _run_frames(session: Session, run: int) -> list[LabelledFrame]:
    """Return a run's results without later edits."""
    return [LabelledFrame(r.frame_index, tuple(LabelledBox(o.tracklet, o.label, o.box_xyxy, o.score)
                                               for o in r.objects if o.box_xyxy is not None))
            for r in session.store.run_results(run)]
