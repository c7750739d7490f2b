"""Memory of this process."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil


def peak_mb() -> float:
    """Return the peak resident memory of this process in MB. psutil reports it only on Windows."""
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset) / 2**20
    import resource

    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    # Not getrusage, which includes the memory of the parent when it started this process.
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
