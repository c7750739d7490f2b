"""Label formats by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from annotator.errors import FormatError
from annotator.formats.annotation_tools.darklabel import DarkLabel
from annotator.formats.annotation_tools.dive import Dive
from annotator.formats.annotation_tools.label_studio import LabelStudio
from annotator.formats.annotation_tools.labelme import LabelMe
from annotator.formats.annotation_tools.vatic import Vatic
from annotator.formats.annotation_tools.via import Via
from annotator.formats.annotation_tools.viame import Viame
from annotator.formats.annotation_tools.yolo import Yolo
from annotator.formats.base import LabelFormat
from annotator.formats.coco.images import CocoImages
from annotator.formats.coco.tao import Tao
from annotator.formats.coco.video import CocoVideoFormat
from annotator.formats.coco.youtube_vis import YouTubeVis
from annotator.formats.cvat.datumaro import Datumaro
from annotator.formats.cvat.format import Cvat
from annotator.formats.driving.bitmasks import Bitmasks
from annotator.formats.driving.detrac import Detrac
from annotator.formats.driving.kitti import Kitti, KittiResults
from annotator.formats.driving.mots import KittiMotsText, MotsPictures, MotsText
from annotator.formats.driving.scalabel_tracks import Bdd100k, Scalabel
from annotator.formats.driving.uavdt import Uavdt
from annotator.formats.driving.visdrone import VisDrone
from annotator.formats.fiftyone.format import FiftyOne
from annotator.formats.mot.format import MotFormat
from annotator.formats.mot.layouts import DANCETRACK, MOT17, SPORTSMOT
from annotator.formats.object_tracking.palette_masks import PaletteMasks
from annotator.formats.object_tracking.sav import SaV
from annotator.formats.object_tracking.single_object import Got10k, Lasot
from annotator.formats.sam2mot.mask_archives import MaskArchives
from annotator.formats.sleap.format import Sleap
from annotator.formats.tables.csv_parquet import Csv, Parquet
from annotator.formats.tables.supervision_csv import SupervisionCsv

FORMATS: Mapping[str, LabelFormat] = MappingProxyType({each.name: each for each in (
    MotFormat("mot", "MOTChallenge ground truth",
              "MOTChallenge ground truth: gt/gt.txt and seqinfo.ini in a folder per video"),
    MotFormat("mot-results", "MOTChallenge results", "MOTChallenge tracker results: one text file per video"),
    MotFormat("mot-det", "MOTChallenge detections",
              "MOTChallenge detections: det/det.txt in a folder per video, boxes without identity"),
    MOT17, DANCETRACK, SPORTSMOT,
    CocoVideoFormat(),
    MotsText(), MotsPictures(), KittiMotsText(), Kitti(), KittiResults(), YouTubeVis(), Tao(), CocoImages(),
    Cvat(), Scalabel(), Bdd100k(), Bitmasks(), Uavdt(), VisDrone(), Yolo(), LabelMe(), Viame(), Dive(), Datumaro(),
    Csv(), Parquet(), MaskArchives(), PaletteMasks(), LabelStudio(), Detrac(), Vatic(), SaV(), Sleap(), Got10k(),
    Lasot(), SupervisionCsv(), Via(), DarkLabel(), FiftyOne(),
)})


def get_format(name: str) -> LabelFormat:
    """The format with this name. Raises FormatError if there is none."""
    if name not in FORMATS:
        raise FormatError(f"there is no format {name!r}; choose one of {', '.join(FORMATS)}")
    return FORMATS[name]


def writable() -> tuple[LabelFormat, ...]:
    """Formats that can be exported to."""
    return tuple(each for each in FORMATS.values() if each.can_write)


def readable() -> tuple[LabelFormat, ...]:
    """Formats that can be imported from."""
    return tuple(each for each in FORMATS.values() if each.can_read)
