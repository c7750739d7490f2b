"""Folders of images as videos."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence as Sequence_
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from annotator.errors import VideoError
from annotator.model.frame import Image
from annotator.video.animation_chunks import find_animation
from annotator.video.depth import Deep, Spread, some_of, spread_of
from annotator.video.info import DEFAULT_FPS, FpsSource, MotPaths, VideoInfo
from annotator.video.mot import Sequence, find_sequence
from annotator.video.reader import VideoReader
from annotator.video.tiff_pages import count_pages

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})


Pixels = npt.NDArray[Any]
#: File and page of each frame.
Pages = tuple[tuple[int, int], ...]
_DEEP = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH


class ImageReader(VideoReader):
    """A folder of images in natural order of their names, or a MOTChallenge sequence.

    Every image is a frame, readable or not, so that labels that count files stay aligned; reading an image that is
    damaged or differs in size from the rest raises VideoError. Every page of a TIFF file is a frame. EXIF orientation
    is honoured; grey, CMYK and palette images are converted to RGB; alpha is dropped. Images of 16 bits are reduced to
    the high byte, or, if they have 14 bits or fewer, by one range of the sequence.
    """

    def __init__(self, info: VideoInfo, warnings: list[str], mot: MotPaths | None, folder: Path,
                 names: tuple[str, ...], pages: Pages | None = None, spread: Spread | None = None) -> None:
        """``pages``: of a folder with TIFF files of several pages, the file and page of each frame."""
        super().__init__(info, warnings, mot)
        self._folder = folder
        self._names = names
        self._pages = pages
        self._spread = spread

    def duplicate(self) -> ImageReader:
        return ImageReader(self.info, list(self.warnings), self.mot, self._folder, self._names, self._pages,
                           self._spread)

    @property
    def one_file_per_frame(self) -> bool:
        """Whether no file has several frames."""
        return self._pages is None

    def image_path(self, index: int) -> Path:
        """The file of frame ``index``."""
        return self._folder / self._names[index if self._pages is None else self._pages[index][0]]

    def _picture(self, index: int) -> Image:
        path = self.image_path(index)
        page = None if self._pages is None else self._pages[index][1]
        image = read_image(path, f"frame {index} of {self.info.name}", page, self._spread)
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
    pages = _pages(files)
    warnings += _animations(files)
    spread = _spread(image_dir.name, files, pages, warnings)
    count = len(files) if pages is None else len(pages)
    info = VideoInfo(
        name=folder.absolute().name if sequence is None else sequence.name,
        path=folder if sequence is None else sequence.paths.root, width=width, height=height, frame_count=count,
        fps=rate, fps_source=source, kind="images" if sequence is None else "mot",
        codec=files[0].suffix.lower().lstrip("."), times=np.arange(count, dtype=np.float64) / rate)
    return ImageReader(info, warnings, sequence.paths if sequence else None, image_dir,
                       tuple(file.name for file in files), pages, spread)


def open_stack(path: Path, fps: float | None = None) -> ImageReader | None:
    """Open a TIFF file of several pages as a video of its pages; None for any other file. Raises VideoError."""
    pages = _pages([path])
    if pages is None:
        return None
    warnings: list[str] = []
    width, height = _first_size(path.parent, [path], warnings)
    spread = _spread(path.name, [path], pages, warnings)
    rate, source = _rate(fps, None)
    info = VideoInfo(name=path.stem, path=path, width=width, height=height, frame_count=len(pages), fps=rate,
                     fps_source=source, kind="images", codec=path.suffix.lower().lstrip("."),
                     times=np.arange(len(pages), dtype=np.float64) / rate)
    return ImageReader(info, warnings, None, path.parent, (path.name,), pages, spread)


def _pages(files: Sequence_[Path]) -> Pages | None:
    """File and page of each frame; None if every file has one page."""
    counts = [count_pages(file) for file in files]
    if max(counts) == 1:
        return None
    return tuple((file, page) for file, count in enumerate(counts) for page in range(count))


def _animations(files: Sequence_[Path]) -> list[str]:
    """Report animations among some of the images, because a folder has one frame per file."""
    some = [files[index] for index in some_of(len(files))]
    found = []
    for file in some:
        with suppress(OSError):  # reading the frame reports it
            if (animation := find_animation(file)) is not None and animation.claimed > 1:
                found.append(file.name)
    return [f"{found[0]}: it is an animation, of which only the first picture is a frame here ({len(found)} of "
            f"{len(some)} files that were looked at are animations); open the file alone to have all"] if found else []


def _spread(name: str, files: Sequence_[Path], pages: Pages | None, warnings: list[str]) -> Spread | None:
    """The range of values of 16-bit images, from some of them; None if the high byte shows them well."""
    total = len(files) if pages is None else len(pages)
    some = some_of(total)
    used = 0

    def images() -> Iterator[Deep]:
        nonlocal used
        for index in some:
            file, page = (index, None) if pages is None else pages[index]
            try:
                image = _decoded(files[file], page)
            except OSError:
                continue
            if image is None:
                continue
            if image.dtype != np.uint16:
                return
            used += 1
            yield image.astype(np.uint16, copy=False)

    spread = spread_of(images())
    if spread is not None:
        warnings.append(spread.note(name, used))
    return spread


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


def read_image(path: Path, what: str = "", page: int | None = None, spread: Spread | None = None) -> Image:
    """Read an image file, or a page of one, as (H, W, 3) uint8 RGB; ``spread`` is the range of 16-bit images.

    Raises VideoError that names the file and ``what`` it is.
    """
    where = f"{path} ({what})" if what else str(path)
    try:
        size = path.stat().st_size
        if page is None:
            data = path.read_bytes()
            # Some decoders fill the missing rest of a JPEG with grey and report no error, so check for its end marker.
            whole = not data.startswith(b"\xff\xd8") or data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
            image = _decoded_bytes(data, cv2.IMREAD_COLOR if spread is None else _DEEP) if data and whole else None
        else:
            whole, image = True, _decoded(path, page)
    except OSError as error:
        raise VideoError(f"{where} cannot be read: {error.strerror or error}") from error
    if image is not None and image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8) if spread is None else spread.apply(image.astype(np.uint16, copy=False))
    if image is None or image.dtype != np.uint8:
        found = "is empty" if not size else "is cut short" if not whole else "cannot be decoded as an image"
        raise VideoError(f"{where} {found}; restore it from its source or remove it from the folder")
    # Unlike NumPy, cvtColor releases the GIL while it works.
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _decoded(path: Path, page: int | None) -> Pixels | None:
    """An image, or a page of a file of several, in BGR with its own depth; None if it cannot be decoded.

    Raises OSError.
    """
    if page is None:
        return _decoded_bytes(path.read_bytes(), _DEEP)
    try:
        # By name, because the file may be larger than the memory.
        done, found = cv2.imreadmulti(str(path), page, 1, flags=_DEEP)
    except cv2.error:
        return None
    return found[0] if done and len(found) == 1 else None


def _decoded_bytes(data: bytes, flags: int) -> Pixels | None:
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None


def _natural(name: str) -> tuple[list[tuple[int, int | str]], str]:
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part], name


def _first_size(folder: Path, files: list[Path], warnings: list[str]) -> tuple[int, int]:
    """Width and height of the first image that can be read."""
    for index, file in enumerate(files):
        try:
            page = 0 if count_pages(file) > 1 else None
            height, width = read_image(file, f"frame {index}", page).shape[:2]
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
