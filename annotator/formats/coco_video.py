"""COCO-VID ("CocoVID"): COCO with ``videos``, and images that know their video and frame."""

from __future__ import annotations

from annotator.formats.coco_detections import load_coco_detections as load_coco_detections
from annotator.formats.coco_detections import read_coco_detections as read_coco_detections
