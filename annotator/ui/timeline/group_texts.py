"""Texts for the headings of lane groups."""

from __future__ import annotations

from PySide6.QtCore import QObject

from annotator.ui.document.document import Document
from annotator.ui.timeline.groups import LENGTHS, SUSPICIONS, Grouping, span_seconds
from annotator.ui.widgets.frame_text import format_duration


class GroupTexts(QObject):
    """Translates the keys of `groups.group_key` into headings."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document

    def text(self, grouping: Grouping, group: int) -> str:
        """Return the heading of a group."""
        if grouping is Grouping.LABEL:
            labels = self._document.labels()
            return labels[group].name if group in labels else self.tr("No class")
        if grouping is Grouping.START:
            return self._start(group)
        if grouping is Grouping.LENGTH:
            return self._length(group)
        if group == len(SUSPICIONS):
            return self.tr("No suspicious frames")
        most = SUSPICIONS[0]
        return self.tr("{0} or more suspicious frames").format(most) if group == 0 else \
            self.tr("Fewer than {0} suspicious frames").format(most)

    def _start(self, group: int) -> str:
        video = self._document.video
        rate = video.fps if video is not None and video.fps > 0 else 25.0
        span = span_seconds((0 if video is None else video.frame_count) / rate)
        return self.tr("Starts between {0} and {1}").format(format_duration(group * span),
                                                            format_duration((group + 1) * span))

    def _length(self, group: int) -> str:
        if group == 0:
            return self.tr("{0} s or longer").format(LENGTHS[0])
        if group == len(LENGTHS):
            return self.tr("Shorter than {0} s").format(LENGTHS[-1])
        return self.tr("{0} to {1} s").format(LENGTHS[group], LENGTHS[group - 1])
