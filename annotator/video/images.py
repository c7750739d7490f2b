"""Folders of images as videos."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from annotator.errors import VideoError
from annotator.model.frame import Image
from annotator.video.info import DEFAULT_FPS, FpsSource, MotPaths, VideoInfo
from annotator.video.mot import Sequence, find_sequence
from annotator.video.reader import VideoReader

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})


class ImageReader(VideoReader):
    """A folder of images in natural order of their names, or a MOTChallenge sequence.

    Every image is a frame, readable or not, so that labels that count files stay aligned; reading an image that is
    damaged or differs in size from the rest raises VideoError. EXIF orientation is honoured; grey, 16-bit (high byte),
    CMYK and palette images are converted to RGB; alpha is dropped.
    """

    def __init__(self, info: VideoInfo, warnings: list[str], mot: MotPaths | None, folder: Path,
                 names: tuple[str, ...]) -> None:
        super().__init__(info, warnings, mot)
        self._folder = folder
        self._names = names

    def duplicate(self) -> ImageReader:
        return ImageReader(self.info, list(self.warnings), self.mot, self._folder, self._names)

    def image_path(self, index: int) -> Path:
        """The file of frame ``index``."""
        return self._folder / self._names[index]

    def _picture(self, index: int) -> Image:
        path = self.image_path(index)
        image = read_image(path, f"frame {index} of {self.info.name}")
        height, width = image.shape[:2]
        if (width, height) != (self.info.width, self.info.height):
            raise VideoError(f"{path} (frame {index}) is {width}x{height}, the sequence {self.info.width}x"
                             f"{self.info.height}; all images of a sequence need the same size")
        return image


def open_folder(folder: Path, fps: float | None = None) -> ImageReader:
    """Open a folder of images. ``fps`` overrides the rate in ``seqinfo.ini``; without either it is 25.

    Raises VideoError if there are no images, none can be read, or one frame exists in two image formats.
    """
    sequence = find_sequence(folder)
    image_dir = folder if sequence is None else sequence.image_dir
    files = image_files(image_dir, None if sequence is None else sequence.image_ext)
    warnings: list[str] = []
    width, height = _first_size(image_dir, files, warnings)
    if sequence is not None:
        warnings += _sequence_doubts(sequence, files)
    rate, source = _rate(fps, sequence)
    info = VideoInfo(
        name=folder.absolute().name if sequence is None else sequence.name,
        path=folder if sequence is None else sequence.paths.root, width=width, height=height, frame_count=len(files),
        fps=rate, fps_source=source, kind="images" if sequence is None else "mot",
        codec=files[0].suffix.lower().lstrip("."), times=np.arange(len(files), dtype=np.float64) / rate)
    return ImageReader(info, warnings, sequence.paths if sequence else None, image_dir,
                       tuple(file.name for file in files))


def picture_names(source: Path) -> tuple[str, ...]:
    """Names of the images of a folder or MOTChallenge sequence in frame order; empty for any other video."""
    if not source.is_dir():
        return ()
    try:
        sequence = find_sequence(source)
        files = image_files(source if sequence is None else sequence.image_dir,
                            None if sequence is None else sequence.image_ext)
    except VideoError:
        return ()
    return tuple(file.name for file in files)


def holds_images(folder: Path) -> bool:
    """Whether the folder directly contains an image."""
    try:
        with os.scandir(folder) as entries:
            return any(_is_image(entry) for entry in entries)
    except OSError:
        return False


def _is_image(entry: os.DirEntry[str]) -> bool:
    return (not entry.name.startswith(".") and os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES
            and entry.is_file())


def image_files(folder: Path, suffix: str | None = None) -> list[Path]:
    """The folder's images in natural order (``2.jpg`` before ``10.jpg``), without hidden files.

    ``suffix`` (``.jpg``) restricts them to one image type, if the folder has images of that type.
    Raises VideoError if there are none, or if two differ only in their suffix.
    """
    if not folder.is_dir():
        raise VideoError(f"{folder} does not exist; a sequence needs its images in that folder")
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if _is_image(entry)]
    if not names:
        raise VideoError(f"{folder} has no images; choose a folder with jpg, png, bmp, tif or webp files, or a video")
    narrowed = [name for name in names if name.lower().endswith(suffix)] if suffix else []
    names = sorted(narrowed or names, key=_natural)
    twice = [stem for stem, count in Counter(os.path.splitext(name)[0] for name in names).items() if count > 1]
    if twice:
        pair = " and ".join(name for name in names if os.path.splitext(name)[0] == twice[0])
        raise VideoError(f"{folder} contains {pair}; keep only one image type in the folder of a sequence")
    return [folder / name for name in names]


def read_image(path: Path, what: str = "") -> Image:
    """Read an image file as (H, W, 3) uint8 RGB. Raises VideoError that names the file and ``what`` it is."""
    where = f"{path} ({what})" if what else str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise VideoError(f"{where} cannot be read: {error.strerror or error}") from error
    image = None
    # Some decoders fill the missing rest of a JPEG with grey and report no error, so check for its end marker.
    whole = not data.startswith(b"\xff\xd8") or data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    if data and whole:
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error:
            image = None
    if image is None or image.dtype != np.uint8:
        found = "is empty" if not data else "is cut short" if not whole else "cannot be decoded as an image"
        raise VideoError(f"{where} {found}; restore it from its source or remove it from the folder")
    # Unlike NumPy, cvtColor releases the GIL while it works.
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _natural(name: str) -> tuple[list[tuple[int, int | str]], str]:
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part], name


def _first_size(folder: Path, files: list[Path], warnings: list[str]) -> tuple[int, int]:
    """Width and height of the first image that can be read."""
    for index, file in enumerate(files):
        try:
            height, width = read_image(file, f"frame {index}").shape[:2]
            return width, height
        except VideoError as error:
            warnings.append(str(error))
    raise VideoError(f"{folder}: none of its {len(files)} images can be decoded; restore them from their source")


def _rate(given: float | None, sequence: Sequence | None) -> tuple[float, FpsSource]:
    if given is not None:
        return given, "given"
    if sequence is not None and sequence.fps is not None:
        return sequence.fps, "seqinfo"
    return DEFAULT_FPS, "default"


def _sequence_doubts(sequence: Sequence, files: list[Path]) -> list[str]:
    doubts = []
    if sequence.length is not None and sequence.length != len(files):
        doubts.append(f"{sequence.name}: seqinfo.ini states {sequence.length} frames, but {sequence.image_dir.name} "
                      f"has {len(files)} images; using the number of images")
    numbers = [int(file.stem) if file.stem.isdecimal() else -1 for file in files]
    if numbers != list(range(1, len(files) + 1)):
        doubts.append(f"{sequence.name}: the images are not numbered 1 to {len(files)} ({files[0].name} .. "
                      f"{files[-1].name}); frame numbers in its label files are taken as positions in that order")
    return doubts
