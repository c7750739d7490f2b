"""The builder of the review queue on a document without a window: when it ranks, and when it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from annotator.review import ReviewQueue
from annotator.storage.edits import identities
from annotator.ui.document.document import Document
from annotator.ui.review.queue_builder import QueueBuilder
from annotator.ui.widgets.message import Message, Severity
from tests.ui.event_loop import let_events_pass


class Job:
    """Whether a job is said to run."""

    runs = False


@pytest.fixture
def job() -> Job:
    return Job()


@pytest.fixture
def builder(document: Document, job: Job, qtbot: QtBot) -> Iterator[QueueBuilder]:
    owner = QObject()
    made = QueueBuilder(document, lambda: job.runs, owner)
    yield made
    qtbot.waitUntil(lambda: not made.ranking and made.looked is None)


@pytest.fixture
def queues(builder: QueueBuilder) -> list[ReviewQueue]:
    made: list[ReviewQueue] = []
    builder.ready.connect(lambda queue, _began: made.append(queue))
    return made


def edit(document: Document) -> None:
    first, second = list(document.tracks())[:2]
    assert document.session is not None
    identities.swap_tracks(document.session.store, first, second, 10)


def settle(builder: QueueBuilder, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: builder.complete and not builder.ranking and builder.looked is None)


def test_it_ranks_by_the_evidence_first_and_then_with_colours(
        builder: QueueBuilder, queues: list[ReviewQueue], qtbot: QtBot) -> None:
    builder.want()
    builder.want()
    settle(builder, qtbot)
    assert len(queues) == 2
    assert all(queue.entries for queue in queues)


def test_an_edit_leads_to_a_new_queue_only_if_one_is_wanted(
        document: Document, builder: QueueBuilder, queues: list[ReviewQueue], qtbot: QtBot) -> None:
    edit(document)
    let_events_pass(qtbot)
    assert (queues, builder.ranking) == ([], False)
    builder.want()
    settle(builder, qtbot)
    before = len(queues)
    edit(document)
    assert builder.ranking, "due after a pause"
    qtbot.waitUntil(lambda: len(queues) > before)
    settle(builder, qtbot)


def test_during_a_job_nothing_is_ranked(
        document: Document, builder: QueueBuilder, job: Job, queues: list[ReviewQueue], qtbot: QtBot) -> None:
    job.runs = True
    builder.want()
    edit(document)
    let_events_pass(qtbot)
    assert (queues, builder.ranking) == ([], False)


def test_another_project_starts_from_nothing(
        document: Document, builder: QueueBuilder, queues: list[ReviewQueue], qtbot: QtBot) -> None:
    builder.want()
    settle(builder, qtbot)
    path, before = document.path, len(queues)
    document.close()
    assert not builder.complete
    assert path is not None
    document.open(path)
    let_events_pass(qtbot)
    assert (len(queues), builder.ranking) == (before, False)


def test_a_video_that_is_gone_is_reported_and_the_evidence_still_ranks(
        document: Document, builder: QueueBuilder, queues: list[ReviewQueue], qtbot: QtBot) -> None:
    told: list[Message] = []
    builder.message.connect(told.append)
    assert document.path is not None
    (document.path.parent / "squares.mp4").unlink()
    builder.want()
    qtbot.waitUntil(lambda: bool(told) and builder.looked is None)
    assert told[0].severity is Severity.FAILED
    assert "squares.mp4" in told[0].text
    assert len(queues) == 1
    assert not builder.complete
