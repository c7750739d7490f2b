"""Labels from a file become tracks of a video: one undoable step, and a report of what came in."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from annotator.engine.base import CancelToken
from annotator.errors import Cancelled, FormatError, StorageError, UserError
from annotator.formats.base import ImportOptions, LabelFormat, LabelledSequence
from annotator.formats.registry import FORMATS, get_format
from annotator.jobs.preannotate import JobProgress
from annotator.model.frame import EndReason, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.model.track import OnExisting, RunStatus, VideoRecord
from annotator.session import Session
from annotator.storage.import_runs import AS_HUMAN, HIGHEST, IMPORT
from annotator.storage.store import Store

#: Frames stored in one transaction: short enough for a window that waits for it.
_CHUNK = 16

#: File and folder names by which a format is known.
_NAMES = {"gt.txt": "mot", "gt": "mot", "det.txt": "mot-det", "annotations.json": "coco-video"}
_SUFFIXES = {".txt": ("mot-results", "mot"), ".json": ("coco-video",)}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came in, and what did not."""

    format: str
    path: Path
    video: str
    run: int
    frames: int
    """Frames with boxes."""
    boxes: int
    tracks: int
    labels: tuple[str, ...]
    dropped: dict[str, int] = field(default_factory=dict)
    """What was left out and how often, in words."""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``."""
        return {**asdict(self), "path": str(self.path)}


def import_labels(store: Store, video: VideoRecord, path: Path, format_name: str, as_human: bool = False,
                  ) -> ImportReport:
    """Bring a file's labels into a video beside what is there, as one step of the history.

    Args:
        store: open for writing.
        video: one of its videos.
        path: file or folder, as the format wants it.
        format_name: from the registry.
        as_human: the boxes count as drawn by a person, and no machine replaces them.

    Raises:
        FormatError: the file cannot be read, or is of another video; nothing was written then.
        StorageError: the project cannot be written.
    """
    job = LabelImport(path, format_name, as_human)
    with closing(job.run(Session(store), video)) as steps:
        for _ in steps:
            pass
    assert job.report is not None
    return job.report


def guess_format(path: Path) -> str | None:
    """The format that a file's or folder's name speaks for; None where it says nothing."""
    if path.is_dir():
        return "mot" if (path / "gt").is_dir() else next(
            (name for file, name in _NAMES.items() if (path / file).is_file()), None)
    named = _NAMES.get(path.name.lower())
    return named or next((name for name in _SUFFIXES.get(path.suffix.lower(), ()) if name in FORMATS), None)


class LabelImport:
    """One import as a job: a generator that stores some frames at a time."""

    def __init__(self, path: Path, format_name: str, as_human: bool = False) -> None:
        self._path, self._format, self._as_human = path, get_format(format_name), as_human
        self.report: ImportReport | None = None
        """What came in so far, once the file was read."""

    def run(self, session: Session, video: VideoRecord, cancel: CancelToken | None = None) -> Generator[JobProgress]:
        """Read and check all of the file, then store it. Closing or cancelling keeps what is stored; undo takes it
        back. Raises FormatError and StorageError."""
        cancel = cancel or CancelToken()
        if session.store.read_only:
            raise StorageError(f"{session.store.path} is open read-only: open it for writing to import labels")
        sequence = _sequence_of(self._format, self._path, video)
        content = _Content.of(sequence, video, self._path)
        if cancel.cancelled:
            return
        settings = {"format": self._format.name, "path": str(self._path.resolve()), AS_HUMAN: self._as_human,
                    HIGHEST: max(content.last, default=0)}
        title = f"Import {self._path.name}"
        run = session.store.begin_run(video.id, IMPORT, settings, {"file": self._path.name}, content.labels,
                                      content.first_frame, content.last_frame, OnExisting.ADD, title)
        self.report = ImportReport(
            self._format.name, self._path, video.name, run.id, 0, 0, len(content.last), content.labels,
            dict(content.dropped), sequence.notes)
        status = RunStatus.CANCELLED
        try:
            yield from self._store(session, run.id, content, cancel)
            status = RunStatus.CANCELLED if cancel.cancelled else RunStatus.FINISHED
        except Cancelled:
            pass
        except UserError:
            status = RunStatus.FAILED
            raise
        finally:
            session.store.finish_run(run.id, status)

    def _store(self, session: Session, run: int, content: _Content, cancel: CancelToken) -> Generator[JobProgress]:
        began, frames, boxes = time.monotonic(), 0, 0
        assert self.report is not None
        for chunk in _chunks(content.results()):
            if cancel.cancelled:
                return
            session.apply(run, chunk)
            frames += len(chunk)
            boxes += sum(len(result.objects) for result in chunk)
            self.report = replace(self.report, frames=frames, boxes=boxes)
            yield JobProgress(frames, content.frames, frames / max(time.monotonic() - began, 1e-9), chunk[-1])


@dataclass(slots=True)
class _Content:
    """What a first pass over the frames finds: which labels are used, and where each track ends."""

    sequence: LabelledSequence
    labels: tuple[str, ...] = ()
    label_index: dict[int, int] = field(default_factory=dict)
    """Label of the file to index into ``labels``."""
    last: dict[int, int] = field(default_factory=dict)
    """Track number to its last frame."""
    dropped: Counter[str] = field(default_factory=Counter)
    first_frame: int = 0
    last_frame: int = 0
    frames: int = 0

    @classmethod
    def of(cls, sequence: LabelledSequence, video: VideoRecord, path: Path) -> _Content:
        """Raises FormatError for frames that the video lacks, and where there is nothing to import."""
        content, used = cls(sequence), set()
        first: int | None = None
        for frame in sequence.frames:
            if frame.frame_index >= video.frame_count:
                raise FormatError(f"{path} labels frame {frame.frame_index} and {video.name} has frames 0 to "
                                  f"{video.frame_count - 1}: choose the labels of this video")
            boxes = [box for box in frame.boxes if content._takes(box)]
            if not boxes:
                continue
            first = frame.frame_index if first is None else first
            content.last_frame = frame.frame_index
            content.frames += 1
            for box in boxes:
                assert box.number is not None
                used.add(box.label)
                content.last[box.number] = frame.frame_index
        if first is None:
            left_out = "; ".join(f"{count} x {what}" for what, count in content.dropped.items())
            raise FormatError(f"{path} has no box of any track to import{f' ({left_out})' if left_out else ''}: choose "
                              "a file with tracks")
        content.first_frame = first
        content.label_index = {label: k for k, label in enumerate(sorted(used))}
        content.labels = tuple(sequence.info.labels[label] for label in sorted(used))
        return content

    def _takes(self, box: LabelledBox) -> bool:
        reason = _why_not(box)
        if reason is not None:
            self.dropped[reason] += 1
        return reason is None

    def results(self) -> Iterable[FrameResult]:
        """The frames with boxes, as a run would have found them."""
        for frame in self.sequence.frames:
            if any(_why_not(box) is None for box in frame.boxes):
                yield self._result(frame)

    def _result(self, frame: LabelledFrame) -> FrameResult:
        objects = tuple(
            TrackedObject(box.number, self.label_index[box.label], TrackState.RELIABLE, box.score, box.box_xyxy,
                          box.mask, Evidence(box.score, float("nan")))
            for box in frame.boxes if _why_not(box) is None and box.number is not None)
        ended = tuple((thing.tracklet, EndReason.RUN_ENDED) for thing in objects
                      if self.last[thing.tracklet] == frame.frame_index)
        return FrameResult(frame.frame_index, objects, ended=ended)


def _why_not(box: LabelledBox) -> str | None:
    """Why a box cannot become one of a track; None if it can."""
    if box.number is None:
        return "box without identity"
    if box.ignored:
        return "box that evaluators ignore"
    x1, y1, x2, y2 = box.box_xyxy
    return None if x2 > x1 and y2 > y1 else "box without area"


def _chunks(results: Iterable[FrameResult]) -> Iterable[Sequence[FrameResult]]:
    chunk: list[FrameResult] = []
    for result in results:
        chunk.append(result)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _sequence_of(reader: LabelFormat, path: Path, video: VideoRecord) -> LabelledSequence:
    """The video's own labels in a file that may hold those of several."""
    info = SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count)
    try:
        found = reader.read(path, ImportOptions(info=info))
        refused = None
    except FormatError as error:
        found, refused = [], error
    if len(found) != 1:
        # One of several: another one may be longer than this video, so the file speaks for itself.
        found = [each for each in _read_alone(reader, path, refused) if each.info.name == video.name]
    if not found:
        raise refused or FormatError(f"{path} holds the labels of several videos and none is named {video.name}: give "
                                     "the file of this video")
    sequence = found[0]
    size = (sequence.info.width, sequence.info.height)
    if all(size) and size != (video.width, video.height):
        raise FormatError(f"{path} is for pictures of {size[0]} x {size[1]} and {video.name} has {video.width} x "
                          f"{video.height}: choose the labels of this video")
    return sequence


def _read_alone(reader: LabelFormat, path: Path, refused: FormatError | None) -> list[LabelledSequence]:
    try:
        return reader.read(path, ImportOptions())
    except FormatError as error:
        raise refused or error from error
