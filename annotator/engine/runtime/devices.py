"""What there is to compute on."""

from __future__ import annotations

import ctypes
import logging
import sys
from dataclasses import dataclass

import psutil

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU of the machine."""

    index: int
    name: str
    total_bytes: int
    free_bytes: int
    driver: str = ""
    """Version of the driver; empty where only torch was asked."""
    load: int | None = None
    """Share of the last second in which it computed, in percent; None where it is not told."""


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """The torch that is installed."""

    version: str
    cuda: str | None
    """CUDA version it was built for; None for a build that computes on the CPU only."""
    cuda_works: bool
    bf16: bool
    """Whether the first CUDA device computes in bfloat16."""
    threads: int
    """CPU threads it uses."""


@dataclass(frozen=True, slots=True)
class DeviceUse:
    """What this program computes on, and how much of its memory is taken."""

    name: str
    """As torch calls it: ``cuda:0``, ``cpu``."""
    used_bytes: int
    """On a GPU by everybody, in main memory by this program."""
    total_bytes: int


def device_in_use() -> DeviceUse:
    """The GPU that holds most of this program's tensors, else the CPU. Imports nothing and starts no GPU."""
    torch = sys.modules.get("torch")
    if torch is not None and getattr(torch, "cuda", None) is not None and torch.cuda.is_initialized():
        held = {index: torch.cuda.memory_allocated(index) for index in range(torch.cuda.device_count())}
        index = max(held, key=lambda each: held[each])
        if held[index]:
            free, total = torch.cuda.mem_get_info(index)
            return DeviceUse(f"cuda:{index}", total - free, total)
    return DeviceUse("cpu", resident_bytes(), memory_bytes())


def resident_bytes() -> int:
    """Main memory that this program holds."""
    return psutil.Process().memory_info().rss


def return_free_memory() -> None:
    """Give the system back what was freed and is kept for later, where the C library can: glibc keeps most of it.

    Costs some ten milliseconds, and what is asked for next costs more. So it is for the end of something large.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def torch_build() -> TorchBuild:
    """What the installed torch can do. Imports torch."""
    import torch

    works = torch.cuda.is_available()
    return TorchBuild(torch.__version__, torch.version.cuda, works, works and torch.cuda.is_bf16_supported(),
                      torch.get_num_threads())


def gpus() -> list[Gpu]:
    """All GPUs: those of the whole machine if the ``cluster`` extra is installed, else those that torch may use.

    The first way asks the driver only and holds no memory on any GPU, so it is safe on a machine that others use.
    """
    return gpus_of_driver() or _gpus_of_torch()


def gpus_of_driver() -> list[Gpu]:
    """All GPUs that the driver knows, without torch; none where the ``cluster`` extra is missing."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        log.debug("no NVIDIA driver: %s", error)
        return []
    try:
        driver = str(pynvml.nvmlSystemGetDriverVersion())
        return [_gpu_of_driver(index, driver) for index in range(pynvml.nvmlDeviceGetCount())]
    finally:
        pynvml.nvmlShutdown()


def _gpu_of_driver(index: int, driver: str) -> Gpu:
    import pynvml

    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    try:
        load: int | None = int(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu)
    except pynvml.NVMLError:  # a partitioned GPU does not tell
        load = None
    return Gpu(index, str(pynvml.nvmlDeviceGetName(handle)), int(memory.total), int(memory.free), driver, load)


def _gpus_of_torch() -> list[Gpu]:
    import torch

    found = []
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        free, total = torch.cuda.mem_get_info(index)
        found.append(Gpu(index, torch.cuda.get_device_name(index), total, free))
    return found


def memory_bytes() -> int:
    """Main memory of the machine."""
    return psutil.virtual_memory().total
