"""Videos: files through PyAV, folders of images and MOTChallenge sequences, frame by frame."""

from __future__ import annotations

import os
from pathlib import Path

from annotator.errors import SettingsError, VideoError
from annotator.video.animation import open_animation
from annotator.video.file import FileReader, open_file
from annotator.video.fingerprint import fingerprint
from annotator.video.images import IMAGE_SUFFIXES, ImageReader, open_folder, open_stack
from annotator.video.info import DEFAULT_FPS, MotPaths, VideoInfo
from annotator.video.read_ahead import ReadAhead
from annotator.video.reader import VideoReader
from annotator.video.regular import check_regular
from annotator.video.scan import Progress
from annotator.video.tiff_pages import TIFF_SUFFIXES

__all__ = ["DEFAULT_FPS", "FileReader", "ImageReader", "MotPaths", "Progress", "ReadAhead", "VideoInfo", "VideoReader",
           "fingerprint", "open_video"]


def open_video(path: str | os.PathLike[str], *, fps: float | None = None, verify: bool = False,
               progress: Progress | None = None) -> VideoReader:
    """Open a video file, a folder of images, or a MOTChallenge sequence (its folder or its ``img1``).

    Parameters
    ----------
    path
        mp4, mov, avi, mkv, webm, gif or another file that PyAV decodes; a folder of jpg, png, bmp, tif or webp; a
        tif file of several pages; or an animated png or webp file.
    fps
        Frame rate of a folder of images; overrides its ``seqinfo.ini``. Without either it is 25, and
        ``info.fps_source`` is "default". Files have their own timestamps.
    verify
        Decode a file once from end to end, so that ``frame_count`` is proven even if damage leaves the container
        intact. By default only the part of the file whose packets leave a doubt is decoded.
    progress
        Called with (done, total) during the passes over a file. An exception that it raises stops the opening.

    Returns
    -------
    VideoReader
        With ``info``, ``times``, ``warnings`` (damage that leaves the rest usable) and, for a sequence, ``mot``.

    Raises
    ------
    VideoError
        ``path`` does not exist, is not a video, or has no frame that can be decoded.
    SettingsError
        ``fps`` is not a number above 0.
    """
    source = Path(path)
    if fps is not None and not 0 < fps < 1e6:
        raise SettingsError(f"fps is {fps}; it must be a number above 0")
    try:
        check_regular(source)
        if source.is_dir():
            return open_folder(source, fps)
        stack = open_stack(source, fps) if source.suffix.lower() in TIFF_SUFFIXES and source.is_file() else None
        if stack is not None:
            return stack
        animation = open_animation(source) if source.is_file() else None
        if animation is not None:
            return animation
        if source.suffix.lower() in IMAGE_SUFFIXES and source.is_file():
            raise VideoError(f"{source} is a single image; open the folder that contains it, or a video")
        return open_file(source, verify, progress)
    except OSError as error:
        raise VideoError(f"{source} cannot be read: {error.strerror or error}") from error
