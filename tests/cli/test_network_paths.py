"""A project that leads to another computer: no command touches the path before the user agreed."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

import annotator as package
from annotator.errors import NetworkPathError
from annotator.files.consent import NetworkConsent
from annotator.jobs.project import add_source, open_project
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.model.track import RunStatus
from tests.command_line import annotator, done, refused
from tests.conftest import MadeClip
from tests.untouched import untouched

HOST = "evil.invalid"
FORMS = [f"//{HOST}/share/clip.mp4", f"\\\\{HOST}\\share\\clip.mp4", f"\\\\?\\UNC\\{HOST}\\share\\clip.mp4",
         f"smb://{HOST}/share/clip.mp4", f"file://{HOST}/share/clip.mp4"]

#: Arguments of each command that reads the video; P is the project, D a folder, L labels.
READING = {
    "preannotate": ("preannotate", "--project", "P", "--tracker", "sort", "--device", "cpu"),
    "render": ("render", "P", "--out", "D/drawn.mp4"),
    "export with images": ("export", "P", "--format", "mot17", "--out", "D/mot", "--pictures", "jpg"),
    "export with links": ("export", "P", "--format", "mot17", "--out", "D/mot", "--pictures", "link"),
    "import": ("import", "L", "--project", "P", "--format", "mot", "--as", "detections"),
    "review": ("review", "P"),
    "prompt": ("prompt", "P", "--frame", "3", "--box", "10,10,40,40", "--segmenter", "tiny-sam2", "--device", "cpu"),
    "clean up": ("prompt", "P", "--clean-up", "--track", "1", "--frame", "3", "--segmenter", "tiny-sam2"),
    "relink": ("relink", "P"),
}
#: Arguments of commands that do their work without the video.
WITHOUT = {
    "export": ("export", "P", "--format", "mot", "--out", "D/mot"),
    "swap": ("edit", "P", "swap", "1", "2", "--from", "10"),
    "undo": ("edit", "P", "undo"),
    "remove the video": ("edit", "P", "remove-video"),
    "doctor": ("doctor", "P"),
    "review without colours": ("review", "P", "--no-appearance"),
}


def led_away(finished: Path, folder: Path, path: str) -> Path:
    """A copy of the project whose video's path was changed by somebody else."""
    project = Path(shutil.copy(finished, folder / "p.annot"))
    with closing(sqlite3.connect(project)) as connection, connection:
        connection.execute("UPDATE video SET path = ?", (path,))
    return project


def filled(arguments: tuple[str, ...], project: Path, clip: MadeClip) -> list[str]:
    return [str(project) if each == "P" else str(clip.det) if each == "L" else
            each.replace("D/", f"{project.parent}/", 1) if each.startswith("D/") else each for each in arguments]


def test_the_watch_sees_what_it_must() -> None:
    with pytest.raises(pytest.fail.Exception), untouched(HOST):
        Path(FORMS[0]).exists()
    with pytest.raises(AssertionError), untouched(HOST), suppress(pytest.fail.Exception):  # as a careless program would
        Path(FORMS[1]).read_bytes()


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("command", READING)
def test_a_command_that_needs_the_video_refuses_untouched(command: str, path: str, finished_project: Path,
                                                         clip: MadeClip, tmp_path: Path) -> None:
    project = led_away(finished_project, tmp_path, path)
    with untouched(HOST):
        message = refused(*filled(READING[command], project, clip))
    assert "--trust-project" in message
    assert path in message or command == "relink"


@pytest.mark.parametrize("path", FORMS[:2])
@pytest.mark.parametrize("command", WITHOUT)
def test_other_commands_work_untouched(command: str, path: str, finished_project: Path, clip: MadeClip,
                                      tmp_path: Path) -> None:
    project = led_away(finished_project, tmp_path, path)
    with untouched(HOST):
        assert annotator(*filled(WITHOUT[command], project, clip)).code == 0


@pytest.mark.parametrize("command", READING)
def test_with_consent_it_is_looked_for_once_and_for_all(command: str, finished_project: Path, clip: MadeClip,
                                                       tmp_path: Path) -> None:
    project = led_away(finished_project, tmp_path, f"//{HOST}/share/clip.mp4")
    said = annotator(*filled(READING[command], project, clip), "--trust-project")
    assert "--trust-project" not in said.err  # looked for, and not there
    assert NetworkConsent(project).allows(f"//{HOST}/share")
    assert "--trust-project" not in annotator(*filled(READING[command], project, clip)).err


def test_adding_the_same_video_from_here_replaces_the_path(finished_project: Path, clip: MadeClip,
                                                          tmp_path: Path) -> None:
    project = led_away(finished_project, tmp_path, FORMS[0])
    with untouched(HOST):
        done("import", clip.det, "--project", project, "--source", clip.video, "--format", "mot", "--as", "detections")
    with open_project(project) as session:
        (video,) = session.store.videos()
        assert session.store.video_path(video).samefile(clip.video)


@pytest.mark.parametrize("name", ["detections", "thresholds", "detector", "detector_config", "segmenter"])
@pytest.mark.parametrize("path", [f"//{HOST}/share/file.txt", f"\\\\{HOST}\\share\\file.txt"])
def test_a_resume_touches_no_file_that_only_a_run_names(name: str, path: str, clip: MadeClip, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    tracker = "sam2mot" if name == "segmenter" else "sort"
    own = PreannotateSettings(tracker=tracker, device="cpu", end=5,
                              detector=str(clip.det) if name == "detector_config" else None)
    settings = replace(own, **{name: path})  # type: ignore[arg-type]  # the fields are texts
    with open_project(project, create=True) as session:
        video, _ = add_source(session, clip.video)
        run = session.store.begin_run(video.id, "preannotate", settings.to_json(), {}, ["object"], 0, 5)
        session.store.finish_run(run.id, RunStatus.INTERRUPTED)
    with untouched(HOST):
        message = refused("preannotate", "--project", project, "--resume")
    assert path in message
    assert "--trust-project" in message
    assert "--trust-project" not in annotator("preannotate", "--project", project, "--resume", "--trust-project").err
    if name in ("detections", "thresholds"):
        assert NetworkConsent(project).allows(f"//{HOST}/share")


def test_a_notebook_touches_it_only_if_trusted(finished_project: Path, clip: MadeClip, tmp_path: Path) -> None:
    project = led_away(finished_project, tmp_path, FORMS[0])
    with untouched(HOST), package.open(project) as opened:
        assert len(opened.videos()) == 1
        assert len(opened.masks("clip", 3))
        with pytest.raises(NetworkPathError, match="--trust-project"):
            opened.image("clip", 3)
    with package.open(project, write=True, trusted=True) as opened, pytest.raises(Exception, match="missing"):
        opened.image("clip", 3)
    assert NetworkConsent(project).allows(f"//{HOST}/share")
