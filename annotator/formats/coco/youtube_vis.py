"""YouTube-VIS: one annotation per track, with lists of masks, boxes and areas, one entry per frame of the video.

In frames in which a track is not visible, all three lists contain null. Result files are a list of ``{video_id,
category_id, score, segmentations}`` and can only be read together with a file that lists the videos, so they are
refused. Source: Yang et al., "Video Instance Segmentation", ICCV 2019, and its cocoapi.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from annotator.errors import FormatError
from annotator.formats.base import PICTURE_OPTIONS, Abilities, ExportOptions, ImportOptions, LabelledSequence
from annotator.formats.coco.parts import (
    ANNOTATION_FIELDS,
    VIDEO_FIELDS,
    Ids,
    Tables,
    annotation_of,
    box_of,
    mask_of,
    read_listed,
    size_of,
)
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.json_stream import iterate_json
from annotator.formats.reading.label_paths import only_file
from annotator.formats.reading.passed_over import PassedOver
from annotator.formats.reading.picture_names import PictureNames
from annotator.formats.reading.rle import mask_from_rle, picture_runs
from annotator.formats.writing.export import ExportFrame
from annotator.formats.writing.field_check import check_youtube_vis
from annotator.formats.writing.file_format import FileFormat, Target, Writer, reduced_box
from annotator.formats.writing.overlaps import NO_MASK
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, SequenceInfo

_READ_FIELDS = ANNOTATION_FIELDS | {"segmentations", "bboxes", "areas", "width", "height", "length"}
_EXPECTED = "YouTube-VIS: {videos with file_names, annotations with segmentations, categories}"


@dataclass(slots=True)
class _Seen:
    """The data of one track of the video that is being written."""

    number: int
    label: int
    ignored: bool
    masks: dict[int, Mask] = field(default_factory=dict)
    boxes: dict[int, list[float]] = field(default_factory=dict)
    scores: list[float] = field(default_factory=list)


def _picture_name(info: SequenceInfo, index: int) -> str:
    """Entry of a frame in ``file_names``, relative to the folder ``JPEGImages``; ``index`` from 0."""
    return f"{info.name}/{index:05d}{info.image_ext}"


class _VisWriter(Writer):
    """Keeps the tracks of a video in memory until it ends, because each track is one entry."""

    def __init__(self, target: Target, file_name: str) -> None:
        super().__init__(target)
        self._file_name = file_name
        self._videos: list[dict[str, Any]] = []
        self._annotations = 0
        self._parts: TextIO = target.scratch("annotations.part")
        self._categories: dict[str, int] = {}
        self._tracks: dict[int, _Seen] = {}

    def begin(self, info: SequenceInfo, length: int) -> None:
        names = [_picture_name(info, index) for index in range(length)]
        self._videos.append({"id": len(self._videos) + 1, "name": info.name, "width": info.width,
                             "height": info.height, "length": length, "fps": info.fps, "file_names": names})
        for label in info.labels:
            self._categories.setdefault(label, len(self._categories) + 1)
        self._tracks = {}

    def frame(self, info: SequenceInfo, frame: ExportFrame) -> Sequence[LabelledBox]:
        written = []
        for box in frame.boxes:
            runs = [] if box.mask is None else picture_runs(box.mask, info.width, info.height)
            if len(runs) < 2 or box.number is None:
                self.target.drop(box, NO_MASK)
                continue
            mask = mask_from_rle({"size": [info.height, info.width], "counts": runs})
            track = self._tracks.setdefault(box.number, _Seen(box.number, box.label, box.ignored))
            track.masks[frame.index] = mask
            x1, y1, x2, y2 = mask.box_xyxy
            track.boxes[frame.index] = [x1, y1, x2 - x1, y2 - y1]
            track.scores.append(round(box.score, 6))
            kept = reduced_box(replace(box, box_xyxy=mask.box_xyxy, ignored=track.ignored, label=track.label),
                        YouTubeVis.abilities, mask=mask)
            written.append(kept)
        return written

    def end(self, info: SequenceInfo) -> None:
        for track in self._tracks.values():
            self._annotations += 1
            length = range(info.frame_count)
            entry = {
                "id": self._annotations, "video_id": len(self._videos), "track_id": track.number,
                "category_id": self._categories[info.labels[track.label]], "iscrowd": int(track.ignored),
                "width": info.width, "height": info.height, "length": len(track.masks),
                "score": round(sum(track.scores) / len(track.scores), 6),
                "bboxes": [track.boxes.get(index) for index in length],
                "areas": [track.masks[index].area() if index in track.masks else None for index in length],
                # Uncompressed run lengths, as in the published files and as TrackEval expects.
                "segmentations": [
                    {"size": [info.height, info.width],
                     "counts": picture_runs(track.masks[index], info.width, info.height)}
                    if index in track.masks else None for index in length]}
            self._parts.write((",\n" if self._annotations > 1 else "") + json.dumps(entry))

    def finish(self) -> None:
        head = {"info": {"description": "SAM2MOT Annotator"}, "licenses": [], "videos": self._videos,
                "categories": [{"id": number, "name": name, "supercategory": "object"}
                               for name, number in self._categories.items()]}
        file = self.target.text(self._file_name)
        file.write(json.dumps(head)[:-1] + ',\n"annotations": [\n')
        self._parts.seek(0)
        for line in self._parts:
            file.write(line)
        file.write("\n]}\n")


class YouTubeVis(FileFormat):
    """YouTube-VIS as a label format."""

    name = "youtube-vis"
    title = "YouTube-VIS"
    description = "YouTube-VIS JSON: one annotation per track with masks, one file for all videos"
    abilities = Abilities(masks=True, needs_masks=True, ignored=True, limits=(
        "a track is ignored in all frames or in none", "scores are averaged over the track", "boxes become the tight "
        "boxes of the masks"))
    # TrackEval expects this folder name.
    file_name = "youtube_vis_train/annotations.json"
    options = PICTURE_OPTIONS

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        return f"youtube_vis_train/JPEGImages/{_picture_name(info, index)}"

    def writer(self, target: Target) -> Writer:
        return _VisWriter(target, self.file_name)

    def sidecar(self, name: str) -> str:
        return "youtube_vis.export.json"

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder that contains one, laid out as this program writes it."""
        of_file = PassedOver()
        file = only_file(path, (self.file_name, "annotations.json", "*.json"), "YouTube-VIS file", of_file)
        return _read(file, options, of_file)

    def field_check(self, folder: Path, infos: Sequence[SequenceInfo], boxes: int) -> str | None:
        return check_youtube_vis(folder / self.file_name, infos, boxes)


