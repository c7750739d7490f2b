"""Our modules in MMDetection's registry. Only `prepare_mmdet` imports this module, because it imports MMDetection."""

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

#: Only some releases of transformers have type annotations.
_transformers: Any = transformers


@MODELS.register_module()
class CoDinoHead(DINOHead):  # type: ignore[misc]  # MMDetection has no type annotations
    """DINO's head as Co-DINO uses it: a different clamp of references near 0 and 1, and soft NMS at the end.

    Source: Zong et al., DETRs with Collaborative Hybrid Assignments Training, ICCV 2023.
    """

    #: References are clamped to this distance from 0 and 1 before the logit; DINO's own head uses 1e-5.
    EDGE = 1e-3

    def forward(self, hidden_states: Tensor, references: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return the last decoder layer's class logits (1, B, queries, classes) and relative cxcywh boxes
        (1, B, queries, 4)."""
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


class _Encoder(bert.BertEncoder):  # type: ignore[misc]  # MMDetection has no type annotations
    """BERT without its published weights, which the detector's checkpoint contains."""

    def __init__(self, config: Any) -> None:
        nn.Module.__init__(self)  # the base class would download weights
        self.model = _transformers.BertModel(config, add_pooling_layer=False)
        self.language_dim = config.hidden_size
        self.num_layers_of_embedded = 1


@MODELS.register_module()
class OfflineBert(bert.BertModel):  # type: ignore[misc]  # MMDetection has no type annotations
    """The language model of Grounding DINO, built from a vocabulary file without downloads.

    It caches the output for the last prompt, because all frames of a run share it.
    """

    def __init__(self, vocabulary: str, special_tokens_list: Sequence[str], max_tokens: int = 256,
                 pad_to_max: bool = False, use_sub_sentence_represent: bool = True,
                 bert_config: dict[str, Any] | None = None, **_: object) -> None:
        """``vocabulary`` is a ``vocab.txt``, or a folder with one and optionally a ``config.json``."""
        BaseModel.__init__(self)  # the base class would download weights and vocabulary
        path = Path(vocabulary)
        config_file = path / "config.json"
        config = (_transformers.BertConfig.from_json_file(config_file) if config_file.is_file() else
                  _transformers.BertConfig(**(bert_config or {})))
        self.tokenizer = _transformers.BertTokenizerFast(str(path / "vocab.txt" if path.is_dir() else path))
        self.max_tokens, self.pad_to_max = max_tokens, pad_to_max
        self.use_sub_sentence_represent = use_sub_sentence_represent
        self.special_tokens = self.tokenizer.convert_tokens_to_ids(list(special_tokens_list))
        self.language_backbone = nn.Sequential()
        self.language_backbone.add_module("body", _Encoder(config))
        self._cache: dict[tuple[Any, ...], dict[str, Any]] = {}

    def forward(self, captions: Sequence[str], **_: object) -> dict[str, Any]:
        """Return embeddings and masks of the captions' tokens, as the base class does."""
        weight = next(self.language_backbone.parameters())
        autocast = torch.is_autocast_enabled(weight.device.type)
        key = (tuple(captions), weight.device, weight.dtype, autocast)
        if key not in self._cache:
            self._cache.clear()
            self._cache[key] = super().forward(captions)
        return dict(self._cache[key])  # a copy, because the caller adds values
