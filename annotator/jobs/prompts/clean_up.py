"""Clean up a drawn mask without a window: the segmenter finds the object that the mask means."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.engine import registry
from annotator.engine.mask_cleaning import LEAST_AGREEMENT, best_cleaned, cleaning_prompts
from annotator.engine.prompting import FramePrompter
from annotator.engine.registry import MakeSegmenter
from annotator.engine.settings import Sam2Settings
from annotator.errors import StorageError
from annotator.jobs.project import check_video
from annotator.jobs.prompts.propagate import mask_requests
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.storage.edits import masks
from annotator.storage.edits.editable import unlocked_tracks
from annotator.video import open_video


@dataclass(frozen=True, slots=True)
class CleanedUp:
    """The result of cleaning up a mask."""

    agreement: float
    """IoU of the drawn mask and the cleaned one, 0..1."""
    pixels: int
    segmenter: str


def clean_up(session: Session, video: VideoRecord, track: int, frame: int, segmenter: str | None = None,
             device: str = "auto", make_segmenter: MakeSegmenter = registry.make_segmenter) -> CleanedUp:
    """Replace the mask that a track shows in a frame by the object that the segmenter finds for it, as one step.

    Raises:
        UserError: the track has no mask there or is locked, the segmenter finds nothing like it, or the video or the
            weights are missing.
    """
    [record] = unlocked_tracks(session.store, track)
    [request] = mask_requests(session.store, video, track, [frame])
    drawn = request.mask
    assert drawn is not None
    path = check_video(session, video)
    resolved = registry.resolve_device(device)
    name = segmenter or registry.default_segmenter(resolved)
    prompter = FramePrompter(make_segmenter(name, resolved, Sam2Settings()), video.width, video.height,
                             registry.sam2mot_settings(name))
    with open_video(path, fps=video.fps) as reader:
        prompter.look_at(reader.read(frame))
    seen, agreement = best_cleaned(drawn, prompter.ask(cleaning_prompts(drawn, frame)).values())
    if seen is None:
        raise StorageError(f"{name} finds no object like the mask of track {record.number} in frame {frame}: the best "
                           f"IoU is {agreement:.2f}, and {LEAST_AGREEMENT} is needed; draw it more exactly, or use "
                           "another segmenter")
    masks.set_masks(session.store, track, {frame: seen.mask}, title="Clean up mask")
    return CleanedUp(agreement, seen.mask.area(), name)
