"""Projects with the same boxes as manual work and as predictions, and what reading and editing them costs."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotator.formats.base import ExportOptions
from annotator.jobs.labels.export import export
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.storage.edits import identities, keyframes
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.store import Store
from benchmarks.harness.results import progress

#: Shares of the observations at which the exponents are measured.
_SHARES = (0.2, 0.5, 1.0)
#: Figures whose growth is reported, and their names in the report.
_GROWING = {"export_ms": "export", "open_ms": "open", "track_events_ms": "track_events", "delete_ms": "delete",
            "keyframes_ms": "keyframes"}


@dataclass(frozen=True, slots=True)
class Size:
    """Tracks that are all visible in all frames."""

    frames: int
    tracks: int

    def __iter__(self) -> Iterator[LabelledFrame]:
        for frame in range(self.frames):
            yield LabelledFrame(frame, tuple(
                LabelledBox(number, 0, (left := (number * 17 + frame) % 1800, top := number * 9 % 1000, left + 40.5,
                                        top + 60.25)) for number in range(1, self.tracks + 1)))


def compare(observations: int, tracks: int, repeats: int) -> dict[str, Any]:
    """Compare manual boxes with predictions at the full size, and manual boxes at three sizes.

    Milliseconds of processor time, medians over repeats. All projects take turns, so that other programs on the machine
    disturb all of them alike.
    """
    sizes = [Size(max(int(observations * share) // tracks, 20), tracks) for share in _SHARES]
    with tempfile.TemporaryDirectory() as folder:
        projects = [Project(size, human, Path(folder) / f"{human}-{size.frames}.annot")
                    for size in sizes for human in (True, False) if human or size == sizes[-1]]
        for project in projects:
            project.build()
            progress(f"{project.name}: written")
        with ExitStack() as opened:
            for project in projects:
                opened.enter_context(project.open())
            for name, (count, action) in _actions(repeats).items():
                for _ in range(count):
                    for project in projects:
                        action(project)
                progress(f"{name}: " + ", ".join(f"{each.name} {each.median(name):.3f}" for each in projects))
    human, machine = (project.figures() for project in projects[-2:])
    return {"human": human, "machine": machine,
            "ratio": {name: round(human[name] / machine[name], 2) for name in human},
            "exponents": {name: _exponent({each.size.frames: each.median(figure) for each in projects if each.human})
                          for figure, name in _GROWING.items()},
            "frames": [size.frames for size in sizes], "tracks": tracks}


class Project:
    """One project and the times that were measured on it."""

    def __init__(self, size: Size, human: bool, path: Path) -> None:
        self.size, self.human, self._path = size, human, path
        self.name = f"{size.frames} frames, {'manual' if human else 'predicted'}"
        self._times: dict[str, list[float]] = defaultdict(list)
        self._rng = random.Random(0)

    def build(self) -> None:
        """Import the boxes."""
        with Store.create(self._path) as store:
            video = store.add_video("clip", Path("clip.mp4"), 1920, 1080, self.size.frames, 25.0, "none")
            with self.timed("write_frame_ms", self.size.frames):
                add_tracks(store, video.id, ("object",), self.size, human=self.human, settings={}, title="Import")

    @contextmanager
    def open(self) -> Iterator[None]:
        """Keep the project open for the measurements."""
        with Store.open(self._path) as self.store:
            self.video = self.store.video()
            self.tracks = [track.id for track in self.store.tracks(self.video.id)]
            yield

    @contextmanager
    def timed(self, figure: str, parts: int = 1) -> Iterator[None]:
        """Record the time of what runs within, divided by the number of its parts."""
        start = time.process_time()
        yield
        self._times[figure].append((time.process_time() - start) * 1000 / parts)

    def median(self, figure: str) -> float:
        """The median time of a figure."""
        return statistics.median(self._times[figure])

    def figures(self) -> dict[str, float]:
        """All medians, rounded."""
        return {name: round(self.median(name), 3) for name in self._times}

    # Actions

    def read_first(self) -> None:
        """Open the project a second time and read what the window shows first."""
        with self.timed("open_ms"), Store.open(self._path, read_only=True) as store:
            for video in store.videos():
                store.tracks(video.id)
                store.video_spans(video.id)
                store.marks(video.id)

    def query_frame(self) -> None:
        """Read a frame."""
        frame = self._rng.randrange(self.size.frames)
        with self.timed("frame_query_ms"):
            self.store.observations(self.video.id, frame)

    def read_track(self) -> None:
        """Read the events, the boxes and the keyframes of a track."""
        track = self._rng.choice(self.tracks)
        with self.timed("track_events_ms"):
            self.store.track_events(track)
        with self.timed("trajectory_ms"):
            self.store.trajectory(track)
        with self.timed("keyframes_ms"):
            keyframes.keyframes(self.store, track)

    def edit(self) -> None:
        """Swap two tracks and delete one; undo both."""
        a, b = self._rng.sample(self.tracks, 2)
        frame = self._rng.randrange(1, self.size.frames)
        with self.timed("swap_ms"):
            identities.swap_tracks(self.store, a, b, frame)
        with self.timed("undo_ms"):
            self.store.undo()
        with self.timed("delete_ms"):
            identities.delete_tracks(self.store, [a])
        self.store.undo()

    def write_labels(self) -> None:
        """Export all boxes as MOTChallenge."""
        with tempfile.TemporaryDirectory() as folder, self.timed("export_ms"):
            export(self.store, [self.video], "mot", Path(folder) / "out", ExportOptions(field_check=False))


def _actions(repeats: int) -> dict[str, tuple[int, Callable[[Project], None]]]:
    """By a figure that they measure: how often to repeat the actions on each project."""
    return {"open_ms": (repeats * 3, Project.read_first), "frame_query_ms": (repeats * 20, Project.query_frame),
            "keyframes_ms": (repeats * 3, Project.read_track), "delete_ms": (repeats * 4, Project.edit),
            "export_ms": (1, Project.write_labels)}


def _exponent(by_frames: dict[int, float]) -> float:
    """The power of the number of frames by which a time grows, fitted over all sizes."""
    frames, times = np.log(list(by_frames)), np.log(list(by_frames.values()))
    return round(float(np.polyfit(frames, times, 1)[0]), 3)
