"""The window and the doctor name missing system libraries and the command that installs them."""

from __future__ import annotations

import shutil
import sys

import pytest

from annotator import doctor, system_libraries
from annotator.cli import window
from annotator.system_libraries import OPENCV_LIBRARIES, QT_LIBRARIES, install_command, window_advice

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system libraries are checked on Linux")


@pytest.fixture
def no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """X11 with apt-get as root, where two libraries cannot be loaded."""
    gone = ("libxcb-cursor0", "libxcb-icccm4")
    names = [name for name, packages in QT_LIBRARIES.items() if packages[0] in gone]
    monkeypatch.setattr(system_libraries, "missing_libraries", lambda wanted: [n for n in wanted if n in names])
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("DISPLAY", ":0")
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


COMMAND = "sudo apt-get install -y --no-install-recommends libxcb-cursor0 libxcb-icccm4"


def test_the_window_says_what_is_missing_before_qt_ends_the_process(no_cursor: None) -> None:
    assert window.window_problem() == (
        f"system libraries missing for the window: libxcb-cursor.so.0, libxcb-icccm.so.4; install them with: {COMMAND}")


def test_the_doctor_says_the_same(no_cursor: None) -> None:
    check = doctor._window()
    assert check.status is doctor.Status.FAILED
    assert check.data["missing_libraries"] == ["libxcb-cursor.so.0", "libxcb-icccm.so.4"]
    assert check.advice == f"install them with: {COMMAND}"


@pytest.mark.parametrize(("name", "value"), [("QT_QPA_PLATFORM", "offscreen"), ("QT_QPA_PLATFORM", "wayland"),
                                             ("WAYLAND_DISPLAY", "wayland-0")])
def test_other_platforms_of_qt_need_none_of_them(
        name: str, value: str, no_cursor: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert window_advice() == ([], "")
    assert window.window_problem() is None


def test_x11_by_name_needs_them(no_cursor: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert window_advice()[0] == ["libxcb-cursor.so.0", "libxcb-icccm.so.4"]


def test_without_a_known_package_manager_the_libraries_are_named(
        no_cursor: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert install_command(["libxcb-cursor.so.0"]) is None
    assert window_advice()[1] == "install the packages that contain them"


def test_every_library_has_a_package_for_every_manager() -> None:
    for packages in (*OPENCV_LIBRARIES.values(), *QT_LIBRARIES.values()):
        assert len(packages) == len(system_libraries.MANAGERS)
        assert all(packages)
