"""Which models are chosen, and what is said where none can be."""

from __future__ import annotations

import dataclasses
import logging
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from annotator.engine import registry
from annotator.engine.detector_settings import DetectorSettings
from annotator.engine.detectors.mmdet_names import ARCHITECTURES, READS_TEXT
from annotator.engine.detectors.tiled import TiledDetector
from annotator.engine.segmenters.sam2 import Sam2Segmenter
from annotator.engine.settings import TRACKERS, Sam2MotSettings, Sam2Settings, TrajectorySettings
from annotator.engine.weights import checkpoints
from annotator.errors import ModelError, SettingsError, UserError
from annotator.resources import resource_path
from tests.engine.fake_segmenter import SIDE, FakeSegmenter


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of downloaded models."""
    monkeypatch.setenv(checkpoints.MODELS_DIR_VARIABLE, str(tmp_path))
    return tmp_path


def fake_weights(folder: Path, *names: str) -> None:
    """Files of the right name and size with nothing in them."""
    for name in names:
        weights = checkpoints.known(name)
        with (folder / weights.file).open("wb") as file:
            file.truncate(weights.size or 0)


@pytest.mark.parametrize(("installed", "on_cuda", "on_cpu"), [
    (("sam2.1-large", "sam2.1-tiny"), "sam2.1-large", "sam2.1-tiny"),
    (("sam2.1-small", "sam2.1-base+"), "sam2.1-base+", "sam2.1-small"),
    (("sam2-large", "sam2.1-small"), "sam2.1-small", "sam2.1-small"),
    (("sam2-large", "sam2-tiny"), "sam2-large", "sam2-tiny")])
def test_the_best_segmenter_for_the_device(models: Path, installed: tuple[str, ...], on_cuda: str, on_cpu: str,
                                           caplog: pytest.LogCaptureFixture) -> None:
    fake_weights(models, *installed)
    assert registry.default_segmenter("cuda") == registry.default_segmenter("cuda:1") == on_cuda
    assert registry.default_segmenter("cpu") == on_cpu
    assert not caplog.records


@pytest.mark.parametrize("size", [None, 100])
def test_built_in_models_come_with_a_warning(models: Path, size: int | None, caplog: pytest.LogCaptureFixture,
                                                  ) -> None:
    if size is not None:  # a download that was cut off counts for nothing
        (models / "sam2.1_hiera_large.pt").write_bytes(b"x" * size)
    with caplog.at_level(logging.WARNING):
        assert registry.default_segmenter("cpu") == "tiny-sam2"
        assert registry.default_detector() == "tiny-detector"
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "no SAM 2 weights are installed", "no detector weights are installed"]


def test_an_installed_detector_comes_first(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = checkpoints.Weights("big", checkpoints.ModelKind.DETECTOR, "big.onnx", "MIT", "", "")
    both = (weights, checkpoints.known("tiny-detector"))
    monkeypatch.setattr(checkpoints, "manifest", lambda: both)
    assert registry.default_detector() == "tiny-detector"
    (models / "big.onnx").touch()
    assert registry.default_detector() == "big"


def test_detectors_that_cannot_simply_be_run_are_no_default(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (models / checkpoints.known("grounding-dino-l").file).touch()
    assert registry.default_detector() == "tiny-detector", "nobody said what it is to find"
    (models / checkpoints.known("rtmdet-s").file).touch()
    monkeypatch.setattr(registry, "_has_mmdet", lambda: False)
    assert registry.default_detector() == "tiny-detector"
    monkeypatch.setattr(registry, "_has_mmdet", lambda: True)
    assert registry.default_detector() == "rtmdet-s"


def test_every_published_detector_has_an_architecture() -> None:
    named = [w for w in checkpoints.manifest() if w.kind is checkpoints.ModelKind.DETECTOR and not w.built_in]
    assert {w.config for w in named} <= set(ARCHITECTURES)
    assert {"co-dino-l", "grounding-dino-l", "grounding-dino-t", "rtmdet-tiny", "yolox-s"} <= {w.name for w in named}
    assert set(READS_TEXT) <= set(ARCHITECTURES)


def test_settings_reach_detectors_that_need_no_mmdetection() -> None:
    settings = DetectorSettings(tile=64, score_floor=0.4)
    detector = registry.make_detector("tiny-detector", "cpu", settings=settings)
    assert isinstance(detector, TiledDetector)
    assert detector.labels == ("object",)
    with pytest.raises(SettingsError, match="takes no text prompt"):
        registry.make_detector("tiny-detector", "cpu", prompt="person")


@pytest.mark.skipif(find_spec("mmdet") is None, reason="MMDetection is not installed (extra: mmdet)")
def test_a_checkpoint_with_its_configuration_is_a_detector(models: Path, tmp_path: Path) -> None:
    from annotator.engine.detectors.mmdet_models import build, read_config

    path = tmp_path / "mine.pth"
    torch.save({"state_dict": build(read_config("yolox-nano"), None, "cpu").network.state_dict()}, path)
    with pytest.raises(ModelError, match="--detector-config"):
        registry.make_detector(str(path), "cpu")
    detector = registry.make_detector(str(path), "cpu", ["car"], config="yolox-nano")
    assert detector.labels == ("car",)
    published = tmp_path / checkpoints.known("yolox-tiny").file
    torch.save({"state_dict": build(read_config("yolox-tiny"), None, "cpu").network.state_dict()}, published)
    assert len(registry.make_detector(str(published), "cpu").labels) == 80
    with pytest.raises(ModelError, match="does not match its configuration"):
        registry.make_detector(str(path), "cpu", config="yolox-tiny")


def test_the_vocabulary_is_found_as_a_file_and_as_a_folder(models: Path) -> None:
    assert registry._vocabulary() is None
    (models / "vocab.txt").touch()
    assert registry._vocabulary() == models / "vocab.txt"
    (models / "bert-base-uncased").mkdir()
    (models / "bert-base-uncased" / "vocab.txt").touch()
    assert registry._vocabulary() == models / "bert-base-uncased"


@pytest.mark.parametrize("name", ["nonsense", "there/is/none.onnx", "sam2.1-large"])
def test_unknown_or_absent_weights_are_told_in_one_line(models: Path, name: str) -> None:
    for make in (lambda: registry.make_detector(name, "cpu"), lambda: registry.make_segmenter(name, "cpu")):
        with pytest.raises(ModelError) as caught:
            make()
        assert "\n" not in str(caught.value)
        assert name.split("/")[-1] in str(caught.value)


def test_a_segmenter_is_no_detector_and_a_detector_no_segmenter() -> None:
    weights = resource_path("models/tiny-detector.pt")
    with pytest.raises(ModelError, match="not a SAM 2 checkpoint"):
        registry.make_segmenter(str(weights), "cpu")
    with pytest.raises(ModelError, match="not a supported detector"):
        registry.make_detector(str(weights.with_name("manifest.toml")), "cpu")


@pytest.mark.parametrize(("settings", "key"), [
    (DetectorSettings(half=True), "half"), (DetectorSettings(nms_overlap=0.3), "nms_overlap"),
    (DetectorSettings(class_names=("a",)), "class_names")])
def test_settings_that_a_detector_would_pass_over_are_refused(models: Path, settings: DetectorSettings,
                                                              key: str) -> None:
    (models / "net.onnx").touch()
    with pytest.raises(SettingsError, match=f"detection.{key} has no effect on tiny-detector, .*: omit it"):
        registry.make_detector("tiny-detector", "cpu", settings=settings)
    with pytest.raises(SettingsError if key == "half" else ModelError, match="net.onnx"):
        registry.make_detector(str(models / "net.onnx"), "cpu", settings=settings)


def test_the_built_in_detector_keeps_known_classes_only() -> None:
    assert registry.make_detector("tiny-detector", "cpu", ["object"]).labels == ("object",)
    with pytest.raises(SettingsError, match="'cat'.*object"):
        registry.make_detector("tiny-detector", "cpu", ["cat"])


@pytest.mark.parametrize("device", ["tpu", "", "cuda:x", "mps", "meta"])
def test_what_is_no_device_is_told_in_one_line(device: str) -> None:
    with pytest.raises(UserError) as caught:
        registry.resolve_device(device)
    assert "\n" not in str(caught.value)


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.resolve_device("cpu") == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert registry.resolve_device("auto") == "cpu"
    with pytest.raises(SettingsError, match="--device cpu"):
        registry.resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert registry.resolve_device("auto") == "cuda"
    assert registry.resolve_device("cuda:0") == "cuda:0"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert registry.all_devices("auto") == registry.all_devices("cuda") == ("cuda:0", "cuda:1", "cuda:2")
    assert registry.all_devices("cuda:1") == ("cuda:1",)
    assert registry.all_devices("cpu") == ("cpu",)


def test_a_tracker_for_one_video() -> None:
    assert registry.make_sam2mot(FakeSegmenter(), SIDE, SIDE, 10, Sam2MotSettings()).name in TRACKERS


@pytest.mark.parametrize(("detector", "segmenter", "missing"), [
    (None, None, []), ("tiny-detector", "tiny-sam2-drawn", []), ("some/model.onnx", None, []),
    (None, "sam2.1_hiera_tiny.pt", ["sam2.1-tiny"]), ("rtmdet-s", "sam2.1-small", ["sam2.1-small", "rtmdet-s"]),
    ("grounding-dino-t", None, ["grounding-dino-t", "bert-base-uncased"]),
])
def test_weights_that_are_yet_to_be_had_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                  detector: str | None, segmenter: str | None,
                                                  missing: list[str]) -> None:
    monkeypatch.setenv(checkpoints.MODELS_DIR_VARIABLE, str(tmp_path))
    assert [weights.name for weights in registry.missing_weights(detector, segmenter)] == missing


def test_thresholds_go_with_the_weights() -> None:
    paper = Sam2MotSettings()
    assert registry.sam2mot_settings("sam2.1-large") == paper
    own = registry.sam2mot_settings("tiny-sam2-drawn")
    assert own.trajectories.reliable > own.trajectories.pending > own.trajectories.suspicious
    assert own.trajectories != paper.trajectories
    assert own.trajectories.max_lost == paper.trajectories.max_lost
    assert registry.sam2mot_settings(str(resource_path("models") / "tiny-sam2-drawn.pt")) == own


def test_the_manifest_can_turn_each_rule_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """TOML has no null."""
    rules = ("match_giou", "ambiguity_margin", "present", "double_frames")
    own = dataclasses.replace(checkpoints.known("tiny-sam2-drawn"), tracking={
        "trajectories": dict.fromkeys(rules, "off")})
    monkeypatch.setattr(checkpoints, "manifest", lambda: (own,))
    assert registry.sam2mot_settings("tiny-sam2-drawn").trajectories == TrajectorySettings(
        match_giou=None, ambiguity_margin=None, present=None, double_frames=None)


def test_settings_of_sam2_go_with_the_weights() -> None:
    own = registry.sam2_settings("tiny-sam2-drawn")
    assert not own.keep_first
    assert dataclasses.replace(own, keep_first=True) == Sam2Settings() == registry.sam2_settings("sam2.1-large")
    assert registry.sam2_settings(str(resource_path("models") / "tiny-sam2-drawn.pt")) == own
    segmenter = registry.make_segmenter("tiny-sam2-drawn", "cpu")
    segmenter.start(64, 64, 10)
    assert isinstance(segmenter, Sam2Segmenter)
    assert not segmenter._require_bank().window.keep_first, "also where no settings are given"


def test_thresholds_of_weights_that_nobody_knows_are_the_papers(tmp_path: Path) -> None:
    assert registry.sam2mot_settings(str(tmp_path / "mine.pt")) == Sam2MotSettings()
