"""Requirements of actions, and their names in messages."""

from __future__ import annotations

from enum import Flag, auto

from PySide6.QtCore import QCoreApplication


class Needs(Flag):
    """Facts about the window. An action declares those that it needs; the window sets those that hold."""

    NOTHING = 0
    PROJECT = auto()
    VIDEO = auto()
    """A video of the project is shown."""
    WRITABLE = auto()
    """The project is writable."""
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
    """Describe missing requirements as the object of a sentence: ``an open video and a selected range``."""
    words = [
        (Needs.VIDEO, QCoreApplication.translate("Needs", "an open video")),
        (Needs.PROJECT, QCoreApplication.translate("Needs", "an open project")),
        (Needs.WRITABLE, QCoreApplication.translate("Needs", "a writable project")),
        (Needs.TWO_TRACKS, QCoreApplication.translate("Needs", "two selected tracks")),
        (Needs.ONE_TRACK, QCoreApplication.translate("Needs", "one selected track")),
        (Needs.TRACK, QCoreApplication.translate("Needs", "a selected track")),
        (Needs.RANGE, QCoreApplication.translate("Needs", "a selected range")),
        (Needs.IDLE, QCoreApplication.translate("Needs", "the current run to finish")),
        (Needs.RUN, QCoreApplication.translate("Needs", "a run in progress")),
    ]
    parts = [text for need, text in words if need in missing]
    if Needs.VIDEO in missing:
        parts = parts[:1]  # without a video, nothing else can be met
    return QCoreApplication.translate("Needs", " and ").join(parts)
