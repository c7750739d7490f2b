from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from pytestqt.qtbot import QtBot

from annotator.ui.canvas.frame_source import FrameSource
from annotator.video import open_video
from tests.conftest import FRAMES, MadeClip


def look_at(source: FrameSource, frame: int, qtbot: QtBot) -> None:
    """Request a frame and wait until it is decoded."""
    source.request(frame)
    qtbot.waitUntil(lambda: source.get(frame) is not None, timeout=10000)


def test_every_frame_is_the_readers_own(clip: MadeClip, qtbot: QtBot) -> None:
    source = FrameSource(open_video(clip.video))
    try:
        with open_video(clip.video) as reader:
            for frame in (0, 15, 3, FRAMES - 1):
                look_at(source, frame, qtbot)
                np.testing.assert_array_equal(source.get(frame), reader.read(frame).image)
    finally:
        source.close()


def test_neighbours_are_decoded_ahead(clip: MadeClip, qtbot: QtBot) -> None:
    source = FrameSource(open_video(clip.video))
    try:
        source.request(5, direction=1)
        qtbot.waitUntil(lambda: source.get(10) is not None and source.get(3) is not None, timeout=10000)
        with open_video(clip.video) as reader:
            np.testing.assert_array_equal(source.get(10), reader.read(10).image)
    finally:
        source.close()


def test_memory_is_bounded_and_the_frame_looked_at_stays(clip: MadeClip, qtbot: QtBot) -> None:
    with open_video(clip.video) as reader:
        one = reader.read(0).image.nbytes
    source = FrameSource(open_video(clip.video), cache_bytes=4 * one)
    try:
        for frame in range(FRAMES):
            look_at(source, frame, qtbot)
            assert len(source._cache) <= 4
    finally:
        source.close()


def test_the_last_request_counts(clip: MadeClip, qtbot: QtBot) -> None:
    source = FrameSource(open_video(clip.video))
    heard: list[int] = []
    source.ready.connect(heard.append)
    try:
        for frame in range(FRAMES - 1, 0, -1):
            source.request(frame)
        if source.request(7) is None:  # not decoded ahead for one of the others
            qtbot.waitUntil(lambda: 7 in heard, timeout=10000)
        assert source.get(7) is not None
        nearest = source.nearest(7)
        assert nearest is not None
        assert nearest[0] == 7
    finally:
        source.close()
