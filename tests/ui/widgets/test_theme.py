"""Colors that follow the system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from annotator.ui.widgets.theme import Theme, apply_theme, follow_system, stored_theme


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    before = qapp.palette()
    yield qapp
    qapp.setPalette(before)


def is_dark(app: QApplication) -> bool:
    return app.palette().color(QPalette.ColorRole.Window).lightness() < 128


def switch_system(dark: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system announces another color scheme."""
    monkeypatch.setattr("annotator.ui.widgets.theme.system_is_dark", lambda: dark)
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)


def test_the_window_changes_with_the_system_unless_a_theme_was_chosen(
        app: QApplication, settings: QSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    following = follow_system(app, lambda: stored_theme(settings))
    try:
        for dark in (True, False, True):
            switch_system(dark, monkeypatch)
            assert is_dark(app) == dark
        settings.setValue("theme", Theme.LIGHT.value)
        apply_theme(app, Theme.LIGHT)
        switch_system(True, monkeypatch)
        assert not is_dark(app)
    finally:
        QGuiApplication.styleHints().colorSchemeChanged.disconnect(following)


@pytest.mark.parametrize(("stored", "theme"), [("dark", Theme.DARK), ("", Theme.SYSTEM), ("pink", Theme.SYSTEM)])
def test_an_unknown_theme_is_the_systems(settings: QSettings, stored: str, theme: Theme) -> None:
    settings.setValue("theme", stored)
    assert stored_theme(settings) is theme
