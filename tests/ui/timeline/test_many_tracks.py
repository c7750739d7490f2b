"""Thousands of tracks cost the timeline what the lanes in view cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from annotator.jobs.project import add_source, open_project
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.storage.imports.tracks import add_tracks
from annotator.ui.timeline import painter
from annotator.ui.window.main_window import MainWindow
from tests.conftest import MadeClip

TRACKS = 3000


@pytest.fixture
def crowded(window: MainWindow, clip: MadeClip, tmp_path: Path) -> MainWindow:
    path = tmp_path / "crowded.annot"
    boxes = tuple(LabelledBox(number, 0, (number % 200, 10, number % 200 + 20, 40)) for number in range(1, TRACKS + 1))
    with open_project(path, create=True) as session:
        video, _ = add_source(session, clip.video)
        add_tracks(session.store, video.id, ("car",), [LabelledFrame(frame, boxes) for frame in (0, 1)], human=False,
                   settings={}, title="Import")
    assert window.open_path(path)
    return window


def test_of_thousands_of_tracks_only_the_lanes_in_view_are_painted(crowded: MainWindow,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    timeline, painted = crowded.timeline, []
    kind: Any = next(each for each in vars(painter).values() if hasattr(each, "_paint_lane"))
    paint_lane: Callable[..., None] = kind._paint_lane

    def counted(self: object, lane: Any, *rest: object) -> None:
        painted.append(lane.track.number)
        paint_lane(self, lane, *rest)

    monkeypatch.setattr(kind, "_paint_lane", counted)
    assert len(timeline.lanes) == TRACKS
    in_view = timeline.viewport().height() // painter.LANE + 2
    for value in (0, timeline.verticalScrollBar().maximum()):
        timeline.verticalScrollBar().setValue(value)
        painted.clear()
        timeline.viewport().repaint()
        assert 0 < len(painted) <= in_view
    assert TRACKS in painted
