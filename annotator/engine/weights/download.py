"""Download published weights: resume interrupted downloads, verify the file, move it into place atomically."""

from __future__ import annotations

import errno
import http.client
import logging
import os
import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from annotator import __version__
from annotator.engine.weights.checkpoints import Progress, Weights, file_sha256, known
from annotator.errors import DownloadError

log = logging.getLogger(__name__)

MIRROR_VARIABLE = "ANNOTATOR_MIRROR"

_CHUNK = 1 << 18
#: Disk space to leave free after the download.
_MARGIN_BYTES = 64 << 20
#: HTTP status codes worth a retry.
_TRANSIENT_STATUSES = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long to retry a download."""

    attempts: int = 6
    """Number of consecutive failures without progress before giving up."""
    first_wait_s: float = 1.0
    """Wait after the first failure; doubled after each further one, up to 30 s."""
    timeout_s: float = 30.0
    """Maximum time without data on a connection."""
    sleep: Callable[[float], None] = field(default=time.sleep)

    def wait(self, failures: int) -> None:
        self.sleep(min(self.first_wait_s * 2 ** (failures - 1), 30.0))


class _Interrupted(Exception):
    """The transfer failed, but a retry may succeed."""


def download(name: str, progress: Progress | None = None, mirror: str | None = None, folder: Path | None = None,
             retries: Retries | None = None) -> Path:
    """Download weights by name, unless they are installed.

    An interrupted download is resumed. Concurrent downloads of the same file, in any number of programs, wait for the
    first and use its result.

    Args:
        name: a name in the manifest.
        progress: called often with bytes done and total bytes; an exception that it raises stops the download, and the
            received part is kept for the next time.
        mirror: base URL or folder with the published files under their own names; default ANNOTATOR_MIRROR, else the
            published address.
        folder: destination folder; default the models folder.
        retries: retry policy.

    Returns:
        Path of the file, with verified SHA-256.

    Raises:
        ModelError: unknown name.
        DownloadError: the download failed; the message says what to do manually.
    """
    weights = known(name)
    path = weights.path(folder)
    if weights.built_in:
        return path
    return fetch(weights, path, mirror or os.environ.get(MIRROR_VARIABLE) or "", progress, retries or Retries())


def fetch(weights: Weights, path: Path, mirror: str, progress: Progress | None, retries: Retries) -> Path:
    """Download one entry of the manifest to a path. See `download`."""
    job = _Download(weights, path, source_url(weights, mirror), progress or (lambda done, total: None), retries)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _exclusive(path, job):
            return path if job.is_complete() else job.run()
    except OSError as error:
        raise job.file_error(error) from error


def source_url(weights: Weights, mirror: str = "") -> str:
    """Return the download address: the published one, or a mirror given as base URL or folder."""
    if not mirror:
        return weights.url
    if "://" not in mirror:
        folder = Path(mirror).expanduser()
        if not folder.is_dir():
            raise DownloadError(f"the mirror {mirror} is neither a URL nor a folder: give one, or unset "
                                f"{MIRROR_VARIABLE}")
        return (folder.resolve() / weights.file).as_uri()
    if not mirror.startswith(("http://", "https://", "file://")):
        raise DownloadError(f"the mirror {mirror} has an unknown URL scheme: give an http, https or file URL")
    return mirror.rstrip("/") + "/" + urllib.parse.quote(weights.file)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _read(response: Any) -> bytes:
    """Return the next bytes. Raises _Interrupted for connection errors, to distinguish them from disk errors."""
    try:
        data: bytes = response.read(_CHUNK)
        return data
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(_reason(error)) from error


class _exclusive:  # noqa: N801 - reads as a statement: with _exclusive(...)
    """Holds the lock of a file; while another program holds it, shows that program's progress."""

    def __init__(self, path: Path, job: _Download) -> None:
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._job = job

    def __enter__(self) -> None:
        logged = False
        while True:
            try:
                self._lock.acquire(timeout=0.2)
                return
            except Timeout:
                if not logged:
                    log.info("waiting for another download of %s", self._job.weights.file)
                logged = True
                self._job.show_progress()

    def __exit__(self, *exc: object) -> None:
        self._lock.release()


