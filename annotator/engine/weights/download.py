"""Fetching published weights: resumed where it was cut, checked, and put in place in one step."""

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
#: Left free on the disk beside the file.
_MARGIN_BYTES = 64 << 20
#: Answers that may be different the next time.
_PASSING_STATUSES = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a download is."""

    attempts: int = 6
    """Failures in a row, without a byte in between, before it gives up."""
    first_wait_s: float = 1.0
    """Wait after the first failure; doubled after each further one, up to 30 s."""
    timeout_s: float = 30.0
    """Longest silence on a connection."""
    sleep: Callable[[float], None] = field(default=time.sleep)

    def wait(self, failures: int) -> None:
        self.sleep(min(self.first_wait_s * 2 ** (failures - 1), 30.0))


class _Cut(Exception):
    """The transfer failed in a way that trying again may mend."""


def download(name: str, progress: Progress | None = None, mirror: str | None = None, folder: Path | None = None,
             retries: Retries | None = None) -> Path:
    """Fetch weights by name, unless they are there already.

    A file cut off by a lost connection or a closed program is continued. Downloads of one file at the same time, in
    any number of programs, wait for the first and take its result.

    Args:
        name: a name of the manifest.
        progress: called often with bytes done and bytes in all; raising in it stops the download, and what has been
            fetched is kept for the next time.
        mirror: base URL or folder that has the published files under their own names; default ANNOTATOR_MIRROR,
            else the public home.
        folder: where to put the file; default the models folder.
        retries: patience.

    Returns:
        Path of the file, its SHA-256 verified.

    Raises:
        ModelError: no such name.
        DownloadError: it could not be had; the message says what to do by hand.
    """
    weights = known(name)
    path = weights.path(folder)
    if weights.built_in:
        return path
    return fetch(weights, path, mirror or os.environ.get(MIRROR_VARIABLE) or "", progress, retries or Retries())


def fetch(weights: Weights, path: Path, mirror: str, progress: Progress | None, retries: Retries) -> Path:
    """Fetch one entry of the manifest to a path. See `download`."""
    job = _Download(weights, path, source_url(weights, mirror), progress or (lambda done, total: None), retries)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(path, job):
            return path if job.is_there() else job.run()
    except OSError as error:
        raise job.file_error(error) from error


def source_url(weights: Weights, mirror: str = "") -> str:
    """Where the file is fetched from: its public home, or a mirror given as base URL or folder."""
    if not mirror:
        return weights.url
    if "://" not in mirror:
        folder = Path(mirror).expanduser()
        if not folder.is_dir():
            raise DownloadError(f"the mirror {mirror} is neither a URL nor a folder: give one, or unset "
                                f"{MIRROR_VARIABLE}")
        return (folder.resolve() / weights.file).as_uri()
    if not mirror.startswith(("http://", "https://", "file://")):
        raise DownloadError(f"the mirror {mirror} is of an unknown kind: give an http, https or file URL")
    return mirror.rstrip("/") + "/" + urllib.parse.quote(weights.file)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _read(response: Any) -> bytes:
    """The next bytes. Every failure of the connection is a cut, so that it is told from one of the disk."""
    try:
        data: bytes = response.read(_CHUNK)
        return data
    except (OSError, http.client.HTTPException) as error:
        raise _Cut(_reason(error)) from error


class _only_one:  # noqa: N801 - read as a statement: with _only_one(...)
    """Holds the lock of a file; while another program holds it, shows that one's progress."""

    def __init__(self, path: Path, job: _Download) -> None:
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._job = job

    def __enter__(self) -> None:
        told = False
        while True:
            try:
                self._lock.acquire(timeout=0.2)
                return
            except Timeout:
                if not told:
                    log.info("waiting for another download of %s", self._job.weights.file)
                told = True
                self._job.show_progress()

    def __exit__(self, *exc: object) -> None:
        self._lock.release()


