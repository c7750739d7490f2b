"""Read CVAT's XML, for video and for images, of a task or of a project.

Frames count from 0. Between two shapes of a track CVAT shows boxes on the way from one to the other, unless the first
one is ``outside``, so these are filled in; masks stay until the next one. Source: CVAT's manual, "CVAT for video 1.1"
and "CVAT for images 1.1", and its exports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element

import numpy as np

from annotator.errors import FormatError
from annotator.formats.base import ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable
from annotator.formats.reading.geometry import angle_between, between, ellipse_corners, hull, turned_hull
from annotator.formats.reading.passed_over import NO_SIZE, ROTATIONS, PassedOver, short
from annotator.formats.reading.picture_names import place
from annotator.formats.reading.rle import LARGEST_PICTURE, mask_from_polygons
from annotator.formats.reading.xml_stream import attribute, iterate_xml
from annotator.model.attribute import Attribute, AttributeKind
from annotator.model.box import Box
from annotator.model.mask import Mask
from annotator.model.sequence import SequenceInfo

EXPECTED = "CVAT: <annotations> with <track> or <image>, and shapes"
_TRACK = frozenset({"id", "label", "source", "task_id", "subset"})
_IMAGE = frozenset({"id", "name", "width", "height", "task_id", "subset"})
_SHAPE = frozenset({"frame", "outside", "occluded", "keyframe", "label", "source", "xtl", "ytl", "xbr", "ybr",
                    "z_order", "rotation", "points", "rle", "left", "top", "width", "height", "cx", "cy", "rx", "ry",
                    *(f"{side}{corner}" for side in ("xtl", "ytl", "xbl", "ybl", "xtr", "ytr", "xbr", "ybr")
                      for corner in "12")})
_KINDS = {"text": AttributeKind.TEXT, "number": AttributeKind.NUMBER, "checkbox": AttributeKind.FLAG,
          "select": AttributeKind.CHOICE, "radio": AttributeKind.CHOICE}
_CUBOID = tuple(f"{axis}{corner}{face}" for face in "12" for corner in ("tl", "bl", "tr", "br") for axis in "xy")
#: Shapes that are read as the box around them, with a count.
_HULLS = frozenset({"points", "polyline", "cuboid", "skeleton"})
_SHAPES = _HULLS | {"box", "polygon", "ellipse", "mask"}
#: Longest gap between two shapes of a track in a video of unknown length, and most boxes to fill in.
_LONGEST_GAP, _MOST_FILLED = 100_000, 2_000_000


def read_cvat(path: Path, options: ImportOptions) -> list[LabelledSequence]:
    """Read one file; the tasks of a project are one video each. Raises FormatError."""
    reader = _Reader(path, options)
    try:
        return reader.read()
    except _HasImages:
        return _ImageReader(path, options).read()


class _HasImages(Exception):
    """The file is CVAT for images, whose names must be known before its shapes are placed."""


@dataclass(slots=True)
class _Task:
    """One task of a file."""

    table: BoxTable
    header: dict[str, str] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)
    """Track numbers in use."""
    filled: int = 0
    renumbered: int = 0
    given: tuple[int, int] = (0, 0)
    """Frame size of the video that the labels belong to, for files without it."""

    def size(self) -> tuple[int, int]:
        """Width and height; 0 if not known."""
        width, height = self.number("width"), self.number("height")
        return (width, height) if width and height else self.given

    def number(self, name: str) -> int:
        """A whole number of the header; 0 without it."""
        text = self.header.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0

    def length(self) -> int:
        """Number of frames; 0 if not known."""
        return max(self.number("size"), self.number("stop_frame") + 1 if "stop_frame" in self.header else 0)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A shape of a track in one frame."""

    where: str
    frame: int
    kind: str
    box: Box
    """Not turned yet."""
    rotation: float
    mask: Mask | None
    outside: bool
    occluded: bool
    keyframe: bool
    values: Mapping[str, object] = field(default_factory=dict)
    """Attributes that the element has; None for one without a value."""

    def edges(self) -> Box:
        """The upright box around it."""
        return turned_hull(self.box, self.rotation) if self.rotation and self.mask is None else self.box


