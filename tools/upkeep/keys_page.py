"""Generate the page of keys from the registry of the window's actions.

``python -m tools.upkeep.keys_page`` writes it, without a display; a test fails if the page differs.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools.upkeep.generated_parts import DOCS, GeneratedPart, cell, table

if TYPE_CHECKING:
    from annotator.ui.actions.registry import Entry
    from annotator.ui.window.main_window import MainWindow

KEYS = GeneratedPart(DOCS / "reference" / "keys.md", "keys_page")


def keys(window: MainWindow) -> str:
    """Return every action by menu with its default keys, and what the mouse does."""
    from annotator.ui.actions.cheat_sheet import CheatSheet

    tops = [action.text() for action in window.menuBar().actions()]
    entries = sorted(window.actions_, key=lambda entry: (tops.index(entry.menu.partition("/")[0]), "/" in entry.menu))
    menus: dict[str, list[Entry]] = {}
    for entry in entries:
        menus.setdefault(entry.menu_path, []).append(entry)
    parts = [f"\n## {path}\n\n" + table(("Action", "Keys", "Meaning"), [_row(entry) for entry in menu])
             for path, menu in menus.items()]
    sheet = CheatSheet(window.actions_, window)
    title, gestures = sheet.groups[-1]
    sheet.deleteLater()
    parts.append(f"\n## {title}\n\n" + table(("What", "How"), [(cell(what), cell(how)) for what, how in gestures]))
    return "".join(parts) + "\n"


def _row(entry: Entry) -> tuple[str, str, str]:
    tip = entry.action.statusTip()
    same = tip.replace("&", "").rstrip(".…") == entry.title
    return cell(entry.title), cell(", ".join(f"`{key}`" for key in entry.default_keys)), "" if same else cell(tip)


def main() -> None:
    """Write the page."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from annotator.ui.app import prepare

    prepare()
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from annotator.ui.window.main_window import MainWindow

    _app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
        KEYS.write(keys(window))
        window.close()


if __name__ == "__main__":
    main()
