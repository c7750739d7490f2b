"""The question whether to connect to the servers that a project names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from annotator.ui.widgets.plain_text import literal

#: Servers, and names of videos of each, that the question lists.
_LISTED = 5


class NetworkQuestion(QMessageBox):
    """Asks whether to read videos from other computers. Does not block the window; No is the default, and
    `connect_button` agrees."""

    def __init__(self, project: str, places: Mapping[str, Sequence[str]], parent: QWidget) -> None:
        """``places``: shares of servers -> names of the videos there."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Warning)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWindowTitle(self.tr("Videos on other computers"))
        self.setText(self.tr("Connect to other computers for the videos of {0}?").format(project))
        self.setInformativeText(literal("\n".join((
            *self._lines(places), "",
            self.tr("Connecting can tell these computers your name and password hash. Connect only if you trust the "
                    "project and know these computers. Without them, tracks can be seen and corrected, but not the "
                    "frames of these videos.")))))
        self.connect_button = self.addButton(self.tr("Trust and connect"), QMessageBox.ButtonRole.AcceptRole)
        self.setStandardButtons(QMessageBox.StandardButton.No)
        self.setDefaultButton(QMessageBox.StandardButton.No)
        self.setEscapeButton(QMessageBox.StandardButton.No)

    def _lines(self, places: Mapping[str, Sequence[str]]) -> list[str]:
        lines = [f"{place}: {_some(names)}" for place, names in list(places.items())[:_LISTED]]
        left = len(places) - len(lines)
        return [*lines, self.tr("and %n others", "", left)] if left else lines


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
