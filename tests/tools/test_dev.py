from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.system_libraries import missing_libraries
from tools import dev
from tools.dev import SetupError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project root of its own, with what decides whether .venv is up to date."""
    for name in ("pyproject.toml", "annotator/__init__.py", "constraints/dev.txt", "constraints/build.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev, "STAMP", tmp_path / ".venv" / "installed.sha256")
    for name in ("ANNOTATOR_EXTRAS", "ANNOTATOR_SYSTEM_PACKAGES", "ANNOTATOR_INSTALL_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def fake_python(project: Path, script: str) -> None:
    """A stand-in for .venv's interpreter."""
    path = dev.venv_program("python")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def installed(project: Path) -> bool:
    fake_python(project, "exit 0")
    dev.STAMP.write_text(dev.fingerprint())
    return dev.is_installed()


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints/dev.txt", "annotator/__init__.py"])
def test_a_changed_requirement_asks_for_a_new_installation(project: Path, name: str) -> None:
    assert installed(project)
    (project / name).write_text((project / name).read_text() + "# changed\n")
    assert not dev.is_installed()


def test_the_development_set_up_has_window_and_mmdetection_unless_they_are_left_out(
        project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(dev.extras()) == {"dev", "docs", "mmdet", "tables", "window"}
    monkeypatch.setenv("ANNOTATOR_EXTRAS", "dev")
    assert dev.extras() == ["dev"]


@pytest.mark.parametrize(("name", "value"), [("ANNOTATOR_EXTRAS", "dev,window"), ("ANNOTATOR_SYSTEM_PACKAGES", "1")])
def test_another_choice_asks_for_a_new_installation(project: Path, name: str, value: str,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed(project)
    monkeypatch.setenv(name, value)
    assert not dev.is_installed()


def test_an_environment_without_its_interpreter_is_not_installed(project: Path) -> None:
    assert installed(project)
    dev.venv_program("python").unlink()
    assert not dev.is_installed()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for the interpreter is a shell script")
@pytest.mark.parametrize(("says", "words"), [
    ("Failed to establish a new connection: [Errno 111] Connection refused", "No network"),
    ("ERROR: No matching distribution found for torch==2.13.0", "no build of the package"),
    ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk is full"),
    ("SSLCertVerificationError CERTIFICATE_VERIFY_FAILED", "PIP_CERT"),
    ("something else", "last lines above"),
])
def test_trouble_of_pip_ends_in_one_clear_line(project: Path, says: str, words: str) -> None:
    fake_python(project, f"echo '{says}' >&2; exit 1")
    with pytest.raises(SetupError, match=words) as caught:
        dev.pip_install("torch")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system libraries are checked on Linux")
@pytest.mark.parametrize(("manager", "command"), [
    ("apt-get", "apt-get install -y --no-install-recommends libgl1 libxcb1"),
    ("dnf", "dnf install -y libglvnd-glx libxcb"),
])
def test_missing_system_libraries_are_named_with_their_command(
        project: Path, manager: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "missing_libraries", lambda table: ["libGL.so.1", "libxcb.so.1"])
    monkeypatch.setattr(shutil, "which", lambda name: name if name == manager else None)
    with pytest.raises(SetupError) as caught:
        dev.check_system_libraries()
    assert command in str(caught.value)
    assert "libGL.so.1" in str(caught.value)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system libraries are checked on Linux")
def test_a_library_that_the_loader_does_not_find_is_missing() -> None:
    assert missing_libraries(["libc.so.6", "libnowhere-to-be-found.so.9"]) == ["libnowhere-to-be-found.so.9"]


def test_qt_is_only_asked_for_with_the_window(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys, "platform", "linux")

    def none_missing(table: dict[str, tuple[str, str, str, str]]) -> list[str]:
        asked.extend(table)
        return []

    monkeypatch.setattr(dev, "missing_libraries", none_missing)
    monkeypatch.setenv("ANNOTATOR_EXTRAS", "dev")
    dev.check_system_libraries()
    assert "libEGL.so.1" not in asked
    monkeypatch.delenv("ANNOTATOR_EXTRAS")
    dev.check_system_libraries()
    assert "libEGL.so.1" in asked


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system libraries are checked on Linux")
def test_what_only_the_window_lacks_is_named_and_no_error(
        project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(dev, "missing_libraries", lambda table: ["libEGL.so.1"])
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "apt-get" else None)
    dev.check_system_libraries()
    said = "".join(capsys.readouterr())
    assert "libEGL.so.1" in said
    assert "apt-get install -y --no-install-recommends libegl1" in said


def test_a_torch_that_is_there_is_pinned_as_it_is(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dev.constraint_file() == project / "constraints" / "dev.txt"
    monkeypatch.setenv("ANNOTATOR_SYSTEM_PACKAGES", "1")
    monkeypatch.setattr(dev, "system_versions", lambda: {"torch": "2.11.0+cu130", "torchvision": "0.26.0"})
    dev.VENV.mkdir()
    pins = dev.constraint_file().read_text().splitlines()
    assert [pin for pin in pins if pin.startswith("torch")] == ["torch==2.11.0+cu130", "torchvision==0.26.0"]
    monkeypatch.setattr(dev, "system_versions", dict)
    with pytest.raises(SetupError, match="has no torch"):
        dev.constraint_file()


@pytest.fixture
def asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pytest was called with on a machine of four cores."""
    asked: list[str] = []
    monkeypatch.setattr(dev, "setup", lambda: None)

    def run(*command: str | Path, **_: str) -> int:
        asked.extend(map(str, command))
        return 0

    monkeypatch.setattr(dev, "run", run)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(os, "sysconf", lambda name: 1 << 20, raising=False)
    monkeypatch.delenv("ANNOTATOR_TEST_WORKERS", raising=False)
    return asked


def test_the_site_is_built_strictly(asked: list[str]) -> None:
    assert dev.docs([]) == 0
    assert asked[1:5] == ["-m", "mkdocs", "build", "--strict"]


def test_the_site_needs_its_extra_and_no_arguments(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match="no arguments"):
        dev.docs(["--open"])
    monkeypatch.setenv("ANNOTATOR_EXTRAS", "dev,window")
    with pytest.raises(SetupError, match="add docs"):
        dev.docs([])
    assert asked == []


def workers(asked: list[str]) -> str | None:
    return asked[asked.index("-n") + 1] if "-n" in asked else None


@pytest.mark.parametrize("arguments", [[], ["-v"], ["-x"], ["--color=no"], ["--hypothesis-profile=search"],
                                       ["--durations", "20"]])
def test_all_tests_run_on_all_cores(asked: list[str], arguments: list[str]) -> None:
    dev.test(arguments)
    assert workers(asked) == "4"
    assert asked[len(asked) - len(arguments):] == arguments


@pytest.mark.parametrize("arguments", [["-k", "mot"], ["tests/a.py"], ["tests/a.py::test_b"], ["--lf"], ["-s"],
                                       ["--pdb"]])
def test_chosen_tests_run_in_one_process(asked: list[str], project: Path, arguments: list[str]) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "a.py").touch()
    dev.test(arguments)
    assert workers(asked) is None
    assert asked[len(asked) - len(arguments):] == arguments


@pytest.mark.parametrize("option", [["-n", "2"], ["-n2"], ["--numprocesses=2"]])
def test_the_number_of_workers_in_the_arguments_wins(asked: list[str], option: list[str]) -> None:
    dev.test(option)
    assert asked[-len(option):] == option
    assert [part for part in asked if part.startswith(("-n", "--numprocesses"))] == option[:1]


def test_the_number_of_workers_can_be_set(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATOR_TEST_WORKERS", "3")
    dev.test([])
    assert workers(asked) == "3"
    monkeypatch.setenv("ANNOTATOR_TEST_WORKERS", "many")
    with pytest.raises(SetupError, match="number of processes"):
        dev.test([])


def test_one_worker_is_none(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATOR_TEST_WORKERS", "1")
    dev.test([])
    assert workers(asked) is None


def test_workers_have_room_in_memory(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PHYS_PAGES": 1_000_000, "SC_PAGE_SIZE": 4096}[name],
                        raising=False)
    dev.test([])
    assert workers(asked) == "2"


def test_the_script_runs_without_any_package() -> None:
    answer = subprocess.run([sys.executable, "-I", "-S", str(ROOT / "tools" / "dev.py"), "--help"], capture_output=True,
                            text=True, check=True)
    assert "demo" in answer.stdout


def test_every_pinned_dependency_is_pinned_once() -> None:
    names = [line.split("==")[0].lower() for line in (ROOT / "constraints" / "dev.txt").read_text().splitlines()
             if line and not line.startswith("#")]
    assert len(names) == len(set(names))
    assert {"torch", "sam2", "opencv-python", "pytest", "pyside6_essentials", "mmdet", "transformers"} <= set(names)
    assert "opencv-python-headless" not in names
