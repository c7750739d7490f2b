"""How well a project's tracks agree with ground truth, as runs left them and as people have corrected them."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotator.errors import StorageError
from annotator.evaluation import Evaluation, FrameBoxes, evaluate
from annotator.evaluation.errors import IdentitySwitch, identity_switches, matches
from annotator.evaluation.files import gt_of_sequence
from annotator.formats.base import ExportOptions
from annotator.formats.mot_rows import read_mot_rows
from annotator.formats.registry import get_format
from annotator.jobs.export import sequences
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.model.track import Run, VideoRecord
from annotator.storage.reader import Reader

_TRACKING = ("preannotate", "track", "import")


@dataclass(frozen=True, slots=True)
class TrackScore:
    """One track against the ground truth, at IoU 0.5."""

    number: int
    boxes: int
    matched: int
    """Boxes that match an object."""
    object: int | None
    """Ground-truth id that it matches most; None if it matches nothing."""
    purity: float | None
    """Share of its matched boxes that are of this object."""


@dataclass(frozen=True, slots=True)
class VideoScores:
    """One video."""

    name: str
    switches: tuple[IdentitySwitch, ...]
    """Where the tracks, as they are now, confuse objects; tracks by number."""
    tracks: tuple[TrackScore, ...]


@dataclass(frozen=True, slots=True)
class ProjectScores:
    """Before and after correction."""

    before: Evaluation | None
    """Of the newest finished run of each video, unedited; None where a video has none."""
    after: Evaluation
    videos: tuple[VideoScores, ...]

    def to_json(self) -> dict[str, Any]:
        return {"before": None if self.before is None else self.before.to_json(), "after": self.after.to_json(),
                "videos": [asdict(video) for video in self.videos]}


def score_project(reader: Reader, videos: Sequence[VideoRecord], gt: Path, preprocess: bool | None = None,
                  ) -> ProjectScores:
    """Score videos of a project against MOTChallenge ground truth: a file or a sequence's folder for one video, a
    folder of sequences by name for several. Raises FormatError, and StorageError for a video without tracks."""
    empty = [video.name for video in videos if not reader.tracks(video.id)]
    if empty:
        raise StorageError(f"{empty[0]} has no tracks to score; run `annotator preannotate` first")
    runs = [_newest(reader.runs(video.id)) for video in videos]
    with tempfile.TemporaryDirectory(prefix="annotator-scores-") as name:
        folder = Path(name)
        after = _evaluate(sequences(reader, videos, masks=False), folder / "after", gt, preprocess, len(videos))
        known = [run for run in runs if run is not None]
        before = None
        if len(known) == len(videos):
            streams = [(_info(video), list(_unedited(reader, run))) for video, run in zip(videos, known, strict=True)]
            before = _evaluate(streams, folder / "before", gt, preprocess, len(videos))
    return ProjectScores(before, after, tuple(_video(reader, video, gt, len(videos)) for video in videos))


def _evaluate(streams: Iterable[Any], folder: Path, gt: Path, preprocess: bool | None, count: int) -> Evaluation:
    report = get_format("mot-results").write(streams, folder, ExportOptions())
    rows = [path for path in report.files if Path(path).suffix == ".txt"]
    return evaluate(gt, Path(rows[0]) if count == 1 else folder, preprocess=preprocess)


def _newest(runs: Sequence[Run]) -> Run | None:
    return next((run for run in reversed(runs) if run.kind in _TRACKING and run.finished_frame is not None), None)


def _info(video: VideoRecord) -> SequenceInfo:
    return SequenceInfo(video.name, video.width, video.height, video.fps, video.frame_count)


def _unedited(reader: Reader, run: Run) -> Iterator[LabelledFrame]:
    for result in reader.run_results(run.id):
        yield LabelledFrame(result.frame_index, tuple(
            LabelledBox(thing.tracklet, 0, thing.box_xyxy, thing.score) for thing in result.objects
            if thing.box_xyxy is not None))


def _video(reader: Reader, video: VideoRecord, gt: Path, count: int) -> VideoScores:
    rows = read_mot_rows(gt_of_sequence(gt, video.name, count == 1), "mot", frame_count=None)
    counted = np.isnan(rows.seventh) | (rows.seventh != 0)
    truth: list[FrameBoxes] = []
    found: list[FrameBoxes] = []
    for frame, shown in reader.iter_frames(video.id):
        here = slice(*np.searchsorted(rows.frame_index, (frame, frame + 1)))
        truth.append((rows.id[here][counted[here]], rows.box_xyxy[here][counted[here]]))
        seen = [each for each in shown if each.box_xyxy is not None]
        found.append((np.array([each.number for each in seen], np.int64),
                      np.array([each.box_xyxy for each in seen], np.float64).reshape(-1, 4)))
    return VideoScores(video.name, tuple(identity_switches(truth, found)), tuple(_tracks(truth, found)))


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
