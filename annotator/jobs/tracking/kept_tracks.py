"""The boxes of the tracks that a replacing run keeps, so that it does not track their objects a second time."""

from __future__ import annotations

import numpy as np

from annotator.engine.trackers.known_objects import KnownBoxes
from annotator.model.track import OnExisting, Run, VideoRecord
from annotator.session import Session


def kept_boxes(session: Session, video: VideoRecord, first: int, last: int, on_existing: OnExisting,
               run: Run | None = None) -> KnownBoxes:
    """Return the boxes of kept tracks by frame: locked ones, and unless they are replaced too, corrected ones.

    Args:
        run: the run that is resumed, which keeps what was corrected before it; None for a new run.
    """
    if not on_existing.replaces:
        return {}
    with session.store.read_snapshot() as reader:
        kept = reader.kept_tracks(video.id, None if run is None else run.id)
        if on_existing is OnExisting.REPLACE_CORRECTED:
            kept = reader.locked(kept)
        if not kept:
            return {}
        found = {frame: [each.box_xyxy for each in shown if each.track in kept and each.box_xyxy is not None]
                 for frame, shown in reader.iter_frames(video.id, first, last)}
    return {frame: np.array(boxes, np.float32) for frame, boxes in found.items() if boxes}
