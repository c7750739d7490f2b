"""Cards of the review queue on a document without a window: their words, and what is painted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QWidget
from pytestqt.qtbot import QtBot

from annotator.review import Entry, Fix, Kind, Moment, Reason, Sentence, Suggestion
from annotator.ui.document.document import Document
from annotator.ui.edits.controller import EditController
from annotator.ui.edits.question_bar import EditBar
from annotator.ui.review.cards import CardModel, CardPainter, KindNames
from annotator.ui.review.controller import ReviewController, key_of
from annotator.ui.review.crops import CropSource, Pair
from annotator.ui.review.queue_builder import QueueBuilder
from tests.ui.colors import pixels


@pytest.fixture
def owner(qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget()  # not qtbot's, which would delete it while the builder still runs
    yield widget
    widget.deleteLater()


@pytest.fixture
def builder(document: Document, owner: QWidget, qtbot: QtBot) -> Iterator[QueueBuilder]:
    made = QueueBuilder(document, lambda: False, owner)
    yield made
    qtbot.waitUntil(lambda: not made.ranking and made.looked is None)


@pytest.fixture
def review(document: Document, owner: QWidget, builder: QueueBuilder) -> ReviewController:
    return ReviewController(document, EditController(document, EditBar(owner)), builder, owner)


@pytest.fixture
def cards(document: Document, owner: QWidget, review: ReviewController) -> CardModel:
    return CardModel(review, document, owner)


def ids(document: Document, *numbers: int) -> tuple[int, ...]:
    known = {track.number: key for key, track in document.tracks().items()}
    return tuple(known[number] for number in numbers)


def entry(kind: Kind, tracks: tuple[int, ...], fix: Suggestion, frame: int = 30) -> Entry:
    reason = Reason(next(iter(Sentence)), tracks)
    return Entry((Moment(kind, tracks, frame - 2, frame + 2, frame, 0.5, reason, fix),), 0.42)


@pytest.mark.parametrize(("fix", "numbers", "title"), [
    (Fix.SWAP, (1, 2), "Swap 1 and 2?"), (Fix.MERGE, (3, 4), "Merge 4 into 3?"), (Fix.SPLIT, (5,), "Split 5?"),
    (Fix.DELETE, (5,), "Delete 5?"), (Fix.PROMPT, (), "Missing object?"), (Fix.FINE, (1,), "1: jump")])
def test_a_title_asks_for_the_suggested_fix(
        fix: Fix, numbers: tuple[int, ...], title: str, document: Document, cards: CardModel) -> None:
    tracks = ids(document, *numbers)
    assert cards.title(entry(Kind.JUMP, tracks, Suggestion(fix, tracks, 30))) == title


def test_a_track_that_is_gone_has_no_number(cards: CardModel) -> None:
    assert cards.title(entry(Kind.JUMP, (999,), Suggestion(Fix.DELETE, (999,)))) == "Delete ??"


def test_every_kind_has_a_name_of_its_own(owner: QWidget) -> None:
    names = KindNames(owner)
    assert len({names.name(kind) for kind in Kind}) == len(Kind)


def test_the_queue_arrives_as_rows_with_their_reasons(
        cards: CardModel, builder: QueueBuilder, document: Document, qtbot: QtBot) -> None:
    assert cards.rowCount() == 0
    with qtbot.waitSignal(builder.ready):
        builder.want()
    assert cards.rowCount() > 0
    swap = next(row for row in range(cards.rowCount()) if cards.entry(row).suggestion.fix is Fix.SWAP)
    assert cards.index(swap).data() in ("Swap 1 and 2?", "Swap 2 and 1?")
    tip = cards.index(swap).data(Qt.ItemDataRole.ToolTipRole).splitlines()
    assert tip[0] == cards.index(swap).data()
    assert KindNames(cards).name(cards.entry(swap).kinds[0]) in tip[1]
    assert tip[2] == cards.reason(cards.entry(swap)) != ""


#: Crops by the key of their entry.
Pairs = Mapping[tuple[object, ...], tuple[Pair, ...]]


class FakeCrops(CropSource):
    """Has one pair of colours for each entry that it was given."""

    def __init__(self, document: Document, pairs: Pairs) -> None:
        super().__init__(document)
        self._pairs = pairs

    def get(self, key: tuple[object, ...], entry: Entry) -> tuple[Pair, ...] | None:
        return self._pairs.get(key)


def _color(name: str) -> QImage:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(QColor(name))
    return image


def test_a_card_shows_the_crops_of_its_tracks_and_squares_until_they_are_ready(
        cards: CardModel, builder: QueueBuilder, document: Document, owner: QWidget, qtbot: QtBot) -> None:
    with qtbot.waitSignal(builder.ready):
        builder.want()
    row = next(row for row in range(cards.rowCount()) if len(cards.entry(row).tracks) == 2)
    entry = cards.entry(row)
    found = {key_of(entry): (Pair(entry.tracks[0], _color("#ff00ff"), _color("#00ffff")),)}

    def seen(pairs: Pairs, selected: bool = False) -> set[tuple[int, ...]]:
        painter_of = CardPainter(FakeCrops(document, pairs), document, owner)
        option = QStyleOptionViewItem()
        option.initFrom(owner)
        if selected:
            option.state |= QStyle.StateFlag.State_Selected
        size = painter_of.sizeHint(option, cards.index(row))
        option.rect = QRect(0, 0, 320, size.height())
        image = QImage(320, size.height(), QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        painter_of.paint(painter, option, cards.index(row))
        painter.end()
        return {tuple(color) for color in pixels(image).reshape(-1, 3).tolist()}

    frame = QColor(document.tracks()[entry.tracks[0]].color)
    waiting, ready = seen({}), seen(found)
    assert (frame.red(), frame.green(), frame.blue()) in waiting & ready
    assert {(255, 0, 255), (0, 255, 255)} <= ready - waiting
    assert seen(found, selected=True) != ready
