from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from annotator.files.publish import publish_new, real_path


def refuse_links(source: object, target: object) -> None:
    raise OSError(errno.EPERM, "no links here")


@pytest.mark.parametrize("links", [True, False])
def test_a_complete_file_gets_a_free_name_and_never_anothers(
        tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:
        monkeypatch.setattr(os, "link", refuse_links)
    built, target = tmp_path / "built", tmp_path / "target"
    built.write_text("new")
    publish_new(built, target)
    assert (target.read_text(), target.stat().st_nlink, built.exists()) == ("new", 1, False)
    built.write_text("newer")
    with pytest.raises(FileExistsError):
        publish_new(built, target)
    assert (target.read_text(), built.read_text()) == ("new", "newer")


def test_a_broken_link_is_a_name_in_use(tmp_path: Path) -> None:
    built, target = tmp_path / "built", tmp_path / "target"
    built.write_text("new")
    target.symlink_to(tmp_path / "nothing")
    with pytest.raises(FileExistsError):
        publish_new(built, target)
    assert target.is_symlink()


def test_a_full_disk_is_no_missing_feature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "link", full)
    (tmp_path / "built").write_text("new")
    with pytest.raises(OSError, match="full"):
        publish_new(tmp_path / "built", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_links_that_lead_to_themselves_are_no_path(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with pytest.raises(OSError, match="symbolic links"):
        real_path(tmp_path / "one")
