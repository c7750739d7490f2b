"""Detectors of MMDetection: real weights against ONNX, and everything around them on small models."""

from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from annotator.engine.detector_settings import DetectorSettings, Suppression
from annotator.engine.detectors.coco_labels import COCO_LABELS
from annotator.engine.weights.checkpoints import Checkpoint
from annotator.errors import ModelError, SettingsError
from annotator.model.box import box_iou
from annotator.model.frame import Detections, Frame
from annotator.video.images import read_image
from tests.engine.detectors.needs_mmdet import DATA, YOLOX, needs_mmdet, needs_yolox
from tests.engine.detectors.small_models import published_name, small_co_dino, small_grounding_dino, vocabulary

pytestmark = needs_mmdet
EVERYTHING = DetectorSettings(score_floor=0.0)


def street(*numbers: int) -> list[Frame]:
    paths = [DATA / f"mot17_mini/MOT17-04-FRCNN/img1/{number:06d}.jpg" for number in numbers]
    return [Frame(k, read_image(path), k / 30) for k, path in enumerate(paths)]


def noise(width: int = 96, height: int = 64, seed: int = 0) -> Frame:
    return Frame(seed, np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8), 0.0)


def same(one: Detections, other: Detections, pixels: float = 0.0, score: float = 0.0) -> None:
    assert len(one) == len(other)
    np.testing.assert_allclose(one.box_xyxy, other.box_xyxy, atol=pixels, rtol=0)
    np.testing.assert_allclose(one.score, other.score, atol=score, rtol=0)
    np.testing.assert_array_equal(one.label, other.label)


# --- real weights -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MMDetection's YOLOX-Nano with the weights of the ONNX file."""
    if not YOLOX.is_file():
        pytest.skip("the ONNX models of the shared test data are absent")
    from annotator.engine.detectors.mmdet_models import build, read_config
    from testbed.yolox_from_onnx import convolutions, state_dict

    network = build(read_config("yolox-nano"), None, "cpu").network
    path = tmp_path_factory.mktemp("nano") / "nano.pth"
    torch.save({"state_dict": state_dict(network, convolutions(YOLOX)), "meta": {"CLASSES": COCO_LABELS}}, path)
    return path


@needs_yolox
def test_mmdetection_and_onnx_find_the_same(nano: Path) -> None:
    from annotator.engine.detectors.mmdet import MmdetDetector
    from annotator.engine.detectors.onnx.detector import OnnxDetector

    theirs = OnnxDetector(YOLOX, threads=1, nms_overlap=0.65)
    ours = MmdetDetector.load("yolox-nano", nano)
    frames = street(1, 5)
    for one, other in zip(ours.detect(frames), theirs.detect(frames), strict=True):
        assert len(one) > 40
        same(one, other, pixels=0.01, score=1e-4)


@needs_yolox
def test_labels_are_chosen_by_name(nano: Path) -> None:
    from annotator.engine.detectors.mmdet import MmdetDetector

    everything = MmdetDetector.load("yolox-nano", nano)
    some = MmdetDetector.load("yolox-nano", nano, labels=["dog", "person"])
    assert everything.labels == COCO_LABELS
    assert some.labels == ("dog", "person")
    frames = street(1)
    people = everything.detect(frames)[0]
    people = people[people.label == COCO_LABELS.index("person")]
    found = some.detect(frames)[0]
    np.testing.assert_array_equal(found[found.label == 1].box_xyxy, people.box_xyxy)
    with pytest.raises(SettingsError, match="'persn'"):
        MmdetDetector.load("yolox-nano", nano, labels=["persn"])


@needs_yolox
def test_boxes_suppress_one_another_within_or_across_classes(nano: Path) -> None:
    from annotator.engine.detectors.mmdet import MmdetDetector

    frames = street(1)
    found = {how: MmdetDetector.load("yolox-nano", nano, settings=DetectorSettings(
        score_floor=0.02, nms=how, nms_overlap=0.3)).detect(frames)[0] for how in Suppression}
    rivals = {how: (box_iou(f.box_xyxy, f.box_xyxy) > 0.3) & ~np.eye(len(f), dtype=bool) for how, f in found.items()}
    label = {how: f.label[:, None] == f.label[None] for how, f in found.items()}
    assert (rivals[Suppression.MODEL] & label[Suppression.MODEL]).any(), "the model's own leaves 0.65"
    assert not (rivals[Suppression.PER_CLASS] & label[Suppression.PER_CLASS]).any()
    assert rivals[Suppression.PER_CLASS].any()
    assert not rivals[Suppression.AGNOSTIC].any()
    assert len(found[Suppression.MODEL]) > len(found[Suppression.PER_CLASS]) > len(found[Suppression.AGNOSTIC]) > 20


