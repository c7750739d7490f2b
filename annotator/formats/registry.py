"""Label formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from annotator.errors import FormatError
from annotator.formats.base import LabelFormat
from annotator.formats.coco_video import CocoVideoFormat
from annotator.formats.mot import MotFormat

FORMATS: Mapping[str, LabelFormat] = MappingProxyType({each.name: each for each in (
    MotFormat("mot", "MOTChallenge ground truth: gt/gt.txt and seqinfo.ini in a folder per video"),
    MotFormat("mot-results", "MOTChallenge tracker results: one text file per video"),
    MotFormat("mot-det", "MOTChallenge detections: det/det.txt in a folder per video, boxes without identity"),
    CocoVideoFormat(),
)})


def get_format(name: str) -> LabelFormat:
    """The format of this name. Raises FormatError if there is none."""
    if name not in FORMATS:
        raise FormatError(f"there is no format {name!r}; choose one of {', '.join(FORMATS)}")
    return FORMATS[name]
