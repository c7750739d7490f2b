"""Score a project's tracks against ground truth, before and after manual correction."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.errors import StorageError
from annotator.evaluation import Evaluation, FrameBoxes, evaluate
from annotator.evaluation.errors import IdentitySwitch, Stretch, find_errors, matches
from annotator.evaluation.files import gt_of_sequence
from annotator.evaluation.mot import DISTRACTOR_CLASSES
from annotator.formats.base import ExportOptions, SequenceStream
from annotator.formats.mot.rows import read_mot_rows
from annotator.formats.registry import get_format
from annotator.jobs.labels.export import sequences
from annotator.jobs.labels.frame_progress import FrameCounter, Progress, counted
from annotator.model.cancel import CancelToken
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.model.track import OnExisting, VideoRecord
from annotator.storage.reader import Reader

_TRACKING = ("preannotate", "track", "import")


@dataclass(frozen=True, slots=True)
class TrackScore:
    """One track compared with the ground truth at IoU 0.5."""

    number: int
    boxes: int
    matched: int
    """Boxes that match an object."""
    object: int | None
    """Ground-truth id that the track matches most often; None if it matches nothing."""
    purity: float | None
    """Fraction of the matched boxes that belong to this object."""


@dataclass(frozen=True, slots=True)
class VideoScores:
    """The errors of one video's current tracks."""

    name: str
    switches: tuple[IdentitySwitch, ...]
    """Identity switches; tracks by number."""
    misses: tuple[Stretch, ...]
    """Misses, by ground-truth id."""
    false_boxes: tuple[Stretch, ...]
    """False positives, by track number."""
    tracks: tuple[TrackScore, ...]


@dataclass(frozen=True, slots=True)
class RunBefore:
    """The run that the scores before correction are of."""

    video: str
    run: int
    kind: str
    started: str
    """UTC, ISO 8601."""
    first: int
    last: int
    """Its finished frames, inclusive."""

    def __str__(self) -> str:
        return (f"run {self.run} ({self.kind}, started {self.started[:16].replace('T', ' ')} UTC), frames {self.first} "
                f"to {self.last} of {self.video}")


@dataclass(frozen=True, slots=True)
class ProjectScores:
    """Scores before and after correction."""

    before: Evaluation | None
    """Scores of ``runs``, unedited; None where no run can be compared with the tracks."""
    after: Evaluation
    videos: tuple[VideoScores, ...]
    runs: tuple[RunBefore, ...] = ()
    """Each video's newest run that is part of its history, if the scores before correction are of it."""
    no_before: str = ""
    """Why there are no scores before correction."""

    def to_json(self) -> dict[str, Any]:
        return {"before": None if self.before is None else self.before.to_json(), "after": self.after.to_json(),
                "videos": [asdict(video) for video in self.videos], "runs": [asdict(run) for run in self.runs],
                "no_before": self.no_before}


def score_project(reader: Reader, videos: Sequence[VideoRecord], gt: Path, preprocess: bool | None = None,
                  progress: Progress | None = None, cancel: CancelToken | None = None) -> ProjectScores:
    """Score videos of a project against MOTChallenge ground truth: a file or a sequence's folder for one video, a
    folder of sequences by name for several. May run on any thread, with a snapshot's reader.

    Raises:
        FormatError: the ground truth is missing, malformed, or belongs to another video.
        StorageError: a video has no tracks.
        Cancelled: the token was set; checked between frames and between steps.
    """
    empty = [video.name for video in videos if not reader.tracks(video.id)]
    if empty:
        raise StorageError(f"{empty[0]} has no tracks to score; run the tracker (`annotator preannotate`) "
                           "or import tracks first")
    runs = [_run_before(reader, video) for video in videos]
    known = [run for run in runs if run is not None]
    # One pass each to write the current tracks and the unedited ones, and one to find errors.
    passes = 3 if len(known) == len(videos) else 2
    counter = FrameCounter(passes * sum(video.frame_count for video in videos), progress, cancel)
    with tempfile.TemporaryDirectory(prefix="annotator-scores-") as name:
        folder, extents = Path(name), [_Extent() for _ in videos]
        now = counted(_measured(sequences(reader, videos, masks=False), extents), counter)
        after = _evaluate(now, folder / "after", gt, preprocess, len(videos), counter)
        before, no_before = None, _why_no_before(videos, runs, extents)
        if not no_before:
            unedited = counted(((_info(video), list(_unedited(reader, run.run)))
                                for video, run in zip(videos, known, strict=True)), counter)
            before = _evaluate(unedited, folder / "before", gt, preprocess, len(videos), counter)
    rules = _rules(after)
    scored = tuple(
        _video(reader, video, gt_of_sequence(gt, video.name, len(videos) == 1),
               rules[video.name] if len(videos) > 1 else next(iter(rules.values())), counter) for video in videos)
    return ProjectScores(before, after, scored, () if no_before else tuple(known), no_before)


