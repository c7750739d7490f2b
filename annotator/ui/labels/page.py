"""What the pages of the editor share: edits whose refusal the editor itself shows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from annotator.session import Session
from annotator.ui.document.document import Document


class EditorPage(QWidget):
    """One page. Every change is an edit of its own."""

    refused = Signal(str)
    """Why an edit of this page was not made."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document

    def reload(self) -> None:
        """Show what holds now."""
        raise NotImplementedError

    def _edit(self, change: Callable[[Session], object]) -> bool:
        """Make an edit; returns whether it was made."""
        reason = self._document.try_edit(change)
        if reason is not None:
            self.refused.emit(reason)
        return reason is None
