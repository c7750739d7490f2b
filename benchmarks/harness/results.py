"""The description of a benchmark's environment, and the output of its result."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import psutil

_PACKAGES = ("torch", "torchvision", "sam2", "numpy", "opencv-python", "av", "onnxruntime", "trackeval", "trackers",
             "sqlalchemy", "pycocotools", "scipy", "pyside6-essentials", "pyqtgraph", "mmdet",
             "mmcv-lite", "transformers")


def environment() -> dict[str, Any]:
    """Return machine, CPU count, device, Python and package versions. Does not import torch."""
    return {
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}",
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "device": _device(),
        "python": platform.python_version(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name)) is not None},
    }


def emit(result: dict[str, Any]) -> None:
    """Print the result as one JSON object at the end of standard output."""
    sys.stdout.flush()
    print(json.dumps(result), flush=True)


def progress(message: str) -> None:
    """Print a progress line to standard error."""
    print(message, file=sys.stderr, flush=True)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")  # psutil does not report the model
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def _device() -> str:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return f"cuda: {torch.cuda.get_device_name()}"
    return "cpu"
