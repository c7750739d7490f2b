from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from annotator.model.box import Box
from annotator.model.evidence import NOBODY, EvidenceTable
from annotator.model.frame import Detections, Frame
from annotator.model.mask import Mask
from annotator.review import (
    Entry,
    Fix,
    Kind,
    Moment,
    Reason,
    ReviewInput,
    ReviewQueue,
    Sentence,
    Suggestion,
    build_queue,
)
from annotator.review.appearance import Appearances, difference, signature
from annotator.review.queue import _belongs, rank
from annotator.review.weights import WEIGHTS

Paths = Mapping[int, Mapping[int, Box | None]]

ODD = Reason(Sentence.STARTS_INSIDE, (2,))
RED, GREEN = np.eye(4, dtype=np.float32)[0], np.eye(4, dtype=np.float32)[1]


def box(x: float, y: float = 100.0, side: float = 40.0) -> Box:
    return (x, y, x + side, y + side)


def moving(first: int, last: int, start: float = 100.0, speed: float = 2.0, y: float = 100.0) -> dict[int, Box | None]:
    return {frame: box(start + speed * (frame - first), y) for frame in range(first, last + 1)}


def evidence(paths: Paths, logits: Mapping[tuple[int, int], float] | None = None,
             hidden: Mapping[tuple[int, int], int] | None = None, human: Sequence[tuple[int, int]] = (),
             reprompted: Sequence[tuple[int, int]] = ()) -> EvidenceTable:
    places = [(track, frame) for track in sorted(paths) for frame in sorted(paths[track])]
    shown = [paths[track][frame] or (np.nan,) * 4 for track, frame in places]
    return EvidenceTable(
        np.array([track for track, _ in places], np.int64), np.array([frame for _, frame in places], np.int64),
        np.array(shown, float).reshape(-1, 4), np.array([(logits or {}).get(place, 10.0) for place in places]),
        np.array([place in human for place in places], bool), np.zeros(len(places), bool),
        np.array([place in reprompted for place in places], bool),
        np.array([(hidden or {}).get(place, NOBODY) for place in places], np.int64), np.zeros(len(places)))


def queue(paths: Paths, look: Callable[[int, int], np.ndarray] | None = None, *,
          detections: Sequence[tuple[int, Detections]] = (), cuts: Sequence[int] = (),
          reviewed: Sequence[tuple[int | None, int, int]] = (), **more: Any) -> ReviewQueue:
    looks = Appearances()
    if look is not None:
        for track in paths:
            for frame in sorted(paths[track]):
                if paths[track][frame] is not None:
                    looks.add(track, frame, look(track, frame))
    table = evidence(paths, **more)
    return build_queue(ReviewInput(640, 480, 100, table, looks, detections, 0.5, cuts, reviewed))


def of_kind(found: ReviewQueue, kind: Kind) -> list[Moment]:
    return [moment for entry in found.entries for moment in entry.moments if moment.kind is kind]


def test_a_track_that_just_moves_is_nothing_to_look_at() -> None:
    assert queue({1: moving(0, 99), 2: moving(0, 99, y=300.0)}, lambda *_: RED).entries == ()


def test_two_that_met_and_exchanged_their_colours_are_to_be_swapped() -> None:
    crossing = {1: moving(0, 60, 100, 4), 2: moving(0, 60, 340, -4)}
    exchanged = queue(crossing, lambda track, frame: RED if (track == 1) == (frame < 30) else GREEN)
    first = exchanged.entries[0]
    assert set(first.tracks) == {1, 2}
    assert (first.suggestion.fix, set(first.suggestion.tracks)) == (Fix.SWAP, {1, 2})
    assert first.suggestion.frame is not None
    assert 25 <= first.suggestion.frame <= 35
    kept = queue(crossing, lambda track, _: RED if track == 1 else GREEN)
    [moment] = of_kind(kept, Kind.ENCOUNTER)
    assert moment.suggestion.fix is Fix.FINE
    assert kept.entries[0].chance < first.chance
    assert "track 7 and track 9 overlap by" in first.reason({1: 7, 2: 9})


def test_reasons_name_tracks_by_number_and_count_as_english_does() -> None:
    numbers = {11: 3, 12: 4}
    hides = [Reason(Sentence.OCCLUDES, (12, 11), count=count).words(numbers) for count in (1, 2)]
    assert hides == ["track 4 occludes track 3 for 1 frame", "track 4 occludes track 3 for 2 frames"]
    assert Reason(Sentence.SHORT, (11,), count=1).words(numbers) == "track 3 has only 1 box"
    lost = Reason(Sentence.LOST, (11,), ("0.4",), 7)
    assert lost.words({}) == "track ? is lost for 7 frames and reappears 0.4 box sizes from its expected position"
    german = {Sentence.TRACK: "Spur {0}", Sentence.OCCLUDES: "{1} ist %n Bilder lang von {0} verdeckt"}
    assert Reason(Sentence.OCCLUDES, (12, 11), count=5).words(
        numbers, lambda sentence, count: german[sentence].replace("%n", str(count))
    ) == "Spur 3 ist 5 Bilder lang von Spur 4 verdeckt"


