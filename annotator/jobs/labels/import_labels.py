"""Bring labels of another program, or of another project, into a project's video."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from annotator.errors import Cancelled, FormatError, StorageError, UserError
from annotator.formats.base import ImportOptions, LabelFormat, LabelledSequence
from annotator.formats.registry import get_format
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.model.cancel import CancelToken
from annotator.model.frame import FrameResult
from annotator.model.sequence import LabelledFrame, SequenceInfo
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.storage.imports.detections import DetectionImport
from annotator.storage.imports.stages import Imported, StagedImport
from annotator.storage.imports.tracks import TrackImport
from annotator.storage.store import Store

log = logging.getLogger(__name__)

class Target(StrEnum):
    """What a file's boxes become."""

    HUMAN = "human"
    """Tracks as drawn by a person, which no run replaces."""
    MACHINE = "machine"
    """Tracks as of a machine."""
    DETECTIONS = "detections"
    """Boxes without identities, to be tracked."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import brought in, and what it did not."""

    path: Path
    format: str
    video: str
    target: str
    """``human`` or ``machine`` tracks, or ``detections``."""
    tracks: int
    boxes: int
    """Boxes of tracks; those that interpolation stands for are not among them."""
    masks: int
    detections: int
    frames: int
    """Frames with at least one box."""
    ignore_regions: int
    interpolated: int
    """Boxes that were kept as stretches to interpolate between keyframes."""
    renumbered: int
    """Tracks that got a new number because the video had theirs."""
    labels: tuple[str, ...]
    """Labels of what came in."""
    run: int
    """The run of kind ``import`` that keeps where the labels came from; machine tracks and detections are its."""
    dropped: dict[str, int] = field(default_factory=dict)
    """What did not come in and how often, in words."""
    notes: tuple[str, ...] = ()
    """What had to be guessed."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``."""
        return {**asdict(self), "path": str(self.path)}


def import_labels(store: Store, video: VideoRecord, path: Path, format_name: str, as_human: bool = True, *,
                  as_detections: bool = False, sequence: str | None = None, options: ImportOptions | None = None,
                  ) -> ImportReport:
    """Run a `LabelImport` to its end.

    Args:
        as_human: as boxes that a person drew, which no run replaces; else as tracklets of an import.
        as_detections: boxes without identities; always so for formats without any.
        sequence: which of the file's videos, by its name there. Left out, it is the only one, or the one named like
            the project's video.
        options: what the file does not say of itself; ``options.info`` is the project's video in any case.

    Raises:
        FormatError: the file is not what its format promises, or does not fit the video. Nothing is imported then.
        StorageError: the project cannot be written.
    """
    target = Target.DETECTIONS if as_detections else Target.HUMAN if as_human else Target.MACHINE
    job = LabelImport(path, format_name, target, sequence=sequence, options=options)
    with closing(job.run(Session(store), video)) as steps:
        for _ in steps:
            pass
    assert job.report is not None
    return job.report


class LabelImport:
    """One import as a job: it reads and checks all of a file, then stores a bounded number of boxes at a time.

    Tracks are one undo step, detections a finished run. Nothing is seen before all of it is stored, so an import that
    fails, is cancelled or closed leaves nothing behind. Once tracks are being shown, which takes a small part of the
    time, it goes on to the end; undo takes it back.
    """

    def __init__(self, path: Path, format_name: str, target: Target = Target.HUMAN, *, sequence: str | None = None,
                 options: ImportOptions | None = None) -> None:
        """See `import_labels`. Formats without identities give detections, whatever the target."""
        self._path, self._format = path, get_format(format_name)
        self._target = target if self._format.abilities.identities else Target.DETECTIONS
        self._sequence, self._options = sequence, options or ImportOptions()
        self.report: ImportReport | None = None
        """What came in, once all of it has."""

    def run(self, session: Session, video: VideoRecord, cancel: CancelToken | None = None) -> Generator[JobProgress]:
        """Import into a video, with progress after each transaction.

        Raises:
            FormatError: the file is not what its format promises, or does not fit the video.
            StorageError: the project cannot be written.
            Cancelled: the import was undone while its tracks were being shown.
        """
        cancel = cancel or CancelToken()
        if session.store.read_only:
            raise StorageError(f"{session.store.path} is open read-only: open it for writing to import labels")
        found = _chosen(read_for(self._format, self._path, video, self._options), self._path, video, self._sequence)
        _check_fits(found, self._path, video)
        total = _checked_length(found, self._path, video, self._target)
        staged = self._staged(found, video)
        counter = _Counter(found.frames, cancel)
        began = time.monotonic()
        try:
            for write in staged.stage(counter):
                session.on_store(write)
                # Done is said only once all of it is seen: until then it can be cancelled.
                yield _progress(min(counter.done, max(total - 1, 0)), total, began, counter)
            counter.check()
            for write in staged.publish():
                session.on_store(write)
        except BaseException as error:
            _discard(session, staged)
            if isinstance(error, Cancelled) and cancel.cancelled:
                return
            raise
        self.report = self._reported(found, video, staged.imported)
        yield _progress(total, total, began, counter)

    def _staged(self, found: LabelledSequence, video: VideoRecord) -> StagedImport:
        settings = {"file": str(self._path), "format": self._format.name, "sequence": found.info.name,
                    "target": self._target.value}
        if self._target is Target.DETECTIONS:
            return DetectionImport(video.id, video.frame_count, found.info.labels, settings)
        return TrackImport(video.id, found.info.labels, settings, human=self._target is Target.HUMAN,
                           title=f"Import {self._path.name}")

    def _reported(self, found: LabelledSequence, video: VideoRecord, added: Imported) -> ImportReport:
        return ImportReport(
            self._path, self._format.name, video.name, self._target.value, added.tracks, added.boxes, added.masks,
            added.detections, added.frames, added.regions, added.interpolated, added.renumbered, added.labels,
            added.run, dict(added.dropped), found.notes)


