"""The question whether to remove a video from the project, with a count of what goes with it."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from annotator.storage.rows.contents import VideoContents
from annotator.ui.widgets.plain_text import literal


class RemovalQuestion(QMessageBox):
    """Asks whether to remove a video. Does not block the window; `remove` is the button that does it."""

    def __init__(self, video: str, project: str, contents: VideoContents, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Question)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWindowTitle(self.tr("Remove video"))
        self.setText(self.tr("Remove {0} from {1}?").format(video, project))
        self.setInformativeText(literal("\n".join((
            self.tr("With it go: {0}.").format(", ".join(self._counts(contents)) or self.tr("no tracks")),
            self.tr("The video file is not touched. You can undo this.")))))
        self.remove = self.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        self.setStandardButtons(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)

    def _counts(self, contents: VideoContents) -> list[str]:
        """One text for each kind of thing that there is."""
        counted = (
            (contents.tracks, self.tr("%n tracks", "", contents.tracks)),
            (contents.boxes, self.tr("%n boxes", "", contents.boxes)),
            (contents.keyframes, self.tr("%n of them manual", "", contents.keyframes)),
            (contents.regions, self.tr("%n ignore regions", "", contents.regions)),
            (contents.runs, self.tr("%n runs", "", contents.runs)))
        # Qt's own number in a plural form has no separators.
        return [text.replace(str(count), QLocale().toString(count), 1) for count, text in counted if count]
