"""Actions that move between frames and control playback, and buttons for them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QWidget

from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.widgets.icon_button import Sign, SignButton


class FrameActions(QObject):
    """Actions that move the playhead or start playback."""

    def __init__(self, document: Document, player: Player, timeline: Timeline, actions: Actions) -> None:
        super().__init__(timeline)
        self._document, self._player, self._timeline = document, player, timeline
        menu, tr, add = self.tr("Go"), self.tr, actions.add
        for name, text, slot, keys in (
                ("go.next", tr("Next frame"), lambda: self._step(1), ["F", "Right"]),
                ("go.previous", tr("Previous frame"), lambda: self._step(-1), ["D", "Left"]),
                ("go.first", tr("First frame"), lambda: document.go_to(0), ["Home"]),
                ("go.last", tr("Last frame"), lambda: document.go_to(1 << 40), ["End"])):
            add(name, menu, text, slot, keys, needs=Needs.VIDEO, group="frame")
        for name, text, slot, keys in (
                ("go.start", tr("Start of track"), lambda: self._go_to_end(first=True), ["Ctrl+Left"]),
                ("go.end", tr("End of track"), lambda: self._go_to_end(first=False), ["Ctrl+Right"])):
            add(name, menu, text, slot, keys, needs=Needs.VIDEO | Needs.TRACK, group="track")
        for name, text, slot, keys in (
                ("play.toggle", tr("Play or pause"), player.toggle, []),
                ("play.faster", tr("Play faster"), lambda: player.faster(1), ["."]),
                ("play.slower", tr("Play slower"), lambda: player.faster(-1), [","])):
            add(name, menu, text, slot, keys, needs=Needs.VIDEO, group="play")
        add("play.loop", menu, tr("Loop"), lambda: player.set_loop(actions["play.loop"].isChecked()), ["L"],
            tr("Loop the selected range, or the whole video if none is selected"), needs=Needs.VIDEO, group="play",
            checkable=True)

    def _step(self, frames: int) -> None:
        self._player.pause()
        self._document.go_to(self._document.frame + frames)

    def _go_to_end(self, first: bool) -> None:
        lanes = [lane for lane in self._timeline.lanes if lane.track.id in self._document.selection]
        if lanes:
            frames = [lane.first if first else lane.last for lane in lanes]
            self._document.go_to(min(frames) if first else max(frames))


class PlaybackButtons(QObject):
    """Buttons for the most frequently used actions."""

    def __init__(self, player: Player, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._buttons: list[SignButton] = []
        for name, sign in (("go.first", Sign.FIRST), ("go.previous", Sign.PREVIOUS), ("play.toggle", Sign.PLAY),
                           ("go.next", Sign.NEXT), ("go.last", Sign.LAST)):
            action, button = actions[name], SignButton(sign, parent)
            button.clicked.connect(action.trigger)
            _update_button(button, action)
            action.changed.connect(partial(_update_button, button, action))
            if name == "play.toggle":
                self.play = button
            self._buttons.append(button)
        player.playing_changed.connect(lambda playing: self.play.set_sign(Sign.PAUSE if playing else Sign.PLAY))

    def add_to(self, layout: QHBoxLayout) -> None:
        """Add the buttons to a bar."""
        for button in self._buttons:
            layout.addWidget(button)


def _update_button(button: SignButton, action: QAction) -> None:
    button.setToolTip(action.toolTip())
    button.setEnabled(action.isEnabled())
