"""Whole data sets in MOTChallenge's format, in the folders of MOT17, DanceTrack and SportsMOT, split by video."""

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
    """A data set's folders: ``{split}/NAME/gt/gt.txt`` below ``root``, and a list of each split's sequences."""

    name: str
    title: str
    description: str
    root: str
    """Folder of the splits, with a slash at its end; empty for the top."""
    list_name: str
    """File that lists a split's sequences; ``{split}`` stands for train or val."""
    list_header: str
    """First line of the list."""
    digits: int = 6
    """Of the pictures' names."""
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
        """Where a split's sequences lie, with a slash at its end."""
        return f"{self.root}{split}/"

    def list_of(self, split: str, names: Iterable[str]) -> tuple[str, str]:
        """Place and text of the list of a split's sequences."""
        return (self.list_name.format(split=split), self.list_header + "".join(f"{name}\n" for name in names))

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """The data set's folder, one of its splits, or a sequence's folder."""
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
