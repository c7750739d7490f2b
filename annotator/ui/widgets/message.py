"""Messages for the user: one line each, with a severity and, optionally, the condition under which they are true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How much a message matters."""

    DONE = "done"
    """What the user asked for is done."""
    HINT = "hint"
    """What the user can do next."""
    REFUSED = "refused"
    """The request cannot be carried out now; nothing changed."""
    FAILED = "failed"
    """Something went wrong: a file, a disk, a model."""


@dataclass(frozen=True, slots=True)
class Message:
    """One line for the status bar."""

    severity: Severity
    text: str
    holds: Callable[[], bool] | None = None
    """Whether the message is still true; None if it does not depend on anything. A message that no longer holds is
    withdrawn."""

    @classmethod
    def done(cls, text: str) -> Message:
        return cls(Severity.DONE, text)

    @classmethod
    def hint(cls, text: str, holds: Callable[[], bool]) -> Message:
        return cls(Severity.HINT, text, holds)

    @classmethod
    def refused(cls, text: str, holds: Callable[[], bool] | None = None) -> Message:
        return cls(Severity.REFUSED, text, holds)

    @classmethod
    def failed(cls, text: str, holds: Callable[[], bool] | None = None) -> Message:
        return cls(Severity.FAILED, text, holds)
