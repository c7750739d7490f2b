"""The panel of notes: a list, the messages of one note, and the fields in which people write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.model.note import Note
from annotator.model.text import LONGEST_MESSAGE, LONGEST_NAME
from annotator.ui.widgets.plain_text import literal

_KEY = Qt.ItemDataRole.UserRole
#: Rows of the filter.
_OPEN, _DONE, _ALL = range(3)


class NotePanel(QWidget):
    """Shows the notes of the current video. It changes nothing itself, but says what the user wants."""

    chosen = Signal(int)
    """A note (id) was clicked or selected with the keyboard."""
    added = Signal(str)
    answered = Signal(int, str)
    close_wanted = Signal(int)
    """A note (id) is to be closed, or opened again."""
    delete_wanted = Signal(int)
    author_changed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._notes: Sequence[Note] = ()
        self._numbers: Mapping[int, int] = {}
        self._writable = False
        self.filter = QComboBox(self)
        for text in (self.tr("Open notes"), self.tr("Done notes"), self.tr("All notes")):
            self.filter.addItem(text)
        self.filter.currentIndexChanged.connect(lambda: self._fill(self.current))
        self.list = QListWidget(self)
        self.list.currentItemChanged.connect(lambda *_: self._on_current())
        self.list.itemClicked.connect(lambda item: self.chosen.emit(item.data(_KEY)))
        self.list.itemActivated.connect(lambda item: self.chosen.emit(item.data(_KEY)))
        self.messages = QPlainTextEdit(self)
        self.messages.setReadOnly(True)
        self.answer = QLineEdit(self)
        self.answer.setMaxLength(LONGEST_MESSAGE)
        self.answer.setPlaceholderText(self.tr("Answer, then press Enter"))
        self.answer.returnPressed.connect(self._send_answer)
        self.close_button, self.delete_button = QPushButton(self), QPushButton(self.tr("Delete"), self)
        self.close_button.clicked.connect(lambda: self._emit(self.close_wanted))
        self.delete_button.clicked.connect(lambda: self._emit(self.delete_wanted))
        self.new = QLineEdit(self)
        self.new.setMaxLength(LONGEST_MESSAGE)
        self.new.returnPressed.connect(self._send_new)
        self.author = QLineEdit(self)
        self.author.setMaxLength(LONGEST_NAME)
        self.author.setPlaceholderText(self.tr("Your name, kept with notes and review states"))
        self.author.editingFinished.connect(lambda: self.author_changed.emit(self.author.text()))
        self._lay_out()
        self._on_current()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.delete_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.filter)
        layout.addWidget(self.list, 2)
        layout.addWidget(self.messages, 1)
        layout.addWidget(self.answer)
        layout.addLayout(buttons)
        layout.addWidget(self.new)
        layout.addWidget(self.author)

    @property
    def current(self) -> int | None:
        """Id of the selected note."""
        item = self.list.currentItem()
        return None if item is None else int(item.data(_KEY))

    def show_notes(self, notes: Sequence[Note], numbers: Mapping[int, int], writable: bool) -> None:
        """Show the notes of a video, given the numbers of its tracks by id."""
        self._notes, self._numbers, self._writable = notes, numbers, writable
        self._fill(self.current)

    def select(self, note: int) -> None:
        """Select a note; if the filter hides it, all notes are shown."""
        found = next((each for each in self._notes if each.id == note), None)
        if found is not None and not self._fits(found):
            self.filter.setCurrentIndex(_ALL)
        for row in range(self.list.count()):
            if self.list.item(row).data(_KEY) == note:
                self.list.setCurrentRow(row)

    def show_target(self, frame: int, track: int | None, at_place: bool) -> None:
        """Say what a new note would be pinned to: a frame, and perhaps a track (number) or a place."""
        about = self.tr("New note: frame {0}").format(frame)
        if track is not None:
            about = self.tr("New note: frame {0}, track {1}").format(frame, track)
        elif at_place:
            about = self.tr("New note: frame {0}, at the pointer").format(frame)
        self.new.setPlaceholderText(about)

    def _fill(self, selected: int | None) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for note in self._notes:
            if self._fits(note):
                item = QListWidgetItem(self._line(note), self.list)
                item.setData(_KEY, note.id)
                item.setToolTip(literal(note.text))
                if note.id == selected:
                    self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self._on_current()

    def _fits(self, note: Note) -> bool:
        return self.filter.currentIndex() in (_ALL, _DONE if note.done else _OPEN)

    def _line(self, note: Note) -> str:
        number = None if note.track is None else self._numbers.get(note.track)
        head = str(note.frame) if number is None else self.tr("{0}, track {1}").format(note.frame, number)
        answers = f" ({len(note.answers)})" if note.answers else ""
        return f"{'✓ ' if note.done else ''}{head}: {' '.join(note.text.split())}{answers}"

    def _on_current(self) -> None:
        note = next((each for each in self._notes if each.id == self.current), None)
        self.messages.setPlainText("" if note is None else "\n\n".join(
            f"{each.author or self.tr('unknown')}, {each.time[:16].replace('T', ' ')}\n{each.text}"
            for each in note.messages))
        self.close_button.setText(self.tr("Reopen") if note is not None and note.done else self.tr("Close"))
        for field in (self.answer, self.close_button, self.delete_button):
            field.setEnabled(note is not None and self._writable)
        self.new.setEnabled(self._writable)

    def _send_answer(self) -> None:
        if self.current is not None and self.answer.text().strip():
            self.answered.emit(self.current, self.answer.text())

    def _send_new(self) -> None:
        if self.new.text().strip():
            self.added.emit(self.new.text())

    def _emit(self, signal: object) -> None:
        if self.current is not None:
            signal.emit(self.current)  # type: ignore[attr-defined]  # a bound signal, which has no public type
