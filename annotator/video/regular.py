"""Only regular files and folders are videos: a device or a pipe never ends, or waits for ever."""

from __future__ import annotations

import stat
from pathlib import Path

from annotator.errors import VideoError

_SYSTEM = frozenset({("/", "proc"), ("/", "sys"), ("/", "dev")})


def check_regular(path: Path) -> None:
    """Raise VideoError for a device, a pipe or a socket, also behind a link; a missing file is left to the caller.

    A path of the kernel's own folders is refused too: its files look regular, but reading one can act or never end.
    """
    try:
        mode = path.stat().st_mode
        real = path.resolve()
    except ValueError as error:  # a NUL in the name
        raise VideoError(f"{str(path)[:200]!r} is not a path; choose a video or a folder of images") from error
    except OSError:
        return
    if real.parts[:2] in _SYSTEM and real.parts[:3] != ("/", "dev", "shm"):
        raise VideoError(f"{path} is not a regular file or folder but part of the system; choose a video")
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise VideoError(f"{path} is not a regular file but a device, pipe or socket; choose a video or a folder of "
                         "images")
