"""How much of what a tracker got wrong the review queue puts first, and what its suggestions mend.

    python -m benchmarks.review --json

True errors are the identity switches of CLEAR MOT. One is found if an entry of the queue concerns one of its two
tracks at most 10 frames from where it happens. K is the number of true errors of a clip, and the queue of each clip
is cut at K and at 2K. ``hota_after``: each of the first 2K suggestions is carried out if an oracle, who knows the
ground truth, finds that it raises HOTA. Synthetic clips are held out: the weights were chosen on others (``--fit``).
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
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
from annotator.review.weights import WEIGHTS
from annotator.session import Session
from annotator.storage.store import Store
from benchmarks.common import emit, environment, progress
from tools.synthetic_clips import CONDITIONS, Clip, make_clip

#: Held-out clips begin here; `FIT_SEED` and on are for the weights, training seeds are above a million.
FIRST_SEED, FIT_SEED = 1000, 5000
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
        at_2k = [_is_found(error, queue.entries[:2 * count]) for error in errors]
        outcome.found_at_k += sum(_is_found(error, queue.entries[:count]) for error in errors)
        outcome.found_at_2k += sum(at_2k)
        outcome.found += sum(_is_found(error, queue.entries) for error in errors)
        outcome.missed += [f"{tracked.name}: {error}" for error, hit in zip(errors, at_2k, strict=True) if not hit]
        before = score(session, video, tracked)
        outcome.hota_before.append(before)
        outcome.hota_after.append(apply_where_right(session, video, tracked, queue.entries[:2 * count], before, outcome)
                                  if fixes else before)


def _is_found(error: IdentitySwitch, entries: Sequence[Entry]) -> bool:
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


def examples(tracked: Tracked, folder: Path) -> list[tuple[str, float, bool]]:
    """(kind, strength, whether it is an error) of every odd moment of a clip: what the weights are fitted to."""
    with Session(Store.open(store_results(folder, tracked))) as session:
        video = session.store.video()
        errors = identity_switches(tracked.truth, boxes_of(session, video))
        queue = make_queue(session, video, tracked.images)
        return [(moment.kind.value, moment.strength,
                 any(_is_found(error, [Entry((moment,), 0.0)]) for error in errors))
                for entry in queue.entries for moment in entry.moments]


def fit(found: Sequence[tuple[str, float, bool]]) -> dict[str, dict[str, float]]:
    """Bias and slope of each kind by maximum likelihood, held near the present ones where there are few examples."""
    from scipy.optimize import minimize

    fitted = {}
    for kind, now in WEIGHTS.items():
        rows = [(strength, error) for name, strength, error in found if name == kind.value]
        if not rows:
            continue
        x, y = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], float)
        start = np.array([now.bias, now.slope])

        def loss(w: Any, x: Any = x, y: Any = y, start: Any = start) -> float:
            z = w[0] + w[1] * x
            return float(np.sum(np.logaddexp(0, z) - y * z) + 0.5 * np.sum((w - start) ** 2) * 0.5)

        bias, slope = minimize(loss, start, bounds=[(None, None), (0, None)]).x
        fitted[kind.value] = {"bias": round(float(bias), 2), "slope": round(float(slope), 2), "examples": len(rows),
                              "errors": int(y.sum())}
    return fitted


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=10, help="synthetic clips per condition")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--conditions", default=",".join(CONDITIONS))
    parser.add_argument("--fit", action="store_true", help="fit the weights to other clips, and print them")
    parser.add_argument("--cache", type=Path, help="folder that keeps tracked clips between runs")
    parser.add_argument("--real", type=Path, nargs="*", default=[], metavar="DIR", help="MOTChallenge sequences with "
                        "gt/ and det/, tracked with ByteTrack")
    parser.add_argument("--no-fixes", action="store_true", help="leave out HOTA after fixes")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    outcome, real, found = Outcome(), Outcome(), []
    with tempfile.TemporaryDirectory(prefix="annotator-review-") as name:
        for k in range(args.clips):
            for condition in args.conditions.split(","):
                tracked = cached(args.cache, condition, (FIT_SEED if args.fit else FIRST_SEED) + k, args.frames)
                if args.fit:
                    found += examples(tracked, Path(name))
                    progress(f"{tracked.name}: {len(found)} examples")
                else:
                    assess(tracked, Path(name), outcome, not args.no_fixes)
                    progress(f"{tracked.name}: {outcome.to_json()}")
        for folder in args.real:
            assess(track_sequence(folder), Path(name), real, not args.no_fixes)
            progress(f"{folder.name}: {real.to_json()}")
    if args.fit:
        emit({"weights": fit(found), "examples": len(found), "environment": environment()})
        return
    for line in [*outcome.missed, *real.missed]:
        progress(f"not in the first 2K: {line}")
    emit({"synthetic": outcome.to_json(), "real": real.to_json(), "environment": environment()})


if __name__ == "__main__":
    main()
