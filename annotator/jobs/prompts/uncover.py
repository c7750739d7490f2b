"""What an object hid: frames to offer to its neighbours when it is deleted.

While one track hid another by cross-object interaction, the hidden one wrote no memory and its mask was really its
neighbour's. Without the hiding track, which may never have been an object, those frames are worth another look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from annotator.jobs.prompts.limits import Direction
from annotator.jobs.prompts.propagate import PromptRequest
from annotator.model.track import VideoRecord
from annotator.storage.reader import Reader

#: Frames between two hidden ones of one stretch, and frames to go on after a stretch.
_APART, _BEYOND = 6, 5


@dataclass(frozen=True, slots=True)
class Uncovered:
    """What is worth another look once some tracks are deleted."""

    neighbours: int
    """Tracks that were hidden."""
    frames: int
    """Frames in which any of them was."""
    batches: list[list[PromptRequest]]
    """One for `annotator.jobs.prompts.propagate.start` after another, because a track can be hidden more than once."""


def hidden_by(reader: Reader, video: VideoRecord, *tracks: int) -> list[tuple[int, int, int]]:
    """(track, first frame, last frame) of every stretch in which one of these tracks hides another that is none of
    them, by first frame."""
    table = reader.evidence(video.id)
    found: list[tuple[int, int, int]] = []
    for neighbour, rows in table.by_track():
        if neighbour not in tracks:
            frames = rows.frame[np.isin(rows.hidden_by, tracks)].tolist()
            found += [(neighbour, first, last) for first, last in _stretches(frames)]
    return sorted(found, key=lambda stretch: (stretch[1], stretch[0]))


def uncovered(reader: Reader, video: VideoRecord, *tracks: int) -> Uncovered:
    """What to run once these tracks are deleted: their neighbours, each from how it looked before it was hidden,
    through the frames in which it was.

    Ask before they are deleted, or a snapshot of before: afterwards nobody knows what hid the others.
    """
    batches: list[list[PromptRequest]] = []
    neighbours: set[int] = set()
    frames: set[int] = set()
    for neighbour, first, last in hidden_by(reader, video, *tracks):
        request = _request(reader, video, neighbour, first, last)
        if request is None:
            continue
        neighbours.add(neighbour)
        frames.update(range(first, last + 1))
        batch = next((each for each in batches if all(other.track != neighbour for other in each)), None)
        if batch is None:
            batches.append([request])
        else:
            batch.append(request)
    return Uncovered(len(neighbours), len(frames), batches)


def requests(reader: Reader, video: VideoRecord, track: int) -> list[list[PromptRequest]]:
    """The batches of `uncovered`, of one track."""
    return uncovered(reader, video, track).batches


def _request(reader: Reader, video: VideoRecord, track: int, first: int, last: int) -> PromptRequest | None:
    before = [seen for seen in reader.trajectory(track) if seen.frame < first and seen.box_xyxy is not None]
    if not before:
        return None
    frame = before[-1].frame
    seen = next(each for each in reader.observations(video.id, frame, masks=True) if each.track == track)
    masked = seen.mask is not None and not seen.mask.is_empty()
    return PromptRequest(frame, None if masked else seen.box_xyxy, track=track, direction=Direction.FORWARD,
                         mask=seen.mask if masked else None, until=min(last + _BEYOND, video.frame_count - 1))


def _stretches(frames: list[int]) -> Iterator[tuple[int, int]]:
    if not frames:
        return
    breaks = np.flatnonzero(np.diff(frames) > _APART) + 1
    for part in np.split(np.array(frames), breaks):
        yield int(part[0]), int(part[-1])
