"""Build the SAM 2 model of a checkpoint of any size and version."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.engine.weights.checkpoints import check_keys, load_state_dict
from annotator.errors import ModelError
from annotator.resources import resource_path

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

#: Width of the image encoder's first layer and number of its blocks -> size.
_SIZES = {(96, 12): "t", (96, 16): "s", (112, 24): "b+", (144, 48): "l"}
_TINY = (24, 7)

#: Settings that the stock video predictor adds to the published configurations (``apply_postprocessing``).
_POSTPROCESSING: dict[str, Any] = {
    "sam_mask_decoder_extra_args": {
        "dynamic_multimask_via_stability": True,
        "dynamic_multimask_stability_delta": 0.05,
        "dynamic_multimask_stability_thresh": 0.98,
    },
    "binarize_mask_from_pts_for_mem_enc": True,
}


@dataclass(frozen=True, slots=True)
class Architecture:
    """The published configuration that a state dict belongs to."""

    name: str
    """For example ``sam2.1_hiera_l`` or ``tiny-sam2``."""
    config: Path

    def parameters(self, video_predictor: bool = False) -> dict[str, Any]:
        """Return the model's configuration for instantiation, optionally as the stock video predictor."""
        from omegaconf import OmegaConf

        loaded = OmegaConf.load(self.config)
        config = OmegaConf.to_container(loaded.model if "model" in loaded else loaded, resolve=True)
        assert isinstance(config, dict)
        parameters: dict[str, Any] = {str(k): v for k, v in config.items()}
        if self.name != "tiny-sam2":
            parameters |= _POSTPROCESSING
        if video_predictor:
            parameters["_target_"] = "sam2.sam2_video_predictor.SAM2VideoPredictor"
        return parameters


def recognise(state: dict[str, torch.Tensor], source: Path) -> Architecture:
    """Determine the architecture of a state dict. Raises ModelError if it is not a SAM 2."""
    first = state.get("image_encoder.trunk.patch_embed.proj.weight")
    if first is None:
        raise ModelError(f"{source} is not a SAM 2 checkpoint (it has no image encoder trunk): choose a sam2 or sam2.1 "
                         "file, or a name from `annotator models`")
    prefix = "image_encoder.trunk.blocks."
    blocks = 1 + max((int(k[len(prefix):].split(".")[0]) for k in state if k.startswith(prefix)), default=-1)
    shape = int(first.shape[0]), blocks
    if shape == _TINY:
        return Architecture("tiny-sam2", resource_path("models/tiny-sam2.yaml"))
    if shape not in _SIZES:
        raise ModelError(f"{source} contains a SAM 2 of unknown size (width {shape[0]}, {shape[1]} blocks): give tiny, "
                         "small, base+ or large of sam2 or sam2.1, or the built-in tiny-sam2")
    version = "sam2.1" if "no_obj_embed_spatial" in state else "sam2"
    return architecture(f"{version}_hiera_{_SIZES[shape]}")


def architecture(name: str) -> Architecture:
    """Return a published configuration of the sam2 package by name, or ``tiny-sam2``. Raises ModelError."""
    if name == "tiny-sam2":
        return Architecture(name, resource_path("models/tiny-sam2.yaml"))
    version = name.split("_")[0]
    config = Path(str(files("sam2"))) / "configs" / version / f"{name}.yaml"
    if not config.exists():
        raise ModelError(f"the sam2 package has no configuration {name}: reinstall it with `pip install sam2==1.1.0`")
    return Architecture(name, config)


def build(arch: Architecture, state: dict[str, torch.Tensor] | None, source: Path | None, device: str,
          video_predictor: bool = False, seed: int = 0, image_size: int | None = None) -> Any:
    """Build the model in evaluation mode on a device.

    Without a state dict the weights are random (benchmarks and tests). ``image_size`` changes the input side, which no
    parameter depends on.
    """
    import torch
    from hydra.utils import instantiate

    if state is None:
        torch.manual_seed(seed)
    parameters = arch.parameters(video_predictor)
    if image_size is not None:
        parameters["image_size"] = image_size
    model = instantiate(parameters)
    if state is not None:
        _check(model.state_dict(), state, source or Path(arch.name))
        model.load_state_dict({k: v.float() for k, v in state.items()})
    return model.to(device).eval()


def _check(expected: dict[str, torch.Tensor], found: dict[str, torch.Tensor], source: Path) -> None:
    """Check that names and shapes match the model. Raises ModelError."""
    check_keys(expected, found, source)
    for name, tensor in expected.items():
        if found[name].shape != tensor.shape:
            raise ModelError(f"{source} does not match this model: {name} has shape {list(found[name].shape)}, not "
                             f"{list(tensor.shape)}; choose a checkpoint of this model")


def load(checkpoint: Path, device: str, video_predictor: bool = False) -> tuple[Any, Architecture]:
    """Load any sam2 or sam2.1 checkpoint. Raises ModelError if the file is damaged or belongs to another model."""
    state = load_state_dict(checkpoint)
    arch = recognise(state, checkpoint)
    log.info("loading %s from %s", arch.name, checkpoint)
    return build(arch, state, checkpoint, device, video_predictor), arch
