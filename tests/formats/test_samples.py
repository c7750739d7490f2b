"""Files that other tools made are read, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.registry import get_format, readable
from annotator.jobs.labels.import_labels import import_labels
from annotator.model.sequence import SequenceInfo
from annotator.storage.store import Store

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
    ("formats/evaldet/cvat_video_sample.xml", "cvat", 146, 4),
    ("formats/evaldet/cvat_video_export.xml", "cvat", 8, 4),
    ("formats/datumaro/cvat_for_video/annotations.xml", "cvat", 9, 3),
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
    ("formats/sav/sav_000001_manual.json", "sa-v", 480, 5),
    ("formats/sav/sav_000001_auto.json", "sa-v", 952, 9),
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
]


@pytest.mark.parametrize(("place", "format_name", "reason"), REFUSED, ids=[each[0] for each in REFUSED])
def test_samples_are_refused_with_the_reason(samples: Path, place: str, format_name: str, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        read(samples, place, format_name)


#: Format of every file that has labels which can be imported; all others are refused by every format.
IMPORTED = {
    "formats/bdd100k/seg_track_bitmask/0-1.png": "bdd100k-bitmask",
    "formats/bdd100k/seg_track_bitmask/0-2.png": "bdd100k-bitmask",
    "formats/datumaro/cvat_for_video/annotations.xml": "cvat",
    "formats/datumaro/mot_dataset/mot_seq/gt/gt.txt": "mot",
    "formats/datumaro/mot_dataset/mot_seq_with_seqinfo/gt/gt.txt": "mot",
    "formats/datumaro/mots_png/train/instances/1.png": "mots-png",
    "formats/datumaro/mots_png/train/instances/2.png": "mots-png",
    "formats/evaldet/cvat_mot_sample.csv": "mot",
    "formats/evaldet/cvat_video_export.xml": "cvat",
    "formats/evaldet/cvat_video_sample.xml": "cvat",
    "formats/evaldet/mot_sample.csv": "mot-results",
    "formats/evaldet/ua_detrac_sample.xml": "detrac",
    "formats/kitti_tracking/0001_frames/label_first2.txt": "kitti",
    "formats/kitti_tracking/label_02/0012.txt": "kitti",
    "formats/kitti_tracking/label_02/0017.txt": "kitti",
    "formats/kitti_tracking/permatrack_result/0017.txt": "kitti-results",
    "formats/mmtracking/demo_cocovid_data/ann.json": "coco-video",
    "formats/mmtracking/demo_tao_data/ann.json": "tao",
    "formats/mmtracking/demo_vis_data/ann.json": "coco-video",
    "formats/mots_txt_MOTS20-05_f400-420.txt": "mots",
    "formats/posetrack18/003418_mpii_test.json": "coco-video",
    "formats/posetrack18/012834_mpii_test.json": "coco-video",
    "formats/pymotmetrics_detrac.xml": "detrac",
    "formats/pymotmetrics_motchallenge.txt": "mot-results",
    "formats/pymotmetrics_vatic.txt": "vatic",
    "formats/sav/sav_000001_auto.json": "sa-v",
    "formats/sav/sav_000001_manual.json": "sa-v",
    "formats/scalabel/b1c81faa-3df17267.json": "scalabel",
    "formats/scalabel/scalabel_box_track.json": "scalabel",
    "formats/scalabel/waymo_cam_anns.json": "scalabel",
    "formats/sportsmot/v_9MHDmAMxO5I_c003/gt/gt.txt": "mot",
    "formats/sportsmot/v_9MHDmAMxO5I_c006/gt/gt.txt": "mot",
    "metrics/scalabel_box_track/track_predictions.json": "scalabel",
    "metrics/scalabel_box_track/track_sample_anns.json": "bdd100k",
    "metrics/trackeval_mot17_mott_part/gt/MOT17-02-FRCNN/gt/gt.txt": "mot",
    "metrics/trackeval_mot17_mott_part/gt/MOT17-10-FRCNN/gt/gt.txt": "mot",
    "metrics/trackeval_mot17_mott_part/tracker/MOT17-02-FRCNN.txt": "mot-results",
    "metrics/trackeval_mot17_mott_part/tracker/MOT17-10-FRCNN.txt": "mot-results",
    "metrics/tud_pymotmetrics/TUD-Campus/gt.txt": "mot",
    "metrics/tud_pymotmetrics/TUD-Campus/test.txt": "mot-results",
    "metrics/tud_pymotmetrics/TUD-Stadtmitte/gt.txt": "mot",
    "metrics/tud_pymotmetrics/TUD-Stadtmitte/test.txt": "mot-results",
}
#: Pictures and texts that are no labels, and headers that belong to labels, are refused as what they are not.


def every_file(samples: Path) -> list[Path]:
    found = [path for folder in ("formats", "metrics") for path in sorted((samples / folder).rglob("*"))
             if path.is_file()]
    if not found:
        pytest.skip("no files in the sample data")
    return found


def test_every_file_is_imported_into_a_project_or_is_known_not_to_be(samples: Path, tmp_path: Path) -> None:
    found = {path.relative_to(samples).as_posix(): path for path in every_file(samples)}
    assert set(IMPORTED) <= set(found)
    with Store.create(tmp_path / "p.annot") as store:
        for place, format_name in IMPORTED.items():
            sequences = get_format(format_name).read(found[place], ImportOptions())
            for each in sequences:
                info = each.info
                video = store.add_video(f"{place} {info.name}", tmp_path / "clip.mp4", info.width or 1920,
                                        info.height or 1080, info.frame_count, 25.0, place + info.name)
                report = import_labels(store, video, found[place], format_name,
                                       sequence=info.name if len(sequences) > 1 else None,
                                       as_detections=not any(box.number is not None for frame in each.frames
                                                             for box in frame.boxes))
                came = report.boxes + report.interpolated + report.detections + report.ignore_regions
                assert came or not each.boxes, place
                if not report.detections and not report.ignore_regions:
                    # What is dropped may be a property of a box that comes in.
                    assert came <= each.boxes <= came + sum(report.dropped.values()), place


def test_what_is_not_imported_is_refused_with_the_reason(samples: Path, info: SequenceInfo) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed, and one of the formats needs it")
    for path in every_file(samples):
        if path.relative_to(samples).as_posix() in IMPORTED:
            continue
        for each in readable():
            with pytest.raises(FormatError) as refused:
                each.read(path, ImportOptions(info=info))
            said = str(refused.value)
            assert path.name in said or path.parent.name in said, (path, each.name)
            assert len(said) > len(str(path)) + 20, (path, each.name, said)


def test_every_file_is_read_or_refused_by_every_format(samples: Path, info: SequenceInfo) -> None:
    """Also by those that it is not for."""
    pytest.importorskip("pyarrow", reason="pyarrow is not installed, and one of the formats needs it")
    for path in every_file(samples):
        for each in readable():
            said = path.name
            try:
                each.read(path, ImportOptions(info=info))
            except FormatError as error:
                said = str(error)
            assert path.name in said or path.parent.name in said
