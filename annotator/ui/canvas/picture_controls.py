"""Brightness and contrast for dark footage, and how much masks cover: what changes the view and nothing else."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QPushButton, QWidget

from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.widgets.popover import Popover, PopoverButton, Sliders

#: One press of a key, in percent; masks at first, in percent.
STEP, OPACITY = 10, 40
_OPACITY = "view/opacity"


class PictureControls(QObject):
    """Sliders in a popover and keys for the same. The picture's files and what exports write are never touched."""

    def __init__(self, canvas: Canvas, controller: CanvasController, actions: Actions, settings: QSettings,
                 parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas, self._controller, self._settings = canvas, controller, settings
        self.popover = Popover(parent)
        self.button = PopoverButton(self.popover, parent)
        rows = Sliders(self.popover)
        self.brightness = rows.add(self.tr("Brightness"), -100, 100, STEP, self._on_tone)
        self.contrast = rows.add(self.tr("Contrast"), -90, 90, STEP, self._on_tone)
        self.opacity = rows.add(self.tr("Masks"), 0, 100, STEP, self._on_opacity, "{} %".format)
        back = QPushButton(self.tr("Reset"), self.popover)
        back.clicked.connect(self.reset)
        self.popover.column.addWidget(rows)
        self.popover.column.addWidget(back)
        self._add_actions(actions)
        stored = settings.value(_OPACITY)
        self.opacity.setValue(OPACITY if stored is None else int(str(stored)))
        # A slider that stays where it is says nothing.
        self._on_opacity(self.opacity.value())
        self._on_tone()

    def _add_actions(self, actions: Actions) -> None:
        menu, tr = f"{self.tr('View')}/{self.tr('Picture')}", self.tr

        def move(name: str, text: str, key: str, slider: str, by: int) -> None:
            control = getattr(self, slider)
            actions.add(name, menu, text, lambda: control.setValue(control.value() + by), [key], needs=Needs.VIDEO)

        move("picture.brighter", tr("Brighter"), "Ctrl+Up", "brightness", STEP)
        move("picture.darker", tr("Darker"), "Ctrl+Down", "brightness", -STEP)
        move("picture.more-contrast", tr("More contrast"), "Ctrl+Shift+Up", "contrast", STEP)
        move("picture.less-contrast", tr("Less contrast"), "Ctrl+Shift+Down", "contrast", -STEP)
        move("picture.more-mask", tr("Masks denser"), "Ctrl+.", "opacity", STEP)
        move("picture.less-mask", tr("Masks fainter"), "Ctrl+,", "opacity", -STEP)
        actions.add("picture.reset", menu, tr("Picture as it is"), self.reset, ["Ctrl+Backspace"],
                    tr("Brightness, contrast and masks as they were at first"), needs=Needs.VIDEO, group="reset")

    def reset(self) -> None:
        """The footage as it is."""
        self.brightness.setValue(0)
        self.contrast.setValue(0)
        self.opacity.setValue(OPACITY)

    def _on_tone(self, _: int = 0) -> None:
        brightness, contrast = self.brightness.value(), self.contrast.value()
        self._canvas.picture.set_tone(brightness / 100, contrast / 100)
        self._controller.redraw_picture()
        changed = bool(brightness or contrast)
        self.button.setText(self.tr("Picture: adjusted") if changed else self.tr("Picture"))
        self.button.setToolTip(self.tr("Brightness {0}, contrast {1}, for the view only").format(brightness, contrast))

    def _on_opacity(self, percent: int) -> None:
        self._canvas.overlay.set_look(opacity=percent / 100)
        self._settings.setValue(_OPACITY, percent)
