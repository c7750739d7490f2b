"""CVAT for video 1.1: XML with tracks, each with its boxes by frame. One file per video.

Frames count from 0. Each run of boxes is followed by an ``outside`` keyframe in the next frame, unless the video ends.
``keyframe`` distinguishes boxes that someone set from interpolated ones. Boxes with masks are written as boxes,
polygons or masks. The header declares every attribute of a label with its kind and options, and every shape has all of
them. Source: CVAT's manual, "CVAT for video 1.1".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.cvat.reader import read_cvat
from annotator.formats.reading.geometry import hull
from annotator.formats.reading.label_paths import label_files
from annotator.formats.reading.rle import mask_from_polygons
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.formats.writing.outlines import outline
from annotator.model.attribute import Attribute, AttributeKind, attributes_of, is_same, value_text
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

#: Characters that XML 1.0 cannot represent.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def _text(value: object) -> str:
    return escape(_UNWRITABLE.sub("?", str(value)))


def _quoted(value: object) -> str:
    return quoteattr(_UNWRITABLE.sub("?", str(value)))


_KINDS = {AttributeKind.TEXT: "text", AttributeKind.NUMBER: "number", AttributeKind.CHOICE: "select",
          AttributeKind.FLAG: "checkbox"}
#: What boxes are called that have no mask while masks or polygons are written.
_PLAIN = "boxes without a mask were written as boxes"


class _Attributes:
    """The attributes of the labels of a video, declared ones and those that only tracks have."""

    def __init__(self, info: SequenceInfo) -> None:
        self._declared = {label: {each.name: each for each in attributes_of(label, info.attributes)}
                          for label in range(len(info.labels))}
        self._values: dict[tuple[int, str], set[object]] = {}
        self._varying: set[tuple[int, str]] = set()

    def of_box(self, track: _Lines, attributes: Mapping[str, object]) -> bool:
        """Take the attributes of a track in a frame. Returns whether they differ from those before."""
        if track.seen is attributes:
            return False
        track.seen = attributes
        label = track.label
        # What a box does not have must be said too, because a value holds until the next one.
        values = dict.fromkeys(track.values) | {
            name: each.default for name, each in self._declared[label].items()} | {
            name: value for name, value in attributes.items() if value is not None}
        if values == track.values and track.text:
            return False
        for name, value in values.items():
            self._values.setdefault((label, name), set()).add(value)
            if track.text and not is_same(track.values.get(name), value):
                self._varying.add((label, name))
        track.values = values
        track.text = "".join(f"      <attribute name={_quoted(name)}>{_text(value_text(value))}</attribute>\n"
                             for name, value in values.items())
        return True

    def declaration(self, label: int) -> str:
        """The attributes of a label as XML for the header."""
        others = sorted({name for of, name in self._values if of == label} - self._declared[label].keys())
        each = [*self._declared[label].values(), *(Attribute(0, label, name, AttributeKind.TEXT) for name in others)]
        return "".join(self._declared_as(label, attribute) for attribute in each)

    def _declared_as(self, label: int, attribute: Attribute) -> str:
        default = value_text(attribute.default)
        if attribute.kind is AttributeKind.FLAG:
            default = default or "false"
        options = {AttributeKind.CHOICE: "\n".join(attribute.options), AttributeKind.NUMBER: self._limits(
            label, attribute)}.get(attribute.kind, default)
        return (f"            <attribute>\n              <name>{_text(attribute.name)}</name>\n"
                f"              <mutable>{attribute.varies or (label, attribute.name) in self._varying}</mutable>\n"
                f"              <input_type>{_KINDS[attribute.kind]}"
                f"</input_type>\n              <default_value>{_text(default)}</default_value>\n"
                f"              <values>{_text(options)}</values>\n            </attribute>\n")

    def _limits(self, label: int, attribute: Attribute) -> str:
        """Lowest and highest value and step of a number, which CVAT asks for."""
        found = [*self._values.get((label, attribute.name), ()), attribute.default]
        numbers = [float(each) for each in found if isinstance(each, int | float)] or [0.0]
        low, high = min(0.0, *numbers), max(100.0, *numbers)
        step = 1.0 if all(number == int(number) for number in numbers) else 0.01
        return "\n".join(map(value_text, (low, high, step)))


@dataclass(slots=True)
class _Lines:
    """The lines of one track of the video that is being written."""

    label: int
    values: dict[str, object] = field(default_factory=dict)
    """Attributes in the last frame; None for no value."""
    text: str = ""
    """The same as XML."""
    seen: Mapping[str, object] | None = None
    lines: list[str] = field(default_factory=list)
    last: int = -2
    shape: str = ""
    """Kind of the last shape."""
    place: str = ""
    """Its coordinates."""


class _CvatWriter(Writer):
    """Keeps the tracks of a video in memory until it ends, because the format stores them one after the other."""

    def begin(self, info: SequenceInfo, length: int) -> None:
        self._tracks: dict[int, _Lines] = {}
        self._attributes = _Attributes(info)
        self._plain = 0

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            assert box.number is not None
            track = self._tracks.get(box.number)
            if track is None:
                track = self._tracks[box.number] = _Lines(box.label)
            gap = frame.index != track.last + 1
            if gap:
                self._close(track, info.frame_count)
            # A value begins to hold with a keyframe.
            differs = self._attributes.of_box(track, box.attributes)
            kept = self._shape(track, box, info)
            self._line(track, frame.index, False, kept.occluded, gap or differs or not box.interpolated)
            track.last = frame.index
            written.append(replace(kept, label=track.label, attributes=_readable(track.values)))
        return written

    def _shape(self, track: _Lines, box: LabelledBox, info: SequenceInfo) -> LabelledBox:
        """Set the shape of a track; returns what is read back of it."""
        kept = reduced_box(box, Cvat.abilities)
        if box.mask is not None and self.options.shapes == "masks":
            mask = _clipped(box.mask, info)
            if not mask.is_empty():
                track.shape = "mask"
                track.place = (f'rle="{_runs(mask)}" left="{mask.left}" top="{mask.top}" width="{mask.width}" '
                               f'height="{mask.height}" z_order="0"')
                return replace(kept, mask=mask, box_xyxy=mask.box_xyxy)
        elif box.mask is not None and self.options.shapes == "polygons":
            corners = [round(value, 2) for value in outline(box.mask, info.width, info.height)]
            if corners:
                track.shape = "polygon"
                pairs = zip(corners[::2], corners[1::2], strict=True)
                track.place = f'points="{";".join(f"{x:.2f},{y:.2f}" for x, y in pairs)}" z_order="0"'
                mask = mask_from_polygons([corners], info.width, info.height)
                return replace(kept, mask=None if mask.is_empty() else mask, box_xyxy=hull(corners))
        self._plain += self.options.shapes != "boxes"
        track.shape = "box"
        x1, y1, x2, y2 = kept.box_xyxy
        track.place = f'xtl="{x1:.2f}" ytl="{y1:.2f}" xbr="{x2:.2f}" ybr="{y2:.2f}" z_order="0"'
        return kept

    def _close(self, track: _Lines, length: int) -> None:
        if 0 <= track.last < length - 1:
            self._line(track, track.last + 1, True, False, True)

    def _line(self, track: _Lines, frame: int, outside: bool, occluded: bool, keyframe: bool) -> None:
        flags = f'outside="{int(outside)}" occluded="{int(occluded)}" keyframe="{int(keyframe)}"'
        track.lines.append(f'    <{track.shape} frame="{frame}" {track.place} {flags}>\n{track.text}'
                           f"    </{track.shape}>\n")

    def end(self, info: SequenceInfo) -> None:
        file = self.target.text(f"{info.name}.xml")
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n'
                   f"    <task>\n      <name>{_text(info.name)}</name>\n      <size>{info.frame_count}</size>\n"
                   "      <mode>interpolation</mode>\n      <start_frame>0</start_frame>\n"
                   f"      <stop_frame>{info.frame_count - 1}</stop_frame>\n      <labels>\n")
        for index, label in enumerate(info.labels):
            file.write(f"        <label>\n          <name>{_text(label)}</name>\n          <attributes>\n"
                       f"{self._attributes.declaration(index)}          </attributes>\n        </label>\n")
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
        if self._plain:
            self.target.notes.append(f"{info.name}: {self._plain} {_PLAIN}")


def _readable(values: Mapping[str, object]) -> dict[str, object]:
    """Values as they are read back."""
    texts = {name: _UNWRITABLE.sub("?", value_text(value)).strip() for name, value in values.items()}
    return {_UNWRITABLE.sub("?", name): text for name, text in texts.items() if text}


def _clipped(mask: Mask, info: SequenceInfo) -> Mask:
    """The part of a mask inside the frame."""
    inside = mask.left >= 0 and mask.top >= 0 and (
        mask.left + mask.width <= info.width and mask.top + mask.height <= info.height)
    return mask if inside else Mask.from_bitmap(mask.to_bitmap(info.width, info.height))


def _runs(mask: Mask) -> str:
    """Lengths of alternating runs of 0 and 1 of the crop, row by row, starting with 0."""
    values = mask.crop().ravel(order="C")
    edges = np.flatnonzero(np.diff(values, prepend=False))
    return ", ".join(map(str, np.diff(edges, prepend=0, append=len(values)).tolist()))


class Cvat(FileFormat):
    """CVAT for video 1.1 as a label format."""

    name = "cvat"
    title = "CVAT for video 1.1"
    description = "CVAT for video 1.1: NAME.xml per video, with occlusion, keyframes and attributes"
    abilities = Abilities(occluded=True, attributes=True, limits=(
        "masks unless chosen", "the frame rate", "one label per track", "control characters in names become ?",
        "a box with which a value changes becomes a keyframe"))
    options = ("shapes", *PICTURE_OPTIONS)

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"images/{info.name}/frame_{index:06d}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _CvatWriter(target)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        files = label_files(path, ("annotations.xml", "*.xml"), "CVAT files")
        return [found for file in files for found in read_cvat(file, options)]
