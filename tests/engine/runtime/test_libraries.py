from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.engine.runtime.libraries import ModelLibraries
from annotator.model.cancel import CancelToken


@pytest.fixture
def counting_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that notes, while it is imported, whether the collector rests, and how often it is imported."""
    (tmp_path / "fake_library.py").write_text(
        "import gc, sys\nsys.fake_library_seen = [*getattr(sys, 'fake_library_seen', []), gc.isenabled()]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "fake_library_seen", [], raising=False)
    monkeypatch.delitem(sys.modules, "fake_library", raising=False)
    return "fake_library"


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def seen() -> list[bool]:
    return list(vars(sys)["fake_library_seen"])


def test_modules_are_imported_once_while_the_collector_rests(counting_module: str) -> None:
    libraries = ModelLibraries((counting_module,))
    before = libraries.loaded
    libraries.load()
    sys.modules.pop(counting_module)
    libraries.load()
    assert (before, libraries.loaded) == (False, True)
    assert seen() == [False]
    assert gc.isenabled()


def test_what_was_imported_is_never_visited_again(counting_module: str) -> None:
    """Not even once at the end: a full collection would stop every thread."""
    collected: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            collected.append(gc.get_freeze_count())

    frozen = gc.get_freeze_count()
    gc.callbacks.append(note)
    try:
        ModelLibraries((counting_module,)).load()
    finally:
        gc.callbacks.remove(note)
    assert collected == []
    assert gc.get_freeze_count() > frozen


def test_a_collector_that_was_off_stays_off(counting_module: str) -> None:
    gc.disable()
    try:
        ModelLibraries((counting_module,)).load()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_not_installed_is_passed_over(counting_module: str) -> None:
    libraries = ModelLibraries(("no_such_library_at_all", counting_module))
    libraries.load()
    assert libraries.loaded
    assert seen() == [False]


def test_whoever_comes_second_waits_for_the_first(counting_module: str) -> None:
    libraries = ModelLibraries((counting_module,))
    threads = [threading.Thread(target=libraries.load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen() == [False]


def test_the_native_library_is_opened_and_torch_works() -> None:
    pytest.importorskip("torch")
    libraries = ModelLibraries(("torch",))
    libraries.load()
    import torch

    assert torch.ones(2).sum() == 2


def test_a_cancelled_load_goes_on_when_it_is_asked_again(counting_module: str) -> None:
    cancel = CancelToken()
    cancel.cancel()
    libraries = ModelLibraries((counting_module,))
    libraries.load(cancel)
    cancelled = libraries.loaded
    assert gc.isenabled()
    libraries.load()
    assert (cancelled, libraries.loaded) == (False, True)
    assert seen() == [False]


@pytest.mark.parametrize(("chosen", "found"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_do_not_spin_unless_somebody_wants_it(chosen: str | None, found: str) -> None:
    """Said before torch is loaded, which reads it once."""
    code = ("import os, sys, annotator.engine.runtime.libraries\n"
            "assert 'torch' not in sys.modules\n"
            "print(os.environ['OMP_WAIT_POLICY'])")
    kept = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    if chosen is not None:
        kept["OMP_WAIT_POLICY"] = chosen
    said = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[3])
    assert said.stdout.strip() == found
