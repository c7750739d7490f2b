"""Build MMDetection models by name or configuration file, without network access and without training parts."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import torch
from torch import nn

from annotator.engine.detectors import codino_keys
from annotator.engine.detectors.mmcv_extension import prepare_mmdet
from annotator.engine.detectors.mmdet_names import ARCHITECTURES, CO_DINO
from annotator.engine.weights.checkpoints import Checkpoint
from annotator.errors import ModelError

log = logging.getLogger(__name__)

#: Pipeline steps that read images or labels from files; here images are in memory, and there are no labels.
_FILE_STEPS = ("LoadImageFrom*", "LoadAnnotations", "LoadPanopticAnnotations", "LoadProposals")

#: Tensors that may be missing or unused: building the model recomputes them, or only training uses them.
_HARMLESS = ("*.position_ids", "*.relative_position_index", "dn_query_generator.*", "*.num_batches_tracked", "ema_*")

#: Differences of Co-DINO from MMDetection's five-scale DINO with Swin-L.
_CO_DINO_CHANGES: Mapping[str, Any] = {
    "model.bbox_head.type": "CoDinoHead",
    "model.test_cfg": {"max_per_img": 300, "nms": {"type": "soft_nms", "iou_threshold": 0.8}},
    "test_pipeline": [
        {"type": "LoadImageFromFile"},
        {"type": "Resize", "scale": (2048, 1280), "keep_ratio": True},
        {"type": "PackDetInputs", "meta_keys": ("ori_shape", "img_shape", "scale_factor")},
    ],
}


@dataclass(frozen=True)
class BuiltModel:
    """An MMDetection detector in evaluation mode, with its preprocessing."""

    network: nn.Module
    pipeline: Any
    """Takes ``{"img": (H, W, 3) uint8 BGR}`` and returns MMDetection's packed inputs."""
    classes: tuple[str, ...] = ()
    """Class names from the configuration or checkpoint; empty if they have none."""
    reads_text: bool = False
    """The classes are given as text with each image."""


def read_config(name_or_path: str) -> Any:
    """Read MMDetection's configuration by a name in `ARCHITECTURES`, or from a file. The file is Python and is run.

    Raises ModelError.
    """
    prepare_mmdet()
    import mmdet
    from mmengine.config import Config

    architecture = ARCHITECTURES.get(name_or_path)
    path = Path(name_or_path).expanduser()
    if architecture is not None:
        path = Path(mmdet.__file__).parent / ".mim" / "configs" / architecture
    if not path.is_file():
        raise ModelError(f"{path} is not a configuration file: give an MMDetection configuration (.py), or a name such "
                         f"as {', '.join(sorted(ARCHITECTURES)[:4])}")
    try:
        config = Config.fromfile(path, lazy_import=False)
    except Exception as error:  # a configuration is Python code and may raise anything
        raise ModelError(f"{path} cannot be read as an MMDetection configuration: {_reason(error)}") from error
    if "model" not in config:
        raise ModelError(f"{path} contains no model: give the configuration of an MMDetection detector")
    if name_or_path == CO_DINO:
        config.merge_from_dict(dict(_CO_DINO_CHANGES))
    return config


def build(config: Any, checkpoint: Checkpoint | None, device: str, *, vocabulary: Path | None = None,
          seed: int = 0) -> BuiltModel:
    """Build a model with a checkpoint's weights, or with random ones if there is none (benchmarks and tests).

    Args:
        config: from `read_config`.
        checkpoint: its weights and class names.
        device: "cpu", "cuda" or "cuda:N".
        vocabulary: BERT's ``vocab.txt`` or its folder; only text-prompted models need it.
        seed: seed of random weights.

    Raises:
        ModelError: the configuration cannot be built, or the weights belong to another model.
    """
    prepare_mmdet()
    from mmdet.registry import MODELS
    from mmengine.registry import DefaultScope

    settings = copy.deepcopy(config.model)
    _remove_training_parts(settings)
    reads_text = "language_model" in settings
    if reads_text:
        _use_offline_bert(settings["language_model"], vocabulary, str(config.filename))
    try:
        with DefaultScope.overwrite_default_scope("mmdet"), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = MODELS.build(settings)
            pipeline = _pipeline(config)
            if checkpoint is None:
                network.init_weights()
    except ModelError:
        raise
    except Exception as error:  # the registry propagates any exception of a module's constructor
        raise ModelError(f"{config.filename} cannot be built by this MMDetection: {_reason(error)}") from error
    if checkpoint is not None:
        load_weights(network, checkpoint)
    classes = (checkpoint.classes if checkpoint is not None else ()) or _configured_classes(config)
    return BuiltModel(network.to(device).eval(), pipeline, classes, reads_text)


