"""What a preview shows is what the export then writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.errors import Cancelled, FormatError
from annotator.formats.base import ExportOptions
from annotator.formats.registry import writable
from annotator.jobs.labels.export import export
from annotator.jobs.labels.export_preview import preview_export
from annotator.model.cancel import CancelToken
from annotator.storage.store import Store
from tests.storage.fakes import fake_run


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project.annot") as opened:
        opened.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "print-of-clip")
        fake_run(opened, {1: (40, 99), 2: (45, 47), 3: (60, 99)})
        yield opened


@pytest.mark.parametrize("options", [
    ExportOptions(), ExportOptions(min_length=10), ExportOptions(first_frame=41, step=2, renumber=True),
    ExportOptions(last_frame=50, validation=("clip",))])
def test_the_first_rows_are_those_of_the_export(store: Store, tmp_path: Path, options: ExportOptions) -> None:
    found = preview_export(store, store.videos(), "mot17", options)
    export(store, store.videos(), "mot17", tmp_path / "out", options)
    written = (tmp_path / "out" / found.shown).read_text().splitlines()
    assert found.lines
    assert list(found.lines) == written[:len(found.lines)]
    assert {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*")
            if path.is_file()} == set(found.places)


def test_every_format_has_one(store: Store) -> None:
    for each in writable():
        if each.name != "parquet":
            assert preview_export(store, store.videos(), each.name, ExportOptions()).places


def test_it_fails_as_the_export_would_and_can_be_cancelled(store: Store) -> None:
    with pytest.raises(FormatError, match="'unicorn'"):
        preview_export(store, store.videos(), "mot", ExportOptions(labels=("unicorn",)))
    with pytest.raises(FormatError, match="'third'"):
        preview_export(store, store.videos(), "mot17", ExportOptions(validation=("third",)))
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        preview_export(store, store.videos(), "mot", ExportOptions(), cancel)
