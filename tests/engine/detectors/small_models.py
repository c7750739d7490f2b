"""MMDetection's large models at sizes that a test can run."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

#: Enough words for the prompts of the tests.
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", "person", "red", "car", "dog", "traffic", "light")

_SWIN = {"embed_dims": 24, "depths": [1, 1, 1, 1], "num_heads": [1, 2, 4, 8], "window_size": 7}
_CHANNELS = [24, 48, 96, 192]


def small_co_dino() -> Any:
    """Co-DINO with a narrow backbone, one layer of each kind, and small pictures."""
    from annotator.engine.detectors.mmdet_models import read_config

    config = copy.deepcopy(read_config("co-dino-l"))
    config.merge_from_dict({
        "model.backbone": _SWIN, "model.neck.in_channels": _CHANNELS, "model.encoder.num_layers": 1,
        "model.decoder.num_layers": 1, "model.num_queries": 40, "model.test_cfg.max_per_img": 30})
    config.test_pipeline[1]["scale"] = (192, 128)
    return config


def small_grounding_dino() -> Any:
    """Grounding DINO likewise, with a small BERT."""
    from annotator.engine.detectors.mmdet_models import read_config

    config = copy.deepcopy(read_config("grounding-dino-t"))
    config.merge_from_dict({
        "model.backbone": _SWIN, "model.neck.in_channels": _CHANNELS[1:], "model.encoder.num_layers": 1,
        "model.decoder.num_layers": 1, "model.num_queries": 40, "model.test_cfg.max_per_img": 30,
        "model.language_model.bert_config": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
                                             "intermediate_size": 64, "vocab_size": len(WORDS)},
        "model.language_model.max_tokens": 24})
    config.test_pipeline[1]["scale"] = (128, 192)
    return config


def vocabulary(folder: Path) -> Path:
    """A file with the words that the small Grounding DINO knows."""
    path = folder / "vocab.txt"
    path.write_text("\n".join(WORDS) + "\n")
    return path


def published_name(ours: str) -> str:
    """What a published Co-DINO calls a tensor of MMDetection's DINO."""
    first = ours.split(".")[0]
    if first in ("backbone", "neck"):
        return ours
    if first == "bbox_head":
        return ours.replace("bbox_head.", "query_head.")
    others = {"level_embed": "level_embeds", "query_embedding": "query_embed", "memory_trans_fc": "enc_output",
              "memory_trans_norm": "enc_output_norm"}
    name = ours.replace(first, others.get(first, first), 1)
    for here, there in ((".self_attn.", ".attentions.0."), (".cross_attn.", ".attentions.1."), (".ffn.", ".ffns.0."),
                        ("ref_point_head.layers.0.", "ref_point_head.0."),
                        ("ref_point_head.layers.1.", "ref_point_head.2.")):
        name = name.replace(here, there)
    return f"query_head.transformer.{name}"
