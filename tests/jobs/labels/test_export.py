from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.errors import Cancelled
from annotator.formats.base import ExportOptions
from annotator.jobs.labels.export import export
from annotator.model.cancel import CancelToken
from annotator.storage.store import Store
from tests.patience import PATIENCE_S
from tests.storage.fakes import fake_run


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project.annot") as opened:
        opened.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "print-of-clip")
        fake_run(opened, {1: (0, 99), 2: (5, 7)})
        yield opened


@pytest.mark.parametrize("min_length", [1, 10])
def test_progress_ends_at_the_last_frame_however_often_frames_are_read(store: Store, tmp_path: Path,
                                                                       min_length: int) -> None:
    told: list[tuple[int, int]] = []
    export(store, store.videos(), "mot", tmp_path / "out", ExportOptions(min_length=min_length),
           lambda done, total: told.append((done, total)))
    assert told[-1] == (100, 100)
    assert all(0 < done <= total == 100 for done, total in told)
    assert len(told) == 100 if min_length == 1 else len(told) == 200


def test_a_cancelled_export_leaves_the_folder_as_it_was(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        export(store, store.videos(), "coco-video", folder, ExportOptions(),
               lambda done, _: cancel.cancel() if done == 10 else None, cancel)
    assert not folder.exists() or not list(folder.iterdir())


def test_it_runs_on_another_thread_while_the_project_is_written(store: Store, tmp_path: Path) -> None:
    """What comes after the snapshot was taken is not in the files."""
    begun, written = threading.Event(), threading.Event()
    reports = []
    videos = store.videos()

    def wait(done: int, _: int) -> None:
        if done == 1:
            begun.set()
            assert written.wait(PATIENCE_S)

    thread = threading.Thread(target=lambda: reports.append(
        export(store, videos, "mot", tmp_path / "out", ExportOptions(), wait)))
    thread.start()
    assert begun.wait(PATIENCE_S)
    fake_run(store, {1: (0, 99), 2: (0, 99), 3: (0, 99)})
    written.set()
    thread.join()
    assert reports[0].boxes == 103
    assert reports[0].tracks == 2
