"""How much of what a tracker got wrong the review queue puts first, and what its suggestions mend.

    python -m benchmarks.review --json

True errors are the identity switches of CLEAR MOT. One is found if an entry of the queue concerns one of its two
tracks at most 10 frames from where it happens. K is the number of true errors of a clip, and the queue of each clip
is cut at K and at 2K. ``hota_after``: each of the first 2K suggestions is carried out if an oracle, who knows the
ground truth, finds that it raises HOTA. Synthetic clips are held out: the weights were fitted to others, by
`tools.fit_review_weights`. ``--real DIR...`` adds MOTChallenge sequences, tracked from their det.txt with ByteTrack.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from annotator.errors import StorageError
from annotator.evaluation import FrameBoxes, evaluate_arrays
from annotator.evaluation.errors import IdentitySwitch, identity_switches
from annotator.formats.mot_rows import read_mot_rows
from annotator.jobs import review
from annotator.model.frame import Frame, FrameResult
from annotator.model.track import RunStatus, VideoRecord
from annotator.review import Entry, Fix, ReviewQueue, build_queue
from annotator.review.appearance import Appearances
from annotator.session import Session
from annotator.storage.store import Store
from benchmarks.common import emit, environment, progress
from tools.synthetic_clips import CONDITIONS, Clip, make_clip

#: Held-out clips begin here. Seeds from 5000 on are for the weights, from 7000 on for `benchmarks.effort`, and those
#: that models are trained on lie above a million.
FIRST_SEED = 1000
TOLERANCE = 10


@dataclass
class Tracked:
    """A clip and what a tracker made of it."""

    name: str
    width: int
    height: int
    truth: list[FrameBoxes]
    results: list[FrameResult]
    images: Any = None
    """(T, H, W, 3) uint8."""


@dataclass
class Outcome:
    """Sums over clips."""

    errors: int = 0
    entries: int = 0
    found_at_k: int = 0
    found_at_2k: int = 0
    found: int = 0
    applied: int = 0
    hota_before: list[float] = field(default_factory=list)
    hota_after: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def __iadd__(self, other: Outcome) -> Outcome:
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))
        return self

    def to_json(self) -> dict[str, Any]:
        return {"errors": self.errors, "entries": self.entries,
                "recall_at_k": _share(self.found_at_k, self.errors),
                "recall_at_2k": _share(self.found_at_2k, self.errors), "recall": _share(self.found, self.errors),
                "applied": self.applied, "hota_before": _mean(self.hota_before), "hota_after": _mean(self.hota_after),
                "clips": len(self.hota_before)}


def track_synthetic(condition: str, seed: int, frames: int) -> Tracked:
    """One synthetic clip through the built-in detector, segmentor and tracker."""
    from annotator.engine import checkpoints, registry
    from annotator.engine.detectors.tiny import TinyDetector
    from annotator.engine.sam2mot import Sam2Mot
    from annotator.engine.segmenters.sam2 import Sam2Segmenter

    spec = replace(CONDITIONS[condition], frames=frames)
    clip = make_clip(spec, seed)
    detector = TinyDetector(checkpoints.find("tiny-detector"))
    tracker = Sam2Mot(Sam2Segmenter.load(checkpoints.find("tiny-sam2")), spec.width, spec.height, frames,
                      registry.sam2mot_settings("tiny-sam2"))
    rng = np.random.default_rng(seed)
    results = []
    for t, image in enumerate(clip.images):
        frame = Frame(t, image, t / 25)
        found = detector.detect([frame])[0]
        if condition == "weak_detector":
            found = found[rng.random(len(found)) >= 0.3]
        results.append(tracker.step(frame, found))
    return Tracked(f"{condition}-{seed}", spec.width, spec.height, list(_truth(clip)), results, clip.images)


def track_sequence(folder: Path) -> Tracked:
    """A MOTChallenge sequence with gt/gt.txt and det/det.txt through ByteTrack: no weights are needed."""
    from annotator.engine.bytetrack import ByteTrack
    from annotator.engine.detectors.file import FileDetector
    from annotator.engine.settings import ByteTrackSettings
    from annotator.video import open_video

    with open_video(folder) as reader:
        info = reader.info
        detector = FileDetector(folder / "det" / "det.txt")
        tracker = ByteTrack(ByteTrackSettings(track_activation_threshold=0.6), frame_rate=info.fps)
        frames = list(reader.frames())
        results = [tracker.step(frame, detector.detect([frame])[0]) for frame in frames]
    rows = read_mot_rows(folder / "gt" / "gt.txt", "mot", frame_count=info.frame_count)
    counted = (rows.class_number == 1) & (np.isnan(rows.seventh) | (rows.seventh != 0))
    truth: list[FrameBoxes] = []
    for frame in range(info.frame_count):
        here = (rows.frame_index == frame) & counted
        truth.append((rows.id[here], rows.box_xyxy[here]))
    return Tracked(info.name, info.width, info.height, truth, results, np.stack([frame.image for frame in frames]))


def _truth(clip: Clip) -> Iterator[FrameBoxes]:
    for boxes in clip.boxes():
        seen = np.flatnonzero(np.isfinite(boxes).all(1))
        yield seen.astype(np.int64), boxes[seen]


def store_results(folder: Path, tracked: Tracked) -> Path:
    """A project that holds the results as a run would have stored them."""
    path = folder / f"{tracked.name}.annot"
    with Store.create(path) as store:
        count = len(tracked.results)
        video = store.add_video(tracked.name, folder / "none.mp4", tracked.width, tracked.height, count, 25.0, "none")
        run = store.begin_run(video.id, "preannotate", {}, {}, ("object",), 0, count - 1)
        store.write_frames(run.id, tracked.results)
        store.finish_run(run.id, RunStatus.FINISHED)
    return path


def make_queue(session: Session, video: VideoRecord, images: Any) -> ReviewQueue:
    """The queue, with colours where there are pictures."""
    looks = Appearances()
    if images is not None:
        frames = (Frame(t, image, t / 25) for t, image in enumerate(images))
        for _ in review.look_at(session.store, video, frames, looks):
            pass
    return build_queue(review.review_input(session.store, video, looks))


def assess(tracked: Tracked, folder: Path, outcome: Outcome, fixes: bool = True) -> None:
    """Queue of one clip against its true errors."""
    with Session(Store.open(store_results(folder, tracked))) as session:
        video = session.store.video()
        errors = identity_switches(tracked.truth, boxes_of(session, video))
        queue = make_queue(session, video, tracked.images)
        count = len(errors)
        outcome.errors += count
        outcome.entries += len(queue.entries)
        at_2k = [is_found(error, queue.entries[:2 * count]) for error in errors]
        outcome.found_at_k += sum(is_found(error, queue.entries[:count]) for error in errors)
        outcome.found_at_2k += sum(at_2k)
        outcome.found += sum(is_found(error, queue.entries) for error in errors)
        outcome.missed += [f"{tracked.name}: {error}" for error, hit in zip(errors, at_2k, strict=True) if not hit]
        before = score(session, video, tracked)
        outcome.hota_before.append(before)
        outcome.hota_after.append(apply_where_right(session, video, tracked, queue.entries[:2 * count], before, outcome)
                                  if fixes else before)


def is_found(error: IdentitySwitch, entries: Sequence[Entry]) -> bool:
    """Whether an entry concerns one of the two tracks, not long before or after."""
    return any({error.before, error.after} & set(entry.tracks)
               and entry.first - TOLERANCE <= error.frame <= entry.last + TOLERANCE for entry in entries)


def apply_where_right(session: Session, video: VideoRecord, tracked: Tracked, entries: Sequence[Entry],
                      score_now: float, outcome: Outcome) -> float:
    """Carry out suggestions that raise HOTA; take back the others. Returns the final HOTA."""
    for entry in entries:
        if entry.suggestion.fix in (Fix.FINE, Fix.PROMPT):
            continue
        try:
            review.apply_fix(session, video, entry)
        except StorageError:
            continue  # an earlier fix took one of its tracks away
        after = score(session, video, tracked)
        if after > score_now:
            score_now, outcome.applied = after, outcome.applied + 1
        else:
            session.undo()
    return score_now


def boxes_of(session: Session, video: VideoRecord) -> list[FrameBoxes]:
    """The project's boxes by frame, tracks by id."""
    found = []
    for _, shown in session.store.iter_frames(video.id):
        seen = [o for o in shown if o.box_xyxy is not None]
        found.append((np.array([o.track for o in seen], np.int64),
                      np.array([o.box_xyxy for o in seen], np.float64).reshape(-1, 4)))
    return found


