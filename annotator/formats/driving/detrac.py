"""UA-DETRAC ground truth, which is only read."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.passed_over import short
from annotator.formats.reading.xml_stream import attribute, iterate_xml
from annotator.formats.writing.read_only import ReadOnly
from annotator.model.box import Box
from annotator.model.sequence import SequenceInfo

_DETRAC = "UA-DETRAC: <sequence> with <frame num> and <target id>"
_TARGET, _ATTRIBUTE = frozenset({"id"}), frozenset({"vehicle_type"})


class Detrac(ReadOnly):
    """UA-DETRAC ground truth (Wen et al., "UA-DETRAC", CVIU 2020): XML per video, frames from 1."""

    name = "detrac"
    title = "UA-DETRAC"
    description = "UA-DETRAC ground truth: XML per video with targets by frame and ignored regions"
    abilities = Abilities(regions=True)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        return [_read_detrac(file, options) for file in label_files(path, ("*.xml",), "UA-DETRAC files")]


def _read_detrac(file: Path, options: ImportOptions) -> LabelledSequence:
    table = BoxTable(file, _DETRAC)
    first = 1 if options.first_frame is None else options.first_frame
    name, regions, frames = file.stem, [], []
    for event, depth, element in iterate_xml(file, _DETRAC):
        if depth == 0:
            if element.tag != "sequence":
                table.fail("root", f"<{element.tag[:40]}>")
            name = element.get("name") or name
        elif event == "end" and depth == 1 and element.tag == "ignored_region":
            regions = [_left_top(file, "ignored region", box) for box in element.iter("box")]
        elif event == "end" and depth == 1 and element.tag == "sequence_attribute":
            table.passed.fields(element.attrib, frozenset(), "the sequence")
        elif event == "end" and depth == 1 and element.tag != "frame":
            table.passed.add(f"elements {short(element.tag)}")
        elif event == "end" and depth == 1:
            frame = int(attribute(file, "frame", element, "num", _DETRAC)) - first
            frames.append(frame)
            for target in element.iter("target"):
                _add_target(file, table, frame, target)
    for frame in frames:
        for box in regions:
            table.add("ignored region", frame, None, None, box, ignored=True)
    return table.sequence(SequenceInfo(name, 0, 0, 0.0, 0), options)


def _left_top(file: Path, where: str, box: Element) -> Box:
    left, top, width, height = (attribute(file, where, box, side, _DETRAC)
                                for side in ("left", "top", "width", "height"))
    return (left, top, left + width, top + height)


def _add_target(file: Path, table: BoxTable, frame: int, target: Element) -> None:
    where = f"target {target.get('id', '')[:20]} in frame {frame + 1}"
    box, about = target.find("box"), target.find("attribute")
    if box is None:
        table.fail(where, "no box")
    number = attribute(file, where, target, "id", _DETRAC)
    table.passed.fields(target.attrib, _TARGET, "targets")
    for each in target:
        if each.tag == "attribute":
            table.passed.fields(each.attrib, _ATTRIBUTE, "targets")
        elif each.tag != "box":
            table.passed.add(f"<{short(each.tag)}> of targets")
    label = "vehicle" if about is None else about.get("vehicle_type", "vehicle")
    table.add(where, frame, int(number), label.lower(), _left_top(file, where, box))
