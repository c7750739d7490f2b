"""Convert labels to MOTChallenge class numbers and back.

A single label is class 1, as DanceTrack, SportsMOT and every evaluator expect. If all labels are among MOTChallenge's
twelve or thirteen names ("person" counts as "pedestrian"), they get MOTChallenge's numbers. Otherwise they are numbered
from 1 in their own order. ``gt/labels.txt`` next to the file, as CVAT writes it, names class k in line k.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from annotator.errors import FormatError

MOT_CLASSES = ("pedestrian", "person_on_vehicle", "car", "bicycle", "motorbike", "non_mot_vehicle", "static_person",
               "distractor", "occluder", "occluder_on_ground", "occluder_full", "reflection", "crowd")
"""Class k is ``MOT_CLASSES[k - 1]``."""

_SYNONYMS = {"person": "pedestrian"}


def class_numbers(labels: Sequence[str], chosen: Mapping[str, int] | None = None) -> tuple[int, ...]:
    """Class number of each label. ``chosen`` sets the numbers by name. Raises FormatError if two labels share a
    number."""
    if chosen is not None:
        missing = [name for name in labels if name not in chosen]
        if missing:
            raise FormatError(f"the label {missing[0]!r} has no class number; give one for each of {', '.join(labels)}")
        numbers = tuple(chosen[name] for name in labels)
        if len(set(numbers)) < len(numbers) or min(numbers, default=1) < 1:
            raise FormatError(f"the class numbers {numbers} of {', '.join(labels)} must be different and at least 1")
        return numbers
    known = [_SYNONYMS.get(name.lower(), name.lower()) for name in labels]
    if len(labels) > 1 and len(set(known)) == len(known) and set(known) <= set(MOT_CLASSES):
        return tuple(MOT_CLASSES.index(name) + 1 for name in known)
    return tuple(range(1, len(labels) + 1))


def labels_text(labels: Sequence[str], numbers: Sequence[int]) -> str:
    """Text of ``labels.txt``: line k names class k; numbers without a label keep MOTChallenge's name."""
    lines = [MOT_CLASSES[index] if index < len(MOT_CLASSES) else f"class_{index + 1}" for index in range(max(numbers))]
    for name, number in zip(labels, numbers, strict=True):
        lines[number - 1] = name.replace("\n", " ")
    return "".join(line + "\n" for line in lines)


def are_mot_classes(labels: Sequence[str], numbers: Sequence[int]) -> bool:
    """Whether MOTChallenge's evaluators give each number the same meaning; always true for class 1 alone."""
    known = (_SYNONYMS.get(name.lower(), name.lower()) for name in labels)
    return tuple(numbers) == (1,) or all(number <= len(MOT_CLASSES) and MOT_CLASSES[number - 1] == name
                                         for name, number in zip(known, numbers, strict=True))


def read_labels(folder: Path) -> tuple[str, ...] | None:
    """Names by class number from ``labels.txt`` in this folder; None without such a file."""
    path = folder / "labels.txt"
    if not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path} cannot be read as a list of label names: {error}") from error
    names = [line.strip() for line in lines]
    while names and not names[-1]:
        names.pop()
    return tuple(name or f"class_{index + 1}" for index, name in enumerate(names)) or None
