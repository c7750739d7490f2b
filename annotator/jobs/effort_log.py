"""The effort log: the cost of each fix, one line of JSON per fix, in a local file and nowhere else."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from annotator.errors import StorageError
from annotator.model.effort import Effort


@dataclass(frozen=True, slots=True)
class FixRecord:
    """One fix and its cost."""

    at: str
    """Time of the fix: UTC, ISO 8601."""
    project: str
    """Name of the project file, without its folder."""
    action: str
    """``step``, ``undo`` or ``redo``."""
    label: str
    """The step's label in the history."""
    keys: int
    clicks: int
    drags: int
    seconds: float

    @property
    def effort(self) -> Effort:
        return Effort(self.keys, self.clicks, self.drags, self.seconds)


_FIELDS = tuple(item.name for item in fields(FixRecord))


def append_fix(path: Path, record: FixRecord) -> None:
    """Append a fix to a file, which is created if it does not exist.

    Raises:
        StorageError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
    except OSError as error:
        raise StorageError(
            f"{path}: the effort log cannot be written ({error.strerror}); choose another file") from error


def read_fixes(path: Path) -> list[FixRecord]:
    """Return all fixes of a file, oldest first; empty if the file does not exist. A truncated last line is skipped.

    Raises:
        StorageError: the file cannot be read, or a line is invalid.
    """
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path}: the effort log cannot be read ({error}); choose another file") from error
    complete, _, _ = text.rpartition("\n")
    return [_record(path, number, line) for number, line in enumerate(complete.splitlines(), 1) if line.strip()]


def _record(path: Path, number: int, line: str) -> FixRecord:
    try:
        data = json.loads(line)
        return FixRecord(str(data["at"]), str(data["project"]), str(data["action"]), str(data["label"]),
                         int(data["keys"]), int(data["clicks"]), int(data["drags"]), float(data["seconds"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"{path} line {number} is not a valid fix ({error}); move the file away, or choose another") from error


def summary(records: Iterable[FixRecord]) -> dict[str, Any]:
    """Return the number of fixes and the mean effort per fix. The effort of undone fixes, and of undoing them, is
    included and divided among the remaining fixes."""
    known = list(records)
    made = sum(record.action == "step" for record in known)
    undone = sum(record.action == "undo" for record in known) - sum(record.action == "redo" for record in known)
    total = sum((record.effort for record in known), Effort())
    fixes = max(made - undone, 0)
    return {"fixes": fixes, "steps": made, "undone": undone,
            "per_fix": {name: round(value / fixes, 2) for name, value in asdict(total).items()} if fixes else None}


def export_fixes(records: Iterable[FixRecord], path: Path) -> None:
    """Write fixes as CSV with a header row, or as JSON with a summary, depending on the file extension.

    Raises:
        StorageError: the name ends with neither ``.csv`` nor ``.json``, or the file cannot be written.
    """
    known = list(records)
    temporary = path.with_name(f".{path.name}.new")
    if path.suffix.lower() not in (".csv", ".json"):
        raise StorageError(f"{path} has neither the extension .csv nor .json; use one of them")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            if path.suffix.lower() == ".csv":
                writer = csv.DictWriter(file, _FIELDS)
                writer.writeheader()
                writer.writerows(asdict(record) for record in known)
            else:
                json.dump({"summary": summary(known), "fixes": [asdict(record) for record in known]}, file,
                          ensure_ascii=False, indent=1)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{path} cannot be written ({error.strerror}); choose another folder") from error
