"""What tests of MMDetection's detectors share."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

needs_mmdet = pytest.mark.skipif(find_spec("mmdet") is None, reason="MMDetection is not installed (extra: mmdet)")

DATA = Path(__file__).parents[3] / "../shared/data"
YOLOX = DATA / "detectors/yolox_nano_416.onnx"
needs_yolox = pytest.mark.skipif(not YOLOX.is_file(), reason="the ONNX models of the shared test data are absent")
