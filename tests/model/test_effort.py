from __future__ import annotations

from annotator.model.effort import IDLE_LIMIT, Effort, EffortMeter


def test_keys_clicks_and_drags_are_counted_until_they_are_taken() -> None:
    meter = EffortMeter()
    meter.key(0.0)
    meter.press(1.0)
    meter.release(1.5, moved=False)
    meter.press(2.0)
    meter.release(3.0, moved=True)
    assert meter.effort == Effort(1, 1, 1, 3.0)
    assert meter.take(3.5) == Effort(1, 1, 1, 3.5)
    assert meter.take(4.0) == Effort(0, 0, 0, 0.5)


def test_a_long_pause_counts_no_longer_than_the_limit() -> None:
    meter = EffortMeter()
    meter.alive(100.0)
    meter.key(100.0 + 3600)
    assert meter.take(100.0 + 3601) == Effort(1, 0, 0, IDLE_LIMIT + 1)


def test_time_begins_with_the_first_sign_of_life() -> None:
    meter = EffortMeter(idle_limit=5)
    assert meter.take(50.0).seconds == 0
    meter.key(60.0)
    assert meter.take(61.0) == Effort(1, 0, 0, 1.0)


def test_a_press_that_makes_the_fix_stays_a_click() -> None:
    """What acts on the press is over before the button is let go; the next fix must not begin with minus one."""
    meter = EffortMeter()
    meter.press(0.0)
    assert meter.take(0.1).clicks == 1
    meter.release(0.2, moved=True)
    assert meter.effort == Effort(0, 0, 0, 0.1)


def test_efforts_add_and_subtract() -> None:
    assert Effort(1, 2, 3, 4.0) + Effort(1, 1, 1, 0.5) - Effort(2, 0, 0, 0.0) == Effort(0, 3, 4, 4.5)
