from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.reading.passed_over import ROTATIONS
from annotator.formats.registry import get_format
from annotator.model.mask import Mask

h5py = pytest.importorskip("h5py", reason="h5py is not installed")

FRAME = [("frame_id", "<u8"), ("video", "<u4"), ("frame_idx", "<u8"), ("instance_id_start", "<u8"),
         ("instance_id_end", "<u8")]
INSTANCE = [("instance_id", "<i8"), ("instance_type", "u1"), ("frame_id", "<u8"), ("skeleton", "<u4"), ("track", "<i4"),
            ("from_predicted", "<i8"), ("score", "<f4"), ("point_id_start", "<u8"), ("point_id_end", "<u8")]
POINT = [("x", "<f8"), ("y", "<f8"), ("visible", "?"), ("complete", "?")]
USER, PREDICTED = 0, 1

Pose = list[tuple[float, float, bool]]
#: A pose from (10, 20) to (30, 50), one point of which does not show.
POSE: Pose = [(10, 20, True), (30, 50, True), (500, 500, False), (float("nan"), 25, True)]


def project(path: Path, animals: list[tuple[int, int, int, Pose]], frames: list[tuple[int, int]] | None = None,
            corrected: dict[int, int] | None = None, skeleton: str = "Skeleton-0") -> Path:
    """``animals``: (row of the frame, kind, track, points); ``frames``: (video, index); ``corrected``: row of an animal
    -> row of the prediction that it took over."""
    frames = frames or [(0, 0), (0, 1)]
    points: dict[int, list[tuple[float, float, bool, bool]]] = {USER: [], PREDICTED: []}
    rows = []
    for row, (frame, kind, track, pose) in enumerate(animals):
        start = len(points[kind])
        points[kind] += [(*point, False) for point in pose]
        rows.append((row, kind, frame, 0, track, (corrected or {}).get(row, -1), 0.7, start, len(points[kind])))
    with h5py.File(path, "w") as file:
        file.create_group("metadata").attrs["json"] = json.dumps({"skeletons": [{"graph": {"name": skeleton}}]})
        file["frames"] = np.array([(k, video, index, 0, 0) for k, (video, index) in enumerate(frames)], FRAME)
        file["instances"] = np.array(rows, INSTANCE)
        file["points"] = np.array(points[USER], POINT)
        file["pred_points"] = np.array(points[PREDICTED], POINT)
        file["tracks_json"] = np.array([b'[0,"female"]', b'[0,"male"]'])
        file["videos_json"] = np.array([json.dumps({"backend": {"filename": f"C:\\flies\\v{k}.mp4",
                                                                "shape": [9, 60, 80, 1]}}).encode()
                                        for k in range(1 + max(video for video, _ in frames))])
    return path


def read(path: Path, **options: Any) -> list[LabelledSequence]:
    return get_format("sleap").read(path, ImportOptions(**options))


def boxes(found: LabelledSequence) -> list[tuple[int, int | None, float]]:
    """(frame, track, score) of each box."""
    return [(frame.frame_index, box.number, round(box.score, 2)) for frame in found.frames for box in frame.boxes]


def test_a_box_reaches_to_the_middles_of_the_outermost_points_that_show(tmp_path: Path) -> None:
    [found] = read(project(tmp_path / "p.slp", [(1, USER, 1, POSE)]))
    assert (found.info.name, found.info.width, found.info.height, found.info.frame_count) == ("v0", 80, 60, 9)
    assert found.info.labels == ("object",)
    [box] = [box for frame in found.frames for box in frame.boxes]
    assert box.box_xyxy == (10.5, 20.5, 30.5, 50.5)
    assert (box.number, box.attributes) == (2, {"name": "male"})


@pytest.mark.parametrize(("version", "shift"), [(1.0, 0.0), (1.09, 0.0), (1.1, 0.5), (1.4, 0.5)])
def test_old_files_count_pixels_from_their_corner(version: float, shift: float, tmp_path: Path) -> None:
    path = project(tmp_path / "p.slp", [(1, USER, 1, POSE)])
    with h5py.File(path, "r+") as file:
        file["metadata"].attrs["format_id"] = version
    [box] = [box for frame in read(path)[0].frames for box in frame.boxes]
    assert box.box_xyxy == (10 + shift, 20 + shift, 30 + shift, 50 + shift)