def test_a_track_born_where_another_was_lost_is_to_be_merged_with_it() -> None:
    paths = {1: moving(0, 30), 2: moving(40, 80, start=175), 3: moving(0, 80, y=400.0)}
    found = queue(paths, lambda track, _: GREEN if track == 3 else RED)
    [moment] = of_kind(found, Kind.REBIRTH)
    assert (moment.suggestion.fix, moment.suggestion.tracks, moment.frame) == (Fix.MERGE, (1, 2), 40)
    unlike = queue(paths, lambda track, _: GREEN if track == 2 else RED)
    assert of_kind(unlike, Kind.REBIRTH)[0].strength < moment.strength
    far = queue({1: moving(0, 30), 2: moving(40, 80, start=500)}, lambda *_: RED)
    assert not of_kind(far, Kind.REBIRTH)
    assert of_kind(far, Kind.BIRTH)


def test_a_gap_is_the_odder_the_further_off_the_track_comes_back() -> None:
    def with_gap(jump: float) -> dict[int, Box | None]:
        path = moving(0, 80)
        return {frame: None if 30 <= frame < 40 else (place if frame < 40 or place is None else box(place[0] + jump))
                for frame, place in path.items()}

    near, far = (of_kind(queue({1: with_gap(jump)}), Kind.GAP)[0] for jump in (0.0, 150.0))
    assert near.strength < far.strength
    assert (far.first, far.last, far.frame) == (29, 40, 40)


def test_jumps_and_sudden_growth_are_found_where_they_are() -> None:
    path = moving(0, 60)
    jumped = {frame: box(100 + 2 * frame + (60 if frame >= 30 else 0)) for frame in path}
    [jump] = of_kind(queue({1: jumped}), Kind.JUMP)
    assert (jump.frame, jump.suggestion.fix) == (30, Fix.SPLIT)
    grown = {frame: box(100 + 2 * frame, side=40 if frame < 30 else 60) for frame in path}
    [growth] = of_kind(queue({1: grown}), Kind.RESIZE)
    assert growth.frame == 30
    assert of_kind(queue({1: jumped}, human=[(1, 29), (1, 30)]), Kind.JUMP) == []


def test_scores_conflicts_and_prompts_count() -> None:
    paths = {1: moving(0, 60), 2: moving(0, 60, y=110.0)}
    logits = {(1, frame): 3.0 for frame in range(30, 34)}
    hidden = {(1, frame): 2 for frame in range(30, 34)}
    found = queue(paths, logits=logits, hidden=hidden, reprompted=[(1, 34)])
    [collapse] = of_kind(found, Kind.COLLAPSE)
    assert (collapse.first, collapse.last) == (30, 33)
    [conflict] = of_kind(found, Kind.CONFLICT)
    assert (conflict.tracks, conflict.frame) == ((1, 2), 33)
    assert of_kind(found, Kind.REPROMPT) == []  # the box did not change by it
    [double] = of_kind(queue({1: moving(0, 60), 2: moving(10, 40, start=120)}), Kind.DUPLICATE)
    assert double.suggestion == Suggestion(Fix.MERGE, (1, 2))


def test_a_change_of_colours_short_tracks_and_cuts() -> None:
    found = queue({1: moving(0, 60)}, lambda _, frame: RED if frame < 30 else GREEN)
    [change] = of_kind(found, Kind.APPEARANCE)
    assert abs(change.frame - 30) <= 2
    assert change.suggestion.fix is Fix.SPLIT
    [short] = of_kind(queue({1: moving(0, 60), 2: moving(40, 43, y=300.0)}), Kind.SHORT)
    assert short.suggestion == Suggestion(Fix.DELETE, (2,))
    [cut] = of_kind(queue({1: moving(0, 60), 2: moving(50, 99, y=300.0)}, cuts=[50]), Kind.CUT)
    assert cut.suggestion == Suggestion(Fix.SPLIT, (1,), 50)


def test_what_the_detector_sees_for_long_and_no_track_follows_is_missing() -> None:
    there, missed = box(100), box(400, 300)
    path = dict.fromkeys(range(60), there)
    detections = [(frame, Detections.of([there, missed] if 20 <= frame < 40 else [there],
                                        [0.9, 0.6 + frame / 1000] if 20 <= frame < 40 else [0.9]))
                  for frame in range(60)]
    [moment] = of_kind(queue({1: path}, detections=detections), Kind.MISSING)
    assert (moment.first, moment.last, moment.tracks) == (20, 39, ())
    assert moment.suggestion == Suggestion(Fix.PROMPT, (), 39, missed)
    brief = [(frame, found if frame < 24 else Detections.of([there], [0.9])) for frame, found in detections]
    assert of_kind(queue({1: path}, detections=brief), Kind.MISSING) == []


