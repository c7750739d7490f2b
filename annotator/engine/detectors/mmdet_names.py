"""Architectures of MMDetection that have a name here. No imports: names are wanted before MMDetection is."""

from __future__ import annotations

from collections.abc import Mapping

CO_DINO = "co-dino-l"

#: Name: configuration file within the mmdet package's own. Co-DINO's is changed after it is read.
ARCHITECTURES: Mapping[str, str] = {
    CO_DINO: "dino/dino-5scale_swin-l_8xb2-36e_coco.py",
    "grounding-dino-l": "mm_grounding_dino/grounding_dino_swin-l_pretrain_all.py",
    "grounding-dino-t": "mm_grounding_dino/grounding_dino_swin-t_pretrain_obj365_goldg_grit9m_v3det.py",
    **{f"rtmdet-{size}": f"rtmdet/rtmdet_{size}_8xb32-300e_coco.py" for size in ("x", "l", "m", "s", "tiny")},
    **{f"yolox-{size}": f"yolox/yolox_{size}_8xb8-300e_coco.py" for size in ("x", "l", "m", "s", "tiny", "nano")},
}

#: Architectures whose classes are given as a text.
READS_TEXT = ("grounding-dino-l", "grounding-dino-t")
