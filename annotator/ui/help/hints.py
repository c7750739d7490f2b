"""First steps: hints in a corner of the canvas. Each one disappears for good once it was followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSettings
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from annotator.jobs.demo import is_demo
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.widgets.floating_card import FloatingCard
from annotator.ui.widgets.plain_text import Label

_DONE = "hints/done"
MARGIN, WIDTH = 16, 300


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint."""

    name: str
    text: Callable[[], str]
    applies: Callable[[], bool] = lambda: True


class HintCard(FloatingCard):
    """A small card over the lower left corner of the canvas."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setFixedWidth(WIDTH)
        self.place, self.text = Label(self), Label(self, wordWrap=True)
        self.place.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.skip = QToolButton(self)
        self.skip.setAutoRaise(True)
        self.skip.setText(self.tr("Skip"))
        self.skip.setToolTip(self.tr("Do not show this hint again"))
        self.close_all = QToolButton(self)
        self.close_all.setAutoRaise(True)
        self.close_all.setText("✕")
        self.close_all.setToolTip(self.tr("Turn off hints"))
        self.close_all.setAccessibleName(self.tr("Turn off hints"))
        row = QHBoxLayout()
        row.addWidget(self.place)
        row.addStretch(1)
        row.addWidget(self.skip)
        row.addWidget(self.close_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 12)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.text)

    def show_hint(self, place: str, text: str) -> None:
        """Show a hint. ``place``: its number and the number of hints."""
        self.place.setText(place)
        self.text.setText(text)
        self.show()
        self.raise_()
        self.settle()

    def settle(self) -> None:
        self.resize(WIDTH, self.height_at(WIDTH))
        self.move(MARGIN, max(self.over.height() - self.height() - MARGIN, 0))


class FirstMinute(Feature):
    """Shows the hints one after another while the demo is open. Followed and skipped hints never come back."""

    def __init__(self, document: Document, player: Player, canvas: Canvas, settings: QSettings) -> None:
        super().__init__(canvas)
        self._document, self._settings = document, settings
        self.card = HintCard(canvas)
        self._hints: list[Hint] = []
        self._present: Hint | None = None
        self.card.skip.clicked.connect(self._skip)
        self.card.close_all.clicked.connect(self._dismiss)
        document.video_changed.connect(self._update)
        document.changed.connect(self._on_changed)
        player.playing_changed.connect(lambda playing: self._follow("play") if playing else None)
        document.selection_changed.connect(lambda: self._follow("select") if document.selection else None)
        canvas.box_changed.connect(lambda *_: self._follow("edit"))

    def add_actions(self, actions: Actions) -> None:
        """Register nothing; hints name the keys of other actions."""
        self._hints = self._make_hints(actions)
        for name in ("help.keys", "edit.palette"):
            actions[name].triggered.connect(lambda: self._follow("keys"))

    @property
    def present(self) -> str | None:
        """Name of the hint on display."""
        return None if self._present is None else self._present.name

    def _make_hints(self, actions: Actions) -> list[Hint]:
        tr = self.tr

        def key(name: str) -> str:
            return actions[name].shortcut().toString() or actions[name].text()

        return [
            Hint("track", lambda: tr("Press {0}, then click Run to detect, segment and track every object in the "
                                     "video.").format(key("run.track")),
                 lambda: not self._document.tracks()),
            Hint("play", lambda: tr("Press Space to play. Press {0} or {1} to step through frames.").format(
                key("go.previous"), key("go.next"))),
            Hint("select", lambda: tr("Click an object on the canvas, on the timeline or in the table to select it in "
                                      "all three.")),
            Hint("edit", lambda: tr("Drag the selected box or one of its handles. Press {0} to undo.").format(
                key("edit.undo"))),
            Hint("keys", lambda: tr("Press {0} to see all keys, {1} to search all actions.").format(
                key("help.keys"), key("edit.palette"))),
        ]

    def _done(self) -> set[str]:
        stored = self._settings.value(_DONE) or []
        return {stored} if isinstance(stored, str) else {str(name) for name in stored}

    def _update(self) -> None:
        path, video = self._document.path, self._document.video
        shown = path is not None and video is not None and is_demo(path, video)
        done = self._done()
        left = [hint for hint in self._hints if hint.name not in done and hint.applies()] if shown else []
        self._present = left[0] if left else None
        if self._present is None:
            self.card.hide()
            return
        counted = [hint for hint in self._hints if hint.name in done or hint.applies()]
        self.card.show_hint(self.tr("First steps, {0} of {1}").format(counted.index(self._present) + 1, len(counted)),
                            self._present.text())

    def _on_changed(self) -> None:
        if self._present is not None and not self._present.applies():
            self._follow(self._present.name)

    def _follow(self, name: str) -> None:
        """Mark a hint as followed, also one that is not on display yet."""
        if self._present is not None:
            self._settings.setValue(_DONE, sorted(self._done() | {name}))
            self._update()

    def _skip(self) -> None:
        if self._present is not None:
            self._follow(self._present.name)

    def _dismiss(self) -> None:
        self._settings.setValue(_DONE, sorted(hint.name for hint in self._hints))
        self._update()
