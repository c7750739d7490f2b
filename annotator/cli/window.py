"""The window, opened from the command line: ``window``."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotator.console import Console
from annotator.errors import SettingsError


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser's."""
    p = commands.add_parser("window", help="open the window; so does `annotator` alone, or with files and no command")
    p.set_defaults(command=_window)
    p.add_argument("files", nargs="*", metavar="FILE", help="projects, videos, folders of images")


def _window(args: argparse.Namespace, _: Console) -> int:
    reason = why_no_window()
    if reason is not None:
        raise SettingsError(reason)
    return run_window([Path(name) for name in args.files])


def why_no_window() -> str | None:
    """What keeps the window from opening, in one line; None if nothing does."""
    missing = [name for name in ("PySide6", "pyqtgraph") if importlib.util.find_spec(name) is None]
    if missing:
        return (f"{' and '.join(missing)} is not installed, and the window needs it: pip install "
                "'sam2mot-annotator[window]'")
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in displays):
        return ("there is no display to open the window on: run it in a desktop session, or use the other commands "
                "(see `annotator --help`)")
    return None


def run_window(paths: Sequence[Path]) -> int:
    """Open it with these projects and videos; returns the exit code when it is closed."""
    from annotator.ui.app import run

    return run(paths)
