from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from annotator.console import Console, ConsoleHandler, one_line


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class FakeClosedPipe(io.StringIO):
    attempts = 0

    def write(self, text: str) -> int:
        self.attempts += 1
        raise BrokenPipeError


class FakeClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger = logging.getLogger("test-console")
    logger.propagate = False
    yield logger
    logger.handlers.clear()


def test_on_a_terminal_progress_is_one_line_that_messages_do_not_break() -> None:
    stream, clock = FakeTerminal(), FakeClock()
    console = Console(stream, clock=clock)
    console.progress("1/9")
    console.progress("2/9")  # too soon
    clock.now += 0.5
    console.progress("3/9")
    console.line("a message")
    console.progress("9/9", done=True)
    console.end()
    console.end()
    assert stream.getvalue() == ("\r" + "1/9".ljust(78) + "\r" + "3/9".ljust(78) + "\na message\n"
                                 "\r" + "9/9".ljust(78) + "\n")


def test_elsewhere_progress_comes_now_and_then() -> None:
    stream, clock = io.StringIO(), FakeClock()
    console = Console(stream, clock=clock)
    for number in range(1, 26):
        console.progress(f"{number}", done=number == 25)
        clock.now += 1
    assert stream.getvalue().split() == ["1", "11", "21", "25"]
    console.restart()
    console.progress("again")
    assert stream.getvalue().endswith("25\nagain\n")


def test_quiet_leaves_out_progress_and_no_message() -> None:
    stream = io.StringIO()
    console = Console(stream, quiet=True)
    console.progress("1/9", done=True)
    console.line("a message")
    assert stream.getvalue() == "a message\n"


def test_nobody_reading_does_not_stop_the_work() -> None:
    pipe = FakeClosedPipe()
    console = Console(pipe)
    console.line("a message")
    console.progress("1/9")
    assert pipe.attempts > 0


def test_a_warning_is_said_once_and_on_one_line(log: logging.Logger) -> None:
    stream = io.StringIO()
    log.addHandler(ConsoleHandler(Console(stream)))
    for _ in range(3):
        log.warning("%s:\n   cannot", "clip")
    log.warning("another")
    log.error("bad")
    assert stream.getvalue() == "warning: clip: cannot\nwarning: another\nerror: bad\n"
    assert one_line(" a\n\tb ") == "a b"
