"""Modules of ours in MMDetection's registry. Imported by `prepare_mmdet` only: importing this imports MMDetection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from mmcv.ops import batched_nms
from mmdet.models.dense_heads import DINOHead
from mmdet.models.language_models import bert
from mmdet.models.layers.transformer.utils import inverse_sigmoid
from mmdet.registry import MODELS
from mmengine.model import BaseModel
from torch import Tensor, nn

#: Some of its releases bring types, some do not.
_transformers: Any = transformers


@MODELS.register_module()
class CoDinoHead(DINOHead):  # type: ignore[misc]  # MMDetection brings no types
    """DINO's head as Co-DINO uses it: another rounding guard at the picture's edges, and soft suppression at the end.

    Source: Zong et al., DETRs with Collaborative Hybrid Assignments Training, ICCV 2023.
    """

    #: References closer to 0 or 1 are moved here before the logit is taken; DINO's own head has 1e-5.
    EDGE = 1e-3

    def forward(self, hidden_states: Tensor, references: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Class logits (1, B, queries, classes) and cxcywh shares (1, B, queries, 4) of the last decoder layer."""
        last = len(hidden_states) - 1
        logits = self.cls_branches[last](hidden_states[last])
        shift = self.reg_branches[last](hidden_states[last])
        boxes = (shift + inverse_sigmoid(references[last], eps=self.EDGE)).sigmoid()
        return logits[None], boxes[None]

    def _predict_by_feat_single(self, cls_score: Tensor, bbox_pred: Tensor, img_meta: dict[str, Any],
                                rescale: bool = True) -> Any:
        found = super()._predict_by_feat_single(cls_score, bbox_pred, img_meta, rescale)
        if not self.test_cfg.get("nms") or not len(found):
            return found
        boxes, kept = batched_nms(found.bboxes, found.scores, found.labels, self.test_cfg["nms"])
        found = found[kept]
        found.scores = boxes[:, -1]
        return found


class _Encoder(bert.BertEncoder):  # type: ignore[misc]  # MMDetection brings no types
    """BERT without its published weights, which the detector's checkpoint holds."""

    def __init__(self, config: Any) -> None:
        nn.Module.__init__(self)  # the base class's own would fetch weights
        self.model = _transformers.BertModel(config, add_pooling_layer=False)
        self.language_dim = config.hidden_size
        self.num_layers_of_embedded = 1


@MODELS.register_module()
class OfflineBert(bert.BertModel):  # type: ignore[misc]  # MMDetection brings no types
    """The language model of Grounding DINO, made from a vocabulary alone: nothing is fetched from anywhere.

    It remembers what it said of a prompt, since all frames of a run share one.
    """

    def __init__(self, vocabulary: str, special_tokens_list: Sequence[str], max_tokens: int = 256,
                 pad_to_max: bool = False, use_sub_sentence_represent: bool = True,
                 bert_config: dict[str, Any] | None = None, **_: object) -> None:
        """``vocabulary`` is a ``vocab.txt``, or a folder with one and perhaps with a ``config.json``."""
        BaseModel.__init__(self)  # the base class's own would fetch weights and vocabulary
        place = Path(vocabulary)
        config = place / "config.json"
        made = (_transformers.BertConfig.from_json_file(config) if config.is_file() else
                _transformers.BertConfig(**(bert_config or {})))
        self.tokenizer = _transformers.BertTokenizerFast(str(place / "vocab.txt" if place.is_dir() else place))
        self.max_tokens, self.pad_to_max = max_tokens, pad_to_max
        self.use_sub_sentence_represent = use_sub_sentence_represent
        self.special_tokens = self.tokenizer.convert_tokens_to_ids(list(special_tokens_list))
        self.language_backbone = nn.Sequential()
        self.language_backbone.add_module("body", _Encoder(made))
        self._said: dict[tuple[Any, ...], dict[str, Any]] = {}

    def forward(self, captions: Sequence[str], **_: object) -> dict[str, Any]:
        """Embeddings and masks of the captions' tokens, as the base class gives them."""
        weight = next(self.language_backbone.parameters())
        autocast = torch.is_autocast_enabled(weight.device.type)
        key = (tuple(captions), weight.device, weight.dtype, autocast)
        if key not in self._said:
            self._said.clear()
            self._said[key] = super().forward(captions)
        return dict(self._said[key])  # the caller puts other values in
