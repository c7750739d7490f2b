"""The machine's compute devices and their memory."""

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
    """Version of the driver; empty if the information comes from torch."""
    load: int | None = None
    """GPU utilization over the last second in percent; None if not available."""


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """The installed torch."""

    version: str
    cuda: str | None
    """CUDA version that torch was built for; None for a CPU-only build."""
    cuda_works: bool
    bf16: bool
    """Whether the first CUDA device supports bfloat16."""
    threads: int
    """Number of CPU threads that torch uses."""


@dataclass(frozen=True, slots=True)
class DeviceUse:
    """The device that this program computes on, and its memory use."""

    name: str
    """torch's name: ``cuda:0`` or ``cpu``."""
    used_bytes: int
    """Memory used by all programs on a GPU, or main memory used by this program."""
    total_bytes: int


def device_in_use() -> DeviceUse:
    """Return the GPU with most of this program's tensors, else the CPU. Imports nothing and initialises no GPU."""
    torch = sys.modules.get("torch")
    if torch is not None and getattr(torch, "cuda", None) is not None and torch.cuda.is_initialized():
        held = {index: torch.cuda.memory_allocated(index) for index in range(torch.cuda.device_count())}
        index = max(held, key=lambda each: held[each])
        if held[index]:
            free, total = torch.cuda.mem_get_info(index)
            return DeviceUse(f"cuda:{index}", total - free, total)
    return DeviceUse("cpu", resident_bytes(), memory_bytes())


def resident_bytes() -> int:
    """Return the main memory that this program uses."""
    return psutil.Process().memory_info().rss


def return_free_memory() -> None:
    """Return freed memory to the system if the C library supports it; glibc keeps most of it for reuse.

    This takes about ten milliseconds and makes the next allocations slower, so call it after large tasks only.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def torch_build() -> TorchBuild:
    """Describe the installed torch. Imports torch."""
    import torch

    works = torch.cuda.is_available()
    return TorchBuild(torch.__version__, torch.version.cuda, works, works and torch.cuda.is_bf16_supported(),
                      torch.get_num_threads())


def gpus() -> list[Gpu]:
    """Return all GPUs of the machine if the ``cluster`` extra is installed, else those visible to torch.

    The first method queries only the driver and allocates no GPU memory, so it is safe on a shared machine.
    """
    return gpus_of_driver() or _gpus_of_torch()


def gpus_of_driver() -> list[Gpu]:
    """Return all GPUs that the driver reports, without torch; empty if the ``cluster`` extra is not installed."""
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
    except pynvml.NVMLError:  # a partitioned GPU does not report it
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
    """Return the main memory of the machine."""
    return psutil.virtual_memory().total
