from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from annotator import doctor
from annotator.doctor import Check, Status, as_data, lines, report
from annotator.engine.runtime import devices
from annotator.engine.runtime.devices import Gpu, TorchBuild
from annotator.engine.weights import checkpoints


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    return report()


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_the_report_is_one_line_a_check_and_json(checks: list[Check]) -> None:
    assert len(by_name(checks)) == len(checks)
    assert not any("\n" in check.text + check.advice for check in checks)
    assert len(lines(checks)) == len(checks) + sum(bool(check.advice) for check in checks)
    assert json.loads(json.dumps(as_data(checks)))["checks"][0]["name"] == "program"


def test_whatever_is_not_well_comes_with_advice(checks: list[Check]) -> None:
    assert [check.name for check in checks if check.status is not Status.OK and not check.advice] == []


def test_here_the_core_is_complete(checks: list[Check]) -> None:
    found = by_name(checks)
    assert found["packages"].status is Status.OK
    assert found["packages"].data["sam2"] == "1.1.0"
    assert found["video"].data["reads"] == dict.fromkeys(doctor._DECODERS, True)
    assert found["torch"].status is not Status.FAILED


def version_without(*missing: str) -> Callable[[str], str | None]:
    return lambda name: None if name in missing else "1.0"


def test_a_missing_package_fails_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", version_without("sam2"))
    check = doctor._packages()
    assert check.status is Status.FAILED
    assert check.advice == "pip install sam2"
    assert as_data([check])["ok"] is False


def test_two_builds_of_opencv_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", version_without())
    assert doctor._opencv().status is Status.WARNING
    monkeypatch.setattr(doctor, "_version", version_without("opencv-python-headless"))
    assert doctor._opencv().status is Status.OK


def test_half_an_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", version_without("mmcv-lite"))
    found = by_name(doctor._extras())
    assert found["extra mmdet"].status is Status.WARNING
    assert found["extra mmdet"].advice == "pip install mmcv-lite"
    assert found["extra window"].status is Status.OK


@pytest.mark.parametrize(("build", "status", "words"), [
    (TorchBuild("2.13.0+cpu", None, False, False, 2), Status.WARNING, "computes on the CPU"),
    (TorchBuild("2.13.0", "13.0", False, False, 2), Status.WARNING, "finds no GPU"),
    (TorchBuild("2.13.0", "13.0", True, True, 2), Status.OK, "CUDA 13.0, bf16"),
])
def test_the_device_is_described(monkeypatch: pytest.MonkeyPatch, build: TorchBuild, status: Status,
                                 words: str) -> None:
    monkeypatch.setattr(devices, "torch_build", lambda: build)
    check = doctor._device()
    assert check.status is status
    assert words in check.text


def test_a_torch_that_cannot_be_loaded_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> TorchBuild:
        raise OSError("libcudart.so: cannot open\nshared object file")

    monkeypatch.setattr(devices, "torch_build", fail)
    check = doctor._device()
    assert check.status is Status.FAILED
    assert "\n" not in check.text


def test_a_full_gpu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Gpu(0, "Fake", 24 << 30, 20 << 30), Gpu(1, "Fake", 24 << 30, 1 << 30)]
    monkeypatch.setattr(devices, "gpus", lambda: found)
    assert [check.status for check in doctor._gpus()] == [Status.OK, Status.WARNING]


class FakeNvml:
    """Stands in for pynvml: one GPU, which does not tell its load."""

    class NVMLError(Exception):
        pass

    def __init__(self) -> None:
        self.open = 0

    def nvmlInit(self) -> None:
        self.open += 1

    def nvmlShutdown(self) -> None:
        self.open -= 1

    def nvmlSystemGetDriverVersion(self) -> str:
        return "580.1"

    def nvmlDeviceGetCount(self) -> int:
        return 1

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, handle: int) -> str:
        return "Fake GPU"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:
        return SimpleNamespace(total=8 << 30, free=6 << 30)

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:
        raise self.NVMLError("not supported")


def test_the_driver_is_asked_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    assert devices.gpus() == [Gpu(0, "Fake GPU", 8 << 30, 6 << 30, "580.1", None)]
    assert nvml.open == 0


def test_only_demonstration_models_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = tuple(w for w in checkpoints.manifest() if w.built_in)
    monkeypatch.setattr(checkpoints, "installed", lambda kind: tuple(w for w in built_in if w.kind is kind))
    checks = doctor._weights()
    assert {check.status for check in checks} == {Status.WARNING}
    for check, name in zip(checks, ("sam2.1-large", "co-dino-l or rtmdet-s"), strict=True):
        assert name in check.advice
    monkeypatch.setattr(checkpoints, "installed", lambda kind=None: ())
    assert {check.status for check in doctor._weights()} == {Status.FAILED}


def test_a_folder_that_is_still_to_be_made_is_measured(tmp_path: Path) -> None:
    check = doctor._disk("disk", tmp_path / "a" / "b")
    assert isinstance(check.data["free_bytes"], int)
    assert not (tmp_path / "a").exists()
