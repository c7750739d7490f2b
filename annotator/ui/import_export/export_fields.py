"""Fields for the export options of a format, with the values used last for that format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QSpinBox, QWidget

from annotator.errors import SettingsError

#: Not stored for the next export: they belong to one project, or are dangerous.
_NOT_STORED = frozenset({"labels", "validation", "overwrite"})
_DANGEROUS = frozenset({"overwrite"})


class ExportFields(QWidget):
    """One field for each option of `annotator.formats.base.ExportOptions` except the frame range."""

    changed = Signal()
    """The value of a field changed."""

    def __init__(self, settings: QSettings | None, parent: QWidget | None = None) -> None:
        """``settings`` stores the values by format."""
        super().__init__(parent)
        self._settings = settings
        self._taken: frozenset[str] = frozenset()
        self.labels = QLineEdit(self, placeholderText=self.tr("all, or names: person, car"))
        self.step = QSpinBox(self, minimum=1, maximum=10000)
        self.step.setPrefix(self.tr("every") + " ")
        self.step.setSpecialValueText(self.tr("every frame"))
        self.min_length = QSpinBox(self, minimum=1, maximum=100000, suffix=" " + self.tr("boxes"))
        self.min_length.setSpecialValueText(self.tr("any length"))
        self.numbers = QLineEdit(self, placeholderText=self.tr("by name, or: person=1, car=3"))
        self.digits = QSpinBox(self, minimum=1, maximum=12, value=6)
        self.validation = QLineEdit(self, placeholderText=self.tr("names of videos; all others are for training"))
        self.pictures = QComboBox(self)
        for text, kind in ((self.tr("None"), "none"), (self.tr("Decoded, as JPEG"), "jpg"),
                           (self.tr("Decoded, as PNG"), "png"),
                           (self.tr("Copies of the source images"), "copy"),
                           (self.tr("Links to the source images"), "link")):
            self.pictures.addItem(text, kind)
        self.quality = QSpinBox(self, minimum=1, maximum=100, value=95)
        self.reviewed = QCheckBox(self.tr("Only tracks marked as reviewed"), self)
        self.interpolated = QCheckBox(self.tr("Include interpolated boxes"), self)
        self.renumber = QCheckBox(self.tr("Renumber the tracks of each video from 1"), self)
        self.masks = QCheckBox(self.tr("Masks"), self)
        self.shapes = QComboBox(self)
        for text, kind in ((self.tr("Boxes"), "boxes"), (self.tr("Polygons"), "polygons"), (self.tr("Masks"), "masks")):
            self.shapes.addItem(text, kind)
        self.one_based = QCheckBox(self.tr("Pixel coordinates start at 1"), self)
        self.submission = QCheckBox(self.tr("Zip for evaluation servers"), self)
        self.track_ids = QCheckBox(self.tr("Track IDs in the last column"), self)
        self.check = QCheckBox(self.tr("Validate the files with the format's reference reader"), self)
        self.overwrite = QCheckBox(self.tr("Overwrite changed files and files from other programs"), self)
        for box in (self.interpolated, self.masks, self.check):
            box.setChecked(True)
        self._widgets: dict[str, QWidget] = {
            "step": self.step, "labels": self.labels, "min_length": self.min_length, "class_numbers": self.numbers,
            "validation": self.validation, "pictures": self.pictures, "jpeg_quality": self.quality,
            "image_digits": self.digits, "reviewed_only": self.reviewed, "interpolated": self.interpolated,
            "renumber": self.renumber, "masks": self.masks, "one_based_pixels": self.one_based,
            "track_ids": self.track_ids, "shapes": self.shapes, "submission": self.submission,
            "field_check": self.check, "overwrite": self.overwrite}
        self._defaults = {name: _value(widget) for name, widget in self._widgets.items()}
        self.form = QFormLayout(self)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setSpacing(8)
        titles = {"step": self.tr("Frame step"), "labels": self.tr("Classes"),
                  "min_length": self.tr("Minimum track length"), "class_numbers": self.tr("Class IDs"),
                  "image_digits": self.tr("Digits in image names"), "validation": self.tr("Validation videos"),
                  "pictures": self.tr("Images"), "jpeg_quality": self.tr("JPEG quality"),
                  "shapes": self.tr("Shapes of objects with masks")}
        for name, widget in self._widgets.items():
            self.form.addRow(titles.get(name, ""), widget)
            _on_change(widget, self.changed.emit)
        self.pictures.currentIndexChanged.connect(self._show_quality)

    def show_for(self, format_name: str, options: Iterable[str]) -> None:
        """Show the fields of these options, with the values used last for this format."""
        self._taken = frozenset(options) & frozenset(self._widgets)
        for name, widget in self._widgets.items():
            self.form.setRowVisible(widget, name in self._taken)
            if name not in _NOT_STORED:
                _set(widget, self._kept(format_name, name))
        self._show_quality()

    def _show_quality(self) -> None:
        wanted = "jpeg_quality" in self._taken and self.pictures.currentData() == "jpg"
        self.form.setRowVisible(self.quality, wanted)

    def state(self) -> dict[str, str]:
        """Return the values of the format's fields as text, without dangerous options."""
        return {name: str(_value(self._widgets[name])) for name in sorted(self._taken - _DANGEROUS)}

    def restore(self, state: Mapping[str, str]) -> None:
        """Restore the values from `state`; missing ones get their defaults."""
        for name in self._taken - _DANGEROUS:
            _set(self._widgets[name], state.get(name, str(self._defaults[name])))

    def keep(self, format_name: str) -> None:
        """Store the values for the next export."""
        if self._settings is not None:
            for name in self._taken - _NOT_STORED:
                self._settings.setValue(_key(format_name, name), str(_value(self._widgets[name])))

    def values(self) -> dict[str, Any]:
        """Return the fields of `ExportOptions` that the format supports. Raises SettingsError for invalid values."""
        found = {name: _value(widget) for name, widget in self._widgets.items() if name in self._taken}
        if "labels" in found:
            found["labels"] = _names(self.labels.text()) or None
        if "validation" in found:
            found["validation"] = _names(self.validation.text())
        if "class_numbers" in found:
            found["class_numbers"] = self._class_numbers()
        return found

    def _kept(self, format_name: str, name: str) -> object:
        kept = None if self._settings is None else self._settings.value(_key(format_name, name))
        return self._defaults[name] if kept is None else str(kept)

    def _class_numbers(self) -> dict[str, int] | None:
        numbers: dict[str, int] = {}
        for part in _names(self.numbers.text()):
            name, _, number = part.rpartition("=")
            if not name.strip() or not number.strip().isdecimal():
                raise SettingsError(self.tr("{0!r} is not a class and its ID: write it as person=1").format(part))
            numbers[name.strip()] = int(number)
        return numbers or None