def add_boxes(path: Path, rows: list[tuple[int, int, float, int, float]]) -> None:
    """``rows``: frame, track, left edge, whether predicted, angle in radians."""
    with h5py.File(path, "r+") as file:
        group = file.create_group("bboxes")
        for name, values in (("frame_idx", [row[0] for row in rows]), ("track", [row[1] for row in rows]),
                             ("x1", [row[2] for row in rows]), ("y1", [5.0] * len(rows)),
                             ("x2", [row[2] + 8 for row in rows]), ("y2", [9.0] * len(rows)),
                             ("video", [0] * len(rows)), ("is_predicted", [row[3] for row in rows]),
                             ("score", [0.25] * len(rows)), ("angle", [row[4] for row in rows])):
            group[name] = np.array(values)
        group.create_dataset("category", data=["fish"] * len(rows), dtype=h5py.string_dtype())


def add_mask(path: Path, frame: int, track: int, bitmap: np.ndarray, scale: float = 1, offset: float = 0) -> None:
    values = bitmap.ravel()
    edges = np.flatnonzero(np.diff(values, prepend=False))
    runs = np.diff(edges, prepend=0, append=len(values)).astype(np.uint32)
    columns = ["height", "width", "video", "frame_idx", "track", "rle_start", "rle_end", "scale_x", "scale_y",
               "offset_x", "offset_y"]
    row = (*bitmap.shape, 0, frame, track, 0, 4 * len(runs), scale, scale, offset, offset)
    with h5py.File(path, "r+") as file:
        file["masks"] = np.array([row], [(name, "<f8" if "_x" in name or "_y" in name else "<i8") for name in columns])
        file["mask_rle"] = np.frombuffer(runs.tobytes(), np.uint8)


def test_boxes_and_masks_are_read_in_place_of_poses(tmp_path: Path) -> None:
    path = project(tmp_path / "p.slp", [(0, USER, 0, POSE), (1, USER, 0, POSE)])
    add_boxes(path, [(0, 0, 10.0, 1, 0.0), (0, 1, 30.0, 1, 0.0), (0, 1, 40.0, 0, 0.0), (1, 1, 20.0, 0, np.pi / 2)])
    bitmap = np.zeros((60, 80), bool)
    bitmap[5:9, 11:17] = True
    add_mask(path, 0, 0, bitmap)
    [found] = read(path)
    labels = found.info.labels
    seen = {(frame.frame_index, box.number): (labels[box.label], box.box_xyxy, box.score, box.mask)
            for frame in found.frames for box in frame.boxes}
    assert seen == {
        (0, 1): ("fish", (10, 5, 18, 9), 1.0, Mask.from_bitmap(bitmap)),
        (0, 2): ("fish", (40, 5, 48, 9), 1.0, None),
        (1, 1): ("object", (10.5, 20.5, 30.5, 50.5), 1.0, None),
        (1, 2): ("fish", (22, 3, 26, 11), 1.0, None)}
    assert found.dropped == {ROTATIONS: 1}
    assert "1 poses have a box or mask of their track in the same frame, which was read" in found.notes


@pytest.mark.parametrize(("scale", "offset", "box"), [
    (1.0, 3.0, (13, 9, 18, 13)), (0.5, 0.0, (20, 12, 30, 20)), (2.0, 1.0, (6, 4, 8, 6))])
def test_masks_of_other_resolutions_are_read_where_they_lie(scale: float, offset: float, box: tuple[int, ...],
                                                            tmp_path: Path) -> None:
    path = project(tmp_path / "p.slp", [(1, USER, 0, POSE)])
    bitmap = np.zeros((30, 40), bool)
    bitmap[6:10, 10:15] = True
    add_mask(path, 0, 1, bitmap, scale, offset)
    [mask] = [each.mask for frame in read(path)[0].frames for each in frame.boxes if each.number == 2]
    assert mask is not None
    assert tuple(map(int, mask.box_xyxy)) == box
    assert mask.area() == mask.width * mask.height


def test_damaged_masks_are_refused(tmp_path: Path) -> None:
    path = project(tmp_path / "p.slp", [(1, USER, 0, POSE)])
    add_mask(path, 0, 1, np.ones((4, 4), bool))
    with h5py.File(path, "r+") as file:
        rows = file["masks"][:]
        rows["height"] = 2
        file["masks"][:] = rows
    with pytest.raises(FormatError, match="runs of 16 pixels in a mask of 4 x 2"):
        read(path)


def test_what_a_person_labelled_takes_the_place_of_what_was_predicted(tmp_path: Path) -> None:
    animals = [(0, PREDICTED, 0, POSE), (0, USER, 0, POSE),  # the same track
               (1, PREDICTED, 0, POSE), (1, USER, 1, POSE),  # taken over, under another track
               (2, PREDICTED, 1, POSE)]
    [found] = read(project(tmp_path / "p.slp", animals, [(0, 0), (0, 1), (0, 5)], corrected={3: 2}))
    assert boxes(found) == [(0, 1, 1.0), (1, 2, 1.0), (5, 2, 0.7)]


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    [found] = read(project(tmp_path / "p.slp", [(0, USER, 0, POSE), (0, USER, -1, POSE), (1, USER, 0, POSE[2:3])]))
    assert boxes(found) == [(0, 1, 1.0)]
    assert "1 instances without a track were skipped" in found.notes
    assert "1 instances without a visible point were skipped" in found.notes


