from __future__ import annotations

from pathlib import Path

from annotator.model.changes import ChangeKind, Changes
from annotator.session import Session
from annotator.storage.store import Store
from tests.storage.fakes import fake_result

LIVES = {1: (0, 99), 2: (0, 99)}


def test_a_session_applies_results_and_goes_back_and_forth(tmp_path: Path) -> None:
    with Session(Store.create(tmp_path / "p.annot")) as session:
        store = session.store
        video = store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "x")
        heard: list[Changes] = []
        stop = session.listen(heard.append)
        run = store.begin_run(video.id, "preannotate", {}, {}, ("car", "person"), 0, 99)
        changes = session.apply(run.id, fake_result(LIVES, 0))
        assert changes == heard[-1]
        assert changes.kinds & ChangeKind.OBSERVATIONS
        session.apply(run.id, [fake_result(LIVES, frame) for frame in (1, 2)])
        assert len(store.observations(video.id, 2)) == 2
        step = session.undo()
        assert step is not None
        assert step.run == run.id
        assert store.observations(video.id, 2) == []
        assert heard[-1].kinds & ChangeKind.SPANS
        session.redo()
        assert len(store.observations(video.id, 2)) == 2
        assert session.redo() is None
        assert [kept.undone for kept in session.history()] == [False, False]
        stop()
    Store.open(tmp_path / "p.annot").close()
