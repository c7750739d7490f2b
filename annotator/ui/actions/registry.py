"""The registry of actions: their names, texts, menus and shortcuts, including shortcuts that the user customized."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from annotator.ui.actions.needs import Needs

_KEYS = "keys/"


#: Separator between the titles of nested menus in one line.
_WITHIN = " \u203a "


@dataclass(frozen=True, slots=True)
class Entry:
    """One action of the program."""

    name: str
    """Stable name, used in the settings: ``go.next``."""
    menu: str
    """Title of its menu; ``View/Filter`` is a submenu."""
    title: str
    """Its name, independent of the current state."""
    action: QAction
    default_keys: tuple[str, ...]
    needs: Needs = Needs.NOTHING
    """What must hold for it to be enabled."""
    when: Callable[[], bool] | None = None
    """A further condition for it to be enabled."""
    group: str = ""
    """Group within the menu; separators divide groups."""

    @property
    def menu_path(self) -> str:
        """Titles of its menu and submenus in one line."""
        return self.menu.replace("/", _WITHIN)

    @property
    def keys_text(self) -> str:
        """Its shortcuts in the system's notation."""
        return ", ".join(sequence.toString(QKeySequence.SequenceFormat.NativeText)
                         for sequence in self.action.shortcuts())


class Actions(QObject):
    """The registry of actions. Menus, the palette, the key editor and the cheat sheet all read it."""

    keys_changed = Signal(str)
    """Name of an action whose shortcuts changed."""

    def __init__(self, window: QWidget, settings: QSettings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._entries: dict[str, Entry] = {}
        self._customized: dict[str, tuple[str, ...]] = {}
        """Shortcuts that the user assigned, by action; read from the settings once."""
        self._facts = Needs.NOTHING

    def add(self, name: str, menu: str, text: str, slot: Callable[[], object], keys: Sequence[str] = (),
            tip: str = "", *, needs: Needs = Needs.NOTHING, when: Callable[[], bool] | None = None, group: str = "",
            checkable: bool = False, checked: bool = False) -> QAction:
        """Register an action in a menu; ``View/Filter`` is a submenu.

        Args:
            name: stable name, used in the settings.
            menu: title of its menu.
            text: its text in the menu.
            slot: called when the action is triggered.
            keys: default shortcuts. Customized shortcuts take precedence: a default shortcut that the user assigned to
                another action is omitted.
            tip: the tooltip, without the shortcuts.
            needs: what must hold for the action to be enabled; see `set_facts`.
            when: a further condition, checked by `refresh`.
            group: actions of one menu with the same group are listed together, between separators.
            checkable: whether the action is switched on and off; ``slot`` is called for both.
            checked: whether the action is on initially.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._entries:
            raise ValueError(f"an action named {name!r} exists already")
        action = QAction(text, self._window, checkable=checkable, checked=checked)
        action.setObjectName(name)
        action.setStatusTip(tip or text)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if checkable:
            action.toggled.connect(lambda _on: slot())
        else:
            action.triggered.connect(lambda _checked=False: slot())
        self._window.addAction(action)
        entry = Entry(name, menu, text.replace("&", "").rstrip(".…"), action, tuple(keys), needs, when, group)
        self._entries[name] = entry
        self._enable(entry)
        self._assign_first_keys(entry)
        return action

    def _assign_first_keys(self, entry: Entry) -> None:
        """Give a new action its customized shortcuts, or those defaults that the user assigned to no other action."""
        chosen = self._stored(entry)
        if chosen is None:
            taken = [key for keys in self._customized.values() for key in keys]
            self._set(entry, self._without(entry.default_keys, taken))
            return
        self._customized[entry.name] = chosen
        for other in self:
            if other.name not in self._customized:
                self._set(other, self._without(self.keys(other.name), chosen))
        self._set(entry, chosen)

    def __getitem__(self, name: str) -> QAction:
        return self._entries[name].action

    def menu_of(self, name: str) -> str:
        """Return the title of an action's menu."""
        return self._entries[name].menu

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    # What can be done now

    def set_facts(self, facts: Needs) -> None:
        """Set the facts that hold now, and enable the actions whose needs they meet."""
        self._facts = facts
        self.refresh()

    def refresh(self) -> None:
        """Update which actions are enabled."""
        for entry in self:
            self._enable(entry)

    def missing(self, name: str) -> Needs:
        """Return the needs of an action that are not met."""
        return self._entries[name].needs & ~self._facts

    def disabled_by_key(self, keys: QKeySequence) -> Entry | None:
        """Return the disabled action that has this shortcut, if any."""
        return next((entry for entry in self if not entry.action.isEnabled() and keys in entry.action.shortcuts()),
                    None)

    def _enable(self, entry: Entry) -> None:
        met = entry.needs in self._facts
        entry.action.setEnabled(met and (entry.when is None or entry.when()))

    # Keys

    def keys(self, name: str) -> list[str]:
        """Return the shortcuts of an action in a notation that is independent of the language."""
        return [sequence.toString(QKeySequence.SequenceFormat.PortableText)
                for sequence in self._entries[name].action.shortcuts()]

    def conflict(self, name: str, keys: Sequence[str]) -> str | None:
        """Return the name of another action that has one of these shortcuts, if any."""
        wanted = {QKeySequence(key) for key in keys if key}
        for entry in self:
            if entry.name != name and wanted & set(entry.action.shortcuts()):
                return entry.name
        return None

    def set_keys(self, name: str, keys: Sequence[str] | None) -> None:
        """Assign shortcuts to an action; None restores its defaults.

        Raises:
            ValueError: another action has one of them.
        """
        entry = self._entries[name]
        wanted = entry.default_keys if keys is None else tuple(key for key in keys if key)
        other = self.conflict(name, wanted)
        if other is not None:
            raise ValueError(f"{', '.join(wanted)} is assigned to {other}")
        self._store(entry, wanted)

    def take_keys(self, name: str, keys: Sequence[str]) -> None:
        """Assign shortcuts to an action and remove them from all other actions."""
        while (other := self.conflict(name, keys)) is not None:
            self._store(self._entries[other], self._without(self.keys(other), keys))
        self.set_keys(name, keys)

    def reset_keys(self) -> None:
        """Restore the default shortcuts of all actions."""
        for entry in self:
            self._store(entry, entry.default_keys)

    def has_default_keys(self, name: str) -> bool:
        return name not in self._customized

    def _store(self, entry: Entry, keys: tuple[str, ...]) -> None:
        if keys == entry.default_keys:
            self._settings.remove(_KEYS + entry.name)
            self._customized.pop(entry.name, None)
        else:
            self._customized[entry.name] = keys
            # QSettings reads an empty list back as a missing value.
            self._settings.setValue(_KEYS + entry.name, list(keys) or "")
        self._set(entry, keys)

    def _stored(self, entry: Entry) -> tuple[str, ...] | None:
        """Return the shortcuts in the settings; None for the defaults."""
        stored = self._settings.value(_KEYS + entry.name)
        if stored is None:
            return None
        return tuple(key for key in ([stored] if isinstance(stored, str) else map(str, stored)) if key)

    @staticmethod
    def _without(keys: Sequence[str], taken: Sequence[str]) -> tuple[str, ...]:
        gone = {QKeySequence(key) for key in taken}
        return tuple(key for key in keys if QKeySequence(key) not in gone)

    def _set(self, entry: Entry, keys: Sequence[str]) -> None:
        entry.action.setShortcuts([QKeySequence(key) for key in keys if key])
        shown = entry.keys_text
        tip = entry.action.statusTip()
        entry.action.setToolTip(f"{tip} ({shown})" if shown else tip)
        self.keys_changed.emit(entry.name)
