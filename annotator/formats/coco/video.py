"""COCO-VID ("CocoVID"): COCO with ``videos``, images with video and frame, and annotations with identities.

Files of other tools differ: the frame is ``frame_id`` or ``frame_index``, the identity ``track_id`` or ``instance_id``.
Plain COCO without ``videos`` is read as one video with its images in list order.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from annotator.errors import FormatError
from annotator.formats.base import (
    PICTURE_OPTIONS,
    Abilities,
    ExportOptions,
    ExportReport,
    ImportOptions,
    LabelledSequence,
    PictureSource,
    SequenceStream,
)
from annotator.formats.coco.parts import is_finite, whole_field
from annotator.formats.coco.writer import FILE_NAME, picture_name, write_coco_video
from annotator.formats.detections.coco_detections import load_coco_detections as load_coco_detections
from annotator.formats.detections.coco_detections import read_coco_detections as read_coco_detections
from annotator.formats.reading.json_stream import iterate_json
from annotator.formats.reading.label_paths import label_files, require_file
from annotator.formats.reading.rle import check_polygons, check_rle, mask_from_polygons, mask_from_rle
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

_ABILITIES = Abilities(masks=True, scores=True, ignored=True, occluded=True, limits=(
    "ignore regions become crowds, one for each label",))
_EXPECTED = "COCO-VID: {videos, images with frame_id and video_id, annotations with bbox and track_id, categories}"


@dataclass(frozen=True, slots=True)
class CocoVideoFormat:
    """COCO-VID as a label format."""

    name: str = "coco-video"
    title: str = "COCO-VID"
    abilities: Abilities = _ABILITIES
    options: tuple[str, ...] = ("masks", "image_digits", *PICTURE_OPTIONS)
    can_read: bool = True
    can_write: bool = True
    description: str = "COCO-VID JSON: one file for all videos, with masks as COCO RLE"

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        """See `annotator.formats.base.LabelFormat`."""
        return picture_name(info, index, options)

    def write(self, sequences: Iterable[SequenceStream], out_dir: Path, options: ExportOptions,
              pictures: PictureSource | None = None) -> ExportReport:
        """See `annotator.formats.base.LabelFormat`."""
        return write_coco_video(self, sequences, out_dir, options, pictures)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder with ``annotations.json``."""
        return read_coco_video(label_files(path, (FILE_NAME,), "COCO-VID file")[0] if path.is_dir() else path, options)


def read_coco_video(path: Path, options: ImportOptions | None = None, *,
                    frame_names: tuple[str, ...] = ("frame_id", "frame_index")) -> list[LabelledSequence]:
    """Read the labels of every video in a COCO-VID file.

    Frames count from 0; if the images of a video start at 1, or as ``options.first_frame`` says, they are shifted, with
    a note. ``options.info`` provides what the header of a video lacks. A box without identity has no track number;
    ``iscrowd`` means ignored. ``frame_names`` are the fields that may hold the frame of an image; the first one present
    is used.

    Raises FormatError with file and entry: not JSON, an entry without a required field, an unknown id, a box that is
    not finite or has a negative size, an identity that occurs twice in a frame, a frame beyond the end of
    ``options.info``.
    """
    options = options or ImportOptions()
    content = _Content(require_file(path, "a COCO-VID file"), frame_names)
    for key, item in iterate_json(path, _EXPECTED):
        if key in ("videos", "images", "annotations", "categories"):
            if not isinstance(item, dict):
                content.fail(f"an entry {str(item)[:40]!r} in {key}")
            content.add(key, item)
    if not content.images:
        raise FormatError(f"{path} lists no images; expected {_EXPECTED}")
    return content.sequences(options)


@dataclass(slots=True)
class _Image:
    video: int
    frame: int


@dataclass(slots=True)
class _Boxes:
    """Annotations of all videos, as columns."""

    image: array[int] = field(default_factory=lambda: array("q"))
    category: array[int] = field(default_factory=lambda: array("q"))
    number: array[int] = field(default_factory=lambda: array("q"))
    """-1 without identity."""
    box_xywh: array[float] = field(default_factory=lambda: array("d"))
    score: array[float] = field(default_factory=lambda: array("d"))
    visibility: array[float] = field(default_factory=lambda: array("d"))
    ignored: array[int] = field(default_factory=lambda: array("b"))
    segmentation: dict[int, Any] = field(default_factory=dict)
    """By row."""


