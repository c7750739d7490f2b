"""What CVAT gets: polygons or masks as chosen, and attributes as they are declared."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from defusedxml import ElementTree

from annotator.formats.base import ExportOptions, ExportReport, ImportOptions, Shapes
from annotator.formats.registry import get_format
from annotator.jobs.labels.export import export
from annotator.model.attribute import Attribute, AttributeKind
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.storage.edits.attributes import add_attribute
from annotator.storage.store import Store
from tests.storage.fakes import fake_run

ATTRIBUTES = (Attribute(1, 0, "state", AttributeKind.CHOICE, ("swim", "rest"), "rest"),
              Attribute(2, None, "size", AttributeKind.NUMBER), Attribute(3, 0, "tagged", AttributeKind.FLAG),
              Attribute(4, 1, "note", AttributeKind.TEXT, (), "none"))
INFO = SequenceInfo("clip", 64, 48, 25.0, 3, ("fish", "crab"), attributes=ATTRIBUTES)


def ring() -> Mask:
    """A disc with a hole, and a second part."""
    grid = np.arange(24) - 11.5
    apart = grid[:, None] ** 2 + grid[None] ** 2
    bitmap = (apart <= 130) & (apart >= 20)
    bitmap[:4, :3] = True
    return Mask.from_bitmap(bitmap, 5, 6)


def frames() -> list[LabelledFrame]:
    ringed = ring()
    return [LabelledFrame(frame, (LabelledBox(3, 0, ringed.box_xyxy, mask=ringed,
                                              attributes={"tagged": True, "size": 2.5, "remark": "old"}),
                                  LabelledBox(4, 1, (1.0, 2.0, 9.0, 8.0)))) for frame in range(3)]


def write(folder: Path, shapes: Shapes = "boxes") -> tuple[Element, ExportReport]:
    report = get_format("cvat").write([(INFO, frames())], folder, ExportOptions(shapes=shapes))
    return ElementTree.parse(folder / "clip.xml").getroot(), report


@pytest.mark.parametrize(("shapes", "tag"), [("boxes", "box"), ("polygons", "polygon"), ("masks", "mask")])
def test_objects_with_masks_have_the_chosen_shape(shapes: Shapes, tag: str, tmp_path: Path) -> None:
    root, report = write(tmp_path, shapes)
    assert {each.tag for each in root.findall("track[@id='3']/*")} == {tag}
    assert {each.tag for each in root.findall("track[@id='4']/*")} == {"box"}
    assert report.dropped == ({"masks (only boxes were written)": 3} if shapes == "boxes" else {})
    assert [note for note in report.notes if "without a mask" in note] == (
        [] if shapes == "boxes" else ["clip: 3 boxes without a mask were written as boxes"])
    [found] = get_format("cvat").read(tmp_path / "clip.xml", ImportOptions())
    masks = [box.mask for frame in found.frames for box in frame.boxes if box.number == 3]
    if shapes == "boxes":
        assert masks == [None] * 3
    elif shapes == "masks":
        assert masks == [ring()] * 3
    else:
        for mask in masks:
            assert mask is not None
            one, other = mask.to_bitmap(64, 48), ring().to_bitmap(64, 48)
            assert (one & other).sum() / (one | other).sum() > 0.95


def test_a_mask_is_cut_at_the_edge_of_the_frame(tmp_path: Path) -> None:
    mask = Mask.from_bitmap(np.ones((10, 10), bool), -4, 43)
    for shapes in ("polygons", "masks"):
        get_format("cvat").write([(INFO, [LabelledFrame(0, (LabelledBox(1, 0, mask.box_xyxy, mask=mask),))])],
                                 tmp_path / shapes, ExportOptions(shapes=shapes))
        [found] = get_format("cvat").read(tmp_path / shapes / "clip.xml", ImportOptions())
        [box] = [box for frame in found.frames for box in frame.boxes]
        assert box.mask == Mask.from_bitmap(np.ones((5, 6), bool), 0, 43)


def declared(root: Element) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Kind, default and values by label and attribute."""
    return {(label.findtext("name", ""), each.findtext("name", "")): (
        each.findtext("input_type", ""), each.findtext("default_value", ""), each.findtext("values", ""))
        for label in root.findall("meta/task/labels/label") for each in label.findall("attributes/attribute")}


def test_attributes_are_declared_with_their_kinds_and_options(tmp_path: Path) -> None:
    root, _ = write(tmp_path)
    assert declared(root) == {
        ("fish", "state"): ("select", "rest", "swim\nrest"), ("fish", "size"): ("number", "", "0\n100\n0.01"),
        ("fish", "tagged"): ("checkbox", "false", "false"), ("fish", "remark"): ("text", "", ""),
        ("crab", "size"): ("number", "", "0\n100\n1"), ("crab", "note"): ("text", "none", "none")}


def test_every_shape_has_all_attributes_also_those_that_are_not_set(tmp_path: Path) -> None:
    root, _ = write(tmp_path)
    values = [{each.get("name"): each.text or "" for each in shape} for shape in root.findall("track/*")]
    assert values == [{"state": "rest", "size": "2.5", "tagged": "true", "remark": "old"}] * 3 + [
        {"size": "", "note": "none"}] * 3
    [found] = get_format("cvat").read(tmp_path / "clip.xml", ImportOptions())
    assert {box.number: dict(box.attributes) for frame in found.frames for box in frame.boxes} == {
        3: {"state": "rest", "size": 2.5, "tagged": True, "remark": "old"}, 4: {"note": "none"}}


def test_a_project_declares_its_attributes(tmp_path: Path) -> None:
    with Store.create(tmp_path / "p.annot") as store:
        store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "print-of-clip")
        fake_run(store, {1: (0, 9)})
        label = store.labels()[0]
        add_attribute(store, "state", AttributeKind.CHOICE, label.id, ("swim", "rest"))
        export(store, store.videos(), "cvat", tmp_path / "out", ExportOptions())
    root = ElementTree.parse(tmp_path / "out/clip.xml").getroot()
    assert declared(root)[label.name, "state"] == ("select", "", "swim\nrest")
