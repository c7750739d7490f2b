"""Files that other tools made are read, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.registry import get_format

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
