"""Model and filter of the table of tracks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt

from annotator.model.attribute import AttributeKind, Value, attributes_of
from annotator.model.track import ReviewState, Track
from annotator.ui.document.document import Document
from annotator.ui.document.lanes import Lane
from annotator.ui.tracks.mean_scores import MeanScores
from annotator.ui.tracks.rows import LaneFilter, LaneRows
from annotator.ui.widgets.plain_text import literal
from annotator.ui.widgets.swatch import swatch
from annotator.ui.widgets.titled_table import Index

NUMBER, LABEL, NAME, FIRST, LAST, LENGTH, SCORE, REVIEW, ATTRIBUTES = range(9)
SORT_ROLE = Qt.ItemDataRole.UserRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TrackModel(LaneRows):
    """Tracks of the current video with their lanes."""

    def __init__(self, document: Document, scores: MeanScores) -> None:
        super().__init__(self._sort_key, document)
        self._document = document
        self._scores = scores
        titles = (self.tr("No."), self.tr("Class"), self.tr("Name"), self.tr("First"), self.tr("Last"),
                  self.tr("Frames"), self.tr("Score"), self.tr("Review"), self.tr("Attributes"))
        tips = (self.tr("Track number"), self.tr("Class"), self.tr("Name"), self.tr("First frame"),
                self.tr("Last frame"), self.tr(
                    "Number of frames of the track, without gaps; in some it may be lost or have no box"),
                self.tr("Mean score of the predicted boxes"), self.tr("Review state"),
                self.tr("Attributes with a value"))
        self.set_titles(titles, tips)
        self._review = {ReviewState.UNSEEN: "", ReviewState.IN_PROGRESS: self.tr("in progress"),
                        ReviewState.REVIEWED: self.tr("done"), ReviewState.NEEDS_WORK: self.tr("needs work")}
        scores.updated.connect(self._on_scores)

    def reload(self) -> None:
        self.set_lanes(self._document.lanes())
        # Lanes do not contain the names of classes and attributes.
        self._announce(LABEL, LABEL)
        self._announce(ATTRIBUTES, ATTRIBUTES)

    @property
    def unused(self) -> Sequence[int]:
        """Optional columns that are empty for all tracks."""
        tracks = [lane.track for lane in self._lanes]
        used = {NAME: any(track.name for track in tracks), ATTRIBUTES: bool(self._document.values().changing()) or any(
            track.attributes for track in tracks)}
        return [column for column, needed in used.items() if not needed]

    def _sort_key(self, lane: Lane, column: int) -> str | float:
        if column == SCORE:
            score = self._scores.get(lane.track.id)
            return -1.0 if score is None else score
        value = self._value(lane, column)
        return value.casefold() if isinstance(value, str) else value

    def _on_scores(self) -> None:
        self._announce(SCORE, SCORE)
        self.restore_order()

    def _announce(self, first: int, last: int) -> None:
        if self._lanes:
            self.dataChanged.emit(self.index(0, first), self.index(len(self._lanes) - 1, last))

    def track(self, row: int) -> Track:
        return self._lanes[row].track

    def track_of(self, index: Index) -> int:
        """Return the track id of a row."""
        return self._lanes[index.row()].track.id

    def rows_of(self, tracks: frozenset[int]) -> list[int]:
        return [row for row, lane in enumerate(self._lanes) if lane.track.id in tracks]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lanes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        lane, column = self._lanes[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, SORT_ROLE):
            if column == SCORE:
                score = self._scores.get(lane.track.id)
                return "" if score is None else f"{score:.2f}"
            return self._value(lane, column)
        if role == Qt.ItemDataRole.DecorationRole and column == NUMBER:
            return swatch(lane.track.color)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (NUMBER, FIRST, LAST, LENGTH, SCORE):
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return literal(str(self.data(index)))
        return None

    def _value(self, lane: Lane, column: int) -> str | int:
        track = lane.track
        if column == LABEL:
            labels = self._document.labels()
            return labels[track.label].name if track.label in labels else ""
        if column == ATTRIBUTES:
            return self._attributes(track)
        values: dict[int, str | int] = {NUMBER: track.number, NAME: track.name, FIRST: lane.first, LAST: lane.last,
                                        LENGTH: lane.length, REVIEW: self._review[track.review]}
        return values[column]

    def _attributes(self, track: Track) -> str:
        """The values of a track, in the order in which they hold: ``gait stand / walk``."""
        parts = []
        over_time = self._document.values().all_of(track.id)
        for attribute in attributes_of(track.label, self._document.attributes()):
            found = [value for each in over_time.get(attribute.name, ())
                     if (value := attribute.fitting(each)) is not None]
            if attribute.kind is AttributeKind.FLAG and len(found) == 1:
                parts.append(attribute.name if found[0] else self.tr("not {0}").format(attribute.name))
            elif found:
                parts.append(f"{attribute.name} {' / '.join(map(self._text, found))}")
        return ", ".join(parts)

    def _text(self, value: Value) -> str:
        if isinstance(value, bool):
            return self.tr("yes") if value else self.tr("no")
        return f"{value:g}" if isinstance(value, float) else str(value)


class TrackFilter(LaneFilter):
    """A filter for a text in any column, a label and a review state."""

    def __init__(self, model: TrackModel, parent: QObject | None = None) -> None:
        super().__init__(model, parent)
        self._tracks = model
        self._label: int | None = None
        self._review: ReviewState | None = None
        self.setFilterKeyColumn(-1)
        self.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def set_label(self, label: int | None) -> None:
        """Show only tracks with this label; None for all."""
        self._label = label
        self.invalidate()

    def set_review(self, review: ReviewState | None) -> None:
        """Show only tracks in this state; None for all."""
        self._review = review
        self.invalidate()

    def refresh(self) -> None:
        """Filter again after the contents of rows changed."""
        if self._label is not None or self._review is not None or self.filterRegularExpression().pattern():
            self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802 - Qt's name
        track = self._tracks.track(row)
        if self._label is not None and track.label != self._label:
            return False
        if self._review is not None and track.review is not self._review:
            return False
        return super().filterAcceptsRow(row, parent)
