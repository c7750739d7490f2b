"""An open project."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from annotator.errors import StorageError
from annotator.formats.base import ExportOptions, ExportReport
from annotator.jobs.labels.export import export
from annotator.jobs.project import add_source, check_video, open_project, selected_videos, trust_servers
from annotator.jobs.prompts import propagate
from annotator.jobs.prompts.limits import Direction
from annotator.jobs.tracking import preannotate
from annotator.jobs.tracking.config import read_settings
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.model.mask import Mask
from annotator.model.prompt import Point
from annotator.model.track import Run, VideoRecord
from annotator.notebook import progress as displays
from annotator.notebook import tables
from annotator.notebook.editing import Edits
from annotator.notebook.proposals import Proposal
from annotator.notebook.tables import Arrays
from annotator.session import Session
from annotator.storage.store import Store
from annotator.video import VideoReader, open_video


class Project:
    """A project file. Frames count from 0. Boxes are pixels ``x1, y1, x2, y2``, right and bottom exclusive.

    A project is opened read-only, while another program may keep writing to it. With ``write`` it can be edited; then
    no other program can write. ``create`` creates the file if it does not exist, and implies ``write``. ``trusted``:
    whether to read videos from the servers that the project names, now and later; without it, they are not touched.

    Where a method takes ``video``, it is the name of a video of the project. It may be omitted if there is only one.

    Raises StorageError.
    """

    def __init__(self, path: str | PathLike[str], *, write: bool = False, create: bool = False,
                 trusted: bool = False) -> None:
        self._path = Path(path)
        self._writable = write or create
        self._session = (open_project(self._path, create) if self._writable else
                         Session(Store.open(path, read_only=True)))
        if trusted:
            trust_servers(self._session)
        self._readers: dict[int, VideoReader] = {}

    # -- reading ---------------------------------------------------------------------------------------------------

    def videos(self) -> list[VideoRecord]:
        """Return the project's videos."""
        return self._session.store.videos()

    def arrays(self, video: str | None = None) -> Arrays:
        """Return one entry per box of all videos, or of one, ordered by video, frame and track.

        ``video`` and ``label`` (N,) names; ``frame`` (N,) int64 from 0; ``time`` (N,) float64 seconds, NaN where
        unknown; ``track`` (N,) int64, -1 for ignore regions; ``box_xyxy`` (N, 4) float64 pixels, right and bottom
        exclusive; ``score``, ``visibility`` (N,) float64; ``ignored``, ``occluded``, ``interpolated`` (N,) bool.

        Raises StorageError if the project has no video of this name.
        """
        with self._session.store.read_snapshot() as reader:
            return tables.box_arrays(reader, self._selected(video))

    def tracks(self, video: str | None = None) -> Any:
        """Return the content of `arrays` as a ``pandas.DataFrame`` with the box in columns ``x1, y1, x2, y2``.

        Raises SettingsError if pandas is not installed.
        """
        tables.pandas()
        return tables.box_table(self.arrays(video))

    def summary(self, video: str | None = None) -> Any:
        """Return one row per track of all videos, or of one, as a ``pandas.DataFrame``.

        Columns: ``video``, ``track``, ``label``, ``name``, ``first`` and ``last`` frame with a box (-1 if there is
        none), ``boxes``, ``review``, ``locked``, and one per attribute. Raises SettingsError if pandas is missing.
        """
        tables.pandas()
        selected = self._selected(video)
        with self._session.store.read_snapshot() as reader:
            return tables.track_table(reader, selected, tables.box_arrays(reader, selected))

    def masks(self, video: str, frame: int) -> dict[int, Mask]:
        """Return the masks of one frame by track number. A `Mask` is the crop of an object and its position."""
        record = self._session.store.video(video)
        return {seen.number: seen.mask for seen in self._session.store.observations(record.id, frame, masks=True)
                if seen.mask is not None}

    def mask_arrays(self, video: str, frame: int) -> dict[int, npt.NDArray[np.bool_]]:
        """Return the masks of one frame by track number, each as a (height, width) bool array of the whole frame."""
        record = self._session.store.video(video)
        return {number: mask.to_bitmap(record.width, record.height)
                for number, mask in self.masks(video, frame).items()}

    def label_image(self, video: str, frame: int) -> npt.NDArray[np.int32]:
        """Return (height, width) int32: the number of the track at each pixel, 0 where there is none.

        Where masks overlap, the smaller one is on top.
        """
        record = self._session.store.video(video)
        image = np.zeros((record.height, record.width), np.int32)
        masks = self.mask_arrays(video, frame)
        for number in sorted(masks, key=lambda each: (-int(masks[each].sum()), each)):
            image[masks[number]] = number
        return image

    def image(self, video: str, frame: int) -> npt.NDArray[np.uint8]:
        """Return a frame of the video: (height, width, 3) uint8 RGB.

        Raises VideoError if the file is missing, has changed, or the frame cannot be decoded.
        """
        record = self._session.store.video(video)
        if record.id not in self._readers:
            self._readers[record.id] = open_video(check_video(self._session, record))
        return self._readers[record.id][frame].image

    # -- jobs ------------------------------------------------------------------------------------------------------

    def add_video(self, source: str | PathLike[str]) -> VideoRecord:
        """Add a video file, a folder of images or a MOT sequence, and return it. Raises VideoError."""
        return add_source(self._writing(), Path(source))[0]

    def track(self, video: str | None = None, *, config: str | PathLike[str] | None = None, progress: bool = True,
              **settings: Any) -> Run:
        """Track a whole video, or frames ``start`` to ``end`` of it, and return the run.

        The stop button and Ctrl-C end the run after the current frame: its ``status`` is then ``cancelled``, finished
        frames are stored, and `resume` continues. ``progress=False`` shows nothing.

        Args:
            config: a settings file or the name of a published system.
            settings: keys of a settings file such as ``detector="rtmdet-l"``, ``labels=["person"]`` or
                ``sam2mot={"det_threshold": 0.4}``; they override the file.

        Raises UserError, such as SettingsError for an unknown setting.
        """
        session, record = self._writing(), self._one(video)
        wanted, _ = read_settings(None if config is None else Path(config), settings, as_options=False)
        with displays.stop_between_frames() as cancel:
            self._run(preannotate.start(session, record, wanted, cancel), record, progress)
        return session.store.runs(record.id)[-1]

    def resume(self, video: str | None = None, *, progress: bool = True, trusted: bool = False) -> Run:
        """Continue a run that was stopped or killed, and return it. The result is that of a run that never stopped.

        ``trusted``: whether to load models and configuration files that only the project names. Raises UserError.
        """
        session, record = self._writing(), self._one(video)
        ((_, run),) = preannotate.unfinished(session, [record], trusted).runs
        if run is None:
            raise StorageError(f"{record.name} has no unfinished run to resume: use track()")
        with displays.stop_between_frames() as cancel:
            self._run(preannotate.resume(session, run, cancel, trusted=trusted), record, progress)
        return session.store.runs(record.id)[-1]

    def prompt(self, frame: int, box_xyxy: Sequence[float] | None = None, *,
               points: Sequence[tuple[float, float]] = (), not_points: Sequence[tuple[float, float]] = (),
               track: int | None = None, label: str | None = None,
               direction: Literal["both", "forward", "backward"] = "both", video: str | None = None,
               progress: bool = True, **settings: Any) -> Proposal:
        """Propagate one object from a box, points, or both, and return the proposal. No track changes before you
        accept it.

        Args:
            frame: frame of the prompt.
            box_xyxy: box around the object.
            points: (x, y) on the object.
            not_points: (x, y) that are not on the object.
            track: number of the object's track; None for a new object.
            label: class of a new object.
            direction: where to propagate.
            settings: fields of `annotator.jobs.prompts.propagate.PromptSettings`, such as ``segmenter`` or ``last``.

        Raises UserError.
        """
        session, record = self._writing(), self._one(video)
        box = None if box_xyxy is None else _box(box_xyxy)
        marked = (*(Point(x, y) for x, y in points), *(Point(x, y, False) for x, y in not_points))
        known = {each.number: each.id for each in session.store.tracks(record.id)}
        if track is not None and track not in known:
            raise StorageError(f"{record.name} has no track {track}; summary() lists its tracks")
        request = propagate.PromptRequest(frame, box, marked, None if track is None else known[track], label,
                                          Direction(direction))
        shown, run = displays.display(progress), None
        with displays.stop_between_frames() as cancel, closing(
                propagate.start(session, record, [request], propagate.PromptSettings(**settings), cancel)) as job:
            for step in job:
                run = step.run
                shown.show(step.done, step.total, record.name)
        shown.close()
        if run is None:
            raise KeyboardInterrupt
        return Proposal(session, run)

    def export(self, format_name: str, out: str | PathLike[str], *, video: str | None = None, progress: bool = True,
               **options: Any) -> ExportReport:
        """Write the labels of all videos, or of one, and return the report.

        ``options`` are fields of `annotator.formats.base.ExportOptions`, such as ``pictures="jpg"`` or
        ``labels=["person"]``. The files are read back before they are put in place.

        Raises FormatError if the format cannot hold the data or files are in the way, Cancelled if it was stopped.
        """
        plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value
                                 for name, value in options.items()}
        chosen = ExportOptions(**plain)
        shown = displays.display(progress)
        with displays.stop_between_frames() as cancel:
            report = export(self._session.store, selected_videos(self._session, None if video is None else [video]),
                            format_name, Path(out), chosen,
                            lambda done, total: shown.show(done, total, format_name), cancel)
        shown.close()
        return report

    # -- editing ---------------------------------------------------------------------------------------------------

    @property
    def edit(self) -> Edits:
        """Edits of the only video's tracks; see `edits_of` for projects with several."""
        return self.edits_of(None)

    @property
    def preview(self) -> Edits:
        """The same edits, which return what would change and change nothing."""
        return self.edits_of(None, only_preview=True)

    def edits_of(self, video: str | None, *, only_preview: bool = False) -> Edits:
        """Return the edits of one video's tracks. Raises StorageError."""
        return Edits(self._writing(), self._one(video), only_preview)

    def undo(self) -> str | None:
        """Undo the newest step, of any program, and return its title; None if there is nothing to undo."""
        step = self._writing().undo()
        return None if step is None else step.label

    def redo(self) -> str | None:
        """Redo the step that was undone last and return its title; None if there is nothing to redo."""
        step = self._writing().redo()
        return None if step is None else step.label

    def history(self) -> list[str]:
        """Return the titles of all steps that are not undone, oldest first."""
        return [step.label for step in self._session.history() if not step.undone]

    # -- the file --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the project and the videos that `image` opened."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _writing(self) -> Session:
        if not self._writable:
            raise StorageError(f"{self._path} is open read-only: open it with annotator.open({str(self._path)!r}, "
                               "write=True)")
        return self._session

    def _one(self, name: str | None) -> VideoRecord:
        found = selected_videos(self._session, None if name is None else [name])
        if len(found) > 1:
            raise StorageError(f"{self._path} has several videos: choose one with video= "
                               f"({', '.join(video.name for video in found)})")
        return found[0]

    def _selected(self, video: str | None) -> list[VideoRecord]:
        store = self._session.store
        return store.videos() if video is None else [store.video(video)]

    @staticmethod
    def _run(job: Generator[JobProgress], video: VideoRecord, shown: bool) -> None:
        display = displays.display(shown)
        # The job is closed before the project: it still records the status of its run.
        with closing(job):
            for step in job:
                display.show(step.done, step.total, f"{video.name}  {step.frames_per_second:.1f} fps  "
                             f"{len(step.result.objects)} objects")
        display.close()


def _box(box_xyxy: Sequence[float]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(edge) for edge in box_xyxy)
    return x1, y1, x2, y2
