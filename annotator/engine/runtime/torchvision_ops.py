"""torchvision beside a torch that it was not built for: importable for what needs no compiled operators.

torchvision's wheel for CUDA cannot load its compiled part beside a CPU-only torch, and then its import fails, because
it registers shape functions for operators that do not exist. Declared without an implementation they are enough for the
import; transforms and everything else in Python work.
"""

from __future__ import annotations

import importlib
import logging
import sys
from functools import cache
from typing import Any

import torch

log = logging.getLogger(__name__)

#: Operators that torchvision's Python code refers to while it is imported.
_SCHEMAS = ("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
            "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


@cache
def import_torchvision() -> Any | None:
    """The torchvision package; None if it is not installed.

    Call this before anything else imports torchvision. It changes nothing where torchvision's compiled part loads.
    """
    try:
        return importlib.import_module("torchvision")
    except ModuleNotFoundError as error:
        if error.name != "torchvision":
            raise
        return None
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        log.info("torchvision's compiled operators do not load beside torch %s; going on without them",
                 torch.__version__)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    _declare()
    return importlib.import_module("torchvision")


@cache
def _declare() -> Any:
    """Declares the operators. They last as long as the library, which therefore stays in this function's cache."""
    library: Any = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        library.define(schema)
    return library


@cache
def compiled_ops() -> Any | None:
    """``torchvision.ops`` if its compiled operators load (with CUDA nearly always), else None."""
    if import_torchvision() is None or not importlib.import_module("torchvision.extension")._has_ops():
        return None
    return importlib.import_module("torchvision.ops")
