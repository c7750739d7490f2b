"""Give a complete file its name: one that must be free, or one whose file it replaces."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

#: What a file system without hard links answers.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES})


def publish_new(built: Path, target: Path) -> None:
    """Move a complete file to a name that must be free, in one step of the file system. Never replaces a file.

    On file systems without hard links the name is claimed by an empty file first, which a kill may leave behind.

    Raises:
        FileExistsError: the name is in use, also by a broken link; ``built`` stays.
        OSError: the folder cannot be written.
    """
    if sys.platform == "win32":
        built.rename(target)  # refuses a name in use
        return
    try:
        os.link(built, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        os.replace(built, target)
    else:
        built.unlink()


def publish(built: Path, target: Path, overwrite: bool) -> None:
    """Move a complete file to its name. Raises FileExistsError if the name is in use and must not be overwritten."""
    if overwrite:
        os.replace(built, target)
    else:
        publish_new(built, target)


def real_path(path: Path) -> Path:
    """Return the absolute path without symbolic links; its last parts need not exist.

    Raises:
        OSError: symbolic links that lead to themselves.
    """
    try:
        resolved = path.resolve()
    except RuntimeError as error:  # a loop, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error
    if resolved.is_symlink():  # a loop, from Python 3.13 on
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return resolved
