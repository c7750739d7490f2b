"""Actions that move between keyframes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from PySide6.QtCore import QObject

from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.widgets.message import Message


class KeyframeActions(QObject):
    """Actions that go to the next or previous manual box of the selected tracks, or of all tracks."""

    def __init__(self, document: Document, player: Player, timeline: Timeline, actions: Actions) -> None:
        super().__init__(timeline)
        self._document, self._player, self._timeline = document, player, timeline
        menu, tr = self.tr("Go"), self.tr
        actions.add("go.previous-keyframe", menu, tr("Previous keyframe"), lambda: self.go(-1), ["E"],
                    tr("Go to the previous frame with a manual box"), needs=Needs.VIDEO, group="track")
        actions.add("go.next-keyframe", menu, tr("Next keyframe"), lambda: self.go(1), ["R"],
                    tr("Go to the next frame with a manual box"), needs=Needs.VIDEO, group="track")

    def frames(self) -> list[int]:
        """Frame indices with a manual box, ascending."""
        chosen = self._document.selection
        return sorted({frame for lane in self._timeline.lanes if not chosen or lane.track.id in chosen
                       for frame in lane.keyframes})

    def go(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) keyframe; show a message if there is none."""
        frames, here = self.frames(), self._document.frame
        place = bisect_right(frames, here) if direction > 0 else bisect_left(frames, here) - 1
        if not 0 <= place < len(frames):
            self._document.message.emit(Message.refused(
                self.tr("No keyframe after this frame") if direction > 0
                else self.tr("No keyframe before this frame"), lambda: self._document.frame == here))
            return
        self._player.pause()
        self._document.go_to(frames[place])