class _Counter:
    """Frames on their way, counted; stops them when the job is cancelled."""

    def __init__(self, frames: Iterable[LabelledFrame], cancel: CancelToken) -> None:
        self._frames, self._cancel = frames, cancel
        self.done = 0
        self.frame_index = 0

    def check(self) -> None:
        if self._cancel.cancelled:
            raise Cancelled

    def __iter__(self) -> Iterator[LabelledFrame]:
        for frame in self._frames:
            self.check()
            self.frame_index = frame.frame_index
            yield frame
            self.done += 1


def _progress(done: int, total: int, began: float, counter: _Counter) -> JobProgress:
    return JobProgress(done, total, done / max(time.monotonic() - began, 1e-9), FrameResult(counter.frame_index, ()))


def _discard(session: Session, staged: StagedImport) -> None:
    try:
        for write in staged.discard():
            session.on_store(write)
    except UserError as error:
        log.warning("an import that failed left boxes behind that nobody sees (%s); compact removes them", error)


def read_for(label_format: LabelFormat, path: Path, video: VideoRecord, options: ImportOptions,
             ) -> list[LabelledSequence]:
    """Read a file for a project's video, which stands in for what the file does not say. Raises FormatError."""
    info = SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count)
    try:
        return label_format.read(path, replace(options, info=info))
    except FormatError as error:
        # One of several videos may be longer than this one; then the file speaks for itself.
        try:
            found = label_format.read(path, replace(options, info=None))
        except FormatError:
            raise error from None
        if len(found) < 2:
            raise
        return found


def _chosen(found: list[LabelledSequence], path: Path, video: VideoRecord, wanted: str | None) -> LabelledSequence:
    if wanted is None and len(found) == 1:
        return found[0]
    name = video.name if wanted is None else wanted
    same = [each for each in found if each.info.name == name]
    if len(same) != 1:
        names = ", ".join(each.info.name for each in found[:8]) + (", ..." if len(found) > 8 else "")
        raise FormatError(f"{path} has {len(found)} videos and none of them is named {name}; choose one of: {names}")
    return same[0]


def _check_fits(found: LabelledSequence, path: Path, video: VideoRecord) -> None:
    size, own = (found.info.width, found.info.height), (video.width, video.height)
    if all(size) and all(own) and size != own:
        raise FormatError(f"{path} labels pictures of {size[0]} x {size[1]}, and {video.name} has {own[0]} x {own[1]}; "
                          "choose the video that it was made for")


def _checked_length(found: LabelledSequence, path: Path, video: VideoRecord, target: Target) -> int:
    """How many frames have labels. Raises FormatError for frames that the video lacks, and where nothing can come in.
    """
    length, useful, left_out = 0, False, 0
    for frame in found.frames:
        if frame.frame_index >= video.frame_count:
            raise FormatError(f"{path} has labels in frame {frame.frame_index} (counted from 0), and {video.name} ends "
                              f"with frame {video.frame_count - 1}; choose the video that it was made for")
        length += 1
        for box in frame.boxes:
            taken = not box.ignored if target is Target.DETECTIONS else box.number is not None or box.ignored
            useful, left_out = useful or taken, left_out + (not taken)
    if not useful and target is not Target.DETECTIONS:
        without = f" ({left_out} boxes have no identity; import them as detections)" if left_out else ""
        raise FormatError(f"{path} has no box of any track to import{without}; choose a file with tracks")
    return length
