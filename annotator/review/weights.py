"""Convert the strength of a moment, relative to its kind, to the probability that it is an error.

Each kind has a bias and a slope: the chance is ``1 / (1 + exp(-(bias + slope * strength)))``. Moments of several kinds
in one entry (the same tracks, a few frames apart) are treated as nearly independent: the chance that all of them are
false alarms is the product of the single chances, where all but the likeliest are damped by `DAMPING`. Only the
strongest moment of each kind counts.

The weights reflect how often moments of a kind were errors on clips that no benchmark uses;
`tools.training.fit_review_weights` fits and writes them. Kinds that are unrelated to identity switches have manually
set values, marked as such.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from annotator.review.moments import Kind


@dataclass(frozen=True, slots=True)
class Weight:
    """Maps strength to the chance of an error, for one kind."""

    bias: float
    slope: float

    def chance(self, strength: float) -> float:
        return 1 / (1 + math.exp(-(self.bias + self.slope * strength)))


#: Exponent applied to the false-alarm chance of all but the likeliest moment of an entry.
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
    Kind.MISSING: Weight(-1.0, 2.0),  # set manually
    Kind.CUT: Weight(1.0, 1.0),  # set manually
}
