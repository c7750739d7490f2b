"""The transport bar between canvas and timeline: time, frame, playback speed and step size."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QSettings, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QSpinBox, QToolButton, QWidget

from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.document.player import SPEEDS, Player
from annotator.ui.widgets.frame_text import FrameTextError, format_time, frame_times, parse_frame
from annotator.ui.widgets.message import Message
from annotator.ui.widgets.plain_text import Label

_STEP = "go/step"


class FrameField(QLineEdit):
    """A field that shows the current frame. Enter goes to the typed frame or time; Esc leaves the field."""

    def __init__(self, document: Document, player: Player, back: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._document, self._player, self._back = document, player, back
        self._times = np.zeros(0)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("00:00.0000") + 12)
        self.setToolTip(self.tr("Enter a frame such as 412, +10 or -10, or a time such as 0:16.48"))
        self.setAccessibleName(self.tr("Go to frame or time"))
        self.returnPressed.connect(self._go)
        self.editingFinished.connect(self._show)
        document.video_changed.connect(self._on_video)
        document.frame_changed.connect(lambda _: self._show())
        self._on_video()

    @property
    def seconds(self) -> float:
        """Presentation time of the current frame."""
        frame = self._document.frame
        return float(self._times[frame]) if frame < len(self._times) else 0.0

    def begin(self) -> None:
        """Take the keyboard focus and select the text."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape:
            self._back.setFocus()
            return
        super().keyPressEvent(event)

    def _on_video(self) -> None:
        video, session = self._document.video, self._document.session
        self._times = np.zeros(0) if video is None or session is None else frame_times(
            video.frame_count, video.fps, session.store.video_times(video.id))
        self.setEnabled(len(self._times) > 0)
        self._show()

    def _show(self) -> None:
        # Playback must not overwrite a text that is being typed.
        if not (self.hasFocus() and self.isModified()):
            self.setText(str(self._document.frame) if len(self._times) else "")

    def _go(self) -> None:
        try:
            frame = parse_frame(self.text(), self._document.frame, self._times)
        except FrameTextError as error:
            self._document.message.emit(Message.refused(str(error)))
            self.selectAll()
            return
        self._player.pause()
        self._document.go_to(frame)
        self.setModified(False)
        self._show()
        self._back.setFocus()


class Transport(QObject):
    """The fields of the bar, and their actions."""

    def __init__(self, document: Document, player: Player, actions: Actions, settings: QSettings, canvas: QWidget,
                 parent: QWidget) -> None:
        super().__init__(parent)
        self._document, self._player, self._actions, self._settings = document, player, actions, settings
        self._time, self._of = Label(parent), Label(parent)
        self._time.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.place = FrameField(document, player, canvas, parent)
        self.step = QSpinBox(parent)
        self.speed = QToolButton(parent)
        self._build_step()
        self._build_speed(parent)
        self._add_actions()
        for signal in (document.video_changed, document.frame_changed, player.speed_changed):
            signal.connect(self._update)
        self._update()

    def add_to(self, layout: QHBoxLayout) -> None:
        """Add the fields to a bar."""
        for widget in (self._time, self.place, self._of, self.speed, self.step):
            layout.addWidget(widget)
            layout.addSpacing(4)

    def _build_step(self) -> None:
        self.step.setRange(2, 1000)
        self.step.setPrefix(self.tr("Step: "))
        self.step.setFixedHeight(24)
        self.step.setKeyboardTracking(False)
        self.step.setValue(int(str(self._settings.value(_STEP) or 10)))
        self.step.valueChanged.connect(self._on_step)

    def _build_speed(self, parent: QWidget) -> None:
        menu = QMenu(self.speed)
        for speed in SPEEDS:
            menu.addAction(f"{speed:g}x", partial(self._player.set_speed, speed))
        self.speed.setMenu(menu)
        self.speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.speed.setAutoRaise(True)
        self.speed.setFixedHeight(24)
        self.speed.setToolTip(self.tr("Playback speed"))

    def _add_actions(self) -> None:
        menu, tr, add = self.tr("Go"), self.tr, self._actions.add
        add("go.many", menu, tr("Several frames forward"), lambda: self._move(self.step.value()), ["V", "Shift+Right"],
            needs=Needs.VIDEO, group="frame")
        add("go.many-back", menu, tr("Several frames backward"), lambda: self._move(-self.step.value()),
            ["C", "Shift+Left"], needs=Needs.VIDEO, group="frame")
        add("go.jump", menu, tr("Go to frame or time…"), self.place.begin, ["Ctrl+G"],
            tr("Enter a frame such as 412 or a time such as 0:16.48"), needs=Needs.VIDEO, group="frame")
        add("play.normal", menu, tr("Play at normal speed"), lambda: self._player.set_speed(1.0), ["/"],
            needs=Needs.VIDEO, group="play")
        self._name_steps()
        self._actions.keys_changed.connect(lambda name: self._name_steps() if name.startswith("go.many") else None)

    def _on_step(self, frames: int) -> None:
        self._settings.setValue(_STEP, frames)
        self._name_steps()

    def _name_steps(self) -> None:
        frames = self.step.value()
        self._actions["go.many"].setText(self.tr("%n frames forward", "", frames))
        self._actions["go.many-back"].setText(self.tr("%n frames backward", "", frames))
        self.step.setToolTip(self.tr("Step size of {0} and {1}, in frames").format(
            *(", ".join(self._actions.keys(name)) or "…" for name in ("go.many-back", "go.many"))))

    def _move(self, frames: int) -> None:
        self._player.pause()
        self._document.go_to(self._document.frame + frames)

    def _update(self, *_: object) -> None:
        video = self._document.video
        for widget in (self.step, self.speed):
            widget.setEnabled(video is not None)
        self.speed.setText(f"{self._player.speed:g}x")
        self._time.setText("" if video is None else format_time(self.place.seconds))
        self._of.setText("" if video is None else self.tr("of {0}").format(video.frame_count))
