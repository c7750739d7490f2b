"""Hidden folders for unfinished files, which the next program of the same kind removes if their writer was killed.

A writer holds a lock of the operating system in its folder, which the system drops when the process dies. So a folder
whose lock can be had is left over, whatever process ids and clocks say. Where the file system knows no locks, and where
a folder holds no lock file, nothing is removed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import lock_descriptor, unlock_descriptor

#: Name of the lock file in each folder.
LOCK = ".annotator-writes-here"


class Scratch:
    """A new hidden folder, ``PREFIX`` and eight characters, locked until `close`.

    Raises:
        OSError: the folder cannot be created.
    """

    def __init__(self, parent: Path, prefix: str) -> None:
        while True:
            self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            self._lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            with suppress(OSError):  # no locks here
                lock_descriptor(self._lock, blocking=False)
            if (self.folder / LOCK).exists():  # else another program has just taken it for a leftover
                return
            self.close()

    def release(self) -> None:
        """Give the lock back but keep the folder, which then counts as left over."""
        if self._lock >= 0:
            with suppress(OSError):
                unlock_descriptor(self._lock)
            os.close(self._lock)
            self._lock = -1

    def close(self) -> None:
        """Remove the folder. A second call does nothing."""
        if sys.platform == "win32":  # which removes no open file
            self.release()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()


def leftovers(parent: Path, prefix: str) -> Iterator[Path]:
    """Yield the folders of this prefix whose writers are dead. Each is locked while the caller looks at it."""
    with suppress(OSError):
        for entry in list(os.scandir(parent)):
            if entry.name.startswith(prefix) and entry.is_dir(follow_symlinks=False):
                with _taken(Path(entry.path) / LOCK) as taken:
                    if taken:
                        yield Path(entry.path)


@contextmanager
def _taken(lock: Path) -> Iterator[bool]:
    """Whether the lock of a folder could be had; it is held within."""
    try:
        fd = os.open(lock, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        yield False
        return
    taken = False
    try:
        with suppress(OSError):
            taken = bool(lock_descriptor(fd, blocking=False))
        yield taken
    finally:
        if taken:
            with suppress(OSError):
                unlock_descriptor(fd)
        os.close(fd)


def remove_leftovers(parent: Path, prefix: str) -> None:
    """Remove the folders of this prefix whose writers are dead."""
    for folder in leftovers(parent, prefix):
        shutil.rmtree(folder, ignore_errors=True)
