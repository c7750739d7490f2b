"""Where a person was in each project: video, frame, selection and zoom, kept in the program's settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QRectF, QSettings, QTimer

from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.widgets.project_key import project_key

_VIEW = "view"
#: Milliseconds from a change of frame or selection until it is stored, so that a crash does not lose it.
_SOON = 2000


class ViewMemory(QObject):
    """Stores the view of the open project, and shows it again when the project is opened.

    It is no part of the project file: two people who share a project look at different frames.
    """

    def __init__(self, document: Document, canvas: Canvas, settings: QSettings) -> None:
        super().__init__(document)
        self._document, self._canvas, self._settings = document, canvas, settings
        self._soon = QTimer(self, singleShot=True, interval=_SOON)
        self._soon.timeout.connect(self.store)
        document.frame_changed.connect(lambda _frame: self._soon.start())
        document.selection_changed.connect(self._soon.start)
        document.closing.connect(self.store)
        document.shown.connect(self.restore)

    def store(self) -> None:
        """Store the current view."""
        self._soon.stop()
        path, video = self._document.path, self._document.video
        if path is None or video is None:
            return
        rect = self._canvas.view_rect()
        view = {"video": video.name, "frame": self._document.frame, "tracks": sorted(self._document.selection),
                "rect": None if rect is None else [rect.x(), rect.y(), rect.width(), rect.height()]}
        self._settings.setValue(project_key(_VIEW, path), json.dumps(view))

    def restore(self) -> None:
        """Show the stored view of the open project, as far as its video and tracks still exist."""
        path = self._document.path
        view = {} if path is None else _parsed(self._settings.value(project_key(_VIEW, path)))
        video = next((each for each in self._document.videos() if each.name == view.get("video")), None)
        if video is None:
            return
        if self._document.video != video:
            self._document.set_video(video)
            if self._document.video != video:
                return  # its data is damaged, which a message says
        self._document.go_to(_whole(view.get("frame")))
        self._document.select(_whole(track) for track in _listed(view.get("tracks"))
                              if _whole(track) in self._document.tracks())
        sides = [float(side) for side in _listed(view.get("rect")) if isinstance(side, int | float)]
        if len(sides) == 4 and min(sides[2:]) > 0:
            self._canvas.show_view(QRectF(*sides))


def _parsed(text: object) -> Mapping[str, Any]:
    """Return the stored view; empty if there is none or something else was stored."""
    try:
        view = json.loads(str(text or "{}"))
    except ValueError:
        return {}
    return view if isinstance(view, dict) else {}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
