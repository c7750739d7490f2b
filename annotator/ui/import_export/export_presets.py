"""Named presets of export options, with a row of the dialog to select, save and delete them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QSettings, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

_KEY = "export/presets"


@dataclass(frozen=True, slots=True)
class Preset:
    """A format and the values of its option fields."""

    format_name: str
    fields: dict[str, str]


class PresetStore:
    """Presets by name, stored in the program's settings."""

    def __init__(self, settings: QSettings | None) -> None:
        """Without settings, presets last only as long as this object."""
        self._settings = settings
        self._presets = _read("" if settings is None else str(settings.value(_KEY) or ""))

    def names(self) -> list[str]:
        """Return the names in alphabetical order."""
        return sorted(self._presets, key=str.casefold)

    def get(self, name: str) -> Preset | None:
        """Return the preset with this name."""
        return self._presets.get(name)

    def put(self, name: str, preset: Preset) -> None:
        """Store a preset, replacing one with the same name."""
        self._presets[name] = preset
        self._keep()

    def remove(self, name: str) -> None:
        """Delete a preset."""
        del self._presets[name]
        self._keep()

    def _keep(self) -> None:
        if self._settings is not None:
            self._settings.setValue(_KEY, json.dumps({name: {"format": preset.format_name, "fields": preset.fields}
                                                      for name, preset in self._presets.items()}))


def _read(text: str) -> dict[str, Preset]:
    """Return the stored presets; ignore invalid entries, which another version or a person may have written."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {} if not isinstance(found, dict) else {
        name: Preset(entry["format"], {key: str(value) for key, value in entry["fields"].items()})
        for name, entry in found.items() if _is_preset(entry)}


def _is_preset(entry: Any) -> bool:
    return (isinstance(entry, dict) and isinstance(entry.get("format"), str) and isinstance(entry.get("fields"), dict))


class _Name(QLineEdit):
    """A name field in which Enter saves, without also pressing the dialog's default button."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()


class PresetRow(QWidget):
    """An editable list of presets, with buttons to save under the typed name and to delete."""

    chosen = Signal(Preset)

    def __init__(self, store: PresetStore, current: Callable[[], Preset], parent: QWidget | None = None) -> None:
        """``current`` returns the preset to save."""
        super().__init__(parent)
        self._store, self._current = store, current
        self.names = QComboBox(self, editable=True)
        self.names.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        name = _Name(self)
        name.setPlaceholderText(self.tr("preset name"))
        name.returnPressed.connect(self._save)
        self.names.setLineEdit(name)
        self.save = QPushButton(self.tr("Save"), self)
        self.save.setToolTip(self.tr("Save the current options under this name"))
        self.delete = QPushButton(self.tr("Delete"), self)
        self.delete.setToolTip(self.tr("Delete this preset"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.names, 1)
        for button in (self.save, self.delete):
            button.setAutoDefault(False)
            row.addWidget(button)
        self._fill("")
        self.names.activated.connect(self._on_activated)
        self.names.editTextChanged.connect(self._update)
        self.save.clicked.connect(self._save)
        self.delete.clicked.connect(self._delete)

    def _fill(self, name: str) -> None:
        with QSignalBlocker(self.names):
            self.names.clear()
            self.names.addItems(self._store.names())
            self.names.setCurrentIndex(self.names.findText(name) if name else -1)
            self.names.setEditText(name)
        self._update()

    def _update(self) -> None:
        name = self.names.currentText().strip()
        self.save.setEnabled(bool(name))
        self.delete.setEnabled(self._store.get(name) is not None)

    def _on_activated(self) -> None:
        preset = self._store.get(self.names.currentText().strip())
        if preset is not None:
            self.chosen.emit(preset)

    def _save(self) -> None:
        name = self.names.currentText().strip()
        if name:
            self._store.put(name, self._current())
            self._fill(name)

    def _delete(self) -> None:
        self._store.remove(self.names.currentText().strip())
        self._fill("")
