"""A project from Python: tables and arrays, jobs, edits with undo, exports."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import annotator
from annotator.errors import SettingsError, StorageError, VideoError
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.model.track import RunStatus
from annotator.notebook import Project, progress
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.store import Store
from tests.conftest import FRAMES, MadeClip

ROOT = Path(__file__).parents[1]
MODELS = {"segmenter": "tiny-sam2-drawn", "device": "cpu", "progress": False}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    with Store.create(tmp_path / "p.annot") as store:
        video = store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 20, 25.0, "print")
        frames = [LabelledFrame(frame, (LabelledBox(3, 1, (1, 2, 9.5, 12), 0.75, occluded=frame == 4),))
                  for frame in (2, 4)]
        add_tracks(store, video.id, ("car", "person"), frames, human=False, settings={}, title="Import")
    return tmp_path / "p.annot"


@pytest.fixture(scope="module")
def tracked(clip: MadeClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was made and tracked from Python."""
    path = tmp_path_factory.mktemp("tracked") / "clip.annot"
    with annotator.open(path, create=True) as made:
        video = made.add_video(clip.video)
        run = made.track(detections=str(clip.det), **MODELS)
        assert (run.status, run.finished_frame, run.video) == (RunStatus.FINISHED, FRAMES - 1, video.id)
    return path


@pytest.fixture
def writable(tracked: Path, tmp_path: Path) -> Project:
    copy = shutil.copy(tracked, tmp_path / "clip.annot")
    return annotator.open(copy, write=True)  # type: ignore[no-any-return]


# -- reading -------------------------------------------------------------------------------------------------------


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


def test_a_row_per_track(project: Path, tmp_path: Path) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    with annotator.open(project, write=True) as opened:
        opened.edit.lock(3)
        opened.edit.lock(3, locked=False)
        opened.edit.lock(3)
        (row,) = opened.summary().to_dict("records")
    assert row == {"video": "clip", "track": 3, "label": "person", "name": "", "first": 2, "last": 4, "boxes": 2,
                   "review": row["review"], "locked": True}
    with annotator.open(tmp_path / "empty.annot", create=True) as empty:
        assert list(empty.summary().columns) == list(row)


def test_an_attribute_named_like_a_column_takes_no_column(project: Path) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    from annotator.storage.edits import identities

    with Store.open(project) as store:
        (track,) = store.tracks(1)
        identities.describe(store, track.id, attributes={"label": "x", "colour": "red"})
    with annotator.open(project) as opened:
        (row,) = opened.summary().to_dict("records")
    assert (row["label"], row["attribute label"], row["colour"]) == ("person", "x", "red")


def test_without_pandas_the_way_out_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with annotator.open(project) as opened:
        for table in (opened.tracks, opened.summary):
            with pytest.raises(SettingsError, match="arrays"):
                table()


def test_a_video_that_is_not_there(project: Path) -> None:
    with annotator.open(project) as opened:
        with pytest.raises(StorageError, match="other"):
            opened.arrays("other")
        with pytest.raises(VideoError, match="missing"):
            opened.image("clip", 0)


def test_masks_are_those_of_the_frame(tracked: Path) -> None:
    with annotator.open(tracked) as opened:
        (video,) = opened.videos()
        masks, crops = opened.mask_arrays(video.name, 5), opened.masks(video.name, 5)
        labels, image = opened.label_image(video.name, 5), opened.image(video.name, 5)
        assert opened.image(video.name, 5).tobytes() == image.tobytes()
    assert len(masks) == 3
    assert image.shape == (video.height, video.width, 3)
    assert image.dtype == np.uint8
    for number, mask in masks.items():
        assert mask.shape == labels.shape == (video.height, video.width)
        assert mask.sum() == crops[number].area()
        assert (labels[mask] == number).mean() > 0.9
    assert set(np.unique(labels)) == {0, *masks}


