"""The review panel: progress, filters, cards, and the fixes of the current one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, QRegularExpression, Qt, QTimer
from PySide6.QtGui import QAction, QPalette, QRegularExpressionValidator
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.review import Fix, Kind
from annotator.ui.document.document import Document
from annotator.ui.edits.controller import EditController
from annotator.ui.review.cards import CardModel, CardPainter, KindNames
from annotator.ui.review.controller import ReviewController
from annotator.ui.review.crops import CropSource
from annotator.ui.review.queue_builder import QueueBuilder
from annotator.ui.widgets.plain_text import Label

#: Milliseconds from the arrival at a moment to the preview of its suggestion.
_PAUSE = 50


class ReviewPanel(QWidget):
    """Shows the state of the review controller. Clicking a card goes to its moment."""

    def __init__(self, document: Document, review: ReviewController, builder: QueueBuilder, crops: CropSource,
                 edits: EditController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._review, self._builder, self._edits = document, review, builder, edits
        self.model = CardModel(review, document, self)
        self.view = QListView(self)
        self._painter = CardPainter(crops, document, self.view)
        self._set_up_view()
        self.done = Label(self)
        self.kind_filter, self.track_filter = QComboBox(self), QLineEdit(self, placeholderText=self.tr("Track"))
        self._set_up_filters()
        self._colours, self._bar = Label(self), QProgressBar(self, textVisible=False)
        self.colours = QToolButton(self, autoRaise=True)
        self._state = QWidget(self)
        self._empty = Label(self, wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self.suggestion, self.fine = QPushButton(self), QPushButton(self)
        self._others: dict[Fix, QPushButton] = {}
        self.effect = Label(self, wordWrap=True)
        self._footer = QFrame(self)
        self._buttons = QHBoxLayout()
        self._lay_out()
        self._preview = QTimer(self, singleShot=True, interval=_PAUSE)
        self._preview.timeout.connect(self._show_effect)
        self._whole = QTimer(self, singleShot=True, interval=0)
        self._whole.timeout.connect(self._keep_current_whole)
        self.view.viewport().installEventFilter(self)
        review.changed.connect(self._on_changed)
        review.current_changed.connect(self._on_current)
        builder.state_changed.connect(self._show_state)
        crops.ready.connect(lambda _key: self.view.viewport().update())
        document.selection_changed.connect(self._show_footer)
        self._on_changed()
        self._show_state()
        self._show_footer()

    # Layout

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self.model)
        view.setItemDelegate(self._painter)
        view.setUniformItemSizes(True)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the canvas keeps it, so that Tab works
        view.clicked.connect(lambda index: self._review.visit(self.model.entry(index.row())))

    def _set_up_filters(self) -> None:
        self.kind_filter.setToolTip(self.tr("Show only moments of this kind"))
        self.kind_filter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kind_filter.setMinimumContentsLength(10)
        self.kind_filter.activated.connect(lambda _row: self._filter())
        self.track_filter.setToolTip(self.tr("Only moments of the track with this number"))
        self.track_filter.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]{0,9}"), self))
        self.track_filter.setMaximumWidth(72)
        self.track_filter.setClearButtonEnabled(True)
        self.track_filter.textChanged.connect(lambda _text: self._filter())

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.done, 1)
        head.addWidget(self.kind_filter)
        head.addWidget(self.track_filter)
        state = QHBoxLayout(self._state)
        state.setContentsMargins(0, 0, 0, 0)
        state.setSpacing(8)
        self._bar.setFixedHeight(8)
        state.addWidget(self._colours)
        state.addWidget(self._bar, 1)
        state.addWidget(self.colours)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.view)
        self._pages.addWidget(self._empty)
        self._footer.setFrameShape(QFrame.Shape.NoFrame)
        self.effect.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        below = QVBoxLayout(self._footer)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(4)
        below.addWidget(self.effect)
        first = QHBoxLayout()
        first.setSpacing(4)
        first.addWidget(self.suggestion, 1)
        first.addWidget(self.fine)
        below.addLayout(first)
        self._buttons.setSpacing(4)
        below.addLayout(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._state)
        column.addWidget(self._pages, 1)
        column.addWidget(self._footer)

    def set_actions(self, accept: QAction, fine: QAction, others: dict[Fix, QAction], look: QAction) -> None:
        """Set the actions of the buttons, which are labelled with the keys."""
        self._accept, self._fine_action = accept, fine
        self.suggestion.clicked.connect(accept.trigger)
        self.fine.clicked.connect(fine.trigger)
        self.colours.clicked.connect(look.trigger)
        for fix, action in others.items():
            button = QPushButton(self)
            button.clicked.connect(action.trigger)
            action.changed.connect(partial(self._label_other, button, action))
            self._label_other(button, action)
            self._others[fix] = button
            self._buttons.addWidget(button, 1)
        for each in (self.suggestion, self.fine, self.colours, *self._others.values()):
            each.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for action in (accept, fine):
            action.changed.connect(self._show_footer)
        self._show_footer()

    def _label_other(self, button: QPushButton, action: QAction) -> None:
        button.setText(action.text().rstrip("…"))
        button.setToolTip(action.toolTip())

    # State

    def _on_changed(self) -> None:
        done, total = self._review.counts
        self.done.setText(self.tr("{0} of {1} done").format(done, total) if total else "")
        self._fill_kinds()
        self._empty.setText(self._why_empty())
        self._pages.setCurrentIndex(0 if self._review.entries else 1)
        self._show_current()
        self._show_footer()

    def _why_empty(self) -> str:
        if self._document.video is None:
            return self.tr("Open a project to find possible errors in its tracks")
        if self._review.queue is None:
            return self.tr("Searching for suspicious moments…")
        if self.kind_filter.currentData() is not None or self.track_filter.text():
            return self.tr("No moments match the filter")
        return self.tr("All suspicious moments are reviewed") if self._review.counts[1] else \
            self.tr("No suspicious moments found")

    def _fill_kinds(self) -> None:
        """List the kinds of open entries with their counts, and keep the selected one."""
        box, chosen, names = self.kind_filter, self.kind_filter.currentData(), KindNames(self)
        kinds = self._review.kinds()
        if chosen is not None:
            kinds.setdefault(Kind(chosen), 0)
        box.clear()
        box.addItem(self.tr("All kinds"), None)
        for kind, count in sorted(kinds.items(), key=lambda each: -each[1]):
            box.addItem(self.tr("{0} ({1})").format(names.name(kind), count), kind.value)
        box.setCurrentIndex(max(box.findData(chosen), 0))
        names.deleteLater()

    def _filter(self) -> None:
        kind, number = self.kind_filter.currentData(), self.track_filter.text()
        track = next((key for key, each in self._document.tracks().items() if str(each.number) == number),
                     -1) if number else None
        self._review.set_filter(None if kind is None else Kind(kind), track)

    def _show_state(self) -> None:
        """Show the progress of the comparison of colours, or the button that starts it."""
        looked, shown = self._builder.looked, self._review.queue is not None
        self._state.setVisible(looked is not None or (shown and not self._builder.complete
                                                      and not self._builder.ranking))
        self._bar.setVisible(looked is not None)
        if looked is not None:
            self._bar.setRange(0, max(looked[1], 1))
            self._bar.setValue(looked[0])
            self._colours.setText(self.tr("Comparing colours"))
            self.colours.setText(self.tr("Stop"))
        else:
            self._colours.setText(self.tr("Colours are not compared"))
            self.colours.setText(self.tr("Compare"))
        if self._review.queue is None:
            self._empty.setText(self._why_empty())

    def _on_current(self) -> None:
        self._show_current()
        self._show_footer()

    def _show_current(self) -> None:
        place = self._review.place
        if place is None:
            self.view.selectionModel().clearSelection()
            return
        index = self.model.index(place)
        self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.view.scrollTo(index)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Keep the current card fully visible when the list shrinks."""
        if event.type() is QEvent.Type.Resize:
            self._whole.start()
        return super().eventFilter(watched, event)

    def _keep_current_whole(self) -> None:
        current = self.view.currentIndex()
        if current.isValid() and self.view.viewport().rect().intersects(self.view.visualRect(current)):
            self.view.scrollTo(current)

    def _show_footer(self) -> None:
        """Show the fixes of the current entry."""
        entry, fixes = self._review.current, self._review.fixes()
        self._footer.setVisible(entry is not None)
        if entry is None or not self._others:
            return
        suggested = entry.suggestion
        self.suggestion.setVisible(suggested.fix is not Fix.FINE)
        self.suggestion.setText(_with_keys(self._review.describe(suggested), self._accept))
        self.suggestion.setToolTip(self._accept.toolTip())
        self.fine.setText(_with_keys(self.tr("No error"), self._fine_action))
        self.fine.setToolTip(self._fine_action.toolTip())
        for fix, button in self._others.items():
            button.setVisible(fix is not suggested.fix)
            button.setEnabled(fix in fixes)
        self.effect.clear()
        self.effect.hide()
        self._preview.start()

    def _show_effect(self) -> None:
        """Show what the suggested edit would change."""
        plan = self._review.plan()
        text = "" if plan is None or not self._document.writable else self._edits.effect(plan)
        self.effect.setText(text)
        self.effect.setVisible(bool(text))


def _with_keys(text: str, action: QAction) -> str:
    keys = action.shortcut().toString()
    return f"{text}   [{keys}]" if keys else text
