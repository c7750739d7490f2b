"""The ``window`` command: open the window."""

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
from annotator.system_libraries import window_advice


def add_commands(commands: Any) -> None:
    """Add this module's command to the parser."""
    p = commands.add_parser("window", help="open the window; the default if no command is given")
    p.set_defaults(command=_window)
    p.add_argument("files", nargs="*", metavar="FILE", help="projects, videos or image folders")


def _window(args: argparse.Namespace, _: Console) -> int:
    reason = window_problem()
    if reason is not None:
        raise SettingsError(reason)
    return run_window([Path(name) for name in args.files])


def window_problem() -> str | None:
    """Return why the window cannot open, in one line, or None if it can."""
    missing = [name for name in ("PySide6", "pyqtgraph") if importlib.util.find_spec(name) is None]
    if missing:
        return (f"packages missing for the window: {', '.join(missing)}; install them with pip install "
                "'sam2mot-annotator[window]'")
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in displays):
        return ("no display is available for the window: run the program in a desktop session, or use the other "
                "commands (see `annotator --help`)")
    libraries, advice = window_advice()
    if libraries:
        return f"system libraries missing for the window: {', '.join(libraries)}; {advice}"
    return None


def run_window(paths: Sequence[Path]) -> int:
    """Open the window with these projects and videos. Returns the exit code when the window closes."""
    from annotator.ui.app import run

    return run(paths)
