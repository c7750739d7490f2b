from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from annotator.jobs.project import add_source, open_project
from annotator.model.frame import Detections, EndReason, Evidence, FrameResult, TrackedObject, TrackState
from annotator.model.track import RunStatus
from annotator.storage.edits import identities
from annotator.ui.document.lanes import Event, Order
from annotator.ui.timeline.groups import Heading
from annotator.ui.timeline.marks import CUT, RunRange, TimelineMarks, read_marks
from annotator.ui.timeline.painter import LANE, LETTER, NAMES, OVERVIEW, RULER, spread
from annotator.ui.window.main_window import MainWindow
from tests.conftest import FRAMES, MadeClip
from tests.ui.colors import rgb
from tests.ui.manual_boxes import set_box

BOX = (10.0, 10.0, 40.0, 40.0)
#: First frame, last frame, label, suspicious frames of each tracklet.
TRACKLETS = ((4, 9, 0, ()), (0, 3, 1, (1, 2)), (2, 19, 0, (5,)), (0, 19, 1, ()))


def thing(number: int, label: int, state: TrackState) -> TrackedObject:
    box = (10.0 * number, 10.0, 10.0 * number + 8, 30.0)
    return TrackedObject(number, label, state, 0.9, box, None, Evidence(9.0, 0.9))


@pytest.fixture
def varied(window: MainWindow, clip: MadeClip, tmp_path: Path) -> MainWindow:
    """Four tracks of two classes over two runs, with cuts at 6 and 14."""
    path = tmp_path / "varied.annot"
    with open_project(path, create=True) as session:
        video, _ = add_source(session, clip.video)
        run = session.store.begin_run(video.id, "preannotate", {"tracker": "sam2mot"}, {}, ["car", "person"], 0, 19)
        for frame in range(FRAMES):
            objects = tuple(thing(n, label, TrackState.SUSPICIOUS if frame in bad else TrackState.RELIABLE)
                            for n, (first, last, label, bad) in enumerate(TRACKLETS, 1) if first <= frame <= last)
            ended = tuple((n, EndReason.LOST) for n, (_, last, _, _) in enumerate(TRACKLETS, 1) if last == frame)
            session.apply(run.id, FrameResult(frame, objects, Detections.empty(), ended, cut=frame in (6, 14)))
        session.store.finish_run(run.id, RunStatus.FINISHED)
    assert window.open_path(path)
    return window


def order_of(window: MainWindow) -> list[tuple[int, str]]:
    labels = window.document.labels()
    return [(lane.first, labels[lane.track.label].name) for lane in window.timeline.lanes]


def lengths(window: MainWindow) -> list[int]:
    return [lane.length for lane in window.timeline.lanes]


def test_lanes_are_sorted_from_the_menu_at_their_head(varied: MainWindow) -> None:
    varied.actions_["lanes.start"].trigger()
    assert [first for first, _ in order_of(varied)] == [0, 0, 2, 4]
    varied.actions_["lanes.length"].trigger()
    found = lengths(varied)
    assert found == sorted(found, reverse=True)
    varied.actions_["lanes.label"].trigger()
    names = [name for _, name in order_of(varied)]
    assert names == sorted(names)
    assert varied.features.timeline.lane_order.button.text() == "Sort by class"
    assert varied.features.timeline.lane_order.button.menu().actions()[0].text() == "Sort by number"


def test_suspicious_tracks_come_first(varied: MainWindow, qtbot: QtBot) -> None:
    varied.actions_["lanes.suspicion"].trigger()
    # Two suspicious frames, one, none.
    qtbot.waitUntil(lambda: lengths(varied)[:2] == [4, 18], timeout=10000)
    session, video = varied.document.session, varied.document.video
    assert session is not None
    assert video is not None
    counts = session.store.suspicious_frames(video.id)
    assert sorted(counts.values()) == [1, 2]
    track = max(counts, key=lambda key: counts[key])
    varied.document.edit(lambda session: identities.delete_tracks(session.store, [track]))
    qtbot.waitUntil(lambda: lengths(varied)[0] == 18, timeout=10000)


