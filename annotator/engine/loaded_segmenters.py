"""One segmenter's weights in memory, for everybody who needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotator.engine import registry
from annotator.engine.base import Segmenter
from annotator.engine.extensions import extension
from annotator.engine.settings import Sam2Settings
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.errors import ModelError

if TYPE_CHECKING:
    from annotator.engine.segmenters.sam2 import Sam2Segmenter


class LoadedSegmenters:
    """Makes segmenters over weights that are loaded once. For one thread.

    Each has memories of its own, so one may be used between two steps of another. The weights that were asked for last
    are kept and no others; whoever still uses older ones keeps those. What another package brings is made anew each
    time, since nothing is known of its weights.
    """

    def __init__(self) -> None:
        self._loaded: Sam2Segmenter | None = None
        self._key: tuple[object, ...] = ()

    def make(self, name: str, device: str, settings: Sam2Settings | None = None) -> Segmenter:
        """As `registry.make_segmenter`. Raises ModelError."""
        from annotator.engine.segmenters.sam2 import Sam2Segmenter

        if extension(ModelKind.SEGMENTER, name) is not None:
            return registry.make_segmenter(name, device, settings)
        path = checkpoints.find(name)
        try:
            seen = path.stat()
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}); check that it exists and is yours") from error
        key = (path, seen.st_mtime_ns, seen.st_size, device)
        if self._loaded is None or key != self._key:
            self._loaded = None  # gone before the next weights take their memory
            self._loaded, self._key = Sam2Segmenter.load(path, device, settings), key
        return self._loaded.over_the_same_weights(settings)
