"""Parse and format frames and times as users write them. No Qt."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from annotator.errors import UserError

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)")


class FrameTextError(UserError):
    """The typed text is neither a frame nor a time."""


def parse_frame(text: str, frame: int, times: npt.NDArray[np.float64]) -> int:
    """Return the frame index that a text refers to, clamped to the video.

    ``412`` is a frame index; ``+10`` and ``-10`` are relative to the current frame. A text with a colon or a final
    ``s`` is a time from the start of the video (``16.48s``, ``0:16.48``, ``1:02:03``) and refers to the frame that is
    shown at that time.

    Args:
        text: the typed text.
        frame: current frame index, from 0.
        times: (frame_count,) float64 presentation times in seconds, ascending.

    Raises:
        FrameTextError: the text is neither a frame nor a time.
    """
    typed = text.strip().lower()
    last = len(times) - 1
    if re.fullmatch(r"[+-]?\d+", typed):
        number = int(typed)
        return min(max(frame + number if typed[0] in "+-" else number, 0), last)
    match = _CLOCK.fullmatch(typed.removesuffix("s").strip())
    if match is None or not (":" in typed or typed.endswith("s")):
        raise FrameTextError(f"{text.strip()!r} is not a frame or a time: enter a frame such as 412 or +10, or a time "
                             "such as 0:16.48")
    hours, minutes, seconds = match.groups()
    moment = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)
    # Times are shown with three decimals; a time copied from the window must lead back to the same frame.
    return min(max(int(np.searchsorted(times, moment + 5e-4, side="right")) - 1, 0), last)


def format_time(seconds: float) -> str:
    """Format a time in seconds with milliseconds: ``0:16.480``, ``1:02:03.000``."""
    whole, milli = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}.{milli:03}" if hours else f"{minute}:{second:02}.{milli:03}"


def format_duration(seconds: float) -> str:
    """Format a duration in whole seconds: ``0:38``, ``12:05``, ``3:12:05``."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, seconds_ = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_:02}" if hours else f"{minutes}:{seconds_:02}"


def frame_times(frame_count: int, fps: float, stored: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
    """Return (frame_count,) float64 presentation times in seconds: the stored ones, or else from the frame rate."""
    if stored is not None and len(stored) == frame_count:
        return stored
    return np.arange(frame_count, dtype=np.float64) / (fps if fps > 0 else 25.0)
