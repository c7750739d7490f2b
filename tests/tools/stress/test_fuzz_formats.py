"""Damaged files are imported or refused, and nothing else; `tools.stress.fuzz_formats` does the same with many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.stress.fuzz_formats import run


def test_damaged_files_do_no_harm(tmp_path: Path) -> None:
    for package in ("pyarrow", "h5py"):
        pytest.importorskip(package, reason=f"{package} is not installed, and one of the formats needs it")
    found = run(120, 7, tmp_path)
    assert found.wrong == []
    assert found.imported + found.refused == 120
    assert min(found.imported, found.refused) > 0
