"""What a prompt found, until it is accepted or discarded."""

from __future__ import annotations

from annotator.jobs.prompts import propagate
from annotator.session import Session


class Proposal:
    """The result of a prompt. No track changes before `accept`."""

    def __init__(self, session: Session, run: int) -> None:
        self._session = session
        self.run = run
        """Number of the run that holds it."""

    def lines(self) -> list[str]:
        """Return what accepting it would change, one line per object."""
        return list(propagate.summary(self._session, self.run).lines())

    def accept(self) -> None:
        """Give the boxes and masks to the tracks, as one step. Raises StorageError if it is no longer open."""
        propagate.accept(self._session, self.run)

    def discard(self) -> None:
        """Drop it, as one step. Raises StorageError if it is no longer open."""
        propagate.drop(self._session, self.run)

    def __repr__(self) -> str:
        return "\n".join([f"proposal {self.run}:", *self.lines()])
