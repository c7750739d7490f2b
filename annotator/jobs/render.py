"""Draw a project's tracks over its video."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import SettingsError
from annotator.jobs.project import check_video
from annotator.model.cancel import CancelToken
from annotator.model.frame import Frame
from annotator.model.track import Track, TrackObservation, VideoRecord
from annotator.render.overlay import Overlay, OverlayOptions, Shown, color_of
from annotator.render.video_writer import VideoWriter
from annotator.session import Session
from annotator.video import ReadAhead, open_video


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """The frames to render and what to draw."""

    start: int = 0
    end: int | None = None
    """Last frame (inclusive); None for the video's last."""
    masks: bool = True
    trails: int = 30
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.trails < 0:
            raise SettingsError(f"--trails is {self.trails}: give a number of frames, or 0 for none")


def render(session: Session, video: VideoRecord, out: Path, options: RenderOptions, cancel: CancelToken | None = None,
           ) -> Generator[tuple[int, int]]:
    """Write the video with its tracks drawn over it; yields (frames done, total frames).

    Tracks keep their colours from the project. Closing the generator or cancelling leaves no file. Unreadable frames
    are skipped. Raises UserError.
    """
    last = video.frame_count - 1 if options.end is None else options.end
    if not 0 <= options.start <= last < video.frame_count:
        raise SettingsError(f"frames {options.start} to {last} are not in {video.name}, which has frames 0 to "
                            f"{video.frame_count - 1}: change --start or --end")
    source = check_video(session, video)
    if out.is_dir():
        raise SettingsError(f"{out} is a folder: give the name of a file")
    if out.exists() and out.samefile(source):
        raise SettingsError(f"{out} is the video itself, which is never overwritten: give another name")
    if out.exists() and not options.overwrite:
        raise SettingsError(f"{out} already exists: give another name, or --overwrite")
    cancel = cancel or CancelToken()
    captions = _Captions(session, video)
    overlay = Overlay(OverlayOptions(options.masks, options.trails))
    total = last - options.start + 1
    with (open_video(source, fps=video.fps) as reader, VideoWriter(out, video.fps, options.overwrite) as writer,
          session.store.read_snapshot() as stored,
          ReadAhead(reader, options.start, last + 1, on_error="skip") as frames):
        begin = float(reader.times[options.start])
        tracks = stored.iter_frames(video.id, options.start, last, options.masks)
        for frame in frames:
            cancel.raise_if_cancelled()
            shown = captions.shown(_advance_to(tracks, frame))
            writer.add(overlay.draw(frame.image, frame.index, shown), frame.time - begin)
            yield frame.index - options.start + 1, total


def _advance_to(tracks: Iterator[tuple[int, list[TrackObservation]]], frame: Frame) -> list[TrackObservation]:
    """Advance to this frame, past frames that could not be read, and return its observations."""
    for index, found in tracks:
        if index == frame.index:
            return found
    return []


class _Captions:
    """Captions and colours of tracks."""

    def __init__(self, session: Session, video: VideoRecord) -> None:
        store = session.store
        self._tracks = {track.id: track for track in store.tracks(video.id)}
        self._labels = {label.id: label.name for label in store.labels()}
        self._several = len({track.label for track in self._tracks.values()}) > 1

    def shown(self, observations: Sequence[TrackObservation]) -> list[Shown]:
        """Return the visible observations in the form that the overlay draws."""
        return [Shown(seen.track, self._caption(self._tracks[seen.track]), color_of(self._tracks[seen.track].color),
                      seen.box_xyxy, seen.mask)
                for seen in observations if seen.box_xyxy is not None and not seen.outside]

    def _caption(self, track: Track) -> str:
        name = track.name or str(track.number)
        return f"{name} {self._labels[track.label]}" if self._several else name
