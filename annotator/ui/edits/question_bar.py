"""A bar over the canvas that shows what an edit would change and asks for one missing value."""

from __future__ import annotations

from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QObject, QRegularExpression, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPalette, QRegularExpressionValidator
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.storage.edits.merging import MergeRule
from annotator.ui.edits.plans import NUMBER, PIXELS, RULE, TRACK, Answer
from annotator.ui.widgets.floating_card import FloatingCard
from annotator.ui.widgets.plain_text import Label

#: Pixels between the bar and the edges of the canvas, and its maximum width.
_MARGIN, _WIDEST = 8, 760
#: Milliseconds from the last change of the answer to its preview.
_PAUSE = 60
T = TypeVar("T")

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class EditBar(FloatingCard):
    """Floats over the upper edge of a widget. Enter applies and Esc cancels, wherever the focus is."""

    answered = Signal()
    """The answer changed."""
    applied = Signal()
    cancelled = Signal()

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._asking = False
        self._answer: Answer[Any] | None = None
        self.title, self.text = Label(self), Label(self)
        for label in (self.title, self.text):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.hint = Label(self)
        self._make_fields()
        self.apply = QPushButton(self.tr("Apply"), self)
        self.apply.setToolTip(self.tr("Apply this edit (Enter)"))
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setToolTip(self.tr("Cancel without changes (Esc)"))
        self._lay_out()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self.answered)
        self.apply.clicked.connect(self.applied)
        self.cancel.clicked.connect(self.cancelled)

    def _make_fields(self) -> None:
        self.track_field = QLineEdit(self, placeholderText=self.tr("No."))
        self.track_field.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]{0,9}"), self))
        self.number_field = QSpinBox(self, minimum=1, maximum=999_999_999)
        self.rule_field = QComboBox(self)
        for rule, text in ((MergeRule.INTO, self.tr("the box of the track with the lower number")),
                           (MergeRule.OTHER, self.tr("the box of the track with the higher number")),
                           (MergeRule.BETTER, self.tr("the box with the higher score"))):
            self.rule_field.addItem(text, rule)
        self.pixels_field = QDoubleSpinBox(self, minimum=0.0, maximum=200.0, singleStep=0.5, decimals=1,
                                           suffix=self.tr(" px"))
        self._fields: dict[Answer[Any], QWidget] = {
            TRACK: self.track_field, NUMBER: self.number_field, RULE: self.rule_field,
            PIXELS: self.pixels_field}
        self._pages = QStackedWidget(self)
        self._pages.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        for field in self._fields.values():
            self._pages.addWidget(field)
        for signal in (self.track_field.textChanged, self.number_field.valueChanged, self.pixels_field.valueChanged,
                       self.rule_field.currentIndexChanged):
            signal.connect(lambda *_: self._pause.start())

    def _lay_out(self) -> None:
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self.title, self.hint, self._pages):
            row.addWidget(widget)
        row.addStretch(1)
        for button in (self.apply, self.cancel):
            row.addWidget(button)
        self.text.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.text)

    # State

    @property
    def asking(self) -> bool:
        """Whether the bar waits for Enter or Esc."""
        return self._asking

    def show_hint(self, title: str, text: str, refused: bool = False) -> None:
        """Show what would change, without asking."""
        if self._asking:
            return
        self.title.setText(title)
        self._show_asking(None, False)
        self.say(text, refused)

    def hide_hint(self) -> None:
        if not self._asking:
            self.hide()

    def ask(self, title: str, hint: str, answer: Answer[T] | None, start: T | None = None) -> None:
        """Ask for an answer of this kind, or only for confirmation."""
        self._answer = answer
        self.title.setText(title)
        self.hint.setText(hint)
        self._show_asking(answer, True)
        self._begin_with(start)
        self._pause.stop()
        self.say("")
        app = QApplication.instance()
        if not self._asking and app is not None:
            app.installEventFilter(self)
        self._asking = True

    def end(self) -> None:
        """Stop asking and hide the bar."""
        self._pause.stop()
        app = QApplication.instance()
        if self._asking and app is not None:
            app.removeEventFilter(self)
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        self._asking = False
        self.hide()
        if had_focus:
            self.over.setFocus(Qt.FocusReason.OtherFocusReason)

    def say(self, text: str, refused: bool = False, possible: bool = True) -> None:
        """Show what would change, or why the edit is refused."""
        self.text.setText(("\u26a0 " if refused else "") + text)
        self.text.setVisible(bool(text))
        self.text.setForegroundRole(QPalette.ColorRole.WindowText if refused else QPalette.ColorRole.PlaceholderText)
        self.apply.setEnabled(possible and not refused)
        self.settle()
        self.show()
        self.raise_()

    @property
    def answer(self) -> object:
        """The current answer, for a track its number; None if empty."""
        if self._answer is TRACK:
            return int(self.track_field.text()) if self.track_field.text() else None
        if self._answer is NUMBER:
            return self.number_field.value()
        if self._answer is PIXELS:
            return self.pixels_field.value()
        return MergeRule(self.rule_field.currentData()) if self._answer is RULE else None

    def _show_asking(self, answer: Answer[Any] | None, asking: bool) -> None:
        for widget in (self.apply, self.cancel, self.hint):
            widget.setVisible(asking)
        self._pages.setVisible(answer is not None)

    def _begin_with(self, start: Any) -> None:
        field = None if self._answer is None else self._fields[self._answer]
        if field is None:
            self.apply.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._pages.setCurrentWidget(field)
        self._pages.setMaximumWidth(64 if field is self.track_field else 16_777_215)
        if isinstance(field, QLineEdit):
            field.clear()
        elif isinstance(field, QComboBox):
            field.setCurrentIndex(max(field.findData(start), 0))
        elif isinstance(field, QSpinBox | QDoubleSpinBox):
            field.setValue(start)
            field.selectAll()
        self.show()
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def settle(self) -> None:
        width = min(self.over.width() - 2 * _MARGIN, _WIDEST)
        self.setGeometry((self.over.width() - width) // 2, _MARGIN, width, self.height_at(width))

    # Keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        super().eventFilter(watched, event)
        if not self._asking or event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) \
                or not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget) or not self._hears(watched):
            return False
        if event.key() not in (*_ENTER, Qt.Key.Key_Escape):
            return False
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif watched is not self.cancel:
            self._apply_now()
        else:
            return False
        return True

    def _apply_now(self) -> None:
        if self._pause.isActive():
            self._pause.stop()
            self.answered.emit()
        if self.apply.isEnabled():
            self.applied.emit()

    def _hears(self, watched: QWidget) -> bool:
        """Return whether to handle keys of this widget: those of this window, except in text fields outside the bar."""
        if watched.window() is not self.window() or QApplication.activeModalWidget() is not None:
            return False
        typing = isinstance(watched, QLineEdit | QAbstractSpinBox | QComboBox)
        return self.isAncestorOf(watched) or not typing
