"""Import labels from another program or another project into a project's video."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from annotator.errors import Cancelled, FormatError, StorageError, UserError
from annotator.formats.base import ImportOptions, LabelFormat, LabelledSequence
from annotator.formats.convert import read_labels
from annotator.formats.reading.box_table import farthest_edge
from annotator.formats.registry import get_format
from annotator.jobs.tracking.preannotate import JobProgress
from annotator.model.cancel import CancelToken
from annotator.model.frame import FrameResult
from annotator.model.sequence import LabelledFrame, SequenceInfo
from annotator.model.text import LONGEST_NAME, REPLACEMENT, is_showable, showable
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.storage.imports.detections import DetectionImport
from annotator.storage.imports.stages import Imported, StagedImport
from annotator.storage.imports.tracks import TrackImport
from annotator.storage.store import Store
from annotator.video.images import picture_names as picture_names

log = logging.getLogger(__name__)

class Target(StrEnum):
    """What a file's boxes become."""

    HUMAN = "human"
    """Manual tracks, which no run replaces."""
    MACHINE = "machine"
    """Machine tracks, as if made by a run."""
    DETECTIONS = "detections"
    """Boxes without identities, for tracking."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import added to the project, and what it skipped."""

    path: Path
    format: str
    video: str
    target: str
    """``human`` or ``machine`` tracks, or ``detections``."""
    tracks: int
    boxes: int
    """Boxes of tracks, without interpolated ones."""
    masks: int
    detections: int
    frames: int
    """Frames with at least one box."""
    ignore_regions: int
    interpolated: int
    """Boxes that the project interpolates between keyframes instead of storing them."""
    renumbered: int
    """Tracks that got a new number because theirs was already in use."""
    labels: tuple[str, ...]
    """Labels of the imported boxes."""
    run: int
    """The run of kind ``import`` that records the source; it owns imported machine tracks and detections."""
    dropped: dict[str, int] = field(default_factory=dict)
    """What was skipped: description and count."""
    notes: tuple[str, ...] = ()
    """Assumptions that the reader made."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data for ``json.dumps``."""
        return {**asdict(self), "path": str(self.path)}


