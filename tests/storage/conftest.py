"""A project with made-up results of a made-up tracker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project.annot") as opened:
        opened.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "print-of-clip")
        yield opened
