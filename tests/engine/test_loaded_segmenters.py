from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from annotator.engine.loaded_segmenters import LoadedSegmenters
from annotator.engine.segmenters.sam2 import Sam2Segmenter
from annotator.engine.settings import Sam2Settings
from annotator.model.frame import Frame
from annotator.model.prompt import Prompt
from annotator.resources import resource_path

PICTURE = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)


def made(loaded: LoadedSegmenters, name: str = "tiny-sam2-drawn",
         settings: Sam2Settings | None = None) -> Sam2Segmenter:
    segmenter = loaded.make(name, "cpu", settings)
    assert isinstance(segmenter, Sam2Segmenter)
    return segmenter


def test_segmenters_share_weights_and_not_what_they_remember() -> None:
    loaded = LoadedSegmenters()
    first, second = made(loaded), made(loaded, settings=Sam2Settings(batch_size=3))
    assert first._model is second._model
    assert first.batch_size > 3 == second.batch_size
    first.start(120, 90, 10)
    features = first.encode(Frame(0, PICTURE, 0.0))
    seen = first.prompt(features, {1: Prompt(0, (10, 10, 60, 50))})
    first.memorise(features, seen)
    before = first.snapshot()
    second.start(120, 90, 1)
    second.memorise(features, second.prompt(features, {1: Prompt(0, (50, 40, 90, 80))}))
    second.forget(1)
    after = first.snapshot()
    assert list(after["memories"]) == ["1"]
    one, other = (state["memories"]["1"]["conditioning"]["spatial"][0].float().numpy() for state in (before, after))
    np.testing.assert_array_equal(one, other)


def test_other_weights_take_the_place_of_the_last(tmp_path: Path) -> None:
    path = tmp_path / "copy.pt"
    shutil.copy(resource_path("models/tiny-sam2-drawn.pt"), path)
    loaded = LoadedSegmenters()
    first, other = made(loaded), made(loaded, str(path))
    assert first._model is not other._model
    assert made(loaded, str(path))._model is other._model
    path.touch()
    assert made(loaded, str(path))._model is not other._model, "the file may hold other weights now"