def test_animals_without_any_tracks_are_boxes_without_identity(tmp_path: Path) -> None:
    [found] = read(project(tmp_path / "p.slp", [(0, PREDICTED, -1, POSE), (0, PREDICTED, -1, POSE)], skeleton="fly"))
    assert boxes(found) == [(0, None, 0.7), (0, None, 0.7)]
    assert found.info.labels == ("fly",)


def test_each_video_is_one_sequence(tmp_path: Path) -> None:
    found = read(project(tmp_path / "p.slp", [(0, USER, 0, POSE), (1, USER, 0, POSE)], [(0, 3), (1, 4)]), first_frame=1)
    assert [(each.info.name, boxes(each)) for each in found] == [("v0", [(2, 1, 1.0)]), ("v1", [(3, 1, 1.0)])]


def test_damage_is_named(tmp_path: Path) -> None:
    text = tmp_path / "text.slp"
    text.write_text("no project")
    with pytest.raises(FormatError, match="not a SLEAP project"):
        read(text)
    path = project(tmp_path / "p.slp", [(0, USER, 0, POSE)])
    with h5py.File(path, "r+") as file:
        file["instances"]["point_id_end"] = 900
        rows = file["instances"][:]
        rows["point_id_end"] = 900
        file["instances"][:] = rows
    with pytest.raises(FormatError, match=r"points up to 900; expected at most 4"):
        read(path)
    with h5py.File(path, "r+") as file:
        rows["frame_id"] = 7
        file["instances"][:] = rows
    with pytest.raises(FormatError, match=r"instance 0: found frame 7"):
        read(path)


def test_links_to_other_files_are_not_followed(tmp_path: Path) -> None:
    other = project(tmp_path / "other.slp", [(0, USER, 0, POSE)])
    path = project(tmp_path / "p.slp", [(0, USER, 0, POSE)])
    with h5py.File(path, "r+") as file:
        del file["points"]
        file["points"] = h5py.ExternalLink(str(other), "/points")
    with pytest.raises(FormatError, match="table points"):
        read(path)


def test_a_table_that_claims_more_than_a_file_can_hold_is_refused(tmp_path: Path) -> None:
    path = project(tmp_path / "p.slp", [(0, USER, 0, POSE)])
    with h5py.File(path, "r+") as file:
        del file["instances"]
        file.create_dataset("instances", shape=(10**12,), dtype=INSTANCE, chunks=(1024,))
    with pytest.raises(FormatError, match="1000000000000 rows"):
        read(path)


def test_changed_bytes_crash_nothing(tmp_path: Path) -> None:
    whole = project(tmp_path / "p.slp", [(0, USER, 0, POSE), (1, USER, 1, POSE)]).read_bytes()
    rng, refused = random.Random(3), 0
    for _ in range(150):
        damaged = bytearray(whole[:rng.randrange(len(whole))] if rng.random() < 0.2 else whole)
        for _ in range(rng.randrange(1, 20)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (tmp_path / "d.slp").write_bytes(damaged)
        try:
            for each in read(tmp_path / "d.slp"):
                boxes(each)
        except FormatError:
            refused += 1
    assert refused > 20


def test_the_flies(samples: Path) -> None:
    path = samples / "sleap_two_flies" / "clip.slp"
    if not path.exists():
        pytest.skip("no sleap_two_flies/clip.slp in the sample data")
    [found] = read(path)
    assert found.boxes == 3000
    assert {number for _, number, _ in boxes(found)} == {1, 2}


def test_names_that_are_no_text_can_be_stored(tmp_path: Path) -> None:
    path = project(tmp_path / "p.slp", [(0, USER, 0, POSE)], skeleton="fly\udc8a")
    with h5py.File(path, "r+") as file:
        del file["tracks_json"], file["videos_json"]
        file["tracks_json"] = np.array([b'[0,"a\\udc8a"]'])
        file["videos_json"] = np.array([b'{"backend": {"filename": "v\\udc8a.mp4"}}'])
    [found] = read(path)
    [box] = [box for frame in found.frames for box in frame.boxes]
    assert (found.info.name, found.info.labels, box.attributes) == ("v?", ("fly?",), {"name": "a?"})