@needs_yolox
def test_batches_and_half_precision_change_little(nano: Path) -> None:
    from annotator.engine.detectors.mmdet import MmdetDetector

    frames = [*street(1, 2, 3), noise(), *street(4)]
    plain = MmdetDetector.load("yolox-nano", nano).detect(frames)
    for one, other in zip(plain, MmdetDetector.load("yolox-nano", nano, settings=DetectorSettings(batch_size=2)
                                                    ).detect(frames), strict=True):
        same(one, other, pixels=0.01, score=1e-4)
    half = MmdetDetector.load("yolox-nano", nano, settings=DetectorSettings(half=True)).detect(frames[:1])[0]
    sure = plain[0][plain[0].score > 0.5]
    assert (box_iou(sure.box_xyxy, half.box_xyxy).max(1) > 0.7).all()


# --- any model --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def yolox() -> Any:
    from annotator.engine.detectors.mmdet_models import read_config

    return read_config("yolox-nano")


def test_a_model_from_a_configuration_of_ones_own(tmp_path: Path, yolox: Any) -> None:
    from annotator.engine.detectors.mmdet import MmdetDetector

    config = tmp_path / "mine.py"
    config.write_text(f"_base_ = {str(yolox.filename)!r}\nmodel = dict(bbox_head=dict(num_classes=2))\n"
                      "metainfo = dict(classes=('ant', 'bee'))\n")
    detector = MmdetDetector.load(str(config), None, settings=EVERYTHING)
    assert detector.labels == ("ant", "bee")
    weights = tmp_path / "mine.pth"
    torch.save({"state_dict": detector.network.state_dict(), "meta": {"dataset_meta": {"classes": ("wasp", "fly")}}},
               weights)
    again = MmdetDetector.load(str(config), weights, settings=EVERYTHING)
    assert again.labels == ("wasp", "fly"), "what it was trained on counts"
    same(again.detect([noise()])[0], detector.detect([noise()])[0])


@pytest.mark.parametrize(("content", "words"), [
    ("x = 1\n", "contains no model"),
    ("model = dict(type='NoSuchModel')\ntest_pipeline = [dict(type='PackDetInputs')]\n", "cannot be built"),
    ("raise RuntimeError('oh')\n", "cannot be read"),
    ("model = dict(\n", "cannot be read"),
])
def test_a_configuration_that_is_none_is_told_in_one_line(tmp_path: Path, content: str, words: str) -> None:
    from annotator.engine.detectors.mmdet_models import build, read_config

    config = tmp_path / "bad.py"
    config.write_text(content)
    with pytest.raises(ModelError, match=words) as caught:
        build(read_config(str(config)), None, "cpu")
    assert "bad.py" in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="not a configuration file"):
        read_config(str(tmp_path / "none.py"))


def test_weights_of_another_model_are_refused(yolox: Any, caplog: pytest.LogCaptureFixture) -> None:
    from annotator.engine.detectors.mmdet_models import build

    state = build(yolox, None, "cpu").network.state_dict()

    def load(tensors: dict[str, torch.Tensor]) -> None:
        build(yolox, Checkpoint(Path("x.pth"), tensors), "cpu")

    name = "bbox_head.multi_level_conv_cls.0.weight"
    with pytest.raises(ModelError, match=rf"x.pth does not match.*1 of \d+ tensors are missing, such as {name}"):
        load({k: v for k, v in state.items() if k != name})
    with pytest.raises(ModelError, match=rf"{name} has shape \[3, 64, 1, 1\], not \[80, 64, 1, 1\]"):
        load({**state, name: torch.zeros(3, 64, 1, 1)})
    with caplog.at_level(logging.WARNING):
        load({**state, "extra.weight": torch.zeros(1)})
    assert "extra.weight" in caplog.text


def test_nothing_is_fetched_for_a_backbone(yolox: Any) -> None:
    from annotator.engine.detectors.mmdet_models import build

    config = copy.deepcopy(yolox)
    config.model.backbone.init_cfg = {"type": "Pretrained", "checkpoint": "https://127.0.0.1:9/none.pth"}
    build(config, None, "cpu")


