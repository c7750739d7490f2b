from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks import real
from tests.command_line import done
from tests.conftest import FRAMES, MadeClip


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the models' modules are imported already."""
    def command(arguments: list[str]) -> subprocess.CompletedProcess[str]:
        said = done(*arguments)
        return subprocess.CompletedProcess(arguments, said.code, said.out, said.err)

    monkeypatch.setattr(real, "command", command)


def test_both_trackers_are_scored_on_the_same_detections(clip: MadeClip, tmp_path: Path) -> None:
    done("preannotate", clip.video, "--project", tmp_path / "truth.annot", "--detections", clip.det, "--tracker",
         "bytetrack")
    done("export", tmp_path / "truth.annot", "--format", "mot", "--out", tmp_path / "truth")
    [truth] = (tmp_path / "truth").rglob("gt.txt")
    sequence = real.Sequence(clip.video, truth, ("--detections", str(clip.det)))
    found = real.score(sequence, tmp_path, [
        "--segmenter", "tiny-sam2-drawn", "--device", "cpu"])
    assert found["frames"] == FRAMES
    assert found["bytetrack"]["hota"] == 100, "the truth is its own result"
    assert found["bytetrack"]["tracks"] == clip.objects
    assert 10 < found["sam2mot"]["hota"] < 100


def test_videos_run_through_and_other_files_are_passed_over(clip: MadeClip, tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    shutil.copy(clip.video, tmp_path / "videos" / "one.mp4")
    (tmp_path / "videos" / "README").write_text("not a video")
    found = real.run_through(tmp_path, tmp_path, "tiny-detector", 4, [
        "--segmenter", "tiny-sam2-drawn", "--device", "cpu"])
    assert list(found) == ["one.mp4"]
    assert (found["one.mp4"]["frames"], found["one.mp4"]["run"], found["one.mp4"]["size"]) == (FRAMES, 5, "240x180")
    assert found["one.mp4"]["tracks"] > 0