def import_labels(store: Store, video: VideoRecord, path: Path, format_name: str, as_human: bool = True, *,
                  as_detections: bool = False, sequence: str | None = None, options: ImportOptions | None = None,
                  ) -> ImportReport:
    """Run a `LabelImport` to its end.

    Args:
        as_human: import manual boxes, which no run replaces; otherwise tracklets of an import.
        as_detections: import boxes without identities; implied by formats that have none.
        sequence: name of the video in the file; by default the only one, or the one named like the project's video.
        options: what the file does not contain; ``options.info`` is always taken from the project's video.

    Raises:
        FormatError: the file violates its format or does not fit the video; nothing is imported.
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
    """An import as a job: it reads and checks the whole file, then stores a bounded number of boxes per transaction.

    Imported tracks are one undo step, imported detections a finished run. Boxes stay invisible until all of them are
    stored, so an import that fails, is cancelled or is closed leaves no trace. Publishing the tracks takes a small part
    of the time and cannot be cancelled; undo reverts it.
    """

    def __init__(self, path: Path, format_name: str, target: Target = Target.HUMAN, *, sequence: str | None = None,
                 options: ImportOptions | None = None) -> None:
        """See `import_labels`. Formats without identities always import detections."""
        self._path, self._format = path, get_format(format_name)
        can = self._format.abilities
        self._target = target if can.identities or can.reads_identities else Target.DETECTIONS
        self._sequence, self._options = sequence, options or ImportOptions()
        self.report: ImportReport | None = None
        """The report, available after the import has finished."""

    def run(self, session: Session, video: VideoRecord, cancel: CancelToken | None = None) -> Generator[JobProgress]:
        """Import into a video; yields progress after each transaction.

        Raises:
            FormatError: the file violates its format or does not fit the video.
            StorageError: the project cannot be written.
            Cancelled: the import was undone while its tracks were being published.
        """
        cancel = cancel or CancelToken()
        if session.store.read_only:
            raise StorageError(f"{session.store.path} is open read-only: open it for writing to import labels")
        options = replace(self._options, picture_names=names_for(video, session.store.video_path(video)))
        found = _select(read_for(self._format, self._path, video, options), self._path, video, self._sequence)
        _check_size(found, self._path, video)
        if not self._format.abilities.identities and not _has_identities(found):
            self._target = Target.DETECTIONS
        found = _with_names_that_fit(found, self._path)
        total = _count_frames(found, self._path, video, self._target)
        staged = self._stage(found, video)
        counter = _Counter(found.frames, cancel)
        began = time.monotonic()
        try:
            for write in staged.stage(counter):
                session.on_store(write)
                # Report the last frame only after publishing; until then the import can be cancelled.
                yield _progress(min(counter.done, max(total - 1, 0)), total, began, counter, counter.exhausted)
            yield _progress(min(counter.done, max(total - 1, 0)), total, began, counter, finishing=True)
            counter.check()
            for write in staged.publish():
                session.on_store(write)
        except BaseException as error:
            _discard(session, staged)
            if isinstance(error, Cancelled) and cancel.cancelled:
                return
            raise
        self.report = self._make_report(found, video, staged.imported)
        yield _progress(total, total, began, counter)

    def _stage(self, found: LabelledSequence, video: VideoRecord) -> StagedImport:
        settings = {"file": str(self._path), "format": self._format.name, "sequence": found.info.name,
                    "target": self._target.value}
        if self._target is Target.DETECTIONS:
            return DetectionImport(video.id, video.frame_count, found.info.labels, settings)
        return TrackImport(video.id, found.info.labels, settings, human=self._target is Target.HUMAN,
                           title=f"Import {self._path.name}", attributes=found.info.attributes)

    def _make_report(self, found: LabelledSequence, video: VideoRecord, added: Imported) -> ImportReport:
        return ImportReport(
            self._path, self._format.name, video.name, self._target.value, added.tracks, added.boxes, added.masks,
            added.detections, added.frames, added.regions, added.interpolated, added.renumbered, added.labels,
            added.run, dict(Counter(found.dropped) + Counter(added.dropped)), found.notes)


class _Counter:
    """Counts frames as they are read; raises Cancelled when the job is cancelled."""

    def __init__(self, frames: Iterable[LabelledFrame], cancel: CancelToken) -> None:
        self._frames, self._cancel = frames, cancel
        self.done = 0
        self.frame_index = 0
        self.exhausted = False
        """Whether all frames were read."""

    def check(self) -> None:
        if self._cancel.cancelled:
            raise Cancelled

    def __iter__(self) -> Iterator[LabelledFrame]:
        for frame in self._frames:
            self.check()
            self.frame_index = frame.frame_index
            yield frame
            self.done += 1
        self.exhausted = True


def _progress(done: int, total: int, began: float, counter: _Counter, finishing: bool = False) -> JobProgress:
    result = FrameResult(counter.frame_index, ())
    return JobProgress(done, total, done / max(time.monotonic() - began, 1e-9), result, finishing)


def _discard(session: Session, staged: StagedImport) -> None:
    try:
        for write in staged.discard():
            session.on_store(write)
    except UserError as error:
        log.warning("a failed import left invisible boxes in the project (%s); compacting removes them", error)


def names_for(video: VideoRecord, source: Path) -> tuple[str, ...]:
    """Names of the video's pictures in frame order, for labels that name their picture; empty if it has none, or if
    its folder does not hold as many as when it was added."""
    names = picture_names(source)
    return names if len(names) == video.frame_count else ()


def read_for(label_format: LabelFormat, path: Path, video: VideoRecord, options: ImportOptions,
             ) -> list[LabelledSequence]:
    """Read a file for a project's video, which supplies what the file does not contain. Raises FormatError."""
    info = SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise FormatError(f"{path} is a device, pipe or socket, not a label file; save its content as a file first")
    try:
        return read_labels(label_format, path, replace(options, info=info))
    except FormatError as error:
        # If the file has several videos, one may be longer than this one; read it without the video's info.
        try:
            found = read_labels(label_format, path, replace(options, info=None))
        except FormatError:
            raise error from None
        if len(found) < 2:
            raise
        return found