class _Tasks:
    """The tasks of a file, with what its header says of them."""

    def __init__(self, path: Path, options: ImportOptions) -> None:
        self.path, self._given = path, options.frame_size()
        self.of_file = PassedOver()
        self.tasks: dict[str, _Task] = {}
        self.labels: list[str] = []
        self.attributes: list[tuple[int, dict[str, str]]] = []
        """The declared attributes: index of the label, and their fields as text."""
        self._shared: dict[str, str] = {}
        self._current: dict[str, str] | None = None
        self._declared: dict[tuple[int, str], Attribute] | None = None

    def fail(self, where: str, found: str) -> NoReturn:
        raise FormatError(f"{self.path} {where}: found {found}; expected {EXPECTED}")

    def elements(self) -> Iterator[Element]:
        """The complete elements below the root, without the header, which is kept."""
        inside: list[str] = []
        for event, depth, element in iterate_xml(self.path, EXPECTED):
            if event == "start":
                if depth == 0 and element.tag != "annotations":
                    self.fail("root", f"<{element.tag[:40]}>")
                inside.append(element.tag)
                if inside[-2:] == ["attributes", "attribute"] and "labels" in inside and self.labels:
                    self.attributes.append((len(self.labels) - 1, {}))
                if inside[-2:] == ["tasks", "task"]:
                    self._current = dict(self._shared)
                continue
            inside.pop()
            if depth == 1 and element.tag not in ("meta", "version"):
                yield element
            elif "meta" in inside:
                self._header(inside, element)

    def _header(self, inside: list[str], element: Element) -> None:
        text = (element.text or "").strip()
        if inside[-1] == "tasks" and element.tag == "task":
            assert self._current is not None
            self.tasks[self._current.get("id", "")] = self._new(self._current)
            self._current = None
        elif inside[-2:] == ["labels", "label"] and element.tag == "name":
            self.labels.append(text or "object")
        elif inside[-2:] == ["attributes", "attribute"] and self.attributes:
            self.attributes[-1][1][element.tag] = element.text or ""
        elif not {"labels", "segments", "owner", "assignee"} & set(inside):
            (self._shared if self._current is None else self._current)[element.tag] = text

    def declared(self) -> dict[tuple[int, str], Attribute]:
        """The declared attributes by index of their label in the video, and name."""
        if self._declared is None:
            # A project lists the labels once for each task, so equal names are one label.
            places = {name: place for place, name in enumerate(dict.fromkeys(self.labels))}
            found = (_declared(places[self.labels[label]], fields) for label, fields in self.attributes)
            self._declared = {(each.label or 0, each.name): each for each in found if each is not None}
        return self._declared

    def value(self, label: str, name: str, text: str) -> object:
        """The value of an attribute from its text; None for no value."""
        place = next((place for place, each in enumerate(dict.fromkeys(self.labels)) if each == label), -1)
        known = self.declared().get((place, name))
        value = None if known is None else known.fitting(text)
        return value if value is not None else text or None

    def _new(self, header: dict[str, str]) -> _Task:
        return _Task(BoxTable(self.path, EXPECTED, passed_of_file=self.of_file), header)

    def of(self, element: Element) -> _Task:
        """The task of a track or image."""
        key = element.get("task_id", "")
        if key not in self.tasks:
            # A task that the header does not list, or the only one.
            self.tasks[key] = self._new({**self._shared, **({"name": f"task {key[:20]}"} if key else {})})
            self.tasks[key].given = (0, 0) if key else self._given
        return self.tasks[key]

    def sequences(self, options: ImportOptions, length: Callable[[_Task], int], notes: Callable[[_Task], list[str]],
                  ) -> list[LabelledSequence]:
        """All tasks as videos."""
        found = []
        for task in self.tasks.values() or (self._new(dict(self._shared)),):
            for label in self.labels:
                task.table.label(label)
            task.table.declared = list(self.declared().values())
            several = len(self.tasks) > 1 or "" not in self.tasks
            name = task.header.get("name", "") if several or self.path.stem == "annotations" else self.path.stem
            info = SequenceInfo(name or self.path.stem, *task.size(), 0.0, length(task))
            own = not several or len(self.tasks) == 1 or (options.info is not None and options.info.name == info.name)
            found.append(task.table.sequence(info, options if own else replace(options, info=None), notes(task)))
        return found


