"""Plain COCO: images and boxes, for detectors. An image's video is the folder in its file name; tracks are lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import (
    ANNOTATION_FIELDS,
    IMAGE_FIELDS,
    Ids,
    Tables,
    annotation_of,
    attributes_of,
    box_of,
    is_number_or_missing,
    mask_of,
    read_listed,
    size_of,
)
from annotator.formats.coco.tao import CocoMask, CocoParts, coco_box
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.geometry import turned_hull
from annotator.formats.reading.json_stream import iterate_json
from annotator.formats.reading.label_paths import only_file
from annotator.formats.reading.passed_over import NO_SIZE, PassedOver
from annotator.formats.reading.picture_names import place
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.field_check import check_coco
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.sequence import LabelledBox, SequenceInfo

_READ_FIELDS = ANNOTATION_FIELDS | {"attributes", "occluded"}
_EXPECTED = "COCO: {images, annotations with bbox, categories}"


class _CocoWriter(Writer):
    def __init__(self, target: Target, label_format: CocoImages) -> None:
        super().__init__(target)
        self._format = label_format
        self._parts = CocoParts(target, ("images", "annotations"))
        self._categories: dict[str, int] = {}

    def begin(self, info: SequenceInfo, length: int) -> None:
        for label in info.labels:
            self._categories.setdefault(label, len(self._categories) + 1)

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        image = self._parts.add("images", {"file_name": self._format.picture(info, frame.index, self.options),
                                           "width": info.width, "height": info.height})
        written = []
        for box in frame.boxes:
            mask = CocoMask(box, info)
            self._parts.add("annotations", {
                "image_id": image, "category_id": self._categories[info.labels[box.label]],
                "iscrowd": int(box.ignored), "score": round(box.score, 6), "segmentation": [], **coco_box(box),
                **mask.entry})
            written.append(replace(reduced_box(box, self._format.abilities, mask=mask.mask), ignored=box.ignored))
        return written

    def finish(self) -> None:
        self._parts.join(self._format.file_name, {
            "info": {"description": "SAM2MOT Annotator"}, "licenses": [],
            "categories": [{"id": number, "name": name, "supercategory": "object"}
                           for name, number in self._categories.items()]})


class CocoImages(FileFormat):
    """Plain COCO as a label format."""

    name = "coco"
    title = "COCO per frame"
    description = "COCO JSON: one file for all videos, unordered images and boxes without identities"
    abilities = Abilities(identities=False, reads_identities=True, masks=True, scores=True, ignored=True, regions=True,
                          limits=("ignored boxes come back as ignore regions",))
    options = ("masks", "image_digits", *PICTURE_OPTIONS)
    file_name = "instances.json"

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"{info.name}/{str(index + 1).zfill(options.image_digits)}{info.image_ext}"

    def writer(self, target: Target) -> Writer:
        return _CocoWriter(target, self)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder that contains one."""
        of_file = PassedOver()
        file = only_file(path, (self.file_name, "annotations/instances_*.json", "*.json"), "COCO file", of_file)
        return _read(file, options, of_file)

    def field_check(self, folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
        return check_coco(folder / self.file_name, boxes)


def _read(file: Path, options: ImportOptions, of_file: PassedOver) -> list[LabelledSequence]:
    images, names = read_listed(file, "images", _EXPECTED, of_file)
    videos: dict[str, list[int]] = {}
    for number, item in images.items():
        of_file.fields(item, IMAGE_FIELDS, "images")
        videos.setdefault(PurePosixPath(str(item.get("file_name", ""))).parent.name or file.stem, []).append(number)
    tables = {video: BoxTable(file, _EXPECTED, passed_of_file=of_file) for video in videos}
    places: dict[int, tuple[str, int]] = {}
    infos, notes, sizes = {}, {}, {}
    for video, numbers in videos.items():
        own = len(videos) == 1 or (options.info is not None and options.info.name == video)
        placed = place([str(images[number].get("file_name", "")) for number in numbers],
                       options.picture_names if own else (), options.first_frame)
        places.update({number: (video, frame) for number, frame in zip(numbers, placed.frames, strict=True)})
        first = images[numbers[0]]
        infos[video] = SequenceInfo(video, size_of(first, "width"), size_of(first, "height"), 0.0,
                                    max(placed.frames) + 1)
        sizes[video] = options.frame_size(own)
        notes[video] = [placed.note] if placed.note else []
    ids = Ids()
    for key, item in iterate_json(file, _EXPECTED):
        if key == "annotations":
            _add(file, item, places, tables, names, images, ids, sizes)
    return [table.sequence(infos[video], options, notes[video]) for video, table in tables.items()]


def _add(file: Path, item: Any, places: dict[int, tuple[str, int]], tables: dict[str, BoxTable], names: dict[int, str],
         images: Tables, ids: Ids, sizes: dict[str, tuple[int, int]]) -> None:
    where, image, category = annotation_of(file, item, "image_id", places, _EXPECTED)
    score = item.get("score", 1.0)
    if not is_number_or_missing(score):
        raise FormatError(f"{file} {where}: found score {str(score)[:20]!r}; expected a number")
    video, frame = places[image]
    picture, table = images[image], tables[video]
    table.passed.fields(item, _READ_FIELDS, "annotations")
    about = attributes_of(item, table.passed)
    number = ids.of(file, about.item, ("track_id", "instance_id"), where)
    code, width, height = item.get("segmentation"), size_of(picture, "width"), size_of(picture, "height")
    if not width or not height:
        width, height = sizes[video]
    if isinstance(code, list) and code and not (width and height):
        table.passed.add(NO_SIZE)
        code = None
    mask = mask_of(file, where, code, width, height)
    edges = box_of(file, where, item.get("bbox"), _EXPECTED)
    table.add(where, frame, number, names.get(category, f"category {category}"),
              turned_hull(edges, about.rotation) if about.rotation and mask is None else edges,
              score=math.nan if score is None else float(score),
              ignored=bool(item.get("iscrowd")), occluded=about.occluded, interpolated=about.interpolated, mask=mask)
