"""Loading the libraries that models need while a window is in use: without making its thread wait.

An import holds Python's lock for as long as one of its native steps takes. Two things make that long: opening torch's
own library, several hundred megabytes to relocate, and full garbage collections, which visit every object that the
imports have made. Here the library is opened before, by a foreign call that gives the lock away, and the collector
rests meanwhile.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from annotator.model.cancel import CancelToken

log = logging.getLogger(__name__)

#: What a run of SAM2MOT or of a tracker of boxes imports, the largest first.
MODULES = ("torch", "annotator.engine.segmenters.sam2", "annotator.engine.trackers.sam2mot",
           "annotator.engine.trackers.sort", "annotator.engine.trackers.botsort", "annotator.engine.trackers.bytetrack",
           "annotator.engine.scene_cuts", "annotator.engine.detectors.tiny", "hydra.utils")

_NATIVE = ("libtorch_cpu", "libtorch_cuda")


class ModelLibraries:
    """Loads them once, whoever asks first; everybody else waits for that."""

    def __init__(self, modules: tuple[str, ...] = MODULES) -> None:
        self._modules = modules
        self._lock = threading.Lock()
        self._loaded = False

    @property
    def loaded(self) -> bool:
        return self._loaded

    def load(self, cancel: CancelToken | None = None) -> None:
        """Import them all. One that is not installed is passed over: who needs it will say so.

        Cancelled, it stops before the next one, and whoever asks again goes on.
        """
        with self._lock:
            if self._loaded:
                return
            _open_native()
            with _no_collection():
                for name in self._modules:
                    if cancel is not None and cancel.cancelled:
                        return
                    _import(name)
                # What was imported stays for good: no later collection needs to visit it, least of all the next one.
                gc.freeze()
            self._loaded = True


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError as error:
        log.info("%s cannot be imported here: %s", name, error)


@contextmanager
def _no_collection() -> Iterator[None]:
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _open_native() -> None:
    """Open torch's libraries, where the system's loader can be called directly; elsewhere torch opens them itself."""
    if sys.platform == "win32" or "torch" in sys.modules:
        return
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return
    loader = ctypes.CDLL(None).dlopen  # a call through ctypes gives Python's lock away, ctypes.CDLL(path) does not
    loader.restype, loader.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    for name in _NATIVE:
        path = Path(spec.origin).parent / "lib" / (name + suffix)
        if path.is_file() and not loader(os.fsencode(path), os.RTLD_LAZY):
            log.debug("%s is left to torch to open", path)
