from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.ui.widgets.frame_text import FrameTextError, format_time, frame_times, parse_frame

TIMES = frame_times(1500, 25.0, None)


@pytest.mark.parametrize(("typed", "frame"), [
    ("412", 412), (" 412 ", 412), ("+10", 110), ("-10", 90), ("-500", 0), ("99999", 1499), ("0:16.48", 412),
    ("16.48s", 412), ("0:00:16.48", 412), ("1:00", 1499), ("0:16.47", 411), (":5", None), ("5:", None), ("0:0", 0),
    ("16.48", None), ("", None), ("abc", None), ("1:2:3:4", None), ("-0:01", None), ("٣", 3),
])
def test_what_is_typed(typed: str, frame: int | None) -> None:
    if frame is None:
        with pytest.raises(FrameTextError, match=r"enter a frame such as 412"):
            parse_frame(typed, 100, TIMES)
    else:
        assert parse_frame(typed, 100, TIMES) == frame


@given(st.integers(0, 5000), st.sampled_from([23.976, 25.0, 29.97, 59.94, 120.0]))
def test_the_time_that_is_shown_leads_back_to_its_frame(frame: int, fps: float) -> None:
    times = frame_times(5001, fps, None)
    text = format_time(float(times[frame]))
    assert parse_frame(text if ":" in text else f"{text}s", 0, times) == frame


def test_stored_times_count_more_than_the_frame_rate() -> None:
    stored = np.array([0.0, 0.5, 3.0, 3.1])
    times = frame_times(4, 25.0, stored)
    assert parse_frame("0:02.9", 0, times) == 1
    assert parse_frame("0:03", 0, times) == 2
    assert frame_times(5, 0.0, stored).tolist() == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])


def test_hours_are_written_when_there_are_any() -> None:
    assert format_time(59.9996) == "1:00.000"
    assert format_time(3723.5) == "1:02:03.500"
