from __future__ import annotations

import pytest

from annotator.model.frame import TrackState
from annotator.model.track import TrackObservation
from annotator.ui.canvas.shape_filter import ShapeFilter


def seen(human: bool = False, state: TrackState = TrackState.PENDING, score: float = 0.4) -> TrackObservation:
    return TrackObservation(0, 7, 1, 3, 1, (0, 0, 1, 1), score, state, human)


@pytest.mark.parametrize(("chosen", "predicted", "manual"), [
    (ShapeFilter(), True, True), (ShapeFilter(tracks=frozenset({7})), False, False),
    (ShapeFilter(tracks=frozenset({8})), True, True), (ShapeFilter(labels=frozenset({3})), False, False),
    (ShapeFilter(states=frozenset({TrackState.PENDING})), False, True),
    (ShapeFilter(states=frozenset({TrackState.LOST})), True, True), (ShapeFilter(min_score=0.4), True, True),
    (ShapeFilter(min_score=0.41), False, True)])
def test_state_and_score_hide_predicted_boxes_only(chosen: ShapeFilter, predicted: bool, manual: bool) -> None:
    assert (chosen.shows(seen()), chosen.shows(seen(human=True))) == (predicted, manual)
    assert chosen.is_open == (chosen == ShapeFilter())
