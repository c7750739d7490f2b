"""The timeline's actions and the bar above it."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.timeline.frame_actions import FrameActions, PlaybackButtons
from annotator.ui.timeline.keyframe_actions import KeyframeActions
from annotator.ui.timeline.order import LaneOrder
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.timeline.transport import Transport
from annotator.ui.timeline.value_actions import ValueActions


class TimelineFeature(Feature):
    """Navigation between frames, playback, the order of the lanes, and the attribute that they show."""

    value_wanted = Signal(str)
    """The user wants to enter a value for the attribute with this name."""

    def __init__(self, document: Document, player: Player, timeline: Timeline, canvas: QWidget, settings: QSettings,
                 window: QWidget) -> None:
        """``canvas`` receives the focus after a frame was entered in the frame field."""
        super().__init__(window)
        self._document, self._player, self._timeline, self._canvas = document, player, timeline, canvas
        self._settings, self._window = settings, window

    def add_actions(self, actions: Actions) -> None:
        document, player, timeline = self._document, self._player, self._timeline
        FrameActions(document, player, timeline, actions)
        self.transport = Transport(document, player, actions, self._settings, self._canvas, self._window)
        self.keyframes = KeyframeActions(document, player, timeline, actions)
        actions.add("view.timeline", self.tr("View"), self.tr("Fit timeline to video"), timeline.fit,
                    ["Shift+F"], needs=Needs.VIDEO, group="zoom")
        self.values = ValueActions(document, player, timeline, actions, self._settings)
        self.values.value_wanted.connect(self.value_wanted)
        self.lane_order = LaneOrder(document, timeline, actions, self._settings)
        self.buttons = PlaybackButtons(player, actions, self._window)

    def add_buttons(self, bar: QHBoxLayout) -> None:
        """Add the playback buttons to a bar."""
        self.buttons.add_to(bar)

    def add_fields(self, bar: QHBoxLayout) -> None:
        """Add the fields for time, frame, speed and step size to a bar."""
        self.transport.add_to(bar)

    def close(self) -> None:
        self.lane_order.close()
