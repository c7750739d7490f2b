"""Boxes that a person draws."""

from __future__ import annotations

from annotator.model.box import Box
from annotator.storage.edits import drawn_boxes
from annotator.ui.window.main_window import MainWindow


def set_box(window: MainWindow, track: int, frame: int, box: Box = (10.0, 10.0, 40.0, 40.0)) -> None:
    """Give a track a box in a frame, in one step that can be undone."""
    window.document.edit(lambda session: drawn_boxes.set_box(session.store, track, frame, box))
