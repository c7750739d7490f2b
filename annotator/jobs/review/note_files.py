"""Notes of a project as rows, as JSON, and as files for other people: CSV and JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from annotator.errors import StorageError
from annotator.files.publish import publish
from annotator.formats.tables.csv_parquet import is_formula
from annotator.model.note import Note
from annotator.model.track import VideoRecord
from annotator.storage.reader import Reader

#: Columns of the CSV file, which has one row for each message: message 0 is the note, the others answer it.
COLUMNS = ("note", "message", "video", "frame", "track", "x", "y", "state", "author", "time", "text")
#: Columns whose texts come from people, which a spreadsheet may take for formulas.
_TEXTS = ("video", "author", "text")

OPEN, DONE = "open", "done"


def note_records(reader: Reader, videos: Iterable[VideoRecord], state: str | None = None) -> list[dict[str, Any]]:
    """Notes of videos as JSON values, by video and frame; with ``state``, only the open or the done ones."""
    found = []
    for video in videos:
        numbers = {track.id: track.number for track in reader.tracks(video.id)}
        found += [_record(note, video, numbers) for note in reader.video_notes(video.id)
                  if state is None or (state == DONE) is note.done]
    return found


def write_notes(records: Sequence[dict[str, Any]], path: Path, overwrite: bool = False) -> None:
    """Write notes (see `note_records`) as CSV or JSON, by the extension of the name.

    In the CSV file, a text that a spreadsheet would run as a formula begins with an apostrophe.

    Raises:
        StorageError: the name ends with neither ``.csv`` nor ``.json``, exists, or cannot be written.
    """
    if path.suffix.lower() not in (".csv", ".json"):
        raise StorageError(f"{path} has neither the extension .csv nor .json; use one of them")
    temporary = path.with_name(f".{path.name}.new")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            if path.suffix.lower() == ".csv":
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(row for record in records for row in _rows(record))
            else:
                json.dump({"notes": list(records)}, file, ensure_ascii=False, indent=1)
        publish(temporary, path, overwrite)
    except FileExistsError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{path} already exists; choose another name, or allow to overwrite it") from error
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{path} cannot be written ({error.strerror}); choose another folder") from error


def _record(note: Note, video: VideoRecord, numbers: dict[int, int]) -> dict[str, Any]:
    x, y = note.place or (None, None)
    return {"note": note.id, "video": video.name, "frame": note.frame,
            "track": None if note.track is None else numbers.get(note.track), "x": x, "y": y,
            "state": DONE if note.done else OPEN, "messages": [asdict(message) for message in note.messages]}


def _rows(record: dict[str, Any]) -> Iterable[dict[str, Any]]:
    about = {name: record[name] for name in COLUMNS if name in record}
    for number, message in enumerate(record["messages"]):
        row = {**about, "message": number, **message}
        yield {**row, **{name: f"'{row[name]}" for name in _TEXTS if is_formula(row[name])}}
