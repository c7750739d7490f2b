"""Relinking and compacting."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.errors import VideoError
from annotator.model.track import OnExisting, RunStatus
from annotator.storage.edits import identities
from annotator.storage.spans.palette import default_color
from annotator.storage.store import Store
from annotator.storage.upkeep.compact import compact
from annotator.storage.upkeep.relink import relink
from tests.storage.fakes import fake_run, picture


def fake_fingerprint(path: Path) -> str:
    if path.is_dir():
        return "folder:" + ",".join(sorted(entry.name for entry in path.iterdir()))
    content = path.read_text()
    if content == "broken":
        raise VideoError(f"{path} is broken")
    return content


def test_moved_videos_are_found_by_name_then_by_content(tmp_path: Path) -> None:
    with Store.create(tmp_path / "p.annot") as store:
        for name, path, content in (("kept", "kept.mp4", "one"), ("moved", "old/moved.mp4", "two"),
                                    ("renamed", "old/before.mp4", "three"), ("lost", "old/lost.mp4", "four"),
                                    ("images", "old/img1", "folder:1.png,2.png")):
            store.add_video(name, tmp_path / path, 640, 480, 10, 25.0, content)
        (tmp_path / "kept.mp4").write_text("one")
        for path, content in (("new/a/moved.mp4", "other"), ("new/b/moved.mp4", "two"), ("new/after.MP4", "three"),
                              ("new/lost.mp4", "broken"), ("new/img1/1.png", ""), ("new/img1/2.png", "")):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        report = relink(store, [tmp_path / "new"], fake_fingerprint)
        assert report.in_place == ["kept"]
        assert report.missing == ["lost"]
        assert report.found == {"moved": tmp_path / "new/b/moved.mp4", "renamed": tmp_path / "new/after.MP4",
                                "images": tmp_path / "new/img1"}
        assert store.video("moved").path == "new/b/moved.mp4"
        assert relink(store, [], fake_fingerprint).in_place == ["kept", "moved", "renamed", "images"]


def test_compact_removes_what_nothing_refers_to(store: Store) -> None:
    fake_run(store, {1: (0, 99), 2: (0, 99)}, masks=True)
    old = fake_run(store, {1: (0, 99)}, masks=True)
    proposal = fake_run(store, {1: (0, 20)}, range(21), OnExisting.PROPOSE)
    shown = picture(store)
    assert compact(store).tracklets == 0  # undo could still bring everything back
    store.undo()
    store.redo()
    report = compact(store, forget_history=True)
    assert (report.tracklets, report.runs) == (2, 1)
    assert report.bytes_after < report.bytes_before
    assert picture(store) == shown
    assert store.history() == []
    assert store.proposals(1) == [proposal]
    assert store.runs() == [old, proposal]
    identities.discard_proposal(store, proposal.id)
    assert compact(store, forget_history=True).tracklets == 1
    store.check()


def test_compact_keeps_what_a_stopped_run_needs_to_go_on(store: Store) -> None:
    run = fake_run(store, {1: (0, 99), 2: (0, 99)}, range(50), finish=False)
    store.finish_run(run.id, RunStatus.CANCELLED)
    identities.delete_tracks(store, [store.tracks(1)[1].id])
    assert compact(store, forget_history=True).tracklets == 0


@pytest.mark.parametrize("index", [0, 7, 14, 15, 40])
def test_default_colours_are_stable_and_well_formed(index: int) -> None:
    color = default_color(index)
    assert color == default_color(index)
    assert len(color) == 7
    assert 0 <= int(color[1:], 16) < 1 << 24
