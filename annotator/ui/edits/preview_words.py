"""One-line descriptions of what an edit changes."""

from __future__ import annotations

from PySide6.QtCore import QObject

from annotator.storage.edits.preview import EditPreview, TrackChange

#: Most tracks that are named individually.
_NAMED = 3


class PreviewWords(QObject):
    """Describes edit previews."""

    def line(self, seen: EditPreview) -> str:
        """Return the frames, tracks and numbers of boxes that change, and what happens to manual boxes; an empty text
        if no box moves to another track."""
        if seen.changes_nothing:
            return self.tr("nothing changes")
        parts = [self._frames(seen)] if seen.first_frame is not None else []
        if len(seen.tracks) > _NAMED:
            parts.append(self._in_all(seen))
        else:
            parts += [text for change in seen.tracks if (text := self._track(change))]
        if seen.human_dropped:
            parts.append(self.tr("%n manual boxes are deleted", "", seen.human_dropped))
        moved = len(seen.human_boxes) - seen.human_dropped
        if moved > 0:
            parts.append(self.tr("%n manual boxes move", "", moved))
        return " · ".join(parts)

    def _frames(self, seen: EditPreview) -> str:
        if seen.first_frame == seen.last_frame:
            return self.tr("boxes in frame {0}").format(seen.first_frame)
        return self.tr("boxes in frames {0}-{1}").format(seen.first_frame, seen.last_frame)

    def _in_all(self, seen: EditPreview) -> str:
        text = self.tr("%n tracks", "", len(seen.tracks))
        boxes = sum(change.lost for change in seen.tracks)
        return f"{text}: \u2212{boxes}" if boxes else text

    def _track(self, change: TrackChange) -> str:
        parts = []
        if change.gained or change.lost:
            parts.append(" ".join(f"{sign}{count}" for sign, count in (("+", change.gained), ("\u2212", change.lost))
                                  if count))
        if change.made:
            parts.append(self.tr("new"))
        elif change.deleted:
            parts.append(self.tr("deleted"))
        return self.tr("track {0}: {1}").format(change.number, ", ".join(parts)) if parts else ""
