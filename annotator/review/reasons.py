"""Why a moment is odd, in words that a translator can take up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

_COUNTED = re.compile(r"%n (\w+)\((\w+)\)")


class Sentence(StrEnum):
    """All that a moment may say. ``{0}`` and on are its tracks' names and then its values; ``%n`` is its count, and
    what stands in brackets behind a word is for several."""

    TRACK = "track {0}"
    """How a track is called in the others."""
    HIDES = "{0} hides {1} for %n frame(s)"
    EXCHANGED = "{0} and {1} overlap by {2} and look exchanged afterwards"
    PARTED = "{0} and {1} overlap by {2} and part again"
    SAME_PLACE = "{0} and {1} show the same place in %n frame(s)"
    BEGINS_AFTER = "{0} begins %n frame(s) after {1} was lost nearby"
    BEGINS_AT_EDGE = "{0} begins at the edge"
    BEGINS_AMID = "{0} begins amid the picture"
    LOST = "{0} is lost for %n frame(s) and comes back {1} box sizes from where it was heading"
    JUMPS = "{0} jumps by {1} of its size"
    RESIZES = "{0} changes its area {1}-fold in one frame"
    SCORE_FALLS = "the score of {0} falls to {1}"
    PROMPTED = "{0} was prompted anew and its box changed by {1}"
    COLOURS = "the colours of {0} change by {1}"
    SHORT = "{0} has only %n box(es)"
    ACROSS_CUT = "{0} goes on across a scene cut"
    UNFOLLOWED = "the detector sees something in %n frame(s) that no track follows"


#: A sentence and its count (-1 for none) in the reader's language, with ``{0}`` as they were.
Translate = Callable[[Sentence, int], str]


def english(sentence: Sentence, count: int = -1) -> str:
    """As the program's sources say it."""
    return _COUNTED.sub(lambda found: f"{count} {found[1]}{'' if count == 1 else found[2]}", sentence)


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence with what it speaks of."""

    sentence: Sentence
    tracks: tuple[int, ...] = ()
    """Track ids, in the order of the sentence."""
    values: tuple[str, ...] = ()
    """What follows the tracks."""
    count: int = -1

    def words(self, numbers: Mapping[int, int], translate: Translate = english) -> str:
        """With track numbers by id; a track that is not among them is ``?``."""
        names = (translate(Sentence.TRACK, -1).format(numbers.get(track, "?")) for track in self.tracks)
        return translate(self.sentence, self.count).format(*names, *self.values)