@pytest.mark.parametrize("page", ["formats.md", "reference/python.md"])
def test_the_documentations_examples_run(page: str, tracked: Path, clip: MadeClip, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    for name in ("p.annot", "clip.annot"):
        shutil.copy(tracked, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    blocks = [block.partition("```")[0] for block in (ROOT / "docs" / page).read_text(encoding="utf-8").split(
        "```python\n")[1:]]
    # The project of a copy names its video relative to itself.
    shutil.copy(clip.video, tmp_path / "clip.mp4")
    with annotator.open("clip.annot", write=True) as moved:
        store = moved._session.store
        store.move_videos({store.videos()[0].id: tmp_path / "clip.mp4"})
    assert blocks
    for block in blocks:
        names: dict[str, Any] = {}
        if "create=True" in block:
            (tmp_path / "clip.annot").unlink()
        exec(block, names)
        if "longest" in names:
            assert names["longest"].max() == FRAMES
            assert names["first_frame"].shape == (3, 4)
        if "report" in names:
            assert names["report"].boxes == len(Project("clip.annot").arrays()["frame"]) > 0


# -- editing -------------------------------------------------------------------------------------------------------


def boxes(project: Project, track: int) -> dict[int, tuple[float, ...]]:
    arrays = project.arrays()
    of_track = arrays["track"] == track
    return {int(frame): tuple(box) for frame, box in zip(arrays["frame"][of_track], arrays["box_xyxy"][of_track],
                                                         strict=True)}


def test_each_edit_is_one_step_and_a_preview_is_none(writable: Project) -> None:
    with writable as opened:
        before, one, two = opened.arrays(), boxes(opened, 1), boxes(opened, 2)
        steps = opened.history()
        seen = opened.preview.swap(1, 2, from_frame=10)
        assert (boxes(opened, 1), opened.history()) == (one, steps)
        assert opened.edit.swap(1, 2, from_frame=10) == seen
        assert boxes(opened, 1) == {frame: (one if frame < 10 else two)[frame] for frame in range(FRAMES)}
        opened.edit.split(2, 5)
        opened.edit.merge(2, 4)
        opened.edit.delete(3, from_frame=8, to_frame=8)
        opened.edit.relabel(3, label="bird")
        opened.edit.mark(3, kind="occluded", from_frame=2, to_frame=4)
        opened.edit.set_box(1, 0, (1, 2, 30, 40))
        opened.edit.fill(3)
        opened.edit.renumber(3, 9)
        opened.edit.renumber_all()
        opened.edit.delete(1)
        made = len(opened.history()) - len(steps)
        assert made == 11
        assert 1 not in opened.arrays()["track"]
        for _ in range(made):
            opened.undo()
        assert opened.history() == steps
        for name, column in opened.arrays().items():
            assert column.tolist() == before[name].tolist()
        assert opened.redo() == "Swap tracks 1 and 2 at frame 10"


def test_a_mask_is_set_as_an_array(writable: Project) -> None:
    with writable as opened:
        (video,) = opened.videos()
        before = opened.mask_arrays(video.name, 5)
        wanted = np.zeros_like(before[1])
        wanted[10:20, 30:50] = True
        opened.edit.set_mask(1, 5, wanted)
        assert (opened.mask_arrays(video.name, 5)[1] == wanted).all()
        assert boxes(opened, 1)[5] == (30, 10, 50, 20)
        opened.undo()
        assert (opened.mask_arrays(video.name, 5)[1] == before[1]).all()
        wrong: Any
        for wrong in (wanted[1:], wanted.astype(np.uint8)):
            with pytest.raises(StorageError, match="bool array with the shape"):
                opened.edit.set_mask(1, 5, wrong)


def test_what_cannot_be_edited_is_said(writable: Project) -> None:
    with writable as opened:
        before = opened.history()
        for edit, words in ((lambda: opened.edit.swap(1, 77), "no track 77"),
                            (lambda: opened.edit.delete(), "no track is given"),
                            (lambda: opened.edit.merge(1, 2, rule="mine"), "into, other, better, refuse"),
                            (lambda: opened.edit.mark(1, kind="lost"), "occluded, outside, reviewed"),
                            (lambda: opened.edit.set_box(1, FRAMES, (1, 2, 3, 4)), f"frames 0 to {FRAMES - 1}"),
                            (lambda: opened.prompt(0, (1, 2, 3, 4), track=77), "no track 77")):
            with pytest.raises(StorageError, match=words):
                edit()
        assert opened.history() == before


def test_a_read_only_project_says_how_to_write(project: Path) -> None:
    with annotator.open(project) as opened:
        for use in (lambda: opened.edit, lambda: opened.preview, opened.undo, opened.track,
                    lambda: opened.add_video("x.mp4")):
            with pytest.raises(StorageError, match="write=True"):
                use()


def test_several_videos_are_told_apart_by_name(project: Path, tmp_path: Path) -> None:
    with Store.open(project) as store:
        store.add_video("second", tmp_path / "second.mp4", 640, 480, 20, 25.0, "other print")
    with annotator.open(project, write=True) as opened:
        with pytest.raises(StorageError, match=r"video= \(clip, second\)"):
            _ = opened.edit
        opened.edits_of("clip").delete(3)
        assert opened.history()[-1] == "Delete track 3"


# -- jobs ----------------------------------------------------------------------------------------------------------


def test_a_stopped_run_is_resumed_to_the_same_result(tracked: Path, clip: MadeClip, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    class StopAtFive(progress.Nothing):
        def show(self, done: int, total: int, text: str) -> None:
            if done == 5:
                signal.raise_signal(signal.SIGINT)

    with annotator.open(tmp_path / "p.annot", create=True) as opened:
        opened.add_video(clip.video)
        monkeypatch.setattr(progress, "display", lambda shown: StopAtFive())
        run = opened.track(detections=str(clip.det), **MODELS)
        assert (run.status, run.finished_frame) == (RunStatus.CANCELLED, 4)
        monkeypatch.undo()
        assert opened.resume(progress=False).status is RunStatus.FINISHED
        stopped = opened.arrays()
    with annotator.open(tracked) as undisturbed:
        for name, column in undisturbed.arrays().items():
            assert stopped[name].tolist() == column.tolist()


def test_a_prompt_is_a_proposal_until_it_is_accepted(tracked: Path, clip: MadeClip, tmp_path: Path) -> None:
    with annotator.open(tmp_path / "p.annot", create=True) as opened:
        opened.add_video(clip.video)
        with annotator.open(tracked) as other:
            box = boxes(other, 1)[5]
        proposal = opened.prompt(5, box, label="bird", last=8, **MODELS)
        assert len(opened.arrays()["frame"]) == 0
        assert "bird" in repr(proposal)
        proposal.accept()
        arrays = opened.arrays()
        assert set(arrays["label"]) == {"bird"}
        assert arrays["frame"].max() == 8
        with pytest.raises(StorageError, match="not an open proposal"):
            proposal.discard()


def test_unknown_settings_are_named(writable: Project) -> None:
    with writable as opened, pytest.raises(SettingsError, match=r"the given settings: sam2mot.trajectories.max_losst"):
        opened.track(sam2mot={"trajectories": {"max_losst": 3}})


def test_labels_are_exported_with_options(tracked: Path, tmp_path: Path) -> None:
    with annotator.open(tracked) as opened:
        report = opened.export("mot", tmp_path / "labels", first_frame=2, last_frame=4, labels=["object"],
                               progress=False)
        assert report.frames == 3
        assert all(path.is_file() for path in report.files)


# -- progress ------------------------------------------------------------------------------------------------------


def test_elsewhere_progress_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    shown = progress.display(True)
    shown.show(1, 2, "clip")
    shown.show(2, 2, "clip")
    shown.close()
    assert "clip  2/2" in capsys.readouterr().err


def test_a_notebook_gets_one_bar_that_is_updated(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def show(bar: str, display_id: bool) -> SimpleNamespace:
        drawn.append(bar)
        return SimpleNamespace(update=drawn.append)

    ipython, module = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    module.HTML, module.display = str, show  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    shown = progress.display(True)
    for done in range(1, 1001):
        shown.show(done, 1000, "<clip>")
    assert len(drawn) < 100
    assert drawn[-1] == '<progress value="1000" max="1000"></progress> 1000/1000 &lt;clip&gt;'
    monkeypatch.setattr(ipython, "get_ipython", lambda: None)
    assert isinstance(progress.display(True), progress.OneLine)


def test_the_notebook_runs_from_top_to_bottom() -> None:
    """Its cells in one namespace, without a kernel: nbclient would need a server of its own for each test run."""
    pytest.importorskip("pandas", reason="pandas is not installed")
    cells = json.loads((ROOT / "docs" / "notebooks" / "project.ipynb").read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code), "clear the outputs"
    names: dict[str, Any] = {}
    for cell in code:
        exec("".join(cell["source"]), names)
    assert (names["run"].status, names["run"].finished_frame) == (RunStatus.FINISHED, 39)
    assert len(names["masks"]) > 3
    assert names["undone"][1].startswith("Swap tracks")
    assert names["report"].boxes == len(names["table"])
    shutil.rmtree(names["folder"])
