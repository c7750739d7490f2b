from __future__ import annotations

from pathlib import Path

from benchmarks.kill import Bench
from tests.command_line import done


class GoingOnHere(Bench):
    """Goes on in the test's own process, where the models' modules are imported already."""

    def run_to_end(self, project: Path, resume: bool) -> None:
        if self.expected:
            done(*self.arguments(project, resume))
        else:
            super().run_to_end(project, resume)


def test_killed_at_random_moments_a_run_ends_with_the_same_tracks(tmp_path: Path) -> None:
    bench = GoingOnHere(tmp_path, frames=16, seed=3, rounds=1)
    bench.undisturbed()
    for number in (0, 1, 4):  # at once, at some moment, and while a snapshot is written
        bench.kill_once(number)
    outcome = bench.outcome
    assert outcome.failures == []
    assert (outcome.kills, outcome.opened, outcome.integrity_ok, outcome.resumed, outcome.identical) == (3, 3, 3, 3, 3)
    assert outcome.phases["running"] >= 1
