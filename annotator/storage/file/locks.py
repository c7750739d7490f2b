"""One writer per project: a lock file that names its holder, held by a lock of the operating system.

The operating system drops its lock when the process dies, however it dies, so a lock file left behind by a dead
process of this machine is taken over silently. Across machines such locks cannot be trusted; there the name in the
file decides.

filelock locks the open file; opening, signing and removing it is ours. Its `FileLock` opens the file too, but reports a
folder that refuses new files, and a file that its holder has just removed, as held by somebody.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import lock_descriptor, unlock_descriptor

from annotator.errors import ProjectBusyError, StorageError

_WINDOWS = sys.platform == "win32"
#: Windows lets nobody else read the byte that is locked, which is the first: the name begins behind it.
_LOCKED = b"\n"
#: Bytes that no holder's name takes.
_LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who has a project open for writing."""

    program: str
    pid: int
    host: str
    since: str
    """UTC, ISO 8601."""


class WriterLock:
    """Holds ``<project>.lock`` until `release`.

    Raises:
        ProjectBusyError: another program holds it; the message says who.
        StorageError: the lock file cannot be written.
    """

    def __init__(self, project: Path, program: str) -> None:
        self._path = project.with_name(project.name + ".lock")
        self._project = project
        self._fd = self._acquire()
        holder = LockHolder(program, os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat("T", "seconds"))
        try:
            os.ftruncate(self._fd, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)
            os.write(self._fd, _LOCKED + json.dumps(asdict(holder)).encode())
        except OSError as error:
            self.release()
            raise StorageError(f"{project} cannot be locked for writing ({error.strerror}); free some space or open it "
                               "read-only") from error

    def release(self) -> None:
        """Give the lock back and remove its file."""
        if self._fd < 0:
            return
        if not _WINDOWS:
            # Removed while still held: a program that opened the old file meanwhile notices and starts again.
            self._path.unlink(missing_ok=True)
        unlock_descriptor(self._fd)
        os.close(self._fd)
        self._fd = -1
        if _WINDOWS:
            # Windows removes no open file, and another program may have opened this one meanwhile.
            with suppress(OSError):
                self._path.unlink()

    def _acquire(self) -> int:
        while True:
            try:
                fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as error:
                raise StorageError(f"{self._project}: its folder cannot be written ({error.strerror}); "
                                   "open the project read-only or copy it elsewhere") from error
            if not self._lock(fd):
                os.close(fd)
                raise ProjectBusyError(self._busy_message(read_holder(self._path)))
            if self._still_there(fd):
                break
            os.close(fd)
        holder = _holder(os.read(fd, _LONGEST))
        if holder is not None and holder.host != socket.gethostname():
            os.close(fd)
            raise ProjectBusyError(f"{self._busy_message(holder)}; if that program is gone, delete {self._path.name}")
        return fd

    def _lock(self, fd: int) -> bool:
        """Lock the open file. False: another program holds it."""
        try:
            return lock_descriptor(fd, blocking=False)
        except OSError as error:
            os.close(fd)
            raise StorageError(f"{self._project}: its folder knows no locks ({error.strerror}); open the project "
                               "read-only or copy it elsewhere") from error

    def _still_there(self, fd: int) -> bool:
        """Whether the locked file is the one that the path names (its last holder may just have removed it)."""
        try:
            return os.path.samestat(os.fstat(fd), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _busy_message(self, holder: LockHolder | None) -> str:
        if holder is None:
            return f"{self._project} is open in another program; close it there or open it read-only"
        return (f"{self._project} is open in {holder.program} (process {holder.pid} on {holder.host}, since "
                f"{holder.since}); close it there or open it read-only")


def read_holder(lock_path: Path) -> LockHolder | None:
    """Who a lock file names; None if it is empty or unreadable."""
    try:
        with lock_path.open("rb", buffering=0) as file:
            file.seek(len(_LOCKED) if _WINDOWS else 0)
            return _holder(file.read(_LONGEST))
    except OSError:
        return None


def _holder(content: bytes) -> LockHolder | None:
    try:
        fields = json.loads(content)
        return LockHolder(str(fields["program"]), int(fields["pid"]), str(fields["host"]), str(fields["since"]))
    except (ValueError, KeyError, TypeError):
        return None
