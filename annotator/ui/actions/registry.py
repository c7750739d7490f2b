"""Everything a person can do, by name: its text, its keys, where it stands; and keys that people chose themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from annotator.ui.actions.needs import Needs

_KEYS = "keys/"


#: Between the titles of menus within one another, where they stand in a line.
_WITHIN = " \u203a "


@dataclass(frozen=True, slots=True)
class Entry:
    """One action of the program."""

    name: str
    """Stable name, as settings know it: ``frame.next``."""
    menu: str
    """Title of its menu; ``View/Filter`` is one within another."""
    title: str
    """What it is called, whatever it would do just now."""
    action: QAction
    default_keys: tuple[str, ...]
    needs: Needs = Needs.NOTHING
    """What must hold for it to be enabled."""
    when: Callable[[], bool] | None = None
    """What must hold beside that."""
    group: str = ""
    """Actions of a menu that belong together; a separator divides groups."""

    @property
    def menu_path(self) -> str:
        """Its menu in one line."""
        return self.menu.replace("/", _WITHIN)

    @property
    def keys_text(self) -> str:
        """Its keys as this system writes them."""
        return ", ".join(sequence.toString(QKeySequence.SequenceFormat.NativeText)
                         for sequence in self.action.shortcuts())


class Actions(QObject):
    """The registry of actions. Menus, the palette, the key editor and the cheat sheet all read it."""

    keys_changed = Signal(str)
    """Name of an action that has other keys now."""

    def __init__(self, window: QWidget, settings: QSettings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._entries: dict[str, Entry] = {}
        self._facts = Needs.NOTHING

    def add(self, name: str, menu: str, text: str, slot: Callable[[], object], keys: Sequence[str] = (),
            tip: str = "", *, needs: Needs = Needs.NOTHING, when: Callable[[], bool] | None = None, group: str = "",
            checkable: bool = False, checked: bool = False) -> QAction:
        """Register an action under a menu; ``View/Filter`` is a menu within a menu.

        Args:
            name: stable name, as settings know it.
            menu: title of its menu.
            text: what the menu shows.
            slot: what it does.
            keys: default keys. Keys that the user chose win, for other actions too: a default key that the user gave
                to another action is left out.
            tip: the tooltip, without the keys.
            needs: what must hold for the action to be enabled, see `set_facts`.
            when: a further condition, asked by `refresh`.
            group: actions of one menu with the same group stand together, between separators.
            checkable: whether it is switched on and off; ``slot`` is then called for either.
            checked: whether it is on at first.

        Raises:
            ValueError: the name is taken.
        """
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
        entry = Entry(name, menu, text.replace("&", "").rstrip(".…"), action, tuple(keys), needs, when, group)
        self._entries[name] = entry
        self._enable(entry)
        chosen = self._chosen(entry)
        if chosen is None:
            self._set(entry, self._without(entry.default_keys, self._keys_by_choice(but=name)))
        else:
            for other in self:
                if self._chosen(other) is None:
                    self._set(other, self._without(self.keys(other.name), chosen))
            self._set(entry, chosen)
        return action

    def __getitem__(self, name: str) -> QAction:
        return self._entries[name].action

    def menu_of(self, name: str) -> str:
        """Title of the menu in which an action stands."""
        return self._entries[name].menu

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    # What can be done now

    def set_facts(self, facts: Needs) -> None:
        """Enable the actions whose needs are met by what holds now."""
        self._facts = facts
        self.refresh()

    def refresh(self) -> None:
        """Ask every action again whether it can run."""
        for entry in self:
            self._enable(entry)

    def missing(self, name: str) -> Needs:
        """What an action needs and does not have now."""
        return self._entries[name].needs & ~self._facts

    def disabled_by_key(self, keys: QKeySequence) -> Entry | None:
        """The action that these keys would run if it were enabled."""
        return next((entry for entry in self if not entry.action.isEnabled() and keys in entry.action.shortcuts()),
                    None)

    def _enable(self, entry: Entry) -> None:
        met = entry.needs in self._facts
        entry.action.setEnabled(met and (entry.when is None or entry.when()))

    # Keys

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
        self._store(entry, wanted)

    def take_keys(self, name: str, keys: Sequence[str]) -> None:
        """Give an action these keys; whoever has one of them loses it."""
        while (other := self.conflict(name, keys)) is not None:
            self._store(self._entries[other], self._without(self.keys(other), keys))
        self.set_keys(name, keys)

    def reset_keys(self) -> None:
        """Every action has its default keys again."""
        for entry in self:
            self._store(entry, entry.default_keys)

    def has_default_keys(self, name: str) -> bool:
        return self._chosen(self._entries[name]) is None

    def _store(self, entry: Entry, keys: tuple[str, ...]) -> None:
        if keys == entry.default_keys:
            self._settings.remove(_KEYS + entry.name)
        else:
            # An empty list would be read back as if nothing had been stored.
            self._settings.setValue(_KEYS + entry.name, list(keys) or "")
        self._set(entry, keys)

    def _chosen(self, entry: Entry) -> tuple[str, ...] | None:
        """What a person chose; None for the defaults."""
        stored = self._settings.value(_KEYS + entry.name)
        if stored is None:
            return None
        return tuple(key for key in ([stored] if isinstance(stored, str) else map(str, stored)) if key)

    def _keys_by_choice(self, but: str) -> list[str]:
        return [key for other in self if other.name != but for key in self._chosen(other) or ()]

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
