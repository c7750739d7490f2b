"""Text from other people's files: names that a terminal, a label and a spreadsheet can show without acting on them."""

from __future__ import annotations

import re

#: Longest name of a video, class, track or attribute, in characters. Longer ones are no names.
LONGEST_NAME = 1000
#: Longest message of a note, in characters.
LONGEST_MESSAGE = 10_000
#: What takes the place of a character that cannot be shown.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Control characters move a terminal's cursor or end a line; marks of direction and the invisible characters around them
# let a name look like another one; surrogates cannot be written to any file; the last ones are no characters.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
                    "\ud800-\udfff\ufffe\uffff]")


def is_showable(text: str) -> bool:
    """Return whether a name contains no control character, mark of direction, invisible character or surrogate."""
    return _UNFIT.search(text) is None


def showable(text: str) -> str:
    """Return a name with each control character, mark of direction, invisible character and surrogate replaced by
    U+FFFD."""
    return _UNFIT.sub(REPLACEMENT, text)


def showable_lines(text: str) -> str:
    """Return a text of several lines as `showable` does, with the ends of lines as ``\\n``, tabs as spaces, and without
    blanks at both ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return "\n".join(map(showable, lines)).strip()
