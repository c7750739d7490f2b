"""Project files that no release of this program makes: they are refused in one line, or read as far as they make sense.

Each edit runs in a forked child, so that a crash of native code is seen as what it is.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from annotator.errors import StorageError, UserError
from annotator.storage.file.checked_types import DEEPEST_DOCUMENT, parsed
from annotator.storage.store import Store

if sys.platform == "win32":
    pytest.skip("a child process is forked for each project", allow_module_level=True)

from tests.untouched import untouched
from tools.stress import forked
from tools.stress.attack_project import MEMORY, base_project, copy_of, exercise
from tools.stress.hostile_edits import HOSTILE_EDITS, mutate

#: Limit for reading a small project; a hang takes for ever.
SECONDS = 60.0

#: Edits that change what a connection runs; none may be opened.
SCHEMA_EDITS = [name for name in HOSTILE_EDITS if name.startswith((
    "trigger_", "view_", "virtual_", "table_", "column_", "index_", "check_", "type_", "history_missing", "schema_"))]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return base_project(tmp_path_factory.mktemp("base"))


def hostile(base: Path, folder: Path, name: str) -> Path:
    project = copy_of(base, folder / name)
    with closing(sqlite3.connect(project, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        HOSTILE_EDITS[name](connection, project.parent)
    return project


def read_everything(path: Path) -> int:
    """Use a project as views and jobs do. Returns 0, or 2 where it is refused."""
    try:
        with Store.open(path) as store:
            for video in store.videos():
                store.check_readable(video)
                store.evidence(video.id)
                for _, boxes in store.iter_frames(video.id, masks=True):
                    for box in boxes:
                        if box.mask is not None:
                            box.mask.crop()
                            box.mask.area()
                for run in store.runs(video.id):
                    list(store.run_results(run.id))
                    list(store.detections(run.id))
                for track in store.tracks(video.id):
                    store.trajectory(track.id)
                    store.track_events(track.id)
                store.mean_scores([track.id for track in store.tracks(video.id)])
                store.suspicious_frames(video.id)
            store.undo()
            store.redo()
            while store.undo() is not None:
                pass
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def test_the_base_project_is_read(base: Path, tmp_path: Path) -> None:
    ending = forked.run(lambda: read_everything(Path(shutil.copy(base, tmp_path / "p.annot"))), SECONDS, MEMORY)
    assert (ending.status, ending.errors) == (0, "")


@pytest.mark.parametrize("name", [name for name in HOSTILE_EDITS if name not in SCHEMA_EDITS])
def test_a_hostile_value_is_refused_or_harmless(name: str, base: Path, tmp_path: Path) -> None:
    project = hostile(base, tmp_path, name)
    ending = forked.run(lambda: read_everything(project), SECONDS, MEMORY)
    assert ending.problem == ""
    assert len(ending.refusal) < 2000


@pytest.mark.parametrize("name", SCHEMA_EDITS)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_changed_schema_is_not_opened(name: str, read_only: bool, base: Path, tmp_path: Path) -> None:
    project = hostile(base, tmp_path, name)
    with pytest.raises(StorageError, match="p.annot"):
        Store.open(project, read_only=read_only)


def test_random_changes_are_refused_or_harmless(base: Path, tmp_path: Path) -> None:
    for turn in range(40):
        project = copy_of(base, tmp_path / str(turn))
        with closing(sqlite3.connect(project, isolation_level=None)) as connection:
            done = mutate(connection, random.Random(f"test {turn}"))
        ending = forked.run(partial(read_everything, project), SECONDS, MEMORY)
        assert ending.problem == "", done
        shutil.rmtree(project.parent)


@pytest.mark.parametrize("name", [name for name in HOSTILE_EDITS if name.startswith("path_share")])
def test_a_path_on_another_computer_is_never_touched(name: str, base: Path, tmp_path: Path) -> None:
    project = hostile(base, tmp_path, name)
    with untouched("host/share"):
        assert exercise(project) == 2
        with Store.open(project) as store:
            assert list(store.refused_places().values()) == [["clip"]]


def test_refusals_name_the_column_and_what_it_holds(base: Path, tmp_path: Path) -> None:
    with Store.open(hostile(base, tmp_path, "review_unknown")) as store, pytest.raises(
            StorageError, match=r"track\.review holds 'bogus', but expected one of unseen"):
        store.tracks(1)


def test_a_view_cannot_run_functions_with_side_effects(base: Path, tmp_path: Path) -> None:
    project = Path(shutil.copy(base, tmp_path / "p.annot"))
    with Store.open(project) as store:
        assert store._connection.exec_driver_sql("PRAGMA trusted_schema").scalar() == 0


def test_opening_reads_no_boxes(base: Path, tmp_path: Path) -> None:
    """A damaged box costs nothing at opening; it is found where it is read."""
    project = hostile(base, tmp_path, "box_infinite")
    with Store.open(project) as store:
        video = store.videos()[0]
        store.check_readable(video)
        with pytest.raises(StorageError, match=r"observation\.x1 holds inf"):
            store.observations(video.id, 3)


def test_names_with_control_and_direction_marks_are_shown_without_them(base: Path, tmp_path: Path) -> None:
    with Store.open(hostile(base, tmp_path, "label_name_bidi")) as store:
        assert store.labels()[0].name == "\ufffdgpj.exe"


def test_a_name_too_long_to_be_read_cannot_be_written(base: Path, tmp_path: Path) -> None:
    with Store.open(Path(shutil.copy(base, tmp_path / "p.annot"))) as store:
        with pytest.raises(StorageError, match="label.name would have 5000 characters"):
            store.ensure_label("n" * 5000)
        assert store.labels()


@pytest.mark.parametrize("text", ["[" * 100 + "]" * 100, '{"a":' * 40 + "1" + "}" * 40])
def test_json_is_not_parsed_deeper_than_any_of_ours(text: str) -> None:
    with pytest.raises(StorageError, match=f"nested at most {DEEPEST_DOCUMENT} deep"):
        parsed("x", text, object)


def test_brackets_within_texts_are_no_nesting() -> None:
    assert parsed("x", '{"a": "' + "[" * 100 + '\\""}', dict) == {"a": "[" * 100 + '"'}


def test_a_device_or_pipe_as_video_is_named(base: Path, tmp_path: Path) -> None:
    from annotator.errors import VideoError
    from annotator.video import fingerprint, open_video

    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        for read in (open_video, fingerprint):
            with pytest.raises(VideoError, match="not a regular file"):
                read(path)
