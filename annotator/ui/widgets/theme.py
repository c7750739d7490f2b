"""Light and dark themes: the colors of everything except the video."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QMetaObject, QSettings, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

ACCENT = "#3d7eff"
Role = QPalette.ColorRole

_DARK = {Role.Window: "#2b2d30", Role.WindowText: "#dfe1e5", Role.Base: "#1e1f22", Role.AlternateBase: "#26282b",
         Role.Text: "#dfe1e5", Role.Button: "#393b40", Role.ButtonText: "#dfe1e5", Role.ToolTipBase: "#393b40",
         Role.ToolTipText: "#dfe1e5", Role.PlaceholderText: "#a0a4ab", Role.Mid: "#43454a", Role.Light: "#4e5157",
         Role.Midlight: "#43454a", Role.Dark: "#1a1b1d", Role.Shadow: "#000000"}
_LIGHT = {Role.Window: "#f2f3f5", Role.WindowText: "#1f2124", Role.Base: "#ffffff", Role.AlternateBase: "#f5f6f8",
          Role.Text: "#1f2124", Role.Button: "#e6e8eb", Role.ButtonText: "#1f2124", Role.ToolTipBase: "#ffffff",
          Role.ToolTipText: "#1f2124", Role.PlaceholderText: "#6c7078", Role.Mid: "#c4c7cc", Role.Light: "#ffffff",
          Role.Midlight: "#dadce0", Role.Dark: "#a5a9b0", Role.Shadow: "#6c7078"}
_FADED = {Role.WindowText, Role.Text, Role.ButtonText}


class Theme(StrEnum):
    """A theme, with the value that the settings store."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def system_is_dark() -> bool:
    """Return whether the system uses a dark color scheme now."""
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark


def follow_system(app: QApplication, current: Callable[[], Theme]) -> QMetaObject.Connection:
    """Change colors with the system's while ``current`` returns the system's theme. Returns the connection."""
    def follow() -> None:
        if current() is Theme.SYSTEM:
            apply_theme(app, Theme.SYSTEM)

    return QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: follow())


def stored_theme(settings: QSettings) -> Theme:
    """Return the user's theme; that of the system if none, or an unknown one, is stored."""
    stored = str(settings.value("theme", Theme.SYSTEM.value))
    return next((theme for theme in Theme if theme.value == stored), Theme.SYSTEM)


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Apply a theme to every window of the program."""
    dark = theme is Theme.DARK or (theme is Theme.SYSTEM and system_is_dark())
    app.setStyle("Fusion")
    app.setPalette(make_palette(dark))


def make_palette(dark: bool) -> QPalette:
    """Return the colors of the dark or the light theme."""
    palette = QPalette()
    for role, color in (_DARK if dark else _LIGHT).items():
        palette.setColor(role, QColor(color))
        if role in _FADED:
            palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#72767d" if dark else "#9a9ea5"))
    palette.setColor(Role.Highlight, QColor(ACCENT))
    palette.setColor(Role.HighlightedText, QColor("white"))
    palette.setColor(Role.Link, QColor("#6b9bff" if dark else ACCENT))
    palette.setColor(Role.Accent, QColor(ACCENT))
    return palette