class _Content:
    """The content of a file, assembled after all of it is read, because its parts may be in any order."""

    def __init__(self, path: Path, frame_names: tuple[str, ...]) -> None:
        self._path = path
        self._frame_names = frame_names
        self._videos: dict[int, dict[str, Any]] = {}
        self._categories: dict[int, str] = {}
        self._names: dict[str, int] = {}
        self._boxes = _Boxes()
        self._sizes: dict[int, dict[str, Any]] = {}
        self.images: dict[int, _Image] = {}

    def fail(self, found: str) -> NoReturn:
        """Raise a FormatError that states what was found."""
        raise FormatError(f"{self._path}: found {found}; expected {_EXPECTED}")

    def add(self, key: str, item: dict[str, Any]) -> None:
        """Add one entry of one of the four lists."""
        if key == "videos":
            self._videos[self._whole(item, "id", "videos")] = item
        elif key == "categories":
            self._categories[self._whole(item, "id", "categories")] = str(item.get("name", f"category {item['id']}"))
        elif key == "images":
            video = self._whole(item, "video_id", "images") if "video_id" in item else 0
            name = next((name for name in self._frame_names if name in item), None)
            frame = len(self.images) if name is None else self._whole(item, name, "images")
            self.images[self._whole(item, "id", "images")] = _Image(video, frame)
            self._sizes.setdefault(video, item)
        else:
            self._add_box(item)

    def _add_box(self, item: dict[str, Any]) -> None:
        boxes = self._boxes
        where = f"annotation {item.get('id', len(boxes.image))}"
        box = item.get("bbox")
        if not isinstance(box, list) or len(box) != 4 or not all(map(is_finite, box)) or min(box[2:]) < 0:
            self.fail(f"{where} with bbox {str(box)[:60]}")
        score, visibility = item.get("score", 1.0), item.get("visibility", 1.0)
        if not is_finite(score) or not is_finite(visibility):
            self.fail(f"{where} with score {score!r} and visibility {visibility!r}")
        segmentation = item.get("segmentation")
        if segmentation:
            boxes.segmentation[len(boxes.image)] = segmentation
        boxes.image.append(self._whole(item, "image_id", where))
        boxes.category.append(self._whole(item, "category_id", where))
        boxes.number.append(self._number(item, where))
        boxes.box_xywh.extend(box)
        boxes.score.append(score)
        boxes.visibility.append(visibility)
        boxes.ignored.append(bool(item.get("iscrowd")) or bool(item.get("ignore")))

    def _number(self, item: Mapping[str, Any], where: str) -> int:
        name = next((name for name in ("track_id", "instance_id") if item.get(name) is not None), None)
        if name is None:
            return -1
        if isinstance(item[name], str):
            return self._names.setdefault(item[name], len(self._names) + 1)
        return self._whole(item, name, where)

    def _whole(self, item: Mapping[str, Any], name: str, where: str) -> int:
        return whole_field(self._path, item, name, where, _EXPECTED)

    def sequences(self, options: ImportOptions) -> list[LabelledSequence]:
        """One sequence per video that has images, in file order."""
        order = list(dict.fromkeys([*self._videos, *(image.video for image in self.images.values())]))
        categories = sorted(set(self._categories) | set(self._boxes.category))
        label_of = {category: label for label, category in enumerate(categories)}
        labels = tuple(self._categories.get(category, f"category {category}") for category in categories)
        rows = self._rows_by_video()
        frames: dict[int, list[int]] = {}
        for image in self.images.values():
            frames.setdefault(image.video, []).append(image.frame)
        result = []
        for video in (each for each in order if each in frames):
            first = options.first_frame
            if first is None:
                first = 1 if min(frames[video]) == 1 else 0
            notes = [f"frames in the file start at {first}"] if first else []
            # With several videos, `options.info` applies to the one with the same name.
            given = options.info if len(frames) == 1 or (options.info is not None and options.info.name == str(
                self._videos.get(video, {}).get("name"))) else None
            info = self._info(video, max(frames[video]) - first + 1, labels, given)
            self._check(video, rows.get(video, []), min(frames[video]) - first, info)
            part = _VideoFrames(self._boxes, self.images, rows.get(video, []), first, label_of,
                                (info.width, info.height), shift=int(self._counts_from_zero(rows.get(video, []))))
            if part.shift:
                notes.append("track ids in the file start at 0, so all track numbers were increased by one")
            result.append(LabelledSequence(info, part, len(part.rows), tuple(notes)))
        return result

    def _rows_by_video(self) -> dict[int, list[int]]:
        """Rows of each video, sorted by frame."""
        rows: dict[int, list[int]] = {}
        for row, image in enumerate(self._boxes.image):
            if image not in self.images:
                self.fail(f"an annotation of image {image}, which is not listed")
            rows.setdefault(self.images[image].video, []).append(row)
        for each in rows.values():
            each.sort(key=lambda row: self.images[self._boxes.image[row]].frame)
        return rows

    def _check(self, video: int, rows: list[int], lowest: int, info: SequenceInfo) -> None:
        if lowest < 0:
            self.fail(f"a frame before the first in video {video}")
        seen: set[tuple[int, int]] = set()
        frame_before = -1
        for row in rows:
            frame = self.images[self._boxes.image[row]].frame
            if frame != frame_before:
                seen.clear()
                frame_before = frame
            key = (frame, self._boxes.number[row])
            if key[1] >= 0 and key in seen:
                self.fail(f"track {key[1]} twice in frame {frame} of video {info.name}")
            seen.add(key)
            if row in self._boxes.segmentation:
                self._check_segmentation(row, info)

    def _check_segmentation(self, row: int, info: SequenceInfo) -> None:
        """Check that a mask can be decoded, so that nothing is imported from a file in which one cannot."""
        code = self._boxes.segmentation[row]
        try:
            if isinstance(code, list):
                check_polygons(code)
                if not info.width or not info.height:
                    raise ValueError("polygons in a video of unknown size")
            elif not isinstance(code, dict):
                raise ValueError("neither polygons nor RLE")
            elif check_rle(code) != (info.height, info.width) and info.width and info.height:
                raise ValueError(f"a mask of {code['size'][0]} x {code['size'][1]} in a frame of {info.height} x "
                                 f"{info.width}")
        except ValueError as error:
            self.fail(f"{error} in the segmentation of box {row} (counted from 0)")

    def _counts_from_zero(self, rows: list[int]) -> bool:
        return any(self._boxes.number[row] == 0 for row in rows)

    def _info(self, video: int, length: int, labels: tuple[str, ...], given: SequenceInfo | None) -> SequenceInfo:
        header = self._videos.get(video, {})
        if given is not None and length > given.frame_count:
            self.fail(f"frame {length - 1} of video {video}, beyond the video's last frame {given.frame_count - 1}")
        name = str(header.get("name") or (given.name if given else f"video {video}"))
        image = self._sizes[video]
        width, height, fps = (next((each[key] for each in (header, image) if is_finite(each.get(key))), None)
                              for key in ("width", "height", "fps"))
        return SequenceInfo(
            name, int(width or (given.width if given else 0)), int(height or (given.height if given else 0)),
            float(fps or (given.fps if given else 0.0)), given.frame_count if given else length, labels)