def test_a_gpu_that_is_too_small_for_a_batch_gets_smaller_ones(yolox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from annotator.engine.detectors.mmdet import MmdetDetector

    detector = MmdetDetector.load("yolox-nano", None, settings=DetectorSettings(score_floor=0.0, batch_size=4))
    frames = [noise(seed=k) for k in range(5)]
    expected = detector.detect(frames)
    predict, sizes = detector._predict, []

    def small_memory(images: list[Any], room: int = 1) -> list[Any]:
        sizes.append(len(images))
        if len(images) > room:
            raise torch.OutOfMemoryError
        return predict(images)

    monkeypatch.setattr(detector, "_predict", small_memory)
    for one, other in zip(detector.detect(frames), expected, strict=True):
        same(one, other, pixels=0.01, score=1e-4)
    assert sizes == [4, 2, 1, 1, 2, 1, 1, 1]
    monkeypatch.setattr(detector, "_predict", lambda images: small_memory(images, 0))
    with pytest.raises(ModelError, match="too little memory"):
        detector.detect(frames[:1])


# --- Co-DINO ----------------------------------------------------------------------------------------------------------


def test_a_published_co_dino_is_loaded_under_its_own_names(caplog: pytest.LogCaptureFixture) -> None:
    from annotator.engine.detectors.mmdet import MmdetDetector
    from annotator.engine.detectors.mmdet_models import build

    trained = build(small_co_dino(), None, "cpu", seed=1)
    published = {published_name(name): tensor for name, tensor in trained.network.state_dict().items()
                 if not name.startswith("dn_query_generator.")}
    published |= {"query_head.downsample.0.weight": torch.zeros(1), "rpn_head.rpn_cls.bias": torch.zeros(1)}
    with caplog.at_level(logging.INFO):
        loaded = build(small_co_dino(), Checkpoint(Path("co.pth"), published), "cpu", seed=2)
    assert "skipping 2 tensors that only training uses" in caplog.text
    one, other = (MmdetDetector(model, "co-dino-l", settings=EVERYTHING).detect([noise()])[0]
                  for model in (trained, loaded))
    assert len(one) > 5
    same(one, other)
    build(small_co_dino(), Checkpoint(Path("co.pth"), {**published, "query_head.mystery": torch.zeros(1)}), "cpu")
    assert "query_head.mystery" in caplog.text
    del published["query_head.transformer.enc_output.bias"]
    with pytest.raises(ModelError, match=r"1 of \d+ tensors are missing, such as memory_trans_fc\.bias"):
        build(small_co_dino(), Checkpoint(Path("co.pth"), published), "cpu")


def test_co_dino_lowers_scores_softly_and_guards_its_edges() -> None:
    from mmengine.structures import InstanceData

    from annotator.engine.detectors.mmdet_models import build

    head: Any = build(small_co_dino(), None, "cpu").network.bbox_head
    logits = torch.full((40, 80), -9.0)
    logits[0, 3], logits[1, 3], logits[2, 4] = 3.0, 2.0, 1.0
    boxes = torch.tensor([[0.5, 0.5, 0.4, 0.4]]).repeat(40, 1)
    boxes[1] += 0.01
    meta = {"img_shape": (100, 200), "scale_factor": (1.0, 1.0)}
    found: InstanceData = head._predict_by_feat_single(logits, boxes, meta)
    score = {int(k): float(found.scores[found.labels == k].max()) for k in (3, 4)}
    assert score == pytest.approx({3: float(torch.tensor(3.0).sigmoid()), 4: float(torch.tensor(1.0).sigmoid())})
    lowered = sorted(found.scores[found.labels == 3].tolist())[-2]
    assert lowered == pytest.approx(float(torch.tensor(2.0).sigmoid()) * (1 - 0.905), abs=0.02)
    reference = torch.tensor([[[0.0, 1.0, 0.5, 0.5]]])
    for branch in head.reg_branches:
        torch.nn.init.zeros_(branch[-1].weight)
        torch.nn.init.zeros_(branch[-1].bias)
    _, coordinates = head.forward(torch.zeros(1, 1, 1, 256), [reference])
    torch.testing.assert_close(coordinates[0, 0, 0], torch.tensor([0.001, 0.999, 0.5, 0.5]), atol=1e-5, rtol=0)


# --- text -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A small Grounding DINO with random weights."""
    from annotator.engine.detectors.mmdet_models import build

    return build(small_grounding_dino(), None, "cpu", vocabulary=vocabulary(tmp_path_factory.mktemp("words")))


def asked(reader: Any, prompt: str | None, **options: Any) -> Any:
    from annotator.engine.detectors.mmdet import MmdetDetector

    return MmdetDetector(reader, "small", prompt=prompt, settings=EVERYTHING, **options)


def test_a_text_says_what_to_find(reader: Any) -> None:
    detector = asked(reader, "person . red car .")
    assert detector.labels == ("person", "red car")
    found = detector.detect([noise()])[0]
    assert len(found) > 5
    assert set(found.label.tolist()) <= {0, 1}
    assert asked(reader, "person. red car.  person").labels == ("person", "red car")
    assert asked(reader, None, labels=["dog", "person"]).labels == ("dog", "person")
    only = asked(reader, "person . red car", labels=["red car"])
    assert only.labels == ("red car",)
    np.testing.assert_array_equal(only.detect([noise()])[0].box_xyxy, found[found.label == 1].box_xyxy)


def test_another_text_finds_otherwise_and_the_same_text_the_same(reader: Any) -> None:
    first, other = asked(reader, "person"), asked(reader, "dog")
    before = first.detect([noise()])[0]
    assert not np.array_equal(before.score[:5], other.detect([noise()])[0].score[:5])
    same(first.detect([noise()])[0], before)


@pytest.mark.parametrize(("prompt", "words"), [(None, "--prompt"), (" . .", "--prompt"),
                                               ("person . " * 3 + " . ".join(f"red car {k}" for k in range(20)),
                                                "tokens, but")])
def test_a_text_of_no_use_is_told_in_one_line(reader: Any, prompt: str | None, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        asked(reader, prompt)
    assert "\n" not in str(caught.value)


def test_a_detector_that_reads_no_text_refuses_one() -> None:
    from annotator.engine.detectors.mmdet import MmdetDetector

    with pytest.raises(SettingsError, match="takes no text prompt"):
        MmdetDetector.load("yolox-nano", None, prompt="person")


def test_without_a_vocabulary_it_is_told_what_to_download() -> None:
    from annotator.engine.detectors.mmdet_models import build

    with pytest.raises(ModelError, match="annotator models download bert-base-uncased"):
        build(small_grounding_dino(), None, "cpu")


def test_a_configuration_may_name_a_folder_with_the_vocabulary(tmp_path: Path) -> None:
    from annotator.engine.detectors.mmdet_models import build

    config = small_grounding_dino()
    config.model.language_model.name = str(vocabulary(tmp_path).parent)
    assert asked(build(config, None, "cpu"), "red car").labels == ("red car",)


def test_bert_made_from_a_vocabulary_is_mmdetections_own(tmp_path: Path) -> None:
    import transformers

    from annotator.engine.detectors.mmcv_extension import prepare_mmdet

    prepare_mmdet()
    from mmdet.models.language_models import BertModel

    from annotator.engine.detectors.mmdet_modules import OfflineBert

    options: dict[str, Any] = {"special_tokens_list": ["[CLS]", "[SEP]", ".", "?"], "max_tokens": 24,
                               "pad_to_max": False, "use_sub_sentence_represent": True}
    small = transformers.BertConfig(vocab_size=13, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                                    intermediate_size=64)
    folder = tmp_path / "bert"
    transformers.BertModel(small, add_pooling_layer=False).save_pretrained(folder)
    transformers.BertTokenizerFast(str(vocabulary(tmp_path))).save_pretrained(folder)
    theirs = BertModel(name=str(folder), **options).eval()
    ours = OfflineBert(vocabulary=str(folder), **options).eval()
    ours.load_state_dict(theirs.state_dict())
    with torch.inference_mode():
        for caption in ("person. red car. ", "dog. "):
            one, other = ours([caption]), theirs([caption])
            assert set(one) == set(other)
            for key, value in other.items():
                torch.testing.assert_close(one[key], value)
        # Each thing is read by itself: what else is asked for changes nothing.
        alone, beside = (ours([caption])["embedded"][0, 1] for caption in ("person. ", "person. red car. "))
    torch.testing.assert_close(alone, beside)


@pytest.mark.parametrize("kind", ["co-dino", "grounding-dino"])
def test_transformers_run_in_half_precision_and_in_batches(kind: str, reader: Any) -> None:
    from annotator.engine.detectors.mmdet import MmdetDetector
    from annotator.engine.detectors.mmdet_models import build

    model = reader if kind == "grounding-dino" else build(small_co_dino(), None, "cpu")
    prompt = "person . dog" if kind == "grounding-dino" else None
    frames = [noise(seed=k) for k in range(3)]
    variants = (EVERYTHING, DetectorSettings(score_floor=0.0, batch_size=3),
                DetectorSettings(score_floor=0.0, half=True))
    plain, batched, half = (MmdetDetector(model, kind, prompt=prompt, settings=settings).detect(frames)
                            for settings in variants)
    for one, together, rough in zip(plain, batched, half, strict=True):
        same(one, together, pixels=0.1, score=1e-3)
        assert len(rough) > 5
        assert np.isfinite(rough.score).all()
