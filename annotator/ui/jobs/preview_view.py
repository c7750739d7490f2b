"""A small view of a frame with the detector's boxes above a threshold."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from annotator.model.frame import Detections, Image
from annotator.ui.widgets.theme import ACCENT

#: With more boxes than this, captions would cover the objects.
_MOST_NAMES = 25


class PreviewView(QWidget):
    """Draws a frame and detections; a change of the threshold does not run the detector."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixmap = QPixmap()
        self._found = Detections.empty()
        self._labels: tuple[str, ...] = ()
        self._threshold = 0.5
        self._message = ""
        self.setMinimumSize(360, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(440, 280)

    def set_image(self, image: Image | None) -> None:
        """Set the image, (H, W, 3) uint8 RGB; None for none."""
        if image is None:
            self._pixmap = QPixmap()
        else:
            height, width = image.shape[:2]
            self._pixmap = QPixmap.fromImage(QImage(np.ascontiguousarray(image).data, width, height, 3 * width,
                                                    QImage.Format.Format_RGB888))
        self.update()

    def set_detections(self, found: Detections, labels: tuple[str, ...]) -> None:
        self._found, self._labels, self._message = found, labels, ""
        self.update()

    def set_message(self, message: str) -> None:
        """Show a message instead of boxes."""
        self._found, self._message = Detections.empty(), message
        self.update()

    def set_threshold(self, threshold: float) -> None:
        self._threshold = threshold
        self.update()

    @property
    def above(self) -> int:
        """Number of boxes above the threshold."""
        return int(np.count_nonzero(self._found.score >= self._threshold))

    @property
    def found(self) -> int:
        """Number of all boxes."""
        return len(self._found)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor("#202124"))
        if not self._pixmap.isNull():
            place = self._place()
            painter.drawPixmap(place, self._pixmap, QRectF(self._pixmap.rect()))
            self._draw_boxes(painter, place)
        if self._message or self._pixmap.isNull():
            self._draw_message(painter)
        painter.end()

    def _place(self) -> QRectF:
        """Return the rectangle of the image: centred and as large as fits."""
        scale = min(self.width() / self._pixmap.width(), self.height() / self._pixmap.height())
        width, height = self._pixmap.width() * scale, self._pixmap.height() * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _draw_boxes(self, painter: QPainter, place: QRectF) -> None:
        scale = place.width() / self._pixmap.width()
        shown = self._found[self._found.score >= self._threshold]
        rects = [QRectF(place.x() + x1 * scale, place.y() + y1 * scale, (x2 - x1) * scale, (y2 - y1) * scale)
                 for x1, y1, x2, y2 in shown.box_xyxy.tolist()]
        for color, width in ((QColor(0, 0, 0, 160), 3.5), (QColor(ACCENT).lighter(130), 1.5)):
            painter.setPen(QPen(color, width))
            painter.drawRects(rects)
        if len(shown) <= _MOST_NAMES:
            names = [f"{self._labels[label] if label < len(self._labels) else label} {score:.2f}"
                     for label, score in zip(shown.label.tolist(), shown.score.tolist(), strict=True)]
            order = np.argsort(-shown.score, kind="stable")
            self._draw_names(painter, [(rects[k], names[k]) for k in order])

    def _draw_names(self, painter: QPainter, named: list[tuple[QRectF, str]]) -> None:
        """Draw captions by descending score; skip those that would overlap another."""
        metrics = QFontMetricsF(self.font())
        plates: list[QRectF] = []
        for rect, text in named:
            width, height = metrics.horizontalAdvance(text) + 8, metrics.height()
            left = min(max(rect.left(), 0.0), self.width() - width)
            plate = QRectF(left, rect.top() - height if rect.top() >= height else rect.top(), width, height)
            if any(plate.intersects(other) for other in plates):
                continue
            plates.append(plate)
            painter.fillRect(plate, QColor(0, 0, 0, 170))
            painter.setPen(QColor("white"))
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_message(self, painter: QPainter) -> None:
        area = QRectF(self.rect()).adjusted(12, 12, -12, -12)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        plate = painter.boundingRect(area, int(flags), self._message).adjusted(-8, -4, 8, 4)
        painter.fillRect(plate, QColor(0, 0, 0, 190))
        painter.setPen(QColor("#e8eaed"))
        painter.drawText(area, int(flags), self._message)
