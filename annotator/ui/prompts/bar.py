"""The bar over the canvas with the options, progress and decision of a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QRect, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.jobs.prompts.limits import Direction
from annotator.ui.actions.registry import Actions
from annotator.ui.widgets.floating_card import FloatingCard
from annotator.ui.widgets.plain_text import Label, literal
from annotator.ui.widgets.swatch import swatch

MARGIN, WIDTH = 8, 680


class Stage(Enum):
    """Stage of a prompt."""

    DRAFT = auto()
    """Drawn but not propagated yet; it can still be refined."""
    RUNNING = auto()
    """It is being propagated."""
    PROPOSED = auto()
    """The result waits for a decision."""
    QUEUED = auto()
    """Only queued prompts, which wait to be propagated together."""


@dataclass(frozen=True, slots=True)
class BarState:
    """State to show in the bar."""

    stage: Stage
    color: str
    title: str
    detail: str = ""
    direction: Direction | None = None
    """None if it cannot be changed."""
    labels: Sequence[str] = ()
    """Classes to select from; empty if there is no choice."""
    label: str | None = None
    within_track: bool | None = None
    """None if the prompt is not for a track."""
    in_range: bool | None = None
    """None if no range is selected."""
    may_be_new: bool = False
    """Whether the prompt can be changed to one for a new object."""
    done: int = 0
    total: int = 0
    decided: bool = False
    """Whether the decision is already made."""


class PromptBar(FloatingCard):
    """Floats over the canvas, so that the frame does not move: at the upper edge, or at the lower edge if it would
    cover the drawn box. The canvas keeps the keyboard focus."""

    direction_chosen = Signal(Direction)
    label_chosen = Signal(str)
    within_track_chosen = Signal(bool)
    in_range_chosen = Signal(bool)

    def __init__(self, canvas: QWidget, actions: Actions) -> None:
        super().__init__(canvas)
        self._actions = actions
        self._below = False
        self._make_fields()
        self._lay_out()
        self._connect()

    def _make_fields(self) -> None:
        tr = self.tr
        self.swatch = Label(self)
        self.title, self.detail = Label(self), Label(self)
        bold = self.title.font()
        bold.setBold(True)
        self.title.setFont(bold)
        for text in (self.title, self.detail):
            text.setTextFormat(Qt.TextFormat.PlainText)
        self.detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress = QProgressBar(self, textVisible=False)
        self.progress.setFixedHeight(12)
        self.direction = QComboBox(self)
        for direction, words in ((Direction.BOTH, tr("Both directions")), (Direction.BACKWARD, tr("Backward only")),
                                 (Direction.FORWARD, tr("Forward only"))):
            self.direction.addItem(words, direction)
        self.label = QComboBox(self)
        self.label.setToolTip(tr("Class of the new object"))
        self.label.setMaximumWidth(160)
        self.within_track = QCheckBox(tr("Within track"), self)
        self.within_track.setToolTip(tr("Do not propagate beyond the track's first and last frame"))
        self.in_range = QCheckBox(tr("Selected range"), self)
        self.in_range.setToolTip(tr("Do not propagate beyond the range selected on the timeline"))
        self.as_new = QPushButton(tr("New object"), self)
        self.queue = QPushButton(tr("Add to queue"), self)
        self.stop = QPushButton(tr("Stop"), self)
        self.drop = QPushButton(tr("Discard"), self)
        self.accept = QPushButton(self)
        self.later = QToolButton(self, autoRaise=True)
        self.later.setText("✕")
        self.later.setAccessibleName(tr("Decide later"))
        for widget in (self.direction, self.label, self.within_track, self.in_range, self.as_new, self.queue, self.stop,
                       self.drop, self.accept, self.later):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.swatch)
        above.addWidget(self.title)
        above.addWidget(self.detail, 1)
        above.addWidget(self.as_new)
        above.addWidget(self.later)
        for choice in (self.direction, self.label, self.within_track, self.in_range):
            below.addWidget(choice)
        below.addWidget(self.progress, 1)
        self._gap = QWidget(self)
        below.addWidget(self._gap, 1)
        for button in (self.queue, self.stop, self.drop, self.accept):
            below.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(4)
        for row in (above, below):
            row.setSpacing(8)
            layout.addLayout(row)

    def _connect(self) -> None:
        for button, name in ((self.accept, "prompt.accept"), (self.drop, "prompt.drop"), (self.stop, "prompt.stop"),
                             (self.queue, "prompt.queue"), (self.as_new, "prompt.as-new"),
                             (self.later, "prompt.later")):
            self._follow(button, name)
        self.direction.activated.connect(lambda index: self.direction_chosen.emit(
            Direction(self.direction.itemData(index))))
        self.label.textActivated.connect(self.label_chosen)
        self.within_track.clicked.connect(self.within_track_chosen)
        self.in_range.clicked.connect(self.in_range_chosen)

    def _follow(self, button: QAbstractButton, name: str) -> None:
        action = self._actions[name]
        button.clicked.connect(action.trigger)
        action.changed.connect(lambda: self._update_button(button, name))
        self._update_button(button, name)

    def _update_button(self, button: QAbstractButton, name: str) -> None:
        button.setToolTip(self._actions[name].toolTip())

    # State

    def show_state(self, state: BarState | None, drawn: QRect | None = None) -> None:
        """Show a state; None hides the bar. ``drawn``: the drawn box in canvas coordinates."""
        if state is None:
            self._below = False
            self.hide()
            return
        if drawn is not None:
            self._below = drawn.top() < MARGIN + self.sizeHint().height()
        stage = state.stage
        self.swatch.setPixmap(swatch(state.color).pixmap(16, 16))
        self.title.setText(state.title)
        self.detail.setText(state.detail)
        self.detail.setToolTip(literal(state.detail))
        self._show_choices(state)
        self.progress.setVisible(stage is Stage.RUNNING)
        self.progress.setRange(0, state.total)
        self.progress.setValue(state.done)
        self._gap.setVisible(stage is not Stage.RUNNING)
        self.as_new.setVisible(state.may_be_new)
        self.queue.setVisible(stage is Stage.DRAFT)
        self.stop.setVisible(stage is Stage.RUNNING)
        self.later.setVisible(stage is Stage.PROPOSED)
        self.accept.setText(self._accept_text(state))
        self.accept.setEnabled(not state.decided)
        self.drop.setText(self._with_key(self.tr("Discard"), "prompt.drop"))
        self.show()
        self.raise_()
        self.settle()

    def _show_choices(self, state: BarState) -> None:
        self.direction.setVisible(state.direction is not None)
        if state.direction is not None:
            self.direction.setCurrentIndex(self.direction.findData(state.direction))
        self.label.setVisible(bool(state.labels))
        with QSignalBlocker(self.label):
            if [self.label.itemText(index) for index in range(self.label.count())] != list(state.labels):
                self.label.clear()
                self.label.addItems(list(state.labels))
            self.label.setCurrentText(state.label or "")
        for box, value in ((self.within_track, state.within_track), (self.in_range, state.in_range)):
            box.setVisible(value is not None)
            box.setChecked(bool(value))

    def _accept_text(self, state: BarState) -> str:
        if state.stage in (Stage.DRAFT, Stage.QUEUED):
            return self._with_key(self.tr("Propagate"), "prompt.accept")
        if state.stage is Stage.RUNNING:
            return self.tr("Accepted when done") if state.decided else self._with_key(self.tr("Accept when done"),
                                                                                    "prompt.accept")
        return self._with_key(self.tr("Accept"), "prompt.accept")

    def _with_key(self, text: str, name: str) -> str:
        key = self._actions[name].shortcut().toString()
        return f"{text}  {key}" if key else text

    def settle(self) -> None:
        hint = self.sizeHint()
        width = min(max(WIDTH, hint.width()), self.over.width() - 2 * MARGIN)
        self.resize(width, hint.height())
        top = max(self.over.height() - hint.height() - MARGIN, 0) if self._below else MARGIN
        self.move((self.over.width() - width) // 2, top)
