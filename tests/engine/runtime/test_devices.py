from __future__ import annotations

import platform
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from annotator.engine.runtime.devices import device_in_use, memory_bytes, resident_bytes, return_free_memory


class FakeCuda:
    """Two GPUs; this program's tensors lie on the second."""

    def __init__(self, held: tuple[int, int]) -> None:
        self._held = held

    def is_initialized(self) -> bool:
        return True

    def device_count(self) -> int:
        return 2

    def memory_allocated(self, index: int) -> int:
        return self._held[index]

    def mem_get_info(self, index: int) -> tuple[int, int]:
        return (1000 * index, 24_000)


@pytest.mark.parametrize(("held", "name", "used"), [((0, 7), "cuda:1", 23_000), ((8, 7), "cuda:0", 24_000)])
def test_the_gpu_that_holds_most_is_named(monkeypatch: pytest.MonkeyPatch, held: tuple[int, int], name: str,
                                          used: int) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=FakeCuda(held)))
    use = device_in_use()
    assert (use.name, use.used_bytes, use.total_bytes) == (name, used, 24_000)


def test_with_nothing_on_a_gpu_it_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=FakeCuda((0, 0))))
    assert device_in_use().name == "cpu"


def test_the_programs_own_memory_is_a_part_of_the_machines() -> None:
    assert 1 << 20 < resident_bytes() < memory_bytes()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is free, and can give it back")
def test_what_is_free_goes_back_to_the_system() -> None:
    pieces = [np.ones(8192) for _ in range(1024)]  # 64 KB each: from the heap, not a mapping each
    last = np.ones(8192)
    return_free_memory()
    held = resident_bytes()
    pieces.clear()
    return_free_memory()
    left = resident_bytes()
    assert held - left > 48 << 20
    assert last.all()
