"""One writer per project: a lock file that names its holder, held by a lock of the operating system.

The operating system drops its lock when the process dies, however it dies, so a lock file left behind by a dead
process of this machine is taken over silently. Across machines such locks cannot be trusted; there the name in the
file decides.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from annotator.errors import ProjectBusyError, StorageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Windows locks are mandatory: lock a byte far behind the text, so that others can read who holds it.
_LOCK_OFFSET = 1 << 30


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
            os.write(self._fd, json.dumps(asdict(holder)).encode())
        except OSError as error:
            self.release()
            raise StorageError(f"{project} cannot be locked for writing ({error.strerror}); free some space or open it "
                               "read-only") from error

    def release(self) -> None:
        """Give the lock back and remove its file."""
        if self._fd < 0:
            return
        if sys.platform == "win32":
            os.lseek(self._fd, _LOCK_OFFSET, os.SEEK_SET)
            msvcrt.locking(self._fd, msvcrt.LK_UNLCK, 1)
            os.close(self._fd)
            self._path.unlink(missing_ok=True)
        else:
            # Removed while still held: whoever opened the old file meanwhile notices and starts anew.
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
        self._fd = -1

    def _acquire(self) -> int:
        while True:
            try:
                fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as error:
                raise StorageError(f"{self._project}: its folder cannot be written ({error.strerror}); "
                                   "open the project read-only or copy it elsewhere") from error
            if not _try_lock(fd):
                os.close(fd)
                raise ProjectBusyError(self._busy_message(read_holder(self._path)))
            if self._still_there(fd):
                break
            os.close(fd)
        holder = read_holder(self._path)
        if holder is not None and holder.host != socket.gethostname():
            os.close(fd)
            raise ProjectBusyError(f"{self._busy_message(holder)}; if that program is gone, delete {self._path.name}")
        return fd

    def _still_there(self, fd: int) -> bool:
        """Whether the locked file is the one that the path names (its last holder may just have removed it)."""
        if sys.platform == "win32":
            return True
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
        fields = json.loads(lock_path.read_text(encoding="utf-8"))
        return LockHolder(str(fields["program"]), int(fields["pid"]), str(fields["host"]), str(fields["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _try_lock(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(fd, _LOCK_OFFSET, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:
        return False
    return True
