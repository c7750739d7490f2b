"""Fields of one or several tracks. An edit applies to all of them in one undo step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from annotator.model.attribute import Attribute, Value, attributes_of
from annotator.model.track import ReviewState, Track
from annotator.session import Session
from annotator.storage.edits import attributes, identities
from annotator.ui.document.document import Document
from annotator.ui.document.value_frames import set_value
from annotator.ui.tracks.attribute_fields import AttributeField, LineField, common_value, make_field, mixed_text
from annotator.ui.tracks.mean_scores import MeanScores
from annotator.ui.tracks.scope_field import ScopeField
from annotator.ui.widgets.plain_text import Label, literal
from annotator.ui.widgets.swatch import swatch

#: Maximum width of an attribute's name in device-independent pixels.
LONGEST_NAME = 120


class TrackFields(QWidget):
    """A form with number, class, name, color, frames, score, review state and attributes."""

    def __init__(self, document: Document, scores: MeanScores) -> None:
        super().__init__()
        self._document, self._scores = document, scores
        self._tracks: list[Track] = []
        self._shown: list[Attribute] = []
        self.fields: dict[str, AttributeField] = {}
        """Fields of the attributes, by name."""
        self.number = LineField(self._renumber, self)
        self.label = QComboBox(self)
        self.label.setPlaceholderText(mixed_text())
        self.label.activated.connect(self._relabel)
        self.name = LineField(lambda text: self._describe(name=" ".join(text.split())), self)
        self.name.textChanged.connect(self.name.setToolTip)
        self.color = QPushButton(self)
        self.color.clicked.connect(self._ask_color)
        self.review = QComboBox(self)
        self.review.setPlaceholderText(mixed_text())
        for text, state in ((self.tr("not started"), ReviewState.UNSEEN),
                            (self.tr("in progress"), ReviewState.IN_PROGRESS), (self.tr("done"), ReviewState.REVIEWED),
                            (self.tr("needs work"), ReviewState.NEEDS_WORK)):
            self.review.addItem(text, state)
        self.review.activated.connect(lambda: self._describe(review=ReviewState(self.review.currentData())))
        self.scope = ScopeField(self)
        self._frame = document.frame
        document.frame_changed.connect(self._on_frame)
        self.first = self._link(self.tr("Go to the first frame"))
        self.last = self._link(self.tr("Go to the last frame"))
        self.length, self.score = Label(self), Label(self)
        self.score.setToolTip(self.tr("Mean score of the predicted boxes"))
        self._title = Label(self)
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._lay_out()

    def _lay_out(self) -> None:
        self._form = form = QFormLayout(self)
        form.setContentsMargins(8, 8, 8, 8)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self._title)
        form.addRow(self.tr("Number"), self.number)
        form.addRow(self.tr("Class"), self.label)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Color"), self.color)
        frames = QWidget(self)
        row = QHBoxLayout(frames)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.first)
        row.addWidget(Label(self.tr("to"), self))
        row.addWidget(self.last)
        row.addWidget(self.length, 1)
        form.addRow(self.tr("Frames"), frames)
        form.addRow(self.tr("Mean score"), self.score)
        form.addRow(self.tr("Review"), self.review)
        for box in (self.label, self.review, self.scope):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        form.addRow(self.tr("Set values"), self.scope)
        self._fixed_rows = form.rowCount()

    def _link(self, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(tip)
        button.clicked.connect(lambda: self._document.go_to(int(button.text())))
        return button

    # Display

    def show_tracks(self, tracks: Sequence[Track]) -> None:
        """Show one or several tracks."""
        self._tracks = list(tracks)
        self._show_title()
        self._show_labels()
        number, _ = common_value(track.number for track in tracks)
        self.number.setEnabled(len(tracks) == 1)
        self.number.show_text(None if number is None else str(number), mixed_text())
        name, equal = common_value(track.name for track in tracks)
        self.name.show_text(name, "" if equal else mixed_text())
        color, equal = common_value(track.color for track in tracks)
        self.color.setIcon(swatch(color))
        self.color.setText((color or "") if equal else mixed_text())
        review, equal = common_value(track.review for track in tracks)
        self.review.setCurrentIndex(self.review.findData(review) if equal else -1)
        one = tracks[0] if len(tracks) == 1 and tracks[0].review_time else None
        self.review.setToolTip("" if one is None else literal(self.tr("Set by {0}, {1} (UTC)").format(
            one.review_author or self.tr("unknown"), one.review_time[:16].replace("T", " "))))
        self._show_frames()
        self._show_score()
        self._show_attributes()
        self.setEnabled(True)
        for widget in (self.number, self.label, self.name, self.color, self.review, *self.fields.values()):
            widget.setEnabled(self._document.writable and (widget is not self.number or len(tracks) == 1))

    def _show_title(self) -> None:
        numbers = ", ".join(str(track.number) for track in self._tracks)
        self._title.setToolTip(numbers)
        self._title.setText(self.tr("Track {0}").format(numbers) if len(self._tracks) == 1 else
                            self.tr("{0} tracks").format(len(self._tracks)))

    def _show_labels(self) -> None:
        labels = list(self._document.labels().values())
        before = [(self.label.itemData(k), self.label.itemText(k)) for k in range(self.label.count())]
        if before != [(label.id, label.name) for label in labels]:
            self.label.clear()
            for label in labels:
                self.label.addItem(swatch(label.color), label.name, label.id)
        for k, label in enumerate(labels):
            self.label.setItemIcon(k, swatch(label.color))
        chosen, equal = common_value(track.label for track in self._tracks)
        self.label.setCurrentIndex(self.label.findData(chosen) if equal else -1)
        self.label.setToolTip(literal(self.label.currentText()))

    def _show_frames(self) -> None:
        lanes = [lane for lane in self._document.lanes(track.id for track in self._tracks) if lane.bars]
        for button in (self.first, self.last):
            button.setEnabled(bool(lanes))
        self.first.setText(str(min((lane.first for lane in lanes), default=0)))
        self.last.setText(str(max((lane.last for lane in lanes), default=0)))
        lengths = [lane.length for lane in lanes]
        text = "" if not lengths else self._range(min(lengths), max(lengths), "{:d}")
        self.length.setText(self.tr("{0} frames").format(text))
        self.length.setToolTip(self.tr(
            "Number of frames of the track, without gaps; in some it may be lost or have no box"))

    def _show_score(self) -> None:
        scores = [(self._scores.get(track.id), self._scores.is_known(track.id)) for track in self._tracks]
        known = [score for score, _ in scores if score is not None]
        text = self._range(min(known), max(known), "{:.2f}") if known else "\N{EN DASH}"
        self.score.setText(text if all(is_known for _, is_known in scores) else "\N{HORIZONTAL ELLIPSIS}")

    def _range(self, least: float, most: float, pattern: str) -> str:
        low, high = pattern.format(least), pattern.format(most)
        return low if low == high else self.tr("{0} to {1}").format(low, high)

    def _show_attributes(self) -> None:
        """Show fields for the attributes that all of these tracks have."""
        every = self._document.attributes()
        labels = {track.label for track in self._tracks}
        shown = [a for a in every if all(a in attributes_of(label, every) for label in labels)]
        if shown != self._shown:
            while self._form.rowCount() > self._fixed_rows:
                self._form.removeRow(self._form.rowCount() - 1)
            self.fields = {a.name: make_field(a, partial(self._set_attribute, a.name), self) for a in shown}
            for attribute in shown:
                field, label = self.fields[attribute.name], Label(self)
                label.setText(label.fontMetrics().elidedText(attribute.name, Qt.TextElideMode.ElideRight, LONGEST_NAME))
                label.setToolTip(literal(attribute.name))
                if isinstance(field, QComboBox):
                    field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
                self._form.addRow(label, field)
            self._shown = shown
        self._form.setRowVisible(self.scope, any(attribute.varies for attribute in shown))
        self._frame = self._document.frame
        self._show_values(shown)

    def _show_values(self, shown: Sequence[Attribute]) -> None:
        values = self._document.values()
        for attribute in shown:
            self.fields[attribute.name].show_values(
                [attribute.fitting(values.at(track.id, self._frame).get(attribute.name)) for track in self._tracks])

    def _on_frame(self, frame: int) -> None:
        """Show the values of another frame. A text that is being typed is entered in the frame that it was typed for.
        """
        varying = [attribute for attribute in self._shown if attribute.varies]
        for attribute in varying:
            field = self.fields[attribute.name]
            if isinstance(field, LineField):
                field.commit()
        self._frame = frame
        known = self._document.tracks()
        if varying and all(track.id in known for track in self._tracks):
            self._show_values(varying)

    # Edits

    def commit(self) -> None:
        """Apply text that was typed but not entered yet to the displayed tracks."""
        for field in (self.number, self.name, *self.fields.values()):
            if isinstance(field, LineField):
                field.commit()

    def _edit(self, change: Callable[[Session, list[int]], object]) -> None:
        chosen = [track.id for track in self._tracks]
        if not chosen or not self._document.edit(lambda session: change(session, chosen)):
            self._show_current()

    def _show_current(self) -> None:
        """Replace refused input with the current values."""
        known = self._document.tracks()
        left = [known[track.id] for track in self._tracks if track.id in known]
        for field in self.findChildren(QLineEdit):
            field.setModified(False)
        if left:
            self.show_tracks(left)

    def _describe(self, name: str | None = None, color: str | None = None, review: ReviewState | None = None) -> None:
        self._edit(lambda session, chosen: attributes.describe_tracks(session.store, chosen, name, color, review))

    def _set_attribute(self, name: str, value: Value | None) -> None:
        attribute = next(each for each in self._shown if each.name == name)
        frame, selected = self._frame, self._document.range
        self._edit(lambda session, chosen: set_value(
            session.store, chosen, attribute, value, self.scope.frames(frame, selected) if attribute.varies else None))

    def _relabel(self) -> None:
        label = self.label.currentData()
        self._edit(lambda session, chosen: identities.relabel(session.store, chosen, label))

    def _renumber(self, text: str) -> None:
        if len(self._tracks) == 1:
            number = int(text) if text.strip().isdecimal() else 0
            self._edit(lambda session, chosen: identities.renumber(session.store, chosen[0], number))

    def _ask_color(self) -> None:
        dialog = QColorDialog(QColor(self._tracks[0].color), self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(lambda color: self._describe(color=color.name()))
        dialog.open()
