"""Why a moment is suspicious, as translatable text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

_COUNTED = re.compile(r"%n (\w+)\((\w+)\)")


class Sentence(StrEnum):
    """All reasons that a moment may have. ``{0}`` and following are track names, then values; ``%n`` is the count, and
    letters in parentheses after a word form its plural."""

    TRACK = "track {0}"
    """The name of a track in the other sentences."""
    OCCLUDES = "{0} occludes {1} for %n frame(s)"
    SWAPPED = "{0} and {1} overlap by {2} and seem to swap identities"
    SEPARATED = "{0} and {1} overlap by {2} and separate again"
    SAME_PLACE = "{0} and {1} cover the same object in %n frame(s)"
    STARTS_AFTER = "{0} starts %n frame(s) after {1} was lost nearby"
    STARTS_AT_EDGE = "{0} starts at the edge of the frame"
    STARTS_INSIDE = "{0} starts away from the edge of the frame"
    LOST = "{0} is lost for %n frame(s) and reappears {1} box sizes from its expected position"
    JUMPS = "{0} jumps by {1} box sizes"
    RESIZES = "the area of {0} changes {1}-fold in one frame"
    SCORE_FALLS = "the score of {0} drops to {1}"
    PROMPTED = "{0} was prompted again, which changed its box by {1}"
    COLOURS = "the colours of {0} change by {1}"
    SHORT = "{0} has only %n box(es)"
    ACROSS_CUT = "{0} continues across a scene cut"
    UNTRACKED = "the detector finds an object in %n frame(s) that no track covers"


#: Translates a sentence with its count (-1 for none) to the user's language; keeps ``{0}`` and following as they are.
Translate = Callable[[Sentence, int], str]


def english(sentence: Sentence, count: int = -1) -> str:
    """The sentence in English, with the count filled in."""
    return _COUNTED.sub(lambda found: f"{count} {found[1]}{'' if count == 1 else found[2]}", sentence)


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence with its tracks, values and count."""

    sentence: Sentence
    tracks: tuple[int, ...] = ()
    """Track ids, in the order of the sentence."""
    values: tuple[str, ...] = ()
    """Values that follow the tracks in the sentence."""
    count: int = -1

    def words(self, numbers: Mapping[int, int], translate: Translate = english) -> str:
        """The reason as text. ``numbers`` are track numbers by id; unknown tracks are shown as ``?``."""
        names = (translate(Sentence.TRACK, -1).format(numbers.get(track, "?")) for track in self.tracks)
        return translate(self.sentence, self.count).format(*names, *self.values)
