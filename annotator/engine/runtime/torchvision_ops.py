"""Import torchvision next to a torch that it was not built for, without its compiled operators.

torchvision's CUDA wheel cannot load its compiled part with a CPU-only torch, and its import fails, because it registers
shape functions for operators that do not exist. Declaring these operators without an implementation makes the import
work; transforms and all other Python code are then usable.
"""

from __future__ import annotations

import importlib
import logging
import sys
from functools import cache
from typing import Any

import torch

log = logging.getLogger(__name__)

#: Operators that torchvision's Python code refers to during the import.
_SCHEMAS = ("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
            "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


@cache
def import_torchvision() -> Any | None:
    """Return the torchvision package, or None if it is not installed.

    Call this before anything else imports torchvision. It has no effect if torchvision's compiled part loads.
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
        log.info("cannot load torchvision's compiled operators with torch %s; continuing without them",
                 torch.__version__)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    _declare()
    return importlib.import_module("torchvision")


@cache
def _declare() -> Any:
    """Declare the operators. They exist only as long as the library, so this function's cache keeps it alive."""
    library: Any = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        library.define(schema)
    return library


@cache
def compiled_ops() -> Any | None:
    """Return ``torchvision.ops`` if its compiled operators load (nearly always with CUDA), else None."""
    if import_torchvision() is None or not importlib.import_module("torchvision.extension")._has_ops():
        return None
    return importlib.import_module("torchvision.ops")
