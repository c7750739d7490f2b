from __future__ import annotations

import shutil
import sqlite3
import threading
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from annotator.jobs.project import add_source, open_project
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.model.track import RunStatus
from annotator.storage.edits import drawn_boxes
from annotator.ui.timeline.marks import read_marks
from annotator.ui.widgets.project_key import project_key
from annotator.ui.window.main_window import MainWindow
from annotator.ui.window.removal_question import RemovalQuestion
from annotator.ui.window.video_question import VideoQuestion
from testbed.synthetic_clips import ClipSpec, make_clip
from testbed.videos import write_video
from tests.conftest import FRAMES, MadeClip
from tests.required import required
from tests.ui.conftest import has_picture, wait_read


def click(qtbot: QtBot, widget: object) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.fixture
def moved(project: Path, clip: MadeClip, tmp_path: Path) -> Path:
    """A project whose video lies elsewhere, under another name."""
    away = tmp_path / "away"
    away.mkdir()
    place = away / "renamed.mp4"
    shutil.copy(clip.video, place)
    with open_project(project) as session:
        session.store.move_videos({session.store.videos()[0].id: tmp_path / "gone" / "clip.mp4"})
    return place


def test_a_new_project_is_made_and_never_over_another(window: MainWindow, clip: MadeClip, tmp_path: Path,
                                                       qtbot: QtBot) -> None:
    assert window.features.files.projects.make(tmp_path / "mine")
    assert window.document.path == tmp_path / "mine.annot"
    assert window.open_path(clip.video)
    wait_read(window, qtbot)
    assert len(window.document.videos()) == 1
    assert not window.features.files.projects.make(tmp_path / "mine.annot")
    assert "already exists" in window.statusBar().currentMessage()
    assert len(window.document.videos()) == 1


