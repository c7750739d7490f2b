"""Actions for the attribute that the timeline shows: choose it, change its value, and move between its changes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from PySide6.QtCore import QObject, QSettings, Signal

from annotator.model.attribute import Attribute, AttributeKind, Value, attributes_of
from annotator.model.changes import ChangeKind, Changes
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.document.value_frames import Scope, frames_of, set_value
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.widgets.message import Message

_SHOWN = "lanes/attribute"


class ValueActions(QObject):
    """The shown attribute is kept in the settings by its name."""

    value_wanted = Signal(str)
    """The user wants to enter a value for the attribute with this name."""

    def __init__(self, document: Document, player: Player, timeline: Timeline, actions: Actions, settings: QSettings,
                 ) -> None:
        super().__init__(timeline)
        self._document, self._player, self._timeline, self._settings = document, player, timeline, settings
        self._wanted = str(settings.value(_SHOWN) or "")
        self._shown = ""
        track, go, tr = self.tr("Track"), self.tr("Go"), self.tr
        actions.add("lanes.attribute", f"{self.tr('View')}/{self.tr('Lanes')}", tr("Show next attribute"),
                    self.show_next, ["Alt+A"], tr("Show the values of the next attribute that changes over time on "
                                                  "the lanes; none after the last one"),
                    needs=Needs.VIDEO, when=lambda: bool(self.names()), group="attribute")
        needs = Needs.EDITABLE | Needs.TRACK
        actions.add("value.next", track, tr("Next value from here on"), lambda: self.change(Scope.RANGE_OR_ON),
                    ["Shift+A"], tr("Give the shown attribute its next value in the selected range, or else from this "
                                    "frame on until its next change"),
                    needs=needs, when=lambda: bool(self.names()), group="values")
        actions.add("value.next-here", track, tr("Next value only here"), lambda: self.change(Scope.HERE), ["Alt+Q"],
                    tr("Give the shown attribute its next value in this frame only"), needs=needs,
                    when=lambda: bool(self.names()), group="values")
        actions.add("go.previous-value", go, tr("Previous change of value"), lambda: self.go(-1), ["Alt+E"],
                    tr("Go to the previous frame in which the shown attribute changes"), needs=Needs.VIDEO,
                    when=lambda: bool(self.names()), group="track")
        actions.add("go.next-value", go, tr("Next change of value"), lambda: self.go(1), ["Alt+R"],
                    tr("Go to the next frame in which the shown attribute changes"), needs=Needs.VIDEO,
                    when=lambda: bool(self.names()), group="track")
        self._actions = actions
        document.video_changed.connect(self._update)
        document.changed.connect(self._on_changes)

    @property
    def shown(self) -> str:
        """Name of the shown attribute; empty for none."""
        return self._shown

    def names(self) -> list[str]:
        """The attributes that change over time, by name."""
        return list(dict.fromkeys(each.name for each in self._document.attributes() if each.varies))

    def show(self, name: str) -> None:
        """Show an attribute on the lanes; none if the name is empty."""
        self._wanted = name
        self._settings.setValue(_SHOWN, name)
        self._update()
        if name:
            self._document.message.emit(Message.hint(self.tr("The lanes show {0}").format(name),
                                                     lambda: self._shown == name))

    def show_next(self) -> None:
        """Show the next attribute; none after the last one."""
        names = self.names()
        place = names.index(self._shown) + 1 if self._shown in names else 0
        self.show(names[place] if place < len(names) else "")

    def change(self, scope: Scope) -> None:
        """Give the attribute its next value: the next option of a choice, the other value of a flag. For a text or
        number the inspector is asked for one."""
        attribute = self._attribute()
        if attribute is None:
            return
        if not self._shown:
            self.show(attribute.name)
        if attribute.kind not in (AttributeKind.CHOICE, AttributeKind.FLAG):
            self.value_wanted.emit(attribute.name)
            return
        chosen, frame = sorted(self._document.selection), self._document.frame
        values = self._document.values()
        frames = frames_of(scope, frame, self._document.range)
        start = frame if frames is None else frames.first
        value = next_value(attribute, attribute.or_default(values.at(chosen[0], start).get(attribute.name)))
        if self._document.edit(lambda session: set_value(session.store, chosen, attribute, value, frames)):
            self._timeline.reload()

    def go(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) change; show a message if there is none."""
        if not self._shown and self.names():
            self.show(self.names()[0])
        here = self._document.frame
        video = self._document.video
        frames = [frame for frame in self._timeline.strip.changes(self._document.selection)
                  if video is not None and 0 < frame < video.frame_count]
        place = bisect_right(frames, here) if direction > 0 else bisect_left(frames, here) - 1
        if not 0 <= place < len(frames):
            self._document.message.emit(Message.refused(
                self.tr("No change of value after this frame") if direction > 0
                else self.tr("No change of value before this frame"), lambda: self._document.frame == here))
            return
        self._player.pause()
        self._document.go_to(frames[place])

    def _attribute(self) -> Attribute | None:
        """The shown attribute of the selected tracks, or the first that they have; a message if there is none."""
        document = self._document
        labels = {track.label for key, track in document.tracks().items() if key in document.selection}
        every = document.attributes()
        common = [each for each in every
                  if each.varies and all(each in attributes_of(label, every) for label in labels)]
        shown = [each for each in common if each.name == self._shown]
        found = [*shown, *common][:1] if not self._shown else shown
        if not found:
            document.message.emit(Message.refused(self.tr(
                "The selected tracks have no attribute {0}; show another one (Alt+A)").format(self._shown)))
        return found[0] if found else None

    def _update(self) -> None:
        self._shown = self._wanted if self._wanted in self.names() else ""
        self._timeline.show_attribute(self._shown)
        self._actions.refresh()

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & ChangeKind.LABELS:
            self._update()


def next_value(attribute: Attribute, value: Value | None) -> Value:
    """The value that follows another one: the next option, or the other value of a flag."""
    if attribute.kind is AttributeKind.FLAG:
        return value is not True
    options = attribute.options
    place = options.index(str(value)) + 1 if value in options else 0
    return options[place % len(options)]
