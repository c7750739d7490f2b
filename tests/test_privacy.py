"""Nothing leaves the machine: switches are set before imports, and a child process that does everything connects to
nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.privacy import SWITCHES, send_nothing
from tests.conftest import MadeClip
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
YOLOX = ROOT / "../shared/data/detectors/yolox_nano_416.onnx"

#: Whatever stops reports by itself, which would hide a missing switch.
_CONTINUOUS_INTEGRATION = ("CI", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI", "TRAVIS", "CIRCLECI", "JENKINS_URL",
                           "BUILDKITE", "TEAMCITY_VERSION", "APPVEYOR", "BITBUCKET_BUILD_NUMBER", "CODEBUILD_BUILD_ID",
                           "ORT_RUNNING_UNIT_TESTS")

#: Refuses sockets in Python; native code is watched by the preloaded library.
_FORBID = """
import sys
def forbid(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        print("CONNECTS", event, args, file=sys.stderr)
        raise PermissionError("no connections in this test")
sys.addaudithook(forbid)
"""

_IMPORT_EVERYTHING = """
import importlib, os, pkgutil
import annotator
for each in pkgutil.walk_packages(annotator.__path__, "annotator."):
    if not each.name.endswith("__main__"):
        try:
            importlib.import_module(each.name)
        except ImportError as error:
            print("skipped", each.name, error)
"""

_WINDOW = """
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from annotator.ui.window.main_window import MainWindow
from pathlib import Path
app = QApplication(["test"])
window = MainWindow(QSettings(settings, QSettings.Format.IniFormat))
window.show()
window.open_path(Path(project))
QTimer.singleShot(1500, window.close)
QTimer.singleShot(1600, app.quit)
app.exec()
"""


def child(script: str, folder: Path, watch: Path | None = None, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process without variables that stop reports; ``watch`` is the preloaded library."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in SWITCHES and name not in _CONTINUOUS_INTEGRATION}
    environment |= {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1", "HOME": str(folder), **changes}
    if watch is not None:
        environment |= {"LD_PRELOAD": str(watch), "NETWORK_WATCH": str(folder / "network.txt")}
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False,
                          env=environment, timeout=4 * PATIENCE_S)


@pytest.fixture(scope="session")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that records and refuses what native code asks of the network."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("no C compiler here to build the library that watches native code")
    built = tmp_path_factory.mktemp("watch") / "network_watch.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(built), str(ROOT / "tests/network_watch.c")], check=True)
    return built


def asked(folder: Path) -> list[str]:
    found = folder / "network.txt"
    return found.read_text().splitlines() if found.exists() else []


def test_a_value_of_the_user_does_not_turn_reports_on() -> None:
    environment = {"ORT_DISABLE_TELEMETRY": "0", "HOME": "/home/me"}
    send_nothing(environment)
    assert environment["ORT_DISABLE_TELEMETRY"] == "1"
    assert environment["HOME"] == "/home/me"


@pytest.mark.parametrize("module", [
    "annotator.engine.detectors.onnx.detector", "annotator.cli.main", "annotator.notebook"])
def test_switches_are_set_before_a_library_is_imported(module: str, tmp_path: Path) -> None:
    script = f"""
import os, sys
from importlib.abc import MetaPathFinder
class Watch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in ("onnxruntime", "huggingface_hub", "transformers", "torch", "sqlalchemy", "numpy"):
            print("import", name, os.environ.get("ORT_DISABLE_TELEMETRY"), os.environ.get("HF_HUB_DISABLE_TELEMETRY"))
sys.meta_path.insert(0, Watch())
import {module}
"""
    done = child(script, tmp_path)
    assert done.returncode == 0, done.stderr
    seen = [line.split() for line in done.stdout.splitlines() if line.startswith("import")]
    assert seen or module == "annotator.cli.main"
    assert all(line[2:] == ["1", "1"] for line in seen)


@pytest.mark.skipif(not YOLOX.is_file(), reason="the ONNX models of the shared test data are absent")
def test_the_watch_sees_what_native_code_asks(watch: Path, tmp_path: Path) -> None:
    """Otherwise the next test could not fail: without the switch, a session of ONNX Runtime wants to report."""
    onnxruntime = pytest.importorskip("onnxruntime")
    if tuple(map(int, onnxruntime.__version__.split(".")[:2])) < (1, 29):
        pytest.skip(f"onnxruntime {onnxruntime.__version__} reports nothing on Linux")
    script = f"""
import time, onnxruntime
session = onnxruntime.InferenceSession({str(YOLOX)!r}, providers=["CPUExecutionProvider"])
end = time.monotonic() + 20
import pathlib
while time.monotonic() < end and not pathlib.Path({str(tmp_path / "network.txt")!r}).exists():
    time.sleep(0.2)
import os
os._exit(0)
"""
    done = child(script, tmp_path, watch)
    assert done.returncode == 0, done.stderr
    assert any("events.data.microsoft.com" in line for line in asked(tmp_path))


@pytest.mark.parametrize("detector", ["file", "onnx"])
def test_imports_models_a_job_and_the_window_connect_to_nothing(detector: str, watch: Path, clip: MadeClip,
                                                                tmp_path: Path) -> None:
    pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
    if detector == "onnx" and not YOLOX.is_file():
        pytest.skip("the ONNX models of the shared test data are absent")
    project, source = tmp_path / "p.annot", ["--detector", str(YOLOX)] if detector == "onnx" else [
        "--detections", str(clip.det)]
    script = f"""{_FORBID}
{_IMPORT_EVERYTHING if detector == "file" else ""}
import time
from annotator.cli import main
assert main(["preannotate", {str(clip.video)!r}, "--project", {str(project)!r}, "--device", "cpu", "--tracker", "sort",
             "--end", "8", *{source!r}]) == 0
assert main(["export", {str(project)!r}, "--format", "mot", "--out", {str(tmp_path / "out")!r}]) == 0
project, settings = {str(project)!r}, {str(tmp_path / "settings.ini")!r}
{_WINDOW}
time.sleep(3)  # reports are sent in the background
print("DONE")
"""
    done = child(script, tmp_path, watch)
    assert done.returncode == 0, done.stderr
    assert "DONE" in done.stdout
    assert "CONNECTS" not in done.stderr
    assert asked(tmp_path) == []


def test_the_readme_says_so() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "sends nothing" in text
    assert "annotator/privacy.py" in text
