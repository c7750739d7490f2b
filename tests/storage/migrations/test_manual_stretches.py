"""A project of a program that stored one span per manual box is the same after the migration, in fewer rows."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from annotator.storage.edits import identities
from annotator.storage.edits.keyframes import keyframes
from annotator.storage.store import Store
from tests.storage.fakes import picture

#: Written by the last program with layout 3: manual and machine imports, swaps, drawn and deleted boxes, two undos.
_OLD = Path(__file__).with_name("manual_boxes_v3.sql")
#: What that program showed after undoing 0, 1, ... steps, then after redoing all.
_SHOWN = (
    "ff5c7b07f7229138", "ed6036b37105f5ba", "b93ec4e243456f82", "008d41ca863d54f0",
    "c5db819ab9e652cd", "59e163a32f9b63c8", "a783011f6672e64f", "2337c02ebce7030b",
    "d9dafa8dccbc23b3", "7abbc9662131bc49", "e527fe89f9da509f",
)


def _project(folder: Path, version: int) -> Path:
    path = folder / f"version-{version}.annot"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_OLD.read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA user_version={version}")
        connection.commit()
    return path


def _shown(store: Store) -> str:
    """Everything that is shown: the boxes of all frames, and the keyframes of all tracks."""
    drawn = [(track.number, keyframes(store, track.id)) for track in store.tracks(1)]
    return hashlib.sha256(repr((picture(store), drawn)).encode()).hexdigest()[:16]


def _walk(store: Store) -> list[str]:
    """Undo all steps, then redo all; return what was shown after each."""
    found = [_shown(store)]
    while store.undo() is not None:
        found.append(_shown(store))
    while store.redo() is not None:
        pass
    return [*found, _shown(store)]


def test_every_state_of_the_history_is_the_same(tmp_path: Path) -> None:
    with Store.open(_project(tmp_path, 3)) as migrated:
        assert migrated.notes == []
        assert _walk(migrated) == list(_SHOWN)
        migrated.check()


def test_boxes_in_consecutive_frames_share_a_span(tmp_path: Path) -> None:
    path = _project(tmp_path, 3)
    with closing(sqlite3.connect(path)) as connection:
        [before] = connection.execute("SELECT count(*) FROM span").fetchone()
        [kept_before] = connection.execute("SELECT count(*) FROM span_history").fetchone()
    with Store.open(path) as store:
        run = store._connection.exec_driver_sql
        after, kept = (run(f"SELECT count(*) FROM {name}").scalar_one() for name in ("span", "span_history"))
        assert (before, kept_before) == (120, 188)
        assert after < 25
        assert kept < 60
        for span in store.video_spans(1):
            assert not span.human or store.boxes_between(span.tracklet, span.first, span.end)[0] == (
                span.end - span.first + 1)


@pytest.mark.parametrize("steps", range(3))
def test_edits_go_on_after_the_migration(tmp_path: Path, steps: int) -> None:
    """A new edit on top of a state of the past, then undo of everything."""
    with Store.open(_project(tmp_path, 3)) as migrated:
        for _ in range(steps):
            migrated.undo()
        count = sum(not step.undone for step in migrated.history())
        one, other, *_ = migrated.tracks(1)
        identities.swap_tracks(migrated, one.id, other.id, 25, 27)
        migrated.undo()
        assert _shown(migrated) == _SHOWN[steps]
        while migrated.undo() is not None:
            pass
        assert count > 2
        assert migrated.tracks(1) == []
        migrated.check()
