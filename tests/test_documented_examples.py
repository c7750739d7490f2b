"""Examples of the guides do what the guides say."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

import annotator
from tests.command_line import done
from tests.conftest import MadeClip

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str, language: str = "") -> list[str]:
    """Blocks of code of a page, of one language; those without a language are commands and files."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def commands(page: str, verb: str) -> list[list[str]]:
    lines = (line for block in blocks(page) for line in block.splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"annotator {verb} ")]


@pytest.fixture(scope="module")
def tracked(clip: MadeClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the tutorial has after its run: two videos, one project."""
    folder = tmp_path_factory.mktemp("tutorial")
    for name in ("clip", "other"):
        shutil.copy(clip.video, folder / f"{name}.mp4")
    # Videos are told apart by their content; an empty box after the last frame changes it and no frame.
    with (folder / "other.mp4").open("ab") as file:
        file.write(b"\0\0\0\x08free")
    for name in ("clip", "other"):
        done("preannotate", folder / f"{name}.mp4", "--project", folder / "clip.annot", "--detections", clip.det,
             "--quiet")
    return folder


@pytest.fixture
def folder(tracked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the current folder."""
    folder = shutil.copytree(tracked, tmp_path / "work")
    monkeypatch.chdir(folder)
    return folder


def test_the_datasets_of_the_tutorial(folder: Path) -> None:
    exports = commands("tutorial.md", "export")
    assert len(exports) == 2
    for arguments in exports:
        done(*arguments)
    made = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    listed = next(block for block in blocks("tutorial.md") if "gt.txt" in block)
    for line in listed.splitlines():
        assert line.split()[0] in made
    assert {"dataset-yolo/data.yaml", "dataset-yolo/images/train/clip_000001.jpg",
            "dataset-yolo/images/val/other_000001.jpg"} <= made


def test_the_video_of_the_tutorial(folder: Path) -> None:
    with annotator.open("clip.annot") as project:
        assert len(project.videos()) == 2
    (arguments,) = commands("tutorial.md", "render")
    done(*arguments, "--video", "clip")
    assert (folder / "overlay.mp4").stat().st_size > 0


def test_tables_and_files_of_ones_own(folder: Path, clip: MadeClip) -> None:
    table = next(block for block in blocks("how-to/own-format.md") if block.startswith("frame,"))
    (folder / "boxes.csv").write_text(table, encoding="utf-8")
    (arguments,) = [each for each in commands("how-to/own-format.md", "import") if "boxes.csv" in each]
    done(*[("table.annot" if word == "clip.annot" else word) for word in arguments])
    with annotator.open("table.annot") as project:
        assert project.arrays()["box_xyxy"][0].tolist() == [794.2, 47.5, 865.4, 222.3]
    names: dict[str, Any] = {}
    (example,) = blocks("how-to/own-format.md", "python")
    exec(example, names)
    with annotator.open("clip.annot") as project:
        assert len((folder / "own.txt").read_text().splitlines()) == len(project.arrays()["frame"])


def test_detections_of_another_program(folder: Path) -> None:
    rows = next(block for block in blocks("how-to/own-detector.md") if block.startswith("1,-1"))
    (folder / "det.txt").write_text(rows, encoding="utf-8")
    (words,) = re.findall(r"`annotator (preannotate [^`]*)`", (DOCS / "how-to/own-detector.md").read_text())
    said = done(*words.replace("clip.annot", "own.annot").split(), "--quiet", "--tracker", "sort")
    assert "finished" in said.out


def test_two_settings_are_compared_without_changing_a_track(folder: Path, clip: MadeClip) -> None:
    (folder / "a.yml").write_text(f"detections: {clip.det}\n")
    (folder / "b.yml").write_text("sam2mot: {trajectories: {max_lost: 5}}\n")
    first, second = commands("how-to/tracking-settings.md", "preannotate")
    done(*first, "--quiet")
    with annotator.open("a.annot") as project:
        before = project.arrays()["track"].tolist()
    done(*second, "--quiet")
    with annotator.open("a.annot") as project:
        assert project.arrays()["track"].tolist() == before
