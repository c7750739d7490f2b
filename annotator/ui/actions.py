"""Everything a person can do, by name: its text, its keys, where it stands; and keys that people chose themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSettings, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

_KEYS = "keys/"


@dataclass(frozen=True, slots=True)
class Entry:
    """One action of the program."""

    name: str
    """Stable name, as settings know it: ``frame.next``."""
    menu: str
    action: QAction
    default_keys: tuple[str, ...]


class Actions(QObject):
    """The registry of actions. Menus, the palette, the key editor and the cheat sheet all read it."""

    def __init__(self, window: QWidget, settings: QSettings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._entries: dict[str, Entry] = {}

    def add(self, name: str, menu: str, text: str, slot: Callable[[], object], keys: Sequence[str] = (),
            tip: str = "", checkable: bool = False, checked: bool = False) -> QAction:
        """A new action under a menu. ``keys`` are the defaults; what a person chose counts more."""
        if name in self._entries:
            raise ValueError(f"there is an action {name!r} already")
        action = QAction(text, self._window, checkable=checkable, checked=checked)
        action.setObjectName(name)
        action.setStatusTip(tip or text)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if checkable:
            action.toggled.connect(lambda _on: slot())
        else:
            action.triggered.connect(lambda _checked=False: slot())
        self._window.addAction(action)
        entry = Entry(name, menu, action, tuple(keys))
        self._entries[name] = entry
        self._set(entry, self._chosen(entry))
        return action

    def __getitem__(self, name: str) -> QAction:
        return self._entries[name].action

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def keys(self, name: str) -> list[str]:
        """Keys of an action, as text that does not depend on the language."""
        return [sequence.toString(QKeySequence.SequenceFormat.PortableText)
                for sequence in self._entries[name].action.shortcuts()]

    def conflict(self, name: str, keys: Sequence[str]) -> str | None:
        """Another action that one of these keys belongs to."""
        wanted = {QKeySequence(key) for key in keys if key}
        for entry in self:
            if entry.name != name and wanted & set(entry.action.shortcuts()):
                return entry.name
        return None

    def set_keys(self, name: str, keys: Sequence[str] | None) -> None:
        """Give an action these keys from now on; None brings its defaults back.

        Raises:
            ValueError: one of them is another action's.
        """
        entry = self._entries[name]
        wanted = entry.default_keys if keys is None else tuple(key for key in keys if key)
        other = self.conflict(name, wanted)
        if other is not None:
            raise ValueError(f"{', '.join(wanted)} is taken by {other}")
        if wanted == entry.default_keys:
            self._settings.remove(_KEYS + name)
        else:
            self._settings.setValue(_KEYS + name, list(wanted))
        self._set(entry, wanted)

    def _chosen(self, entry: Entry) -> tuple[str, ...]:
        stored = self._settings.value(_KEYS + entry.name)
        if stored is None:
            return entry.default_keys
        return tuple([stored] if isinstance(stored, str) else [str(key) for key in stored])

    def _set(self, entry: Entry, keys: Sequence[str]) -> None:
        entry.action.setShortcuts([QKeySequence(key) for key in keys if key])
        shown = ", ".join(sequence.toString(QKeySequence.SequenceFormat.NativeText)
                          for sequence in entry.action.shortcuts())
        tip = entry.action.statusTip()
        entry.action.setToolTip(f"{tip} ({shown})" if shown else tip)
