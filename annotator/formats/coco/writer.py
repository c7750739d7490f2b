"""Write COCO-VID: one JSON file for all videos, line by line, so that memory use does not grow with them.

Boxes are not clipped to the frame; each edge is rounded to 2 decimals, scores to 6. Every frame of the exported range
is an image, with or without boxes, and ``frame_id`` counts from 0 without gaps. ``instance_id`` is unique across
videos, ``track_id`` is the track's number in its video. ``iscrowd`` marks ignored boxes.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ExportReport, LabelFormat, PictureSource, SequenceStream
from annotator.formats.coco.check import box_key, check_coco_video
from annotator.formats.reading.rle import picture_rle, rle_area
from annotator.formats.writing.export import (
    BoxRules,
    ExportFrame,
    SidecarWriter,
    Tally,
    checked_name,
    export_frames,
    exported_rate,
)
from annotator.formats.writing.frame_pictures import FramePictures
from annotator.formats.writing.staging import Staging
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

FILE_NAME = "annotations.json"
SIDECAR_NAME = "annotations.export.json"


def write_coco_video(each: LabelFormat, sequences: Iterable[SequenceStream], out_dir: Path, options: ExportOptions,
                     pictures: PictureSource | None = None) -> ExportReport:
    """Write ``out_dir/annotations.json`` and its sidecar.

    Raises FormatError as `annotator.formats.base.LabelFormat.write` does, and for masks without a frame size.
    """
    tally = Tally()
    frame_images = FramePictures(each, options, pictures)
    with Staging(out_dir, options.overwrite) as staging:
        path = staging.add(FILE_NAME, SIDECAR_NAME)
        sidecar_path = staging.add(SIDECAR_NAME, SIDECAR_NAME)
        # In the staging folder, but never moved into place.
        images_path, annotations_path = staging.folder / "images.part", staging.folder / "annotations.part"
        with ExitStack() as files:
            export = _CocoExport(
                options, tally, frame_images, files.enter_context(_open(images_path)),
                files.enter_context(_open(annotations_path)),
                files.enter_context(SidecarWriter(sidecar_path, "coco-video", options, first_number=0)))
            for stream in sequences:
                export.add(stream)
        tally.check_labels(options)
        with _open(path) as file:
            _assemble(file, export, images_path, annotations_path)
        checks = (check_coco_video(path, export.boxes_crc, tally, options.field_check), *frame_images.write(staging))
        files_written = staging.commit()
    return ExportReport("coco-video", files_written, tally.sequences, tally.frames, tally.boxes, tally.tracks,
                        dict(tally.dropped), checks, pictures=frame_images.written)


def picture_name(info: SequenceInfo, index: int, options: ExportOptions) -> str:
    """``file_name`` of a frame, relative to the folder of the file; ``index`` from 0."""
    return f"{info.name}/{info.image_dir}/{str(index + 1).zfill(options.image_digits)}{info.image_ext}"


@dataclass(slots=True)
class _CocoExport:
    options: ExportOptions
    tally: Tally
    pictures: FramePictures
    images: TextIO
    annotations: TextIO
    sidecar: SidecarWriter
    videos: list[dict[str, Any]] = field(default_factory=list)
    categories: dict[str, int] = field(default_factory=dict)
    boxes_crc: int = 0
    _instances: int = 0
    _image_count: int = 0
    _annotation_count: int = 0

    def add(self, stream: SequenceStream) -> None:
        info, _ = stream
        name = checked_name(info)
        if any(video["name"] == name for video in self.videos):
            raise FormatError(f"two videos are named {name}; give them different names")
        length = len(self.options.frame_range(info))
        written = self.pictures.named(
            replace(info, fps=exported_rate(info, self.options), frame_count=length), info)
        self.videos.append({"id": len(self.videos) + 1, "name": name, "fps": written.fps, "width": info.width,
                            "height": info.height, "length": length})
        for label in info.labels:
            if self.options.labels is None or label in self.options.labels:
                self.categories.setdefault(label, len(self.categories) + 1)
        self.sidecar.begin(info)
        instances: dict[int, int] = {}
        rules = BoxRules(keeps_masks=self.options.masks)
        for frame in export_frames(stream, self.options, rules, self.tally):
            self.sidecar.frame(frame)
            self._add_image(written, frame)
            for box in frame.boxes:
                self._add_box(info, frame, box, instances)
        self._instances += len(instances)
        self.sidecar.end()
        self.pictures.add(info, written, SIDECAR_NAME)

    def _add_image(self, info: SequenceInfo, frame: ExportFrame) -> None:
        image = {"id": self._image_count + 1, "video_id": len(self.videos), "frame_id": frame.index,
                 "file_name": picture_name(info, frame.index, self.options), "width": info.width,
                 "height": info.height}
        self.images.write((",\n" if self._image_count else "") + json.dumps(image))
        self._image_count += 1

    def _add_box(self, info: SequenceInfo, frame: ExportFrame, box: LabelledBox, instances: dict[int, int]) -> None:
        if box.number is None:
            raise AssertionError("export_frames yields no box without a number")
        instance = instances.setdefault(box.number, self._instances + len(instances) + 1)
        x1, y1, x2, y2 = (round(edge, 2) for edge in box.box_xyxy)
        width, height = round(x2 - x1, 2), round(y2 - y1, 2)
        category = self.categories[info.labels[box.label]]
        entry: dict[str, Any] = {
            "id": self._annotation_count + 1, "image_id": self._image_count, "video_id": len(self.videos),
            "category_id": category, "instance_id": instance, "track_id": box.number, "bbox": [x1, y1, width, height],
            "area": round(width * height, 2), "iscrowd": int(box.ignored), "score": round(box.score, 6)}
        if box.visibility != 1:
            entry["visibility"] = round(box.visibility, 4)
        if self.options.masks and box.mask is not None and not box.mask.is_empty():
            code = picture_rle(_sized(info, box.mask), info.width, info.height)
            area = rle_area(code, info.width, info.height)
            if area:
                entry |= {"segmentation": {"size": [info.height, info.width], "counts": code}, "area": area}
        self.annotations.write((",\n" if self._annotation_count else "") + json.dumps(entry))
        self._annotation_count += 1
        self.boxes_crc = zlib.crc32(box_key(len(self.videos), frame.index, entry), self.boxes_crc)


def _sized(info: SequenceInfo, mask: Mask) -> Mask:
    if info.width <= 0 or info.height <= 0:
        raise FormatError(f"{info.name}: the frame size is unknown, so masks cannot be written")
    return mask


def _assemble(file: TextIO, export: _CocoExport, images: Path, annotations: Path) -> None:
    head = {"videos": export.videos, "categories": [{"id": number, "name": name}
                                                    for name, number in export.categories.items()]}
    file.write(json.dumps(head)[:-1])
    for key, part in (("images", images), ("annotations", annotations)):
        file.write(f',\n"{key}": [\n')
        with part.open(encoding="utf-8") as source:
            shutil.copyfileobj(source, file)
        file.write("\n]")
    file.write("\n}\n")


def _open(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="\n")
