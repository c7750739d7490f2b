"""Colours are computed once for each predicted box, and no other frame is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.jobs.review import colours as module
from annotator.jobs.review import ranking
from annotator.jobs.review.colours import Colours
from annotator.model.cancel import CancelToken
from annotator.model.frame import Frame
from annotator.model.sequence import LabelledBox, LabelledFrame
from annotator.session import Session
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.store import Store
from tests.storage.fakes import fake_run

_LENGTH = 400


class FakeSource:
    """Frames of one colour; remembers which were decoded."""

    def __init__(self) -> None:
        self.decoded: list[int] = []

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1, **_: Any) -> Iterator[Frame]:
        for index in range(start, _LENGTH if stop is None else stop, step):
            self.decoded.append(index)
            yield Frame(index, np.full((480, 640, 3), 90, np.uint8), index / 25)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> FakeSource:
    made = FakeSource()

    @contextmanager
    def opened(*_: Any, **__: Any) -> Iterator[FakeSource]:
        yield made

    monkeypatch.setattr(module, "open_video", opened)
    monkeypatch.setattr(ranking, "open_video", opened)
    monkeypatch.setattr(ranking, "check_video", lambda *_: Path("clip.mp4"))
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "p.annot") as opened:
        opened.add_video("clip", tmp_path / "clip.mp4", 640, 480, _LENGTH, 25.0, "x")
        yield opened


def look(store: Store, colours: Colours) -> list[tuple[int, int]]:
    return list(colours.look(store, store.video(), Path("clip.mp4"), CancelToken()))


def manual(store: Store, frames: range) -> None:
    add_tracks(store, 1, ("car",), [LabelledFrame(f, (LabelledBox(1, 0, (5, 5, 25, 25)),)) for f in frames],
               human=True, settings={}, title="Import")


def test_manual_boxes_need_no_decoding(store: Store, source: FakeSource) -> None:
    manual(store, range(_LENGTH))
    colours = Colours()
    assert colours.is_complete(store, store.video())
    assert look(store, colours) == []
    assert source.decoded == []


def test_only_frames_with_predicted_boxes_are_decoded(store: Store, source: FakeSource) -> None:
    fake_run(store, {1: (10, 19), 2: (15, 24), 3: (300, 309)}, range(_LENGTH))
    manual(store, range(100, 250))
    colours = Colours()
    assert not colours.is_complete(store, store.video())
    assert look(store, colours)[-1] == (25, 25)
    assert source.decoded == [*range(10, 25), *range(300, 310)]
    assert colours.is_complete(store, store.video())


def test_a_later_run_decodes_only_its_own_frames(store: Store, source: FakeSource) -> None:
    fake_run(store, {1: (0, 99)}, range(200))
    colours = Colours()
    look(store, colours)
    source.decoded.clear()
    fake_run(store, {1: (300, 309)}, range(300, 310))
    manual(store, range(_LENGTH))
    look(store, colours)
    assert source.decoded == list(range(300, 310))


def test_edits_decode_nothing(store: Store, source: FakeSource) -> None:
    fake_run(store, {1: (0, 49), 2: (0, 49)}, range(50))
    colours = Colours()
    look(store, colours)
    source.decoded.clear()
    one, other = (track.id for track in store.tracks(1))
    identities.swap_tracks(store, one, other, 20)
    identities.split_track(store, one, 30)
    drawn_boxes.set_box(store, other, 5, (1, 1, 30, 30))
    assert colours.is_complete(store, store.video())
    assert look(store, colours) == []
    assert source.decoded == []


def test_the_command_decodes_no_frame_without_tracks(store: Store, source: FakeSource) -> None:
    fake_run(store, {1: (30, 49), 2: (200, 219)}, range(_LENGTH))
    *_, last = ranking.build(Session(store), store.video())
    assert last.queue is not None
    assert source.decoded == [*range(30, 50), *range(200, 220)]
