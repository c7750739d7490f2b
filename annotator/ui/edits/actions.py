"""Edits of the selected tracks: their names, keys and menus. What each one is stands in `plans`."""

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

#: Milliseconds between two looks at whether a menu still points at the edit that is previewed.
_LOOK_EVERY = 80
#: Actions of the context menus, from the top; the others are in submenus.
_MENU = ("track.swap", "track.merge", "track.split", "track.keyframe", "track.occluded", "track.outside", "track.lock")
_RANGE = ("track.swap-range", "track.split-range", "track.delete-range")
_DELETE = ("edit.delete", "track.delete-from", "track.delete-before", "track.delete-range", "track.delete")
_LINES = ("track.interpolate", "track.end-interpolation", "track.fill-gap", "track.fill-gaps", "track.reduce")
_NUMBERS = ("track.renumber", "track.renumber-all")


class IdentityActions(QObject):
    """One action per edit. A menu that points at one shows what it would change."""

    menu_filled = Signal(QMenu)
    """A context menu is about to be shown; others may add to it."""

    def __init__(self, document: Document, plans: Plans, controller: EditController, actions: Actions,
                 window: QWidget) -> None:
        super().__init__(window)
        self._document, self._plans, self._controller, self._actions = document, plans, controller, actions
        self._window = window
        self._pointed: QAction | None = None
        self._looking = QTimer(self, interval=_LOOK_EVERY)
        self._looking.timeout.connect(self._look_at_menu)
        self._add_identities()
        self._add_deletions()
        self._add_marks()
        self._add_lines()

    def _add(self, name: str, menu: str, text: str, wanted: Wanted, key: str = "", tip: str = "",
             needs: Needs = Needs.NOTHING, group: str = "") -> None:
        """A selection that an edit lacks is asked for, so it is no need."""
        action = self._actions.add(f"track.{name}", menu, text, partial(self._controller.do, wanted),
                                   [key] if key else [], tip, needs=Needs.EDITABLE | needs, group=group)
        action.hovered.connect(partial(self._point_at, action, wanted))

    def _add_identities(self) -> None:
        add, tr, plans, menu = self._add, self.tr, self._plans, self.tr("Track")
        add("swap", menu, tr("Swap from here on"), plans.swap, "Ctrl+T",
            tr("Exchange two tracks from this frame on; with one selected, asks for the other"), group="identity")
        add("swap-range", menu, tr("Swap in the range"), plans.swap_range, "Ctrl+Shift+T",
            tr("Exchange two tracks within the range chosen on the timeline"), needs=Needs.RANGE, group="identity")
        add("merge", menu, tr("Merge"), plans.merge, "M",
            tr("Make one track of the selected ones; the lowest number stays"), group="identity")
        add("split", menu, tr("Split here"), plans.split, "Alt+M",
            tr("What the track has from this frame on becomes a new track"), group="identity")
        add("split-range", menu, tr("Split off the range"), plans.split_range, "Alt+Shift+M",
            tr("What the track has in the chosen range becomes a new track"), needs=Needs.RANGE, group="identity")
        add("renumber", menu, tr("Renumber…"), plans.renumber, "Ctrl+R", group="number")
        add("renumber-all", menu, tr("Renumber all from 1"), plans.renumber_all, "",
            tr("Number all tracks from 1, by first appearance"), group="number")

    def _add_deletions(self) -> None:
        add, tr, plans, menu = self._add, self.tr, self._plans, f"{self.tr('Track')}/{self.tr('Delete')}"
        add("delete-from", menu, tr("From here on"), plans.delete_from, "Shift+Del")
        add("delete-before", menu, tr("Before here"), plans.delete_before, "Alt+Del")
        add("delete-range", menu, tr("In the range"), plans.delete_range, "Ctrl+Shift+Del", needs=Needs.RANGE)
        add("delete", menu, tr("The whole track"), plans.delete, "Ctrl+Del")

    def _add_marks(self) -> None:
        add, tr, plans, menu = self._add, self.tr, self._plans, self.tr("Track")
        add("occluded", menu, tr("Occluded"), plans.occluded, "Q",
            tr("Mark as hidden in the chosen range or this frame, or no longer; the box stays"), group="marks")
        add("outside", menu, tr("Outside"), plans.outside, "O",
            tr("Mark as out of the picture in the chosen range or this frame, or no longer"), group="marks")
        add("lock", menu, tr("Lock"), plans.lock, "Shift+L",
            tr("Protect from edits and runs, or no longer"), group="marks")

    def _add_lines(self) -> None:
        add, tr, plans, menu = self._add, self.tr, self._plans, f"{self.tr('Track')}/{self.tr('Keyframes')}"
        add("keyframe", menu, tr("Keyframe"), plans.keyframe, "K",
            tr("Make the box in this frame a keyframe, or no longer"))
        add("interpolate", menu, tr("Interpolate"), plans.interpolate, "I",
            tr("Straight lines between the keyframes around here, or within the chosen range"))
        add("end-interpolation", menu, tr("End interpolation"), plans.end_interpolation, "Shift+I",
            tr("Show the machine's boxes again between the keyframes around here"))
        add("fill-gap", menu, tr("Fill this gap"), plans.fill_gap, "G",
            tr("Straight lines over the frames around here in which the track has no box"))
        add("fill-gaps", menu, tr("Fill all gaps"), plans.fill_gaps)
        add("reduce", menu, tr("Reduce to keyframes…"), plans.reduce, "",
            tr("Few keyframes and straight lines in place of many boxes, within a tolerance"))

        delete = self._actions["edit.delete"]
        delete.hovered.connect(partial(self._point_at, delete, self._plans.delete_here))

    # Menus

    def show_menu(self, track: int | None, place: QPoint) -> None:
        """The menu of the selected tracks, or of another one that was clicked, at a place on the screen."""
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
        """Add what can be done to the selected tracks."""
        if not self._document.selection or not self._document.writable:
            return
        for name in _MENU:
            menu.addAction(self._actions[name])
        if self._document.range is not None:
            self._fill(menu.addMenu(self.tr("In the chosen range")), _RANGE)
        self._fill(menu.addMenu(self.tr("Delete")), _DELETE)
        self._fill(menu.addMenu(self.tr("Keyframes")), _LINES)
        self._fill(menu.addMenu(self.tr("Numbers")), _NUMBERS)
        menu.addSeparator()

    def _fill(self, menu: QMenu, names: tuple[str, ...]) -> None:
        for name in names:
            menu.addAction(self._actions[name])

    # Previews

    def _point_at(self, action: QAction, wanted: Wanted) -> None:
        self._pointed = action
        self._controller.hint(wanted)
        self._looking.start()

    def _look_at_menu(self) -> None:
        """Nobody says that a menu no longer points at something."""
        popup = QApplication.activePopupWidget()
        if isinstance(popup, QMenu) and self._pointed is not None and popup.activeAction() is self._pointed:
            return
        self._pointed = None
        self._looking.stop()
        self._controller.end_hint()
