"""The review queue: suspicious moments grouped into entries, ranked by how likely each is an error."""

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

#: Moments of the same tracks at most this many frames apart form one entry.
_TOGETHER = 10


@dataclass(frozen=True, slots=True)
class ReviewInput:
    """The input of the ranking."""

    width: int
    height: int
    frame_count: int
    evidence: EvidenceTable
    appearances: Appearances = field(default_factory=Appearances)
    """If empty, colours are not compared."""
    detections: Iterable[tuple[int, Detections]] = ()
    threshold: float = 0.5
    """Weaker detections are ignored."""
    cuts: Sequence[int] = ()
    reviewed: Sequence[tuple[int | None, int, int]] = ()
    """(track id, or None for all, first frame, last frame) that a person has checked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the queue: moments that are reviewed together."""

    moments: tuple[Moment, ...]
    """At least one, the strongest first."""
    chance: float
    """How likely it is an error, 0..1."""
    reviewed: bool = False
    """A person has checked all of it."""

    @property
    def tracks(self) -> tuple[int, ...]:
        """Ids of all tracks involved, those of the strongest moment first."""
        return tuple(dict.fromkeys(track for moment in self.moments for track in moment.tracks))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(dict.fromkeys(moment.kind for moment in self.moments))

    @property
    def frame(self) -> int:
        """The frame to look at first."""
        return self.moments[0].frame

    @property
    def first(self) -> int:
        return min(moment.first for moment in self.moments)

    @property
    def last(self) -> int:
        return max(moment.last for moment in self.moments)

    @property
    def before(self) -> int:
        """A frame that shows the tracks before the event."""
        return max(self.first - WINDOW // 2, 0)

    @property
    def after(self) -> int:
        """A frame that shows the tracks after the event; may lie beyond the end of the video."""
        return self.last + WINDOW // 2

    @property
    def suggestion(self) -> Suggestion:
        """The suggestion of the strongest moment that suggests a change. Moments between two tracks come first: an
        identity swap also explains what looks wrong in each of the two. Without such a moment, `Fix.FINE`."""
        changes = [moment.suggestion for moment in self.moments if moment.suggestion.fix is not Fix.FINE]
        return max(changes, key=lambda change: len(change.tracks) > 1, default=Suggestion(Fix.FINE))

    def reason(self, numbers: Mapping[int, int], translate: Translate = english) -> str:
        """The reasons of the two strongest moments as text; ``numbers`` are track numbers by id."""
        return "; ".join(moment.reason.words(numbers, translate) for moment in self.moments[:2])


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """All entries, the most likely errors first."""

    entries: tuple[Entry, ...]

    @property
    def open(self) -> tuple[Entry, ...]:
        """Entries that are not reviewed yet, in order."""
        return tuple(entry for entry in self.entries if not entry.reviewed)

    @property
    def done(self) -> int:
        """Number of entries that a person has checked."""
        return len(self.entries) - len(self.open)

    def filtered(self, kinds: Iterable[Kind] = (), track: int | None = None) -> tuple[Entry, ...]:
        """Open entries of some kinds (none: all) and of one track (None: all)."""
        wanted = set(kinds)
        return tuple(entry for entry in self.open if (not wanted or wanted & set(entry.kinds))
                     and (track is None or track in entry.tracks))


def build_queue(given: ReviewInput) -> ReviewQueue:
    """Find all suspicious moments and rank them."""
    scene = Scene(given.width, given.height, given.frame_count, given.evidence, given.appearances)
    moments = list(moments_of_pairs(scene))
    moments += moments_of_tracks(scene, given.cuts)
    moments += missing_objects(scene, given.detections, given.threshold)
    return rank(moments, given.reviewed)


def rank(moments: Iterable[Moment], reviewed: Sequence[tuple[int | None, int, int]] = ()) -> ReviewQueue:
    """Group moments of the same tracks at about the same time into entries, strongest first, and sort the entries."""
    groups: list[list[Moment]] = []
    of_track: dict[int, set[int]] = defaultdict(set)  # track -> its groups, so that only these are searched
    for moment in sorted(moments, key=lambda each: (-_chance(each), each.first, each.tracks)):
        candidates = sorted(set().union(*(of_track[track] for track in moment.tracks)))
        place = next((place for place in candidates if _belongs(moment, groups[place])), len(groups))
        if place == len(groups):
            groups.append([])
        groups[place].append(moment)
        for track in moment.tracks:
            of_track[track].add(place)
    entries = [Entry(tuple(group), _joint_chance(group), _is_reviewed(group, reviewed)) for group in groups]
    entries.sort(key=lambda entry: (-entry.chance, entry.frame, entry.tracks))
    return ReviewQueue(tuple(entries))


def _chance(moment: Moment) -> float:
    return WEIGHTS[moment.kind].chance(moment.strength)


def _belongs(moment: Moment, group: Sequence[Moment]) -> bool:
    near = moment.first - _TOGETHER <= group[0].frame <= moment.last + _TOGETHER
    mine, theirs = set(moment.tracks), {track for each in group for track in each.tracks}
    return near and bool(mine) and bool(theirs) and (mine <= theirs or theirs <= mine)


def _joint_chance(group: Sequence[Moment]) -> float:
    """Combine the chances of a group. Only the strongest moment of each kind counts: the same sign in frame after
    frame is no additional evidence."""
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
