"""The table in the documentation is what the formats say, and the readers it names are those that read."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from annotator.formats.base import ExportOptions, LabelFormat
from annotator.formats.registry import FORMATS, writable
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from tools.upkeep.format_table import PART, READERS, table


def test_the_document_has_it() -> None:
    assert PART.read() == table(), "python -m tools.upkeep.format_table writes it anew"
    assert table().count("\n") == len(FORMATS) + 2


@pytest.mark.parametrize("each", writable(), ids=lambda each: each.name)
def test_the_readers_that_are_named_are_those_that_read(each: LabelFormat, tmp_path: Path) -> None:
    if each.name == "parquet" and find_spec("pyarrow") is None:
        pytest.skip("pyarrow is not installed")
    mask = Mask.from_bitmap(np.ones((6, 5), bool), 3, 4)
    frames = [LabelledFrame(0, (LabelledBox(1, 0, mask.box_xyxy, mask=mask if each.abilities.masks else None),))]
    info = SequenceInfo("clip", 64, 48, 25.0, 2, ("pedestrian",))
    said = " ".join(each.write([(info, frames)], tmp_path, ExportOptions(masks=each.abilities.masks)).checks)
    for reader in ("TrackEval", "pycocotools"):
        assert (reader in said) is (reader in READERS.get(each.name, ()))
