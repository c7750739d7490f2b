"""Find suspicious moments between two tracks: occlusions, encounters, duplicates and possible continuations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from annotator.model.box import box_iou
from annotator.model.evidence import NO_TRACK
from annotator.review.appearance import difference
from annotator.review.moments import Fix, Kind, Moment, Suggestion
from annotator.review.paths import WINDOW, Path, Scene
from annotator.review.reasons import Reason, Sentence

#: IoUs above which two boxes meet, contaminate each other's colours, and cover the same place.
_MEET, _CROWD, _SAME = 0.15, 0.05, 0.75
#: Most frames without overlap within one encounter.
_APART = 6
#: A new track may continue another one that ended or was lost at most this many frames earlier ...
_WAIT = 60
#: ... and at most this many box sizes away, plus an allowance for its motion since then.
_NEAR = 2.5
_SAME_FRAMES = 5

Pair = tuple[int, int]


@dataclass(slots=True)
class _Meeting:
    frames: list[int]
    overlap: list[float]

    @property
    def first(self) -> int:
        return self.frames[0]

    @property
    def last(self) -> int:
        return self.frames[-1]


def moments_of_pairs(scene: Scene) -> Iterator[Moment]:
    """Find all suspicious moments between tracks. Also fills ``scene.crowded``, so it must run first."""
    meetings = _meetings(scene)
    hidden = _hidden_frames(scene)
    for pair, met in meetings.items():
        for meeting in met:
            yield _encounter(scene, pair, meeting, hidden)
            same = sum(overlap > _SAME for overlap in meeting.overlap)
            if same >= _SAME_FRAMES:
                yield _duplicate(scene, pair, meeting, same)
    yield from _conflicts(hidden)
    yield from _births(scene)


def _meetings(scene: Scene) -> dict[Pair, list[_Meeting]]:
    found: dict[Pair, list[_Meeting]] = defaultdict(list)
    for frame in sorted(scene.by_frame):
        tracks, boxes = scene.by_frame[frame]
        overlap = np.triu(box_iou(boxes, boxes), 1)
        for a, b in np.argwhere(overlap > _CROWD):
            one, other = sorted((int(tracks[a]), int(tracks[b])))
            scene.crowded[one].add(frame)
            scene.crowded[other].add(frame)
            if overlap[a, b] <= _MEET:
                continue
            met = found[one, other]
            if not met or frame - met[-1].last > _APART:
                met.append(_Meeting([], []))
            met[-1].frames.append(frame)
            met[-1].overlap.append(float(overlap[a, b]))
    return found


def _hidden_frames(scene: Scene) -> dict[Pair, list[int]]:
    """(occluded track, occluding track) -> frames."""
    found: dict[Pair, list[int]] = defaultdict(list)
    table = scene.table
    for row in np.flatnonzero(table.hidden_by > NO_TRACK):
        found[int(table.track[row]), int(table.hidden_by[row])].append(int(table.frame[row]))
    return found


def _conflicts(hidden: Mapping[Pair, list[int]]) -> Iterator[Moment]:
    for (loser, winner), frames in hidden.items():
        start = 0
        for k in range(1, len(frames) + 1):
            if k == len(frames) or frames[k] - frames[k - 1] > _APART:
                first, last, count = frames[start], frames[k - 1], k - start
                yield Moment(Kind.CONFLICT, (loser, winner), first, last, last, min(0.3 + count / 20, 1.0),
                             Reason(Sentence.OCCLUDES, (winner, loser), count=count), Suggestion(Fix.FINE))
                start = k


def _encounter(scene: Scene, pair: Pair, meeting: _Meeting, hidden: Mapping[Pair, list[int]]) -> Moment:
    a, b = (scene.paths[track] for track in pair)
    margin = _swap_margin(scene, a, b, meeting)
    deep = max(meeting.overlap)
    logits = [float(np.nanmin(part)) for path in (a, b)
              if len(part := path.logit[path.rows(meeting.first - 2, meeting.last + 2)]) and np.isfinite(part).any()]
    doubt = min(max((8.0 - min(logits)) / 8.0, 0.0), 1.0) if logits else 0.0
    fought = any(meeting.first - 2 <= frame <= meeting.last + 2
                 for key in (pair, pair[::-1]) for frame in hidden.get(key, ()))
    strength = min(0.35 * deep + 0.3 * min(max(margin + 0.1, 0) / 0.6, 1) + 0.2 * doubt + 0.15 * fought, 1.0)
    after = meeting.last + 1
    fix = Suggestion(Fix.SWAP, pair, _middle(meeting)) if margin > 0.05 else Suggestion(Fix.FINE)
    sentence = Sentence.SWAPPED if margin > 0.05 else Sentence.SEPARATED
    return Moment(Kind.ENCOUNTER, pair, meeting.first, meeting.last, min(after, scene.frame_count - 1), strength,
                  Reason(sentence, pair, (f"{deep:.0%}",)), fix)


def _middle(meeting: _Meeting) -> int:
    """The frame with the greatest overlap."""
    return meeting.frames[int(np.argmax(meeting.overlap))]


def _swap_margin(scene: Scene, a: Path, b: Path, meeting: _Meeting) -> float:
    """How much better the two tracks fit before and after the meeting if their identities were swapped; about -1..1.

    Based on colours, if both are known on both sides, and on motion, which says little after a long meeting.
    """
    first, last = meeting.first, meeting.last
    looks = [scene.look(path.track, first - 2 * WINDOW, first - 1) for path in (a, b)]
    later = [scene.look(path.track, last + 1, last + 2 * WINDOW) for path in (a, b)]
    kept = [difference(looks[k], later[k]) for k in (0, 1)]
    crossed = [difference(looks[k], later[1 - k]) for k in (0, 1)]
    margin = 0.0
    if None not in kept and None not in crossed:
        margin += 2 * (sum(d for d in kept if d is not None) - sum(d for d in crossed if d is not None))
    before = [path.rows(0, first - 1).stop - 1 for path in (a, b)]
    after = [path.rows(0, last).stop for path in (a, b)]
    if min(before) >= 1 and all(after[k] < len((a, b)[k]) for k in (0, 1)):
        margin += _motion_margin((a, b), before, after) / (1 + (last - first) / 5)
    return float(np.clip(margin, -1, 1))


def _motion_margin(paths: tuple[Path, Path], before: list[int], after: list[int]) -> float:
    def miss(k: int, other: int) -> float:
        path, target = paths[k], paths[other]
        frames = int(target.frame[after[other]] - path.frame[before[k]])
        expected = path.centre[before[k]] + path.velocity(before[k]) * frames
        return float(np.linalg.norm(target.centre[after[other]] - expected)) / float(path.size[before[k]])

    kept, crossed = miss(0, 0) + miss(1, 1), miss(0, 1) + miss(1, 0)
    return 0.5 * (kept - crossed) / max(kept + crossed, 0.5)


def _duplicate(scene: Scene, pair: Pair, meeting: _Meeting, same: int) -> Moment:
    longer, shorter = sorted(pair, key=lambda track: -len(scene.paths[track]))
    share = same / max(len(scene.paths[shorter]), 1)
    return Moment(Kind.DUPLICATE, pair, meeting.first, meeting.last, meeting.first, min(0.3 + share + same / 50, 1.0),
                  Reason(Sentence.SAME_PLACE, (longer, shorter), count=same), Suggestion(Fix.MERGE, (longer, shorter)))


def _births(scene: Scene) -> Iterator[Moment]:
    """Yield the tracks that start after the first frame, each with the track that it most likely continues, if any."""
    every = list(scene.paths.values())
    firsts = np.array([path.frame[0] for path in every], np.int64)
    lasts = np.array([path.frame[-1] for path in every], np.int64)
    start = int(firsts.min(initial=scene.frame_count))
    for path in every:
        born = int(path.frame[0])
        if born <= start or path.human[0]:
            continue
        best: tuple[float, Path, int] | None = None
        # Of possibly thousands of tracks, only those that existed shortly before.
        for index in np.flatnonzero((firsts < born) & (lasts >= born - _WAIT)):
            other = every[index]
            found = _kinship(scene, other, path, born)
            if found is not None and (best is None or found[0] > best[0]):
                best = (found[0], other, found[1])
        if best is not None:
            strength, other, gone = best
            yield Moment(Kind.REBIRTH, (other.track, path.track), gone, born, born, strength,
                         Reason(Sentence.STARTS_AFTER, (path.track, other.track), count=born - gone),
                         Suggestion(Fix.MERGE, (other.track, path.track), born))
        else:
            edge = scene.at_edge(path.box[0])
            yield Moment(Kind.BIRTH, (path.track,), born, born, born, 0.2 if edge else 0.8,
                         Reason(Sentence.STARTS_AT_EDGE if edge else Sentence.STARTS_INSIDE, (path.track,)),
                         Suggestion(Fix.FINE))


def _kinship(scene: Scene, gone: Path, born: Path, frame: int) -> tuple[float, int] | None:
    """How likely track ``born``, which starts in ``frame``, continues track ``gone``, and the last frame of ``gone``
    before that."""
    k = gone.rows(0, frame).stop - 1
    if k < 0 or gone.human[k] or gone.frame[k] >= frame or frame - gone.frame[k] > _WAIT:
        return None  # not yet started, still visible, or gone for too long
    waited = int(frame - gone.frame[k])
    size = float(max(gone.size[k], born.size[0]))
    expected = gone.centre[k] + gone.velocity(k) * min(waited, 10)
    distance = min(float(np.linalg.norm(born.centre[0] - expected)),
                   float(np.linalg.norm(born.centre[0] - gone.centre[k]))) / size
    reach = _NEAR + 0.05 * waited
    if distance > reach:
        return None
    colours = difference(scene.look(gone.track, int(gone.frame[k]) - 2 * WINDOW, int(gone.frame[k])),
                         scene.look(born.track, frame, frame + 2 * WINDOW))
    alike = 0.5 if colours is None else max(1 - colours / 0.4, 0)
    return 0.4 * (1 - distance / reach) + 0.15 * (1 - waited / _WAIT) + 0.45 * alike, int(gone.frame[k])
