"""The page of keys is what the registry of actions says now."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from annotator.ui.window.main_window import MainWindow
from tools.upkeep.keys_page import KEYS, keys


def test_the_page_is_current(window: MainWindow) -> None:
    assert KEYS.read() == keys(window), "python -m tools.upkeep.keys_page writes it anew"


def test_every_action_is_listed(window: MainWindow) -> None:
    page = KEYS.read()
    for entry in window.actions_:
        assert f"| {entry.title} | " in page
        assert all(f"`{key}`" in page for key in entry.default_keys)