def _read(file: Path, options: ImportOptions, of_file: PassedOver) -> list[LabelledSequence]:
    videos, names = read_listed(file, "videos", _EXPECTED, of_file)
    tables = {video: BoxTable(file, _EXPECTED, passed_of_file=of_file) for video, _ in videos.items()}
    infos = {video: _info(video, item) for video, item in videos.items()}
    places, notes = {}, {}
    for video, item in videos.items():
        of_file.fields(item, VIDEO_FIELDS, "videos")
        own = len(infos) == 1 or (options.info is not None and options.info.name == infos[video].name)
        places[video], notes[video] = _place(item, options.picture_names if own else ())
        if places[video]:
            infos[video] = replace(infos[video], frame_count=max(places[video]) + 1)
    ids = Ids()
    for key, item in iterate_json(file, _EXPECTED):
        if key == "annotations":
            _add(tables, videos, places, names, ids, item, file)
    return [table.sequence(infos[video], options, notes[video]) for video, table in tables.items()]


def _place(item: dict[str, Any], pictures: Sequence[str]) -> tuple[tuple[int, ...], list[str]]:
    """Frames of the entries of a video, if its files are pictures of the video; empty if they are not, for list order.
    """
    files = item.get("file_names")
    found = PictureNames(pictures).find([str(name) for name in files]) if isinstance(files, list) else None
    if found is not None:
        return found, []
    return (), ["file_names are not pictures of the video, so they are read as its frames in list order"
                ] if pictures else []


def _info(video: int, item: dict[str, Any]) -> SequenceInfo:
    files = item.get("file_names")
    frames = len(files) if isinstance(files, list) else 0
    folder = str(files[0]).split("/")[0] if frames and isinstance(files, list) and "/" in str(files[0]) else ""
    width, height, fps = (value if isinstance(value := item.get(key), int | float) and 0 <= value < 1e9 else 0
                          for key in ("width", "height", "fps"))
    return SequenceInfo(str(item.get("name") or folder or f"video {video}"), int(width), int(height), float(fps),
                        frames)


def _add(tables: dict[int, BoxTable], videos: Tables, places: dict[int, tuple[int, ...]], names: dict[int, str],
         ids: Ids, item: Any, file: Path) -> None:
    where, video, category = annotation_of(file, item, "video_id", tables, _EXPECTED)
    tables[video].passed.fields(item, _READ_FIELDS, "annotations")
    frames = places[video]
    codes, boxes = item.get("segmentations"), item.get("bboxes")
    if not isinstance(codes, list) and not isinstance(boxes, list):
        raise FormatError(f"{file} {where}: found neither segmentations nor bboxes; expected {_EXPECTED}")
    codes = codes if isinstance(codes, list) else [None] * len(boxes or ())
    boxes = boxes if isinstance(boxes, list) else [None] * len(codes)
    if len(codes) != len(boxes):
        raise FormatError(f"{file} {where}: found {len(codes)} segmentations and {len(boxes)} bboxes; expected as many "
                          "of each as the video has frames")
    number = ids.of(file, item, ("track_id", "instance_id", "id"), where)
    score = item.get("score", 1.0)
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise FormatError(f"{file} {where}: found score {str(score)[:20]!r}; expected a number")
    width, height = size_of(videos[video], "width"), size_of(videos[video], "height")
    if frames and len(codes) > len(frames):
        raise FormatError(f"{file} {where}: found {len(codes)} entries; expected at most {len(frames)}, the number of "
                          "the video's file_names")
    for index, (code, box) in enumerate(zip(codes, boxes, strict=True)):
        if code is None and box is None:
            continue
        if code and isinstance(code, list) and not (width and height):
            raise FormatError(f"{file} {where}: found polygons, but the video has no width and height; "
                              f"expected {_EXPECTED}")
        mask = mask_of(file, f"{where} frame {index}", code, width, height)
        edges = box_of(file, f"{where} frame {index}", box, _EXPECTED) if mask is None else mask.box_xyxy
        tables[video].add(where, frames[index] if frames else index, number,
                          names.get(category, f"category {category}"), edges, ignored=bool(item.get("iscrowd")),
                          mask=mask)
