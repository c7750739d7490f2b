from __future__ import annotations

from pathlib import Path

import pytest

from annotator.cli.exit_codes import USER_ERROR
from annotator.cli.main import main, program_parser, with_command

NO_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@pytest.mark.parametrize(("given", "meant"), [
    ([], ["window"]), (["a.annot"], ["window", "a.annot"]), (["clip.mp4", "b.mov"], ["window", "clip.mp4", "b.mov"]),
    (["export", "p.annot"], ["export", "p.annot"]), (["--help"], ["--help"]), (["exprot"], ["exprot"]),
])
def test_files_without_a_command_open_the_window(given: list[str], meant: list[str], tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert with_command(given, program_parser()[1]) == meant


def test_a_folder_of_images_opens_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "img1").mkdir()
    monkeypatch.chdir(tmp_path)
    assert with_command(["img1"], program_parser()[1]) == ["window", "img1"]


def test_a_command_is_one_even_where_a_folder_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "export").mkdir()
    monkeypatch.chdir(tmp_path)
    assert with_command(["export"], program_parser()[1]) == ["export"]


def test_without_a_display_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in NO_DISPLAY:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert main(["window"]) == USER_ERROR
    message = capsys.readouterr().err
    assert "display" in message or "not installed" in message


def test_without_qt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main([]) == USER_ERROR
    assert "pip install" in capsys.readouterr().err
