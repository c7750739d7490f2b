"""The frame itself, as an item of the canvas."""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.model.frame import Image
from annotator.ui.canvas.pixels import qt_image


class Picture(QGraphicsItem):
    """The image of a frame, drawn without a copy if it has the layout of `pixels.drawable`.

    If the decoding thread has scaled the image to its size on the screen, that is drawn pixel by pixel. Qt's own
    scaling distributes the work over threads and waits for them, which is slow on a busy machine.
    """

    def __init__(self) -> None:
        super().__init__()
        self._image: Image | None = None
        self._scaled: Image | None = None
        self._drawn: dict[bool, tuple[QImage, np.ndarray]] = {}
        self._rect = QRectF()
        self._table: np.ndarray | None = None

    def set_image(self, image: Image | None, scaled: Image | None = None) -> None:
        """Set the image, (H, W, 3) uint8 RGB, or None; ``scaled``: the same in its size on the screen, if available."""
        rect = QRectF() if image is None else QRectF(0, 0, image.shape[1], image.shape[0])
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect
        self._image, self._scaled = image, scaled
        self._drawn.clear()
        self.update()

    def set_tone(self, brightness: float, contrast: float) -> None:
        """Set brightness and contrast, -1..1 each; 0 has no effect. Applies from the next image on."""
        if brightness == 0 and contrast == 0:
            self._table = None
            return
        gray = np.arange(256) / 255 - 0.5
        slope = (1 + contrast) / max(1 - contrast, 0.01)
        self._table = np.clip((gray * slope + 0.5 + brightness) * 255, 0, 255).astype(np.uint8)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._image is None:
            return
        transform, ratio = painter.worldTransform(), painter.device().devicePixelRatioF()
        place = transform.mapRect(self._rect)
        if self._scaled is not None and shown_size(place, ratio) == self._scaled.shape[1::-1]:
            image = self._for_qt(self._scaled, True)
            if image.devicePixelRatio() != ratio:
                image.setDevicePixelRatio(ratio)
            painter.resetTransform()
            painter.drawImage(QPointF(round(place.left() * ratio) / ratio, round(place.top() * ratio) / ratio), image)
            return
        zoomed_in = abs(transform.m11()) > 3
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not zoomed_in)
        painter.drawImage(0, 0, self._for_qt(self._image, False))

    def _for_qt(self, image: Image, scaled: bool) -> QImage:
        if scaled not in self._drawn:
            if self._table is not None:
                image = cv2.LUT(np.ascontiguousarray(image), self._table).astype(np.uint8, copy=False)
            self._drawn[scaled] = qt_image(image)
        return self._drawn[scaled][0]


def shown_size(place: QRectF, ratio: float) -> tuple[int, int]:
    """Return the width and height of a rectangle in screen pixels; ``ratio``: screen pixels per unit of ``place``."""
    return round(place.width() * ratio), round(place.height() * ratio)
