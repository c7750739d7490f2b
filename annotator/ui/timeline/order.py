"""Order and groups of the lanes, selected at the top of the timeline or in the menu."""

from __future__ import annotations

import logging
import threading

from PySide6.QtCore import QObject, QSettings, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from annotator.errors import UserError
from annotator.model.changes import ChangeKind, Changes
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.document.lanes import Order
from annotator.ui.threads.relay import Relay
from annotator.ui.timeline.groups import Grouping
from annotator.ui.timeline.painter import NAMES, OVERVIEW, RULER
from annotator.ui.timeline.timeline import Timeline

log = logging.getLogger(__name__)

#: Fusion puts the menu arrow into the corner, half a line too low.
_ARROW = "QToolButton::menu-indicator { subcontrol-origin: padding; subcontrol-position: right center; }"

_ORDER, _GROUPING = "lanes/order", "lanes/grouping"


class SuspicionCounter(QObject):
    """Counts suspicious frames per track on its own thread, because it takes a while in a long video."""

    ready = Signal(int, object)
    """Video id, and number of suspicious frames by track id."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._relay = Relay(self)
        self._document = document
        self._thread: threading.Thread | None = None
        self._again = False

    def ask(self) -> None:
        """Start counting. A request during a count starts another count afterwards."""
        session, video = self._document.session, self._document.video
        if session is None or video is None:
            return
        if self._thread is not None:
            self._again = True
            return
        store, key = session.store, video.id

        def count() -> None:
            found: dict[int, int] = {}
            try:
                with store.read_snapshot() as reader:
                    found = reader.suspicious_frames(key)
            except UserError as error:
                log.warning("suspicious frames could not be counted: %s", error)
            self._relay.post(lambda: self._on_counted(key, found))

        self._thread = threading.Thread(target=count, name="suspicion", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for a count in progress."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _on_counted(self, video: int, found: dict[int, int]) -> None:
        self.close()
        self.ready.emit(video, found)
        if self._again:
            self._again = False
            self.ask()


class LaneOrder(QObject):
    """The selected order and grouping, kept in the settings. Suspicion is counted again when tracks change."""

    def __init__(self, document: Document, timeline: Timeline, actions: Actions, settings: QSettings) -> None:
        super().__init__(timeline)
        self._document, self._timeline, self._settings = document, timeline, settings
        self._reader = SuspicionCounter(document)
        self._reload_timer = QTimer(self, singleShot=True, interval=1000)
        self._reload_timer.timeout.connect(self._count)
        self._orders = self._add_orders(actions)
        self._groupings = self._add_groupings(actions)
        self.button = self._make_button()
        self._reader.ready.connect(self._on_counts)
        document.video_changed.connect(self._count)
        document.video_changed.connect(self._show_button)
        document.changed.connect(self._on_changes)
        stored = str(settings.value(_ORDER) or Order.NUMBER.value)
        grouping = str(settings.value(_GROUPING) or "")
        if grouping in list(Grouping):
            self._groupings[Grouping(grouping)].setChecked(True)
        self._orders[Order(stored) if stored in list(Order) else Order.NUMBER].setChecked(True)
        self._show_button()

    @property
    def order(self) -> Order:
        return next(order for order, action in self._orders.items() if action.isChecked())

    @property
    def grouping(self) -> Grouping | None:
        return next((grouping for grouping, action in self._groupings.items() if action.isChecked()), None)

    def close(self) -> None:
        """Stop the timer and the thread."""
        self._reload_timer.stop()
        self._reader.close()

    def _menu(self) -> str:
        return f"{self.tr('View')}/{self.tr('Lanes')}"

    def _add_orders(self, actions: Actions) -> dict[Order, QAction]:
        group = QActionGroup(self)
        texts = {Order.NUMBER: self.tr("Sort by number"), Order.START: self.tr("Sort by start"),
                 Order.LENGTH: self.tr("Sort by length"), Order.LABEL: self.tr("Sort by class"),
                 Order.SUSPICION: self.tr("Sort by suspicion")}
        tip = self.tr("Sort the lanes of the timeline")
        made = {}
        for order, text in texts.items():
            made[order] = actions.add(f"lanes.{order}", self._menu(), text, self._apply, [], tip, group="order",
                                      checkable=True)
            group.addAction(made[order])
        return made

    def _add_groupings(self, actions: Actions) -> dict[Grouping, QAction]:
        """Add actions for the groupings, of which at most one is checked."""
        group = QActionGroup(self)
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        texts = {Grouping.LABEL: self.tr("Group by class"), Grouping.START: self.tr("Group by start"),
                 Grouping.LENGTH: self.tr("Group by length"), Grouping.SUSPICION: self.tr("Group by suspicion")}
        tip = self.tr("Show lanes in groups with a heading")
        made = {}
        for grouping, text in texts.items():
            keys = ["Shift+G"] if grouping is Grouping.LABEL else []
            name = "lanes.group" if grouping is Grouping.LABEL else f"lanes.group-{grouping}"
            made[grouping] = actions.add(name, self._menu(), text, self._apply, keys, tip, group="grouping",
                                         checkable=True)
            group.addAction(made[grouping])
        return made

    def _make_button(self) -> QToolButton:
        button = QToolButton(self._timeline.viewport())
        button.setGeometry(4, OVERVIEW, NAMES - 8, RULER)
        menu = QMenu(button)
        menu.addActions(list(self._orders.values()))
        menu.addSeparator()
        menu.addActions(list(self._groupings.values()))
        button.setMenu(menu)
        button.setAutoRaise(True)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setStyleSheet(_ARROW)
        button.setToolTip(self.tr("Sort and group the lanes"))
        return button

    def _apply(self) -> None:
        if not any(action.isChecked() for action in self._orders.values()):
            return
        order, grouping = self.order, self.grouping
        self._settings.setValue(_ORDER, order.value)
        self._settings.setValue(_GROUPING, "" if grouping is None else grouping.value)
        self._timeline.set_order(order, grouping)
        self.button.setText(self._orders[order].text())
        self._count()

    def _show_button(self) -> None:
        self.button.setVisible(self._document.video is not None)

    def _count(self) -> None:
        if self._needs_suspicion():
            self._reader.ask()

    def _needs_suspicion(self) -> bool:
        return self.order is Order.SUSPICION or self.grouping is Grouping.SUSPICION

    def _on_changes(self, changes: Changes) -> None:
        kinds = ChangeKind.OBSERVATIONS | ChangeKind.SPANS | ChangeKind.TRACKS
        if changes.kinds & kinds and self._needs_suspicion() and not self._reload_timer.isActive():
            self._reload_timer.start()

    def _on_counts(self, video: int, counts: dict[int, int]) -> None:
        if self._document.video is not None and self._document.video.id == video:
            self._timeline.set_suspicion(counts)