def test_suspicion_follows_spans_not_tracklets(varied: MainWindow) -> None:
    session, video = varied.document.session, varied.document.video
    assert session is not None
    assert video is not None
    before = session.store.suspicious_frames(video.id)
    worst = max(before, key=lambda key: before[key])
    identities.split_track(session.store, worst, 2)
    after = session.store.suspicious_frames(video.id)
    assert after[worst] == 1
    assert sorted(after.values()) == [1, 1, 1]


def test_classes_stay_together_when_grouped(varied: MainWindow, qtbot: QtBot) -> None:
    varied.actions_["lanes.start"].trigger()
    varied.canvas.setFocus()
    qtbot.keyClick(varied, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert [name for _, name in order_of(varied)] == sorted(name for _, name in order_of(varied))
    starts = order_of(varied)
    assert starts == sorted(starts, key=lambda row: (row[1], row[0]))
    headings = [(k, row) for k, row in enumerate(varied.timeline.rows) if isinstance(row, Heading)]
    assert [row.text for _, row in headings] == sorted({name for _, name in starts})
    assert sum(row.count for _, row in headings) == len(varied.timeline.lanes)
    # A click on a heading is no click on a track, and the lane below it is its own.
    port, below = varied.timeline.viewport(), OVERVIEW + RULER + LANE // 2
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=QPoint(20, below))
    assert not varied.document.selection
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=QPoint(20, below))
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=QPoint(20, below + LANE))
    assert varied.document.selection == {varied.timeline.lanes[0].track.id}
    band = picture(varied).copy(0, OVERVIEW + RULER, 120, LANE)
    assert len({band.pixel(x, y) for x in range(120) for y in range(LANE)}) > 3, "a heading is written"
    qtbot.keyClick(varied, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    assert list(varied.timeline.rows) == list(varied.timeline.lanes)


def test_a_click_on_a_heading_folds_its_lanes(varied: MainWindow, qtbot: QtBot) -> None:
    timeline = varied.timeline
    varied.actions_["lanes.group-suspicion"].trigger()
    qtbot.waitUntil(lambda: sum(isinstance(row, Heading) for row in timeline.rows) == 2)
    rows, head = list(timeline.rows), QPoint(20, OVERVIEW + RULER + LANE // 2)
    first = rows[0]
    assert isinstance(first, Heading)
    port = timeline.viewport()
    open_picture = picture(varied)
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=head)
    assert list(timeline.rows)[1:] == rows[1 + first.count:]
    assert len(timeline.lanes) == len(varied.document.tracks()), "they are hidden, not gone"
    assert picture(varied).copy(0, OVERVIEW + RULER, 20, LANE) != open_picture.copy(0, OVERVIEW + RULER, 20, LANE)
    # Whatever chooses a hidden track brings its lane back; one that shows leaves the others folded.
    varied.document.select([timeline.lanes[-1].track.id])
    assert list(timeline.rows)[1:] == rows[1 + first.count:]
    varied.document.select([timeline.lanes[0].track.id])
    assert list(timeline.rows) == rows
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=head)
    varied.actions_["lanes.group-start"].trigger()
    assert not any(row.folded for row in timeline.rows if isinstance(row, Heading)), "other groups begin unfolded"


def test_groups_by_length_start_and_suspicion_have_headings_that_say_so(varied: MainWindow, qtbot: QtBot) -> None:
    def texts() -> list[str]:
        return [row.text for row in varied.timeline.rows if isinstance(row, Heading)]

    varied.actions_["lanes.group-length"].trigger()
    assert texts() == ["Shorter than 1 s"]  # the clip has 20 frames
    varied.actions_["lanes.group-start"].trigger()
    assert texts() == ["Starts between 0:00 and 0:01"]
    varied.actions_["lanes.group-suspicion"].trigger()
    qtbot.waitUntil(lambda: "Fewer than 10 suspicious frames" in texts())
    assert len(varied.timeline.lanes) == len(varied.document.tracks())
    assert not varied.actions_["lanes.group-start"].isChecked()


