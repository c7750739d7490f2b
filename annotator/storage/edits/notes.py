"""Edits of notes. Each function is one transaction and one undo step.

Notes may be written about locked tracks: they change no box, label or identity.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, update

from annotator.errors import StorageError
from annotator.model.bounds import LARGEST_COORDINATE
from annotator.model.changes import ChangeKind, Changes
from annotator.model.note import MOST_MESSAGES, Note, NoteMessage
from annotator.model.text import LONGEST_MESSAGE, showable_lines
from annotator.storage.edits.editable import in_frames
from annotator.storage.edits.signed import signed
from annotator.storage.file import schema
from annotator.storage.history import journal
from annotator.storage.store import Store

_note = schema.note


def add_note(store: Store, video_id: int, frame: int, text: str, track: int | None = None,
             place: tuple[float, float] | None = None) -> int:
    """Pin a note to a frame, and perhaps to a track (id) and a place (x and y in image pixels). Returns the note's id.

    Raises:
        StorageError: the text is empty or too long, the frame or the track is not in the video, or the place is none.
    """
    message = signed(store, _checked_text(text))
    _check_frame(store, video_id, frame)
    x, y = (None, None) if place is None else _checked_place(place)
    about = ""
    if track is not None:
        record = store.track(track)
        if record.video != video_id:
            raise StorageError(f"track {record.number} belongs to another video; select a track of this video")
        about = f" to track {record.number}"
    with store.transaction(f"Add note{about}{in_frames(frame, frame)}") as transaction:
        key = journal.next_id(transaction.connection, _note)
        transaction.connection.execute(insert(_note).values(
            id=key, video=video_id, track=track, frame=frame, x=x, y=y, done=False, messages=_document([message])))
        transaction.touch(Changes(ChangeKind.NOTES, _tracks(track), frame, frame, video_id))
    return key


def answer_note(store: Store, note_id: int, text: str) -> Changes:
    """Add an answer to a note.

    Raises:
        StorageError: there is no such note, it has too many answers, or the text is empty or too long.
    """
    note = store.note(note_id)
    message = signed(store, _checked_text(text))
    if len(note.messages) >= MOST_MESSAGES:
        raise StorageError(f"the note in frame {note.frame} has {len(note.answers)} answers, the most there can be; "
                           "add another note")
    return _write_messages(store, note, [*note.messages, message], "Answer note")


def change_note(store: Store, note_id: int, text: str, number: int = 0) -> Changes:
    """Change the text of a note, or of an answer (from 1); author and time stay.

    Raises:
        StorageError: there is no such note or answer, or the text is empty or too long.
    """
    note = store.note(note_id)
    if not 0 <= number < len(note.messages):
        raise StorageError(f"note {note_id} has no answer {number}; it has {len(note.answers)}")
    messages = list(note.messages)
    messages[number] = NoteMessage(messages[number].author, messages[number].time, _checked_text(text))
    return _write_messages(store, note, messages, "Change note")


def close_notes(store: Store, note_ids: Sequence[int], done: bool = True) -> Changes:
    """Close notes, or open them again with ``done`` off.

    Raises:
        StorageError: no note is given, or one does not exist.
    """
    notes = _chosen(store, note_ids)
    with store.transaction(f"{'Close' if done else 'Reopen'} {_named(notes)}") as transaction:
        for note in notes:
            if note.done is not done:
                transaction.connection.execute(update(_note).where(_note.c.id == note.id).values(done=done))
                transaction.touch(_changes(note))
    return transaction.changes


def delete_notes(store: Store, note_ids: Sequence[int]) -> Changes:
    """Delete notes with their answers. Raises StorageError as `close_notes`."""
    notes = _chosen(store, note_ids)
    with store.transaction(f"Delete {_named(notes)}") as transaction:
        for note in notes:
            transaction.connection.execute(delete(_note).where(_note.c.id == note.id))
            transaction.touch(_changes(note))
    return transaction.changes


def _write_messages(store: Store, note: Note, messages: Sequence[NoteMessage], what: str) -> Changes:
    with store.transaction(f"{what}{in_frames(note.frame, note.frame)}") as transaction:
        transaction.connection.execute(
            update(_note).where(_note.c.id == note.id).values(messages=_document(messages)))
        transaction.touch(_changes(note))
    return transaction.changes


def _document(messages: Sequence[NoteMessage]) -> str:
    return json.dumps([asdict(message) for message in messages], ensure_ascii=False)


def _checked_text(text: str) -> str:
    cleaned = showable_lines(text)
    if not cleaned:
        raise StorageError("the note is empty; write a text")
    if len(cleaned) > LONGEST_MESSAGE:
        raise StorageError(f"the note has {len(cleaned)} characters; write at most {LONGEST_MESSAGE}, or add several")
    return cleaned


def _check_frame(store: Store, video_id: int, frame: int) -> None:
    store.check_video(video_id)
    count = next(video.frame_count for video in store.videos() if video.id == video_id)
    if not 0 <= frame < count:
        raise StorageError(f"frame {frame} does not exist; the video has frames 0 to {count - 1}")


def _checked_place(place: tuple[float, float]) -> tuple[float, float]:
    # SQLite would store NaN as NULL, which is no place.
    if not all(math.isfinite(value) and abs(value) < LARGEST_COORDINATE for value in place):
        raise StorageError(f"{place} is not a place in a frame; give x and y in pixels")
    return float(place[0]), float(place[1])


def _chosen(store: Store, note_ids: Sequence[int]) -> list[Note]:
    if not note_ids:
        raise StorageError("no note is selected; select one first")
    return [store.note(key) for key in dict.fromkeys(note_ids)]


def _named(notes: Sequence[Note]) -> str:
    return f"note{in_frames(notes[0].frame, notes[0].frame)}" if len(notes) == 1 else f"{len(notes)} notes"


def _changes(note: Note) -> Changes:
    return Changes(ChangeKind.NOTES, _tracks(note.track), note.frame, note.frame, note.video)


def _tracks(track: int | None) -> frozenset[int]:
    return frozenset() if track is None else frozenset({track})
