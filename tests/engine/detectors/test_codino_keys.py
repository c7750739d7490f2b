"""Names of the published Co-DINO in MMDetection's DINO."""

from __future__ import annotations

import re

import pytest

from annotator.engine.detectors.codino_keys import KEY_MAP, TRAINING_ONLY, convert, is_published, new_name
from tests.engine.detectors.needs_mmdet import needs_mmdet
from tests.engine.detectors.small_models import published_name


@pytest.mark.parametrize(("published", "ours"), [
    ("backbone.stages.2.blocks.17.attn.w_msa.relative_position_bias_table",) * 2,
    ("neck.extra_convs.0.gn.weight",) * 2,
    ("query_head.transformer.level_embeds", "level_embed"),
    ("query_head.transformer.query_embed.weight", "query_embedding.weight"),
    ("query_head.transformer.enc_output.bias", "memory_trans_fc.bias"),
    ("query_head.transformer.enc_output_norm.weight", "memory_trans_norm.weight"),
    ("query_head.transformer.encoder.layers.3.attentions.0.sampling_offsets.weight",
     "encoder.layers.3.self_attn.sampling_offsets.weight"),
    ("query_head.transformer.encoder.layers.5.ffns.0.layers.0.0.bias", "encoder.layers.5.ffn.layers.0.0.bias"),
    ("query_head.transformer.decoder.layers.1.attentions.0.attn.in_proj_weight",
     "decoder.layers.1.self_attn.attn.in_proj_weight"),
    ("query_head.transformer.decoder.layers.1.attentions.1.value_proj.weight",
     "decoder.layers.1.cross_attn.value_proj.weight"),
    ("query_head.transformer.decoder.layers.0.norms.2.weight", "decoder.layers.0.norms.2.weight"),
    ("query_head.transformer.decoder.ref_point_head.2.weight", "decoder.ref_point_head.layers.1.weight"),
    ("query_head.transformer.decoder.norm.bias", "decoder.norm.bias"),
    ("query_head.cls_branches.6.weight", "bbox_head.cls_branches.6.weight"),
    ("query_head.reg_branches.0.4.bias", "bbox_head.reg_branches.0.4.bias"),
    ("query_head.downsample.0.weight", None),
    ("query_head.dn_generator.label_embedding.weight", None),
    ("query_head.transformer.aux_pos_trans_norm.1.bias", None),
    ("rpn_head.rpn_conv.weight", None),
    ("roi_head.0.bbox_head.shared_fcs.1.weight", None),
    ("bbox_head.0.atss_centerness.bias", None),
])
def test_names(published: str, ours: str | None) -> None:
    assert new_name(published) == ours


def test_no_name_is_both_mapped_and_left_out() -> None:
    for published in ("query_head.transformer.query_embed.weight", "query_head.cls_branches.0.bias",
                      "rpn_head.rpn_cls.bias", "query_head.downsample.1.bias"):
        patterns = [pattern for pattern, _ in (*KEY_MAP, *TRAINING_ONLY)]
        assert sum(bool(re.fullmatch(pattern, published)) for pattern in patterns) == 1


def test_what_is_neither_is_told_apart() -> None:
    with pytest.raises(KeyError, match="mystery"):
        new_name("query_head.mystery.weight")
    sorted_out = convert({"neck.a": 1, "query_head.mystery.weight": 2, "query_head.cls_branches.0.bias": 3,
                          "rpn_head.b": 4})
    assert sorted_out.tensors == {"neck.a": 1, "bbox_head.cls_branches.0.bias": 3}
    assert sorted_out.training_only == ("rpn_head.b",)
    assert sorted_out.unknown == ("query_head.mystery.weight",)
    assert is_published({"query_head.cls_branches.0.bias": 0})
    assert not is_published({"bbox_head.cls_branches.0.bias": 0})


@needs_mmdet
def test_every_tensor_of_the_network_has_a_published_name() -> None:
    from annotator.engine.detectors.mmdet_models import build
    from tests.engine.detectors.small_models import small_co_dino

    names = [name for name in build(small_co_dino(), None, "cpu").network.state_dict()
             if not name.startswith("dn_query_generator.")]
    assert [new_name(published_name(name)) for name in names] == names
