"""The door of the room: keys for notes, and what connects the panel, the canvas and the document."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSettings
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QDockWidget, QWidget

from annotator.model.changes import ChangeKind, Changes
from annotator.model.note import Note
from annotator.model.track import ReviewState, VideoRecord
from annotator.storage.edits import attributes, notes
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.notes.layer import NoteLayer
from annotator.ui.notes.panel import NotePanel
from annotator.ui.widgets.message import Message

#: Key of the author's name in the settings.
AUTHOR = "author"


@dataclass(frozen=True, slots=True)
class Target:
    """What a new note is pinned to."""

    frame: int
    track: int | None
    """Track id."""
    place: tuple[float, float] | None


class NotesFeature(Feature):
    """Write, answer, close and visit notes; mark tracks that need work."""

    def __init__(self, document: Document, canvas: Canvas, player: Player, settings: QSettings, window: QWidget,
                 ) -> None:
        super().__init__(window)
        self._document, self._canvas, self._player, self._settings = document, canvas, player, settings
        self._notes: list[Note] = []
        self._target: Target | None = None
        self.panel = NotePanel(window)
        self.panel.author.setText(self.author)
        self.dock = QDockWidget(self.tr("Notes"), window)
        self.dock.setObjectName("notes")
        self.dock.setWidget(self.panel)
        self.layer = NoteLayer(self._box_of)
        canvas.add_layer(self.layer, above=True)
        self._connect()

    def _connect(self) -> None:
        panel, document = self.panel, self._document
        panel.added.connect(self._add)
        panel.answered.connect(self._answer)
        panel.close_wanted.connect(self._close_or_reopen)
        panel.delete_wanted.connect(
            lambda key: document.edit(lambda session: notes.delete_notes(session.store, [key])))
        panel.chosen.connect(self._go_to)
        panel.author_changed.connect(self.set_author)
        document.opened.connect(self._on_opened)
        document.video_changed.connect(self._on_video)
        document.changed.connect(self._on_changes)
        for signal in (document.frame_changed, document.selection_changed):
            signal.connect(lambda *_: self._on_view())

    def add_actions(self, actions: Actions) -> None:
        add, tr, menu = actions.add, self.tr, self.tr("Review")
        add("notes.add", menu, tr("Add note"), self.begin, ["J"],
            tr("Pin a note to this frame: to the selected track, or to the place under the pointer"),
            needs=Needs.EDITABLE, group="notes")
        add("notes.next", menu, tr("Next open note"), self.go_to_next, ["Shift+J"],
            tr("Go to the next open note; after the last one, to the first"), needs=Needs.VIDEO, group="notes")
        add("notes.close", menu, tr("Close or reopen note"), self.close_selected, ["Ctrl+J"],
            tr("Mark the note that is selected in the list as done, or as open again"), needs=Needs.EDITABLE,
            group="notes")
        add("notes.needs-work", menu, tr("Needs work"), self.mark_needs_work, ["Z"],
            tr("Set the review state of the selected tracks to “needs work”, with your name and the time"),
            needs=Needs.EDITABLE | Needs.TRACK, group="notes")

    # The author

    @property
    def author(self) -> str:
        """The user's name from the settings; may be empty."""
        return str(self._settings.value(AUTHOR, "") or "")

    def set_author(self, name: str) -> None:
        """Keep the user's name in the settings, and use it for what is written from now on."""
        self._settings.setValue(AUTHOR, " ".join(name.split()))
        self._on_opened()

    def _on_opened(self) -> None:
        if self._document.session is not None:
            self._document.session.store.author = self.author

    # Actions

    def begin(self) -> None:
        """Show the panel, and let the user type a note for what is in view now."""
        self._player.pause()
        self._target = self._target_now(self._pointed_place())
        self._show_target()
        self._show_panel()
        self.panel.new.setFocus()

    def go_to_next(self) -> None:
        """Go to the next open note of this video, or to the first one of another video if it has none."""
        here = self._document.frame, self.panel.current or 0
        left = [note for note in self._notes if not note.done]
        if left:
            shown = any(note.id == here[1] and note.frame == here[0] for note in left)
            later = [note for note in left if (note.frame, note.id) > (here if shown else (here[0], 0))]
            self._go_to((later or left)[0].id)
            return
        video = self._video_with_open_notes()
        if video is None:
            self.message.emit(Message.refused(self.tr("There are no open notes")))
            return
        self._document.set_video(video)
        self._go_to(next(note.id for note in self._notes if not note.done))

    def close_selected(self) -> None:
        """Close the note that is selected in the list, or open it again."""
        if self.panel.current is None:
            self.message.emit(Message.refused(self.tr("No note is selected; select one in the list of notes")))
        else:
            self._close_or_reopen(self.panel.current)

    def mark_needs_work(self) -> None:
        """Give the selected tracks the review state "needs work"."""
        chosen = sorted(self._document.selection)
        self._document.edit(lambda session: attributes.describe_tracks(
            session.store, chosen, review=ReviewState.NEEDS_WORK))

    # What the panel wants

    def _add(self, text: str) -> None:
        video, target = self._document.video, self._target or self._target_now(None)
        if video is None:
            return
        made: list[int] = []
        if self._document.edit(lambda session: made.append(notes.add_note(
                session.store, video.id, target.frame, text, target.track, target.place))):
            self.panel.new.clear()
            self.panel.select(made[0])
            self._target = None
            self._on_view()
            self._canvas.setFocus()

    def _answer(self, key: int, text: str) -> None:
        if self._document.edit(lambda session: notes.answer_note(session.store, key, text)):
            self.panel.answer.clear()

    def _close_or_reopen(self, key: int) -> None:
        note = next((each for each in self._notes if each.id == key), None)
        if note is not None:
            self._document.edit(lambda session: notes.close_notes(session.store, [key], not note.done))

    def _go_to(self, key: int) -> None:
        note = next((each for each in self._notes if each.id == key), None)
        if note is None:
            return
        self._player.pause()
        self._document.go_to(note.frame)
        if note.track is not None:
            self._document.select((note.track,))
        self._show_panel()
        self.panel.select(key)
        self._on_view()

    # The document

    def _on_video(self) -> None:
        video = self._document.video
        self.layer.set_picture_size(*((0, 0) if video is None else (video.width, video.height)))
        self._reload()

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & (ChangeKind.NOTES | ChangeKind.TRACKS):
            self._reload()

    def _reload(self) -> None:
        video = self._document.video
        self._notes = [] if video is None else self._notes_of(video)
        numbers = {key: track.number for key, track in self._document.tracks().items()}
        self.panel.show_notes(self._notes, numbers, self._document.writable and video is not None)
        self._on_view()

    def _on_view(self) -> None:
        """Show what belongs to another frame or selection. A target that was set for another one is dropped."""
        if self._target is not None and self._target_now(self._target.place) != self._target:
            self._target = None
        self.layer.set_notes([note for note in self._notes if note.frame == self._document.frame], self.panel.current)
        self._show_target()

    def _show_target(self) -> None:
        target = self._target or self._target_now(None)
        track = None if target.track is None else self._document.tracks().get(target.track)
        self.panel.show_target(target.frame, None if track is None else track.number, target.place is not None)

    def _target_now(self, place: tuple[float, float] | None) -> Target:
        """The current frame, with the selected track if there is just one, else with a place."""
        selected = self._document.selection
        track = next(iter(selected)) if len(selected) == 1 else None
        return Target(self._document.frame, track, place if track is None else None)

    def _pointed_place(self) -> tuple[float, float] | None:
        """The place in image pixels under the pointer; None outside the frame."""
        view = self._canvas.viewport()
        position = QPointF(view.mapFromGlobal(QCursor.pos()))
        place = self._canvas.to_picture_exactly(position)
        width, height = self._canvas.picture_size
        inside = view.isVisible() and QRectF(view.rect()).contains(position)
        return (place.x(), place.y()) if inside and QRectF(0, 0, width, height).contains(place) else None

    def _box_of(self, track: int) -> QRectF | None:
        return next((shape.rect for shape in self._canvas.overlay.shapes if shape.track == track), None)

    def _video_with_open_notes(self) -> VideoRecord | None:
        return next((video for video in self._document.videos()
                     if any(not note.done for note in self._notes_of(video))), None)

    def _notes_of(self, video: VideoRecord) -> list[Note]:
        session = self._document.session
        nothing: list[Note] = []
        return nothing if session is None else self._document.read(
            lambda: session.store.video_notes(video.id), nothing)

    def _show_panel(self) -> None:
        self.dock.show()
        self.dock.raise_()
