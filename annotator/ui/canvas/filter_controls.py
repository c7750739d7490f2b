"""Controls for which tracks are drawn: by label, state and score, and individually."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QCheckBox, QGroupBox, QPushButton, QScrollArea, QVBoxLayout, QWidget

from annotator.model.frame import TrackState
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.canvas.shape_filter import ShapeFilter
from annotator.ui.document.document import Document
from annotator.ui.widgets.plain_text import Label, literal
from annotator.ui.widgets.popover import Popover, PopoverButton, Sliders

#: Number of labels that the popover shows without scrolling.
_LABELS_IN_SIGHT = 8


class FilterControls(QObject):
    """A popover and actions for the filter of the canvas. The button shows whether anything is hidden."""

    def __init__(self, document: Document, controller: CanvasController, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._document, self._controller = document, controller
        self.popover = Popover(parent)
        self.button = PopoverButton(self.popover, parent)
        # The list of labels is filled whenever the popover opens.
        self.button.pressed.connect(self._fill_labels)
        self._states: dict[TrackState, QCheckBox] = {}
        self._build()
        self._add_actions(actions)
        document.video_changed.connect(self.show_all)
        self._show_state()

    @property
    def filter(self) -> ShapeFilter:
        return self._controller.shapes.filter

    def set_filter(self, wanted: ShapeFilter) -> None:
        """Apply a filter."""
        self._controller.shapes.filter = wanted
        self._controller.refresh()
        self._show_state()

    def show_all(self) -> None:
        """Show all tracks, labels and states."""
        self.set_filter(ShapeFilter())

    def hide_selected(self) -> None:
        """Hide the selected tracks."""
        self.set_filter(replace(self.filter, tracks=self.filter.tracks | self._document.selection))

    def hide_others(self) -> None:
        """Hide all current tracks except the selected ones; tracks added later are shown."""
        chosen = self._document.selection
        if chosen:
            self.set_filter(replace(self.filter, tracks=frozenset(self._document.tracks()) - chosen))

    def _add_actions(self, actions: Actions) -> None:
        menu, tr = f"{self.tr('View')}/{self.tr('Filter')}", self.tr
        actions.add("filter.hide", menu, tr("Hide selected tracks"), self.hide_selected, ["Shift+H"],
                    needs=Needs.VIDEO | Needs.TRACK)
        actions.add("filter.hide-others", menu, tr("Hide other tracks"), self.hide_others, ["Ctrl+H"],
                    needs=Needs.VIDEO | Needs.TRACK)
        actions.add("filter.show-all", menu, tr("Show all tracks"), self.show_all, ["Ctrl+Shift+H"],
                    tr("Show all tracks, classes and states"), needs=Needs.VIDEO)

    def _build(self) -> None:
        tr, column = self.tr, self.popover.column
        self._labels = QVBoxLayout()
        self._labels.setContentsMargins(8, 4, 8, 4)
        self._labels.setSpacing(4)
        inside = QWidget(self.popover)
        inside.setLayout(self._labels)
        self._scroll = QScrollArea(self.popover)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        column.addWidget(Label(tr("Classes"), self.popover))
        column.addWidget(self._scroll)
        states = QGroupBox(tr("States of predicted boxes"), self.popover)
        lines = QVBoxLayout(states)
        lines.setSpacing(4)
        for state, text in ((TrackState.RELIABLE, tr("reliable")), (TrackState.PENDING, tr("pending")),
                            (TrackState.SUSPICIOUS, tr("suspicious")), (TrackState.LOST, tr("lost"))):
            box = QCheckBox(text, states)
            box.clicked.connect(self._take_states)
            self._states[state] = box
            lines.addWidget(box)
        column.addWidget(states)
        rows = Sliders(self.popover)
        self.score = rows.add(tr("Minimum score"), 0, 100, 5, self._take_score, lambda value: f"{value / 100:.2f}")
        column.addWidget(rows)
        everything = QPushButton(tr("Show all"), self.popover)
        everything.clicked.connect(self.show_all)
        column.addWidget(everything)

    def _fill_labels(self) -> None:
        while (item := self._labels.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        for label in self._document.labels().values():
            box = QCheckBox(self.popover.fontMetrics().elidedText(label.name, Qt.TextElideMode.ElideRight, 220))
            box.setToolTip(literal(label.name))
            box.setProperty("label", label.id)
            box.setChecked(label.id not in self.filter.labels)
            box.clicked.connect(self._take_labels)
            self._labels.addWidget(box)
        if not self._labels.count():
            self._labels.addWidget(Label(self.tr("No classes yet")))
        self._labels.addStretch(1)
        line = self.popover.fontMetrics().height() + 8
        self._scroll.setFixedHeight(line * min(max(len(self._document.labels()), 1), _LABELS_IN_SIGHT) + 8)

    def label_boxes(self) -> list[QCheckBox]:
        """Check boxes of the classes in the popover."""
        items = [self._labels.itemAt(k) for k in range(self._labels.count())]
        widgets = [item.widget() for item in items if item is not None]
        return [widget for widget in widgets if isinstance(widget, QCheckBox)]

    def _take_labels(self) -> None:
        self.set_filter(replace(self.filter, labels=_unchecked((int(b.property("label")), b)
                                                               for b in self.label_boxes())))

    def _take_states(self) -> None:
        hidden = frozenset(state for state, box in self._states.items() if not box.isChecked())
        self.set_filter(replace(self.filter, states=hidden))

    def _take_score(self, percent: int) -> None:
        if percent != round(self.filter.min_score * 100):
            self.set_filter(replace(self.filter, min_score=percent / 100))

    def _show_state(self) -> None:
        chosen = self.filter
        for state, box in self._states.items():
            box.setChecked(state not in chosen.states)
        self.score.setValue(round(chosen.min_score * 100))
        for box in self.label_boxes():
            box.setChecked(int(box.property("label")) not in chosen.labels)
        self.button.setText(self.tr("Filter: all") if chosen.is_open else self.tr("Filter: some hidden"))
        self.button.setToolTip(literal(self._description(chosen)))

    def _description(self, chosen: ShapeFilter) -> str:
        if chosen.is_open:
            return self.tr("All tracks are shown")
        parts = []
        if chosen.tracks:
            parts.append(self.tr("%n tracks hidden", "", len(chosen.tracks)))
        if chosen.labels:
            parts.append(self.tr("%n classes hidden", "", len(chosen.labels)))
        if chosen.states:
            parts.append(self.tr("%n states hidden", "", len(chosen.states)))
        if chosen.min_score:
            parts.append(self.tr("minimum score {0:.2f}").format(chosen.min_score))
        return ", ".join(parts)


def _unchecked(boxes: Iterable[tuple[int, QCheckBox]]) -> frozenset[int]:
    return frozenset(key for key, box in boxes if not box.isChecked())
