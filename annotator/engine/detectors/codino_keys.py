"""Map tensor names of a published Co-DINO checkpoint to those of MMDetection's DINO.

Co-DINO (Zong et al., DETRs with Collaborative Hybrid Assignments Training, ICCV 2023) is trained with auxiliary heads
and detects only with its query head, which is a two-stage DINO. The published file uses an older code base's names for
that head. Every tensor of the published architecture is either mapped here or used only in training.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_HEAD = r"query_head\."
_TRANSFORMER = _HEAD + r"transformer\."
_ENCODER = _TRANSFORMER + r"encoder\.layers\.(\d+)\."
_DECODER = _TRANSFORMER + r"decoder\.layers\.(\d+)\."

#: Pattern of the published name: name in MMDetection's DINO.
KEY_MAP: tuple[tuple[str, str], ...] = (
    (r"(backbone|neck)\.(.+)", r"\1.\2"),
    (_TRANSFORMER + r"level_embeds", r"level_embed"),
    (_TRANSFORMER + r"enc_output\.(.+)", r"memory_trans_fc.\1"),
    (_TRANSFORMER + r"enc_output_norm\.(.+)", r"memory_trans_norm.\1"),
    (_TRANSFORMER + r"query_embed\.(.+)", r"query_embedding.\1"),
    (_ENCODER + r"attentions\.0\.(.+)", r"encoder.layers.\1.self_attn.\2"),
    (_ENCODER + r"ffns\.0\.(.+)", r"encoder.layers.\1.ffn.\2"),
    (_ENCODER + r"norms\.(.+)", r"encoder.layers.\1.norms.\2"),
    (_DECODER + r"attentions\.0\.(.+)", r"decoder.layers.\1.self_attn.\2"),
    (_DECODER + r"attentions\.1\.(.+)", r"decoder.layers.\1.cross_attn.\2"),
    (_DECODER + r"ffns\.0\.(.+)", r"decoder.layers.\1.ffn.\2"),
    (_DECODER + r"norms\.(.+)", r"decoder.layers.\1.norms.\2"),
    (_TRANSFORMER + r"decoder\.norm\.(.+)", r"decoder.norm.\1"),
    # In the published model a sequence of linear, ReLU, linear; in MMDetection a list of the linear layers.
    (_TRANSFORMER + r"decoder\.ref_point_head\.0\.(.+)", r"decoder.ref_point_head.layers.0.\1"),
    (_TRANSFORMER + r"decoder\.ref_point_head\.2\.(.+)", r"decoder.ref_point_head.layers.1.\1"),
    (_HEAD + r"(cls|reg)_branches\.(.+)", r"bbox_head.\1_branches.\2"),
)

#: Patterns of tensors that only training uses, with their purpose.
TRAINING_ONLY: tuple[tuple[str, str], ...] = (
    (_HEAD + r"dn_generator\.label_embedding\.weight", "queries from noisy ground truth"),
    (_HEAD + r"downsample\..+", "a sixth feature level for the auxiliary heads"),
    (_TRANSFORMER + r"(aux_pos_trans|aux_pos_trans_norm|pos_feats_trans|pos_feats_norm)\..+",
     "queries from the auxiliary heads' positives"),
    (_TRANSFORMER + r"head_pos_embed\..+", "queries from the auxiliary heads' positives"),
    (r"rpn_head\..+", "auxiliary head"),
    (r"roi_head\..+", "auxiliary head"),
    (r"bbox_head\..+", "auxiliary head"),
)


@dataclass(frozen=True)
class Converted(Generic[T]):
    """The tensors of a published Co-DINO, sorted by purpose."""

    tensors: dict[str, T]
    """Tensors used for detection, under MMDetection's names."""
    training_only: tuple[str, ...]
    """Published names of tensors used only in training."""
    unknown: tuple[str, ...]
    """Published names of all other tensors."""


def is_published(state: Mapping[str, object]) -> bool:
    """Whether these names are those of a published Co-DINO, not MMDetection's."""
    return any(name.startswith("query_head.") for name in state)


def new_name(published: str) -> str | None:
    """Return a tensor's name in MMDetection's DINO, or None if only training uses it. Raises KeyError if unknown."""
    for pattern, name in KEY_MAP:
        match = re.fullmatch(pattern, published)
        if match:
            return match.expand(name)
    if any(re.fullmatch(pattern, published) for pattern, _ in TRAINING_ONLY):
        return None
    raise KeyError(published)


def convert(state: Mapping[str, T]) -> Converted[T]:
    """Sort the tensors of a published Co-DINO by purpose and rename those used for detection."""
    kept: dict[str, T] = {}
    training_only, unknown = [], []
    for published, tensor in state.items():
        try:
            name = new_name(published)
        except KeyError:
            unknown.append(published)
            continue
        if name is None:
            training_only.append(published)
        else:
            kept[name] = tensor
    return Converted(kept, tuple(training_only), tuple(unknown))
