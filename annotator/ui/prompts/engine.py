"""What prompts ask of the engine's thread: the present frame encoded, masks in it, and propagations."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from annotator.engine import registry
from annotator.engine.prompting import FramePrompter, Seen
from annotator.engine.registry import MakeSegmenter
from annotator.engine.runtime.libraries import ModelLibraries
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.jobs.prompts import propagate
from annotator.jobs.prompts.propagate import PromptProgress, PromptRequest, PromptSettings
from annotator.model.cancel import CancelToken
from annotator.model.frame import Frame
from annotator.model.prompt import Prompt
from annotator.model.track import VideoRecord
from annotator.session import Session
from annotator.ui.jobs.segmenter_choice import Choice
from annotator.ui.threads.engine_worker import EngineWorker


@dataclass(frozen=True, slots=True)
class Answer:
    """A prompt's mask, and who found it."""

    seen: Seen
    segmenter: str


class PromptEngine:
    """Asks on the window's thread, answers on the engine's. One frame at a time is kept encoded."""

    def __init__(self, worker: EngineWorker, libraries: ModelLibraries, make_segmenter: MakeSegmenter) -> None:
        self.worker, self._libraries = worker, libraries
        self.make_segmenter = make_segmenter
        self._prompter: FramePrompter | None = None
        self._key: tuple[object, ...] = ()
        self._best: tuple[object, str] | None = None

    # On the window's thread

    def look(self, video: VideoRecord, frame: Frame, choice: Choice, failed: Callable[[str], object]) -> None:
        """Encode a frame before anything is asked about it."""
        self.worker.ask("look", lambda: self._look(video, frame, choice), lambda _: None, failed)

    def ask(self, video: VideoRecord, frame: Frame, wanted: Prompt, choice: Choice,
            answered: Callable[[Answer], object], failed: Callable[[str], object]) -> None:
        """The mask that a prompt means in a frame; a newer question takes the place of one that still waits."""
        self.worker.ask("mask", lambda: self._ask(video, frame, wanted, choice), answered, failed)

    def follow(self, title: str, session: Session, video: VideoRecord, requests: tuple[PromptRequest, ...],
               settings: PromptSettings) -> None:
        """Follow what some requests point at, as an interlude."""
        def job(bridged: Session, cancel: CancelToken) -> Generator[PromptProgress]:
            self._libraries.load()
            yield from propagate.start(bridged, video, requests, settings, cancel, make_segmenter=self.make_segmenter)

        self.worker.interject(title, session, job)

    # On the engine's

    def _look(self, video: VideoRecord, frame: Frame, choice: Choice) -> str:
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
        name = self._look(video, frame, choice)
        assert self._prompter is not None
        return Answer(self._prompter.ask({1: wanted})[1], name)

    def _best_installed(self, device: str) -> str:
        """Looked for again only when other weights are there: where none are, that is said each time."""
        there = (device, tuple(weights.name for weights in checkpoints.installed(ModelKind.SEGMENTER)))
        if self._best is None or self._best[0] != there:
            self._best = (there, registry.default_segmenter(device))
        return self._best[1]