def test_signs_of_one_thing_are_one_entry_and_make_it_likelier() -> None:
    fine = Suggestion(Fix.FINE)
    pair = Moment(Kind.ENCOUNTER, (1, 2), 20, 30, 31, 0.5, ODD, Suggestion(Fix.SWAP, (1, 2), 25))
    one = Moment(Kind.JUMP, (2,), 33, 34, 34, 0.3, ODD, fine)
    later = Moment(Kind.JUMP, (2,), 83, 84, 84, 0.3, ODD, fine)
    ranked = rank([later, one, pair])
    assert [entry.moments for entry in ranked.entries] == [(pair, one), (later,)]
    together = ranked.entries[0]
    assert together.chance > rank([pair]).entries[0].chance
    assert (together.first, together.last, together.tracks, together.kinds) == (
        20, 34, (1, 2), (Kind.ENCOUNTER, Kind.JUMP))
    assert together.suggestion.fix is Fix.SWAP
    assert ranked.filtered([Kind.JUMP]) == ranked.entries
    assert ranked.filtered([Kind.ENCOUNTER]) == ranked.filtered(track=1) == ranked.entries[:1]


@pytest.mark.parametrize(("reviewed", "expected"), [
    ([], False), ([(1, 20, 40)], False), ([(1, 20, 40), (2, 31, 31)], True), ([(None, 31, 31)], True),
    ([(1, 0, 30), (2, 0, 99)], False)])
def test_what_a_person_has_checked_leaves_the_queue(reviewed: list[tuple[int | None, int, int]],
                                                    expected: bool) -> None:
    moment = Moment(Kind.ENCOUNTER, (1, 2), 20, 30, 31, 0.5, ODD, Suggestion(Fix.FINE))
    ranked = rank([moment], reviewed)
    assert ranked.entries[0].reviewed is expected
    assert (len(ranked.open), ranked.done) == ((0, 1) if expected else (1, 0))


def test_every_kind_has_a_weight_and_odder_is_likelier() -> None:
    assert set(WEIGHTS) == set(Kind)
    assert all(weight.chance(0.0) < weight.chance(1.0) < 1 for weight in WEIGHTS.values())


def test_colours_come_from_the_mask_where_there_is_one() -> None:
    image = np.zeros((60, 80, 3), np.uint8)
    image[10:30, 10:30] = (255, 0, 0)
    image[10:30, 30:50] = (0, 255, 0)
    frame = Frame(0, image, 0.0)
    red = signature(frame, (10, 10, 30, 30))
    both = (10.0, 10.0, 50.0, 30.0)
    masked = signature(frame, both, Mask.from_bitmap(np.ones((20, 20), bool), 10, 10))
    assert difference(red, masked) == pytest.approx(0, abs=1e-6)
    assert difference(red, signature(frame, (30, 10, 50, 30))) == pytest.approx(1)
    mixed = difference(red, signature(frame, both))
    assert mixed is not None
    assert 0.1 < mixed < 0.9
    assert signature(frame, (90, 10, 99, 20)) is None
    assert difference(red, None) is None


def test_an_empty_video_has_an_empty_queue() -> None:
    assert queue({}).entries == ()
    assert isinstance(queue({1: moving(0, 5)}).entries, tuple)
    assert Entry((Moment(Kind.GAP, (1,), 2, 3, 3, 0.1, ODD, Suggestion(Fix.FINE)),), 0.5).before == 0


def test_moments_are_joined_as_if_each_were_held_against_all_groups() -> None:
    rng = np.random.default_rng(3)
    kinds, fine = list(Kind), Suggestion(Fix.FINE)
    moments = []
    for _ in range(300):
        tracks = tuple(int(track) for track in rng.choice(6, rng.integers(0, 3), replace=False))
        first = int(rng.integers(0, 200))
        moments.append(Moment(kinds[rng.integers(len(kinds))], tracks, first, first + int(rng.integers(0, 9)),
                              first + 2, float(rng.random()), ODD, fine))
    groups: list[list[Moment]] = []
    for moment in sorted(moments, key=lambda m: (-WEIGHTS[m.kind].chance(m.strength), m.first, m.tracks)):
        home = next((group for group in groups if _belongs(moment, group)), None)
        groups.append([moment]) if home is None else home.append(moment)
    found = rank(moments).entries
    assert len(found) < 250
    assert {entry.moments for entry in found} == {tuple(group) for group in groups}
