"""Notes: pinned, answered, closed, undone across restarts, and what edits of identities do to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from annotator.errors import StorageError
from annotator.model.changes import ChangeKind
from annotator.model.note import MOST_MESSAGES
from annotator.model.text import LONGEST_MESSAGE
from annotator.model.track import MarkKind, OnExisting, ReviewState
from annotator.storage.edits import attributes, identities, notes, track_marks
from annotator.storage.edits.preview import preview
from annotator.storage.edits.videos import remove_video
from annotator.storage.store import Store
from annotator.storage.upkeep.compact import compact
from tests.storage.fakes import everything, fake_run


@pytest.fixture
def ids(store: Store) -> list[int]:
    fake_run(store, {1: (0, 60), 2: (10, 99), 3: (70, 99)})
    store.author = "Ada"
    return [track.id for track in store.tracks(1)]


def test_a_note_is_pinned_answered_changed_closed_and_deleted(store: Store, ids: list[int]) -> None:
    store.author = "  Ada\nL. "
    key = notes.add_note(store, 1, 7, "Is this\r\none car?\t ", ids[0], (10.5, 20.0))
    note = store.note(key)
    assert (note.video, note.track, note.frame, note.place, note.done) == (1, ids[0], 7, (10.5, 20.0), False)
    assert (note.text, note.messages[0].author) == ("Is this\none car?", "Ada L.")
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(note.messages[0].time) < timedelta(minutes=5)
    store.author = "Bob"
    changes = notes.answer_note(store, key, "Two")
    assert (changes.kinds & ChangeKind.NOTES, changes.tracks, changes.first_frame, changes.last_frame) == (
        ChangeKind.NOTES, frozenset({ids[0]}), 7, 7)
    notes.change_note(store, key, "Is this one?")
    notes.change_note(store, key, "Two, I think", 1)
    assert [(each.author, each.text) for each in store.note(key).messages] == [
        ("Ada L.", "Is this one?"), ("Bob", "Two, I think")]
    assert [each.text for each in store.note(key).answers] == ["Two, I think"]
    notes.close_notes(store, [key, key])
    assert store.note(key).done
    notes.close_notes(store, [key], done=False)
    assert not store.note(key).done
    assert [step.label for step in store.history()][-6:] == [
        "Add note to track 1 in frame 7", "Answer note in frame 7", "Change note in frame 7", "Change note in frame 7",
        "Close note in frame 7", "Reopen note in frame 7"]
    notes.delete_notes(store, [key])
    assert store.video_notes(1) == []
    with pytest.raises(StorageError, match=f"no note {key}"):
        store.note(key)


def test_notes_come_by_frame(store: Store, ids: list[int]) -> None:
    made = [notes.add_note(store, 1, frame, "x") for frame in (50, 3, 50, 0)]
    assert [note.id for note in store.video_notes(1)] == [made[3], made[1], made[0], made[2]]


def test_every_step_is_undone_after_a_restart(store: Store, ids: list[int]) -> None:
    states = [everything(store)]
    key = notes.add_note(store, 1, 7, "Look", ids[0])
    states.append(everything(store))
    edits: list[Callable[[Store], object]] = [
        lambda s: notes.answer_note(s, key, "Yes"), lambda s: notes.change_note(s, key, "Look here"),
        lambda s: notes.close_notes(s, [key]), lambda s: identities.delete_tracks(s, [ids[0]]),
        lambda s: notes.close_notes(s, [key], False), lambda s: notes.delete_notes(s, [key])]
    for edit in edits:
        edit(store)
        states.append(everything(store))
    path = store.path
    for state in states[-2::-1]:
        store.close()
        store = Store.open(path)
        store.undo()
        assert everything(store) == state
    for state in states[1:]:
        store.close()
        store = Store.open(path)
        store.redo()
        assert everything(store) == state
    store.check()
    store.close()


@pytest.mark.parametrize("text", ["", "  \n\t ", "x" * (LONGEST_MESSAGE + 1)])
def test_an_empty_or_endless_text_is_refused(store: Store, ids: list[int], text: str) -> None:
    key = notes.add_note(store, 1, 0, "x" * LONGEST_MESSAGE)
    before = everything(store)
    for edit in (lambda: notes.add_note(store, 1, 0, text), lambda: notes.answer_note(store, key, text),
                 lambda: notes.change_note(store, key, text)):
        with pytest.raises(StorageError, match=r"the note (is empty|has 10001 characters); write"):
            edit()
    assert everything(store) == before


def test_control_and_direction_marks_are_replaced(store: Store, ids: list[int]) -> None:
    store.author = "\u202eAda" + "a" * 2000
    message = store.note(notes.add_note(store, 1, 0, "\x1b[2J a\x00\u202eb\ud800")).messages[0]
    assert message.text == "\ufffd[2J a\ufffd\ufffdb\ufffd"
    assert message.author == "\ufffdAda" + "a" * 996
    assert store.video_notes(1)


@pytest.mark.parametrize("frame", [-1, 100])
def test_a_frame_outside_the_video_is_refused(store: Store, ids: list[int], frame: int) -> None:
    with pytest.raises(StorageError, match=f"frame {frame} does not exist; the video has frames 0 to 99"):
        notes.add_note(store, 1, frame, "x")


@pytest.mark.parametrize("place", [(float("nan"), 1.0), (1.0, float("inf")), (1e8, 0.0)])
def test_no_place_is_refused(store: Store, ids: list[int], place: tuple[float, float]) -> None:
    with pytest.raises(StorageError, match="not a place"):
        notes.add_note(store, 1, 0, "x", place=place)


def test_tracks_and_notes_that_do_not_exist_are_refused(store: Store, ids: list[int]) -> None:
    other = store.add_video("other", Path("other.mp4"), 640, 480, 10, 25.0, "y")
    for edit, reason in ((lambda: notes.add_note(store, other.id, 0, "x", ids[0]), "track 1 belongs to another video"),
                         (lambda: notes.add_note(store, 1, 0, "x", 999), "no track with id 999"),
                         (lambda: notes.add_note(store, 77, 0, "x"), "video"),
                         (lambda: notes.close_notes(store, []), "no note is selected"),
                         (lambda: notes.close_notes(store, [5]), "no note 5"),
                         (lambda: notes.delete_notes(store, [5]), "no note 5")):
        with pytest.raises(StorageError, match=reason):
            edit()
    key = notes.add_note(store, 1, 0, "x")
    with pytest.raises(StorageError, match=f"note {key} has no answer 1; it has 0"):
        notes.change_note(store, key, "y", 1)


def test_answers_end_somewhere(store: Store, ids: list[int]) -> None:
    key = notes.add_note(store, 1, 0, "x")
    with store.transaction("Answers"):
        for _ in range(MOST_MESSAGES - 1):
            notes.answer_note(store, key, "y")
    with pytest.raises(StorageError, match="199 answers"):
        notes.answer_note(store, key, "y")
    assert len(store.note(key).messages) == MOST_MESSAGES


def test_a_locked_track_can_be_talked_about(store: Store, ids: list[int]) -> None:
    track_marks.lock_tracks(store, ids)
    assert store.note(notes.add_note(store, 1, 5, "x", ids[0])).track == ids[0]


@pytest.mark.parametrize(("edit", "owners"), [
    (lambda s, a, b: identities.swap_tracks(s, a, b, 20), "aabb"),
    (lambda s, a, b: identities.swap_tracks(s, a, b, 20, 29), "aaba"),
    (lambda s, a, b: identities.split_track(s, a, 20), "aann"),
    (lambda s, a, b: identities.split_range(s, a, 20, 29), "aana"),
    (lambda s, a, b: identities.merge_tracks(s, b, [a]), "bbbb"),
    (lambda s, a, b: identities.merge_tracks(s, a, [b]), "aaaa"),
    (lambda s, a, b: identities.delete_range(s, [a], 20), "aaaa"),
    (lambda s, a, b: identities.delete_range(s, [a], 0), "----"),
    (lambda s, a, b: identities.delete_tracks(s, [a]), "----"),
    (lambda s, a, b: identities.relabel(s, [a], s.ensure_label("dog").id), "aaaa"),
])
def test_notes_go_with_their_track(store: Store, ids: list[int], edit: Callable[[Store, int, int], object],
                                   owners: str) -> None:
    one, other = ids[:2]
    store.ensure_label("dog")
    made = [notes.add_note(store, 1, frame, "x", one) for frame in (0, 19, 20, 45)]
    before = everything(store)
    edit(store, one, other)
    new = ({track.id for track in store.tracks(1)} - set(ids)) or {-1}
    named = {one: "a", other: "b", new.pop(): "n", None: "-"}
    assert "".join(named[store.note(key).track] for key in made) == owners
    assert [store.note(key).frame for key in made] == [0, 19, 20, 45]
    store.undo()
    assert everything(store) == before
    store.check()


def test_a_preview_of_an_edit_moves_no_note(store: Store, ids: list[int]) -> None:
    notes.add_note(store, 1, 30, "x", ids[0])
    before = everything(store)
    preview(store, lambda: identities.merge_tracks(store, ids[1], [ids[0]]))
    assert everything(store) == before


def test_a_removed_video_hides_its_notes_until_it_comes_back(store: Store, ids: list[int]) -> None:
    key = notes.add_note(store, 1, 7, "x", ids[0])
    assert store.video_contents(1).notes == 1
    assert "1 note" in store.video_contents(1).line()
    remove_video(store, 1)
    for edit in (lambda: store.note(key), lambda: notes.answer_note(store, key, "y"),
                 lambda: notes.delete_notes(store, [key]), lambda: notes.add_note(store, 1, 7, "y")):
        with pytest.raises(StorageError, match="was removed"):
            edit()
    store.undo()
    assert store.note(key).text == "x"
    remove_video(store, 1)
    compact(store, forget_history=True)
    assert everything(store)["note"] == []
    store.check()


def test_a_run_keeps_the_track_that_a_note_is_about(store: Store, ids: list[int]) -> None:
    """Also of a note that undo would bring back: it must not refer to a missing track."""
    key = notes.add_note(store, 1, 30, "x", ids[0])
    gone = notes.add_note(store, 1, 30, "y", ids[1])
    run = fake_run(store, {4: (0, 99)}, on_existing=OnExisting.REPLACE, finish=False)
    notes.delete_notes(store, [gone])
    store.finish_run(run.id, run.status.FINISHED)
    assert store.note(key).track == ids[0]
    store.undo()
    assert store.note(gone).track == ids[1]
    store.check()


@pytest.mark.parametrize("said", [
    lambda s, track: track_marks.mark_tracks(s, [track], MarkKind.OCCLUDED, 3, 5),
    lambda s, track: notes.add_note(s, 1, 3, "x", track)])
def test_what_was_said_during_a_run_and_taken_back_can_be_undone(
        store: Store, ids: list[int], said: Callable[[Store, int], object]) -> None:
    said(store, ids[0])
    run = fake_run(store, {4: (0, 99)}, on_existing=OnExisting.REPLACE, finish=False)
    state = everything(store)
    [*_, label] = [step.label for step in store.history()]
    if store.video_notes(1):
        notes.delete_notes(store, [store.video_notes(1)[0].id])
    else:
        track_marks.unmark_tracks(store, [ids[0]], MarkKind.OCCLUDED)
    store.finish_run(run.id, run.status.FINISHED)
    store.undo()
    for table in ("note", "mark"):
        assert everything(store)[table] == state[table]
    store.check()
    assert [step.label for step in store.history() if not step.undone][-1] == label


def test_review_states_have_an_author_and_a_time(store: Store, ids: list[int]) -> None:
    assert {(track.review_author, track.review_time) for track in store.tracks(1)} == {("", "")}
    attributes.describe_tracks(store, ids[:2], review=ReviewState.NEEDS_WORK)
    first, second, third = store.tracks(1)
    assert (first.review, first.review_author, second.review_author, third.review_author) == (
        ReviewState.NEEDS_WORK, "Ada", "Ada", "")
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(first.review_time) < timedelta(minutes=5)
    store.author = ""
    identities.describe(store, ids[0], review=ReviewState.REVIEWED)
    assert (store.track(ids[0]).review_author, store.track(ids[0]).review) == ("", ReviewState.REVIEWED)
    identities.describe(store, ids[1], name="a name")
    assert store.track(ids[1]).review_author == "Ada"
    store.undo()
    store.undo()
    assert store.track(ids[0]).review_author == "Ada"
