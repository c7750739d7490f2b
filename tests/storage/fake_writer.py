"""Run as a program: opens a project, resumes or begins its run and writes frames until it is killed or done."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from annotator.model.track import RunStatus
from annotator.storage.store import Store
from tests.storage.fakes import fake_result

LIVES = {number: (number * 3 % 60, number * 3 % 60 + 60) for number in range(1, 25)}
LAST = 149


def go_on(path: str) -> None:
    with Store.open(path) as store:
        runs = store.runs()
        if runs:
            done = runs[-1].finished_frame
            run = store.rewind_run(runs[-1].id, -1 if done is None else done - done % 10)
        else:
            run = store.begin_run(1, "preannotate", {}, {}, ("car", "person"), 0, LAST)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        start = 0 if run.finished_frame is None else run.finished_frame + 1
        for frame in range(start, LAST + 1):
            store.write_frame(run.id, fake_result(LIVES, frame, masks=True))
            sys.stdout.write(f"{frame}\n")
            sys.stdout.flush()
        store.finish_run(run.id, RunStatus.FINISHED)


if __name__ == "__main__":
    go_on(sys.argv[1])
