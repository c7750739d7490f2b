"""``annotator models download`` where much goes wrong: what the user sees, and what is left on the disk."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from annotator.engine.weights import checkpoints, download
from annotator.engine.weights.checkpoints import ModelKind, Weights
from tests.command_line import annotator, done
from tests.engine.fake_weights_server import FakeWeightsServer
from tests.patience import PATIENCE_S

CONTENT = bytes(range(256)) * 4096  # 1 MiB
NAME, FILE = "some-model", "some.pt"


@dataclass
class Scene:
    """A mirror, and the folder that is downloaded into."""

    server: FakeWeightsServer
    folder: Path
    timeout_s: float = PATIENCE_S

    def left(self) -> list[str]:
        """What is on the disk; the lock, which is empty, does not count."""
        return sorted(path.name for path in self.folder.iterdir() if path.suffix != ".lock")

    def part(self) -> bytes:
        return (self.folder / f"{FILE}.part").read_bytes()


def refused() -> str:
    """Download, which must end with exit code 2 and one clear line after what it says of its progress."""
    said = annotator("models", "download", NAME)
    assert said.code == 2, said.err
    assert said.out == ""
    *progress, last = said.lines
    assert all(line.startswith((NAME, "warning: ")) for line in progress), said.err
    assert last.startswith("error: ")
    return last.removeprefix("error: ")


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    folder = tmp_path / "models"
    folder.mkdir()
    weights = Weights(NAME, ModelKind.SEGMENTER, FILE, "Apache-2.0", "tests", "some", f"https://example.org/{FILE}",
                      len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(checkpoints, "manifest", lambda: (weights,))
    monkeypatch.setenv(checkpoints.MODELS_DIR_VARIABLE, str(folder))
    retries = download.Retries
    with FakeWeightsServer(CONTENT) as server:
        made = Scene(server, folder)
        monkeypatch.setattr(download, "Retries", lambda: retries(
            attempts=3, timeout_s=made.timeout_s, sleep=lambda seconds: None))
        monkeypatch.setenv(download.MIRROR_VARIABLE, server.url)
        yield made


def cut_once(scene: Scene) -> None:
    scene.server.cut_after = [400_000]


def cut_without_ranges(scene: Scene) -> None:
    scene.server.ranges = False
    scene.server.cut_after = [400_000]


def slow(scene: Scene) -> None:
    scene.server.pause_s = 0.02


def busy(scene: Scene) -> None:
    scene.server.statuses = [503, 429]


def begun_before(scene: Scene) -> None:
    (scene.folder / f"{FILE}.part").write_bytes(CONTENT[:300_000])


def wrong_in_place(scene: Scene) -> None:
    (scene.folder / FILE).write_bytes(b"mine")


#: Name -> what is wrong, what the server is asked, what else is left.
MENDED: dict[str, tuple[Callable[[Scene], None], list[str | None], list[str]]] = {
    "cut connection": (cut_once, [None, "bytes=400000-"], []),
    "cut connection, no range support": (cut_without_ranges, [None, "bytes=400000-"], []),
    "slow server": (slow, [None], []),
    "busy server": (busy, [None, None, None], []),
    "killed before": (begun_before, ["bytes=300000-"], []),
    "wrong file in its place": (wrong_in_place, [None], [f"{FILE}.wrong"]),
}


@pytest.mark.parametrize("fault", MENDED)
def test_what_can_be_mended_is(fault: str, scene: Scene) -> None:
    prepare, asked, left = MENDED[fault]
    prepare(scene)
    said = done("models", "download", NAME)
    assert said.out == f"{NAME}: {scene.folder / FILE}\n"
    assert (scene.folder / FILE).read_bytes() == CONTENT
    assert scene.server.requests == asked
    assert scene.left() == [FILE, *left]
    if len(asked) > 1:
        assert len([line for line in said.lines if line.endswith("; trying again")]) == 1, said.err


def wrong_hash(scene: Scene) -> None:
    scene.server.content = b"x" * len(CONTENT)


def login_page(scene: Scene) -> None:
    scene.server.content = b"<html>please log in</html>"


def not_found(scene: Scene) -> None:
    scene.server.statuses = [404]


def silent(scene: Scene) -> None:
    scene.server.silent, scene.timeout_s = True, 0.05


def always_cut(scene: Scene) -> None:
    # No piece comes through: six answers are more than it asks for.
    (scene.folder / f"{FILE}.part").write_bytes(CONTENT[:2 << 18])
    scene.server.cut_after = [0] * 6


#: Name -> what is wrong, words of the line, what is left.
REFUSED: dict[str, tuple[Callable[[Scene], None], tuple[str, ...], list[str]]] = {
    "wrong hash": (wrong_hash, ("is not the published some.pt (sha256 ", "was not kept", "another mirror"), []),
    "another page": (login_page, ("has 26 bytes, but the published some.pt has 1048576", "login page"), []),
    "404": (not_found, ("the server answered 404", "https://example.org/some.pt", "save it as", "another mirror"), []),
    "falls silent": (silent, ("timed out", "check the network", "save it as"), [f"{FILE}.part"]),
    "cut again and again": (
        always_cut, ("connection closed after 524288 of 1048576 bytes", "are kept; the next download resumes"),
                            [f"{FILE}.part"]),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_mended_is_told_in_one_line(fault: str, scene: Scene) -> None:
    prepare, words, left = REFUSED[fault]
    prepare(scene)
    line = refused()
    assert all(word in line for word in words), line
    assert scene.left() == left
    if left:
        assert CONTENT.startswith(scene.part()), "what is kept is a beginning of the file"


def test_offline_the_line_names_the_file_and_its_place(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(download.MIRROR_VARIABLE, "http://127.0.0.1:9")
    line = refused()
    for words in (f"{FILE} could not be downloaded from http://127.0.0.1:9/{FILE}", "https://example.org/some.pt",
                  str(scene.folder / FILE)):
        assert words in line
    assert scene.left() == []


def test_two_downloads_at_once_fetch_it_once(scene: Scene) -> None:
    """Two threads stand for two programs: the lock is a file's."""
    scene.server.pause_s = 0.05
    paths: list[Path] = []
    other = threading.Thread(target=lambda: paths.append(download.download(NAME)))
    other.start()
    said = done("models", "download", NAME)
    other.join()
    assert said.out == f"{NAME}: {paths[0]}\n"
    assert scene.server.requests == [None]
    assert scene.left() == [FILE]


