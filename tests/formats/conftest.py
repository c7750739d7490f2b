from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from annotator.model.sequence import SequenceInfo


@pytest.fixture(scope="session")
def samples() -> Path:
    """Files made by other tools."""
    folder = Path(__file__).parents[2] / "../shared/data"
    if not folder.is_dir():
        pytest.skip("no sample data beside the checkout")
    return folder


@pytest.fixture
def info() -> SequenceInfo:
    return SequenceInfo("clip", 640, 360, 29.97, 12, ("object",))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Parquet and SLEAP are an extra."""
    for package, name in (("pyarrow", "parquet"), ("h5py", "sleap")):
        for item in items if find_spec(package) is None else ():
            if name in item.name:
                item.add_marker(pytest.mark.skip(reason=f"{package} is not installed: pip install '.[tables]'"))
