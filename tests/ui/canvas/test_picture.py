from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.model.frame import Image
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.frame_source import FrameSource
from annotator.ui.canvas.pixels import drawable, scaled
from annotator.video import open_video
from tests.conftest import MadeClip


def gradient(width: int = 400, height: int = 200) -> Image:
    """Every pixel another colour, smooth enough to be known again when it is scaled."""
    y, x = np.mgrid[0:height, 0:width]
    return drawable(np.stack([x * 255 / width, y * 255 / height, np.full_like(x, 40)], axis=-1).astype(np.uint8))


def shown(canvas: Canvas) -> QImage:
    image: QImage = canvas.grab().toImage()
    return image


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[Canvas]:
    holder = QWidget()  # pyqtgraph's own close() does not survive being called from outside
    qtbot.addWidget(holder)
    canvas = Canvas(holder)
    holder.resize(300, 180)
    canvas.resize(300, 180)
    holder.show()
    canvas.set_picture_size(400, 200)
    yield canvas
    holder.close()


def test_a_scaled_picture_is_shown_where_the_whole_one_would_be(canvas: Canvas) -> None:
    image = gradient()
    canvas.set_image(image)
    by_qt = shown(canvas)
    canvas.set_image(image, scaled(image, canvas.shown_size()))
    ours = shown(canvas)
    for x, y in ((10, 10), (200, 100), (390, 190)):
        place = canvas.to_widget(QPointF(x, y)).toPoint()
        one, other = by_qt.pixelColor(place), ours.pixelColor(place)
        assert abs(one.red() - other.red()) <= 4
        assert abs(one.green() - other.green()) <= 4
        assert one.blue() == other.blue() == 40


def test_another_zoom_is_drawn_from_the_whole_picture(canvas: Canvas) -> None:
    image = gradient()
    wrong = scaled(drawable(np.zeros((200, 400, 3), np.uint8)), canvas.shown_size())
    canvas.set_image(image, wrong)
    assert shown(canvas).pixelColor(canvas.to_widget(QPointF(200, 100)).toPoint()).blue() == 0
    canvas.zoom(1.5)
    assert shown(canvas).pixelColor(canvas.to_widget(QPointF(200, 100)).toPoint()).blue() == 40


def test_tone_changes_either(canvas: Canvas) -> None:
    image = gradient()
    place = canvas.to_widget(QPointF(200, 100)).toPoint()
    for small in (None, scaled(image, canvas.shown_size())):
        canvas.picture.set_tone(0, 0)
        canvas.set_image(image, small)
        plain = shown(canvas).pixelColor(place)
        canvas.picture.set_tone(0.2, 0)
        canvas.set_image(image, small)
        assert shown(canvas).pixelColor(place).red() > plain.red() + 40


def test_frames_are_kept_in_the_size_in_which_they_are_shown(clip: MadeClip, qtbot: QtBot) -> None:
    reader = open_video(clip.video)
    source = FrameSource(reader)
    try:
        width, height = reader.info.width // 2, reader.info.height // 2
        source.set_shown_size((width, height))
        source.request(3)
        qtbot.waitUntil(lambda: source.small(3) is not None)
        small, whole = source.small(3), source.get(3)
        assert small is not None
        assert whole is not None
        assert small.shape == (height, width, 3)
        assert np.abs(small.mean(axis=(0, 1)) - whole.mean(axis=(0, 1))).max() < 3
        source.set_shown_size((width * 4, height * 4))
        assert source.small(3) is None
        source.request(5)
        qtbot.waitUntil(lambda: source.get(5) is not None)
        assert source.small(5) is None, "what is shown larger needs no second copy"
    finally:
        source.close()
