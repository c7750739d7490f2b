"""Detectors of transformers at random weights, against the library's own model and a decoding by hand."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from annotator.engine import registry
from annotator.engine.detector_settings import DetectorSettings, Suppression
from annotator.engine.runtime.torchvision_ops import import_torchvision
from annotator.engine.weights.checkpoints import ModelKind
from annotator.errors import ModelError, SettingsError
from annotator.model.frame import Frame

pytestmark = pytest.mark.skipif(find_spec("transformers") is None,
                                reason="transformers is not installed (extra: mmdet)")

NAMES = {0: "cat", 1: "N/A", 2: "dog"}
FLOOR = DetectorSettings(score_floor=0.0)


def small(family: str) -> Any:
    """A model with few channels and random weights."""
    import_torchvision()
    import transformers

    torch.manual_seed(1)
    common = {"id2label": NAMES, "d_model": 32, "encoder_in_channels": [16, 32, 64], "encoder_hidden_dim": 32,
              "decoder_in_channels": [32, 32, 32], "decoder_layers": 2, "num_queries": 12, "encoder_ffn_dim": 32,
              "decoder_ffn_dim": 32, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
              "num_denoising": 0, "feat_strides": [8, 16, 32]}
    backbone: Any
    config: Any
    if family == "d_fine":
        backbone = transformers.HGNetV2Config(
            stem_channels=[3, 8, 8], stage_in_channels=[8, 8, 16, 32], stage_mid_channels=[8, 8, 8, 8],
            stage_out_channels=[8, 16, 32, 64], stage_num_blocks=[1, 1, 1, 1], stage_numb_of_layers=[1, 1, 1, 1],
            out_indices=[2, 3, 4], depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 32, 64], embedding_size=8)
        config = transformers.DFineConfig(backbone_config=backbone, **common)
    else:
        backbone = transformers.RTDetrResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 32, 64], depths=[1, 1, 1, 1],
                                                   layer_type="basic", out_indices=[2, 3, 4])
        kind = transformers.RTDetrV2Config if family == "rt_detr_v2" else transformers.RTDetrConfig
        config = kind(backbone_config=backbone, **common)
    config.use_pretrained_backbone = False
    model = transformers.AutoModelForObjectDetection.from_config(config).eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.Linear) and module.out_features == len(NAMES):  # so that each class wins
                module.weight.normal_()
                module.bias.zero_()
    return model


def saved(family: str, folder: Path) -> Path:
    import transformers

    small(family).save_pretrained(folder)
    transformers.RTDetrImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


def frame(seed: int, width: int = 100, height: int = 80) -> Frame:
    return Frame(seed, np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8), 0.0)


@pytest.mark.parametrize("family", ["rt_detr", "rt_detr_v2", "d_fine"])
def test_boxes_are_those_of_the_network_decoded_by_hand(family: str, tmp_path: Path) -> None:
    from PIL import Image
    from transformers import AutoModelForObjectDetection

    detector = registry.make_detector(str(saved(family, tmp_path)), "cpu", settings=FLOOR)
    assert detector.labels == ("cat", "dog")
    picture = frame(3)
    (found,) = detector.detect([picture])
    pixels = np.asarray(Image.fromarray(picture.image).resize((64, 64), Image.Resampling.BILINEAR), np.float32) / 255
    network = AutoModelForObjectDetection.from_pretrained(tmp_path).eval()
    with torch.inference_mode():
        out = network(pixel_values=torch.from_numpy(pixels).permute(2, 0, 1)[None])
    scores = out.logits[0].sigmoid().numpy()
    x, y, width, height = out.pred_boxes[0].numpy().T
    boxes = np.stack([(x - width / 2) * 100, (y - height / 2) * 80, (x + width / 2) * 100, (y + height / 2) * 80], 1)
    # The best pairs of query and class, as many as there are queries; class 1 is none.
    best = [divmod(int(k), 3) for k in np.argsort(-scores.ravel(), kind="stable")[:12]]
    expected = [(q, c) for q, c in best if c != 1]
    assert expected
    np.testing.assert_allclose(found.score, [scores[q, c] for q, c in expected], atol=1e-5)
    np.testing.assert_allclose(found.box_xyxy, [boxes[q] for q, _ in expected], atol=1e-2)
    assert found.label.tolist() == [c // 2 for _, c in expected]


def test_settings_apply(tmp_path: Path) -> None:
    folder = str(saved("rt_detr", tmp_path))
    everything = registry.make_detector(folder, "cpu", settings=FLOOR)
    frames = [frame(1), frame(2), frame(3, 90)]
    found = everything.detect(frames)
    together = registry.make_detector(folder, "cpu", settings=DetectorSettings(score_floor=0.0, batch_size=3))
    for one, other in zip(found, together.detect(frames), strict=True):
        np.testing.assert_allclose(one.box_xyxy, other.box_xyxy, atol=1e-2)
    floor = float(np.median(found[0].score))
    some = registry.make_detector(folder, "cpu", settings=DetectorSettings(score_floor=floor)).detect(frames[:1])[0]
    assert 0 < len(some) < len(found[0])
    agnostic = DetectorSettings(score_floor=0.0, nms=Suppression.AGNOSTIC, nms_overlap=0.05)
    assert len(registry.make_detector(folder, "cpu", settings=agnostic).detect(frames[:1])[0]) < len(found[0])
    dogs = registry.make_detector(folder, "cpu", ["dog"], settings=FLOOR)
    assert dogs.labels == ("dog",)
    assert len(dogs.detect(frames[:1])[0]) == int((found[0].label == 1).sum())
    assert everything.detect([Frame(0, np.zeros((0, 0, 3), np.uint8), 0.0)])[0].score.shape == (0,)


def test_its_identity_changes_with_its_weights(tmp_path: Path) -> None:
    folder = saved("rt_detr", tmp_path / "net")
    before = registry.model_identity(ModelKind.DETECTOR, str(folder))
    assert before.startswith("net: model.safetensors ")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert registry.model_identity(ModelKind.DETECTOR, str(folder)) != before


def test_what_is_refused(tmp_path: Path) -> None:
    folder = saved("rt_detr", tmp_path)
    for options, reason in (({"prompt": "cat"}, "takes no --prompt"), ({"config": "x.py"}, "no --detector-config"),
                            ({"settings": DetectorSettings(class_names=("a",))}, "class_names")):
        with pytest.raises(SettingsError, match=reason):
            registry.make_detector(str(folder), "cpu", **options)
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"\*\.safetensors"):
        registry.make_detector(str(folder), "cpu")
    (folder / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="cannot be read as an object detector"):
        registry.make_detector(str(folder), "cpu")
