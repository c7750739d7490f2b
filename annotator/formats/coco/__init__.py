"""COCO and related formats for videos: plain COCO, COCO-VID, TAO, YouTube-VIS."""
