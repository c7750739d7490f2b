"""Text from files is shown as it is: no name of a video, class or track becomes markup.

Qt guesses whether the text of a label or a tooltip is rich text, and a name from a stranger's file could then show
pictures of the disk, links or a look-alike of the program. Labels of the window are `Label`s, which show plain text,
and a tooltip that holds a name is made with `literal`.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as Text
from PySide6.QtWidgets import QLabel

#: Invisible; between "<" and the name of a tag it keeps Qt from seeing a tag.
_BREAK = "\u200b"


class Label(QLabel):
    """A label of plain text. Takes the same arguments as QLabel."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.setTextFormat(Qt.TextFormat.PlainText)


def literal(text: str) -> str:
    """Return a text for a tooltip, which Qt shows as it is: one that looks like markup gets invisible characters."""
    if not Text.mightBeRichText(text):
        return text
    return text.replace("<", f"<{_BREAK}").replace("&", f"&{_BREAK}")
