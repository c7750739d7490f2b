"""torchvision beside any torch."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest
import torch

from annotator.engine.runtime.torchvision_ops import compiled_ops, import_torchvision

needs_torchvision = pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is not installed")


@needs_torchvision
def test_torchvision_is_importable_and_its_python_part_works() -> None:
    torchvision = import_torchvision()
    assert torchvision is import_torchvision()
    assert torchvision is not None
    boxes = torch.tensor([[0.0, 0, 2, 2], [1, 1, 3, 3]])
    assert torchvision.ops.box_iou(boxes, boxes)[0, 1] == pytest.approx(1 / 7)


@needs_torchvision
def test_compiled_operators_are_offered_only_where_they_run() -> None:
    ops = compiled_ops()
    boxes, scores = torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 1.9]]), torch.tensor([0.5, 0.9])
    if ops is not None:
        assert ops.nms(boxes, scores, 0.5).tolist() == [1]
        return
    torchvision = import_torchvision()
    assert torchvision is not None
    with pytest.raises(RuntimeError):
        torchvision.ops.nms(boxes, scores, 0.5)


@needs_torchvision
def test_others_may_import_torchvision_afterwards() -> None:
    code = ("from annotator.engine.runtime.torchvision_ops import import_torchvision; tv = import_torchvision();"
            "import torchvision.transforms.functional, torchvision.ops; assert torchvision is tv")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).returncode == 0


def test_a_machine_without_torchvision_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    import_torchvision.cache_clear()
    compiled_ops.cache_clear()
    try:
        assert import_torchvision() is None
        assert compiled_ops() is None
    finally:
        monkeypatch.undo()
        import_torchvision.cache_clear()
        compiled_ops.cache_clear()
