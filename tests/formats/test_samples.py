"""Files that other tools made are read, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.registry import get_format, readable
from annotator.model.sequence import SequenceInfo

#: File below data/, format, boxes, tracks (0 where there are no identities).
SAMPLES = [
    ("formats/kitti_tracking/label_02/0012.txt", "kitti", 354, 4),
    ("formats/kitti_tracking/permatrack_result/0017.txt", "kitti-results", 1300, 58),
    ("formats/kitti_tracking/0001_frames/label_first2.txt", "kitti", 25, 7),
    ("formats/mots_txt_MOTS20-05_f400-420.txt", "mots", 132, 9),
    ("formats/datumaro/mots_png/train/instances", "mots-png", 4, 4),
    ("formats/mmtracking/demo_vis_data/ann.json", "coco-video", 1, 1),
    ("formats/mmtracking/demo_cocovid_data/ann.json", "coco-video", 10, 5),
    ("formats/mmtracking/demo_tao_data/ann.json", "tao", 4, 2),
    ("formats/evaldet/cvat_video_sample.xml", "cvat", 8, 4),
    ("formats/evaldet/cvat_video_export.xml", "cvat", 8, 4),
    ("formats/datumaro/cvat_for_video/annotations.xml", "cvat", 1, 1),
    ("formats/evaldet/ua_detrac_sample.xml", "detrac", 11, 4),
    ("formats/pymotmetrics_detrac.xml", "detrac", 16, 1),
    ("formats/evaldet/mot_sample.csv", "mot", 8, 4),
    ("formats/evaldet/cvat_mot_sample.csv", "mot", 8, 4),
    ("formats/pymotmetrics_vatic.txt", "vatic", 4, 3),
    ("formats/pymotmetrics_motchallenge.txt", "mot-results", 5, 4),
    ("formats/scalabel/scalabel_box_track.json", "scalabel", 8, 4),
    ("formats/scalabel/b1c81faa-3df17267.json", "scalabel", 4, 4),
    ("formats/scalabel/waymo_cam_anns.json", "scalabel", 21, 11),
    ("formats/bdd100k/seg_track_bitmask", "bdd100k-bitmask", 22, 11),
    ("metrics/scalabel_box_track/track_sample_anns.json", "bdd100k", 3241, 144),
    ("formats/sportsmot", "mot", 5042, 24),
    ("formats/datumaro/mot_dataset/mot_seq_with_seqinfo", "mot", 1, 0),
    ("metrics/tud_pymotmetrics/TUD-Campus/gt.txt", "mot", 359, 8),
]


def read(samples: Path, place: str, format_name: str) -> list[LabelledSequence]:
    path = samples / place
    if not path.exists():
        pytest.skip(f"no {place} in the sample data")
    return get_format(format_name).read(path, ImportOptions())


@pytest.mark.parametrize(("place", "format_name", "boxes", "tracks"), SAMPLES, ids=[each[0] for each in SAMPLES])
def test_samples_are_read(samples: Path, place: str, format_name: str, boxes: int, tracks: int) -> None:
    found = read(samples, place, format_name)
    numbers = [{box.number for frame in each.frames for box in frame.boxes} - {None} for each in found]
    assert (sum(each.boxes for each in found), sum(map(len, numbers))) == (boxes, tracks)


#: File, format, and what the refusal must say.
REFUSED = [
    ("formats/scalabel/kitti_tracking.json", "scalabel", "track 0 twice in frame 0"),  # two cameras under one name
    ("formats/datumaro/kitti_raw_tracklet_labels.xml", "cvat", "declares a document type"),
    ("formats/pymotmetrics_detrac.mat", "detrac", "not XML"),
    ("formats/mmtracking/demo_vis_data/results.json", "youtube-vis", "lists no videos"),
    ("formats/scalabel/example_annotation.json", "scalabel", "track 1 twice in frame 0"),
    ("formats/bdd100k/example_annotation.json", "scalabel", "track 1 twice in frame 0"),
    ("formats/sav/sav_000001_manual.json", "coco-video", "lists no images"),
    ("formats/sav/sav_000001_auto.json", "coco-video", "lists no images"),
]


@pytest.mark.parametrize(("place", "format_name", "reason"), REFUSED, ids=[each[0] for each in REFUSED])
def test_samples_are_refused_with_the_reason(samples: Path, place: str, format_name: str, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        read(samples, place, format_name)


def test_every_sample_is_read_or_refused_by_every_format(samples: Path, info: SequenceInfo) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed, and one of the formats needs it")
    files = [path for folder in ("formats", "metrics") for path in sorted((samples / folder).rglob("*"))
             if path.is_file() and path.stat().st_size < 30_000]
    assert files
    for path in files:
        for each in readable():
            said = path.name
            try:
                each.read(path, ImportOptions(info=info))
            except FormatError as error:
                said = str(error)
            assert path.name in said or path.parent.name in said
