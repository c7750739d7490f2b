"""Formats are told apart by what exports and real files look like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.formats.base import ExportOptions
from annotator.formats.guess import guess_format
from annotator.formats.registry import get_format, writable
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

INFO = SequenceInfo("clip", 64, 48, 25.0, 6, ("car", "pedestrian"))
#: Formats whose files look like another's, which reads them as well.
SAME = {"mot17": "mot", "dancetrack": "mot", "sportsmot": "mot"}


@pytest.fixture(params=[each.name for each in writable()])
def export(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A format's name and an export of a small video."""
    name, target = request.param, tmp_path / "out"
    mask = Mask.from_bitmap(np.ones((6, 5), bool), 3, 4)
    frames = [LabelledFrame(frame, (LabelledBox(1, 0, (3.0, 4.0, 8.0, 10.0), 0.5, mask),
                                    LabelledBox(2, 1, (30.0, 4.0, 38.0, 10.0), 0.5))) for frame in range(4)]
    get_format(name).write([(INFO, frames)], target, ExportOptions(field_check=False))
    return name, target


def test_a_folder_that_was_exported_is_known(export: tuple[str, Path]) -> None:
    name, folder = export
    assert guess_format(folder) == name


def test_a_file_that_was_exported_is_known(export: tuple[str, Path]) -> None:
    name, folder = export
    files = [path for path in folder.rglob("*") if path.suffix in (".json", ".xml", ".csv", ".parquet", ".txt", ".slp")
             and not path.name.endswith("export.json")
             and path.name not in ("labels.txt", "train.txt", "trajectories.txt")
             and "seqmap" not in str(path.relative_to(folder)) and path.stat().st_size]
    if not files:
        assert name in ("mots-png", "bdd100k-bitmask", "masks-npz", "davis"), (
            "these have no file that could be read alone")
    assert {guess_format(path) for path in files} <= {SAME.get(name, name)}


@pytest.mark.parametrize(("name", "content", "known"), [
    ("a.txt", '0 1 2 30 40 0 0 0 0 "car"\n', "vatic"),
    ("a.xml", '<?xml version="1.0"?>\n<sequence name="x">', "detrac"),
    ("a.json", '{"video_id": "x", "masklet_id": [0]}', "sa-v"), ("a.txt", "0,car,0,1,2,30,40\n", "darklabel"),
    ("a.txt", "a.png car 0 1 2 30 40\n", "darklabel"), ("a.json", '{"samples": [{"filepath": "a"}]}', "fiftyone"),
    ("a.json", '{"frames": {"1": {"objects": {"objects": [{"bounding_box": {"top_left": {}}}]}}}}', "fiftyone"),
    ("a.json", '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]', None),
    ("a.json", '{"images": [{"id": 1, "video_id": 1}], "videos": []}', "coco-video"),
    ("a.json", '\ufeff [{"name": "x.jpg", "labels": []}]', "bdd100k"),
    ("a.txt", "car\nperson\n", None), ("a.txt", "", None), ("a.txt", "7\n", None), ("a.txt", "\x00\xff", None),
    ("a.txt", "name,threshold\n", None), ("a.json", "{}", None), ("a.xml", "no xml", None), ("a.doc", "1,2,3", None),
    ("a.txt", "1,-1,5,5,10,10,0.9\n", "mot-det"),
])
def test_others_are_known_by_their_first_lines(name: str, content: str, known: str | None, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert guess_format(path) == known


@pytest.mark.parametrize(("name", "known"), [("gt.txt", "mot"), ("MOT17-02.txt", "mot-results"),
                                             ("x.json", "coco-video"), ("notes.doc", None)])
def test_what_cannot_be_read_is_guessed_by_name(tmp_path: Path, name: str, known: str | None) -> None:
    assert guess_format(tmp_path / name) == known


def test_only_the_beginning_of_a_folder_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for k in range(1500):
        (tmp_path / "images" / f"{k:06d}.jpg").touch()
    assert guess_format(tmp_path) is None
    deep = tmp_path / "a" / "b" / "c" / "d" / "e"
    deep.mkdir(parents=True)
    (deep / "x.slp").touch()
    assert guess_format(tmp_path) is None


@pytest.mark.parametrize(("name", "known"), [
    ("formats/pymotmetrics_vatic.txt", "vatic"), ("formats/pymotmetrics_detrac.xml", "detrac"),
    ("formats/pymotmetrics_motchallenge.txt", "mot-results"), ("formats/mots_txt_MOTS20-05_f400-420.txt", "mots"),
    ("formats/datumaro/cvat_for_video/annotations.xml", "cvat"), ("formats/datumaro/mot_dataset/mot_seq", "mot"),
    ("formats/datumaro/mots_png/train", "mots-png"), ("sleap_two_flies/clip.slp", "sleap"),
    ("formats/bdd100k/example_annotation.json", "bdd100k"),
])
def test_real_files_are_known(name: str, known: str, samples: Path) -> None:
    assert guess_format(samples / name) == known
