"""Ignore regions in exports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from annotator.formats.base import ExportOptions
from annotator.jobs.labels import export
from annotator.jobs.labels.ignore_regions import region_box, region_mask
from annotator.model.track import Mark, MarkKind
from annotator.storage.edits import drawn_boxes, identities
from annotator.storage.store import Store
from tests.storage.fakes import fake_run

SQUARE = ((10, 20), (50, 20), (50, 60), (10, 60))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two tracks of which one is a person; frames 2..4 have a region, and all from 3 on another, half outside."""
    with Store.create(tmp_path / "p.annot") as opened:
        opened.add_video("clip", tmp_path / "clip.mp4", 640, 480, 6, 25.0, "x")
        fake_run(opened, {1: (0, 5), 2: (0, 5)}, range(6))
        identities.relabel(opened, [opened.tracks(1)[0].id], opened.ensure_label("person").id)
        drawn_boxes.add_mark(opened, 1, MarkKind.IGNORE, 2, 4, region=SQUARE)
        corners = [(600, 400), (700, 400), (700, 500), (600, 500)]
        drawn_boxes.add_mark(opened, 1, MarkKind.IGNORE, 3, None, region=corners)
        drawn_boxes.add_mark(opened, 1, MarkKind.IGNORE, 0, None, region=[(700, 0), (800, 0), (800, 9), (700, 9)])
        yield opened


def mark(*region: tuple[float, float]) -> Mark:
    return Mark(1, 1, None, 0, None, MarkKind.IGNORE, region)


def rows(folder: Path) -> list[list[float]]:
    return [[float(v) for v in line.split(",")] for line in (folder / "clip/gt/gt.txt").read_text().splitlines()]


@pytest.mark.parametrize("labels", [None, ("car",)])
def test_mot_has_them_as_distractors_that_do_not_count(store: Store, tmp_path: Path,
                                                       labels: tuple[str, ...] | None) -> None:
    folder = tmp_path / "out"
    report = export.export(store, store.videos(), "mot", folder, ExportOptions(labels=labels))
    names = (folder / "clip/gt/labels.txt").read_text().split()
    ignored = [row for row in rows(folder) if names[int(row[7]) - 1] == "distractor"]
    assert {row[6] for row in ignored} == {0.0}
    assert [(row[0], row[1], *row[2:6]) for row in ignored if row[1] == 3] == [
        (frame, 3, 10, 20, 40, 40) for frame in (3, 4, 5)]
    assert [(row[0], *row[2:6]) for row in ignored if row[1] == 4] == [
        (frame, 600, 400, 40, 80) for frame in (4, 5, 6)]
    assert report.dropped.get("boxes of labels that were not selected", 0) == (0 if labels is None else 6)
    assert {row[6] for row in rows(folder) if row not in ignored} == {1.0}


def test_without_regions_no_label_is_added(store: Store, tmp_path: Path) -> None:
    for region in store.ignore_regions(1):
        drawn_boxes.remove_mark(store, region.id)
    export.export(store, store.videos(), "mot", tmp_path / "out", ExportOptions())
    assert "distractor" not in (tmp_path / "out/clip/gt/labels.txt").read_text().split()[:2]
    assert {row[6] for row in rows(tmp_path / "out")} == {1.0}


def test_mot_results_have_none(store: Store, tmp_path: Path) -> None:
    report = export.export(store, store.videos(), "mot-results", tmp_path / "out", ExportOptions())
    assert report.boxes == 12


def test_coco_has_them_as_crowds_of_every_label_in_use(store: Store, tmp_path: Path) -> None:
    export.export(store, store.videos(), "coco-video", tmp_path / "out", ExportOptions())
    content = json.loads((tmp_path / "out/annotations.json").read_text())
    crowds = [a for a in content["annotations"] if a["iscrowd"]]
    assert {c["name"] for c in content["categories"]} == {"car", "person"}
    assert len(crowds) == 2 * (3 + 3)
    assert len({a["instance_id"] for a in crowds} | {1, 2}) == 2 + 4
    first = crowds[0]
    assert first["bbox"] == [10, 20, 40, 40]
    whole = coco_mask.decode(first["segmentation"])
    assert whole.sum() == 1600
    assert whole[20:60, 10:50].all()
    frames = {image["id"]: image["frame_id"] for image in content["images"]}
    assert sorted({frames[a["image_id"]] for a in crowds}) == [2, 3, 4, 5]


def test_a_triangle_covers_half_its_box() -> None:
    triangle = mark((0, 0), (100, 0), (0, 100))
    assert region_box(triangle, 640, 480) == (0, 0, 100, 100)
    found = region_mask(triangle, 640, 480)
    assert found is not None
    np.testing.assert_allclose(found.area(), 5000, rtol=0.03)
    assert region_box(mark(), 640, 480) == (0, 0, 640, 480)
    assert region_mask(mark((-5, 0), (-1, 0), (-1, 9)), 640, 480) is None
