from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon
from pytestqt.qtbot import QtBot

from annotator.ui.widgets.swatch import swatch


@pytest.mark.parametrize("mode", [QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active])
def test_a_swatch_keeps_its_color_where_it_is_selected(mode: QIcon.Mode, qtbot: QtBot) -> None:
    image = swatch("#cc3311").pixmap(QSize(16, 16), 1.0, mode).toImage()
    assert image.pixelColor(8, 8) == QColor("#cc3311")
