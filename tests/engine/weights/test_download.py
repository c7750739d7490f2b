from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from annotator.engine.weights import checkpoints, download
from annotator.engine.weights.checkpoints import ModelKind, Weights
from annotator.engine.weights.download import Retries, fetch, source_url
from annotator.errors import Cancelled, DownloadError, ModelError
from tests.engine.fake_weights_server import FakeWeightsServer
from tests.patience import PATIENCE_S

CONTENT = bytes(range(256)) * 4096  # 1 MiB


@pytest.fixture
def server() -> Iterator[FakeWeightsServer]:
    with FakeWeightsServer(CONTENT) as running:
        yield running


@pytest.fixture
def weights(server: FakeWeightsServer) -> Weights:
    return Weights("some-model", ModelKind.SEGMENTER, "some.pt", "Apache-2.0", "tests", "some", f"{server.url}/some.pt",
                   len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class FakeSleep:
    """Counts the waits instead of waiting."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def patience(sleep: FakeSleep | None = None, **changes: Any) -> Retries:
    return replace(Retries(timeout_s=PATIENCE_S, sleep=sleep or FakeSleep()), **changes)


def leftovers(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if not p.name.endswith(".lock"))


def test_a_file_arrives_whole_and_its_progress_is_told(weights: Weights, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = fetch(weights, tmp_path / "models" / "some.pt", "", lambda *p: told.append(p), patience())
    assert path.read_bytes() == CONTENT
    assert leftovers(path.parent) == ["some.pt"]
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert told == sorted(told)


def test_what_is_there_is_not_fetched_again(weights: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    for _ in range(2):
        fetch(weights, tmp_path / "some.pt", "", None, patience())
    assert server.requests == [None]


def test_a_cut_connection_is_continued_where_it_broke(weights: Weights, server: FakeWeightsServer,
                                                       tmp_path: Path) -> None:
    server.cut_after = [400_000, 300_000]
    sleep = FakeSleep()
    assert fetch(weights, tmp_path / "some.pt", "", None, patience(sleep)).read_bytes() == CONTENT
    assert server.requests == [None, "bytes=400000-", "bytes=700000-"]
    assert len(sleep.waits) == 2


def test_a_killed_download_is_continued_by_the_next(weights: Weights, server: FakeWeightsServer,
                                                    tmp_path: Path) -> None:
    (tmp_path / "some.pt.part").write_bytes(CONTENT[:123_456])
    assert fetch(weights, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert server.requests == ["bytes=123456-"]


def test_a_server_without_ranges_is_asked_from_the_start(weights: Weights, server: FakeWeightsServer,
                                                          tmp_path: Path) -> None:
    server.ranges = False
    server.cut_after = [400_000]
    assert fetch(weights, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_cancelling_keeps_what_has_come(weights: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    def cancel_after_a_third(done: int, total: int) -> None:
        if done > total / 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(weights, tmp_path / "some.pt", "", cancel_after_a_third, patience())
    kept = (tmp_path / "some.pt.part").read_bytes()
    assert kept
    assert kept == CONTENT[:len(kept)]
    assert fetch(weights, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert server.requests[1] == f"bytes={len(kept)}-"


def test_a_file_of_another_content_is_not_kept(weights: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    server.content = b"x" * len(CONTENT)
    with pytest.raises(DownloadError, match="not the published some.pt") as caught:
        fetch(weights, tmp_path / "some.pt", "", None, patience())
    assert leftovers(tmp_path) == []
    assert "\n" not in str(caught.value)


def test_a_part_of_another_file_is_thrown_away_and_fetched_anew(weights: Weights, server: FakeWeightsServer,
                                                                 tmp_path: Path) -> None:
    (tmp_path / "some.pt.part").write_bytes(b"x" * 1000)
    assert fetch(weights, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert server.requests == ["bytes=1000-", None]


def test_a_part_longer_than_the_file_is_thrown_away(weights: Weights, server: FakeWeightsServer,
                                                    tmp_path: Path) -> None:
    (tmp_path / "some.pt.part").write_bytes(CONTENT + b"more")
    assert fetch(weights, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert server.requests == [None]


def test_a_page_of_another_length_is_refused_before_it_is_read(weights: Weights, server: FakeWeightsServer,
                                                               tmp_path: Path) -> None:
    server.content = b"<html>please log in</html>"
    with pytest.raises(DownloadError, match="another file"):
        fetch(weights, tmp_path / "some.pt", "", None, patience())
    assert leftovers(tmp_path) == []


def test_a_missing_file_is_told_at_once_with_what_to_do(weights: Weights, server: FakeWeightsServer,
                                                        tmp_path: Path) -> None:
    server.statuses = [404]
    sleep = FakeSleep()
    with pytest.raises(DownloadError) as caught:
        fetch(weights, tmp_path / "some.pt", "", None, patience(sleep))
    assert "404" in str(caught.value)
    assert weights.url in str(caught.value)
    assert str(tmp_path / "some.pt") in str(caught.value)
    assert sleep.waits == []


def test_a_busy_server_is_asked_again_ever_later(weights: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    server.statuses = [503, 429, 500]
    sleep = FakeSleep()
    assert fetch(weights, tmp_path / "some.pt", "", None, patience(sleep)).read_bytes() == CONTENT
    assert sleep.waits == [1, 2, 4]


def test_a_server_that_falls_silent_is_a_cut(weights: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    server.silent = True
    with pytest.raises(DownloadError, match="timed out"):
        fetch(weights, tmp_path / "some.pt", "", None, patience(timeout_s=0.05, attempts=2))


def test_a_slow_server_is_waited_for(weights: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    server.pause_s = 0.02
    assert fetch(weights, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert server.requests == [None]


def test_without_network_the_line_names_file_address_and_place(weights: Weights, tmp_path: Path) -> None:
    offline = replace(weights, url="http://127.0.0.1:9/some.pt")
    sleep = FakeSleep()
    with pytest.raises(DownloadError) as caught:
        fetch(offline, tmp_path / "some.pt", "", None, patience(sleep, attempts=3))
    for part in ("some.pt", offline.url, str(tmp_path / "some.pt"), "ANNOTATOR_MIRROR"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(sleep.waits) == 2


def test_downloads_at_once_fetch_the_file_once(weights: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    server.pause_s = 0.02
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(fetch(weights, tmp_path / "some.pt", "", None, patience())))
               for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 3
    assert paths[0].read_bytes() == CONTENT
    assert server.requests == [None]


def test_one_who_waits_for_another_download_can_stop(weights: Weights, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise Cancelled

    with FileLock(tmp_path / "some.pt.lock"), pytest.raises(Cancelled):
        fetch(weights, tmp_path / "some.pt", "", stop, patience())


def test_too_little_space_is_told_before_anything_is_fetched(
        weights: Weights, server: FakeWeightsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(free=10 << 20))
    with pytest.raises(DownloadError, match="10 MB free"):
        fetch(weights, tmp_path / "some.pt", "", None, patience())
    assert server.requests == []


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_a_disk_that_fills_up_keeps_what_has_come(weights: Weights, server: FakeWeightsServer, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DownloadError, match="is full"):
            fetch(weights, tmp_path / "some.pt", "", None, patience())
    assert leftovers(tmp_path) == ["some.pt.part"]
    assert fetch(weights, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT


def test_a_folder_that_cannot_be_written_is_named(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DownloadError, match="ANNOTATOR_MODELS_DIR"):
        fetch(weights, tmp_path / "file" / "some.pt", "", None, patience())


def test_a_wrong_file_in_place_is_put_aside(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "some.pt").write_bytes(b"mine")
    assert fetch(weights, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert (tmp_path / "some.pt.wrong").read_bytes() == b"mine"


def test_a_published_head_of_the_hash_is_enough(weights: Weights, tmp_path: Path) -> None:
    short = replace(weights, sha256=weights.sha256[:8])
    assert fetch(short, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT


def test_a_mirror_may_be_an_address_or_a_folder(weights: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    elsewhere = replace(weights, url="http://127.0.0.1:9/some.pt")
    assert source_url(elsewhere, f"{server.url}/deep/") == f"{server.url}/deep/some.pt"
    assert fetch(elsewhere, tmp_path / "a" / "some.pt", server.url, None, patience()).read_bytes() == CONTENT
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "some.pt").write_bytes(CONTENT)
    assert fetch(elsewhere, tmp_path / "b" / "some.pt", str(tmp_path / "mirror"), None, patience()).exists()
    with pytest.raises(DownloadError, match="neither a URL nor a folder"):
        source_url(weights, "nowhere")
    with pytest.raises(DownloadError, match="unknown URL scheme"):
        source_url(weights, "ftp://example.org")


def test_names_of_the_manifest_are_downloaded_from_the_mirror_variable(
        weights: Weights, server: FakeWeightsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "manifest", lambda: (weights,))
    monkeypatch.setenv("ANNOTATOR_MIRROR", server.url)
    monkeypatch.setenv("ANNOTATOR_MODELS_DIR", str(tmp_path))
    assert download.download("some-model", retries=patience()) == tmp_path / "some.pt"
    assert checkpoints.verify("some-model") == weights.sha256
    with pytest.raises(ModelError, match="unknown model other"):
        download.download("other")


# --- a file whose size nobody published -------------------------------------------------------------------------------


@pytest.fixture
def unsized(weights: Weights) -> Weights:
    """Of which only the head of the hash is known."""
    return replace(weights, size=None, sha256=weights.sha256[:8])


def test_the_server_tells_a_size_that_was_not_published(unsized: Weights, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    assert fetch(unsized, tmp_path / "some.pt", "", lambda *p: told.append(p), patience()).read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert leftovers(tmp_path) == ["some.pt"]


def test_without_a_published_size_a_cut_is_continued_too(unsized: Weights, server: FakeWeightsServer,
                                                         tmp_path: Path) -> None:
    server.cut_after = [400_000]
    assert fetch(unsized, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert server.requests == [None, "bytes=400000-"]
    fetch(unsized, tmp_path / "some.pt", "", None, patience())
    assert len(server.requests) == 2, "what is there is not fetched again"


def test_a_whole_file_that_was_not_put_in_place_is(unsized: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    (tmp_path / "some.pt.part").write_bytes(CONTENT)
    assert fetch(unsized, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert server.requests == ["bytes=1048576-"]


def test_without_a_published_size_the_hash_still_decides(unsized: Weights, server: FakeWeightsServer,
                                                         tmp_path: Path) -> None:
    server.content = b"<html>please log in</html>"
    with pytest.raises(DownloadError, match="not the published some.pt"):
        fetch(unsized, tmp_path / "some.pt", "", None, patience())
    assert leftovers(tmp_path) == []


def test_a_part_of_another_file_is_begun_anew(unsized: Weights, server: FakeWeightsServer, tmp_path: Path) -> None:
    (tmp_path / "some.pt.part").write_bytes(b"y" * (len(CONTENT) // 2))
    assert fetch(unsized, tmp_path / "some.pt", "", None, patience()).read_bytes() == CONTENT
    assert server.requests == ["bytes=524288-", None]
