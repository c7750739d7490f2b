"""Cards of the review queue: the possible error, its probability, and crops of the tracks before and after."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from annotator.review import Entry, Fix, Kind, Sentence
from annotator.ui.document.document import Document
from annotator.ui.review.controller import ReviewController, key_of
from annotator.ui.review.crops import CropSource, Pair
from annotator.ui.widgets.plain_text import literal

Index = QModelIndex | QPersistentModelIndex

#: Pixels of margins, crops and gaps; lines of text.
_EDGE, _CROP, _GAP, _LINES = 8, 56, 4, 2


class KindNames(QObject):
    """Names of the kinds of moments."""

    def name(self, kind: Kind) -> str:
        names = {
            Kind.CONFLICT: self.tr("occluded by another track"), Kind.ENCOUNTER: self.tr("encounter"),
            Kind.DUPLICATE: self.tr("duplicate"), Kind.REBIRTH: self.tr("lost and reappeared"),
            Kind.BIRTH: self.tr("starts inside the frame"), Kind.GAP: self.tr("gap"), Kind.JUMP: self.tr("jump"),
            Kind.RESIZE: self.tr("sudden change of size"), Kind.APPEARANCE: self.tr("change of colours"),
            Kind.COLLAPSE: self.tr("falling score"), Kind.REPROMPT: self.tr("prompted again"),
            Kind.SHORT: self.tr("very short"), Kind.MISSING: self.tr("untracked object"),
            Kind.CUT: self.tr("across a scene cut")}
        return names[kind]


def _translated(sentence: Sentence, count: int) -> str:
    """Translate in the context under which `tools.upkeep.translations` lists all sentences."""
    return QCoreApplication.translate("Sentence", sentence.value, None, count)


class CardModel(QAbstractListModel):
    """The entries of the review controller."""

    def __init__(self, review: ReviewController, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._review, self._document = review, document
        self._entries: tuple[Entry, ...] = ()
        self._names = KindNames(self)
        review.changed.connect(self._on_changed)

    def entry(self, row: int) -> Entry:
        return self._entries[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's signature
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.title(entry)
        if role == Qt.ItemDataRole.ToolTipRole:
            return literal("\n".join((self.title(entry), ", ".join(map(self._names.name, entry.kinds)),
                                      self.reason(entry))))
        return None

    def title(self, entry: Entry) -> str:
        """Return the suggested fix as a question."""
        fix, tracks = entry.suggestion, self._document.tracks()
        names = [str(tracks[key].number) if key in tracks else "?" for key in fix.tracks or entry.tracks]
        if fix.fix is Fix.SWAP:
            return self.tr("Swap {0} and {1}?").format(*names[:2])
        if fix.fix is Fix.MERGE:
            return self.tr("Merge {1} into {0}?").format(names[0], ", ".join(names[1:]))
        if fix.fix is Fix.SPLIT:
            return self.tr("Split {0}?").format(names[0])
        if fix.fix is Fix.DELETE:
            return self.tr("Delete {0}?").format(", ".join(names))
        if fix.fix is Fix.PROMPT:
            return self.tr("Missing object?")
        return self.tr("{0}: {1}").format(", ".join(names), self._names.name(entry.kinds[0]))

    def reason(self, entry: Entry) -> str:
        tracks = self._document.tracks()
        return entry.reason({key: tracks[key].number for key in entry.tracks if key in tracks}, _translated)

    def _on_changed(self) -> None:
        entries = self._review.entries
        if entries == self._entries:
            return
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()


class CardPainter(QStyledItemDelegate):
    """Paints cards of equal height."""

    def __init__(self, crops: CropSource, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._crops, self._document = crops, document

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        line = option.fontMetrics.height()
        return QSize(200, 2 * _EDGE + (1 + _LINES) * line + _CROP + 2 * _GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, CardModel)
        entry = model.entry(index.row())
        area: QRect = option.rect
        palette: QPalette = option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setClipRect(area)
        if selected:
            color = QColor(palette.color(QPalette.ColorRole.Highlight))
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), color)
            color.setAlpha(40)
            painter.fillRect(area, color)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        inner = area.adjusted(_EDGE + 4, _EDGE, -_EDGE, -_EDGE)
        line = painter.fontMetrics().height()
        self._paint_title(painter, QRect(inner.left(), inner.top(), inner.width(), line), model.title(entry), entry,
                          palette)
        self._paint_crops(painter, QPoint(inner.left(), inner.top() + line + _GAP), entry, palette)
        words = QRect(inner.left(), inner.top() + line + _CROP + 2 * _GAP, inner.width(), _LINES * line)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        _draw_words(painter, words, model.reason(entry))
        painter.restore()

    def _paint_title(self, painter: QPainter, place: QRect, title: str, entry: Entry, palette: QPalette) -> None:
        details = self.tr("frame {0}   {1} %").format(entry.frame, round(100 * entry.chance))
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, details)
        width = place.width() - painter.fontMetrics().horizontalAdvance(details) - _EDGE
        font = QFont(painter.font())
        font.setBold(True)
        painter.save()
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        text = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, width)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def _paint_crops(self, painter: QPainter, corner: QPoint, entry: Entry, palette: QPalette) -> None:
        """Paint the crops of each track, before and after, framed in its colour; grey squares until they are ready."""
        pairs = self._crops.get(key_of(entry), entry)
        if pairs is None:
            pairs = tuple(Pair(track, None, None) for track in entry.tracks[:2] or (None,))
        tracks = self._document.tracks()
        x = corner.x()
        for pair in pairs:
            track = None if pair.track is None else tracks.get(pair.track)
            color = palette.color(QPalette.ColorRole.Mid) if track is None else QColor(track.color)
            for image in (pair.before, pair.after) if pair.track is not None else (pair.before,):
                place = QRect(x, corner.y(), _CROP, _CROP)
                painter.fillRect(place, palette.color(QPalette.ColorRole.AlternateBase))
                if image is not None:
                    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                    painter.drawImage(place, image)
                painter.setPen(QPen(color, 2))
                painter.drawRect(place.adjusted(1, 1, -1, -1))
                x += _CROP + _GAP
            x += 2 * _GAP


def _draw_words(painter: QPainter, place: QRect, text: str) -> None:
    """Draw text in as many lines as fit, and elide the last one."""
    metrics, words = painter.fontMetrics(), text.split()
    line = ""
    lines: list[str] = []
    while words and len(lines) < place.height() // metrics.height() - 1:
        if line and metrics.horizontalAdvance(f"{line} {words[0]}") > place.width():
            lines.append(line)
            line = ""
            continue
        line = f"{line} {words.pop(0)}".strip()
    rest = " ".join([line, *words]).strip()
    if rest:
        lines.append(metrics.elidedText(rest, Qt.TextElideMode.ElideRight, place.width()))
    for k, each in enumerate(lines):
        row = QRect(place.left(), place.top() + k * metrics.height(), place.width(), metrics.height())
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, each)
