"""``annotator notes``: what is written from the command line, and the files that other people get."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from annotator.model.track import ReviewState
from annotator.storage.store import Store
from tests.command_line import done, refused


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project of two tracks in 100 frames."""
    from tests.storage.fakes import fake_run

    path = tmp_path / "p.annot"
    with Store.create(path) as store:
        store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "x")
        fake_run(store, {1: (0, 60), 2: (10, 99)})
    return path


def notes_of(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(done("notes", path, "--json", "list").out)
    return found


def test_a_note_is_added_answered_closed_and_undone(small: Path) -> None:
    assert done("notes", small, "list").out == "no notes\n"
    said = done("notes", small, "--author", "Ada", "add", "Is this one car?", "--frame", 12, "--track", 2, "--at", 30,
                "40.5").out
    assert said == "Add note to track 2 in frame 12 (note 1)\n"
    done("notes", small, "--author", "Bob", "answer", 1, "Two\nI think")
    done("notes", small, "change", 1, "One?")
    done("notes", small, "change", 1, "--answer", 1, "Two")
    done("notes", small, "close", 1)
    [note] = notes_of(small)
    messages = note.pop("messages")
    assert note == {"note": 1, "video": "clip", "frame": 12, "track": 2, "x": 30.0, "y": 40.5, "state": "done"}
    assert isinstance(messages, list)
    assert [(each["author"], each["text"]) for each in messages] == [("Ada", "One?"), ("Bob", "Two")]
    shown = done("notes", small, "list", "--state", "done").out.splitlines()
    assert shown[0] == "1  done  clip frame 12, track 2, at 30,40.5"
    assert shown[2] == "        One?"
    assert shown[3].startswith("    answer 1, Bob, 20")
    assert done("notes", small, "list", "--state", "open").out == "no notes\n"
    done("notes", small, "reopen", 1)
    assert notes_of(small)[0]["state"] == "open"
    done("notes", small, "delete", 1)
    assert notes_of(small) == []
    done("edit", small, "undo")
    assert notes_of(small)[0]["state"] == "open"


@pytest.mark.parametrize(("words", "why"), [
    ("add x --frame 100", "the video has frames 0 to 99"), ("add x --frame 3 --track 9", "no track 9"),
    ("add x --frame 3 --at nan 3", "not a place"), ("answer 7 x", "no note 7"), ("close 7", "no note 7"),
    ("export --out notes.txt", "neither the extension .csv nor .json")])
def test_what_cannot_be_done_is_said(small: Path, words: str, why: str) -> None:
    assert why in refused("notes", small, *words.split())


def test_notes_are_exported_as_json(small: Path, tmp_path: Path) -> None:
    done("notes", small, "add", "=1+1", "--frame", 3)
    out = tmp_path / "notes.json"
    assert done("notes", small, "export", "--out", out).out == f"{out}: 1 notes\n"
    assert json.loads(out.read_text("utf-8")) == {"notes": notes_of(small)}
    assert "already exists" in refused("notes", small, "export", "--out", out)
    done("notes", small, "delete", 1)
    done("notes", small, "export", "--out", out, "--overwrite")
    assert json.loads(out.read_text("utf-8")) == {"notes": []}
    assert [path.name for path in tmp_path.glob(".*.new")] == []


def test_no_text_of_a_csv_file_is_run_as_a_formula(small: Path, tmp_path: Path) -> None:
    texts = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "'=1", "plain, with \"quotes\"\nand lines"]
    for text in texts:
        done("notes", small, f"--author={text[:3]}", "add", "--frame", 3, "--", text)
    done("notes", small, "answer", 1, "=2")
    out = tmp_path / "notes.csv"
    done("notes", small, "export", "--out", out)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ["'=HYPERLINK(1)", "'=2", "'+1", "'-1", "'@SUM(1)", "''=1", texts[-1]]
    assert [(row["note"], row["message"], row["author"]) for row in rows[:3]] == [
        ("1", "0", "'=HY"), ("1", "1", ""), ("2", "0", "'+1")]
    assert {(row["video"], row["frame"], row["track"], row["x"], row["state"]) for row in rows} == {
        ("clip", "3", "", "", "open")}


def test_a_review_state_is_set_with_its_author(small: Path) -> None:
    done("edit", small, "review", 2, "--as", "needs-work", "--author", "Ada")
    with Store.open(small, read_only=True) as store:
        one, other = store.tracks(1)
    assert (one.review, one.review_author) == (ReviewState.UNSEEN, "")
    assert (other.review, other.review_author, other.review_time[:2]) == (ReviewState.NEEDS_WORK, "Ada", "20")