def score(session: Session, video: VideoRecord, tracked: Tracked) -> float:
    return evaluate_arrays(tracked.truth, boxes_of(session, video)).hota


def cached(folder: Path | None, condition: str, seed: int, frames: int) -> Tracked:
    """A tracked clip, from an earlier run's folder if it is there."""
    path = None if folder is None else folder / f"{condition}-{seed}-{frames}.pickle"
    if path is not None and path.exists():
        tracked: Tracked = pickle.loads(path.read_bytes())
        return tracked
    made = track_synthetic(condition, seed, frames)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(made))
    return made


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 2) if values else None


@dataclass(frozen=True, slots=True)
class _Job:
    """One clip: of a condition and seed, or of a folder."""

    condition: str = ""
    seed: int = 0
    frames: int = 0
    cache: Path | None = None
    folder: Path | None = None
    fixes: bool = True


def _run(job: _Job) -> tuple[str, Outcome]:
    outcome = Outcome()
    tracked = track_sequence(job.folder) if job.folder is not None else cached(
        job.cache, job.condition, job.seed, job.frames)
    with tempfile.TemporaryDirectory(prefix="annotator-review-") as name:
        assess(tracked, Path(name), outcome, job.fixes)
    return tracked.name, outcome


def one_thread() -> None:
    """For each of several processes, so that they do not fight for processors."""
    import torch

    torch.set_num_threads(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=7, help="synthetic clips per condition")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--cache", type=Path, help="folder that keeps tracked clips between runs, for one and the same "
                        "models only")
    parser.add_argument("--real", type=Path, nargs="*", default=[], metavar="DIR", help="MOTChallenge sequences with "
                        "gt/ and det/, tracked with ByteTrack")
    parser.add_argument("--no-fixes", action="store_true", help="leave out HOTA after fixes")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    began = time.monotonic()
    synthetic = [_Job(condition, FIRST_SEED + k, args.frames, args.cache, fixes=not args.no_fixes)
                 for k in range(args.clips) for condition in args.conditions.split(",")]
    outcomes = {False: Outcome(), True: Outcome()}
    with ProcessPoolExecutor(args.processes, mp_context=get_context("spawn"), initializer=one_thread) as pool:
        jobs = [*synthetic, *(_Job(folder=folder, fixes=not args.no_fixes) for folder in args.real)]
        for job, (name, outcome) in zip(jobs, pool.map(_run, jobs), strict=True):
            real = job.folder is not None
            outcomes[real] += outcome
            progress(f"{name}: {outcomes[real].to_json()}")
    for line in [*outcomes[False].missed, *outcomes[True].missed]:
        progress(f"not in the first 2K: {line}")
    emit({"synthetic": outcomes[False].to_json(), "real": outcomes[True].to_json(),
          "seconds": round(time.monotonic() - began, 1), "environment": environment()})


if __name__ == "__main__":
    main()
