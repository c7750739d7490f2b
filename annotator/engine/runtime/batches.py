"""Detect in batches of frames and yield the results one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from annotator.engine.base import Detector
from annotator.model.cancel import CancelToken
from annotator.model.frame import Detections, Frame

T = TypeVar("T")


def detected(items: Iterable[T], frame_of: Callable[[T], Frame], detector: Detector, size: int, cancel: CancelToken,
             ) -> Iterator[tuple[T, Detections]]:
    """Yield items with the detections of their frames, in order. When cancelled, stops without detecting the rest.

    Batches of ``size`` end at multiples of it, wherever a run starts, so that a resumed run has the same batches as an
    uninterrupted one after its first batch.
    """
    batch: list[T] = []
    for item in items:
        if cancel.cancelled:
            return
        batch.append(item)
        if (frame_of(item).index + 1) % size == 0 or len(batch) == size:
            yield from zip(batch, detector.detect([frame_of(one) for one in batch]), strict=True)
            batch = []
    if batch and not cancel.cancelled:
        yield from zip(batch, detector.detect([frame_of(one) for one in batch]), strict=True)
