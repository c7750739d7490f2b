"""FiftyOne's data set on disk: ``samples.json``, and the frames of videos in ``frames.json`` or ``frames/NAME.json``.

A sample is a video with frames, or a picture; the pictures of a data set are the frames of one video.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.coco.parts import is_finite
from annotator.formats.fiftyone.detections import (
    Detection,
    Survey,
    TrackNumbers,
    add_detection,
    frame_size,
    values_of,
)
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.json_stream import iterate_json, load_json
from annotator.formats.reading.label_paths import check_size
from annotator.formats.reading.passed_over import PassedOver, holds_something, short
from annotator.formats.reading.picture_names import Placed, place
from annotator.model.sequence import SequenceInfo

SAMPLES, FRAMES = "samples.json", "frames.json"
_EXPECTED = "FiftyOne: {samples with filepath}, and frames.json with {frames with _sample_id and frame_number}"
_VIDEO = "video"
_SAMPLE = frozenset({"_id", "id", "filepath", "metadata", "_media_type", "media_type", "_rand", "frames", "tags",
                     "frame_number", "sample_id", "_sample_id", "_dataset_id", "created_at", "last_modified_at",
                     "support"})
_FRAME = frozenset({"_id", "id", "_sample_id", "frame_number", "_dataset_id", "created_at", "last_modified_at",
                    "filepath", "_rand"})
_DETECTION = frozenset({"_id", "id", "_cls", "label", "bounding_box", "index", "instance", "confidence", "mask",
                        "occluded", "keyframe", "attributes"})


@dataclass(slots=True)
class _Sample:
    """A video of the data set."""

    name: str
    metadata: Mapping[str, Any]
    frames: list[tuple[str, Mapping[str, Any]]] | None = None
    """Place and content of each frame that is in a file of its own, or in the sample; None if they are in
    ``frames.json``."""
    survey: Survey = field(default_factory=Survey)

    def size(self) -> tuple[int, int]:
        return (_whole(self.metadata, "frame_width") or _whole(self.metadata, "width"),
                _whole(self.metadata, "frame_height") or _whole(self.metadata, "height"))


def read_dataset(file: Path, options: ImportOptions) -> list[LabelledSequence]:
    """Read all videos, or the pictures, of a ``samples.json``. Raises FormatError."""
    passed = PassedOver()
    videos, pictures = _samples(file, passed)
    if videos and pictures:
        passed.add("pictures (a data set of videos has none)", len(pictures))
    if videos:
        return _read_videos(file, videos, options, passed)
    if not pictures:
        raise FormatError(f"{file} has no samples; expected {_EXPECTED}")
    return [_read_pictures(file, pictures, options, passed)]


def _samples(file: Path, passed: PassedOver) -> tuple[dict[str, _Sample], list[dict[str, Any]]]:
    """The videos by identifier, and the samples that are pictures."""
    videos: dict[str, _Sample] = {}
    pictures: list[dict[str, Any]] = []
    listed = False
    for key, item in iterate_json(file, _EXPECTED):
        if key != "samples":
            passed.fields({key: item}, frozenset(), "the file")
            continue
        listed = True
        if not isinstance(item, dict) or not isinstance(item.get("filepath"), str):
            raise FormatError(f"{file}: found the sample {str(item)[:60]}; expected {_EXPECTED}")
        if not _is_video(item):
            pictures.append(item)
            continue
        passed.fields(item, _SAMPLE | {"tags"}, "samples")
        sample = _Sample(PurePosixPath(item["filepath"].replace("\\", "/")).stem, _mapping(item.get("metadata")))
        if isinstance(item.get("frames"), str | dict):
            sample.frames = _own_frames(file, item["frames"])
        videos[_identifier(item.get("_id", item.get("id"))) or f"sample {len(videos)}"] = sample
    if not listed:
        raise FormatError(f"{file} lists no samples; expected {_EXPECTED}")
    return videos, pictures


def _is_video(item: Mapping[str, Any]) -> bool:
    kind = item.get("_media_type", item.get("media_type"))
    metadata = _mapping(item.get("metadata"))
    return kind == _VIDEO or "frames" in item or (kind is None and "total_frame_count" in metadata)


def _own_frames(file: Path, frames: str | dict[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Frames of a sample: its own object, or a file in the folder ``frames``, whatever path is stated."""
    where = "the sample"
    if isinstance(frames, str):
        path = file.parent / "frames" / PurePosixPath(frames.replace("\\", "/")).name
        if not path.is_file() or not path.resolve().is_relative_to(file.parent.resolve()):
            raise FormatError(f"{path} does not exist; expected the frames of a sample of {file.name}")
        check_size(path)
        content, where = load_json(path), path.name
        frames = content.get("frames") if isinstance(content, dict) else None  # type: ignore[assignment]
    if not isinstance(frames, dict):
        raise FormatError(f"{file}: found no frames in {where}; expected {{frames by number}}")
    return [(f"{where} frame {key[:20]}", {"frame_number": _number(key), **_mapping(frame)})
            for key, frame in frames.items()]


