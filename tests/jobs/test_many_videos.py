"""Work on one video of a project costs the same however many other videos there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.errors import StorageError
from annotator.jobs.labels.export import sequences
from annotator.jobs.project import selected_videos
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.model.track import ReviewState
from annotator.session import Session
from annotator.storage.edits.attributes import describe_tracks
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.store import Store
from tests.storage.counting import work_of

_FRAMES = [LabelledFrame(f, tuple(LabelledBox(n, 0, (f, 9.0 * n, f + 9.0, 9.0 * n + 9)) for n in (1, 2)))
           for f in range(40)]


def project(path: Path, videos: int) -> Store:
    store = Store.create(path)
    for number in range(videos):
        video = store.add_video(f"v{number}", path.with_name("v.mp4"), 64, 48, 40, 25.0, str(number))
        add_tracks(store, video.id, ("car",), _FRAMES, human=True, settings={}, title="Import")
    return store


def export_one(store: Store) -> None:
    """What an export reads of one video."""
    for name in ("mot", "coco-video"):
        for _, frames in sequences(store, [store.videos()[1]], False, name):
            assert sum(len(frame.boxes) for frame in frames) == 80


def export_named(store: Store) -> None:
    """Select all videos by name."""
    assert len(selected_videos(Session(store), ["v1", "v2", "v3"])) == 3


def describe(store: Store) -> None:
    describe_tracks(store, [track.id for track in store.tracks(2)], review=ReviewState.REVIEWED)


@pytest.mark.parametrize("work", [export_one, export_named, describe])
def test_work_on_one_video_does_not_grow_with_the_project(tmp_path: Path, work: Callable[[Store], None]) -> None:
    found = []
    for videos in (5, 40):
        with project(tmp_path / f"{videos}.annot", videos) as store:
            found.append(work_of(store, lambda: work(store)))
    assert found[0].statements == found[1].statements
    assert found[1].steps < found[0].steps + 60 * (40 - 5)  # the list of videos itself


def test_selecting_videos_by_name_reads_their_list_once(tmp_path: Path) -> None:
    with project(tmp_path / "p.annot", 12) as store:
        session = Session(store)
        assert work_of(store, lambda: selected_videos(session, [f"v{k}" for k in range(12)])).statements == 1
        with pytest.raises(StorageError, match="no video named 'other'"):
            selected_videos(session, ["v1", "other"])