class _Download:
    """One file on its way: ``NAME.part`` beside its place until it is whole and verified."""

    def __init__(self, weights: Weights, path: Path, url: str, progress: Progress, retries: Retries) -> None:
        self.weights = weights
        self.path = path
        self.part = path.with_name(path.name + ".part")
        self.url = url
        self.progress = progress
        self.retries = retries
        self._told_size: int | None = None

    def is_there(self) -> bool:
        """Whether the file is in place and right; a wrong one is put aside, not deleted."""
        if not self.path.is_file():
            return False
        if self.weights.size in (None, self.path.stat().st_size) and self._is_right(self.path):
            return True
        aside = self.path.with_name(self.path.name + ".wrong")
        log.warning("%s is not the published file; it is now %s", self.path, aside.name)
        self.path.replace(aside)
        return False

    def run(self) -> Path:
        """Fetch, verify, put in place."""
        continued = self.got() > 0
        self._fetch_all()
        if continued and not self._is_right(self.part):
            log.warning("%s was begun with another file; fetching it from the start", self.part)
            self.part.unlink()
            self._told_size = None
            self._fetch_all()
        digest = file_sha256(self.part)
        if not digest.startswith(self.weights.sha256):
            self.part.unlink()
            raise DownloadError(f"{self.url} is not the published {self.weights.file} (sha256 {digest[:8]}..., not "
                                f"{self.weights.sha256[:8]}...) and was not kept: try again, or another mirror")
        self.part.replace(self.path)
        return self.path

    def _fetch_all(self) -> None:
        """Connect until every byte is there. Raises DownloadError when there is no point in going on."""
        failures = 0
        while self.got() != self.size:
            before = self.got()
            try:
                self._check_space()
                self._transfer()
            except _Cut as cut:
                failures = 1 if self.got() > before else failures + 1
                if failures >= self.retries.attempts:
                    raise self._unreachable(str(cut)) from cut
                # Silence may last minutes; whoever waits is told once what for.
                log.log(logging.WARNING if failures == 1 else logging.INFO, "%s: %s; trying again", self.url, cut)
                self.retries.wait(failures)

    @property
    def size(self) -> int | None:
        """Bytes of the published file: from the manifest, else as the server says; None before it has said."""
        return self._told_size if self.weights.size is None else self.weights.size

    def got(self) -> int:
        """Bytes fetched so far."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def show_progress(self) -> None:
        self._show(self.got())

    def _show(self, done: int) -> None:
        """Progress; 0 stands for a size that nobody has told yet."""
        self.progress(done if self.size is None else min(done, self.size), self.size or 0)

    def _is_right(self, path: Path) -> bool:
        return file_sha256(path).startswith(self.weights.sha256)

    def _check_space(self) -> None:
        needed = (self.size or self.got()) - self.got() + _MARGIN_BYTES
        free = shutil.disk_usage(self.part.parent).free
        if free < needed:
            raise DownloadError(f"{self.part.parent} has {free >> 20} MB free and {self.weights.name} needs "
                                f"{needed >> 20} MB: free some space, or set ANNOTATOR_MODELS_DIR to a larger disk")

    def _transfer(self) -> None:
        """One connection. Raises _Cut when trying again may help."""
        start = self.got()
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
            raise _Cut(_reason(error)) from error

    def _offset(self, response: Any, start: int) -> int:
        """Where in the file the answer begins; refuses an answer of another length than the published file's."""
        offset = 0
        if response.status == 206:
            span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
            if span is None or int(span[1]) != start:
                self.part.unlink(missing_ok=True)
                raise _Cut("the server continued at another place than asked")
            offset = start
        length = response.headers.get("Content-Length")
        if length is not None and self.size is None:
            self._told_size = offset + int(length)
        if length is not None and offset + int(length) != self.size:
            raise DownloadError(f"{self.url} has {offset + int(length)} bytes and the published {self.weights.file} "
                                f"{self.size}: it is another file; check the mirror, or a login page in between")
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
                    raise DownloadError(f"{self.url} goes on after the {self.size} bytes of the published "
                                        f"{self.weights.file}: it is another file; check the mirror")
                self._show(offset)
            stream.flush()
            os.fsync(stream.fileno())
        if self.size is None:
            self._told_size = offset
        if offset != self.size:
            raise _Cut(f"cut off after {offset} of {self.size} bytes")

    def _refused(self, error: urllib.error.HTTPError) -> None:
        error.close()
        span = re.fullmatch(r"bytes \*/(\d+)", error.headers.get("Content-Range", ""))
        if error.code == 416 and self.size is None and span is not None and int(span[1]) == self.got():
            self._told_size = self.got()  # it was whole already
            return
        if error.code == 416:
            # What is there is no beginning of the server's file.
            self.part.unlink(missing_ok=True)
            raise _Cut("the server cannot continue the file") from error
        answer = f"the server answered {error.code} {error.reason}"
        if error.code in _PASSING_STATUSES:
            raise _Cut(answer) from error
        raise DownloadError(f"{self.url}: {answer}; {self._by_hand()}") from error

    def _not_opened(self, error: urllib.error.URLError) -> None:
        reason = error.reason
        if self.url.startswith("file:"):
            raise DownloadError(f"{self.url} cannot be opened ({reason}): check the mirror") from error
        if isinstance(reason, OSError) and "CERTIFICATE_VERIFY_FAILED" in str(reason):
            raise DownloadError(f"{self.url}: the server's certificate is not trusted here (set SSL_CERT_FILE to your "
                                f"organisation's certificates); or {self._by_hand()}") from error
        raise _Cut(str(reason)) from error

    def _unreachable(self, reason: str) -> DownloadError:
        kept = f" ({self.got() >> 20} MB are kept and will be continued)" if self.got() else ""
        return DownloadError(f"{self.weights.file} could not be downloaded from {self.url}: {reason}{kept}; check the "
                             f"network, or {self._by_hand()}")

    def _by_hand(self) -> str:
        mirror = "a mirror" if self.url == self.weights.url else "another mirror"
        return (f"fetch {self.weights.url} on another machine and put it at {self.path}, or set {MIRROR_VARIABLE} to "
                f"{mirror}")

    def file_error(self, error: OSError) -> DownloadError:
        """One line for what the file system refuses."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            wanted = f"free {self.size >> 20} MB" if self.size else "free some space"
            return DownloadError(f"the disk of {self.path.parent} is full: {wanted} and download again; what has been "
                                 "fetched is kept")
        return DownloadError(f"{self.path} cannot be written ({error.strerror}): set ANNOTATOR_MODELS_DIR to a folder "
                             "that can")
