"""From how odd a moment is, within its kind, to how likely it is an error.

Each kind has a bias and a slope: the chance is ``1 / (1 + exp(-(bias + slope * strength)))``. Signs of several kinds
for one thing (the same tracks, a few frames apart) are taken as nearly independent: the chance that all of them are
false alarms is the product of the single ones, all but the likeliest damped by `DAMPING`. Of each kind only the
strongest counts.

The numbers say how often moments of a kind were errors on clips that no benchmark uses:
`tools.training.fit_review_weights` finds and writes them. Kinds that identity switches say nothing of have values
set by hand; those are marked.
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
    Kind.CONFLICT: Weight(0.3, 3.0),
    Kind.ENCOUNTER: Weight(0.1, 4.8),
    Kind.DUPLICATE: Weight(-0.5, 3.1),
    Kind.REBIRTH: Weight(0.0, 2.0),
    Kind.BIRTH: Weight(-2.3, 1.3),
    Kind.GAP: Weight(-0.1, 4.5),
    Kind.JUMP: Weight(-1.5, 4.6),
    Kind.RESIZE: Weight(-0.9, 3.1),
    Kind.APPEARANCE: Weight(-1.9, 3.8),
    Kind.COLLAPSE: Weight(-1.6, 2.9),
    Kind.REPROMPT: Weight(-0.6, 2.1),
    Kind.SHORT: Weight(-1.0, 1.2),
    Kind.MISSING: Weight(-1.0, 2.0),  # by hand
    Kind.CUT: Weight(1.0, 1.0),  # by hand
}
