"""From how odd a moment is, within its kind, to how likely it is an error.

Each kind has a bias and a slope: the chance is ``1 / (1 + exp(-(bias + slope * strength)))``. Signs of several kinds
for one thing (the same tracks, a few frames apart) are taken as nearly independent: the chance that all of them are
false alarms is the product of the single ones, all but the likeliest damped by `DAMPING`. Of each kind only the
strongest counts.

The numbers say how often moments of a kind were errors on clips that no benchmark uses: `tools.fit_review_weights`
finds and writes them. Kinds that identity switches say nothing of have values set by hand; those are marked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from annotator.review.moments import Kind


@dataclass(frozen=True, slots=True)
class Weight:
    """Chance of an error by strength, for one kind."""

    bias: float
    slope: float

    def chance(self, strength: float) -> float:
        return 1 / (1 + math.exp(-(self.bias + self.slope * strength)))


#: Later signs of one entry count by this power of their chance.
DAMPING = 0.5

WEIGHTS: dict[Kind, Weight] = {
    Kind.CONFLICT: Weight(-0.01, 3.12),
    Kind.ENCOUNTER: Weight(0.19, 3.07),
    Kind.DUPLICATE: Weight(-0.21, 3.27),
    Kind.REBIRTH: Weight(0.37, 1.82),
    Kind.BIRTH: Weight(-1.54, 1.09),
    Kind.GAP: Weight(0.98, 0.0),
    Kind.JUMP: Weight(0.54, 0.0),
    Kind.RESIZE: Weight(0.49, 0.0),
    Kind.APPEARANCE: Weight(-0.45, 1.85),
    Kind.COLLAPSE: Weight(-0.8, 1.9),
    Kind.REPROMPT: Weight(-0.96, 1.95),
    Kind.SHORT: Weight(-0.35, 0.0),
    Kind.MISSING: Weight(-1.0, 2.0),  # by hand
    Kind.CUT: Weight(1.0, 1.0),  # by hand
}
