"""What an object hid: frames to offer to its neighbours when it is deleted.

While one track hid another by cross-object interaction, the hidden one wrote no memory and its mask was really its
neighbour's. Without the hiding track, which may never have been an object, those frames are worth another look.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from annotator.jobs.barriers import Direction
from annotator.jobs.prompt import PromptRequest
from annotator.model.track import VideoRecord
from annotator.storage.reader import Reader

#: Frames between two hidden ones of one stretch, and frames to go on after a stretch.
_APART, _BEYOND = 6, 5


def hidden_by(reader: Reader, video: VideoRecord, track: int) -> list[tuple[int, int, int]]:
    """(track, first frame, last frame) of every stretch in which a track hides another, by first frame."""
    table = reader.evidence(video.id)
    found: list[tuple[int, int, int]] = []
    for neighbour, rows in table.by_track():
        frames = rows.frame[rows.hidden_by == track].tolist()
        found += [(neighbour, first, last) for first, last in _stretches(frames)]
    return sorted(found, key=lambda stretch: (stretch[1], stretch[0]))


def requests(reader: Reader, video: VideoRecord, track: int) -> list[list[PromptRequest]]:
    """What to run once a track is deleted: its neighbours, each from how it looked before it was hidden, through the
    frames in which it was. One batch for `annotator.jobs.prompt.start` after another, because a track can be hidden
    more than once.

    Ask before the track is deleted: afterwards nobody knows what hid the others.
    """
    batches: list[list[PromptRequest]] = []
    for neighbour, first, last in hidden_by(reader, video, track):
        request = _request(reader, video, neighbour, first, last)
        if request is None:
            continue
        batch = next((each for each in batches if all(other.track != neighbour for other in each)), None)
        if batch is None:
            batches.append([request])
        else:
            batch.append(request)
    return batches


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
