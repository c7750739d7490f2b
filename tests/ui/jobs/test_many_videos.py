"""Opening a project with many videos looks up the runs of those that were interrupted, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)

from annotator.jobs.project import open_project
from annotator.jobs.tracking import preannotate
from annotator.model.track import Run, RunStatus, VideoRecord
from annotator.session import Session
from annotator.ui.window.main_window import MainWindow


def test_only_videos_with_an_interrupted_run_are_looked_at(window: MainWindow, project: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    with open_project(project) as session:
        first = session.store.video()
        for number in range(6):
            video = session.store.add_video(f"other {number}", Path("other.mp4"), 64, 48, 10, 25.0, str(number))
            run = session.store.begin_run(video.id, "preannotate", {}, {}, ("car",), 0, 9)
            session.store.finish_run(run.id, RunStatus.INTERRUPTED if number == 4 else RunStatus.FINISHED)
    asked = []
    unfinished = preannotate.unfinished_run

    def ask(session: Session, video: VideoRecord) -> Run | None:
        asked.append(video.name)
        return unfinished(session, video)

    monkeypatch.setattr(preannotate, "unfinished_run", ask)
    assert window.open_path(project)
    assert set(asked) - {first.name} == {"other 4"}
