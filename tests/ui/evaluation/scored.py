"""Made-up scores of a project, for tests of what shows them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from annotator.evaluation import Evaluation, Scores
from annotator.evaluation.errors import IdentitySwitch, Stretch
from annotator.jobs.project_scores import ProjectScores, TrackScore, VideoScores

BOX = (1.0, 2.0, 30.0, 40.0)


_COUNTS = {"idsw", "fp", "fn", "tp", "mt", "pt", "ml", "frag"}


def scores(**given: float) -> Scores:
    """All 0 but what is given."""
    values: dict[str, Any] = {field.name: (int if field.name in _COUNTS else float)(given.get(field.name, 0))
                              for field in fields(Scores) if field.name != "raw"}
    return Scores(**values)


def video(name: str = "clip") -> VideoScores:
    return VideoScores(
        name, switches=(IdentitySwitch(10, 9, 1, 4, 5),), misses=(Stretch(3, 7, 2, BOX),),
        false_boxes=(Stretch(10, 10, 9, BOX), Stretch(0, 4, 4, BOX)),
        tracks=(TrackScore(4, 1200, 600, 1, 0.75), TrackScore(5, 20, 20, 1, 1.0), TrackScore(9, 2, 0, None, None)))


def project(*names: str, before: Scores | None = None, after: Scores | None = None) -> ProjectScores:
    return ProjectScores(None if before is None else Evaluation(before), Evaluation(after or scores()),
                         tuple(video(name) for name in names or ("clip",)))
