"""A mark over a frame that is shown in place of the current one."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from annotator.ui.widgets.plain_text import Label

#: Milliseconds for which another frame may be shown without a mark; a mark in every step would flicker.
PATIENCE = 100


class InexactMark(Label):
    """Says which frame is shown while the current one is being decoded; hidden while they are the same."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        # The surround of the video is dark in both themes.
        self.setStyleSheet("background: #202124; color: #f2c14e; padding: 4px 8px;")
        self.move(8, 8)
        self._late = QTimer(self, singleShot=True, interval=PATIENCE)
        self._late.timeout.connect(self.show)
        self.hide()

    def show_other(self, shown: int | None, current: int) -> None:
        """Announce that another frame, or none, is shown instead of the current one."""
        self.setText(self.tr("Loading frame {0}").format(current) if shown is None else
                     self.tr("Loading frame {0}: the image is frame {1}").format(current, shown))
        self.adjustSize()
        if self.isHidden() and not self._late.isActive():
            self._late.start()

    def clear_mark(self) -> None:
        """The current frame is shown, or no video."""
        self._late.stop()
        self.hide()
