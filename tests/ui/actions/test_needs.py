"""Actions are enabled by what they declare to need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSettings
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.ui.actions.needs import Needs, missing_in_words
from annotator.ui.actions.palette import CommandPalette
from annotator.ui.actions.registry import Actions


@pytest.fixture
def actions(qtbot: QtBot, settings: QSettings) -> Iterator[Actions]:
    widget = QWidget()
    qtbot.addWidget(widget)
    made = Actions(widget, settings)
    made.add("go.next", "Go", "Next frame", lambda: None, ["F"], needs=Needs.VIDEO)
    made.add("track.swap-range", "Track", "Swap in the range", lambda: None, ["Ctrl+T"],
             needs=Needs.EDITABLE | Needs.RANGE)
    made.add("help.about", "Help", "About", lambda: None)
    yield made
    widget.close()


@pytest.mark.parametrize(("facts", "enabled"), [
    (Needs.NOTHING, {"help.about"}),
    (Needs.PROJECT | Needs.VIDEO, {"help.about", "go.next"}),
    (Needs.VIDEO | Needs.RANGE, {"help.about", "go.next"}),
    (Needs.EDITABLE | Needs.RANGE, {"help.about", "go.next", "track.swap-range"})])
def test_an_action_is_enabled_when_all_its_needs_are_met(actions: Actions, facts: Needs, enabled: set[str]) -> None:
    actions.set_facts(facts)
    assert {entry.name for entry in actions if entry.action.isEnabled()} == enabled


def test_a_further_condition_is_asked_on_every_refresh(actions: Actions) -> None:
    open_ = False
    action = actions.add("run.resume", "Run", "Resume", lambda: None, needs=Needs.VIDEO, when=lambda: open_)
    actions.set_facts(Needs.VIDEO)
    assert not action.isEnabled()
    open_ = True
    actions.refresh()
    assert action.isEnabled()
    actions.set_facts(Needs.NOTHING)
    assert not action.isEnabled(), "the condition alone is not enough"


def test_what_is_missing_is_named(actions: Actions) -> None:
    actions.set_facts(Needs.VIDEO)
    assert actions.missing("track.swap-range") == Needs.WRITABLE | Needs.RANGE
    assert missing_in_words(Needs.WRITABLE | Needs.RANGE) == "a writable project and a selected range"
    assert missing_in_words(Needs.EDITABLE | Needs.RANGE) == "an open video", "the rest follows once it is open"
    assert missing_in_words(Needs.NOTHING) == ""


def test_a_key_of_a_disabled_action_finds_it(actions: Actions) -> None:
    actions.set_facts(Needs.EDITABLE)
    entry = actions.disabled_by_key(QKeySequence("Ctrl+T"))
    assert entry is not None
    assert entry.name == "track.swap-range"
    assert actions.disabled_by_key(QKeySequence("F")) is None, "it is enabled"


def test_the_palette_says_what_a_disabled_action_needs(actions: Actions, qtbot: QtBot) -> None:
    actions.set_facts(Needs.EDITABLE)
    palette = CommandPalette(actions)
    qtbot.addWidget(palette)
    palette.line.setText("swap")
    item = palette.list.topLevelItem(0)
    assert item is not None
    assert item.isDisabled()
    assert item.text(1) == "needs a selected range"
