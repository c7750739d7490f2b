"""Precomputed detections: a MOTChallenge ``det.txt``, the folder of a MOT sequence, or COCO results JSON."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.engine.detectors.scores import to_confidence
from annotator.errors import FormatError, UserError
from annotator.formats.detections.coco_detections import load_coco_detections
from annotator.formats.detections.files import DetectionFile
from annotator.formats.mot.format import load_mot_detections
from annotator.model.box import valid_boxes
from annotator.model.frame import Detections, Frame

logger = logging.getLogger(__name__)


class FileDetector:
    """Returns the boxes of a file through the `annotator.engine.base.Detector` protocol.

    If scores lie outside 0..1 (MOT15's reach 100, MOT17's DPM goes below 0), `to_confidence` maps all scores of the
    file to 0..1 in the same order, with a warning.
    """

    def __init__(self, path: Path, *, device: str = "cpu", images: Path | None = None,
                 first_frame: int | None = None) -> None:
        """``path``: ``.json`` is COCO results, anything else MOTChallenge rows or a folder with ``det/det.txt``.

        ``images`` is a COCO file with the image ids that bare results refer to; ``first_frame`` is the number of the
        video's first frame in the file (1 in the MOTChallenge specification). ``device`` is unused. Invalid rows (not
        finite, negative size) are skipped with one warning. Raises FormatError if the file violates its format.
        """
        self.name = str(path)
        self._path = path
        content = _load(path, images, first_frame)
        self.labels: tuple[str, ...] = content.labels
        self._frames = _with_scores_in_range(content, path)
        self._skipped = content.skipped
        self._warned_of_bad = False

    def __len__(self) -> int:
        """Number of detections in the file, usable or not."""
        return sum(len(found) for found in self._frames.values())

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `annotator.engine.base.Detector`. Boxes entirely outside the frame or without area are skipped."""
        results = []
        for frame in frames:
            found = self._frames.get(frame.index, Detections.empty())
            height, width = frame.image.shape[:2]
            usable = valid_boxes(found.box_xyxy, width, height)
            if not usable.all():
                self._warn_of_bad(width, height)
            results.append(found[usable])
        return results

    def scores(self, first: int, last: int, labels: Sequence[str] | None = None) -> npt.NDArray[np.float32]:
        """Return the (N,) float32 scores of all detections of these classes in frames ``first..last`` (inclusive)."""
        wanted = [k for k, name in enumerate(self.labels) if labels is None or name in labels]
        parts = [found.score[np.isin(found.label, wanted)] for index, found in self._frames.items()
                 if first <= index <= last]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def check(self, frame_count: int, width: int | None = None, height: int | None = None) -> None:
        """Compare the file with its video; warns about detections that will not be used.

        Raises UserError if all detections are invalid, after the last frame, or outside the frame.
        """
        if self._skipped and not len(self):
            raise UserError(f"{self._path}: none of the {self._skipped} detections has a valid box and score; give the "
                            "output of a detector")
        beyond = sum(len(found) for index, found in self._frames.items() if index >= frame_count)
        if beyond == len(self) and beyond:
            first = min(self._frames)
            raise UserError(f"{self._path}: every detection is after the video's last frame (the first has frame index "
                            f"{first}, the video has {frame_count} frames); give this video's detections")
        if beyond:
            logger.warning("%s: ignoring %d of %d detections after the video's last frame (%d frames)", self._path,
                           beyond, len(self), frame_count)
        if width is not None and height is not None:
            bad = self._warn_of_bad(width, height)
            if bad and bad == len(self):
                raise UserError(f"{self._path}: no box is inside the frame of {width}x{height} pixels; give this "
                                "video's detections")

    def _warn_of_bad(self, width: int, height: int) -> int:
        bad = sum(int((~valid_boxes(found.box_xyxy, width, height)).sum()) for found in self._frames.values())
        if bad and not self._warned_of_bad:
            self._warned_of_bad = True
            logger.warning("%s: ignoring %d of %d boxes that are outside the frame of %dx%d pixels or have no area",
                           self._path, bad, len(self), width, height)
        return bad


def _load(path: Path, images: Path | None, first_frame: int | None) -> DetectionFile:
    if not path.exists():
        raise FormatError(f"{path}: no such file; give a MOTChallenge det.txt, a MOT sequence's folder or COCO results "
                          "(.json)")
    if path.suffix.lower() == ".json":
        return load_coco_detections(path, images=images, first_frame=first_frame, on_bad="skip")
    return load_mot_detections(path, on_bad="skip", first_frame=1 if first_frame is None else first_frame)


def _with_scores_in_range(content: DetectionFile, path: Path) -> dict[int, Detections]:
    lowest, highest = content.score_range
    if lowest >= 0 and highest <= 1:
        return content.frames
    logger.warning("%s: scores are in %g..%g; mapped to 0..1, with 0.5 between weak and strong scores", path, lowest,
                   highest)
    confidence = to_confidence(np.concatenate([found.score for found in content.frames.values()]))
    ends = np.cumsum([len(found) for found in content.frames.values()])
    parts = np.split(confidence.astype(np.float32), ends[:-1])
    return {index: Detections(found.box_xyxy, part, found.label)
            for (index, found), part in zip(content.frames.items(), parts, strict=True)}
