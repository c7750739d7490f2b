"""One writer per project: a lock file that names its holder, held by a lock of the operating system.

The lock file lies next to the file that the project's path resolves to, so that all symbolic links share it. Hard
links in other folders do not, so a project that has several names is not opened for writing.

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
import stat
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import lock_descriptor, unlock_descriptor

from annotator.errors import ProjectBusyError, StorageError
from annotator.files.publish import real_path

_WINDOWS = sys.platform == "win32"
#: Windows lets nobody else read the byte that is locked, which is the first: the name begins behind it.
_LOCKED = b"\n"
#: How a holder's name begins, also one that was written only in part.
_OURS = b'\n{"program": '
#: Refuses to open a symbolic link; Windows creates none without special rights.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
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
    """Holds ``<project>.lock``, next to the file that the path resolves to, until `release`.

    Raises:
        ProjectBusyError: another program holds it; the message says who.
        StorageError: the lock file cannot be written, or is a file of something else.
    """

    def __init__(self, project: Path, program: str) -> None:
        self._project = project
        self.place = resolved(project)
        """The file that is locked."""
        self.taken_over = False
        """Whether the last holder died without releasing the lock."""
        self._path = self.place.with_name(self.place.name + ".lock")
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

    def release(self, leave_record: bool = False) -> None:
        """Give the lock back and remove its file. With ``leave_record`` the file stays, and the next holder takes over
        as from one that died."""
        if self._fd < 0:
            return
        if not _WINDOWS and not leave_record:
            # Removed while still held: a program that opened the old file meanwhile notices and starts again.
            self._path.unlink(missing_ok=True)
        unlock_descriptor(self._fd)
        os.close(self._fd)
        self._fd = -1
        if _WINDOWS and not leave_record:
            # Windows removes no open file, and another program may have opened this one meanwhile.
            with suppress(OSError):
                self._path.unlink()

    def _acquire(self) -> int:
        while True:
            fd = self._open()
            if not self._lock(fd):
                os.close(fd)
                raise ProjectBusyError(self._busy_message(read_holder(self._path)))
            if self._still_there(fd):
                break
            os.close(fd)
        try:
            self._check_last_holder(os.read(fd, _LONGEST))
        except StorageError:
            os.close(fd)
            raise
        return fd

    def _open(self) -> int:
        """Open the lock file, and no file that a link in its place leads to, because it will be overwritten."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o666)
        except OSError as error:
            if self._path.is_symlink():
                raise self._not_ours() from error
            raise StorageError(f"{self._project}: its folder cannot be written ({error.strerror}); "
                               "open the project read-only or copy it elsewhere") from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise self._not_ours()
        return fd

    def _check_last_holder(self, content: bytes) -> None:
        holder = _holder(content)
        if holder is None and content.strip(b"\0\n") and not content.startswith(_OURS):
            raise self._not_ours()
        if holder is not None and holder.host != socket.gethostname():
            raise ProjectBusyError(f"{self._busy_message(holder)}; if that program is gone, delete {self._path.name}")
        self.taken_over = bool(content)

    def _not_ours(self) -> StorageError:
        return StorageError(f"{self._path} is no lock file of this program; move it away, or open the project "
                            "read-only")

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


def resolved(project: Path) -> Path:
    """The file that a project's path leads to. Raises StorageError for links that lead to themselves."""
    try:
        return real_path(project)
    except OSError as error:
        raise StorageError(f"{project} cannot be opened ({error.strerror}); choose an .annot file") from error


def check_only_name(place: Path, project: Path) -> None:
    """Check that a file has no second name, through which another program could write to it unnoticed.

    Raises:
        StorageError: the file has hard links.
    """
    names = place.stat().st_nlink
    if names > 1:
        raise StorageError(f"{project} is one file with {names} names (hard links), and a program that opens another "
                           "of them would not see this one's lock and log; make a copy and open that, delete the other "
                           "names, or open it read-only")


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