def test_letters_that_follow_their_like_are_ticks_and_leave_room_for_others() -> None:
    prompts = [(float(x), Event.REPROMPT) for x in range(200, 300, 5)]
    found = list(spread(sorted([*prompts, (252.0, Event.CONFLICT)]), 100.0))
    assert [each for each in found if each[1] is not None] == [(200.0, Event.REPROMPT), (252.0, Event.CONFLICT)]
    assert [x for x, event in found if event is None] == [x for x, _ in prompts[1:]]
    apart = [(200.0, Event.REPROMPT), (200.0 + 2 * LETTER, Event.REPROMPT)]
    assert list(spread(apart, 100.0)) == apart
    assert list(spread(apart, 210.0)) == apart[1:], "what lies left of the lanes is not written over the names"
    assert len(list(spread(((200 + k / 100, Event.REPROMPT) for k in range(10_000)), 100.0))) <= 51


def test_the_order_outlives_the_window(varied: MainWindow, settings: QSettings, qtbot: QtBot) -> None:
    varied.actions_["lanes.length"].trigger()
    again = MainWindow(settings)
    qtbot.addWidget(again)
    assert again.features.timeline.lane_order.order is Order.LENGTH
    again.close()


def test_runs_and_cuts_are_read_and_undone_with_their_run(varied: MainWindow) -> None:
    session, video = varied.document.session, varied.document.video
    assert session is not None
    assert video is not None
    marks = read_marks(session, video.id, video.frame_count)
    assert marks == TimelineMarks((RunRange(0, 19, "sam2mot", RunStatus.FINISHED),), (6, 14))
    assert marks.boundaries == [0, 20]
    varied.document.undo()
    assert read_marks(session, video.id, video.frame_count) == TimelineMarks()


def picture(window: MainWindow) -> QImage:
    return window.timeline.viewport().grab().toImage()


def test_cuts_are_drawn_where_they_are(varied: MainWindow) -> None:
    image, timeline = picture(varied), varied.timeline
    wanted = np.array(rgb(QColor(CUT)))

    def shows(frame: int) -> bool:
        x = round(timeline._x(frame))
        rows = [np.array(rgb(image.pixelColor(x, y))) for y in range(OVERVIEW + RULER - 8, OVERVIEW + RULER)]
        return any(np.abs(row - wanted).max() < 12 for row in rows)

    assert shows(6)
    assert shows(14)
    assert not shows(10)


def test_the_ruler_says_what_run_and_what_cut_lie_there(varied: MainWindow, qtbot: QtBot) -> None:
    timeline = varied.timeline
    qtbot.mouseMove(timeline.viewport(), QPoint(round(timeline._x(6)), OVERVIEW + 10))
    tip = timeline.viewport().toolTip()
    assert "sam2mot, frames 0 to 19" in tip
    assert "Scene cut" in tip


def test_every_keyframe_has_a_dot(varied: MainWindow, qtbot: QtBot) -> None:
    track = next(lane.track.id for lane in varied.timeline.lanes if lane.length == 20)
    for frame in (8, 9, 10):
        set_box(varied, track, frame, BOX)
    qtbot.waitUntil(lambda: any(lane.keyframes == [8, 9, 10] for lane in varied.timeline.lanes))
    row = next(k for k, lane in enumerate(varied.timeline.lanes) if lane.track.id == track)
    qtbot.waitUntil(lambda: track in varied.timeline._states)
    image, y = picture(varied), OVERVIEW + RULER + row * LANE + LANE // 2
    white = [frame for frame in range(FRAMES)
             if QColor(image.pixel(round(varied.timeline._x(frame + 0.5)), y)) == QColor("white")]
    assert white == [8, 9, 10]


