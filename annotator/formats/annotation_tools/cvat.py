"""CVAT for video 1.1: XML with tracks, each with its boxes by frame. One file per video.

Frames count from 0. Each run of boxes is followed by an ``outside`` keyframe in the next frame, unless the video ends.
``keyframe`` distinguishes boxes that someone set from interpolated ones. Source: CVAT's manual, "CVAT for video 1.1".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.rle import mask_from_polygons
from annotator.formats.reading.xml_stream import attribute, iterate_xml
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.sequence import LabelledBox, SequenceInfo

_EXPECTED = "CVAT for video 1.1: <annotations> with <track> and <box> elements"
#: Characters that XML 1.0 cannot represent.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NOT_BOXES = frozenset({"points", "polyline", "cuboid", "skeleton", "ellipse", "mask"})


def _text(value: object) -> str:
    return escape(_UNWRITABLE.sub("?", str(value)))


def _quoted(value: object) -> str:
    return quoteattr(_UNWRITABLE.sub("?", str(value)))


@dataclass(slots=True)
class _Lines:
    """The lines of one track of the video that is being written."""

    label: int
    attributes: str
    lines: list[str] = field(default_factory=list)
    last: int = -2
    edges: str = ""


class _CvatWriter(Writer):
    """Keeps the tracks of a video in memory until it ends, because the format stores them one after the other."""

    def begin(self, info: SequenceInfo, length: int) -> None:
        self._tracks: dict[int, _Lines] = {}
        self._names: dict[int, set[str]] = {}

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            assert box.number is not None
            kept = reduced_box(box, Cvat.abilities)
            track = self._tracks.get(box.number)
            if track is None:
                track = self._tracks[box.number] = _Lines(box.label, "".join(
                    f"      <attribute name={_quoted(name)}>{_text(value)}</attribute>\n"
                    for name, value in box.attributes.items()))
                self._names.setdefault(box.label, set()).update(map(str, box.attributes))
            gap = frame.index != track.last + 1
            if gap:
                self._close(track, info.frame_count)
            x1, y1, x2, y2 = kept.box_xyxy
            track.edges = f'xtl="{x1:.2f}" ytl="{y1:.2f}" xbr="{x2:.2f}" ybr="{y2:.2f}" z_order="0"'
            self._line(track, frame.index, False, kept.occluded, gap or not box.interpolated)
            track.last = frame.index
            written.append(replace(kept, label=track.label))
        return written

    def _close(self, track: _Lines, length: int) -> None:
        if 0 <= track.last < length - 1:
            self._line(track, track.last + 1, True, False, True)

    def _line(self, track: _Lines, frame: int, outside: bool, occluded: bool, keyframe: bool) -> None:
        flags = f'outside="{int(outside)}" occluded="{int(occluded)}" keyframe="{int(keyframe)}"'
        track.lines.append(f'    <box frame="{frame}" {track.edges} {flags}>\n{track.attributes}    </box>\n')

    def end(self, info: SequenceInfo) -> None:
        file = self.target.text(f"{info.name}.xml")
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n'
                   f"    <task>\n      <name>{_text(info.name)}</name>\n      <size>{info.frame_count}</size>\n"
                   "      <mode>interpolation</mode>\n      <start_frame>0</start_frame>\n"
                   f"      <stop_frame>{info.frame_count - 1}</stop_frame>\n      <labels>\n")
        for index, label in enumerate(info.labels):
            file.write(f"        <label>\n          <name>{_text(label)}</name>\n          <attributes>\n")
            for name in sorted(self._names.get(index, ())):
                file.write(f"            <attribute>\n              <name>{_text(name)}</name>\n"
                           "              <mutable>False</mutable>\n              <input_type>text</input_type>\n"
                           "              <default_value></default_value>\n              <values></values>\n"
                           "            </attribute>\n")
            file.write("          </attributes>\n        </label>\n")
        file.write(f"      </labels>\n      <original_size>\n        <width>{info.width}</width>\n"
                   f"        <height>{info.height}</height>\n      </original_size>\n    </task>\n  </meta>\n")
        for number, track in self._tracks.items():
            self._close(track, info.frame_count)
            file.write(f'  <track id="{number}" label={_quoted(info.labels[track.label])} source="manual">\n')
            file.writelines(track.lines)
            file.write("  </track>\n")
        file.write("</annotations>\n")
        file.close()
        self._tracks = {}


class Cvat(FileFormat):
    """CVAT for video 1.1 as a label format."""

    name = "cvat"
    title = "CVAT for video 1.1"
    description = "CVAT for video 1.1: NAME.xml per video, with occlusion, keyframes and attributes"
    abilities = Abilities(occluded=True, limits=("the frame rate", "one label per track",
                                                 "control characters in names become ?"))
    options = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"images/{info.name}/frame_{index:06d}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _CvatWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        return [_Reader(file).read(options) for file in label_files(path, ("annotations.xml", "*.xml"), "CVAT files")]


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._table = BoxTable(path, _EXPECTED)
        self._header: dict[str, str] = {}
        self._skipped: dict[str, int] = {}
        self._tracks = 0

    def _fail(self, where: str, found: str) -> NoReturn:
        raise FormatError(f"{self._path} {where}: found {found}; expected {_EXPECTED}")

    def read(self, options: ImportOptions) -> LabelledSequence:
        inside: list[str] = []
        for event, depth, element in iterate_xml(self._path, _EXPECTED):
            if event == "start":
                if depth == 0 and element.tag != "annotations":
                    self._fail("root", f"<{element.tag[:40]}>")
                inside.append(element.tag)
                continue
            inside.pop()
            if depth == 1 and element.tag == "image":
                self._fail(f"image {element.get('id')}", "the format CVAT for images, which has no tracks")
            if depth == 1 and element.tag == "track":
                self._add(element, options.first_frame or 0)
            elif "meta" in inside and "labels" not in inside and "segments" not in inside:
                self._header[element.tag] = (element.text or "").strip()
            elif inside[-2:] == ["labels", "label"] and element.tag == "name":
                self._table.label((element.text or "").strip() or "object")
        notes = [f"skipped {count} {tag} shapes: only boxes and polygons are read"
                 for tag, count in self._skipped.items()]
        return self._table.sequence(self._info(), options, notes)

    def _info(self) -> SequenceInfo:
        def number(name: str) -> int:
            text = self._header.get(name, "")
            return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0

        size = max(number("size"), number("stop_frame") + 1 if "stop_frame" in self._header else 0)
        # Files of other programs may state too few frames, if frames were skipped or boxes added manually.
        return SequenceInfo(self._path.stem if self._path.stem != "annotations" else self._header.get("name", ""),
                            number("width"), number("height"), 0.0, size if self._table.last_frame < size else 0)

    def _add(self, track: Element, first: int) -> None:
        self._tracks += 1
        text = track.get("id", "")
        if not (text.isascii() and text.isdigit() and len(text) < 15):
            self._fail(f"track {text[:20]!r}", "an id that is not a whole number")
        number, label = int(text), track.get("label")
        if label is None:
            self._fail(f"track {number}", "no label")
        for shape in track:
            where = f"track {number} {shape.tag[:20]} in frame {shape.get('frame', '')[:20]}"
            if shape.tag in _NOT_BOXES:
                self._skipped[shape.tag] = self._skipped.get(shape.tag, 0) + 1
            elif shape.tag in ("box", "polygon") and shape.get("outside") != "1":
                self._add_shape(where, number, label, shape, first)

    def _add_shape(self, where: str, number: int, label: str, shape: Element, first: int) -> None:
        frame = attribute(self._path, where, shape, "frame", _EXPECTED)
        if frame != int(frame):
            self._fail(where, f"frame {frame}")
        mask = None
        if shape.tag == "box":
            x1, y1, x2, y2 = (attribute(self._path, where, shape, name, _EXPECTED)
                              for name in ("xtl", "ytl", "xbr", "ybr"))
        else:
            try:
                corners = [float(part) for pair in shape.get("points", "").split(";") for part in pair.split(",")]
                xs, ys = corners[::2], corners[1::2]
                x1, y1, x2, y2 = min(xs), min(ys), max(xs), max(ys)
                size = (int(float(self._header.get("width") or 0)), int(float(self._header.get("height") or 0)))
                if all(0 < side < 2**15 for side in size):
                    mask = mask_from_polygons([corners], *size)
            except (ValueError, OverflowError) as error:
                self._fail(where, str(error))
        found = {name: (each.text or "").strip() for each in shape if (name := each.get("name")) is not None}
        if found:
            self._table.attributes.setdefault(number, {}).update(found)
        self._table.add(where, int(frame) - first, number, label, (x1, y1, x2, y2),
                        occluded=shape.get("occluded") == "1", interpolated=shape.get("keyframe") == "0",
                        mask=None if mask is None or mask.is_empty() else mask)
