from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)

from annotator.jobs.tracking.config import PreannotateSettings
from annotator.ui.jobs.segmenter_choice import Choice, remember, remembered

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings


def test_prompts_are_asked_of_the_last_jobs_segmenter(settings: QSettings) -> None:
    assert remembered(settings) == Choice(None, "auto")
    remember(settings, PreannotateSettings(segmenter="tiny-sam2-drawn", device="cpu"))
    assert remembered(settings) == Choice("tiny-sam2-drawn", "cpu")
    remember(settings, PreannotateSettings(detections="det.txt", tracker="bytetrack", device="auto"))
    assert remembered(settings) == Choice("tiny-sam2-drawn", "cpu"), "a tracker of boxes has none"


def test_a_segmenter_that_is_gone_is_not_asked(settings: QSettings, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.touch()
    remember(settings, PreannotateSettings(segmenter=str(path)))
    assert remembered(settings).segmenter == str(path)
    path.unlink()
    assert remembered(settings).segmenter is None