def _key(format_name: str, option: str) -> str:
    return f"export/{format_name}/{option}"


def _value(widget: QWidget) -> object:
    if isinstance(widget, QCheckBox):
        return widget.isChecked()
    if isinstance(widget, QComboBox):
        return widget.currentData()
    return widget.value() if isinstance(widget, QSpinBox) else widget.text() if isinstance(widget, QLineEdit) else None


def _on_change(widget: QWidget, call: Callable[[], None]) -> None:
    if isinstance(widget, QCheckBox):
        widget.toggled.connect(lambda _: call())
    elif isinstance(widget, QComboBox):
        widget.currentIndexChanged.connect(lambda _: call())
    elif isinstance(widget, QSpinBox):
        widget.valueChanged.connect(lambda _: call())
    elif isinstance(widget, QLineEdit):
        widget.textChanged.connect(lambda _: call())


def _set(widget: QWidget, value: object) -> None:
    """Set a field to a value or its stored text; ignore invalid values."""
    text = str(value)
    if isinstance(widget, QCheckBox):
        widget.setChecked(text == "True")
    elif isinstance(widget, QSpinBox) and text.isdecimal():
        widget.setValue(int(text))
    elif isinstance(widget, QComboBox) and widget.findData(text) >= 0:
        widget.setCurrentIndex(widget.findData(text))
    elif isinstance(widget, QLineEdit):
        widget.setText(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
