"""What an export wrote, kept at the end of its sidecar, to notice files that a person has changed since.

``files`` maps each path, relative to the output folder, to ``[size, mtime_ns, sha256]``. Images have no digest, because
there are many; their size and time tell. The sidecar's own digest covers what precedes its record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

#: How a sidecar ends before the record is added, and what begins the record.
_END, _BEGIN = b"\n}\n", b',\n "files": '
_NO_DIGEST = b'""'
#: Later changes of a file that an older version wrote without a record. Its files are written before the sidecar.
_OLD_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """The content of a file when it was written."""

    size: int
    mtime_ns: int
    sha256: str | None
    """None: not computed."""

    @classmethod
    def of(cls, path: Path, with_digest: bool) -> Self:
        """The stamp of a file. Raises OSError."""
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, file_digest(path) if with_digest else None)

    def fits(self, path: Path) -> bool:
        """Whether a file is still the same. Raises OSError."""
        if self.sha256 is not None:  # size and time change with a copy of the folder, or with a sidecar's record
            return self.sha256 in (file_digest(path), _head_digest(path))
        stat = path.stat()
        return (stat.st_size, stat.st_mtime_ns) == (self.size, self.mtime_ns)


Stamps = dict[str, Stamp]


def file_digest(path: Path) -> str:
    """SHA-256 of a file, of a sidecar without its own digest. Raises OSError."""
    with path.open("rb") as file:
        if not path.name.endswith("export.json"):
            return hashlib.file_digest(file, "sha256").hexdigest()
        content = file.read()
    head, found, tail = content.rpartition(_BEGIN)
    if not found:
        return hashlib.sha256(content.removesuffix(_END)).hexdigest()
    own = [stamp.sha256 for name, stamp in (from_json(tail.removesuffix(_END)) or {}).items()
           if name.rpartition("/")[2] == path.name and stamp.sha256]
    for digest in own:
        tail = tail.replace(f'"{digest}"'.encode(), _NO_DIGEST)
    return hashlib.sha256(head + found + tail).hexdigest()


def _head_digest(path: Path) -> str | None:
    """SHA-256 of what precedes the record of a sidecar; None for other files. Raises OSError."""
    if not path.name.endswith("export.json"):
        return None
    head, found, _ = path.read_bytes().rpartition(_BEGIN)
    return hashlib.sha256(head).hexdigest() if found else None


def seal(sidecar: Path, stamps: Mapping[str, Stamp]) -> None:
    """Add the record of an export to its complete sidecar. Raises OSError."""
    content = sidecar.read_bytes()
    if not content.endswith(_END):
        raise ValueError(f"{sidecar} is not a complete sidecar")
    head = content.removesuffix(_END)
    own = next((name for name in stamps if name.rpartition("/")[2] == sidecar.name), None)
    record = to_json({name: replace(stamp, sha256="") if name == own else stamp for name, stamp in stamps.items()})
    sealed = head + _BEGIN + record.encode() + _END
    digest = hashlib.sha256(sealed).hexdigest()
    if own is not None:
        line = f"  {json.dumps(own)}: ".encode()
        before, found, after = sealed.rpartition(line)
        sealed = before + found + after.replace(_NO_DIGEST, f'"{digest}"'.encode(), 1)
    sidecar.write_bytes(sealed)


def read_record(sidecar: Path) -> Stamps | None:
    """The record of a sidecar; empty if it is damaged, None for a sidecar without a record, which an older version
    wrote. Raises OSError."""
    _, found, tail = sidecar.read_bytes().rpartition(_BEGIN)
    return (from_json(tail.removesuffix(_END)) or {}) if found else None


def to_json(stamps: Mapping[str, Stamp]) -> str:
    """The record as JSON, one line for each file."""
    rows = (f"  {json.dumps(name)}: {json.dumps([s.size, s.mtime_ns, s.sha256])}" for name, s in stamps.items())
    return "{\n" + ",\n".join(rows) + "}"


def from_json(text: bytes) -> Stamps | None:
    """The record in a JSON text; None if it is damaged."""
    try:
        return {str(name): Stamp(int(size), int(time), None if digest is None else str(digest))
                for name, (size, time, digest) in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        return None


def changed_since(path: Path, sidecar: Path) -> bool:
    """Whether a file of an export without a record was changed after the export. Raises OSError."""
    return path.stat().st_mtime_ns > sidecar.stat().st_mtime_ns + _OLD_NS
