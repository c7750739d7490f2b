from __future__ import annotations

from pathlib import Path

import pytest

from annotator.errors import StorageError
from annotator.storage.store import Store
from annotator.storage.upkeep.relink import relink_to


def fake_fingerprint(path: Path) -> str:
    return f"print-of-{path.read_text()}"


def test_a_video_is_moved_only_to_itself(store: Store, tmp_path: Path) -> None:
    video = store.videos()[0]
    wrong, right = tmp_path / "wrong.mp4", tmp_path / "renamed.mp4"
    wrong.write_text("another")
    right.write_text("clip")
    with pytest.raises(StorageError, match=r"wrong\.mp4 is not the video"):
        relink_to(store, video, wrong, fake_fingerprint)
    assert store.videos()[0] == video
    assert relink_to(store, video, right, fake_fingerprint).found == {"clip": right}
    assert store.video_path(store.videos()[0]) == right


def test_others_that_are_missing_come_along_from_beside_it(store: Store, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (tmp_path / "there.mp4").write_text("there")
    for name in ("second", "changed", "lost", "there"):
        store.add_video(name, tmp_path / f"{name}.mp4", 640, 480, 100, 25.0, f"print-of-{name}")
    for name, content in (("clip", "clip"), ("second", "second"), ("changed", "other"), ("there", "there")):
        (away / f"{name}.mp4").write_text(content)
    report = relink_to(store, store.videos()[0], away / "clip.mp4", fake_fingerprint)
    assert report.found == {"clip": away / "clip.mp4", "second": away / "second.mp4"}
    assert report.missing == ["changed", "lost"]
    assert store.video_path(store.video("there")) == tmp_path / "there.mp4"
