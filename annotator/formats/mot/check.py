"""Verify a MOTChallenge file that was just written, with this program's reader and with TrackEval's.

The file is read in windows of whole frames, so that memory use does not grow with the video: TrackEval keeps every
field as a string, and compares each frame with all others. TrackEval reads a file that fits in one window unchanged.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from annotator.errors import FormatError
from annotator.formats.mot.rows import MotKind, MotRows, read_mot_rows

RowsToText = Callable[[MotRows], str]
"""Formats rows the way the writer does."""

_WINDOW_ROWS = 50_000
_WINDOW_FRAMES = 2_000


@dataclass(frozen=True, slots=True)
class _Window:
    text: str
    first_frame: int
    """Frame number in the file, from 1."""
    frame_count: int
    whole: bool
    """The window is the whole file."""


def check_written(path: Path, kind: MotKind, frame_count: int, text_crc: int, rows_to_text: RowsToText,
                  one_based_pixels: bool, with_trackeval: bool) -> str:
    """Read a file back. Returns a text on what was done. Raises FormatError if anything differs."""
    crc = 0
    rows = 0
    with tempfile.TemporaryDirectory() as folder:
        window_path = Path(folder, "window.txt")
        for window in _windows(path, frame_count):
            window_path.write_text(window.text, encoding="utf-8", newline="\n")
            read = read_mot_rows(window_path, kind, one_based_pixels=one_based_pixels, frame_count=frame_count)
            crc = zlib.crc32(rows_to_text(read).encode(), crc)
            rows += len(read)
            if with_trackeval:
                _check_with_trackeval(path.name, Path(folder), window, len(read), kind)
    if crc != text_crc:
        raise FormatError(f"{path.name} does not match the exported data when read back; nothing was exported")
    done = f"{path.name}: read back {rows} rows"
    return f"{done}, also with TrackEval {version('trackeval')}" if with_trackeval else done


def _windows(path: Path, frame_count: int) -> Iterator[_Window]:
    lines: list[str] = []
    first = 1
    whole = True
    with path.open(encoding="utf-8") as file:
        for line in file:
            frame = int(line.partition(",")[0])
            full = len(lines) >= _WINDOW_ROWS or frame - first >= _WINDOW_FRAMES
            if full and lines and int(lines[-1].partition(",")[0]) != frame:
                last = int(lines[-1].partition(",")[0])
                yield _Window("".join(lines), first, last - first + 1, whole=False)
                lines, first, whole = [], frame, False
            lines.append(line)
    if whole:
        yield _Window("".join(lines), 1, frame_count, whole=True)
    elif lines:
        yield _Window("".join(lines), first, int(lines[-1].partition(",")[0]) - first + 1, whole=False)


def _check_with_trackeval(name: str, folder: Path, window: _Window, rows: int, kind: MotKind) -> None:
    from trackeval.utils import TrackEvalException

    shifted = window.text
    if not window.whole:
        cells = (line.partition(",") for line in window.text.splitlines())
        shifted = "".join(f"{int(frame) - window.first_frame + 1},{rest}\n" for frame, _, rest in cells)
    (folder / "gt.txt").write_text(shifted, encoding="utf-8", newline="\n")
    results = folder / "tracker" / "window.txt"
    results.parent.mkdir(exist_ok=True)
    results.write_text(shifted, encoding="utf-8", newline="\n")
    try:
        loaded = _load(folder, window.frame_count, is_gt=kind == "mot")
    except TrackEvalException as error:
        raise FormatError(f"TrackEval cannot read {name}: {error}; nothing was exported") from error
    if sum(map(len, loaded)) != rows:
        raise FormatError(f"TrackEval finds {sum(map(len, loaded))} boxes in {name} instead of {rows}; nothing was "
                          "exported")


def _load(folder: Path, frame_count: int, is_gt: bool) -> list[np.ndarray[Any, Any]]:
    """Load a file with TrackEval, including its check for repeated ids. Returns the ids of each frame."""
    from trackeval.datasets import MotChallenge2DBox

    class Loader(MotChallenge2DBox):  # type: ignore[misc]  # TrackEval has no types
        """Loads one file; the public interface loads two and compares them."""

        def ids(self) -> list[np.ndarray[Any, Any]]:
            raw = self._load_raw_file("tracker", "window", is_gt)
            found: list[np.ndarray[Any, Any]] = raw["gt_ids" if is_gt else "tracker_ids"]
            self._check_unique_ids({"seq": "window", "gt_ids": found, "tracker_ids": found})
            return found

    return Loader({
        "GT_FOLDER": str(folder), "GT_LOC_FORMAT": "{gt_folder}/gt.txt", "TRACKERS_FOLDER": str(folder),
        "TRACKERS_TO_EVAL": ["tracker"], "TRACKER_SUB_FOLDER": "", "SEQ_INFO": {"window": frame_count},
        "SKIP_SPLIT_FOL": True, "PRINT_CONFIG": False}).ids()