class _Reader:
    """CVAT for video."""

    def __init__(self, path: Path, options: ImportOptions) -> None:
        self._path, self._options = path, options
        self._tasks = _Tasks(path, options)

    def read(self) -> list[LabelledSequence]:
        for element in self._tasks.elements():
            if element.tag == "image":
                raise _HasImages
            if element.tag == "track":
                self._track(element)
            else:
                self._tasks.of_file.add(f"<{short(element.tag)[1:-1]}> elements")
        return self._tasks.sequences(self._options, self._length, self._notes)

    def _length(self, task: _Task) -> int:
        # Files of other programs may state too few frames, if frames were skipped or boxes added manually.
        return task.length() if task.table.last_frame < task.length() else 0

    def _notes(self, task: _Task) -> list[str]:
        notes = []
        if task.filled:
            notes.append(f"{task.filled} boxes between keyframes were filled in, as CVAT shows them")
        if task.renumbered:
            notes.append(f"{task.renumbered} tracks got a new number, because the file has theirs twice")
        return notes

    def _track(self, track: Element) -> None:
        task = self._tasks.of(track)
        task.table.passed.fields(track.attrib, _TRACK, "tracks")
        text, label = track.get("id", ""), track.get("label")
        if not (text.isascii() and text.isdigit() and len(text) < 15):
            self._tasks.fail(f"track {text[:20]!r}", "an id that is not a whole number")
        number = int(text)
        if label is None:
            self._tasks.fail(f"track {number}", "no label")
        if number in task.numbers:
            number = max(task.numbers) + 1
            task.renumbered += 1
        task.numbers.add(number)
        shapes = [shape for element in track if (shape := self._shape(task, number, element)) is not None]
        shapes.sort(key=lambda shape: shape.frame)
        shapes = list(self._with_held_values(label, shapes))
        for shape, following in pairwise([*shapes, None]):
            assert shape is not None
            if not shape.outside:
                _put(task, number, label, shape)
                self._fill(task, number, label, shape, following)

    def _shape(self, task: _Task, number: int, element: Element) -> _Shape | None:
        where = f"track {number} {element.tag[:20]} in frame {element.get('frame', '')[:20]}"
        if element.tag not in _SHAPES:
            task.table.passed.add(f"<{short(element.tag)[1:-1]}> elements of tracks")
            return None
        frame = attribute(self._path, where, element, "frame", EXPECTED)
        if frame != int(frame):
            self._tasks.fail(where, f"frame {frame}")
        shape = _parsed(self._path, where, int(frame) - (self._options.first_frame or 0), element, task)
        return None if shape is None else replace(shape, values=_texts(element))

    def _with_held_values(self, label: str, shapes: list[_Shape]) -> Iterator[_Shape]:
        """The shapes with their attributes; a value holds until the next one."""
        held: dict[str, object] = {}
        for shape in shapes:
            if shape.values:
                held = {**held, **{name: self._tasks.value(label, name, str(text))
                                   for name, text in shape.values.items()}}
            yield replace(shape, values=held)

    def _fill(self, task: _Task, number: int, label: str, shape: _Shape, following: _Shape | None) -> None:
        """Fill in the boxes between a shape and the following one, which may be outside."""
        if following is None or following.frame - shape.frame < 2:
            return
        given = self._options.info
        last = given.frame_count if given is not None and given.frame_count else task.length()
        gap = following.frame - shape.frame
        if (gap > _LONGEST_GAP and following.frame > last) or task.filled + gap > _MOST_FILLED:
            self._tasks.fail(following.where, f"a gap of {gap} frames after frame {shape.frame}")
        for frame in range(shape.frame + 1, following.frame):
            share = (frame - shape.frame) / gap
            same = shape.kind == following.kind and shape.kind != "mask"
            box = between(shape.box, following.box, share) if same else shape.box
            rotation = angle_between(shape.rotation, following.rotation, share) if same else shape.rotation
            mask = shape.mask if shape.kind == "mask" else None
            _put(task, number, label, replace(shape, frame=frame, box=box, rotation=rotation, mask=mask,
                                              keyframe=False))
        task.filled += gap - 1


