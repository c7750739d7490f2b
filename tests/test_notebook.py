"""A project as a table and as arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import annotator
from annotator.errors import SettingsError, StorageError
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.store import Store


@pytest.fixture
def project(tmp_path: Path) -> Path:
    with Store.create(tmp_path / "p.annot") as store:
        video = store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 20, 25.0, "print")
        frames = [LabelledFrame(frame, (LabelledBox(3, 1, (1, 2, 9.5, 12), 0.75, occluded=frame == 4),))
                  for frame in (2, 4)]
        add_tracks(store, video.id, ("car", "person"), frames, human=False, settings={}, title="Import")
    return tmp_path / "p.annot"


def test_arrays_and_table_say_the_same(project: Path) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    with annotator.open(project) as opened:
        arrays, table = opened.arrays(), opened.tracks("clip")
        assert [video.name for video in opened.videos()] == ["clip"]
    assert arrays["box_xyxy"].tolist() == [[1, 2, 9.5, 12]] * 2
    assert arrays["frame"].tolist() == table["frame"].tolist() == [2, 4]
    assert table["label"].tolist() == ["person", "person"]
    assert table["occluded"].tolist() == [False, True]
    assert table["x2"].tolist() == [9.5, 9.5]


def test_without_pandas_the_way_out_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with annotator.open(project) as opened, pytest.raises(SettingsError, match="arrays"):
        opened.tracks()


def test_a_video_that_is_not_there(project: Path) -> None:
    with annotator.open(project) as opened, pytest.raises(StorageError, match="other"):
        opened.arrays("other")


def test_the_documentations_example_runs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    text = (Path(__file__).parents[1] / "docs/formats.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("```python\n")
    example, _, _ = rest.partition("```")
    monkeypatch.chdir(project.parent)
    names: dict[str, Any] = {}
    exec(example, names)
    assert names["longest"].to_dict() == {3: 2}
    assert names["first_frame"].shape == (0, 4)
    assert names["arrays"]["frame"].tolist() == [2, 4]
