"""Batches of frames for a detector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from annotator.model.frame import Frame


def frame_batches(frames: Sequence[Frame], size: int) -> Iterator[list[Frame]]:
    """Yield batches of consecutive frames of one size; padding a frame to another's size would change its detections.
    """
    batch: list[Frame] = []
    for frame in frames:
        if batch and (len(batch) == size or batch[0].image.shape != frame.image.shape):
            yield batch
            batch = []
        batch.append(frame)
    if batch:
        yield batch