class _ImageReader:
    """CVAT for images: shapes without tracks, unless an attribute has the track."""

    def __init__(self, path: Path, options: ImportOptions) -> None:
        self._path, self._options = path, options

    def read(self) -> list[LabelledSequence]:
        names: dict[str, list[str]] = {}
        for element in _Tasks(self._path, self._options).elements():
            if element.tag == "image":
                names.setdefault(element.get("task_id", ""), []).append(element.get("name", ""))
        placed = {key: place(each, self._options.picture_names if len(names) == 1 else (), self._options.first_frame)
                  for key, each in names.items()}
        tasks, seen = _Tasks(self._path, self._options), dict.fromkeys(names, 0)
        for element in tasks.elements():
            if element.tag != "image":
                tasks.of_file.add(f"<{short(element.tag)[1:-1]}> elements")
                continue
            key = element.get("task_id", "")
            self._image(tasks, tasks.of(element), element, placed[key].frames[seen[key]])
            seen[key] += 1
        keys = {id(task): key for key, task in tasks.tasks.items()}

        def notes(task: _Task) -> list[str]:
            found = placed.get(keys.get(id(task), ""))
            return [found.note] if found is not None and found.note else []

        return tasks.sequences(self._options, lambda task: task.length()
                               if task.table.last_frame < task.length() else 0, notes)

    def _image(self, tasks: _Tasks, task: _Task, image: Element, frame: int) -> None:
        task.table.passed.fields(image.attrib, _IMAGE, "images")
        for name in ("width", "height"):
            task.header.setdefault(name, image.get(name, ""))
        for element in image:
            where = f"image {image.get('name', '')[:60]} {element.tag[:20]}"
            if element.tag not in _SHAPES:
                task.table.passed.add(f"<{short(element.tag)[1:-1]}> elements of images")
                continue
            shape = _parsed(self._path, where, frame, element, task)
            if shape is not None:
                number, label = self._number(element), element.get("label") or "object"
                texts = _texts(element)
                for name in texts if number is None else ():
                    task.table.passed.add(f"attribute {short(name)} of shapes")
                values = {name: tasks.value(label, name, text) for name, text in texts.items()
                          if number is not None and name != "track_id"}
                _put(task, number, label, replace(shape, values=values))

    def _number(self, element: Element) -> int | None:
        for each in element:
            text = (each.text or "").strip()
            if each.get("name") == "track_id" and text.isascii() and text.isdigit() and len(text) < 15:
                return int(text)
        return None


def _put(task: _Task, number: int | None, label: str, shape: _Shape) -> None:
    task.table.add(shape.where, shape.frame, number, label, shape.edges(), occluded=shape.occluded,
                   interpolated=not shape.keyframe, mask=shape.mask,
                   attributes={name: value for name, value in shape.values.items() if value is not None})


def _texts(element: Element) -> dict[str, str]:
    """The attributes of a shape by name."""
    return {name: (each.text or "").strip() for each in element
            if each.tag == "attribute" and (name := each.get("name")) is not None}


def _declared(label: int, fields: Mapping[str, str]) -> Attribute | None:
    """An attribute from its fields in the header; None for one without a name."""
    name = fields.get("name", "").strip()
    kind = _KINDS.get(fields.get("input_type", "").strip(), AttributeKind.TEXT)
    options = tuple(option for option in fields.get("values", "").split("\n") if option.strip())
    if not name or (kind is AttributeKind.CHOICE and not options):
        return None
    made = Attribute(0, label, name, kind, options if kind is AttributeKind.CHOICE else (),
                     varies=fields.get("mutable", "").strip().lower() == "true")
    return replace(made, default=made.fitting(fields.get("default_value", "").strip() or None))


