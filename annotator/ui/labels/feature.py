"""Assign a class, a review state or an attribute to all selected tracks, one undo step each."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from annotator.model.attribute import Attribute, AttributeKind, Value, attributes_of
from annotator.model.changes import ChangeKind, Changes
from annotator.model.track import Label, ReviewState
from annotator.storage.edits import attributes, identities
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.document.value_frames import Scope, frames_of, set_value
from annotator.ui.labels.dialog import LabelDialog
from annotator.ui.widgets.plain_text import literal
from annotator.ui.widgets.swatch import swatch

#: Number of classes with a key.
KEYS = 9


class LabelsFeature(Feature):
    """Actions on the selected tracks, and their part of the context menu."""

    attribute_wanted = Signal(str)
    """The user wants to enter a value for the attribute with this name."""

    def __init__(self, document: Document, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._window = document, window
        self._by_key: list[QAction] = []
        self._shown: list[Label] = []
        self._dialog: LabelDialog | None = None
        document.changed.connect(self._on_changes)

    def add_actions(self, actions: Actions) -> None:
        self._actions = actions
        menu = self.tr("Class")
        for k in range(KEYS):
            self._by_key.append(actions.add(f"label.{k + 1}", menu, self.tr("Assign class {0}").format(k + 1),
                                            partial(self._assign_nth, k), [str(k + 1)],
                                            needs=Needs.EDITABLE | Needs.TRACK,
                                            when=partial(self._has_class, k), group="classes"))
        self._edit = actions.add("label.edit", menu, self.tr("Classes and attributes…"), self.show_dialog, ["Ctrl+L"],
                                 self.tr("Edit classes, colors and attributes, and map detector classes"),
                                 needs=Needs.VIDEO, group="edit")
        for state, text in self._states():
            actions.add(f"review.mark-{state.value}", self.tr("Track"), self.tr("Mark as {0}").format(text),
                        partial(self._set_review, state), needs=Needs.EDITABLE | Needs.TRACK, group="review")
        self.update()

    def update(self) -> None:
        """Show the names of the classes in the actions."""
        labels = list(self._document.labels().values())
        for k, action in enumerate(self._by_key):
            action.setVisible(k < len(labels))
        if labels[:KEYS] != self._shown:
            self._shown = labels[:KEYS]
            for action, label in zip(self._by_key, labels, strict=False):
                _show(action, self.tr("Assign class {0}").format(label.name), label.color)
        self._actions.refresh()

    def _has_class(self, place: int) -> bool:
        return place < len(self._document.labels())

    def _on_changes(self, changes: Changes) -> None:
        if changes.kinds & (ChangeKind.LABELS | ChangeKind.TRACKS):
            self.update()

    def fill_menu(self, menu: QMenu) -> None:
        """Add actions for the selected tracks to a context menu."""
        if not self._is_ready():
            return
        labels = menu.addMenu(self.tr("Class"))
        for label in self._document.labels().values():
            labels.addAction(swatch(label.color), label.name, partial(self._assign, label))
        review = menu.addMenu(self.tr("Review"))
        for state, text in self._states():
            review.addAction(text, partial(self._set_review, state))
        for attribute in self._common_attributes():
            self._add_attribute(menu, attribute)
        menu.addSeparator()
        menu.addAction(self._edit)

    def show_dialog(self) -> None:
        """Open the editor of classes and attributes, which is not modal."""
        if self._document.video is None:
            return
        if self._dialog is None:
            self._dialog = LabelDialog(self._document, self._window)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    @property
    def dialog(self) -> LabelDialog | None:
        """The editor, if it has been opened."""
        return self._dialog

    def _states(self) -> tuple[tuple[ReviewState, str], ...]:
        return ((ReviewState.UNSEEN, self.tr("not reviewed")), (ReviewState.IN_PROGRESS, self.tr("in review")),
                (ReviewState.REVIEWED, self.tr("reviewed")), (ReviewState.NEEDS_WORK, self.tr("needing work")))

    def _is_ready(self) -> bool:
        return bool(self._document.selection) and self._document.writable

    def _common_attributes(self) -> list[Attribute]:
        every, tracks = self._document.attributes(), self._document.tracks()
        labels = {tracks[key].label for key in self._document.selection if key in tracks}
        return [a for a in every if all(a in attributes_of(label, every) for label in labels)]

    def _add_attribute(self, menu: QMenu, attribute: Attribute) -> None:
        options: list[tuple[str, Value | None]] = [(option, option) for option in attribute.options]
        if attribute.kind is AttributeKind.FLAG:
            options = [(self.tr("yes"), True), (self.tr("no"), False)]
        if not options:
            menu.addAction(self.tr("{0}…").format(attribute.name), partial(self.attribute_wanted.emit, attribute.name))
            return
        values = menu.addMenu(attribute.name)
        if attribute.varies:
            values.setToolTipsVisible(True)
        for text, value in [*options, (self.tr("default"), None)]:
            action = values.addAction(text, partial(self._set_attribute, attribute, value))
            if attribute.varies:
                action.setToolTip(self.tr("In the selected range, or else from this frame on until the next change"))

    def _assign_nth(self, place: int) -> None:
        labels = list(self._document.labels().values())
        if place < len(labels):
            self._assign(labels[place])

    def _assign(self, label: Label) -> None:
        chosen = sorted(self._document.selection)
        if chosen:
            self._document.edit(lambda session: identities.relabel(session.store, chosen, label.id))

    def _set_review(self, state: ReviewState) -> None:
        chosen = sorted(self._document.selection)
        if chosen:
            self._document.edit(lambda session: attributes.describe_tracks(session.store, chosen, review=state))

    def _set_attribute(self, attribute: Attribute, value: Value | None) -> None:
        chosen = sorted(self._document.selection)
        frames = frames_of(Scope.RANGE_OR_ON, self._document.frame, self._document.range)
        self._document.edit(lambda session: set_value(session.store, chosen, attribute, value, frames))


def _show(action: QAction, text: str, color: str) -> None:
    keys = action.shortcut().toString()
    action.setText(text.replace("&", "&&"))
    action.setStatusTip(text)
    action.setToolTip(literal(f"{text} ({keys})" if keys else text))
    action.setIcon(swatch(color))
