"""Read-only access to a project from a notebook: its tracks as a table or as arrays.

>>> import annotator
>>> with annotator.open("p.annot") as project:
...     table = project.tracks()                  # pandas.DataFrame, one row per box
...     arrays = project.arrays(video="clip")     # dict of NumPy arrays, no pandas needed
"""

from __future__ import annotations

import importlib.util
from array import array
from collections.abc import Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from annotator.errors import SettingsError
from annotator.jobs.labels.export import sequences
from annotator.model.mask import Mask
from annotator.model.track import VideoRecord
from annotator.storage.store import Store

Arrays = dict[str, npt.NDArray[Any]]


class Project:
    """A project opened read-only; another program may keep writing to it. Raises StorageError."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._store = Store.open(path, read_only=True)

    def videos(self) -> list[VideoRecord]:
        """Return the project's videos."""
        return self._store.videos()

    def arrays(self, video: str | None = None) -> Arrays:
        """Return one entry per box, ordered by video, frame and track.

        ``video`` and ``label`` (N,) names; ``frame`` (N,) int64 from 0; ``time`` (N,) float64 seconds, NaN where
        unknown; ``track`` (N,) int64, -1 for ignore regions; ``box_xyxy`` (N, 4) float64 pixels, right and bottom
        exclusive; ``score``, ``visibility`` (N,) float64; ``ignored``, ``occluded``, ``interpolated`` (N,) bool.

        Raises StorageError if the project has no video of this name.
        """
        frames, tracks, labels, videos = (array("q") for _ in range(4))
        times, boxes, scores, visibilities = (array("d") for _ in range(4))
        flags = array("b")
        selected, names = self._selected(video), []
        with self._store.read_snapshot() as reader:
            for index, (info, stream) in enumerate(sequences(reader, selected, masks=False)):
                names = list(info.labels)
                for frame in stream:
                    for box in frame.boxes:
                        videos.append(index)
                        frames.append(frame.frame_index)
                        times.append(np.nan if frame.time is None else frame.time)
                        tracks.append(-1 if box.number is None else box.number)
                        labels.append(box.label)
                        boxes.extend(box.box_xyxy)
                        scores.append(box.score)
                        visibilities.append(box.visibility)
                        flags.append(box.ignored | box.occluded << 1 | box.interpolated << 2)
        flag = np.array(flags, np.int8)
        return {
            "video": _look_up(videos, [each.name for each in selected]), "frame": np.array(frames, np.int64),
            "time": np.array(times, np.float64), "track": np.array(tracks, np.int64), "label": _look_up(labels, names),
            "box_xyxy": np.array(boxes, np.float64).reshape(-1, 4), "score": np.array(scores, np.float64),
            "visibility": np.array(visibilities, np.float64), "ignored": flag & 1 > 0, "occluded": flag & 2 > 0,
            "interpolated": flag & 4 > 0}

    def tracks(self, video: str | None = None) -> Any:
        """Return the content of `arrays` as a ``pandas.DataFrame`` with the box in columns ``x1, y1, x2, y2``.

        Raises SettingsError if pandas is not installed.
        """
        if importlib.util.find_spec("pandas") is None:
            raise SettingsError("pandas is not installed: pip install 'sam2mot-annotator[tables]', or use arrays()")
        import pandas as pd

        columns: Arrays = self.arrays(video)
        boxes = columns.pop("box_xyxy")
        edges = {name: boxes[:, index] for index, name in enumerate(("x1", "y1", "x2", "y2"))}
        return pd.DataFrame({**columns, **edges})

    def masks(self, video: str, frame: int) -> dict[int, Mask]:
        """Return the masks of one frame by track number."""
        record = self._store.video(video)
        return {seen.number: seen.mask for seen in self._store.observations(record.id, frame, masks=True)
                if seen.mask is not None}

    def _selected(self, video: str | None) -> list[VideoRecord]:
        return self._store.videos() if video is None else [self._store.video(video)]

    def close(self) -> None:
        """Close the project."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def _look_up(index: Sequence[int], names: Sequence[str]) -> npt.NDArray[Any]:
    return np.array(names or [""], object)[np.array(index, np.int64)]
