"""COCO and its relatives that name videos: plain COCO, COCO-VID, TAO, YouTube-VIS."""
