"""One-line descriptions of what proposals change."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from annotator.storage.edits.proposal_summary import ProposalSummary

#: Most tracks that are named individually.
_MOST_NAMED = 3


class ProposalWords(QObject):
    """Describes proposals."""

    def line(self, summary: ProposalSummary) -> str:
        """Return the numbers of new, changed and removed boxes, and the mean IoU of old and new boxes."""
        found, tr = summary.tracklets, self.tr
        if not found:
            return tr("no object was found")
        counts = [(sum(each.added for each in found), tr("{0} new")),
                  (sum(each.moved for each in found), tr("{0} changed")),
                  (sum(each.removed for each in found), tr("{0} removed")),
                  (sum(each.kept for each in found), tr("{0} unchanged")),
                  (sum(each.human for each in found), tr("{0} manual boxes kept"))]
        parts = [words.format(count) for count, words in counts if count]
        overlaps = [(each.mean_iou, each.moved + each.kept) for each in found if each.mean_iou is not None]
        if overlaps:
            values, weights = zip(*overlaps, strict=True)
            parts.append(tr("mean IoU {0:.2f}").format(float(np.average(values, weights=weights))))
        doubles = sorted({number for each in found for number, _ in each.doubles})
        if doubles:
            named = ", ".join(map(str, doubles[:_MOST_NAMED]))
            parts.append(tr("duplicates track {0}").format(named) if len(doubles) <= _MOST_NAMED else
                         tr("duplicates track {0} and {1} others").format(named, len(doubles) - _MOST_NAMED))
        frames = tr("frames {0} to {1}").format(min(each.first for each in found), max(each.last for each in found))
        return f"{frames}: {', '.join(parts)}"
