"""The open write transaction that is passed to code that writes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from annotator.model.changes import ChangeKind, Changes


def merge(changes: Iterable[Changes]) -> Changes:
    """Merge changes: all kinds, all tracks (empty if one of them names none: possibly any), the widest range."""
    every = [change for change in changes if change.kinds]
    if not every:
        return Changes()
    kinds = ChangeKind.NONE
    for change in every:
        kinds |= change.kinds
    firsts = [change.first_frame for change in every]
    lasts = [change.last_frame for change in every]
    videos = {change.video for change in every}
    return Changes(
        kinds,
        frozenset() if any(not change.tracks for change in every) else frozenset().union(*(c.tracks for c in every)),
        None if None in firsts else min(first for first in firsts if first is not None),
        None if None in lasts else max(last for last in lasts if last is not None),
        videos.pop() if len(videos) == 1 else None,
    )


class Transaction:
    """An open write transaction. Writers report what they change; after the commit, `changes` holds all of it."""

    def __init__(self, connection: Connection, label: str) -> None:
        self.connection = connection
        self.label = label
        """Name in the undo menu; may be changed until the commit."""
        self._changes: list[Changes] = []

    def touch(self, changes: Changes) -> None:
        """Report changes made in this transaction."""
        self._changes.append(changes)

    @property
    def changes(self) -> Changes:
        """All changes reported so far."""
        return merge(self._changes)
