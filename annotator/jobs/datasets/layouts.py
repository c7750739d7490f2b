"""Disk layouts of the benchmark data sets: the sequences of a split and their ground truth."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from annotator.errors import FormatError, SettingsError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DatasetSequence:
    """One video of a data set."""

    name: str
    source: Path
    """The path to open as a video."""
    gt: Path | None
    """None without ground truth, as in test splits that a server scores."""
    seqinfo: Path | None = None
    ignore: Path | None = None
    """UAVDT: file of the regions that are not scored."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set with a public layout."""

    name: str
    splits: tuple[str, ...]
    labels: tuple[str, ...]
    """The COCO classes that the data set annotates."""
    layout: str
    """Description of the layout for error messages."""
    find: Callable[[Path, str], list[DatasetSequence]]


def sequences(dataset: Dataset, root: Path, split: str, patterns: Sequence[str] | None = None,
              ) -> list[DatasetSequence]:
    """Return the sequences of a split by name; with ``patterns`` (``*`` and ``?``) only those that match one.

    Raises FormatError if the split has no sequences, SettingsError for an unknown split or a pattern without a match.
    """
    if split not in dataset.splits:
        raise SettingsError(f"{dataset.name} has no split {split!r}: choose one of {', '.join(dataset.splits)}")
    if not root.is_dir():
        raise FormatError(f"{root} is not a folder: give the {dataset.name} folder, which contains {dataset.layout}")
    found = sorted(dataset.find(root, split), key=lambda sequence: sequence.name)
    if not found:
        raise FormatError(f"{root} contains no sequences of {dataset.name} split {split}: expected {dataset.layout}")
    if patterns is None:
        return found
    for pattern in patterns:
        if not any(fnmatchcase(sequence.name, pattern) for sequence in found):
            raise SettingsError(f"no sequence of {dataset.name} split {split} matches {pattern}; the split contains "
                                f"{', '.join(sequence.name for sequence in found[:5])}"
                                f"{' ...' if len(found) > 5 else ''}")
    return [sequence for sequence in found if any(fnmatchcase(sequence.name, pattern) for pattern in patterns)]


def without_duplicates(found: Sequence[DatasetSequence]) -> list[DatasetSequence]:
    """Return one MOT17 sequence per video; the data set contains each video once per public detector.

    Logs the number of skipped sequences. Use it only without public detections.
    """
    kept: dict[str, DatasetSequence] = {}
    for sequence in found:
        number = re.sub(r"-(DPM|FRCNN|SDP)$", "", sequence.name)
        if number not in kept or sequence.name.endswith("-FRCNN"):
            kept[number] = sequence
    selected = sorted(kept.values(), key=lambda sequence: sequence.name)
    skipped = len(found) - len(selected)
    if skipped:
        log.warning("skipping %d sequences that contain the same frames as others (select sequences with --sequences)",
                    skipped)
    return selected


def _mot_layout(root: Path, split: str) -> list[DatasetSequence]:
    """``ROOT/SPLIT/NAME/img1``, restricted to the names in ``SPLIT_seqmap.txt`` if that file exists."""
    folder = root / split
    if not folder.is_dir():
        return []
    existing = {child.name: child for child in folder.iterdir() if (child / "img1").is_dir()}
    seqmap = root / f"{split}_seqmap.txt"
    if seqmap.is_file():
        listed = [line.strip() for line in seqmap.read_text(encoding="utf-8").splitlines() if line.strip()]
        names = [name for name in listed if name != "name"]
        missing = [name for name in names if name not in existing]
        if missing:
            raise FormatError(f"{seqmap} lists {missing[0]}, but {folder / missing[0] / 'img1'} does not exist: unpack "
                              "all parts of the data set")
        existing = {name: existing[name] for name in names}
    return [DatasetSequence(name, child, _file(child / "gt" / "gt.txt"), _file(child / "seqinfo.ini"))
            for name, child in existing.items()]


_UAVDT_TEST = frozenset((
    "M0203", "M0205", "M0208", "M0209", "M0403", "M0601", "M0602", "M0606", "M0701", "M0801", "M0802", "M1001",
    "M1004", "M1007", "M1009", "M1101", "M1301", "M1302", "M1303", "M1401"))


def _uavdt_layout(root: Path, split: str) -> list[DatasetSequence]:
    """``UAV-benchmark-M/NAME`` and ``UAV-benchmark-MOTD_v1.0/GT/NAME_gt.txt``; names determine the split."""
    images = root / "UAV-benchmark-M"
    truth = root / "UAV-benchmark-MOTD_v1.0" / "GT"
    if not images.is_dir():
        return []
    existing = [child for child in images.iterdir() if child.is_dir() and re.fullmatch(r"M\d{4}", child.name)]
    return [DatasetSequence(child.name, child, _file(truth / f"{child.name}_gt.txt"), None,
                            _file(truth / f"{child.name}_gt_ignore.txt"))
            for child in existing if (child.name in _UAVDT_TEST) == (split == "test")]


def _bdd100k_layout(root: Path, split: str) -> list[DatasetSequence]:
    """``images/track/SPLIT/NAME`` and ``labels/box_track_20/SPLIT/NAME.json``."""
    images = root / "images" / "track" / split
    truth = root / "labels" / "box_track_20" / split
    if not images.is_dir():
        return []
    return [DatasetSequence(child.name, child, _file(truth / f"{child.name}.json"))
            for child in images.iterdir() if child.is_dir()]


def _file(path: Path) -> Path | None:
    return path if path.is_file() else None


DATASETS = {dataset.name: dataset for dataset in (
    Dataset("dancetrack", ("train", "val", "test"), ("person",), "SPLIT/dancetrack0001/img1/00000001.jpg",
            _mot_layout),
    Dataset("mot17", ("train", "test"), ("person",), "SPLIT/MOT17-02-FRCNN/img1/000001.jpg", _mot_layout),
    Dataset("uavdt", ("train", "test"), ("car", "truck", "bus"),
            "UAV-benchmark-M/M0203/img000001.jpg and UAV-benchmark-MOTD_v1.0/GT/M0203_gt.txt", _uavdt_layout),
    Dataset("bdd100k", ("train", "val", "test"),
            ("person", "car", "truck", "bus", "train", "motorcycle", "bicycle"),
            "images/track/SPLIT/NAME/NAME-0000001.jpg and labels/box_track_20/SPLIT/NAME.json", _bdd100k_layout),
)}
