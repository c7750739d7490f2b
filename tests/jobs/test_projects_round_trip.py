"""A project's tracks, with gaps and with marks for outside, occluded and ignored, out and into another project."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from annotator.formats.base import ExportOptions
from annotator.formats.registry import get_format
from annotator.jobs.labels.export import export, sequences
from annotator.jobs.labels.ignore_regions import DISTRACTOR
from annotator.jobs.labels.import_labels import import_labels
from annotator.model.sequence import LabelledBox
from annotator.model.track import MarkKind, VideoRecord
from annotator.storage.edits.track_marks import mark_tracks
from annotator.storage.imports.tracks import add_tracks
from annotator.storage.store import Store
from tests.formats.test_every_format_properties import NAMES, Video, projects

Seen = set[tuple[int, int | None, str, tuple[float, ...], bool, bool]]
MARKS = (MarkKind.OUTSIDE, MarkKind.OCCLUDED, MarkKind.IGNORE)

marks = st.lists(st.tuples(st.sampled_from(MARKS), st.integers(0, 9), st.integers(0, 8), st.integers(0, 8)), max_size=6)


def seen(store: Store, video: VideoRecord, ignored: bool) -> Seen:
    """What is shown of a video. Ignored boxes are left out where the format cannot say that they are, as exports do."""
    [(info, frames)] = sequences(store, [video], masks=False)
    return {(frame.frame_index, box.number, info.labels[box.label], tuple(round(edge, 2) for edge in box.box_xyxy),
             box.ignored, box.occluded) for frame in frames for box in frame.boxes if ignored or not box.ignored}


def rounded(box: LabelledBox) -> LabelledBox:
    """To what all of these formats hold, so that what comes back is equal."""
    x1, y1, x2, y2 = (round(edge, 2) for edge in box.box_xyxy)
    return replace(box, box_xyxy=(x1, y1, max(x2, x1 + 0.01), max(y2, y1 + 0.01)))


def filled(path: Path, project: list[tuple[str, Video]], wanted: list[tuple[MarkKind, int, int, int]]) -> Store:
    store = Store.create(path)
    for name, made in project:
        info = made.info
        video = store.add_video(name, path.with_name(f"{name}.mp4"), info.width, info.height, info.frame_count,
                                info.fps, f"print of {name}")
        frames = [replace(frame, boxes=tuple(map(rounded, frame.boxes))) for frame in made.frames]
        if any(box.number is not None for frame in frames for box in frame.boxes):
            add_tracks(store, video.id, info.labels, frames, human=True, settings={}, title="Import")
        tracks = sorted(track.id for track in store.tracks(video.id))
        for kind, which, first, length in wanted if tracks else ():
            mark_tracks(store, [tracks[which % len(tracks)]], kind, first, first + length)
    return store


@pytest.mark.parametrize("format_name", ["csv", "mot", "cvat"])
@settings(max_examples=3, deadline=None,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(project=projects(), wanted=marks)
def test_what_a_person_marked_comes_back(format_name: str, project: list[Video],
                                         wanted: list[tuple[MarkKind, int, int, int]]) -> None:
    assert {made.info.name for made in project} <= set(NAMES)
    named = [(made.info.name, made) for made in project]
    # Every video has a track, because a file says nothing of one that has none.
    assume(all(any(box.number is not None for frame in made.frames for box in frame.boxes) for _, made in named))
    can = get_format(format_name).abilities
    with tempfile.TemporaryDirectory() as folder:
        with filled(Path(folder, "a.annot"), named, wanted) as store:
            whole = [seen(store, video, can.ignored) for video in store.videos()]
            assume(all(any(number is not None for _, number, *_ in each) for each in whole))
            export(store, store.videos(), format_name, Path(folder, "out"), ExportOptions(field_check=False))
        with filled(Path(folder, "b.annot"), [(name, Video(made.info, [])) for name, made in named], []) as other:
            for video, expected in zip(other.videos(), whole, strict=True):
                source = Path(folder, "out")
                import_labels(other, video, source, format_name, sequence=video.name)
                found = seen(other, video, can.ignored)
                assert found - regions(found) == expected - regions(expected)


def regions(boxes: Seen) -> Seen:
    """Regions to ignore, which not every format holds."""
    return {box for box in boxes if box[1] is None or box[2] == DISTRACTOR}