def _all_frames(file: Path, videos: Mapping[str, _Sample], passed: PassedOver | None,
                ) -> Iterator[tuple[_Sample, str, Mapping[str, Any]]]:
    """Each frame with its sample and its place in the file; ``passed`` counts those of no sample."""
    for sample in videos.values():
        for where, frame in sample.frames or ():
            yield sample, where, frame
    path = file.with_name(FRAMES)
    if not path.is_file() or path.resolve().parent != file.resolve().parent:
        return
    for number, (key, frame) in enumerate(iterate_json(path, _EXPECTED)):
        if key != "frames" or not isinstance(frame, dict):
            raise FormatError(f"{path}: found {key[:40]}: {str(frame)[:40]}; expected {_EXPECTED}")
        owner = videos.get(_identifier(frame.get("_sample_id")) or "")
        if owner is not None:
            yield owner, f"{FRAMES} frame {number}", frame
        elif passed is not None:
            passed.add("frames of samples that are not in the data set")


def _read_videos(file: Path, videos: dict[str, _Sample], options: ImportOptions, passed: PassedOver,
                 ) -> list[LabelledSequence]:
    scratch = BoxTable(file, _EXPECTED)
    for sample, _, frame in _all_frames(file, videos, passed):
        for name, detection in _detections(frame, _FRAME, scratch):
            sample.survey.add(name, detection)
    readers = {id(sample): _SampleReader(file, sample, options, passed) for sample in videos.values()}
    for sample, where, frame in _all_frames(file, videos, None):
        readers[id(sample)].add(where, frame)
    return [reader.sequence() for reader in readers.values()]


class _SampleReader:
    """Reads the frames of one video."""

    def __init__(self, file: Path, sample: _Sample, options: ImportOptions, passed: PassedOver) -> None:
        self._options = options
        self._sample = sample
        self._field = sample.survey.field()
        self._numbers = TrackNumbers.of(sample.survey.tracks.get(self._field or "", {}))
        self._table = BoxTable(file, _EXPECTED, passed_of_file=passed)
        self._size = frame_size(file, sample.size(), options, sample.name) if self._field else sample.size()
        self._first = 1 if options.first_frame is None else options.first_frame

    def add(self, where: str, frame: Mapping[str, Any]) -> None:
        index = frame.get("frame_number")
        if not isinstance(index, int) or isinstance(index, bool):
            self._table.fail(where, f"frame_number {str(index)[:40]}", "a whole number from 1 on")
        self.add_boxes(where, index - self._first, frame, _FRAME)

    def add_boxes(self, where: str, index: int, item: Mapping[str, Any], known: frozenset[str]) -> None:
        for name, detection in _detections(item, known, self._table, self._field):
            if name == self._field:
                add_detection(self._table, where, index, self._numbers.number(detection), detection, self._size)

    def sequence(self, count: int | None = None, notes: Iterable[str] = ()) -> LabelledSequence:
        metadata, survey = self._sample.metadata, self._sample.survey
        for other, boxes in survey.others(self._field):
            self._table.passed.add(f"boxes of field {short(other)} (those of {short(self._field)} are read)", boxes)
        rate = metadata.get("frame_rate")
        info = SequenceInfo(self._sample.name, *self._size,
                            float(rate) if is_finite(rate) and 0 < rate < 1e6 else 0.0,
                            _whole(metadata, "total_frame_count") if count is None else count)
        return self._table.sequence(info, self._options, [*notes, *self._numbers.notes])


