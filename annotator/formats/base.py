"""The interface of label formats, with their options and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from annotator.errors import FormatError
from annotator.model.sequence import LabelledFrame, SequenceInfo

SequenceStream = tuple[SequenceInfo, Iterable[LabelledFrame]]
"""A video and its frames in ascending order of ``frame_index``. Frames without boxes may be omitted, but then the
sidecar has no presentation time for them."""


#: Fields of `ExportOptions` that every format supports.
COMMON_OPTIONS = ("first_frame", "last_frame", "step", "labels", "min_length", "interpolated", "reviewed_only",
                  "renumber", "overwrite", "field_check")
#: Further fields of formats that define where frame images are stored.
PICTURE_OPTIONS = ("pictures", "jpeg_quality")

Pictures = Literal["none", "jpg", "png", "copy", "link"]
"""Frame images: none, decoded and encoded again, or the files of a folder of images, copied or linked."""


Shapes = Literal["boxes", "polygons", "masks"]
"""What to write of a box with a mask, in formats where it can be either."""


@dataclass(frozen=True, slots=True)
class PictureSource:
    """Where to read the frame images of an export."""

    paths: Mapping[str, Path]
    """Video file or folder of images by video name; a single entry is used for any name."""
    on_picture: Callable[[], None] = field(default=lambda: None)
    """Called before each image; an exception that it raises stops the export."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to write, and how. Formats ignore options that they do not support."""

    first_frame: int = 0
    """First frame to write, as a frame index of the video. Written frames are renumbered from the format's own first
    number; the sidecar keeps the numbers of the video."""
    last_frame: int | None = None
    """Last frame to write, inclusive; None for the last one of the video."""
    step: int = 1
    """Write every n-th frame, starting with the first one."""
    labels: tuple[str, ...] | None = None
    """Names of the labels to write; None for all."""
    min_length: int = 1
    """Skip tracks with fewer boxes than this in the range. Values above 1 need two passes over the frames, so these
    must be an iterable that can be restarted, not an iterator."""
    interpolated: bool = True
    """Also write interpolated boxes."""
    reviewed_only: bool = False
    """For exports from a project: only tracks that a person has marked as reviewed."""
    renumber: bool = False
    """Number the tracks of each video from 1 without gaps, in order of appearance."""
    one_based_pixels: bool = False
    """MOTChallenge: count pixels from 1, as specified but done by hardly any file or reader."""
    validation: tuple[str, ...] = ()
    """``mot17``, ``dancetrack``, ``sportsmot``: names of the videos for ``val``; the others go to ``train``."""
    class_numbers: Mapping[str, int] | None = None
    """``mot``: label name to class number; see `annotator.formats.mot.classes`."""
    submission: bool = False
    """``mot-results``: also write all files into one zip, as evaluation servers take it."""
    track_ids: bool = False
    """``yolo``: write the track id as last column, which trainers refuse."""
    masks: bool = True
    """``coco-video``: write masks if there are any."""
    shapes: Shapes = "boxes"
    """``cvat``, ``yolo``: what to write of boxes with masks. Polygons lie within `annotator.formats.writing.outlines`'
    tolerance of the mask's edge."""
    image_digits: int = 6
    """``mot``, ``mot-det``, ``coco-video``, ``coco``: digits of the image file names (DanceTrack has 8)."""
    pictures: Pictures = "none"
    """Also write frame images where the format expects them. Links are hard links: they take no space, and programs
    that change them change the originals."""
    jpeg_quality: int = 95
    """1 to 100; chroma is not subsampled from 95 on."""
    overwrite: bool = False
    """Replace files of other programs or people, and exports that were changed since. Unchanged exports of this
    program are always replaced."""
    field_check: bool = True
    """Also read the result with the field's own reader (TrackEval, pycocotools) before it is moved into place."""

    def frame_range(self, info: SequenceInfo) -> range:
        """Frame indices to write. Raises FormatError if the video does not have these frames."""
        last = info.frame_count - 1 if self.last_frame is None else self.last_frame
        if not 0 <= self.first_frame <= last < info.frame_count:
            raise FormatError(f"{info.name} has frames 0 to {info.frame_count - 1}; frames {self.first_frame} to "
                              f"{last} cannot be exported")
        if self.step < 1:
            raise FormatError(f"a step of {self.step} frames cannot be exported; give a step of 1 or more")
        return range(self.first_frame, last + 1, self.step)

    def to_json(self) -> dict[str, Any]:
        """The options as plain data for the sidecar."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote, and what it skipped."""

    format: str
    files: tuple[Path, ...]
    sequences: int
    frames: int
    """Frames in the range, including those without boxes."""
    boxes: int
    tracks: int
    dropped: dict[str, int] = field(default_factory=dict)
    """What was skipped, as text, and how often."""
    checks: tuple[str, ...] = ()
    """How the files were verified before they were moved into place."""
    notes: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    """Of a conversion: what the source has and its reader did not take; description and count."""
    pictures: int = 0
    """Number of frame images, which are not listed in ``files``."""

    def to_json(self) -> dict[str, Any]:
        """The report as plain data for ``json.dumps``."""
        return {**asdict(self), "files": [str(path) for path in self.files]}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Information that a file does not contain itself."""

    first_frame: int | None = None
    """Number of the video's first frame in the file; None: as the format specifies (1 for MOTChallenge, 0 for
    COCO-VID).
    """
    one_based_pixels: bool = False
    """MOTChallenge: the file counts pixels from 1."""
    info: SequenceInfo | None = None
    """The video that the labels belong to. Frames beyond its end are refused, and it replaces a missing header. A
    width, height, rate or ``frame_count`` of 0 is not known."""
    picture_names: tuple[str, ...] = ()
    """Names of the video's pictures in frame order, if it is a folder of images. A label that names its picture
    belongs to that picture; see `annotator.formats.reading.picture_names`."""
    strict: bool = False
    """Refuse a file with an invalid row, instead of skipping and counting the row."""

    def frame_size(self, own: bool = True) -> tuple[int, int]:
        """Width and height of the video, for files that do not state them; zeros if unknown, or if the labels are of
        another video (not ``own``)."""
        return (0, 0) if self.info is None or not own else (self.info.width, self.info.height)


@dataclass(frozen=True, slots=True)
class LabelledSequence:
    """The labels of one video as read from a file, completely checked."""

    info: SequenceInfo
    frames: Iterable[LabelledFrame]
    """Frames in ascending order, without empty ones. Can be iterated repeatedly."""
    boxes: int
    notes: tuple[str, ...] = ()
    """What was guessed or changed, to be shown to the user."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What the file has for this video and the reader did not take: description and count."""
    left_out_of_file: Mapping[str, int] = field(default_factory=dict)
    """The same for what belongs to the whole file; one mapping for all its videos."""

    @property
    def dropped(self) -> dict[str, int]:
        """Everything that was not taken."""
        return dict(Counter(self.left_out) + Counter(self.left_out_of_file))


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a format can store. Anything else is skipped on export, and counted."""

    identities: bool = True
    labels: bool = True
    masks: bool = False
    needs_masks: bool = False
    """Boxes without a mask cannot be written; each box is the tight box of its mask."""
    overlap: bool = True
    """Masks may overlap. If not, `annotator.formats.writing.overlaps` decides which mask gets a pixel."""
    scores: bool = False
    ignored: bool = False
    """Tracks that evaluators must not count."""
    regions: bool = False
    """Ignore regions, which have no identity."""
    occluded: bool = False
    reads_identities: bool = False
    """Files of other programs may have identities, which are then read, although none are written."""
    attributes: bool = False
    """Values of attributes, which may change over time."""
    limits: tuple[str, ...] = ()
    """What else is lost or changed, as text."""


@runtime_checkable
class LabelFormat(Protocol):
    """A label format. `annotator.formats.registry` finds it by name."""

    @property
    def name(self) -> str:
        """Name on the command line."""

    @property
    def title(self) -> str:
        """Short name for lists."""

    @property
    def description(self) -> str:
        """Description in one line."""

    @property
    def abilities(self) -> Abilities:
        """What the format can store."""

    @property
    def options(self) -> tuple[str, ...]:
        """Fields of `ExportOptions` that it supports besides `COMMON_OPTIONS`."""

    @property
    def can_write(self) -> bool:
        """Whether `write` is supported."""

    @property
    def can_read(self) -> bool:
        """Whether `read` is supported."""

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        """Path of the image of a written frame, relative to the output folder, ``index`` from 0; None if the format
        does not define one. ``info`` describes the written video."""

    def write(self, sequences: Iterable[SequenceStream], out_dir: Path, options: ExportOptions,
              pictures: PictureSource | None = None) -> ExportReport:
        """Write the files, read them back, and only then move them into place. ``pictures`` is the source of frame
        images, if ``options`` ask for them.

        Sequences are consumed one after the other and frames one by one. Raises FormatError for data that the format
        cannot store, for existing files, and if writing or reading back fails; the folder is then unchanged.
        """

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read and check the whole file. Raises FormatError with file, place, what was found and what was expected."""


def writes_masks(label_format: LabelFormat, options: ExportOptions) -> bool:
    """Whether an export with these options writes masks, or polygons of them."""
    if "shapes" in label_format.options:
        return options.shapes != "boxes"
    return label_format.abilities.masks and options.masks
