"""CVAT for video 1.1: XML with tracks, each with its boxes by frame. One file per video.

Frames count from 0. Each run of boxes is followed by an ``outside`` keyframe in the next frame, unless the video ends.
``keyframe`` distinguishes boxes that someone set from interpolated ones. Source: CVAT's manual, "CVAT for video 1.1".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from annotator.formats.annotation_tools.cvat_reader import read_cvat
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.reading.label_paths import label_files
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.sequence import LabelledBox, SequenceInfo

#: Characters that XML 1.0 cannot represent.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


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
        files = label_files(path, ("annotations.xml", "*.xml"), "CVAT files")
        return [found for file in files for found in read_cvat(file, options)]
