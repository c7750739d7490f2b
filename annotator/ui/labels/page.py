"""The base class of the editor's pages: edits with refusals that the editor shows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from annotator.session import Session
from annotator.ui.document.document import Document


class EditorPage(QWidget):
    """A page of the editor. Every change is a separate edit."""

    refused = Signal(str)
    """The reason why an edit was refused."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document

    def reload(self) -> None:
        """Show the current state."""
        raise NotImplementedError

    def _edit(self, change: Callable[[Session], object]) -> bool:
        """Make an edit and return whether it was made."""
        reason = self._document.try_edit(change)
        if reason is not None:
            self.refused.emit(reason)
        return reason is None