def _evaluate(streams: Iterable[SequenceStream], folder: Path, gt: Path, preprocess: bool | None, count: int,
              counter: FrameCounter) -> Evaluation:
    report = get_format("mot-results").write(streams, folder, ExportOptions())
    counter.check()
    rows = [path for path in report.files if Path(path).suffix == ".txt"]
    scored = evaluate(gt, Path(rows[0]) if count == 1 else folder, preprocess=preprocess)
    counter.check()
    return scored


def _rules(evaluation: Evaluation) -> dict[str, str]:
    """Return the benchmark whose rules scored each sequence."""
    rules = evaluation.settings["benchmark"]
    assert isinstance(rules, dict)
    return rules


def _run_before(reader: Reader, video: VideoRecord) -> RunBefore | None:
    """Return the newest run whose tracks are in the project: neither undone nor proposed."""
    for run in reversed(reader.standing_runs(video.id)):
        if run.kind in _TRACKING and run.finished_frame is not None and run.on_existing is not OnExisting.PROPOSE:
            return RunBefore(video.name, run.id, run.kind, run.started, run.first_frame, run.finished_frame)
    return None


class _Extent:
    """The frames from the first to the last one with a box."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None

    def of(self, frames: Iterable[LabelledFrame]) -> Iterator[LabelledFrame]:
        """Yield all frames, and take note of those with boxes."""
        for frame in frames:
            if frame.boxes:
                self.first = frame.frame_index if self.first is None else self.first
                self.last = frame.frame_index
            yield frame


def _measured(streams: Iterable[SequenceStream], extents: Sequence[_Extent]) -> Iterator[SequenceStream]:
    for (info, frames), extent in zip(streams, extents, strict=True):
        yield info, extent.of(frames)


def _why_no_before(videos: Sequence[VideoRecord], runs: Sequence[RunBefore | None], extents: Sequence[_Extent]) -> str:
    """Return why runs and current tracks cannot be compared: a run is missing, or covers other frames."""
    for video, run, extent in zip(videos, runs, extents, strict=True):
        if run is None:
            return f"{video.name} has no run whose tracks are in the project"
        if extent.first is not None and extent.last is not None and (extent.first < run.first
                                                                     or extent.last > run.last):
            return (f"the newest run of {video.name} (run {run.run}) covers frames {run.first} to {run.last}, but its "
                    f"tracks have boxes in frames {extent.first} to {extent.last}")
    return ""


def _info(video: VideoRecord) -> SequenceInfo:
    return SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count)


def _unedited(reader: Reader, run: int) -> Iterator[LabelledFrame]:
    for result in reader.run_results(run):
        yield LabelledFrame(result.frame_index, tuple(
            LabelledBox(thing.tracklet, 0, thing.box_xyxy, thing.score) for thing in result.objects
            if thing.box_xyxy is not None))


def _video(reader: Reader, video: VideoRecord, gt: Path, rules: str, counter: FrameCounter) -> VideoScores:
    rows = read_mot_rows(gt, "mot", frame_count=None)
    flagged = np.isnan(rows.seventh) | (rows.seventh != 0)
    distracting = np.isin(rows.class_number, DISTRACTOR_CLASSES.get(rules, ()))
    counted = flagged & (rows.class_number == 1) if rules in DISTRACTOR_CLASSES else flagged
    truth: list[FrameBoxes] = []
    found: list[FrameBoxes] = []
    distractors: list[npt.NDArray[np.float64]] = []
    for frame, shown in reader.iter_frames(video.id):
        counter.step()
        here = slice(*np.searchsorted(rows.frame_index, (frame, frame + 1)))
        truth.append((rows.id[here][counted[here]], rows.box_xyxy[here][counted[here]]))
        distractors.append(rows.box_xyxy[here][distracting[here]])
        seen = [each for each in shown if each.box_xyxy is not None]
        found.append((np.array([each.number for each in seen], np.int64),
                      np.array([each.box_xyxy for each in seen], np.float64).reshape(-1, 4)))
    errors = find_errors(truth, found, distractors)
    return VideoScores(video.name, errors.switches, errors.misses, errors.false_boxes, tuple(_tracks(truth, found)))


def _tracks(truth: Sequence[FrameBoxes], found: Sequence[FrameBoxes]) -> Iterator[TrackScore]:
    boxes: Counter[int] = Counter(int(number) for numbers, _ in found for number in np.asarray(numbers, np.int64))
    objects: dict[int, Counter[int]] = {number: Counter() for number in boxes}
    for pairs in matches(truth, found):
        for each, number in pairs:
            objects[number][each] += 1
    for number in sorted(boxes):
        matched = sum(objects[number].values())
        most = objects[number].most_common(1)
        yield TrackScore(number, boxes[number], matched, most[0][0] if most else None,
                         most[0][1] / matched if most else None)
