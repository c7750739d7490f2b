"""Telling SAM 2 models apart, and refusing what is none."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose
from omegaconf import OmegaConf

from annotator.engine.segmenters import sam2_model
from annotator.errors import ModelError

NAMES = [f"{version}_hiera_{size}" for version in ("sam2", "sam2.1") for size in ("t", "s", "b+", "l")]
SOURCE = Path("weights.pt")


def fake_state(width: int, blocks: int, newer: bool = True) -> dict[str, torch.Tensor]:
    """Only what tells the architecture, without its contents."""
    trunk = "image_encoder.trunk"
    state = {f"{trunk}.blocks.{k}.norm1.weight": torch.empty(width, device="meta") for k in range(blocks)}
    state[f"{trunk}.patch_embed.proj.weight"] = torch.empty(width, 3, 7, 7, device="meta")
    return state | ({"no_obj_embed_spatial": torch.empty(1, 64, device="meta")} if newer else {})


def published(name: str) -> Any:
    path = Path(str(files("sam2"))) / "configs" / name.split("_")[0] / f"{name}.yaml"
    return OmegaConf.load(path).model


@pytest.mark.parametrize("name", NAMES)
def test_each_published_size_is_recognised_by_its_shapes(name: str) -> None:
    trunk = published(name).image_encoder.trunk
    # What a configuration leaves out is Hiera's own default, that of base+.
    width, blocks = trunk.get("embed_dim", 96), sum(trunk.get("stages", (2, 3, 16, 3)))
    assert sam2_model.recognise(fake_state(width, blocks, name.startswith("sam2.1")), SOURCE).name == name


@pytest.mark.parametrize("name", NAMES)
def test_the_configuration_is_the_one_the_package_builds(name: str) -> None:
    """As ``build_sam2_video_predictor`` composes it; holes are filled by its CUDA extension alone."""
    extra = "++model.sam_mask_decoder_extra_args.dynamic_multimask"
    composed = compose(f"configs/{name.split('_')[0]}/{name}.yaml", overrides=[
        "++model._target_=sam2.sam2_video_predictor.SAM2VideoPredictor", f"{extra}_via_stability=true",
        f"{extra}_stability_delta=0.05", f"{extra}_stability_thresh=0.98",
        "++model.binarize_mask_from_pts_for_mem_enc=true"])
    expected = OmegaConf.to_container(composed.model, resolve=True)
    assert sam2_model.architecture(name).parameters(video_predictor=True) == expected


def test_an_architecture_that_is_not_there() -> None:
    with pytest.raises(ModelError, match="no configuration sam2.1_hiera_xxl"):
        sam2_model.architecture("sam2.1_hiera_xxl")


@pytest.mark.parametrize(("state", "message"), [
    ({"backbone.conv1.weight": torch.zeros(1)}, "not a SAM 2 checkpoint"),
    (fake_state(96, 13), r"unknown size \(width 96, 13 blocks\)"),
    (fake_state(24, 12), "unknown size"),
    ({"image_encoder.trunk.patch_embed.proj.weight": torch.zeros(96, 3, 7, 7)}, "0 blocks")])
def test_what_is_no_sam2_is_told_in_one_line(state: dict[str, torch.Tensor], message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        sam2_model.recognise(state, SOURCE)
    assert "\n" not in str(caught.value)
    assert str(SOURCE) in str(caught.value)


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    """Random weights of the built-in model, in half precision as it is shipped."""
    model = sam2_model.build(sam2_model.architecture("tiny-sam2"), None, None, "cpu", seed=5)
    return {name: tensor.half() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("wrapped", [False, True])
def test_weights_are_loaded_as_they_are(weights: dict[str, torch.Tensor], wrapped: bool, tmp_path: Path) -> None:
    torch.save({"model": weights} if wrapped else weights, tmp_path / "model.pt")
    model, arch = sam2_model.load(tmp_path / "model.pt", "cpu", video_predictor=wrapped)
    assert arch.name == "tiny-sam2"
    assert not model.training
    for name, tensor in model.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, weights[name].float()), name


def refused(state: dict[str, torch.Tensor], tmp_path: Path) -> str:
    torch.save(state, tmp_path / "model.pt")
    with pytest.raises(ModelError) as caught:
        sam2_model.load(tmp_path / "model.pt", "cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_missing_and_unknown_tensors(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    state = dict(weights)
    del state["maskmem_tpos_enc"]
    assert "missing, such as maskmem_tpos_enc" in refused(state, tmp_path)
    assert "unknown, such as surplus" in refused({**weights, "surplus": torch.zeros(1)}, tmp_path)


def test_tensors_of_another_shape(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    message = refused({**weights, "maskmem_tpos_enc": torch.zeros(5, 1, 1, 64)}, tmp_path)
    assert "maskmem_tpos_enc has shape [5, 1, 1, 64], not [7, 1, 1, 64]" in message


def test_a_published_size_with_the_wrong_tensors(tmp_path: Path) -> None:
    """Large enough a claim to build the model of that size, so it is the smallest one."""
    state = {name: torch.zeros(tensor.shape) for name, tensor in fake_state(96, 12).items()}
    assert "missing" in refused(state, tmp_path)


def test_random_weights_come_from_the_seed() -> None:
    arch = sam2_model.architecture("tiny-sam2")
    first, same, other = (sam2_model.build(arch, None, None, "cpu", seed=s).no_mem_embed for s in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
