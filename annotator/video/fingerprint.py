"""A content fingerprint of a video that survives copying, moving and renaming."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from annotator.errors import VideoError
from annotator.video.images import image_files
from annotator.video.mot import find_sequence
from annotator.video.regular import check_regular
from annotator.video.scan import PROGRESS_EVERY, Progress

_CHUNK = 1 << 20
_IMAGE_HEAD = 1 << 16


def fingerprint(path: str | os.PathLike[str], progress: Progress | None = None) -> str:
    """Content fingerprint: ``file-SIZE-HASH`` or ``images-COUNT-HASH``, where HASH is 128 bits of a SHA-256.

    For a file, the hash covers its size and its first, middle and last MiB (all of it up to 3 MiB). For a folder of
    images, it covers the name and size of every image and the first 64 KiB of the first and the last image. A MOT
    sequence has the fingerprint of its image folder, so its labels may change. Paths and file times have no influence.

    ``progress`` is called with (done, total) images of a folder; an exception that it raises stops the work.

    Raises VideoError if the path cannot be read or the folder has no images.
    """
    source = Path(path)
    try:
        check_regular(source)
        return _of_folder(source, progress) if source.is_dir() else _of_file(source)
    except OSError as error:
        raise VideoError(f"{source} cannot be read: {error.strerror or error}") from error


def _of_file(path: Path) -> str:
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        if size <= 3 * _CHUNK:
            digest.update(file.read())
        else:
            for offset in (0, (size - _CHUNK) // 2, size - _CHUNK):
                file.seek(offset)
                digest.update(file.read(_CHUNK))
    return f"file-{size}-{digest.hexdigest()[:32]}"


def _of_folder(path: Path, progress: Progress | None) -> str:
    sequence = find_sequence(path)
    files = image_files(sequence.image_dir, sequence.image_ext) if sequence else image_files(path)
    digest = hashlib.sha256()
    for number, file in enumerate(files):
        if progress is not None and number % PROGRESS_EVERY == 0:
            progress(number, len(files))
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
    for file in (files[0], files[-1]):
        with file.open("rb") as opened:
            digest.update(opened.read(_IMAGE_HEAD))
    return f"images-{len(files)}-{digest.hexdigest()[:32]}"
