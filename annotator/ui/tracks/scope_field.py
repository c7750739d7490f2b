"""The field that says for which frames the inspector sets a value."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QWidget

from annotator.ui.document.value_frames import Scope, ValueFrames, frames_of


class ScopeField(QComboBox):
    """Lets the user choose a scope."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for text, scope in ((self.tr("From here on"), Scope.ON), (self.tr("Only here"), Scope.HERE),
                            (self.tr("In the selected range"), Scope.RANGE), (self.tr("In all frames"), Scope.WHOLE)):
            self.addItem(text, scope)
        self.setToolTip(self.tr("For which frames a value is set that may change over time. From here on: until its "
                                "next change"))

    @property
    def scope(self) -> Scope:
        return Scope(self.currentData())

    def choose(self, scope: Scope) -> None:
        """Select a scope."""
        self.setCurrentIndex(self.findData(scope))

    def frames(self, frame: int, selected: tuple[int, int] | None) -> ValueFrames | None:
        """Return the frames for which a value is set, or None for the whole track. Raises StorageError as `frames_of`.
        """
        return frames_of(self.scope, frame, selected)
