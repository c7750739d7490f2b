"""What every label format offers and takes: options, report, and the interface that the registry hands out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from annotator.errors import FormatError
from annotator.model.sequence import LabelledFrame, SequenceInfo

SequenceStream = tuple[SequenceInfo, Iterable[LabelledFrame]]
"""A video and its frames in rising order of ``frame_index``. Frames without boxes may be left out, but then the
sidecar has no presentation time for them."""


#: Fields of `ExportOptions` that every format looks at.
COMMON_OPTIONS = ("first_frame", "last_frame", "step", "labels", "min_length", "interpolated", "reviewed_only",
                  "renumber", "overwrite", "field_check")
#: Fields that formats look at which have a place for the frames' pictures.
PICTURE_OPTIONS = ("pictures", "jpeg_quality")

Pictures = Literal["none", "jpg", "png", "copy", "link"]
"""Pictures of the frames: none, decoded and coded anew, or the files of a folder of images, copied or linked."""


@dataclass(frozen=True, slots=True)
class PictureSource:
    """Where the videos of an export are."""

    paths: Mapping[str, Path]
    """File or folder of images by the video's name; one alone stands for any name."""
    on_picture: Callable[[], None] = field(default=lambda: None)
    """Called before each picture; what it raises ends the export."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to write, and how. What a format has no use for, it does not look at."""

    first_frame: int = 0
    """First frame to write, as a frame index of the video. Written frames are numbered anew from the format's own
    first number; the sidecar keeps the video's."""
    last_frame: int | None = None
    """Last frame to write, itself included; None for the video's last."""
    step: int = 1
    """Write every so many frames, from the first one on."""
    labels: tuple[str, ...] | None = None
    """Names of the labels to write; None for all."""
    min_length: int = 1
    """Leave out tracks with fewer boxes than this in the range. Above 1 the frames are gone through twice, so they
    must be an iterable that can be started anew, not an iterator."""
    interpolated: bool = True
    """Also write boxes on straight lines between a person's boxes."""
    reviewed_only: bool = False
    """From a project: only tracks that a person has marked as reviewed."""
    renumber: bool = False
    """Number each video's tracks from 1 without gaps, in order of appearance."""
    one_based_pixels: bool = False
    """MOTChallenge: count pixels from 1, as the book says and hardly any file or reader does."""
    validation: tuple[str, ...] = ()
    """``mot17``, ``dancetrack``, ``sportsmot``: names of the videos that go to ``val``, the others to ``train``."""
    class_numbers: Mapping[str, int] | None = None
    """``mot``: label name to class number; see `annotator.formats.mot.classes`."""
    masks: bool = True
    """``coco-video``: write masks where there are any."""
    image_digits: int = 6
    """``mot``, ``mot-det``, ``coco-video``, ``coco``: digits of the image file names (DanceTrack has 8)."""
    pictures: Pictures = "none"
    """Also write the frames' pictures where the format looks for them. Links are hard links: they take no space, and a
    program that changes them changes the originals."""
    jpeg_quality: int = 95
    """1 to 100; chroma is kept in full from 95 on."""
    overwrite: bool = False
    """Replace files that another program or person wrote. This program's own exports are replaced without asking."""
    field_check: bool = True
    """Also read the result with the field's own reader (TrackEval, pycocotools) before it is put in place."""

    def frame_range(self, info: SequenceInfo) -> range:
        """Frame indices to write. Raises FormatError if the video does not have them."""
        last = info.frame_count - 1 if self.last_frame is None else self.last_frame
        if not 0 <= self.first_frame <= last < info.frame_count:
            raise FormatError(f"{info.name} has frames 0 to {info.frame_count - 1}; frames {self.first_frame} to "
                              f"{last} cannot be exported")
        if self.step < 1:
            raise FormatError(f"every {self.step} frames cannot be exported; give a step of 1 or more")
        return range(self.first_frame, last + 1, self.step)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the sidecar."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote, and what it left out."""

    format: str
    files: tuple[Path, ...]
    sequences: int
    frames: int
    """Frames in the range, those without boxes included."""
    boxes: int
    tracks: int
    dropped: dict[str, int] = field(default_factory=dict)
    """What was left out and how often, in words."""
    checks: tuple[str, ...] = ()
    """How the files were read back before they were put in place."""
    notes: tuple[str, ...] = ()
    pictures: int = 0
    """Pictures of frames, which are not among ``files``."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``."""
        return {**asdict(self), "files": [str(path) for path in self.files]}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a file does not say of itself."""

    first_frame: int | None = None
    """Number of the video's first frame in the file; None for the format's own (1 for MOTChallenge, 0 for COCO-VID)."""
    one_based_pixels: bool = False
    """MOTChallenge: the file counts pixels from 1."""
    info: SequenceInfo | None = None
    """The video that the labels are for. It refuses frames beyond its end, and stands in for a missing header."""


@dataclass(frozen=True, slots=True)
class LabelledSequence:
    """One video's labels as read from a file, checked from first to last line."""

    info: SequenceInfo
    frames: Iterable[LabelledFrame]
    """In rising order, frames without boxes left out. Can be gone through again and again."""
    boxes: int
    notes: tuple[str, ...] = ()
    """What had to be guessed or changed, for the user to see."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a format holds of labelled video. What it lacks is left out on export, and counted."""

    identities: bool = True
    labels: bool = True
    masks: bool = False
    needs_masks: bool = False
    """Boxes without mask cannot be written; a box is what its mask covers."""
    overlap: bool = True
    """Masks may overlap. Where they may not, `annotator.formats.writing.overlaps` says who gets a pixel."""
    scores: bool = False
    ignored: bool = False
    """Tracks that evaluators must not count."""
    regions: bool = False
    """Ignore regions without identity."""
    occluded: bool = False
    limits: tuple[str, ...] = ()
    """What else is lost or changed, in words."""


@runtime_checkable
class LabelFormat(Protocol):
    """A label format. `annotator.formats.registry` finds it by name."""

    @property
    def name(self) -> str:
        """Name on the command line."""

    @property
    def title(self) -> str:
        """A few words for a list to choose from."""

    @property
    def description(self) -> str:
        """One line for people."""

    @property
    def abilities(self) -> Abilities:
        """What it holds."""

    @property
    def options(self) -> tuple[str, ...]:
        """Fields of `ExportOptions` that it looks at beside those that all formats do (`COMMON_OPTIONS`)."""

    @property
    def can_write(self) -> bool:
        """Whether `write` works."""

    @property
    def can_read(self) -> bool:
        """Whether `read` works."""

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        """Where a written frame's picture lies below the output folder, ``index`` from 0; None where pictures have no
        place. ``info`` is that of the written video."""

    def write(self, sequences: Iterable[SequenceStream], out_dir: Path, options: ExportOptions,
              pictures: PictureSource | None = None) -> ExportReport:
        """Write, read back, and only then put in place. ``pictures`` is where the frames' pictures come from, if
        ``options`` ask for them.

        Sequences are consumed one after the other and frames one by one. Raises FormatError for what the format
        cannot hold, for files in the way, and if writing or reading back fails; the folder is then as it was.
        """

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read and check all of it. Raises FormatError naming file, place, what was found and what was expected."""
