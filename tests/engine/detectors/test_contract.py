"""What every detector must do, whatever is behind it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from annotator.engine.base import Detector
from annotator.engine.detectors.file import FileDetector
from annotator.engine.detectors.onnx.detector import OnnxDetector
from annotator.engine.detectors.tiled import TiledDetector
from annotator.engine.detectors.tiny import TinyDetector, TinyDetectorNet
from annotator.model.frame import Detections, Frame

MODELS = Path(__file__).parents[3] / "../shared/data/detectors"
SIZES = ((64, 48), (481, 203), (30, 300), (1, 1), (320, 256))


def _file(folder: Path) -> Detector:
    path = folder / "det.txt"
    rows = [f"{t},-1,{x},{y},20,30,{s}" for t in range(1, 4) for x, y, s in ((2, 3, 0.5), (-5, 8, 0.9), (900, 0, 0.7))]
    path.write_text("\n".join(rows) + "\n")
    return FileDetector(path, device="cpu")


def _tiny(folder: Path) -> Detector:
    """Random weights, and scores pushed up so that there are boxes to look at."""
    torch.manual_seed(0)
    net = TinyDetectorNet()
    net.calibration[1] = 2.0
    torch.save(net.state_dict(), folder / "tiny.pt")
    return TinyDetector(folder / "tiny.pt", device="cpu")


def _onnx(name: str) -> Callable[[Path], Detector]:
    def make(folder: Path) -> Detector:
        if not (MODELS / name).is_file():
            pytest.skip("the ONNX models of the shared test data are absent")
        return OnnxDetector(MODELS / name, device="cpu", threads=1, score_floor=0.001)
    return make


def _tiles(folder: Path) -> Detector:
    return TiledDetector(_tiny(folder), 128)


def _mmdet(folder: Path) -> Detector:
    """A random YOLOX-Nano that is sure of everything."""
    if find_spec("mmdet") is None:
        pytest.skip("MMDetection is not installed (extra: mmdet)")
    from annotator.engine.detectors.mmdet import MmdetDetector

    detector = MmdetDetector.load("yolox-nano", None)
    head: Any = detector.network.bbox_head
    with torch.no_grad():
        for branch in (*head.multi_level_conv_cls, *head.multi_level_conv_obj):
            branch.bias += 5.0
    return detector


DETECTORS = {"file": _file, "tiles": _tiles, "mmdet": _mmdet, "tiny": _tiny, "yolox": _onnx("yolox_nano_416.onnx"),
             "nanodet": _onnx("nanodet_m_416.onnx"), "fastestdet": _onnx("FastestDet_352.onnx")}


@pytest.fixture(params=DETECTORS)
def detector(request: pytest.FixtureRequest, tmp_path: Path) -> Detector:
    return DETECTORS[request.param](tmp_path)


def _frames() -> list[Frame]:
    rng = np.random.default_rng(0)
    return [Frame(k, rng.integers(0, 256, (h, w, 3), dtype=np.uint8), k / 30) for k, (w, h) in enumerate(SIZES)]


def test_has_a_name_and_labels(detector: Detector) -> None:
    assert isinstance(detector, Detector)
    assert detector.name
    assert detector.labels
    assert len(set(detector.labels)) == len(detector.labels)


def test_gives_sound_detections_for_pictures_of_any_size(detector: Detector) -> None:
    frames = _frames()
    results = detector.detect(frames)
    assert len(results) == len(frames)
    for found in results:
        assert isinstance(found, Detections)
        assert found.box_xyxy.shape == (len(found), 4)
        assert found.label.shape == found.score.shape == (len(found),)
        assert (found.box_xyxy.dtype.name, found.score.dtype.name, found.label.dtype.name) == (
            "float32", "float32", "int32")
        assert np.isfinite(found.box_xyxy).all()
        assert (found.box_xyxy[:, 2:] > found.box_xyxy[:, :2]).all()
        assert ((found.score >= 0) & (found.score <= 1)).all()
        assert ((found.label >= 0) & (found.label < len(detector.labels))).all()
    assert any(len(found) for found in results)


def test_no_frames_no_results(detector: Detector) -> None:
    assert detector.detect([]) == []


def test_a_flat_picture_is_no_error(detector: Detector) -> None:
    for grey in (0, 255):
        (found,) = detector.detect([Frame(77, np.full((90, 120, 3), grey, np.uint8), 0.0)])
        assert np.isfinite(found.score).all()


def test_one_by_one_is_the_same_as_together(detector: Detector) -> None:
    frames = _frames()
    for frame, together in zip(frames, detector.detect(frames), strict=True):
        (alone,) = detector.detect([frame])
        np.testing.assert_array_equal(alone.box_xyxy, together.box_xyxy)
        np.testing.assert_array_equal(alone.score, together.score)


def test_leaves_the_picture_as_it_was(detector: Detector) -> None:
    frames = _frames()
    copies = [frame.image.copy() for frame in frames]
    for frame in frames:
        frame.image.setflags(write=False)
    detector.detect(frames)
    for frame, copy in zip(frames, copies, strict=True):
        np.testing.assert_array_equal(frame.image, copy)
