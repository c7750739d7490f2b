"""Crops of tracks before and after a moment, made on their thread, on a document without a window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from annotator.review import Entry, Fix, Kind, Moment, Reason, Sentence, Suggestion
from annotator.ui.document.document import Document
from annotator.ui.review.controller import key_of
from annotator.ui.review.crops import SIDE, CropSource, Pair, crop
from tests.required import required
from tests.ui.colors import pixels
from tests.ui.mistaken import MEETING, MISSED


@pytest.fixture
def crops(document: Document) -> Iterator[CropSource]:
    source = CropSource(document)
    yield source
    source.close()


def entry(tracks: tuple[int, ...], frame: int, fix: Suggestion | None = None) -> Entry:
    moment = Moment(Kind.JUMP, tracks, frame, frame, frame, 0.5, Reason(next(iter(Sentence)), tracks),
                    fix or Suggestion(Fix.FINE))
    return Entry((moment,), 0.5)


def made_of(crops: CropSource, entry: Entry, qtbot: QtBot) -> tuple[Pair, ...]:
    with qtbot.waitSignal(crops.ready, check_params_cb=lambda key: key == key_of(entry)):
        assert crops.get(key_of(entry), entry) is None
    return required(crops.get(key_of(entry), entry))


def middle(image: QImage | None) -> str:
    assert image is not None
    red, green, blue = pixels(image)[SIDE // 2, SIDE // 2].astype(int)
    return "red" if red > max(green, blue) + 60 else "green" if green > max(red, blue) + 60 else \
        "yellow" if min(red, green) > blue + 60 else "other"


def test_it_shows_each_track_before_and_after_the_moment(
        document: Document, crops: CropSource, qtbot: QtBot) -> None:
    first, second = (key for key, track in sorted(document.tracks().items(), key=lambda each: each[1].number)[:2])
    pairs = made_of(crops, entry((first, second), MEETING), qtbot)
    assert [(pair.track, middle(pair.before), middle(pair.after)) for pair in pairs] == [
        (first, "red", "green"), (second, "green", "red")]


def test_a_missed_object_is_shown_once_where_it_is(crops: CropSource, qtbot: QtBot) -> None:
    (pair,) = made_of(crops, entry((), 20, Suggestion(Fix.PROMPT, (), 20, MISSED)), qtbot)
    assert (pair.track, middle(pair.before), pair.after) == (None, "yellow", None)


def test_a_track_without_a_box_nearby_has_no_crop(document: Document, crops: CropSource, qtbot: QtBot) -> None:
    short = next(key for key, track in document.tracks().items() if track.number == 5)
    (pair,) = made_of(crops, entry((short,), 5), qtbot)
    assert pair == Pair(short, None, None)


def test_the_video_of_another_project_has_crops_of_its_own(document: Document, crops: CropSource, qtbot: QtBot,
                                                          ) -> None:
    first, path = next(iter(document.tracks())), required(document.path)
    wanted = entry((first,), 10)
    made_of(crops, wanted, qtbot)
    document.close()
    assert crops.get(key_of(wanted), wanted) is None, "without a project nothing is made"
    document.open(path)
    made_of(crops, wanted, qtbot)


@pytest.mark.parametrize("box", [(-500.0, -500.0, -400.0, -400.0), (0.0, 0.0, 0.0, 0.0), (90.0, 70.0, 130.0, 90.0)])
def test_a_crop_beyond_the_frame_is_grey_there(box: tuple[float, float, float, float]) -> None:
    image = np.full((80, 100, 3), 200, np.uint8)
    made = crop(image, box)
    assert (made.width(), made.height()) == (SIDE, SIDE)
    assert (64, 64, 64) in {tuple(color) for color in pixels(made).reshape(-1, 3).tolist()}
