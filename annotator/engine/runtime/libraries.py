"""Load the libraries that models need without blocking the window's thread.

An import holds the GIL during each of its native steps. Two of them take long: opening torch's shared library, with
several hundred megabytes to relocate, and full garbage collections, which visit every object that the imports created.
So this module opens the library beforehand with a foreign call that releases the GIL, and disables garbage collection
during the imports.
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

#: The modules that a run of SAM2MOT or of a box tracker imports, the largest first.
MODULES = ("torch", "annotator.engine.segmenters.sam2", "annotator.engine.trackers.sam2mot",
           "annotator.engine.trackers.sort", "annotator.engine.trackers.botsort", "annotator.engine.trackers.bytetrack",
           "annotator.engine.scene_cuts", "annotator.engine.detectors.tiny", "hydra.utils")

_NATIVE = ("libtorch_cpu", "libtorch_cuda")


class ModelLibraries:
    """Loads the modules once; concurrent callers wait for the first."""

    def __init__(self, modules: tuple[str, ...] = MODULES) -> None:
        self._modules = modules
        self._lock = threading.Lock()
        self._loaded = False

    @property
    def loaded(self) -> bool:
        return self._loaded

    def load(self, cancel: CancelToken | None = None) -> None:
        """Import all modules. Missing ones are skipped; the code that needs them reports the error.

        Cancelling stops before the next module; a later call continues.
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
                # Imported objects live until the program ends, so exclude them from all later collections.
                gc.freeze()
            self._loaded = True


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError as error:
        log.info("cannot import %s: %s", name, error)


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
    """Open torch's shared libraries if the system's loader can be called directly; otherwise torch opens them later."""
    if sys.platform == "win32" or "torch" in sys.modules:
        return
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return
    loader = ctypes.CDLL(None).dlopen  # a ctypes call releases the GIL, ctypes.CDLL(path) does not
    loader.restype, loader.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    for name in _NATIVE:
        path = Path(spec.origin).parent / "lib" / (name + suffix)
        if path.is_file() and not loader(os.fsencode(path), os.RTLD_LAZY):
            log.debug("cannot open %s; torch will open it", path)
