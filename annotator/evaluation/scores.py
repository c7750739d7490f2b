"""The results of an evaluation as data, JSON and text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

_SHOWN = ("hota", "deta", "assa", "idf1", "mota", "motp", "idsw", "fp", "fn", "tp")

RawScores = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one sequence, one class or all combined. Ratios in percent; NaN where the denominator is 0."""

    hota: float
    """Mean over the 19 localisation thresholds 0.05, 0.10 .. 0.95, as are all scores of the HOTA family."""
    deta: float
    assa: float
    detre: float
    detpr: float
    assre: float
    asspr: float
    loca: float
    idf1: float
    idr: float
    idp: float
    mota: float
    """CLEAR MOT scores and the counts from ``idsw`` to ``frag`` are at IoU 0.5."""
    motp: float
    """Mean IoU of the matched boxes."""
    idsw: int
    fp: int
    fn: int
    tp: int
    mt: int
    pt: int
    ml: int
    frag: int
    raw: RawScores = field(default_factory=dict, repr=False, compare=False)
    """TrackEval's results as fractions, by metric and field; some fields have one value per threshold."""

    @classmethod
    def from_raw(cls, raw: RawScores) -> Scores:
        """From the results of TrackEval's HOTA, CLEAR and Identity."""
        hota, clear, identity = raw["HOTA"], raw["CLEAR"], raw["Identity"]
        mean = {name: 100 * float(np.mean(hota[name]))
                for name in ("HOTA", "DetA", "AssA", "DetRe", "DetPr", "AssRe", "AssPr", "LocA")}
        return cls(
            **{name.lower(): value for name, value in mean.items()},
            **{name.lower(): 100 * float(identity[name]) for name in ("IDF1", "IDR", "IDP")},
            mota=100 * float(clear["MOTA"]), motp=100 * float(clear["MOTP"]), idsw=int(clear["IDSW"]),
            fp=int(clear["CLR_FP"]), fn=int(clear["CLR_FN"]), tp=int(clear["CLR_TP"]), mt=int(clear["MT"]),
            pt=int(clear["PT"]), ml=int(clear["ML"]), frag=int(clear["Frag"]), raw=raw)

    def to_json(self) -> dict[str, float | int | None]:
        """All scores except the raw ones, ready for ``json.dumps``; scores that are not finite are None."""
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "raw"}
        return {name: None if isinstance(value, float) and not math.isfinite(value) else value
                for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of a result against its ground truth."""

    combined: Scores
    """All sequences combined (and all classes, for data sets with classes)."""
    sequences: dict[str, Scores] = field(default_factory=dict)
    """By sequence name; empty for data sets that are scored by class."""
    classes: dict[str, Scores] = field(default_factory=dict)
    """By class, then by super-class, all sequences combined; only for data sets that are scored by class."""
    class_average: dict[str, float] = field(default_factory=dict)
    """Mean MOTA, MOTP and IDF1 over the classes (without super-classes); a missing score counts as 0."""
    settings: dict[str, object] = field(default_factory=dict)
    """How the evaluation was done: format, benchmark, whether MOTChallenge's preprocessing was applied."""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``: the combined scores at the top, then ``sequences`` and ``classes``."""
        return {
            **self.combined.to_json(),
            "sequences": {name: scores.to_json() for name, scores in self.sequences.items()},
            "classes": {name: scores.to_json() for name, scores in self.classes.items()},
            "class_average": self.class_average, "settings": self.settings, "notes": list(self.notes),
        }

    def table(self) -> str:
        """A text table with one line per sequence or class, and one for all combined."""
        rows = {**self.sequences, **self.classes, "COMBINED": self.combined}
        width = max(len(name) for name in rows)
        lines = [" " * width + "".join(f"{name.upper():>9}" for name in _SHOWN)]
        for name, scores in rows.items():
            lines.append(name.ljust(width) + "".join(_cell(getattr(scores, shown)) for shown in _SHOWN))
        return "\n".join(lines)


def _cell(value: float | int) -> str:
    if isinstance(value, int):
        return f"{value:>9}"
    return f"{value:>9.2f}" if math.isfinite(value) else f"{'-':>9}"
