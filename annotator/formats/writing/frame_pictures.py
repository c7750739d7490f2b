"""Write the images of exported frames where the format expects them.

Frames are decoded from the video and encoded again; or the files of a folder of images are copied, or linked to save
space. Images are written after the labels have been written and verified, and are moved into place together with them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, LabelFormat, PictureSource
from annotator.formats.writing.staging import Staging
from annotator.model.frame import Image
from annotator.model.sequence import SequenceInfo

# Listing formats needs no decoder, so the video package is imported only when an image is written.
if TYPE_CHECKING:
    from annotator.video import VideoReader
    from annotator.video.images import ImageReader

#: Decoded frames that may wait to be encoded.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class _Sequence:
    info: SequenceInfo
    """The written video."""
    source: SequenceInfo
    sidecar: str


class FramePictures:
    """Writes the images of one export, if the options ask for them."""

    def __init__(self, each: LabelFormat, options: ExportOptions, source: PictureSource | None) -> None:
        """Raises FormatError if the format defines no place for images, or there is no video to read them from."""
        self._format, self._options = each, options
        self._wanted = options.pictures != "none"
        self._source = source or PictureSource({})
        self._sequences: list[_Sequence] = []
        self.written = 0
        if self._wanted and "pictures" not in each.options:
            raise FormatError(f"{each.name} defines no place for images; export only the labels, or choose another "
                              "format")
        if self._wanted and source is None:
            raise FormatError("images cannot be exported because no video is given; give a video, or export only the "
                              "labels")
        if not 1 <= options.jpeg_quality <= 100:
            raise FormatError(f"a JPEG quality of {options.jpeg_quality} is not valid; give a number from 1 to 100")

    def named(self, info: SequenceInfo, source: SequenceInfo) -> SequenceInfo:
        """The header of the written video, with the suffix of its image files. Raises FormatError and VideoError."""
        kind = self._options.pictures
        if not self._wanted:
            return info
        return replace(info, image_ext=f".{kind}" if kind in ("jpg", "png") else self._suffix_of_files(source))

    def add(self, source: SequenceInfo, info: SequenceInfo, sidecar: str) -> None:
        """Add a sequence whose images are written at the end; ``info`` describes the written video."""
        if self._wanted:
            self._sequences.append(_Sequence(info, source, sidecar))

    def write(self, staging: Staging) -> tuple[str, ...]:
        """Write the images of all sequences. Returns texts on what was done.

        Raises FormatError for a video that does not match the labels, VideoError for one that cannot be decoded.
        """
        for each in self._sequences:
            with self._opened(each.source) as reader:
                if self._options.pictures in ("jpg", "png"):
                    self._encode(staging, each, reader)
                else:
                    self._take_files(staging, each, _image_folder(reader))
        return (f"{self.written} images",) if self._sequences else ()

    def _opened(self, info: SequenceInfo) -> VideoReader:
        from annotator.video import open_video

        paths = self._source.paths
        path = paths.get(info.name) or (next(iter(paths.values())) if len(paths) == 1 else None)
        if path is None:
            raise FormatError(f"no video is given for the images of {info.name}; the given videos are "
                              f"{', '.join(paths)}")
        reader = open_video(path)
        found = reader.info
        size = (info.width or found.width, info.height or found.height)
        if found.frame_count != info.frame_count or (found.width, found.height) != size:
            reader.close()
            raise FormatError(f"{path} has {found.frame_count} frames of {found.width} x {found.height}, but the "
                              f"labels of {info.name} are for {info.frame_count} of {size[0]} x {size[1]}; give the "
                              "video that the labels were made for")
        return reader

    def _suffix_of_files(self, info: SequenceInfo) -> str:
        with self._opened(info) as reader:
            folder = _image_folder(reader)
            suffixes = {folder.image_path(index).suffix for index in self._options.frame_range(info)}
        if len(suffixes) > 1:
            raise FormatError(f"{info.name} has images of several types ({', '.join(sorted(suffixes))}), which no "
                              "format supports; export them as jpg or png")
        return suffixes.pop()

    def _place(self, staging: Staging, each: _Sequence, index: int) -> Path:
        self._source.on_picture()
        relative = self._format.picture(each.info, index, self._options)
        assert relative is not None
        self.written += 1
        return staging.add(relative, each.sidecar, listed=False)

    def _encode(self, staging: Staging, each: _Sequence, reader: VideoReader) -> None:
        from annotator.video import ReadAhead

        wanted = self._options.frame_range(each.source)
        with ReadAhead(reader, wanted.start, wanted.stop, _AHEAD, step=wanted.step) as frames:
            for index, frame in enumerate(frames):
                self._place(staging, each, index).write_bytes(_coded(frame.image, self._options))

    def _take_files(self, staging: Staging, each: _Sequence, folder: ImageReader) -> None:
        take = shutil.copyfile if self._options.pictures == "copy" else _link
        for index, source in enumerate(self._options.frame_range(each.source)):
            take(folder.image_path(source).resolve(), self._place(staging, each, index))


def _image_folder(reader: VideoReader) -> ImageReader:
    from annotator.video.images import ImageReader

    if not isinstance(reader, ImageReader):
        raise FormatError(f"{reader.info.path} is a video file, whose frames can be neither copied nor linked; export "
                          "them as jpg or png")
    if not reader.one_file_per_frame:
        raise FormatError(f"{reader.info.path} has several frames in one file, which can be neither copied nor linked "
                          "one by one; export them as jpg or png")
    return reader


def _coded(image: Image, options: ExportOptions) -> bytes:
    """Encode one (H, W, 3) RGB frame as the bytes of a file."""
    import cv2

    # Chroma is not subsampled from quality 95 on, where small files don't matter.
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if options.jpeg_quality >= 95 else (
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420)
    settings: Sequence[int] = () if options.pictures == "png" else (
        cv2.IMWRITE_JPEG_QUALITY, options.jpeg_quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling)
    done, data = cv2.imencode(f".{options.pictures}", np.ascontiguousarray(image[:, :, ::-1]), settings)
    if not done:
        raise FormatError(f"an image of {image.shape[1]} x {image.shape[0]} cannot be encoded as {options.pictures}; "
                          "choose the other image type")
    return data.tobytes()


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        raise FormatError(f"{source} cannot be linked from the output folder ({error.strerror or error}); copy the "
                          "images instead, or choose a folder on the same drive") from error
