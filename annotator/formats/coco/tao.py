"""TAO: COCO with videos, tracks and, per video, the lists of categories that evaluators need.

Track ids are unique over the whole file, so only the tracks of the first video always keep their numbers.
``frame_index`` is the index of the frame in its video. Source: Dave et al., "TAO: A Large-Scale Benchmark for Tracking
Any Object", ECCV 2020, and its toolkit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.coco.video import read_coco_video
from annotator.formats.reading.label_paths import only_file
from annotator.formats.reading.passed_over import PassedOver
from annotator.formats.reading.rle import mask_from_rle, picture_rle, rle_area
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.field_check import check_coco, check_tao
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo


class CocoParts:
    """Writes the lists of a COCO file in parallel and joins them at the end, so that memory use stays constant."""

    def __init__(self, target: Target, keys: Sequence[str]) -> None:
        self._target = target
        self._parts = {key: target.scratch(f"{key}.part") for key in keys}
        self._counts = dict.fromkeys(keys, 0)

    def add(self, key: str, item: dict[str, Any]) -> int:
        """Write an entry with the next id, from 1. Returns the id."""
        self._counts[key] += 1
        line = json.dumps({"id": self._counts[key], **item})
        self._parts[key].write(line if self._counts[key] == 1 else f",\n{line}")
        return self._counts[key]

    def join(self, relative: str, head: dict[str, Any]) -> None:
        """Join all lists and write the file."""
        file = self._target.text(relative)
        file.write(json.dumps(head)[:-1])
        for key, part in self._parts.items():
            file.write(f',\n"{key}": [\n')
            part.seek(0)
            for line in part:
                file.write(line)
            file.write("\n]")
        file.write("\n}\n")


class CocoMask:
    """The mask of a box as COCO stores it, and as it is read back."""

    def __init__(self, box: LabelledBox, info: SequenceInfo) -> None:
        self.entry: dict[str, Any] = {}
        self.mask: Mask | None = None
        if box.mask is None or box.mask.is_empty() or info.width <= 0 or info.height <= 0:
            return
        counts = picture_rle(box.mask, info.width, info.height)
        area = rle_area(counts, info.width, info.height)
        if area:
            code = {"size": [info.height, info.width], "counts": counts}
            self.entry = {"segmentation": code, "area": area}
            self.mask = mask_from_rle(code)


def coco_box(box: LabelledBox) -> dict[str, Any]:
    """``bbox`` and ``area`` of a box, edges rounded to two decimals."""
    x1, y1, x2, y2 = (round(edge, 2) for edge in box.box_xyxy)
    width, height = round(x2 - x1, 2), round(y2 - y1, 2)
    return {"bbox": [x1, y1, width, height], "area": round(width * height, 2)}


def _picture_name(info: SequenceInfo, index: int) -> str:
    """``file_name`` of a frame, relative to the folder ``frames``; ``index`` from 0."""
    return f"{info.name}/frame{index + 1:06d}{info.image_ext}"


class _TaoWriter(Writer):
    def __init__(self, target: Target, label_format: Tao) -> None:
        super().__init__(target)
        self._format = label_format
        self._parts = CocoParts(target, ("images", "tracks", "annotations"))
        self._videos: list[dict[str, Any]] = []
        self._categories: dict[str, int] = {}
        self._taken: set[int] = set()
        self._tracks: dict[int, tuple[int, int]] = {}

    def begin(self, info: SequenceInfo, length: int) -> None:
        self._videos.append({
            "id": len(self._videos) + 1, "name": info.name, "width": info.width, "height": info.height,
            "fps": info.fps, "neg_category_ids": [], "not_exhaustive_category_ids": [], "metadata": {}})
        for label in info.labels:
            self._categories.setdefault(label, len(self._categories) + 1)
        self._tracks = {}

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        video = len(self._videos)
        image = self._parts.add("images", {
            "video_id": video, "frame_index": frame.index, "video": info.name, "width": info.width,
            "height": info.height, "file_name": _picture_name(info, frame.index), "license": 0,
            "neg_category_ids": [], "not_exhaustive_category_ids": []})
        written = []
        for box in frame.boxes:
            assert box.number is not None
            number, label = self._track(box.number, box.label, info)
            mask = CocoMask(box, info)
            self._parts.add("annotations", {
                "image_id": image, "video_id": video, "track_id": number, "scale_category": "moving-object",
                "category_id": self._categories[info.labels[label]], "iscrowd": int(box.ignored),
                "score": round(box.score, 6), "segmentation": [], **coco_box(box), **mask.entry})
            kept = reduced_box(box, self._format.abilities, mask=mask.mask)
            written.append(replace(kept, number=number, label=label))
        return written

    def _track(self, wanted: int, label: int, info: SequenceInfo) -> tuple[int, int]:
        """Id of the track in the file, which is its number unless another video has it; and its label, the same in all
        frames."""
        if wanted not in self._tracks:
            number = self.target.numbered(info, wanted, wanted if wanted not in self._taken else max(self._taken) + 1)
            self._taken.add(number)
            self._tracks[wanted] = (number, label)
            # Overrides the consecutive id that `add` would give.
            self._parts.add("tracks", {"id": number, "category_id": self._categories[info.labels[label]],
                                       "video_id": len(self._videos)})
        return self._tracks[wanted]

    def finish(self) -> None:
        self._parts.join(self._format.file_name, {
            "info": {"description": "SAM2MOT Annotator"}, "licenses": [], "videos": self._videos,
            "categories": [{"id": number, "name": name, "synset": f"{name}.n.01", "frequency": "r"}
                           for name, number in self._categories.items()]})


class Tao(FileFormat):
    """TAO as a label format."""

    name = "tao"
    title = "TAO"
    description = "TAO JSON: one file for all videos, with lists of tracks and categories as its evaluator expects"
    abilities = Abilities(masks=True, scores=True, ignored=True, limits=(
        "track numbers are unique over all videos", "the number of frames after the last image"))
    # In a separate folder, because TrackEval expects exactly one JSON file in it.
    file_name = "annotations/annotations.json"
    options = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"frames/{_picture_name(info, index)}"

    def writer(self, target: Target) -> Writer:
        return _TaoWriter(target, self)

    def sidecar(self, name: str) -> str:
        return "annotations.export.json"

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder that contains one."""
        of_file = PassedOver()
        file = only_file(path, (self.file_name, "annotations.json", "*.json"), "TAO file", of_file)
        return read_coco_video(file, options, frame_names=("frame_index", "frame_id"), of_file=of_file)

    def field_check(self, folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
        done = [check_coco(folder / self.file_name, boxes), check_tao(folder / self.file_name, infos, boxes)]
        return ", ".join(each for each in done if each) or None
