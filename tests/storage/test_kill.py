from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from annotator.model.track import RunStatus
from annotator.storage.store import Store
from tests.storage.fake_writer import LAST, LIVES
from tests.storage.fakes import everything, fake_run, picture

WRITER = Path(__file__).with_name("fake_writer.py")


def kill_somewhere(path: Path, frames: int) -> int:
    """Start a writer, kill it amid what it does after so many frames, return the last that it said it had stored."""
    process = subprocess.Popen([sys.executable, str(WRITER), str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = [process.stdout.readline().strip() for _ in range(1 + frames)][1:]
    process.kill()
    said += process.stdout.read().split("\n")[:-1]
    process.wait()
    process.stdout.close()
    return int(said[-1]) if said else -1


def test_killed_at_random_moments_nothing_stored_is_lost(tmp_path: Path) -> None:
    rng = random.Random(5)
    path = tmp_path / "p.annot"
    with Store.create(path) as store:
        store.add_video("clip", "clip.mp4", 640, 480, LAST + 1, 25.0, "x")
    for _ in range(4):
        said = kill_somewhere(path, rng.randint(0, 40))
        with Store.open(path) as store:
            store.check()
            for run in store.runs():
                assert run.status in (RunStatus.INTERRUPTED, RunStatus.FINISHED)
                assert (-1 if run.finished_frame is None else run.finished_frame) >= said
    subprocess.run([sys.executable, str(WRITER), str(path)], check=True, stdout=subprocess.DEVNULL)
    with Store.create(tmp_path / "whole.annot") as whole, Store.open(path) as resumed:
        whole.add_video("clip", "clip.mp4", 640, 480, LAST + 1, 25.0, "x")
        fake_run(whole, LIVES, range(LAST + 1), masks=True)
        assert everything(resumed) == everything(whole)
        assert picture(resumed) == picture(whole)
        resumed.check()