def load_weights(network: nn.Module, checkpoint: Checkpoint) -> None:
    """Load a checkpoint's tensors into a model, renaming those of a published Co-DINO first. Raises ModelError."""
    state = checkpoint.tensors
    unknown: list[str] = []
    if codino_keys.is_published(state):
        converted = codino_keys.convert(state)
        state = converted.tensors
        unknown += converted.unknown
        log.info("%s: skipping %d tensors that only training uses", checkpoint.path, len(converted.training_only))
    expected = network.state_dict()
    missing = [name for name in expected if name not in state and not _is_harmless(name)]
    if missing:
        raise ModelError(f"{checkpoint.path} does not match its configuration: {len(missing)} of {len(expected)} "
                         f"tensors are missing, such as {missing[0]}; give the configuration that it was trained with")
    for name, tensor in expected.items():
        if name in state and state[name].shape != tensor.shape:
            raise ModelError(f"{checkpoint.path} does not match its configuration: {name} has shape "
                             f"{list(state[name].shape)}, not {list(tensor.shape)}; give the configuration that it was "
                             "trained with")
    unknown += [name for name in state if name not in expected and not _is_harmless(name)]
    if unknown:
        log.warning("%s: ignoring %d tensors that this model does not have, such as %s", checkpoint.path, len(unknown),
                    unknown[0])
    network.load_state_dict({name: tensor for name, tensor in state.items() if name in expected}, strict=False)


def _is_harmless(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in _HARMLESS)


def _remove_training_parts(settings: Any) -> None:
    """Remove what only training needs. Pretrained backbones would be downloaded, only to be overwritten later."""
    for part in _mappings(settings):
        start = part.get("init_cfg")
        if isinstance(start, dict) and start.get("type") == "Pretrained":
            part["init_cfg"] = None
        if isinstance(part.get("pretrained"), str):
            part["pretrained"] = None
        # Both are gradient checkpointing, which only training needs; ``num_cp`` also requires another package.
        if "with_cp" in part:
            part["with_cp"] = False
        if "num_cp" in part:
            part["num_cp"] = 0


def _mappings(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _mappings(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _mappings(value)


def _use_offline_bert(language: dict[str, Any], vocabulary: Path | None, config: str) -> None:
    """Replace MMDetection's BERT, which is downloaded by name, by one built from a vocabulary file.

    If the configuration names a local folder, its vocabulary is used.
    """
    if language["type"] == "OfflineBert":
        return
    if language["type"] != "BertModel":
        raise ModelError(f"{config} uses the language model {language['type']}: only BERT is supported, choose another "
                         "detector")
    name = language.pop("name", None)
    if name and (Path(name).expanduser() / "vocab.txt").is_file():
        vocabulary = Path(name).expanduser()
    if vocabulary is None:
        raise ModelError(f"{config} takes a text prompt and needs BERT's vocabulary: run `annotator models download "
                         "bert-base-uncased`, or put vocab.txt into the models folder")
    language.update(type="OfflineBert", vocabulary=str(vocabulary))


def _pipeline(config: Any) -> Any:
    """Return the test pipeline for images in memory."""
    from mmcv.transforms import Compose

    steps = config.get("test_pipeline") or _nested(config, "test_dataloader", "dataset", "pipeline")
    if not steps:
        raise ModelError(f"{config.filename} has no test_pipeline: add one, which describes how images are prepared")
    kept = [dict(step) for step in steps
            if not any(fnmatch(str(step["type"]).rpartition(".")[2], pattern) for pattern in _FILE_STEPS)]
    return Compose([{"type": "mmdet.LoadImageFromNDArray"}, *kept])


def _configured_classes(config: Any) -> tuple[str, ...]:
    for place in (("test_dataloader", "dataset", "metainfo"), ("metainfo",)):
        classes = (_nested(config, *place) or {}).get("classes")
        if classes:
            return (classes,) if isinstance(classes, str) else tuple(map(str, classes))
    return ()


def _nested(config: Any, *keys: str) -> Any:
    for key in keys:
        config = config.get(key) if config else None
    return config


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no reason given'])[-1][:200]}"