class _Download:
    """The download of one file, stored as ``NAME.part`` in its folder until it is complete and verified."""

    def __init__(self, weights: Weights, path: Path, url: str, progress: Progress, retries: Retries) -> None:
        self.weights = weights
        self.path = path
        self.part = path.with_name(path.name + ".part")
        self.url = url
        self.progress = progress
        self.retries = retries
        self._reported_size: int | None = None

    def is_complete(self) -> bool:
        """Whether the file exists and is correct; an incorrect file is renamed, not deleted."""
        if not self.path.is_file():
            return False
        if self.weights.size in (None, self.path.stat().st_size) and self._matches(self.path):
            return True
        renamed = self.path.with_name(self.path.name + ".wrong")
        log.warning("%s is not the published file; renaming it to %s", self.path, renamed.name)
        self.path.replace(renamed)
        return False

    def run(self) -> Path:
        """Download, verify, move into place."""
        resumed = self.received() > 0
        self._fetch_all()
        if resumed and not self._matches(self.part):
            log.warning("%s was started with another file; downloading it again", self.part)
            self.part.unlink()
            self._reported_size = None
            self._fetch_all()
        digest = file_sha256(self.part)
        if not digest.startswith(self.weights.sha256):
            self.part.unlink()
            raise DownloadError(f"{self.url} is not the published {self.weights.file} (sha256 {digest[:8]}..., not "
                                f"{self.weights.sha256[:8]}...) and was not kept: try again, or use another mirror")
        self.part.replace(self.path)
        return self.path

    def _fetch_all(self) -> None:
        """Connect until every byte is received. Raises DownloadError if further attempts are pointless."""
        failures = 0
        while self.received() != self.size:
            before = self.received()
            try:
                self._check_space()
                self._transfer()
            except _Interrupted as error:
                failures = 1 if self.received() > before else failures + 1
                if failures >= self.retries.attempts:
                    raise self._unreachable(str(error)) from error
                # Retries may take minutes, so warn the user once about the cause.
                log.log(logging.WARNING if failures == 1 else logging.INFO, "%s: %s; trying again", self.url, error)
                self.retries.wait(failures)

    @property
    def size(self) -> int | None:
        """Bytes of the published file, from the manifest or else from the server; None before the server's answer."""
        return self._reported_size if self.weights.size is None else self.weights.size

    def received(self) -> int:
        """Return the number of bytes received so far."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def show_progress(self) -> None:
        self._show(self.received())

    def _show(self, done: int) -> None:
        """Report progress; a total of 0 means that the size is unknown."""
        self.progress(done if self.size is None else min(done, self.size), self.size or 0)

    def _matches(self, path: Path) -> bool:
        return file_sha256(path).startswith(self.weights.sha256)

    def _check_space(self) -> None:
        needed = (self.size or self.received()) - self.received() + _MARGIN_BYTES
        free = shutil.disk_usage(self.part.parent).free
        if free < needed:
            raise DownloadError(f"{self.part.parent} has {free >> 20} MB free, but {self.weights.name} needs "
                                f"{needed >> 20} MB: free some disk space, or set ANNOTATOR_MODELS_DIR to a larger "
                                "disk")

    def _transfer(self) -> None:
        """Receive data over one connection. Raises _Interrupted if a retry may help."""
        start = self.received()
        if self.size is not None and start > self.size:
            self.part.unlink()
            start = 0
        request = urllib.request.Request(self.url, headers={"User-Agent": f"sam2mot-annotator/{__version__}"})
        if start:
            request.add_header("Range", f"bytes={start}-")
        try:
            with urllib.request.urlopen(request, timeout=self.retries.timeout_s) as response:
                offset = self._offset(response, start)
                self._check_space()
                self._receive(response, offset)
        except urllib.error.HTTPError as error:
            self._refused(error)
        except urllib.error.URLError as error:
            self._not_opened(error)
        except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
            raise _Interrupted(_reason(error)) from error

    def _offset(self, response: Any, start: int) -> int:
        """Return the offset in the file at which the response starts. Raises DownloadError if the length of the file
        differs from the published one."""
        offset = 0
        if response.status == 206:
            span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
            if span is None or int(span[1]) != start:
                self.part.unlink(missing_ok=True)
                raise _Interrupted("the server resumed at a different offset than requested")
            offset = start
        length = response.headers.get("Content-Length")
        if length is not None and self.size is None:
            self._reported_size = offset + int(length)
        if length is not None and offset + int(length) != self.size:
            raise DownloadError(f"{self.url} has {offset + int(length)} bytes, but the published {self.weights.file} "
                                f"has {self.size}: it is another file; check the mirror, or for a login page")
        return offset

    def _receive(self, response: Any, offset: int) -> None:
        with self.part.open("r+b" if self.part.exists() else "wb") as stream:
            stream.seek(offset)
            stream.truncate()
            self._show(offset)
            while chunk := _read(response):
                stream.write(chunk)
                offset += len(chunk)
                if self.size is not None and offset > self.size:
                    raise DownloadError(f"{self.url} is longer than the {self.size} bytes of the published "
                                        f"{self.weights.file}: it is another file; check the mirror")
                self._show(offset)
            stream.flush()
            os.fsync(stream.fileno())
        if self.size is None:
            self._reported_size = offset
        if offset != self.size:
            raise _Interrupted(f"connection closed after {offset} of {self.size} bytes")

    def _refused(self, error: urllib.error.HTTPError) -> None:
        error.close()
        span = re.fullmatch(r"bytes \*/(\d+)", error.headers.get("Content-Range", ""))
        if error.code == 416 and self.size is None and span is not None and int(span[1]) == self.received():
            self._reported_size = self.received()  # the file was already complete
            return
        if error.code == 416:
            # The received part is longer than the server's file, so it cannot be resumed.
            self.part.unlink(missing_ok=True)
            raise _Interrupted("the server cannot resume the file") from error
        answer = f"the server answered {error.code} {error.reason}"
        if error.code in _TRANSIENT_STATUSES:
            raise _Interrupted(answer) from error
        raise DownloadError(f"{self.url}: {answer}; {self._manual_steps()}") from error

    def _not_opened(self, error: urllib.error.URLError) -> None:
        reason = error.reason
        if self.url.startswith("file:"):
            raise DownloadError(f"{self.url} cannot be opened ({reason}): check the mirror") from error
        if isinstance(reason, OSError) and "CERTIFICATE_VERIFY_FAILED" in str(reason):
            raise DownloadError(f"{self.url}: the server's certificate is not trusted (set SSL_CERT_FILE to your "
                                f"organisation's certificates); or {self._manual_steps()}") from error
        raise _Interrupted(str(reason)) from error

    def _unreachable(self, reason: str) -> DownloadError:
        kept = f" ({self.received() >> 20} MB are kept; the next download resumes)" if self.received() else ""
        return DownloadError(f"{self.weights.file} could not be downloaded from {self.url}: {reason}{kept}; check the "
                             f"network, or {self._manual_steps()}")

    def _manual_steps(self) -> str:
        mirror = "a mirror" if self.url == self.weights.url else "another mirror"
        return (f"download {self.weights.url} on another machine and save it as {self.path}, or set {MIRROR_VARIABLE} "
                f"to {mirror}")

    def file_error(self, error: OSError) -> DownloadError:
        """Return a one-line error for a failed file operation."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            needed = f"free {self.size >> 20} MB" if self.size else "free some disk space"
            return DownloadError(f"the disk of {self.path.parent} is full: {needed} and download again; the received "
                                 "part is kept")
        return DownloadError(f"{self.path} cannot be written ({error.strerror}): set ANNOTATOR_MODELS_DIR to a "
                             "writable folder")
