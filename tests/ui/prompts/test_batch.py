from __future__ import annotations

from annotator.jobs.prompts.limits import Direction
from annotator.jobs.prompts.propagate import PromptRequest
from annotator.model.prompt import Point, Prompt
from annotator.ui.prompts.batch import Batch

BOX = (1.0, 2.0, 30.0, 40.0)


def test_points_are_added_to_a_box() -> None:
    request = PromptRequest(5, BOX, label="car").with_point(10, 12, True).with_point(3, 4, False)
    points = (Point(10, 12, True), Point(3, 4, False))
    assert request.prompt() == Prompt(5, BOX, points)
    assert request == PromptRequest(5, BOX, points, None, "car", Direction.BOTH)


def test_a_direction_chosen_twice_is_both_again() -> None:
    draft = PromptRequest(5, BOX).turned(Direction.FORWARD)
    assert draft.direction is Direction.FORWARD
    assert draft.turned(Direction.BACKWARD).direction is Direction.BACKWARD
    assert draft.turned(Direction.FORWARD).direction is Direction.BOTH
    batch = Batch((draft,))
    assert batch.turned(Direction.FORWARD).requests[0].direction is Direction.BOTH


def test_objects_are_numbered_as_the_run_does_it() -> None:
    batch = Batch(tuple(PromptRequest(frame, BOX, track=track)
                        for frame, track in ((1, None), (2, 7), (3, None), (4, 7), (5, 9))))
    assert batch.numbered() == {1: None, 2: 7, 3: None, 4: 9}
    assert batch.track is None
    assert Batch((PromptRequest(1, BOX, track=7), PromptRequest(2, BOX, track=7))).track == 7


def test_a_batch_for_new_objects_knows_no_track() -> None:
    batch = Batch((PromptRequest(1, BOX, track=7),), within_track=True, chosen=(0, 9))
    new = batch.as_new()
    assert (new.track, new.within_track, new.chosen) == (None, False, (0, 9))
    settings = new.settings("tiny-sam2-drawn", "cpu")
    assert (settings.first, settings.last, settings.segmenter) == (0, 9, "tiny-sam2-drawn")
