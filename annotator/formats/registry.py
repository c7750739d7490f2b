"""Label formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from annotator.errors import FormatError
from annotator.formats.base import LabelFormat
from annotator.formats.bitmasks import Bitmasks
from annotator.formats.coco_images import CocoImages
from annotator.formats.coco_video import CocoVideoFormat
from annotator.formats.cvat import Cvat
from annotator.formats.foreign import Detrac, Vatic
from annotator.formats.kitti import Kitti, KittiResults
from annotator.formats.mask_archives import MaskArchives
from annotator.formats.mot import MotFormat
from annotator.formats.mot_layouts import DANCETRACK, MOT17, SPORTSMOT
from annotator.formats.mots import KittiMotsText, MotsPictures, MotsText
from annotator.formats.sav import SaV
from annotator.formats.scalabel_tracks import Bdd100k, Scalabel
from annotator.formats.sleap import Sleap
from annotator.formats.tables import Csv, Parquet
from annotator.formats.tao import Tao
from annotator.formats.uavdt import Uavdt
from annotator.formats.yolo import Yolo
from annotator.formats.youtube_vis import YouTubeVis

FORMATS: Mapping[str, LabelFormat] = MappingProxyType({each.name: each for each in (
    MotFormat("mot", "MOTChallenge ground truth",
              "MOTChallenge ground truth: gt/gt.txt and seqinfo.ini in a folder per video"),
    MotFormat("mot-results", "MOTChallenge results", "MOTChallenge tracker results: one text file per video"),
    MotFormat("mot-det", "MOTChallenge detections",
              "MOTChallenge detections: det/det.txt in a folder per video, boxes without identity"),
    MOT17, DANCETRACK, SPORTSMOT,
    CocoVideoFormat(),
    MotsText(), MotsPictures(), KittiMotsText(), Kitti(), KittiResults(), YouTubeVis(), Tao(), CocoImages(),
    Cvat(), Scalabel(), Bdd100k(), Bitmasks(), Uavdt(), Yolo(), Csv(), Parquet(), MaskArchives(), Detrac(), Vatic(),
    SaV(), Sleap(),
)})


def get_format(name: str) -> LabelFormat:
    """The format of this name. Raises FormatError if there is none."""
    if name not in FORMATS:
        raise FormatError(f"there is no format {name!r}; choose one of {', '.join(FORMATS)}")
    return FORMATS[name]


def writable() -> tuple[LabelFormat, ...]:
    """Formats to export to."""
    return tuple(each for each in FORMATS.values() if each.can_write)


def readable() -> tuple[LabelFormat, ...]:
    """Formats to import from."""
    return tuple(each for each in FORMATS.values() if each.can_read)
