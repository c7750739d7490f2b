from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon

from annotator.ui.tracks.model import NUMBER
from annotator.ui.tracks.table import TrackTable
from annotator.ui.window.main_window import MainWindow
from tests.required import required


def test_the_color_of_a_track_is_the_same_in_a_selected_row(opened: MainWindow) -> None:
    model = required(opened.findChild(TrackTable)).model
    for row in range(model.rowCount()):
        icon = model.index(row, NUMBER).data(Qt.ItemDataRole.DecorationRole)
        shown = {icon.pixmap(QSize(16, 16), 1.0, mode).toImage().pixelColor(8, 8).name()
                 for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected)}
        assert shown == {model.track(row).color.lower()}
