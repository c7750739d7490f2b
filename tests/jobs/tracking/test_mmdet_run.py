"""A whole run with a detector of MMDetection, from the command line."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from annotator.storage.store import Store
from tests.command_line import done, refused
from tests.conftest import MadeClip

pytestmark = pytest.mark.skipif(find_spec("mmdet") is None, reason="MMDetection is not installed (extra: mmdet)")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random YOLOX-Nano that is sure of everything."""
    from annotator.engine.detectors.mmdet_models import build, read_config

    state = build(read_config("yolox-nano"), None, "cpu").network.state_dict()
    for level in range(3):
        for part in ("cls", "obj"):
            state[f"bbox_head.multi_level_conv_{part}.{level}.bias"] += 6.0
    path = tmp_path_factory.mktemp("weights") / "mine.pth"
    torch.save({"state_dict": state, "meta": {"dataset_meta": {"classes": [f"kind {k}" for k in range(80)]}}}, path)
    return path


def test_a_clip_is_detected_in_batches_and_tracked(clip: MadeClip, weights: Path, tmp_path: Path) -> None:
    from annotator.engine.detectors.mmdet_models import read_config

    project, config = tmp_path / "p.annot", tmp_path / "c.yml"
    (tmp_path / "mine.py").write_text(f"_base_ = {str(read_config('yolox-nano').filename)!r}\n")
    config.write_text("tracker: bytetrack\ndevice: cpu\nend: 4\ndetection:\n  batch_size: 3\n  nms: agnostic\n"
                      f"detector: {weights}\ndetector_config: {tmp_path / 'mine.py'}\n")
    done("preannotate", clip.video, "--project", project, "--config", config, "--quiet")
    with Store.open(project, read_only=True) as store:
        run = store.runs(store.videos()[0].id)[-1]
        assert run.finished_frame == 4
        assert run.models["detector"].startswith("mine.pth sha256:")
        assert run.models["detector's configuration"].startswith("mine.py sha256:")
    assert "takes no text prompt" in refused("preannotate", "--project", project, "--config", config, "--prompt",
                                             "person", "--on-existing", "add")
    assert "--detector-config" in refused("preannotate", "--project", project, "--detector", weights, "--tracker",
                                          "bytetrack", "--on-existing", "add")