def _with_names_that_fit(found: LabelledSequence, path: Path) -> LabelledSequence:
    """Return the labels with classes whose names can be shown: control, invisible and direction characters are
    replaced, with a note. Raises FormatError for a name that is too long to be one."""
    labels = found.info.labels
    longest = max(labels, key=len, default="")
    if len(longest) > LONGEST_NAME:
        raise FormatError(f"{path} has a class name of {len(longest)} characters ({longest[:30]!r}...); expected at "
                          f"most {LONGEST_NAME}")
    changed = sum(not is_showable(label) for label in labels)
    if not changed:
        return found
    note = (f"{changed} class names hold control, invisible or direction characters, which were replaced by "
            f"{REPLACEMENT}")
    return replace(found, info=replace(found.info, labels=tuple(map(showable, labels))), notes=(*found.notes, note))


def _select(found: list[LabelledSequence], path: Path, video: VideoRecord, wanted: str | None) -> LabelledSequence:
    if wanted is None and len(found) == 1:
        return found[0]
    name = video.name if wanted is None else wanted
    same = [each for each in found if each.info.name == name]
    if len(same) != 1:
        names = ", ".join(each.info.name for each in found[:8]) + (", ..." if len(found) > 8 else "")
        raise FormatError(f"{path} has {len(found)} videos, none of them named {name}; choose one of: {names}")
    return same[0]


def _check_size(found: LabelledSequence, path: Path, video: VideoRecord) -> None:
    size, own = (found.info.width, found.info.height), (video.width, video.height)
    if all(size) and all(own) and size != own:
        raise FormatError(f"{path} has frames of {size[0]} x {size[1]} pixels, but {video.name} has {own[0]} x "
                          f"{own[1]}; choose the video that it belongs to{_remarks(found)}")


def _has_identities(found: LabelledSequence) -> bool:
    return any(box.number is not None for frame in found.frames for box in frame.boxes)


def _remarks(found: LabelledSequence) -> str:
    """What the reader did not take or guessed, for a refusal."""
    remarks = [*(f"skipped {count} x {what}" for what, count in found.dropped.items()), *found.notes]
    return f" ({'; '.join(remarks)})" if remarks else ""


def _count_frames(found: LabelledSequence, path: Path, video: VideoRecord, target: Target) -> int:
    """Return the number of frames with labels. Raises FormatError for frames after the video's end, and if there is
    nothing to import."""
    length, useful, skipped = 0, False, 0
    farthest = farthest_edge(video.width, video.height)
    for frame in found.frames:
        if frame.frame_index >= video.frame_count:
            raise FormatError(f"{path} has labels in frame {frame.frame_index} (counted from 0), but {video.name} ends "
                              f"with frame {video.frame_count - 1}; choose the video that it belongs to"
                              f"{_remarks(found)}")
        length += 1
        for box in frame.boxes:
            x1, y1, x2, y2 = box.box_xyxy
            # Comparisons with NaN are false, so this also refuses coordinates that are not finite.
            if not (-farthest <= x1 and -farthest <= y1 and x2 <= farthest and y2 <= farthest):
                whose = "a box" if box.number is None else f"the box of track {box.number}"
                raise FormatError(f"{path}: {whose} in frame {frame.frame_index} (counted from 0) is {x1:g}, {y1:g}, "
                                  f"{x2:g}, {y2:g}, far outside the frames of {video.width} x {video.height}; check "
                                  "that the labels belong to this video, and their unit")
            taken = not box.ignored if target is Target.DETECTIONS else box.number is not None or box.ignored
            useful, skipped = useful or taken, skipped + (not taken)
    if not useful and target is not Target.DETECTIONS:
        without = f" ({skipped} boxes have no identity; import them as detections)" if skipped else ""
        raise FormatError(f"{path} has no track boxes to import{without}; choose a file with tracks{_remarks(found)}")
    return length