def test_a_folder_that_cannot_be_written_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another user where the tests run as root, whom no permission holds back."""
    if not hasattr(os, "geteuid"):
        pytest.skip("no user numbers here")
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to other users
        scene.folder = Path(name)
        monkeypatch.setenv(checkpoints.MODELS_DIR_VARIABLE, name)
        scene.folder.chmod(0o555)
        if root:
            os.seteuid(65534)
        try:
            line = refused()
        finally:
            if root:
                os.seteuid(0)
            scene.folder.chmod(0o755)
        assert f"{scene.folder / FILE} cannot be written (Permission denied): set ANNOTATOR_MODELS_DIR" in line
        assert scene.left() == []
    assert scene.server.requests == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = sys.platform.startswith("linux") and os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], capture_output=True, check=False,
    ).returncode == 0
    if not mounted:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_too_small_is_told_before_anything_is_fetched(scene: Scene, small_disk: Path,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(checkpoints.MODELS_DIR_VARIABLE, str(small_disk))
    line = refused()
    assert f"{small_disk} has 0 MB free, but {NAME} needs 65 MB" in line
    assert "ANNOTATOR_MODELS_DIR" in line
    assert scene.server.requests == []


def test_a_disk_that_fills_up_on_the_way_keeps_what_came(scene: Scene, small_disk: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(checkpoints.MODELS_DIR_VARIABLE, str(small_disk))
    monkeypatch.setattr(download._Download, "_check_space", lambda self: None)  # another program took the space since
    line = refused()
    assert f"the disk of {small_disk} is full: free 1 MB and download again; the received part is kept" in line
    kept = (small_disk / f"{FILE}.part").read_bytes()
    assert kept
    assert CONTENT.startswith(kept)
