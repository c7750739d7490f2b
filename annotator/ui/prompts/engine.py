"""Requests of prompts to the engine's thread: encoding of the current frame, masks in it, and propagations."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from annotator.engine import registry
from annotator.engine.mask_cleaning import best_cleaned, cleaning_prompts
from annotator.engine.prompting import FramePrompter, Seen
from annotator.engine.registry import MakeSegmenter
from annotator.engine.runtime.libraries import ModelLibraries
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.jobs.prompts import propagate
from annotator.jobs.prompts.propagate import PromptProgress, PromptRequest, PromptSettings
from annotator.model.cancel import CancelToken
from annotator.model.frame import Frame
from annotator.model.mask import Mask
from annotator.model.prompt import Prompt
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.ui.jobs.segmenter_choice import Choice
from annotator.ui.threads.engine_worker import EngineWorker


@dataclass(frozen=True, slots=True)
class Answer:
    """A prompt's mask, and the segmenter that found it."""

    seen: Seen
    segmenter: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A drawn mask after the segmenter cleaned it up."""

    mask: Mask | None
    """None if the segmenter finds nothing like it."""
    agreement: float
    """IoU of the drawn mask and the best object found, 0..1."""
    segmenter: str


class PromptEngine:
    """Takes requests on the window's thread and computes on the engine's. Keeps one encoded frame."""

    def __init__(self, worker: EngineWorker, libraries: ModelLibraries, make_segmenter: MakeSegmenter) -> None:
        self.worker, self._libraries = worker, libraries
        self.make_segmenter = make_segmenter
        self._prompter: FramePrompter | None = None
        self._key: tuple[object, ...] = ()
        self._best: tuple[object, str] | None = None

    # On the window's thread

    def encode(self, video: VideoRecord, frame: Frame, choice: Choice, failed: Callable[[str], object]) -> None:
        """Encode a frame ahead of requests for masks."""
        self.worker.ask("look", lambda: self._encode(video, frame, choice), lambda _: None, failed)

    def ask(self, video: VideoRecord, frame: Frame, wanted: Prompt, choice: Choice,
            answered: Callable[[Answer], object], failed: Callable[[str], object]) -> None:
        """Request the mask of a prompt in a frame; a newer request replaces one that still waits."""
        self.worker.ask("mask", lambda: self._ask(video, frame, wanted, choice), answered, failed)

    def clean_up(self, video: VideoRecord, frame: Frame, mask: Mask, choice: Choice,
                 answered: Callable[[Cleaned], object], failed: Callable[[str], object]) -> None:
        """Request the object that a drawn mask means in a frame."""
        self.worker.ask("clean", lambda: self._clean_up(video, frame, mask, choice), answered, failed)

    def propagate(self, title: str, session: Session, video: VideoRecord, requests: tuple[PromptRequest, ...],
               settings: PromptSettings) -> None:
        """Propagate some requests as an interlude."""
        def job(bridged: Session, cancel: CancelToken) -> Generator[PromptProgress]:
            self._libraries.load()
            yield from propagate.start(bridged, video, requests, settings, cancel, make_segmenter=self.make_segmenter)

        self.worker.interject(title, session, job)

    # On the engine's thread

    def _encode(self, video: VideoRecord, frame: Frame, choice: Choice) -> str:
        self._libraries.load()
        device = registry.resolve_device(choice.device)
        name = choice.segmenter or self._best_installed(device)
        key = (video.fingerprint, video.path, video.width, video.height, name, device)
        if self._prompter is None or key != self._key:
            self._prompter = None
            self._prompter = FramePrompter(self.make_segmenter(name, device, None), video.width, video.height,
                                           registry.sam2mot_settings(name))
            self._key = key
        self._prompter.look_at(frame)
        return name

    def _ask(self, video: VideoRecord, frame: Frame, wanted: Prompt, choice: Choice) -> Answer:
        name = self._encode(video, frame, choice)
        assert self._prompter is not None
        return Answer(self._prompter.ask({1: wanted})[1], name)

    def _clean_up(self, video: VideoRecord, frame: Frame, mask: Mask, choice: Choice) -> Cleaned:
        name = self._encode(video, frame, choice)
        assert self._prompter is not None
        seen, agreement = best_cleaned(mask, self._prompter.ask(cleaning_prompts(mask, frame.index)).values())
        return Cleaned(None if seen is None else seen.mask, agreement, name)

    def _best_installed(self, device: str) -> str:
        """Return the best installed segmenter, cached until the installed weights change. Warns if there is none."""
        installed = (device, tuple(weights.name for weights in checkpoints.installed(ModelKind.SEGMENTER)))
        if self._best is None or self._best[0] != installed:
            self._best = (installed, registry.default_segmenter(device))
        return self._best[1]