def _parsed(path: Path, where: str, frame: int, element: Element, task: _Task) -> _Shape | None:
    """A shape element; None, and counted, if it has no place."""
    passed = task.table.passed
    passed.fields(element.attrib, _SHAPE, "shapes")
    if element.get("z_order", "0") not in ("0", ""):
        passed.add("z-orders of shapes")
    outside, kind = element.get("outside") == "1", element.tag
    rotation = attribute(path, where, element, "rotation", EXPECTED) % 360 if element.get("rotation") else 0.0
    try:
        box, mask = _geometry(path, where, element, task, rotation)
    except (ValueError, OverflowError) as error:
        raise FormatError(f"{path} {where}: found {error}; expected {EXPECTED}") from error
    if box is None:
        passed.add(f"{kind} shapes without visible points")
        return None
    if not outside:
        if rotation and kind == "box":
            passed.add(ROTATIONS)
        if kind in _HULLS:
            passed.add(f"{kind} shapes (the boxes around them are read)")
    return _Shape(where, frame, kind, box, rotation if kind in ("box", "ellipse") else 0.0, mask, outside,
                  element.get("occluded") == "1", element.get("keyframe", "1") != "0")


def _geometry(path: Path, where: str, element: Element, task: _Task, rotation: float) -> tuple[Box | None, Mask | None]:
    """Box, not turned, and mask of a shape. Raises ValueError."""
    def number(name: str) -> float:
        return attribute(path, where, element, name, EXPECTED, finite=False)

    kind = element.tag
    if kind == "box":
        return (number("xtl"), number("ytl"), number("xbr"), number("ybr")), None
    if kind == "ellipse":
        x, y, across, down = (number(name) for name in ("cx", "cy", "rx", "ry"))
        box = (x - across, y - down, x + across, y + down)
        mask = _area(ellipse_corners(box, rotation), task)
        return (box if mask is None else mask.box_xyxy), mask
    if kind == "mask":
        mask = _crop(element.get("rle", ""), *(int(number(name)) for name in ("left", "top", "width", "height")))
        return (None, None) if mask.is_empty() else (mask.box_xyxy, mask)
    if kind == "cuboid":
        return hull([number(name) for name in _CUBOID]), None
    if kind == "skeleton":
        visible = [value for each in element if each.tag == "points" and each.get("outside") != "1"
                   for value in _corners(each.get("points", ""))]
        return (hull(visible) if visible else None), None
    corners = _corners(element.get("points", ""))
    return hull(corners), _area(corners, task) if kind == "polygon" else None


def _corners(text: str) -> list[float]:
    return [float(part) for pair in text.split(";") for part in pair.split(",")]


def _area(corners: list[float], task: _Task) -> Mask | None:
    """Mask of a polygon, if the frame size is known and it covers pixels."""
    size = task.size()
    if not all(0 < side < 2**15 for side in size):
        task.table.passed.add(NO_SIZE)
        return None
    mask = mask_from_polygons([corners], *size)
    return None if mask.is_empty() else mask


def _crop(rle: str, left: int, top: int, width: int, height: int) -> Mask:
    """A mask as CVAT stores it: lengths of alternating runs of 0 and 1, row by row, of the box that it fills.

    Raises ValueError.
    """
    if not (0 < width < 2**15 and 0 < height < 2**15 and width * height <= LARGEST_PICTURE
            and 0 <= left < 2**15 and 0 <= top < 2**15):
        raise ValueError(f"a mask of {width} x {height} at {left}, {top}")
    runs = np.array([int(run) for run in rle.split(",")] if rle.strip() else [], np.int64)
    if (len(runs) and (runs.min() < 0 or runs.max() > width * height)) or int(runs.sum()) > width * height:
        raise ValueError(f"runs of {int(runs.sum())} pixels in a mask of {width} x {height}")
    values = np.zeros(width * height, bool)
    ones = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    values[:len(ones)] = ones
    return Mask.from_bitmap(values.reshape(height, width), left, top)