@dataclass(frozen=True, slots=True)
class _VideoFrames:
    """The annotations of one video as labelled frames; boxes and masks are created only during iteration."""

    boxes: _Boxes
    images: Mapping[int, _Image]
    rows: list[int]
    first_frame: int
    label_of: Mapping[int, int]
    size: tuple[int, int]
    """Frame width and height, for polygons."""
    shift: int

    def __iter__(self) -> Iterator[LabelledFrame]:
        frame_index = -1
        boxes: list[LabelledBox] = []
        for row in self.rows:
            frame = self.images[self.boxes.image[row]].frame - self.first_frame
            if frame != frame_index and boxes:
                yield LabelledFrame(frame_index, tuple(boxes))
                boxes = []
            frame_index = frame
            boxes.append(self._box(row))
        if boxes:
            yield LabelledFrame(frame_index, tuple(boxes))

    def _box(self, row: int) -> LabelledBox:
        left, top, width, height = self.boxes.box_xywh[4 * row:4 * row + 4]
        number = self.boxes.number[row]
        return LabelledBox(
            None if number < 0 else number + self.shift, self.label_of[self.boxes.category[row]],
            (left, top, left + width, top + height), self.boxes.score[row], self._mask(row),
            self.boxes.visibility[row], bool(self.boxes.ignored[row]))

    def _mask(self, row: int) -> Mask | None:
        code = self.boxes.segmentation.get(row)
        if code is None:
            return None
        return mask_from_polygons(code, *self.size) if isinstance(code, list) else mask_from_rle(code)
