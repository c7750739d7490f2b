"""Frames and times as people write them. No Qt."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from annotator.errors import UserError

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)")


class PlaceError(UserError):
    """What was typed is neither a frame nor a time."""


def parse_place(text: str, frame: int, times: npt.NDArray[np.float64]) -> int:
    """The frame index that is meant, brought inside the video.

    ``412`` is a frame index, ``+10`` and ``-10`` count from the present frame. What holds a colon or ends with ``s`` is
    a time from the start of the video (``16.48s``, ``0:16.48``, ``1:02:03``): the frame that is shown then.

    Args:
        text: what was typed.
        frame: present frame index, from 0.
        times: (frame_count,) float64 presentation times in seconds, rising.

    Raises:
        PlaceError: it can be read as neither.
    """
    typed = text.strip().lower()
    last = len(times) - 1
    if re.fullmatch(r"[+-]?\d+", typed):
        number = int(typed)
        return min(max(frame + number if typed[0] in "+-" else number, 0), last)
    match = _CLOCK.fullmatch(typed.removesuffix("s").strip())
    if match is None or not (":" in typed or typed.endswith("s")):
        raise PlaceError(f"{text.strip()!r} is no frame and no time: write a frame such as 412 or +10, or a time such "
                         "as 0:16.48")
    hours, minutes, seconds = match.groups()
    moment = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)
    # Times are written with three decimals: what was read off the window must lead back to the same frame.
    return min(max(int(np.searchsorted(times, moment + 5e-4, side="right")) - 1, 0), last)


def format_time(seconds: float) -> str:
    """``0:16.480``, ``1:02:03.000``."""
    whole, milli = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}.{milli:03}" if hours else f"{minute}:{second:02}.{milli:03}"


def format_duration(seconds: float) -> str:
    """A number of seconds without fractions: ``0:38``, ``12:05``, ``3:12:05``."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, seconds_ = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_:02}" if hours else f"{minutes}:{seconds_:02}"


def frame_times(frame_count: int, fps: float, stored: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
    """(frame_count,) float64 presentation times in seconds: those stored with the video, else by its frame rate."""
    if stored is not None and len(stored) == frame_count:
        return stored
    return np.arange(frame_count, dtype=np.float64) / (fps if fps > 0 else 25.0)
