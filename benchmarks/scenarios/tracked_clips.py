"""Tracked clips and sequences with their ground truth, and projects that contain them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from annotator.evaluation import FrameBoxes
from annotator.evaluation.errors import IdentitySwitch
from annotator.formats.mot.rows import read_mot_rows
from annotator.jobs.review import ranking
from annotator.model.frame import Frame, FrameResult
from annotator.model.track import RunStatus, VideoRecord
from annotator.review import Entry, ReviewQueue, build_queue
from annotator.review.appearance import Appearances
from annotator.session import Session
from annotator.storage.store import Store
from testbed.synthetic_clips import CONDITIONS, Clip, make_clip

#: Maximum distance in frames between an entry of the queue and the switch that it finds.
TOLERANCE = 10


@dataclass
class Tracked:
    """A clip and a tracker's results for it."""

    name: str
    width: int
    height: int
    truth: list[FrameBoxes]
    results: list[FrameResult]
    images: Any = None
    """(T, H, W, 3) uint8."""


def track_synthetic(condition: str, seed: int, frames: int) -> Tracked:
    """Track one synthetic clip with the built-in detector, segmenter and tracker."""
    from annotator.engine import registry
    from annotator.engine.detectors.tiny import TinyDetector
    from annotator.engine.trackers.sam2mot import Sam2Mot
    from annotator.engine.weights import checkpoints

    spec = replace(CONDITIONS[condition], frames=frames)
    clip = make_clip(spec, seed)
    detector = TinyDetector(checkpoints.find("tiny-detector"))
    tracker = Sam2Mot(registry.make_segmenter("tiny-sam2-drawn", "cpu"), spec.width, spec.height, frames,
                      registry.sam2mot_settings("tiny-sam2-drawn"))
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
    """Track a MOTChallenge sequence with gt/gt.txt and det/det.txt with ByteTrack, which needs no weights."""
    from annotator.engine.detectors.file import FileDetector
    from annotator.engine.settings import ByteTrackSettings
    from annotator.engine.trackers.bytetrack import ByteTrack
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
    """Create a project with the results stored like those of a run."""
    path = folder / f"{tracked.name}.annot"
    with Store.create(path) as store:
        count = len(tracked.results)
        video = store.add_video(tracked.name, folder / "none.mp4", tracked.width, tracked.height, count, 25.0, "none")
        run = store.begin_run(video.id, "preannotate", {}, {}, ("object",), 0, count - 1)
        store.write_frames(run.id, tracked.results)
        store.finish_run(run.id, RunStatus.FINISHED)
    return path


def make_queue(session: Session, video: VideoRecord, images: Any) -> ReviewQueue:
    """Build the queue, with colours if there are images."""
    appearances = Appearances()
    if images is not None:
        frames = (Frame(t, image, t / 25) for t, image in enumerate(images))
        for _ in ranking.add_appearances(session.store, video, frames, appearances):
            pass
    return build_queue(ranking.review_input(session.store, video, appearances))


def boxes_of(session: Session, video: VideoRecord) -> list[FrameBoxes]:
    """Return the project's boxes by frame, tracks by id."""
    found: list[FrameBoxes] = []
    for _, shown in session.store.iter_frames(video.id):
        seen = [o for o in shown if o.box_xyxy is not None]
        found.append((np.array([o.track for o in seen], np.int64),
                      np.array([o.box_xyxy for o in seen], np.float64).reshape(-1, 4)))
    return found


def cached(folder: Path | None, condition: str, seed: int, frames: int) -> Tracked:
    """Return a tracked clip, from the cache folder if it is there."""
    path = None if folder is None else folder / f"{condition}-{seed}-{frames}.pickle"
    if path is not None and path.exists():
        tracked: Tracked = pickle.loads(path.read_bytes())
        return tracked
    made = track_synthetic(condition, seed, frames)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(made))
    return made


def one_thread() -> None:
    """Limit torch to one thread, for processes that run in parallel."""
    import torch

    torch.set_num_threads(1)



def is_found(error: IdentitySwitch, entries: Sequence[Entry]) -> bool:
    """Whether an entry concerns one of the switch's two tracks within `TOLERANCE` frames."""
    return any({error.before, error.after} & set(entry.tracks)
               and entry.first - TOLERANCE <= error.frame <= entry.last + TOLERANCE for entry in entries)
