"""The review queue: odd moments joined to entries, ranked by how likely each is an error."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from annotator.model.evidence import EvidenceTable
from annotator.model.frame import Detections
from annotator.review.appearance import Appearances
from annotator.review.missing import missing_objects
from annotator.review.moments import Fix, Kind, Moment, Suggestion
from annotator.review.pairs import moments_of_pairs
from annotator.review.paths import WINDOW, Scene
from annotator.review.reasons import Translate, english
from annotator.review.single import moments_of_tracks
from annotator.review.weights import DAMPING, WEIGHTS

#: Moments of the same tracks so many frames apart are one entry.
_TOGETHER = 10


@dataclass(frozen=True, slots=True)
class ReviewInput:
    """All that the ranking looks at."""

    width: int
    height: int
    frame_count: int
    evidence: EvidenceTable
    appearances: Appearances = field(default_factory=Appearances)
    """Empty: nothing is said of colours."""
    detections: Iterable[tuple[int, Detections]] = ()
    threshold: float = 0.5
    """Weaker detections are nobody's concern."""
    cuts: Sequence[int] = ()
    reviewed: Sequence[tuple[int | None, int, int]] = ()
    """(track id, or None for all, first frame, last frame) that a person has checked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to look at."""

    moments: tuple[Moment, ...]
    """What is odd, the most telling first; at least one."""
    chance: float
    """How likely it is an error, 0..1."""
    reviewed: bool = False
    """A person has checked all of it."""

    @property
    def tracks(self) -> tuple[int, ...]:
        """Ids of all tracks concerned, the most telling moment's first."""
        return tuple(dict.fromkeys(track for moment in self.moments for track in moment.tracks))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(dict.fromkeys(moment.kind for moment in self.moments))

    @property
    def frame(self) -> int:
        """Where to look first."""
        return self.moments[0].frame

    @property
    def first(self) -> int:
        return min(moment.first for moment in self.moments)

    @property
    def last(self) -> int:
        return max(moment.last for moment in self.moments)

    @property
    def before(self) -> int:
        """A frame to show the tracks in as they were before."""
        return max(self.first - WINDOW // 2, 0)

    @property
    def after(self) -> int:
        """A frame to show the tracks in as they are afterwards; may lie beyond the video's end."""
        return self.last + WINDOW // 2

    @property
    def suggestion(self) -> Suggestion:
        """Of the most telling moment that suggests a change, those between two tracks first: an exchange of names
        explains what each of the two shows by itself. Else that all is fine."""
        changes = [moment.suggestion for moment in self.moments if moment.suggestion.fix is not Fix.FINE]
        return max(changes, key=lambda change: len(change.tracks) > 1, default=Suggestion(Fix.FINE))

    def reason(self, numbers: Mapping[int, int], translate: Translate = english) -> str:
        """In words, with track numbers by id; at most two signs."""
        return "; ".join(moment.reason.words(numbers, translate) for moment in self.moments[:2])


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """All entries, the most likely errors first."""

    entries: tuple[Entry, ...]

    @property
    def open(self) -> tuple[Entry, ...]:
        """What nobody has checked yet, in order."""
        return tuple(entry for entry in self.entries if not entry.reviewed)

    @property
    def done(self) -> int:
        """Entries that a person has checked."""
        return len(self.entries) - len(self.open)

    def filtered(self, kinds: Iterable[Kind] = (), track: int | None = None) -> tuple[Entry, ...]:
        """Open entries of some kinds (none: all) and of one track (None: all)."""
        wanted = set(kinds)
        return tuple(entry for entry in self.open if (not wanted or wanted & set(entry.kinds))
                     and (track is None or track in entry.tracks))


def build_queue(given: ReviewInput) -> ReviewQueue:
    """Find all odd moments and rank them."""
    scene = Scene(given.width, given.height, given.frame_count, given.evidence, given.appearances)
    moments = list(moments_of_pairs(scene))
    moments += moments_of_tracks(scene, given.cuts)
    moments += missing_objects(scene, given.detections, given.threshold)
    return rank(moments, given.reviewed)


def rank(moments: Iterable[Moment], reviewed: Sequence[tuple[int | None, int, int]] = ()) -> ReviewQueue:
    """Join moments of the same tracks at the same time, most telling first, and put the entries in order."""
    groups: list[list[Moment]] = []
    of_track: dict[int, set[int]] = defaultdict(set)  # groups that speak of a track: the only ones worth asking
    for moment in sorted(moments, key=lambda each: (-_chance(each), each.first, each.tracks)):
        asked = sorted(set().union(*(of_track[track] for track in moment.tracks)))
        place = next((place for place in asked if _belongs(moment, groups[place])), len(groups))
        if place == len(groups):
            groups.append([])
        groups[place].append(moment)
        for track in moment.tracks:
            of_track[track].add(place)
    entries = [Entry(tuple(group), _joint(group), _is_reviewed(group, reviewed)) for group in groups]
    entries.sort(key=lambda entry: (-entry.chance, entry.frame, entry.tracks))
    return ReviewQueue(tuple(entries))


def _chance(moment: Moment) -> float:
    return WEIGHTS[moment.kind].chance(moment.strength)


def _belongs(moment: Moment, group: Sequence[Moment]) -> bool:
    near = moment.first - _TOGETHER <= group[0].frame <= moment.last + _TOGETHER
    mine, theirs = set(moment.tracks), {track for each in group for track in each.tracks}
    return near and bool(mine) and bool(theirs) and (mine <= theirs or theirs <= mine)


def _joint(group: Sequence[Moment]) -> float:
    """One sign of each kind counts, the strongest: the same one seen in frame after frame is no further evidence."""
    strongest: dict[Kind, float] = {}
    for moment in group:
        strongest[moment.kind] = max(_chance(moment), strongest.get(moment.kind, 0.0))
    best, *others = sorted(strongest.values(), reverse=True)
    return 1 - (1 - best) * math.prod(math.pow(1 - chance, DAMPING) for chance in others)


def _is_reviewed(group: Sequence[Moment], reviewed: Sequence[tuple[int | None, int, int]]) -> bool:
    head = group[0]
    for track in head.tracks or (None,):
        if not any(who in (None, track) and first <= head.frame <= last for who, first, last in reviewed):
            return False
    return True
