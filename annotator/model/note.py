"""Notes: what people say about a frame, a place or a track, and answer each other."""

from __future__ import annotations

from dataclasses import dataclass

#: Most messages of a note: its text and the answers to it.
MOST_MESSAGES = 200


@dataclass(frozen=True, slots=True)
class NoteMessage:
    """What one person said at one time."""

    author: str
    """Name from that person's settings; may be empty."""
    time: str
    """UTC, ISO 8601."""
    text: str
    """Plain text of one or more lines; never markup."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note pinned to a frame of a video, and perhaps to a track or a place in it."""

    id: int
    video: int
    track: int | None
    """Track id; None if it concerns no single track."""
    frame: int
    place: tuple[float, float] | None
    """x and y in image pixels; None for no place."""
    done: bool
    """Whether it was closed."""
    messages: tuple[NoteMessage, ...]
    """The text of the note, then the answers; never empty."""

    @property
    def text(self) -> str:
        """What the note says, without answers."""
        return self.messages[0].text

    @property
    def answers(self) -> tuple[NoteMessage, ...]:
        """The answers, oldest first."""
        return self.messages[1:]
