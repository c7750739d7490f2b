"""The output files of the published SAM2MOT, under their original names.

``detections.txt`` and ``trajectories.txt`` are MOTChallenge rows (``frame,id,left,top,width,height,confidence,class,-1,
-1``; frames from 1; id -1 for detections). The class is -1 or, if the run has several classes, their number from 1 in
``labels.txt``. ``masks/frame_00001_masks.npz`` and following hold ``ids`` (N,) int32 and ``masks`` (N, height, width)
bool, one track per row. The published README gives only the file names; the content of the archives is this program's
choice.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from annotator.errors import FormatError
from annotator.model.frame import Detections
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame

DETECTIONS, TRAJECTORIES, MASKS, LABELS = "detections.txt", "trajectories.txt", "masks", "labels.txt"


def write_detections(path: Path, frames: Iterable[tuple[int, Detections]], labels: Sequence[str]) -> None:
    """Write all detections by frame index, whatever their score. Raises FormatError if the file cannot be written."""
    with _replacing(path) as file:
        for frame, found in frames:
            rows = zip(found.box_xyxy.tolist(), found.score.tolist(), found.label.tolist(), strict=True)
            file.writelines(_row(frame, -1, box, score, label, labels) for box, score, label in rows)


def write_trajectories(path: Path, frames: Iterable[LabelledFrame], labels: Sequence[str]) -> None:
    """Write tracks frame by frame. Raises FormatError if the file cannot be written."""
    with _replacing(path) as file:
        for frame in frames:
            file.writelines(_row(frame.frame_index, box.number or -1, box.box_xyxy, box.score, box.label, labels)
                            for box in frame.boxes)


def write_labels(path: Path, labels: Sequence[str]) -> None:
    """Write one name per line, in the order of their numbers. Raises FormatError if the file cannot be written."""
    with _replacing(path) as file:
        file.writelines(f"{name}\n" for name in labels)


def write_masks(folder: Path, frames: Iterable[LabelledFrame], width: int, height: int) -> int:
    """Write one archive per frame with masks; an existing folder is replaced as a whole. Returns the number of
    archives.

    Raises FormatError if they cannot be written.
    """
    building = folder.with_name(f".{folder.name}.new")
    written = 0
    try:
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        for frame in frames:
            masked = [(box, box.mask) for box in frame.boxes if box.mask is not None and box.number is not None]
            if masked:
                write_archive(building / f"frame_{frame.frame_index + 1:05d}_masks.npz", masked, width, height)
                written += 1
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise _failure(folder, error) from error
    return written


def read_masks(path: Path) -> dict[int, npt.NDArray[np.bool_]]:
    """Read one archive: track number to (height, width) mask."""
    with np.load(path) as archive:
        return dict(zip(archive["ids"].tolist(), archive["masks"], strict=True))


def write_archive(path: Path, masked: Sequence[tuple[LabelledBox, Mask]], width: int, height: int) -> None:
    """Write the archive of one frame."""
    # NumPy's own writer compresses at level 6, which takes several times as long to save a few percent.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("ids.npy", "w") as file:
            np.lib.format.write_array(file, np.array([box.number for box, _ in masked], np.int32))
        with archive.open("masks.npy", "w", force_zip64=True) as file:
            shape = {"descr": "|b1", "fortran_order": False, "shape": (len(masked), height, width)}
            np.lib.format.write_array_header_1_0(file, shape)
            for _, mask in masked:
                file.write(mask.to_bitmap(width, height).tobytes())


def _row(frame: int, number: int, box: Sequence[float], score: float, label: int, labels: Sequence[str]) -> str:
    left, top, right, bottom = (round(edge, 2) for edge in box)
    kind = label + 1 if len(labels) > 1 else -1
    return (f"{frame + 1},{number},{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f},{score:.6f},{kind},"
            "-1,-1\n")


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """A temporary text file that replaces ``path`` once it is complete."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise _failure(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _failure(path: Path, error: OSError) -> FormatError:
    return FormatError(f"{path} cannot be written ({error.strerror or error}); check the folder and the free disk "
                       "space")
