"""The command palette: find an action by a few letters and run it with Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from annotator.ui.actions.needs import missing_in_words
from annotator.ui.actions.registry import Actions, Entry

_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CommandPalette(QDialog):
    """A list of all actions with their shortcuts. Unavailable actions are disabled and say what they need."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Search actions"))
        self.setModal(True)
        self.resize(520, 420)
        self.line = QLineEdit(self, placeholderText=self.tr("What do you want to do?"))
        self.list = QTreeWidget(self)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setColumnCount(2)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self._actions, self._entries = actions, list(actions)
        self.line.textChanged.connect(self._fill)
        self.line.returnPressed.connect(self._run)
        self.line.installEventFilter(self)
        self.list.itemActivated.connect(self._run)
        self._fill("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.key() in _MOVES:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _fill(self, text: str) -> None:
        self.list.clear()
        ranked = sorted(((rank, k, entry) for k, entry in enumerate(self._entries)
                         if (rank := match_rank(text, _title(entry))) is not None), key=lambda row: row[:2])
        for _, _, entry in ranked:
            possible = entry.action.isEnabled()
            missing = missing_in_words(self._actions.missing(entry.name))
            lacking = self.tr("needs {0}").format(missing) if missing else ""
            item = QTreeWidgetItem([_title(entry), entry.keys_text if possible else lacking])
            item.setToolTip(0, entry.action.toolTip())
            item.setToolTip(1, entry.keys_text if possible else lacking)
            item.setData(0, Qt.ItemDataRole.UserRole, entry.action)
            item.setDisabled(not possible)
            self.list.addTopLevelItem(item)
        if not ranked:
            nothing = QTreeWidgetItem([self.tr("No matching actions"), ""])
            nothing.setDisabled(True)
            self.list.addTopLevelItem(nothing)
        self.list.setColumnWidth(0, self.width() - 220)
        items = [self.list.topLevelItem(k) for k in range(self.list.topLevelItemCount())]
        enabled = [item for item in items if item is not None and not item.isDisabled()]
        if enabled:
            self.list.setCurrentItem(enabled[0])

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None or item.isDisabled():
            return
        action: QAction = item.data(0, Qt.ItemDataRole.UserRole)
        self.accept()
        action.trigger()


def _title(entry: Entry) -> str:
    return f"{entry.menu_path}: {entry.action.text().replace('&', '').rstrip('.…')}"


def match_rank(text: str, title: str) -> int | None:
    """Return how well a title matches the typed text, 0 for the best match; None if it does not match.

    The weakest match contains the letters of the text in this order.
    """
    wanted, have = text.casefold().strip(), title.casefold()
    if not wanted:
        return 0
    words = have.replace(":", " ").replace("\u203a", " ").split()
    if any(word.startswith(wanted) for word in words):
        return 1
    if wanted in have:
        return 2
    if all(any(word.startswith(part) for word in words) for part in wanted.split()):
        return 3
    place = 0
    for letter in wanted.replace(" ", ""):
        place = have.find(letter, place) + 1
        if place == 0:
            return None
    return 4
