"""Names of MMDetection architectures. Does not import MMDetection, because names are needed before the library."""

from __future__ import annotations

from collections.abc import Mapping

CO_DINO = "co-dino-l"

#: Name: configuration file inside the mmdet package. Co-DINO's is modified after reading.
ARCHITECTURES: Mapping[str, str] = {
    CO_DINO: "dino/dino-5scale_swin-l_8xb2-36e_coco.py",
    "grounding-dino-l": "mm_grounding_dino/grounding_dino_swin-l_pretrain_all.py",
    "grounding-dino-t": "mm_grounding_dino/grounding_dino_swin-t_pretrain_obj365_goldg_grit9m_v3det.py",
    **{f"rtmdet-{size}": f"rtmdet/rtmdet_{size}_8xb32-300e_coco.py" for size in ("x", "l", "m", "s", "tiny")},
    **{f"yolox-{size}": f"yolox/yolox_{size}_8xb8-300e_coco.py" for size in ("x", "l", "m", "s", "tiny", "nano")},
}

#: Architectures that take their classes as a text prompt.
READS_TEXT = ("grounding-dino-l", "grounding-dino-t")
