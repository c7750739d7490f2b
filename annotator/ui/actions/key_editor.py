"""The editor of keyboard shortcuts."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.ui.actions.palette import match_rank
from annotator.ui.actions.registry import Actions, Entry
from annotator.ui.widgets.plain_text import Label

#: Keys with a fixed function that no menu shows.
RESERVED = ("Space", "Esc")
_ENTRY = Qt.ItemDataRole.UserRole


class KeyEditor(QDialog):
    """A list of all actions by menu. Select one and press its new shortcut, which takes effect immediately."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Customize keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 560)
        self._actions = actions
        self._wanted: list[str] = []
        self.search = QLineEdit(self, placeholderText=self.tr("Search by name or shortcut"), clearButtonEnabled=True)
        self.tree = QTreeWidget(self)
        self.capture = QKeySequenceEdit(self)
        self.also = QCheckBox(self.tr("Keep existing shortcuts"), self)
        self.none = QPushButton(self.tr("Clear"), self)
        self.reset = QPushButton(self.tr("Reset"), self)
        self.reset_all = QPushButton(self.tr("Reset all"), self)
        self.message = Label(self)
        self.take = QPushButton(self.tr("Reassign"), self)
        self._chosen = Label(self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._fill("")

    def _set_up(self) -> None:
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels([self.tr("Action"), self.tr("Shortcuts"), ""])
        self.tree.setUniformRowHeights(True)
        self.tree.setAlternatingRowColors(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(1, 160)
        header.resizeSection(2, 72)
        self.capture.setMaximumSequenceLength(1)
        self.capture.setClearButtonEnabled(False)
        self.capture.setAccessibleName(self.tr("New shortcut"))
        self.message.setWordWrap(True)
        self.message.setMinimumHeight(2 * self.fontMetrics().height())
        self.take.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self._chosen, 1)
        row.addWidget(Label(self.tr("New shortcut"), self))
        row.addWidget(self.capture)
        row.addWidget(self.also)
        message_row = QHBoxLayout()
        message_row.addWidget(self.message, 1)
        message_row.addWidget(self.take)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        for button, role in ((self.none, QDialogButtonBox.ButtonRole.ActionRole),
                             (self.reset, QDialogButtonBox.ButtonRole.ActionRole),
                             (self.reset_all, QDialogButtonBox.ButtonRole.ResetRole)):
            button.setAutoDefault(False)
            buttons.addButton(button, role)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        for part in (self.search, self.tree):
            layout.addWidget(part)
        layout.addLayout(row)
        layout.addLayout(message_row)
        layout.addWidget(buttons)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._fill)
        self.tree.currentItemChanged.connect(lambda *_: self._on_chosen())
        self.tree.itemActivated.connect(lambda *_: self.capture.setFocus())
        self.capture.keySequenceChanged.connect(self._on_pressed)
        self.take.clicked.connect(self._take_over)
        self.none.clicked.connect(lambda: self._give([]))
        self.reset.clicked.connect(self._reset)
        self.reset_all.clicked.connect(self._reset_all)

    # The list

    def _fill(self, text: str) -> None:
        kept = self.entry
        self.tree.clear()
        menus: dict[str, QTreeWidgetItem] = {}
        for entry in self._actions:
            title = entry.menu_path
            if match_rank(text, f"{title}: {entry.title} {entry.keys_text}") is None:
                continue
            if title not in menus:
                menus[title] = QTreeWidgetItem(self.tree, [title])
                menus[title].setSizeHint(0, QSize(0, 20))  # uniform row heights: applies to all lines
                menus[title].setFlags(Qt.ItemFlag.ItemIsEnabled)
                menus[title].setFirstColumnSpanned(True)
                menus[title].setExpanded(True)
            item = QTreeWidgetItem(menus[title], ["", "", ""])
            item.setData(0, _ENTRY, entry.name)
            item.setToolTip(0, entry.action.statusTip())
            self._show(item)
            if kept is not None and entry.name == kept.name:
                self.tree.setCurrentItem(item)
        if self.entry is None:
            for item in self._items()[:1]:
                self.tree.setCurrentItem(item)
        self._on_chosen()

    def _items(self) -> list[QTreeWidgetItem]:
        """Items of the actions, in order."""
        menus = [self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount())]
        found = [menu.child(place) for menu in menus if menu is not None for place in range(menu.childCount())]
        return [item for item in found if item is not None]

    def _show(self, item: QTreeWidgetItem) -> None:
        entry = self._entry_of(item)
        assert entry is not None
        item.setText(0, entry.title)
        item.setText(1, entry.keys_text)
        item.setText(2, "" if self._actions.has_default_keys(entry.name) else self.tr("changed"))
        item.setToolTip(1, entry.keys_text)

    def _show_all(self) -> None:
        for item in self._items():
            self._show(item)
        self._on_chosen(keep_message=True)

    def _entry_of(self, item: QTreeWidgetItem | None) -> Entry | None:
        name = None if item is None else item.data(0, _ENTRY)
        return next((entry for entry in self._actions if entry.name == name), None)

    @property
    def entry(self) -> Entry | None:
        """The selected action."""
        return self._entry_of(self.tree.currentItem())

    def choose(self, name: str) -> None:
        """Select an action by its name."""
        for item in self._items():
            if item.data(0, _ENTRY) == name:
                self.tree.setCurrentItem(item)

    def _on_chosen(self, keep_message: bool = False) -> None:
        entry = self.entry
        for widget in (self.capture, self.also, self.none, self.reset):
            widget.setEnabled(entry is not None)
        text = "" if entry is None else entry.title
        self._chosen.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, 200))
        self._chosen.setToolTip(text)
        if not keep_message:
            self._show_message("")

    # Keys

    def _on_pressed(self, sequence: QKeySequence) -> None:
        if sequence.isEmpty():
            return
        pressed = sequence.toString(QKeySequence.SequenceFormat.PortableText)
        self.capture.clear()
        if pressed in RESERVED:
            self._show_message(self.tr("{0} is reserved: Space plays and pans, Esc cancels the current action. "
                              "Press another key.").format(pressed))
            return
        entry = self.entry
        if entry is not None:
            kept = self._actions.keys(entry.name) if self.also.isChecked() else []
            self._give([*(key for key in kept if key != pressed), pressed])

    def _give(self, keys: list[str] | tuple[str, ...]) -> None:
        """Assign these keys to the selected action, or show which action has them."""
        entry = self.entry
        if entry is None:
            return
        other = self._actions.conflict(entry.name, keys)
        if other is not None:
            rival = next(found for found in self._actions if found.name == other)
            self._wanted = list(keys)
            self._show_message(self.tr("{0} is already assigned to “{1}” in the {2} menu.").format(
                self._shared(keys, other), rival.title, rival.menu_path), take=True)
            return
        self._actions.set_keys(entry.name, keys)
        self._show_message(self.tr("{1} is now assigned to “{0}”.").format(entry.title, entry.keys_text) if keys
                  else self.tr("“{0}” no longer has a shortcut.").format(entry.title))
        self._show_all()

    def _shared(self, keys: list[str] | tuple[str, ...], other: str) -> str:
        theirs = {QKeySequence(key) for key in self._actions.keys(other)}
        return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys
                         if QKeySequence(key) in theirs)

    def _take_over(self) -> None:
        entry = self.entry
        if entry is not None:
            self._actions.take_keys(entry.name, self._wanted)
            self._show_message(self.tr("{1} is now assigned to “{0}”.").format(entry.title, entry.keys_text))
            self._show_all()

    def _reset(self) -> None:
        if self.entry is not None:
            self._give(self.entry.default_keys)

    def _reset_all(self) -> None:
        self._actions.reset_keys()
        self._show_message(self.tr("All actions have their default shortcuts again."))
        self._show_all()

    def _show_message(self, text: str, take: bool = False) -> None:
        self.message.setText(text)
        self.take.setVisible(take)