def test_boxes_in_consecutive_frames_do_not_cover_their_lane(varied: MainWindow, qtbot: QtBot) -> None:
    timeline = varied.timeline
    track = next(lane.track.id for lane in timeline.lanes if lane.length == 20)
    for frame in range(FRAMES):
        set_box(varied, track, frame, BOX)
    varied.document.select(())
    timeline.resize(NAMES + 8 * FRAMES, timeline.height())
    timeline._pixels = 4.0  # an ordinary video is far longer than this clip
    qtbot.waitUntil(lambda: not timeline._missing() and any(lane.keyframes == list(range(FRAMES))
                                                            for lane in timeline.lanes))
    row = next(k for k, lane in enumerate(timeline.lanes) if lane.track.id == track)
    color = QColor(timeline.lanes[row].track.color)
    image, top = picture(varied), OVERVIEW + RULER + row * LANE
    lane = [QColor(image.pixel(round(timeline._x(0)) + dx, top + dy))
            for dx in range(4 * FRAMES) for dy in range(5, LANE - 5)]
    assert lane.count(color) > len(lane) / 2
    assert QColor("white") in lane


def test_a_lane_keeps_its_states_until_they_are_read_again(varied: MainWindow, qtbot: QtBot) -> None:
    timeline = varied.timeline
    qtbot.waitUntil(lambda: len(timeline._states) == 4)
    before = dict(timeline._states)
    track = next(lane.track.id for lane in timeline.lanes if lane.length == 20)
    timeline._reading.blockSignals(True)
    set_box(varied, track, 8, BOX)
    assert dict(timeline._states) == before
    assert timeline._missing() == [track]
    timeline._reading.blockSignals(False)
    timeline._reading.start()
    qtbot.waitUntil(lambda: timeline._states[track] != before[track])
    assert not timeline._missing()


def test_a_new_track_is_scrolled_to_in_lanes_and_table(varied: MainWindow, qtbot: QtBot) -> None:
    document, timeline, table = varied.document, varied.timeline, varied.features.tracks.table
    for k in range(60):
        document.draw_track((10.0, 10.0, 20.0 + k, 30.0))
    qtbot.waitUntil(lambda: len(timeline.lanes) == table.model.rowCount() == 64)
    document.select(())
    timeline.verticalScrollBar().setValue(0)
    table.view.scrollToTop()
    document.draw_track((10.0, 10.0, 40.0, 40.0))
    (track,) = document.selection

    def in_view() -> bool:
        rows = [k for k, lane in enumerate(timeline.lanes) if lane.track.id == track]
        chosen = table.view.selectionModel().selectedRows()
        return bool(rows) and rows[0] in timeline._visible_rows() and len(chosen) == 1 and \
            table.view.viewport().rect().contains(table.view.visualRect(chosen[0]).center())

    qtbot.waitUntil(in_view)
    assert timeline.verticalScrollBar().value() > 0


def test_a_lane_that_is_half_in_view_is_scrolled_to_when_it_is_selected(varied: MainWindow, qtbot: QtBot) -> None:
    timeline = varied.timeline
    first = timeline.lanes[0].track.id
    timeline.setFixedHeight(OVERVIEW + RULER + 2 * LANE + LANE // 2 + timeline.height() - timeline.viewport().height())
    qtbot.waitUntil(lambda: timeline.verticalScrollBar().maximum() >= LANE)
    timeline.verticalScrollBar().setValue(LANE // 2)
    varied.document.select([first])
    assert timeline.verticalScrollBar().value() == 0


def test_a_lane_looks_different_in_each_state(varied: MainWindow, qtbot: QtBot) -> None:
    timeline = varied.timeline
    row, lane = next((k, lane) for k, lane in enumerate(timeline.lanes) if lane.length == 4)
    qtbot.waitUntil(lambda: lane.track.id in timeline._states)
    image, top = picture(varied), OVERVIEW + RULER + row * LANE

    def patch(frame: int) -> list[str]:
        x = round(timeline._x(frame + 0.4))
        return [QColor(image.pixel(x + dx, top + dy)).name() for dx in range(6) for dy in range(6, LANE - 6)]

    reliable, suspicious = set(patch(3)), set(patch(1))
    assert reliable == {lane.track.color}
    assert len(suspicious) > 1


def test_the_order_button_is_hidden_in_an_empty_window(window: MainWindow) -> None:
    assert not window.features.timeline.lane_order.button.isVisible()
    assert window.features.timeline.lane_order.button.width() <= NAMES
