"""Actions that edit the selected tracks: names, keys and menus. `plans` defines each edit."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.edits.controller import EditController, Wanted
from annotator.ui.edits.plans import Plans

#: Milliseconds between checks whether the previewed action is still highlighted in its menu.
_CHECK_EVERY = 80
#: Actions of the context menus, top to bottom; the other actions are in submenus.
_MENU = ("track.swap", "track.merge", "track.split", "track.keyframe", "track.occluded", "track.outside",
         "track.occluded-on", "track.outside-on", "track.lock")
_RANGE = ("track.swap-range", "track.split-range", "track.delete-range")
_DELETE = ("edit.delete", "track.delete-from", "track.delete-before", "track.delete-range", "track.delete")
_LINES = ("track.interpolate", "track.end-interpolation", "track.fill-gap", "track.fill-gaps", "track.reduce")
_NUMBERS = ("track.renumber", "track.renumber-all")


class IdentityActions(QObject):
    """One action per edit. Highlighting an action in a menu previews the edit."""

    menu_filled = Signal(QMenu)
    """A context menu is about to be shown; other features may add entries."""

    def __init__(self, document: Document, plans: Plans, controller: EditController, actions: Actions,
                 window: QWidget) -> None:
        super().__init__(window)
        self._document, self._plans, self._controller, self._actions = document, plans, controller, actions
        self._window = window
        self._highlighted: QAction | None = None
        self._check = QTimer(self, interval=_CHECK_EVERY)
        self._check.timeout.connect(self._check_menu)
        self._add_identities()
        self._add_deletions()
        self._add_marks()
        self._add_lines()

    def _add(self, name: str, menu: str, text: str, wanted: Wanted, key: str = "", tip: str = "",
             needs: Needs = Needs.NOTHING, group: str = "") -> None:
        """Add an action. It does not need a selection: an edit that lacks one asks for it."""
        action = self._actions.add(f"track.{name}", menu, text, partial(self._controller.do, wanted),
                                   [key] if key else [], tip, needs=Needs.EDITABLE | needs, group=group)
        action.hovered.connect(partial(self._preview_action, action, wanted))

    def _add_identities(self) -> None:
        add, tr, plans, menu = self._add, self.tr, self._plans, self.tr("Track")
        add("swap", menu, tr("Swap from this frame"), plans.swap, "Ctrl+T",
            tr("Swap two tracks from this frame on. If one track is selected, pick the other"), group="identity")
        add("swap-range", menu, tr("Swap in the selected range"), plans.swap_range, "Ctrl+Shift+T",
            tr("Swap two tracks within the range selected on the timeline"), needs=Needs.RANGE, group="identity")
        add("merge", menu, tr("Merge"), plans.merge, "M",
            tr("Merge the selected tracks into the one with the lowest number"), group="identity")
        add("split", menu, tr("Split at this frame"), plans.split, "Alt+M",
            tr("Move the rest of the track, from this frame on, to a new track"), group="identity")
        add("split-range", menu, tr("Split off the selected range"), plans.split_range, "Alt+Shift+M",
            tr("Move the selected range of the track to a new track"), needs=Needs.RANGE, group="identity")
        add("renumber", menu, tr("Renumber…"), plans.renumber, "Ctrl+R", group="number")
        add("renumber-all", menu, tr("Renumber all from 1"), plans.renumber_all, "",
            tr("Number all tracks from 1 in order of first appearance"), group="number")

    def _add_deletions(self) -> None:
        add, tr, plans, menu = self._add, self.tr, self._plans, f"{self.tr('Track')}/{self.tr('Delete')}"
        add("delete-from", menu, tr("From this frame on"), plans.delete_from, "Shift+Del")
        add("delete-before", menu, tr("Before this frame"), plans.delete_before, "Alt+Del")
        add("delete-range", menu, tr("In the selected range"), plans.delete_range, "Ctrl+Shift+Del", needs=Needs.RANGE)
        add("delete", menu, tr("Whole track"), plans.delete, "Ctrl+Del")

    def _add_marks(self) -> None:
        add, tr, plans, menu = self._add, self.tr, self._plans, self.tr("Track")
        add("occluded", menu, tr("Occluded"), plans.occluded, "Q",
            tr("Mark or unmark as occluded in the selected range or this frame; the box stays"), group="marks")
        add("outside", menu, tr("Outside"), plans.outside, "O",
            tr("Mark or unmark as out of view in the selected range or this frame"), group="marks")
        add("occluded-on", menu, tr("Occluded from this frame on"), plans.occluded_on, "Shift+Q",
            tr("Mark or unmark as occluded from this frame on; the box stays"), group="marks")
        add("outside-on", menu, tr("Outside from this frame on"), plans.outside_on, "Shift+O",
            tr("Mark or unmark as out of view from this frame on: a box that lasts ends here"), group="marks")
        add("lock", menu, tr("Lock"), plans.lock, "Shift+L",
            tr("Lock or unlock: protect the tracks from edits and runs"), group="marks")

    def _add_lines(self) -> None:
        add, tr, plans, menu = self._add, self.tr, self._plans, f"{self.tr('Track')}/{self.tr('Keyframes')}"
        add("keyframe", menu, tr("Set or clear keyframe"), plans.keyframe, "K",
            tr("Turn the box in this frame into a keyframe, or back into a predicted box"))
        add("interpolate", menu, tr("Interpolate"), plans.interpolate, "I",
            tr("Interpolate linearly between the surrounding keyframes or in the selected range"))
        add("end-interpolation", menu, tr("End interpolation"), plans.end_interpolation, "Shift+I",
            tr("Restore the predicted boxes between the surrounding keyframes"))
        add("fill-gap", menu, tr("Fill this gap"), plans.fill_gap, "G",
            tr("Interpolate across the gap at this frame"))
        add("fill-gaps", menu, tr("Fill all gaps"), plans.fill_gaps)
        add("reduce", menu, tr("Reduce to keyframes…"), plans.reduce, "",
            tr("Replace boxes by a few keyframes and interpolation, within a tolerance"))

        delete = self._actions["edit.delete"]
        delete.hovered.connect(partial(self._preview_action, delete, self._plans.delete_here))

    # Menus

    def show_menu(self, track: int | None, place: QPoint) -> None:
        """Show the context menu of the selected tracks, or of the clicked one, at a screen position."""
        if track is not None and track not in self._document.selection and not self._controller.asking:
            self._document.select((track,))
        if not self._document.selection:
            return
        menu = QMenu(self._window)
        self.fill_menu(menu)
        self.menu_filled.emit(menu)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def fill_menu(self, menu: QMenu) -> None:
        """Add the actions for the selected tracks."""
        if not self._document.selection or not self._document.writable:
            return
        for name in _MENU:
            menu.addAction(self._actions[name])
        if self._document.range is not None:
            self._fill(menu.addMenu(self.tr("In the selected range")), _RANGE)
        self._fill(menu.addMenu(self.tr("Delete")), _DELETE)
        self._fill(menu.addMenu(self.tr("Keyframes")), _LINES)
        self._fill(menu.addMenu(self.tr("Numbers")), _NUMBERS)
        menu.addSeparator()

    def _fill(self, menu: QMenu, names: tuple[str, ...]) -> None:
        for name in names:
            menu.addAction(self._actions[name])

    # Previews

    def _preview_action(self, action: QAction, wanted: Wanted) -> None:
        self._highlighted = action
        self._controller.hint(wanted)
        self._check.start()

    def _check_menu(self) -> None:
        """End the preview once the action is no longer highlighted; Qt has no signal for that."""
        popup = QApplication.activePopupWidget()
        if isinstance(popup, QMenu) and self._highlighted is not None and popup.activeAction() is self._highlighted:
            return
        self._highlighted = None
        self._check.stop()
        self._controller.end_hint()
