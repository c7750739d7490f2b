"""Whole data sets in MOTChallenge format, split by video, in the folder layouts of MOT17, DanceTrack and SportsMOT."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

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
from annotator.formats.mot.format import read_mot_files
from annotator.formats.mot.writer import picture_name, split_of, write_mot
from annotator.formats.reading.label_paths import label_files
from annotator.model.sequence import SequenceInfo

_ABILITIES = Abilities(ignored=True, occluded=True)


@dataclass(frozen=True, slots=True)
class MotLayout:
    """The folders of a data set: ``{split}/NAME/gt/gt.txt`` below ``root``, and a list of the sequences of each
    split."""

    name: str
    title: str
    description: str
    root: str
    """Folder of the splits, with a trailing slash; empty for the top folder."""
    list_name: str
    """File that lists the sequences of a split; ``{split}`` is replaced by train or val."""
    list_header: str
    """First line of the list."""
    digits: int = 6
    """Digits of the image file names."""
    abilities: Abilities = _ABILITIES
    options: tuple[str, ...] = ("one_based_pixels", "class_numbers", "validation", *PICTURE_OPTIONS)
    can_read: bool = True
    can_write: bool = True

    def picture(self, info: SequenceInfo, index: int, options: ExportOptions) -> str | None:
        """See `annotator.formats.base.LabelFormat`."""
        place = f"{self.folder(split_of(info.name, options))}{info.name}"
        return f"{place}/{picture_name(info, index, self.digits)}"

    def write(self, sequences: Iterable[SequenceStream], out_dir: Path, options: ExportOptions,
              pictures: PictureSource | None = None) -> ExportReport:
        """See `annotator.formats.base.LabelFormat`. Videos named in ``options.validation`` go to ``val``."""
        return write_mot(self, "mot", sequences, out_dir, options, self, pictures)

    def folder(self, split: str) -> str:
        """Folder of the sequences of a split, with a trailing slash."""
        return f"{self.root}{split}/"

    def list_of(self, split: str, names: Iterable[str]) -> tuple[str, str]:
        """Path and text of the list of the sequences of a split."""
        return (self.list_name.format(split=split), self.list_header + "".join(f"{name}\n" for name in names))

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read the folder of a data set, of one of its splits, or of a sequence."""
        patterns = (f"{self.root}*/*/gt/gt.txt", "*/gt/gt.txt", "gt/gt.txt")
        return read_mot_files(label_files(path, patterns, f"{self.title} ground truth"), "mot", options)


MOT17 = MotLayout("mot17", "MOT17 folders",
                  "MOTChallenge data set: train/NAME/gt/gt.txt, val/..., seqmaps/MOT17-train.txt", "",
                  "seqmaps/MOT17-{split}.txt", "name\n", abilities=replace(_ABILITIES, limits=(
                      "ignore regions become tracks of the label distractor",)))
DANCETRACK = MotLayout("dancetrack", "DanceTrack folders",
                       "DanceTrack: train/NAME/gt/gt.txt, val/..., train_seqmap.txt", "",
                       "{split}_seqmap.txt", "name\n", digits=8)
SPORTSMOT = MotLayout("sportsmot", "SportsMOT folders",
                      "SportsMOT: dataset/train/NAME/gt/gt.txt, splits_txt/train.txt",
                      "dataset/", "splits_txt/{split}.txt", "")
