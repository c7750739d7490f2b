"""What a proposal would change, in words."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from annotator.storage.edits.proposal_summary import ProposalSummary

#: Tracks that are named one by one.
_MOST_NAMED = 3


class ProposalWords(QObject):
    """One line for all of a proposal."""

    def line(self, summary: ProposalSummary) -> str:
        """Frames new, changed and removed, and how much boxes that replace others overlap them."""
        found, tr = summary.tracklets, self.tr
        if not found:
            return tr("nothing was found")
        counts = [(sum(each.added for each in found), tr("{0} new")),
                  (sum(each.moved for each in found), tr("{0} changed")),
                  (sum(each.removed for each in found), tr("{0} removed")),
                  (sum(each.kept for each in found), tr("{0} as before")),
                  (sum(each.human for each in found), tr("{0} hand-drawn stay"))]
        parts = [words.format(count) for count, words in counts if count]
        overlaps = [(each.mean_iou, each.moved + each.kept) for each in found if each.mean_iou is not None]
        if overlaps:
            values, weights = zip(*overlaps, strict=True)
            parts.append(tr("mean IoU {0:.2f}").format(float(np.average(values, weights=weights))))
        doubles = sorted({number for each in found for number, _ in each.doubles})
        if doubles:
            named = ", ".join(map(str, doubles[:_MOST_NAMED]))
            parts.append(tr("same as track {0}").format(named) if len(doubles) <= _MOST_NAMED else
                         tr("same as track {0} and {1} others").format(named, len(doubles) - _MOST_NAMED))
        frames = tr("frames {0} to {1}").format(min(each.first for each in found), max(each.last for each in found))
        return f"{frames}: {', '.join(parts)}"
