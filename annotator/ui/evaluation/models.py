"""Table models of the evaluation panel: errors, and scores of each track."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt

from annotator.evaluation.errors import Stretch
from annotator.jobs.project_scores import ProjectScores, TrackScore, VideoScores
from annotator.model.box import Box
from annotator.ui.widgets.plain_text import literal
from annotator.ui.widgets.titled_table import Index, TitledTable

SORT_ROLE = Qt.ItemDataRole.UserRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ErrorKind(StrEnum):
    """Kind of an error."""

    SWITCH = "switch"
    MISS = "miss"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One error and its place."""

    video: str
    kind: ErrorKind
    frame: int
    """The frame to go to."""
    last: int
    """Last frame of the error; for a switch, the same frame."""
    numbers: tuple[int, ...]
    """Numbers of the tracks: before and after a switch, the false positive, none for a miss."""
    object: int | None
    """Ground-truth id."""
    box_xyxy: Box | None
    """Place in the frame; None if the tracks show it."""


def error_rows(scores: ProjectScores) -> list[ErrorRow]:
    """Return all errors, sorted by video and frame."""
    return [row for video in scores.videos
            for row in sorted(_errors(video), key=lambda row: (row.frame, list(ErrorKind).index(row.kind)))]


def _errors(video: VideoScores) -> list[ErrorRow]:
    def stretch(kind: ErrorKind, each: Stretch) -> ErrorRow:
        missed = kind is ErrorKind.MISS
        return ErrorRow(video.name, kind, each.first, each.last, () if missed else (each.id,),
                        each.id if missed else None, each.box_xyxy)

    return [*(ErrorRow(video.name, ErrorKind.SWITCH, each.frame, each.frame, (each.before, each.after), each.object,
                       None) for each in video.switches),
            *(stretch(ErrorKind.MISS, each) for each in video.misses),
            *(stretch(ErrorKind.FALSE, each) for each in video.false_boxes)]


class ErrorModel(TitledTable):
    """Errors of one kind or all; names the video if there are several."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.set_titles((self.tr("Frame"), self.tr("Length"), self.tr("Error")))
        self._all: list[ErrorRow] = []
        self._rows: list[ErrorRow] = []
        self._kind: ErrorKind | None = None
        self._several = False

    def set_rows(self, rows: Sequence[ErrorRow]) -> None:
        self._all = list(rows)
        self._several = len({row.video for row in rows}) > 1
        self.set_kind(self._kind)

    def set_kind(self, kind: ErrorKind | None) -> None:
        """Show one kind, or all for None."""
        self.beginResetModel()
        self._kind = kind
        self._rows = [row for row in self._all if kind in (None, row.kind)]
        self.endResetModel()

    def count(self, kind: ErrorKind | None = None) -> int:
        """Return the number of errors of a kind, shown or not."""
        return sum(kind in (None, row.kind) for row in self._all)

    def row(self, index: Index) -> ErrorRow:
        return self._rows[index.row()]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (str(row.frame), str(row.last - row.frame + 1) if row.kind is not ErrorKind.SWITCH else "",
                    self.words(row))[column]
        if role == Qt.ItemDataRole.TextAlignmentRole and column < 2:
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            words = self.words(row)
            return literal(words if row.last == row.frame else self.tr("{0}, frames {1} to {2}").format(
                words, row.frame, row.last))
        return None

    def words(self, row: ErrorRow) -> str:
        """Return the description of an error."""
        if row.kind is ErrorKind.SWITCH:
            text = self.tr("object {0} switches from track {1} to track {2}").format(row.object, *row.numbers)
        elif row.kind is ErrorKind.MISS:
            text = self.tr("object {0} is missed").format(row.object)
        else:
            text = self.tr("track {0} is a false positive").format(row.numbers[0])
        return f"{row.video}: {text}" if self._several else text


class TrackScoreModel(TitledTable):
    """Scores of each track; a proxy sorts them by `SORT_ROLE`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[str, TrackScore, int]] = []
        titles = (self.tr("No."), self.tr("Boxes"), self.tr("Matched"), self.tr("Object"), self.tr("Purity"),
                  self.tr("Switches"))
        tips = (self.tr("Number of the track"), self.tr("Boxes of the track"),
                self.tr("Share of its boxes with an IoU of at least 0.5 with an object"),
                self.tr("The ground-truth object that it matches most often"),
                self.tr("Share of its matched boxes that match this object"),
                self.tr("Identity switches from or to this track"))
        self.set_titles(titles, tips)

    def set_scores(self, scores: ProjectScores | None) -> None:
        self.beginResetModel()
        self._rows = []
        for video in () if scores is None else scores.videos:
            switches = Counter(number for each in video.switches for number in {each.before, each.after})
            self._rows += [(video.name, track, switches[track.number]) for track in video.tracks]
        self.endResetModel()

    def track(self, index: Index) -> tuple[str, int]:
        """Return the video and number of a row's track."""
        video, track, _ = self._rows[index.row()]
        return video, track.number

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        video, track, switches = self._rows[index.row()]
        share = track.matched / track.boxes if track.boxes else 0.0
        numbers = (track.number, track.boxes, share, -1 if track.object is None else track.object,
                   -1.0 if track.purity is None else track.purity, switches)
        if role == SORT_ROLE:
            return numbers[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (str(track.number), f"{track.boxes:,}", f"{share:.0%}", _or_dash(track.object),
                    "-" if track.purity is None else f"{track.purity:.0%}", str(switches))[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return literal(video)
        return None


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)
