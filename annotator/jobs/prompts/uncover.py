"""Find the frames in which a deleted track occluded its neighbours, to propagate these again.

While cross-object interaction considers a track occluded by another, the track writes no memory, and its mask is really
the other's. If the other track is deleted, perhaps because it never was an object, these frames should be redone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from annotator.jobs.prompts.limits import Direction
from annotator.jobs.prompts.propagate import PromptRequest
from annotator.model.track import VideoRecord
from annotator.storage.reader import Reader

#: Maximum distance between occluded frames of one range, and frames to propagate beyond a range.
_MAX_GAP, _BEYOND = 6, 5


@dataclass(frozen=True, slots=True)
class Uncovered:
    """What to propagate again after some tracks are deleted."""

    neighbours: int
    """Number of tracks that were occluded."""
    frames: int
    """Number of frames with an occluded track."""
    batches: list[list[PromptRequest]]
    """Batches to run in turn with `annotator.jobs.prompts.propagate.start`; a track occluded more than once is in
    several batches."""


def hidden_by(reader: Reader, video: VideoRecord, *tracks: int) -> list[tuple[int, int, int]]:
    """Return (track, first frame, last frame) of every range in which one of these tracks occludes a track that is not
    among them, sorted by first frame."""
    table = reader.evidence(video.id)
    found: list[tuple[int, int, int]] = []
    for neighbour, rows in table.by_track():
        if neighbour not in tracks:
            frames = rows.frame[np.isin(rows.hidden_by, tracks)].tolist()
            found += [(neighbour, first, last) for first, last in _ranges(frames)]
    return sorted(found, key=lambda each: (each[1], each[0]))


def uncovered(reader: Reader, video: VideoRecord, *tracks: int) -> Uncovered:
    """Return the propagations to run after these tracks are deleted: each occluded neighbour, prompted by its last
    mask before the occlusion, through the occluded frames.

    Call this before the deletion, or on an earlier snapshot; the evidence of the occlusion is deleted with the tracks.
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
    """Return the batches of `uncovered` for one track."""
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


def _ranges(frames: list[int]) -> Iterator[tuple[int, int]]:
    if not frames:
        return
    breaks = np.flatnonzero(np.diff(frames) > _MAX_GAP) + 1
    for part in np.split(np.array(frames), breaks):
        yield int(part[0]), int(part[-1])
