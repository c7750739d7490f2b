"""What an action needs before it can run, and how to say what is missing."""

from __future__ import annotations

from enum import Flag, auto

from PySide6.QtCore import QCoreApplication


class Needs(Flag):
    """Facts about the window. An action names those that it needs; the window tells the registry which hold."""

    NOTHING = 0
    PROJECT = auto()
    VIDEO = auto()
    """A video of the project is shown."""
    WRITABLE = auto()
    """The project may be changed."""
    TRACK = auto()
    """At least one track is selected."""
    ONE_TRACK = auto()
    """Exactly one track is selected."""
    TWO_TRACKS = auto()
    """Exactly two tracks are selected."""
    RANGE = auto()
    """A range of frames is selected on the timeline."""
    IDLE = auto()
    """No run is in progress."""
    RUN = auto()
    """A run is in progress."""

    EDITABLE = VIDEO | WRITABLE


def missing_in_words(missing: Needs) -> str:
    """What is missing, as the object of a sentence: ``an open video and a selected range``."""
    words = [
        (Needs.VIDEO, QCoreApplication.translate("Needs", "an open video")),
        (Needs.PROJECT, QCoreApplication.translate("Needs", "an open project")),
        (Needs.WRITABLE, QCoreApplication.translate("Needs", "a project that can be changed")),
        (Needs.TWO_TRACKS, QCoreApplication.translate("Needs", "two selected tracks")),
        (Needs.ONE_TRACK, QCoreApplication.translate("Needs", "one selected track")),
        (Needs.TRACK, QCoreApplication.translate("Needs", "a selected track")),
        (Needs.RANGE, QCoreApplication.translate("Needs", "a selected range")),
        (Needs.IDLE, QCoreApplication.translate("Needs", "the current run to end")),
        (Needs.RUN, QCoreApplication.translate("Needs", "a run in progress")),
    ]
    parts = [text for need, text in words if need in missing]
    if Needs.VIDEO in missing:
        parts = parts[:1]  # all else follows once a video is open
    return QCoreApplication.translate("Needs", " and ").join(parts)
