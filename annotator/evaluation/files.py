"""Find ground truth and results on disk, determine their format, and score them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import FormatError
from annotator.evaluation.arrays import combine
from annotator.evaluation.mot import Benchmark, MotPair, guess_benchmark, score_mot
from annotator.evaluation.scalabel import evaluate_scalabel
from annotator.evaluation.scores import Evaluation

_SUBFOLDERS = ("", "train", "val", "test")


def evaluate(gt: Path, result: Path, *, preprocess: bool | None = None, benchmark: Benchmark | None = None,
             config: Path | None = None) -> Evaluation:
    """Score a result against ground truth.

    ``gt`` is a MOTChallenge ``gt.txt``, a sequence's folder (with ``gt/gt.txt`` or ``gt.txt``), a folder of such
    folders (also below ``train``, ``val`` or ``test``), or Scalabel / BDD100K JSON. ``result`` is a MOTChallenge text
    file, a folder with ``<sequence>.txt`` files (also below ``data``), or Scalabel JSON with ``config`` as its label
    configuration in TOML (BDD100K's by default).

    ``preprocess`` applies MOTChallenge's preprocessing: boxes on distractors are not counted, and only pedestrians with
    flag 1 are ground truth. If None, it is applied to sequences named MOT16, MOT17 or MOT20, and to ground truth with
    classes other than 1 unless a ``labels.txt`` redefines them. If False, every box with flag 1 counts, whatever its
    class.

    Raises FormatError for missing, malformed or contradictory input.
    """
    for path, what in ((gt, "ground truth"), (result, "result")):
        if not path.exists():
            raise FormatError(f"{path} does not exist; give an existing file or folder with the {what}")
    if gt.suffix.lower() == ".json":
        return evaluate_scalabel(gt, result, config)
    pairs = _pair(_find_sequences(gt), result)
    scores = {}
    choices = {}
    for pair in pairs:
        chosen = benchmark or guess_benchmark(pair, preprocess)
        choices[pair.name] = chosen if preprocess is not False else "MOT15"
        scores[pair.name] = score_mot(pair, choices[pair.name])
    settings: dict[str, object] = {
        "format": "mot", "preprocess": {name: choice != "MOT15" for name, choice in choices.items()},
        "benchmark": choices, "iou_threshold": 0.5}
    return Evaluation(combine(scores), scores, settings=settings)


def gt_of_sequence(gt: Path, name: str, alone: bool) -> Path:
    """The ground-truth file of one sequence; ``gt`` is MOTChallenge ground truth as for `evaluate`. With ``alone``, the
    name is ignored if there is only one sequence. Raises FormatError."""
    found = _find_sequences(gt)
    for each in found:
        if each.name == name or (alone and len(found) == 1):
            return each.gt
    raise FormatError(f"{gt} has no ground truth named {name}; it has {', '.join(each.name for each in found)}")


@dataclass(frozen=True, slots=True)
class _Sequence:
    name: str
    gt: Path
    seqinfo: Path | None


def _find_sequences(gt: Path) -> list[_Sequence]:
    if gt.is_file():
        folder = gt.parent.parent if gt.parent.name == "gt" else gt.parent
        name = folder.name if gt.stem == "gt" else gt.stem
        return [_Sequence(name, gt, _seqinfo(folder) if gt.stem == "gt" else None)]
    own = _sequence_in(gt)
    if own is not None:
        return [own]
    for below in _SUBFOLDERS:
        folder = gt / below
        if folder.is_dir():
            found = [_sequence_in(child) for child in sorted(folder.iterdir()) if child.is_dir()]
            sequences = [sequence for sequence in found if sequence is not None]
            if sequences:
                return sequences
    raise FormatError(f"{gt} has no ground truth; expected gt/gt.txt, gt.txt, or folders that contain them")


def _sequence_in(folder: Path) -> _Sequence | None:
    for gt in (folder / "gt" / "gt.txt", folder / "gt.txt"):
        if gt.is_file():
            return _Sequence(folder.resolve().name, gt, _seqinfo(folder))
    return None


def _seqinfo(folder: Path) -> Path | None:
    path = folder / "seqinfo.ini"
    return path if path.is_file() else None


def _pair(sequences: Sequence[_Sequence], result: Path) -> list[MotPair]:
    if result.is_file():
        if len(sequences) > 1:
            sequences = [sequence for sequence in sequences if sequence.name == result.stem]
        if len(sequences) != 1:
            raise FormatError(f"{result} is one file, but the ground truth has several sequences and none is named "
                              f"{result.stem}; expected a folder with one <sequence>.txt each")
        return [MotPair(sequences[0].name, sequences[0].gt, result, sequences[0].seqinfo)]
    folder = result / "data" if (result / "data").is_dir() else result
    pairs = [MotPair(each.name, each.gt, folder / f"{each.name}.txt", each.seqinfo) for each in sequences]
    missing = [pair.name for pair in pairs if not pair.result.is_file()]
    if missing:
        raise FormatError(f"{folder} has no results for {len(missing)} of {len(pairs)} sequences; expected "
                          f"{missing[0]}.txt")
    return pairs
