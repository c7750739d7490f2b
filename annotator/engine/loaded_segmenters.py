"""Keep one segmenter's weights in memory and share them between jobs."""

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
    """Creates segmenters that share weights, which are loaded once. For use on one thread.

    Each segmenter has its own memories, so one may be used between two steps of another. Only the weights requested
    last are kept; segmenters that still use older weights keep a reference to them. Segmenters of other packages are
    created each time, because their weights are unknown.
    """

    def __init__(self) -> None:
        self._loaded: Sam2Segmenter | None = None
        self._key: tuple[object, ...] = ()

    def make(self, name: str, device: str, settings: Sam2Settings | None = None) -> Segmenter:
        """Like `registry.make_segmenter`. Raises ModelError."""
        from annotator.engine.segmenters.sam2 import Sam2Segmenter

        if extension(ModelKind.SEGMENTER, name) is not None:
            return registry.make_segmenter(name, device, settings)
        path, settings = checkpoints.find(name), settings or registry.sam2_settings(name)
        try:
            seen = path.stat()
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}); check that it exists and its permissions"
                             ) from error
        key = (path, seen.st_mtime_ns, seen.st_size, device)
        if self._loaded is None or key != self._key:
            self._loaded = None  # free the old weights before loading the new ones
            self._loaded, self._key = Sam2Segmenter.load(path, device, settings), key
        return self._loaded.sharing_weights(settings)