def _read_pictures(file: Path, pictures: list[dict[str, Any]], options: ImportOptions, passed: PassedOver,
                   ) -> LabelledSequence:
    """The pictures of a data set as one video."""
    sample = _Sample(file.resolve().parent.name, _mapping(pictures[0].get("metadata")))
    scratch = BoxTable(file, _EXPECTED)
    for item in pictures:
        for name, detection in _detections(item, _SAMPLE, scratch):
            sample.survey.add(name, detection)
    reader = _SampleReader(file, sample, options, passed)
    placed = _placed(pictures, options)
    for number, (index, item) in enumerate(zip(placed.frames, pictures, strict=True)):
        metadata = _mapping(item.get("metadata"))
        size = _Sample("", metadata).size()
        if all(size) and all(sample.size()) and size != sample.size():
            raise FormatError(f"{file} sample {number}: found a picture of {size[0]} x {size[1]}; expected "
                              f"{sample.size()[0]} x {sample.size()[1]} like the first, because the pictures are the "
                              "frames of a video")
        reader.add_boxes(f"sample {number}", index, item, _SAMPLE)
    return reader.sequence(count=max(placed.frames) + 1, notes=[placed.note] if placed.note else [])


def _placed(pictures: list[dict[str, Any]], options: ImportOptions) -> Placed:
    """The frames of pictures: by the frame number that FiftyOne gives to pictures of a video, or else by name."""
    stated = [item.get("frame_number") for item in pictures]
    numbers = [number for number in stated if isinstance(number, int) and not isinstance(number, bool)]
    if len(numbers) == len(pictures) and len(set(numbers)) == len(numbers):
        first = 1 if options.first_frame is None else options.first_frame
        return Placed(tuple(number - first for number in numbers))
    return place([item["filepath"] for item in pictures], options.picture_names, options.first_frame)


def _detections(item: Mapping[str, Any], known: frozenset[str], table: BoxTable, only: str | None = None,
                ) -> Iterator[tuple[str, Detection]]:
    """The boxes of a frame with their fields. Counts what is none; ``only``: the field whose boxes are parsed."""
    for name, value in item.items():
        if name in known or not holds_something(value):
            continue
        kind = value.get("_cls") if isinstance(value, dict) else None
        if kind not in ("Detections", "Detection"):
            table.passed.add(f"labels of kind {short(kind)}" if kind else f"field {short(name)} of frames")
            continue
        if only is not None and name != only:
            continue
        found = value.get("detections") if kind == "Detections" else [value]
        for each in found if isinstance(found, list) else ():
            if isinstance(each, dict):
                yield name, _detection(each, table)
            else:
                table.fail(f"field {short(name)}", f"the box {str(each)[:40]}")


def _detection(item: Mapping[str, Any], table: BoxTable) -> Detection:
    score = item.get("confidence")
    mask = item.get("mask")
    if isinstance(mask, dict):
        mask = _mapping(mask.get("$binary", mask)).get("base64", mask.get("$binary"))
    values = values_of(item, _DETECTION, table)
    for name, each in _mapping(item.get("attributes")).items():
        value = each.get("value") if isinstance(each, dict) else each
        if isinstance(value, str | bool | int | float) and is_finite(value if not isinstance(value, str | bool) else 0):
            values.setdefault(name, value)
        else:
            table.passed.add("attributes of boxes that are no text, number or flag")
    return Detection(
        str(item.get("label") or ""), item.get("bounding_box"), _track(item, table),
        float(score) if isinstance(score, int | float) else 1.0, mask, item.get("occluded") is True,
        item.get("keyframe") is False, values)


def _track(item: Mapping[str, Any], table: BoxTable) -> int | str | None:
    """What identifies the track: ``index``, or else the newer ``instance``."""
    index = item.get("index")
    if isinstance(index, int) and not isinstance(index, bool) and index >= 0:
        return index
    if index is not None:
        table.passed.add("indices of boxes that are no whole number from 0 on")
    return _identifier(_mapping(item.get("instance")).get("_id"))


def _identifier(value: Any) -> str | None:
    """The text of an identifier, which is an object ``{"$oid": text}`` or a text."""
    text = value.get("$oid") if isinstance(value, dict) else value
    return text if isinstance(text, str) and text else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _whole(content: Mapping[str, Any], key: str) -> int:
    value = content.get(key)
    return int(value) if is_finite(value) and 0 <= value < 2**31 else 0
