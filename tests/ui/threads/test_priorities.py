from __future__ import annotations

import os
import sys
import threading

import pytest

from annotator.ui.threads.priorities import Niceness, lower_priority

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of single threads")


@pytest.fixture(autouse=True)
def no_sparing() -> None:
    """It is what is tested here."""


@pytest.mark.parametrize("niceness", Niceness)
def test_a_thread_steps_down_and_the_others_stay(niceness: Niceness) -> None:
    before, inside = os.getpriority(os.PRIO_PROCESS, 0), []

    def work() -> None:
        lower_priority(niceness)
        inside.append(os.getpriority(os.PRIO_PROCESS, 0))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert inside == [min(before + niceness, 19)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_pictures_come_before_the_engine_and_after_the_window() -> None:
    assert 0 < Niceness.FRAMES < Niceness.ENGINE