def test_a_project_of_several_videos_has_a_chooser(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    assert not opened.features.files.projects.chooser.isVisible()
    other = tmp_path / "other.mp4"
    write_video(make_clip(ClipSpec(frames=5, width=120, height=80, objects=(1, 1), exits=0.0, crossings=0.0), 3), other)
    assert opened.open_path(other)
    wait_read(opened, qtbot)
    chooser = opened.features.files.projects.chooser
    assert chooser.isVisible()
    assert chooser.currentText() == "other"
    chooser.setFocus()
    qtbot.keyClick(chooser, Qt.Key.Key_Up)
    assert opened.document.video is not None
    assert opened.document.video.name == "clip"
    assert len(opened.canvas.overlay.shapes) == 3
    opened.document.close()
    assert not chooser.isVisible()


def counted(box: RemovalQuestion) -> str:
    return box.text() + " " + box.informativeText()


def test_a_video_is_removed_after_a_question_and_undo_shows_it_again(opened: MainWindow, tmp_path: Path,
                                                                     qtbot: QtBot) -> None:
    document, projects = opened.document, opened.features.files.projects
    other = tmp_path / "other.mp4"
    write_video(make_clip(ClipSpec(frames=5, width=120, height=80, objects=(1, 1), exits=0.0, crossings=0.0), 3), other)
    assert opened.open_path(other)
    wait_read(opened, qtbot)
    document.set_video(document.videos()[0])
    drawn_boxes.set_box(required(document.session).store, min(document.tracks()), 3, (1.0, 2.0, 30.0, 40.0))
    file = required(document.session).store.video_path(required(document.video))
    opened.actions_["file.remove"].trigger()
    [box] = opened.findChildren(RemovalQuestion)
    assert counted(box).startswith(f"Remove clip from p.annot? With it go: 3 tracks, {3 * FRAMES + 1} boxes, ")
    assert "1 of them manual" in counted(box)
    assert counted(box).endswith(".\nThe video file is not touched. You can undo this.")
    box.button(box.StandardButton.Cancel).click()
    assert len(document.videos()) == 2
    qtbot.waitUntil(lambda: not opened.findChildren(RemovalQuestion))
    opened.actions_["file.remove"].trigger()
    click(qtbot, opened.findChildren(RemovalQuestion)[0].remove)
    assert [video.name for video in document.videos()] == ["other"]
    assert required(document.video).name == "other"
    assert not projects.chooser.isVisible()
    assert "undo brings it back" in opened.statusBar().currentMessage()
    assert file.exists()
    opened.actions_["edit.undo"].trigger()
    assert required(document.video).name == "clip"
    assert len(document.tracks()) == 3
    assert projects.chooser.isVisible()
    qtbot.waitUntil(lambda: has_picture(opened, 0))
    opened.actions_["edit.redo"].trigger()
    assert required(document.video).name == "other"


def test_the_last_video_is_removed_and_adding_one_is_undone(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    document = opened.document
    opened.features.files.projects.remove(required(document.video))
    assert document.video is None
    assert not opened.actions_["file.remove"].isEnabled()
    opened.actions_["edit.undo"].trigger()
    qtbot.waitUntil(lambda: has_picture(opened, 0))
    other = tmp_path / "other.mp4"
    write_video(make_clip(ClipSpec(frames=5, width=120, height=80, objects=(1, 1), exits=0.0, crossings=0.0), 3), other)
    assert opened.open_path(other)
    wait_read(opened, qtbot)
    qtbot.waitUntil(lambda: has_picture(opened, 0))
    assert required(document.video).name == "other"
    assert opened.actions_["edit.undo"].text() == "Undo Add video other"
    opened.actions_["edit.undo"].trigger()
    assert required(document.video).name == "clip"
    opened.actions_["edit.redo"].trigger()
    assert required(document.video).name == "other"
    qtbot.waitUntil(lambda: has_picture(opened, 0))


def test_a_lost_video_is_located_while_its_tracks_stay_in_sight(window: MainWindow, project: Path, moved: Path,
                                                                tmp_path: Path, qtbot: QtBot,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    assert window.open_path(project)
    window.document.go_to(4)
    wait_read(window, qtbot)
    assert window.offers.isVisible()
    assert len(window.canvas.overlay.shapes) == len(window.timeline.lanes) == 3
    wrong = tmp_path / "wrong.mp4"
    wrong.write_bytes(b"something else")
    answers = iter([str(wrong), str(moved)])
    monkeypatch.setattr("annotator.ui.window.projects.QFileDialog.getOpenFileName", lambda *_: (next(answers), ""))
    click(qtbot, window.offers.button)
    wait_read(window, qtbot)
    assert "is not the video" in window.statusBar().currentMessage()
    assert window.offers.isVisible()
    click(qtbot, window.offers.button)
    wait_read(window, qtbot)
    assert not window.offers.isVisible()
    assert window.document.frame == 4
    qtbot.waitUntil(lambda: has_picture(window, 4))
    window.document.close()
    with open_project(project) as session:
        assert session.store.video_path(session.store.videos()[0]) == moved


def interrupt(project: Path) -> None:
    """As a kill leaves it: a run that says it is running."""
    connection = sqlite3.connect(project)
    connection.execute("UPDATE run SET status = 'running' WHERE id = (SELECT max(id) FROM run)")
    connection.commit()
    connection.close()


@pytest.fixture
def stopped(tmp_path: Path, clip: MadeClip) -> Path:
    """A project with a run that stopped after some frames."""
    from annotator.jobs.tracking import preannotate

    path = tmp_path / "stopped.annot"
    with open_project(path, create=True) as session:
        video, _ = add_source(session, clip.video)
        settings = PreannotateSettings(detections=str(clip.det), tracker="bytetrack", device="cpu", snapshot_every=4)
        job = preannotate.start(session, video, settings)
        for _ in range(10):
            next(job)
        job.close()
    return path


def test_a_failed_run_is_offered_and_its_reason_shown(window: MainWindow, stopped: Path) -> None:
    with open_project(stopped) as session:
        session.store.finish_run(session.store.runs()[-1].id, RunStatus.FAILED, "the <b>disk</b> is full")
    assert window.open_path(stopped)
    assert window.offers.text.text() == f"A run over clip failed after 10 of {FRAMES} frames."
    assert "disk" in window.offers.text.toolTip()
    assert "<b>" not in window.offers.text.toolTip()


def test_an_interrupted_run_is_offered_and_resumed(window: MainWindow, stopped: Path, qtbot: QtBot) -> None:
    interrupt(stopped)
    assert window.open_path(stopped)
    assert window.offers.isVisible()
    assert f"after 10 of {FRAMES} frames" in window.offers.text.text()
    with qtbot.waitSignal(window.worker.finished, timeout=60000) as ended:
        click(qtbot, window.offers.button)
    assert ended.args == ["finished", ""]
    qtbot.waitUntil(lambda: not window.worker.busy)
    assert not window.offers.isVisible()
    assert window.document.session is not None
    assert window.document.session.store.runs()[-1].status is RunStatus.FINISHED
    assert not window.actions_["run.resume"].isEnabled()


def test_a_cancelled_run_is_not_offered_but_can_be_resumed(window: MainWindow, stopped: Path, qtbot: QtBot) -> None:
    assert window.open_path(stopped)
    assert not window.offers.isVisible()
    assert window.actions_["run.resume"].isEnabled()
    with qtbot.waitSignal(window.worker.finished, timeout=60000) as ended:
        window.actions_["run.resume"].trigger()
    assert ended.args == ["finished", ""]
    qtbot.waitUntil(lambda: not window.worker.busy)


def running(window: MainWindow) -> bool:
    return required(window.document.session).store.runs()[-1].status is RunStatus.RUNNING


def test_a_run_that_was_stopped_by_closing_the_window_is_offered(window: MainWindow, stopped: Path, qtbot: QtBot,
                                                                 ) -> None:
    assert window.open_path(stopped)
    window.features.jobs.controller.resume()
    window.worker.set_paused(True)
    qtbot.waitUntil(lambda: running(window))
    with qtbot.waitSignal(window.worker.finished, timeout=60000) as ended:
        window.features.jobs.stop()
    assert ended.args == ["cancelled", ""]
    qtbot.waitUntil(lambda: not window.worker.busy)
    window.document.close()
    assert window.open_path(stopped)
    assert window.offers.isVisible()
    assert f"of {FRAMES} frames" in window.offers.text.text()
    with qtbot.waitSignal(window.worker.finished, timeout=60000):
        click(qtbot, window.offers.button)
    qtbot.waitUntil(lambda: not window.worker.busy)
    window.document.close()
    assert window.open_path(stopped)
    assert not window.offers.isVisible()


def test_a_run_is_offered_only_while_its_step_is_done(window: MainWindow, stopped: Path) -> None:
    interrupt(stopped)
    assert window.open_path(stopped)
    session, resume = required(window.document.session), window.actions_["run.resume"]

    def ends() -> int:
        return len(read_marks(session, 1, FRAMES).runs)

    assert (resume.isEnabled(), ends()) == (True, 1)
    window.actions_["edit.undo"].trigger()
    assert (resume.isEnabled(), ends()) == (False, 0)
    window.actions_["edit.redo"].trigger()
    assert (resume.isEnabled(), ends()) == (True, 1)
    window.actions_["edit.undo"].trigger()
    window.document.edit(lambda session: drawn_boxes.add_track(
        session.store, 1, session.store.ensure_label("car").id, 0, (1, 2, 30, 40)))
    assert (resume.isEnabled(), ends()) == (False, 0)
    assert not window.offers.isVisible()


def test_an_offer_can_be_sent_away(window: MainWindow, stopped: Path, qtbot: QtBot) -> None:
    interrupt(stopped)
    assert window.open_path(stopped)
    click(qtbot, window.offers.dismiss)
    assert not window.offers.isVisible()
    assert window.actions_["run.resume"].isEnabled()


def test_when_an_offer_goes_the_one_before_it_is_there_again(window: MainWindow) -> None:
    taken: list[str] = []
    for topic in ("first", "second"):
        window.offers.offer(topic, f"the {topic} thing", "Do", partial(taken.append, topic))
    window.offers.button.click()
    window.offers.withdraw("second")
    assert window.offers.text.text() == "the first thing"
    window.offers.button.click()
    assert taken == ["second", "first"]
    window.offers.withdraw("second")
    window.offers.withdraw("first")
    assert not window.offers.isVisible()


def test_a_window_that_closes_ends_its_warming_up(window: MainWindow) -> None:
    window.warm_up()
    window.close()
    assert not any(thread.name == "warm-up" for thread in threading.enumerate())


def short_video(path: Path, seed: int = 3) -> Path:
    write_video(make_clip(ClipSpec(frames=5, width=120, height=80, objects=(1, 1), exits=0.0, crossings=0.0), seed),
                path)
    return path


def question(window: MainWindow) -> VideoQuestion:
    (box,) = [box for box in window.findChildren(VideoQuestion) if box.isVisible()]
    return box


def drop(window: MainWindow, *paths: Path) -> None:
    window.features.files.open_dropped(paths)


def test_a_video_opened_beside_an_open_project_is_asked_about(
        opened: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    other, project = short_video(tmp_path / "other.mp4"), opened.document.path
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(other), ""))
    opened.actions_["file.open"].trigger()
    box = question(opened)
    assert "other.mp4" in box.text()
    assert "p.annot" in box.text()
    box.reject()
    wait_read(opened, qtbot)
    assert len(opened.document.videos()) == 1

    opened.actions_["file.open"].trigger()
    qtbot.mouseClick(question(opened).add, Qt.MouseButton.LeftButton)
    wait_read(opened, qtbot)
    assert (opened.document.path, len(opened.document.videos())) == (project, 2)
    assert not (tmp_path / "other.annot").exists()

    opened.actions_["file.open"].trigger()  # it is known now: there is nothing to ask
    wait_read(opened, qtbot)
    assert len(opened.document.videos()) == 2


def test_dropped_videos_can_begin_a_new_project(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")
    videos = [broken, short_video(tmp_path / "one.mp4"), short_video(tmp_path / "two.mp4", 4)]
    drop(opened, *videos)
    qtbot.mouseClick(question(opened).new, Qt.MouseButton.LeftButton)
    wait_read(opened, qtbot)
    assert opened.document.path == tmp_path / "one.annot"
    assert [video.name for video in opened.document.videos()] == ["one", "two"]
    with open_project(tmp_path / "p.annot", read_only=True) as session:
        assert [video.name for video in session.store.videos()] == ["clip"]


def test_an_existing_project_of_the_video_is_offered_and_a_job_keeps_the_present_one(
        opened: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_project(tmp_path / "one.annot", create=True).close()
    drop(opened, short_video(tmp_path / "one.mp4"))
    box = question(opened)
    assert "Open the other project" in box.new.text()
    assert box.new.isEnabled()
    box.reject()
    with monkeypatch.context() as patched:
        patched.setattr(opened.document, "in_use", lambda: True)
        drop(opened, tmp_path / "one.mp4")
    assert not question(opened).new.isEnabled()


def test_a_project_opens_where_it_was_left(opened: MainWindow, project: Path, tmp_path: Path, qtbot: QtBot) -> None:
    assert opened.open_path(short_video(tmp_path / "other.mp4"))
    wait_read(opened, qtbot)
    first, second = opened.document.videos()
    opened.document.set_video(first)
    track = sorted(opened.document.tracks())[1]
    opened.document.go_to(7)
    opened.document.select([track])
    opened.canvas.zoom(3.0)
    left = required(opened.canvas.view_rect())
    opened.document.close()
    for _ in range(2):  # also in between another project
        assert opened.open_path(project)
        assert (required(opened.document.video).name, opened.document.frame) == (first.name, 7)
        assert opened.document.selection == {track}
        assert opened.canvas.view_rect() is not None
        now = required(opened.canvas.view_rect())
        assert (now.center() - left.center()).manhattanLength() < 1
        assert now.width() == pytest.approx(left.width(), rel=0.02)
        assert opened.features.files.projects.make(tmp_path / f"empty{_}")
        assert opened.document.frame == 0
        assert not opened.document.selection
    assert opened.open_path(project)
    opened.document.set_video(second)
    opened.document.go_to(2)
    opened.document.close()
    assert opened.open_path(project)
    assert (required(opened.document.video).name, opened.document.frame) == (second.name, 2)


def test_a_view_that_does_not_fit_any_more_is_left_out(opened: MainWindow, project: Path, settings: QSettings) -> None:
    opened.document.close()
    key = project_key("view", project)
    for stored in ("[]", "{", '{"video": "gone", "frame": 3}', '{"video": "clip", "frame": "x", "rect": [1], '
                   '"tracks": [99, null]}', '{"video": "clip", "frame": 1000000, "tracks": 3, "rect": [0, 0, 0, 0]}'):
        settings.setValue(key, stored)
        assert opened.open_path(project)
        assert required(opened.document.video).name == "clip"
        assert not opened.document.selection
        opened.document.close()
        settings.remove(key)


def test_a_finished_project_offers_nothing(opened: MainWindow) -> None:
    assert not opened.offers.isVisible()
    assert not opened.actions_["run.resume"].isEnabled()


def test_recent_projects_that_are_gone_are_greyed(opened: MainWindow, tmp_path: Path) -> None:
    opened.document.close()
    other = tmp_path / "short-lived.annot"
    open_project(other, create=True).close()
    assert opened.open_path(other)
    opened.document.close()
    other.unlink()
    recent = opened.features.files.recent
    recent.aboutToShow.emit()
    enabled = {Path(action.text()).name: action.isEnabled() for action in recent.actions()}
    assert enabled == {"short-lived.annot": False, "p.annot": True}
