"""Brightness, contrast and mask opacity: adjustments of the view only."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QPushButton, QWidget

from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.widgets.popover import Popover, PopoverButton, Sliders

#: Change per key press, and default opacity of masks, in percent.
STEP, OPACITY = 10, 40
_OPACITY = "view/opacity"


class PictureControls(QObject):
    """Sliders in a popover, and actions for them. The video and exported images are never changed."""

    def __init__(self, canvas: Canvas, controller: CanvasController, actions: Actions, settings: QSettings,
                 parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas, self._controller, self._settings = canvas, controller, settings
        self.popover = Popover(parent)
        self.button = PopoverButton(self.popover, parent)
        rows = Sliders(self.popover)
        self.brightness = rows.add(self.tr("Brightness"), -100, 100, STEP, self._on_tone)
        self.contrast = rows.add(self.tr("Contrast"), -90, 90, STEP, self._on_tone)
        self.opacity = rows.add(self.tr("Mask opacity"), 0, 100, STEP, self._on_opacity, "{}%".format)
        back = QPushButton(self.tr("Reset"), self.popover)
        back.clicked.connect(self.reset)
        self.popover.column.addWidget(rows)
        self.popover.column.addWidget(back)
        self._add_actions(actions)
        stored = settings.value(_OPACITY)
        self.opacity.setValue(OPACITY if stored is None else int(str(stored)))
        # A slider that keeps its value emits no signal.
        self._on_opacity(self.opacity.value())
        self._on_tone()

    def _add_actions(self, actions: Actions) -> None:
        menu, tr = f"{self.tr('View')}/{self.tr('Image')}", self.tr

        def move(name: str, text: str, key: str, slider: str, by: int) -> None:
            control = getattr(self, slider)
            actions.add(name, menu, text, lambda: control.setValue(control.value() + by), [key], needs=Needs.VIDEO)

        move("picture.brighter", tr("Increase brightness"), "Ctrl+Up", "brightness", STEP)
        move("picture.darker", tr("Decrease brightness"), "Ctrl+Down", "brightness", -STEP)
        move("picture.more-contrast", tr("Increase contrast"), "Ctrl+Shift+Up", "contrast", STEP)
        move("picture.less-contrast", tr("Decrease contrast"), "Ctrl+Shift+Down", "contrast", -STEP)
        move("picture.more-mask", tr("Increase mask opacity"), "Ctrl+.", "opacity", STEP)
        move("picture.less-mask", tr("Decrease mask opacity"), "Ctrl+,", "opacity", -STEP)
        actions.add("picture.reset", menu, tr("Reset brightness and contrast"), self.reset, ["Ctrl+Backspace"],
                    tr("Reset brightness, contrast and mask opacity"), needs=Needs.VIDEO, group="reset")

    def reset(self) -> None:
        """Reset brightness, contrast and mask opacity."""
        self.brightness.setValue(0)
        self.contrast.setValue(0)
        self.opacity.setValue(OPACITY)

    def _on_tone(self, _: int = 0) -> None:
        brightness, contrast = self.brightness.value(), self.contrast.value()
        self._canvas.picture.set_tone(brightness / 100, contrast / 100)
        self._controller.redraw_picture()
        changed = bool(brightness or contrast)
        self.button.setText(self.tr("Image: adjusted") if changed else self.tr("Image"))
        self.button.setToolTip(self.tr("Brightness {0}, contrast {1} (view only)").format(brightness, contrast))

    def _on_opacity(self, percent: int) -> None:
        self._canvas.overlay.set_look(opacity=percent / 100)
        self._settings.setValue(_OPACITY, percent)
