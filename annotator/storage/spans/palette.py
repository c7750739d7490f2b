"""Default colours that colour-blind people can distinguish.

The first seven are the palette of Okabe and Ito ("Color Universal Design", 2008, without black), the next eight
Tol's "muted" set (SRON technical note 09-002). After those, hues advance by the golden angle.
"""

from __future__ import annotations

import colorsys
import re

from annotator.errors import StorageError

_SAFE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442",
         "#332288", "#44aa99", "#999933", "#cc6677", "#882255", "#117733", "#ddcc77", "#aa4499")
_GOLDEN_TURN = 0.618033988749895
_LIGHTNESS = (0.45, 0.65, 0.35)


def default_color(index: int) -> str:
    """Colour number ``index`` (from 0) as ``#rrggbb``; the same number always gives the same colour."""
    if index < len(_SAFE):
        return _SAFE[index]
    extra = index - len(_SAFE)
    rgb = colorsys.hls_to_rgb((extra * _GOLDEN_TURN) % 1.0, _LIGHTNESS[extra % len(_LIGHTNESS)], 0.75)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)


def checked_color(color: str) -> str:
    """Return a user's colour as ``#rrggbb``. Raises StorageError for an invalid colour."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        raise StorageError(f"{color!r} is not a colour; enter # and six hexadecimal digits, such as #0072b2")
    return color.lower()
