"""The project of squares, with the mistakes of a tracker, and a document on a copy of it without a window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.mistaken import make_project

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from annotator.ui.document.document import Document


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only."""
    return make_project(tmp_path_factory.mktemp("mistaken"))


@pytest.fixture
def document(made: Path, tmp_path: Path, qtbot: QtBot) -> Iterator[Document]:
    from annotator.ui.document.document import Document

    for file in made.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    opened = Document()
    opened.open(tmp_path / made.name)
    yield opened
    opened.close()
