"""COCO-VID ("CocoVID"): COCO with ``videos``, images with video and frame, and annotations with identities.

Files of other tools differ: the frame is ``frame_id`` or ``frame_index``, the identity ``track_id`` or ``instance_id``.
Plain COCO without ``videos`` is read as one video; its images are placed by their names, else in list order.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from annotator.formats.coco.parts import (
    ANNOTATION_FIELDS,
    CATEGORY_FIELDS,
    FILE_FIELDS,
    IMAGE_FIELDS,
    VIDEO_FIELDS,
    attributes_of,
    is_finite,
    is_number_or_missing,
    whole_field,
)
from annotator.formats.coco.writer import FILE_NAME, picture_name, write_coco_video
from annotator.formats.detections.coco_detections import load_coco_detections as load_coco_detections
from annotator.formats.detections.coco_detections import read_coco_detections as read_coco_detections
from annotator.formats.reading.box_table import FIRST_FRAME_HINT, INVALID_ROWS
from annotator.formats.reading.geometry import turned_hull
from annotator.formats.reading.json_stream import iterate_json
from annotator.formats.reading.label_paths import only_file, require_file
from annotator.formats.reading.passed_over import PassedOver
from annotator.formats.reading.picture_names import PictureNames, place
from annotator.formats.reading.rle import check_polygons, check_rle, mask_from_polygons, mask_from_rle
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

_ABILITIES = Abilities(masks=True, scores=True, ignored=True, occluded=True, limits=(
    "ignore regions become crowds, one for each label",))
_IGNORED, _OCCLUDED, _INTERPOLATED = 1, 2, 4
_ANNOTATION_FIELDS = ANNOTATION_FIELDS | {"ignore", "visibility"}
_READ_FIELDS = _ANNOTATION_FIELDS | {"attributes", "occluded"}
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
        of_file = PassedOver()
        file = only_file(path, (FILE_NAME, "*.json"), "COCO-VID file", of_file) if path.is_dir() else path
        return read_coco_video(file, options, of_file=of_file)


def read_coco_video(path: Path, options: ImportOptions | None = None, *,
                    frame_names: tuple[str, ...] = ("frame_id", "frame_index"),
                    of_file: PassedOver | None = None) -> list[LabelledSequence]:
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
    content = _Content(require_file(path, "a COCO-VID file"), frame_names, of_file or PassedOver())
    for key, item in iterate_json(path, _EXPECTED):
        if key in ("videos", "images", "annotations", "categories"):
            if not isinstance(item, dict):
                content.fail(f"an entry {str(item)[:40]!r} in {key}")
            content.add(key, item)
        else:
            content.passed_of_file.fields({key: item}, FILE_FIELDS, "the file")
    if not content.images:
        raise FormatError(f"{path} lists no images; expected {_EXPECTED}")
    return content.sequences(options)


@dataclass(slots=True)
class _Image:
    video: int
    frame: int
    name: str = ""
    """File name, if the file has it."""


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
    flags: array[int] = field(default_factory=lambda: array("b"))
    segmentation: dict[int, Any] = field(default_factory=dict)
    """By row."""


class _Content:
    """The content of a file, assembled after all of it is read, because its parts may be in any order."""

    def __init__(self, path: Path, frame_names: tuple[str, ...], of_file: PassedOver) -> None:
        self._path = path
        self._frame_names = frame_names
        self._videos: dict[int, dict[str, Any]] = {}
        self._categories: dict[int, str] = {}
        self._names: dict[str, int] = {}
        self._boxes = _Boxes()
        self._sizes: dict[int, dict[str, Any]] = {}
        self._named_frames = True
        self._first_invalid = ""
        self._passed: dict[int, PassedOver] = {}
        self._rows: dict[int, list[int]] = {}
        self.passed_of_file = of_file
        self.images: dict[int, _Image] = {}

    def fail(self, found: str) -> NoReturn:
        """Raise a FormatError that states what was found."""
        raise FormatError(f"{self._path}: found {found}; expected {_EXPECTED}")

    def add(self, key: str, item: dict[str, Any]) -> None:
        """Add one entry of one of the four lists."""
        if key == "videos":
            self._videos[self._whole(item, "id", "videos")] = item
            self.passed_of_file.fields(item, VIDEO_FIELDS, "videos")
        elif key == "categories":
            self._categories[self._whole(item, "id", "categories")] = str(item.get("name", f"category {item['id']}"))
            self.passed_of_file.fields(item, CATEGORY_FIELDS, "categories")
        elif key == "images":
            video = self._whole(item, "video_id", "images") if "video_id" in item else 0
            name = next((name for name in self._frame_names if name in item), None)
            self._named_frames &= name is not None
            frame = len(self.images) if name is None else self._whole(item, name, "images")
            self.images[self._whole(item, "id", "images")] = _Image(video, frame, str(item.get("file_name") or ""))
            self._sizes.setdefault(video, item)
            self.passed_of_file.fields(item, IMAGE_FIELDS, "images")
        else:
            self._add_box(item)

    def _add_box(self, item: dict[str, Any]) -> None:
        boxes = self._boxes
        where = f"annotation {item.get('id', len(boxes.image))}"
        box, score, visibility = item.get("bbox"), item.get("score", 1.0), item.get("visibility", 1.0)
        image, category = self._whole(item, "image_id", where), self._whole(item, "category_id", where)
        if not (isinstance(box, list) and len(box) == 4 and all(map(is_finite, (*box, score, visibility)))
                and box[2] >= 0 and box[3] >= 0):
            self._skip(where, image, box, score, visibility)
            return
        occluded = interpolated = False
        if not item.keys() <= _ANNOTATION_FIELDS:
            passed = self._passed_of(image)
            passed.fields(item, _READ_FIELDS, "annotations")
            about = attributes_of(item, passed)
            item, occluded, interpolated = dict(about.item), about.occluded, about.interpolated
            if about.rotation and not item.get("segmentation"):
                left, top, width, height = box
                x1, y1, x2, y2 = turned_hull((left, top, left + width, top + height), about.rotation)
                box = [x1, y1, x2 - x1, y2 - y1]
        number = self._number(item, where)
        segmentation = item.get("segmentation")
        if segmentation:
            boxes.segmentation[len(boxes.image)] = segmentation
        boxes.image.append(image)
        boxes.category.append(category)
        boxes.number.append(number)
        boxes.box_xywh.extend(box)
        boxes.score.append(score)
        boxes.visibility.append(visibility)
        boxes.flags.append((_IGNORED if item.get("iscrowd") or item.get("ignore") else 0)
                           | (_OCCLUDED if occluded else 0) | (_INTERPOLATED if interpolated else 0))

    def _skip(self, where: str, image: int, box: Any, score: Any, visibility: Any) -> None:
        """Skip and count an annotation whose numbers are no box; refuse one that has other things in their place."""
        if not isinstance(box, list) or len(box) != 4 or not all(map(is_number_or_missing, box)):
            self.fail(f"{where} with bbox {str(box)[:60]}")
        if not is_number_or_missing(score) or not is_number_or_missing(visibility):
            self.fail(f"{where} with score {score!r} and visibility {visibility!r}")
        self._first_invalid = self._first_invalid or f"found {where} with bbox {str(box)[:60]} and score {score}"
        self._passed_of(image).add(INVALID_ROWS)

    def _passed_of(self, image: int) -> PassedOver:
        """The count of what is not read of the video of an image. Images may be listed after their annotations."""
        known = self.images.get(image)
        return self.passed_of_file if known is None else self._passed.setdefault(known.video, PassedOver())

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
        rows = self._rows = self._rows_by_video()
        frames: dict[int, list[int]] = {}
        for image in self.images.values():
            frames.setdefault(image.video, []).append(image.frame)
        if self._first_invalid and (options.strict or not len(self._boxes.image)):
            raise FormatError(f"{self._path}: {self._first_invalid}; expected finite numbers and no negative size")
        result = []
        for video in (each for each in order if each in frames):
            # With several videos, `options.info` applies to the one with the same name.
            given = options.info if len(frames) == 1 or (options.info is not None and options.info.name == str(
                self._videos.get(video, {}).get("name"))) else None
            first, notes = self._place(video, frames[video], options, given is not None or len(frames) == 1)
            info = self._info(video, max(frames[video]) - first + 1, labels, given)
            self._check(video, rows.get(video, []), min(frames[video]) - first, info)
            part = _VideoFrames(self._boxes, self.images, rows.get(video, []), first, label_of,
                                (info.width, info.height), shift=int(self._counts_from_zero(rows.get(video, []))))
            if part.shift:
                notes.append("track ids in the file start at 0, so all track numbers were increased by one")
            if self._first_invalid:
                notes.append(f"the first row that was skipped: {self._first_invalid.removeprefix('found ')}")
            result.append(LabelledSequence(info, part, len(part.rows), tuple(notes),
                                           self._passed.setdefault(video, PassedOver()).counts,
                                           self.passed_of_file.counts))
        return result

    def _place(self, video: int, frames: list[int], options: ImportOptions, own: bool) -> tuple[int, list[str]]:
        """Number of the first frame, and notes. Images that name pictures of the video get the frames of these; so do
        images without a frame number, by the number in their name or in list order."""
        images = [image for image in self.images.values() if image.video == video]
        names = [image.name for image in images]
        if own and options.first_frame is None:
            found = PictureNames(options.picture_names).find(names)
            if found is not None:
                differ = self._move(images, found, frames)
                return 0, [f"{differ} images lie on the pictures of their names, not on the frames that the file states"
                           ] if differ and self._named_frames else []
        if not self._named_frames and all(names):
            placed = place(names, options.picture_names if own else (), options.first_frame)
            self._move(images, placed.frames, frames)
            return 0, [placed.note] if placed.note else []
        first = options.first_frame
        if first is None:
            first = 1 if min(frames) == 1 else 0
        return first, [f"frames in the file start at {first}"] if first else []

    def _move(self, images: list[_Image], found: Sequence[int], frames: list[int]) -> int:
        """Put images onto these frames. Returns how many were on another one."""
        differ = sum(image.frame != frame for image, frame in zip(images, found, strict=True))
        for image, frame in zip(images, found, strict=True):
            image.frame = frame
        frames[:] = found
        if differ:
            for rows in self._rows.values():
                rows.sort(key=self._frame_of)
        return differ

    def _frame_of(self, row: int) -> int:
        return self.images[self._boxes.image[row]].frame

    def _rows_by_video(self) -> dict[int, list[int]]:
        """Rows of each video, sorted by frame."""
        rows: dict[int, list[int]] = {}
        for row, image in enumerate(self._boxes.image):
            if image not in self.images:
                self.fail(f"an annotation of image {image}, which is not listed")
            rows.setdefault(self.images[image].video, []).append(row)
        for each in rows.values():
            each.sort(key=self._frame_of)
        return rows

    def _check(self, video: int, rows: list[int], lowest: int, info: SequenceInfo) -> None:
        if lowest < 0:
            self.fail(f"a frame before the first in video {video}{FIRST_FRAME_HINT}")
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
                check_polygons(code, *((info.width, info.height) if info.width and info.height else ()))
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
        if given is not None and 0 < given.frame_count < length:
            self.fail(f"frame {length - 1} of video {video}, beyond the video's last frame {given.frame_count - 1}")
        name = str(header.get("name") or (given.name if given else f"video {video}"))
        image = self._sizes[video]
        width, height, fps = (next((each[key] for each in (header, image) if is_finite(each.get(key))), None)
                              for key in ("width", "height", "fps"))
        return SequenceInfo(
            name, int(width or (given.width if given else 0)), int(height or (given.height if given else 0)),
            float(fps or (given.fps if given else 0.0)), (given.frame_count if given else 0) or length, labels)


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
        number, flags = self.boxes.number[row], self.boxes.flags[row]
        return LabelledBox(
            None if number < 0 else number + self.shift, self.label_of[self.boxes.category[row]],
            (left, top, left + width, top + height), self.boxes.score[row], self._mask(row),
            self.boxes.visibility[row], bool(flags & _IGNORED), bool(flags & _OCCLUDED), bool(flags & _INTERPOLATED))

    def _mask(self, row: int) -> Mask | None:
        code = self.boxes.segmentation.get(row)
        if code is None:
            return None
        return mask_from_polygons(code, *self.size) if isinstance(code, list) else mask_from_rle(code)
