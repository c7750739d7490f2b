from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from annotator.errors import StorageError
from annotator.jobs.effort_log import FixRecord, append_fix, export_fixes, read_fixes, summary

SWAP = FixRecord("2026-01-02T03:04:05.000", "p.annot", "step", "Swap 1 and 2 at frame 3", 2, 1, 0, 4.5)
UNDO = FixRecord("2026-01-02T03:04:15.000", "p.annot", "undo", "Swap 1 and 2 at frame 3", 1, 0, 0, 2.0)
BOX = FixRecord("2026-01-02T03:05:05.000", "p.annot", "step", 'Draw "é"', 0, 0, 1, 3.0)


def test_fixes_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "effort.jsonl"
    assert read_fixes(path) == []
    for record in (SWAP, UNDO, BOX):
        append_fix(path, record)
    assert read_fixes(path) == [SWAP, UNDO, BOX]
    with path.open("a") as file:
        file.write('{"at": "20')  # the program was killed amid it
    assert read_fixes(path) == [SWAP, UNDO, BOX]
    path.write_text('{"at": "now"}\n')
    with pytest.raises(StorageError, match=r"effort.jsonl line 1 is not a valid fix"):
        read_fixes(path)


def test_what_was_undone_lies_on_the_fixes_that_stayed() -> None:
    told = summary([SWAP, UNDO, BOX])
    assert (told["fixes"], told["steps"], told["undone"]) == (1, 2, 1)
    assert told["per_fix"] == {"keys": 3, "clicks": 1, "drags": 1, "seconds": 9.5}
    assert summary([])["per_fix"] is None


def test_exports_as_csv_and_json(tmp_path: Path) -> None:
    export_fixes([SWAP, BOX], tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["label"], row["keys"], row["drags"]) for row in rows] == [
        (SWAP.label, "2", "0"), (BOX.label, "0", "1")]
    export_fixes([SWAP, BOX], tmp_path / "a.json")
    data = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert [FixRecord(**fix) for fix in data["fixes"]] == [SWAP, BOX]
    assert data["summary"]["fixes"] == 2
    with pytest.raises(StorageError, match=r"neither the extension .csv nor .json"):
        export_fixes([SWAP], tmp_path / "a.txt")
    with pytest.raises(StorageError, match="cannot be written"):
        export_fixes([SWAP], tmp_path / "gone" / "a.csv")


def test_a_folder_in_the_way_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        append_fix(tmp_path, SWAP)
