"""Check the installation and the machine, to find out why the program does not run or is slow."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from annotator import __version__
from annotator.engine.runtime import devices
from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import ModelKind
from annotator.errors import StorageError
from annotator.storage.store import Store
from annotator.system_libraries import window_advice

#: Core packages whose versions help to explain different behavior on another machine.
_CORE = ("torch", "torchvision", "sam2", "numpy", "scipy", "opencv-python", "av", "onnxruntime", "sqlalchemy",
         "pycocotools", "trackers", "trackeval", "scenedetect")
_EXTRAS = {"window": ("pyside6-essentials", "pyqtgraph"), "mmdet": ("mmdet", "mmengine", "mmcv-lite", "transformers"),
           "cluster": ("nvidia-ml-py",)}
_DECODERS = ("h264", "hevc", "mpeg4", "vp9", "av1", "mjpeg", "prores")
_ENCODERS = ("libx264", "mpeg4")
_LOW_DISK_BYTES = 2 << 30
#: Recommended detectors for a GPU and for a CPU.
_FIRST_DETECTORS = ("co-dino-l", "rtmdet-s")
#: GPU memory that the largest published model needs with a few objects.
_LOW_GPU_BYTES = 4 << 30


class Status(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    """Works, but with limitations."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: str
    status: Status
    text: str
    """The finding, in one line."""
    advice: str = ""
    """The recommended action, in one line; empty if none is needed."""
    data: dict[str, object] = field(default_factory=dict)
    """The finding as JSON values."""


def report(folder: Path | None = None) -> list[Check]:
    """Run all checks and return them in display order. Imports torch and queries the GPU driver; takes a few seconds.

    Args:
        folder: the folder for projects, whose free space is checked; default the current folder.
    """
    return [_program(), _packages(), _opencv(), *_extras(), _device(), *_gpus(), _codecs(), *_weights(),
            _disk("models disk", checkpoints.models_dir()), _disk("project disk", folder or Path.cwd()), _window()]


def project_report(path: Path) -> list[Check]:
    """Check whether a project file holds what was stored. Changes nothing; takes some seconds per million boxes."""
    advice = "restore a backup copy, or open it read-only to export what is whole"
    try:
        with Store.open(path, read_only=True) as store:
            found = store.examine()
    except StorageError as error:
        return [Check("project", Status.FAILED, str(error), advice)]
    data: dict[str, object] = asdict(found)
    status = Status.FAILED if found.problems else Status.OK
    checks = [Check("project", status, f"{path}: " + (
        f"{len(found.problems)} problems" if found.problems else "structure, references and spans are whole"),
        advice if found.problems else "", data)]
    checks += [Check("damage", Status.FAILED, problem) for problem in found.problems]
    whole = found.whole if found.runs else "none of the runs has checksums; earlier versions stored none"
    checks.append(Check("checksums", Status.FAILED if found.damaged else Status.OK, whole))
    return checks


def lines(checks: Iterable[Check]) -> list[str]:
    """Return the report as text: one line per check, and one per advice."""
    marks = {Status.OK: "ok  ", Status.WARNING: "warn", Status.FAILED: "FAIL"}
    text = []
    for check in checks:
        text.append(f"{marks[check.status]}  {check.name:<14}{check.text}")
        if check.advice:
            text.append(f"{'':<6}{'':<14}-> {check.advice}")
    return text


def as_data(checks: Iterable[Check]) -> dict[str, object]:
    """Return the report as JSON values: ``ok`` (no check failed) and ``checks``."""
    rows = list(checks)
    return {"ok": all(check.status is not Status.FAILED for check in rows), "checks": [asdict(check) for check in rows]}


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB"


def _program() -> Check:
    python = platform.python_version()
    data: dict[str, object] = {"annotator": __version__, "python": python, "platform": platform.platform()}
    text = f"annotator {__version__}, Python {python}, {platform.platform(terse=True)}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("program", Status.OK, text, data=data)
    return Check("program", Status.WARNING, text, "use Python 3.11 to 3.13; other versions are untested", data)


def _packages() -> Check:
    found = {name: _version(name) for name in _CORE}
    # opencv-python-headless contains the same modules and may be installed instead.
    found["opencv-python"] = found["opencv-python"] or _version("opencv-python-headless")
    text = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    missing = [name for name, version in found.items() if version is None]
    if missing:
        return Check("packages", Status.FAILED, f"missing: {', '.join(missing)}",
                     f"pip install {' '.join(missing)}", dict(found))
    return Check("packages", Status.OK, text, data=dict(found))


def _opencv() -> Check:
    both = {name: _version(name) for name in ("opencv-python", "opencv-python-headless")}
    if all(both.values()):
        return Check("opencv", Status.WARNING, "opencv-python and opencv-python-headless overwrite each other",
                     "pip uninstall -y opencv-python opencv-python-headless && pip install opencv-python", dict(both))
    try:
        import cv2
    except ImportError as error:
        return Check("opencv", Status.FAILED, f"cannot be loaded: {error}",
                     "on Debian and Ubuntu: apt-get install libgl1 libglib2.0-0 libxcb1", dict(both))
    return Check("opencv", Status.OK, f"loads, {cv2.__version__}", data=dict(both))


def _extras() -> list[Check]:
    checks = []
    for extra, names in _EXTRAS.items():
        found = {name: _version(name) for name in names}
        if extra == "window" and found["pyside6-essentials"] is None:
            found["pyside6-essentials"] = _version("pyside6")
        installed = [f"{name} {version}" for name, version in found.items() if version]
        missing = [name for name, version in found.items() if version is None]
        if installed and missing:
            checks.append(Check(f"extra {extra}", Status.WARNING, f"incomplete: {', '.join(missing)} missing",
                                f"pip install {' '.join(missing)}", dict(found)))
        else:
            checks.append(Check(f"extra {extra}", Status.OK, ", ".join(installed) or "not installed",
                                data=dict(found)))
    return checks


def _device() -> Check:
    try:
        build = devices.torch_build()
    except (ImportError, OSError) as error:
        reason = re.sub(r"\s+", " ", str(error))
        return Check("torch", Status.FAILED, f"cannot be imported: {reason}", "pip install --force-reinstall torch")
    memory = devices.memory_bytes()
    data: dict[str, object] = {**asdict(build), "cpu_cores": os.cpu_count(), "memory_bytes": memory}
    host = f"{os.cpu_count()} CPU cores, {_size(memory)} memory"
    if build.cuda_works:
        precision = "bf16" if build.bf16 else "fp32 (no bf16 on this GPU)"
        return Check("torch", Status.OK, f"{build.version}, CUDA {build.cuda}, {precision}; {host}", data=data)
    if build.cuda:
        return Check("torch", Status.WARNING, f"{build.version}, built for CUDA {build.cuda}, finds no GPU; {host}",
                     "check `nvidia-smi`, the driver version, CUDA_VISIBLE_DEVICES and, in a container, --gpus", data)
    return Check("torch", Status.WARNING, f"{build.version}, computes on the CPU; {host}",
                 "full-size models take seconds per frame on a CPU: use a CUDA GPU and a CUDA build of torch for "
                 "real work", data)


def _gpus() -> list[Check]:
    if find_spec("torch") is None:
        return []
    checks = []
    for gpu in devices.gpus():
        load = "" if gpu.load is None else f", {gpu.load} % busy"
        driver = f", driver {gpu.driver}" if gpu.driver else ""
        text = f"{gpu.name}, {_size(gpu.free_bytes)} of {_size(gpu.total_bytes)} free{load}{driver}"
        low = gpu.free_bytes < _LOW_GPU_BYTES
        checks.append(Check(f"gpu {gpu.index}", Status.WARNING if low else Status.OK, text,
                            "little free memory: close other programs, or choose a smaller model" if low else "",
                            asdict(gpu)))
    return checks


def _has_codec(name: str, mode: str) -> bool:
    import av

    try:
        av.codec.Codec(name, "r" if mode == "r" else "w")
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def _codecs() -> Check:
    try:
        import av
    except ImportError as error:
        return Check("video", Status.FAILED, f"PyAV cannot be imported: {error}", "pip install --force-reinstall av")
    reads = {name: _has_codec(name, "r") for name in _DECODERS}
    writes = {name: _has_codec(name, "w") for name in _ENCODERS}
    data: dict[str, object] = {"av": av.__version__, "reads": reads, "writes": writes}
    missing = [name for name, supported in reads.items() if not supported]
    text = (f"PyAV {av.__version__} reads {', '.join(n for n, supported in reads.items() if supported)}; "
            f"writes {', '.join(n for n, supported in writes.items() if supported) or 'nothing'}")
    if missing:
        return Check("video", Status.WARNING, text, f"videos in {', '.join(missing)} cannot be read: "
                     "install PyAV's wheel with `pip install --force-reinstall --only-binary av av`", data)
    return Check("video", Status.OK, text, data=data)


def _weights() -> list[Check]:
    checks = []
    for kind in (ModelKind.SEGMENTER, ModelKind.DETECTOR):
        installed = checkpoints.installed(kind)
        data: dict[str, object] = {"installed": [weights.name for weights in installed],
                                   "folder": str(checkpoints.models_dir())}
        text = ", ".join(weights.name for weights in installed)
        if not installed:
            checks.append(Check(f"{kind}s", Status.FAILED, "none, not even the built-in one",
                                "reinstall the program", data))
        elif all(weights.built_in for weights in installed):
            text = ", ".join(f"{weights.name} ({'demonstration' if weights.demonstration else 'built in'})"
                             for weights in installed)
            checks.append(Check(f"{kind}s", Status.WARNING, text, _better(kind), data))
        else:
            checks.append(Check(f"{kind}s", Status.OK, text, data=data))
    return checks


def _better(kind: ModelKind) -> str:
    """Return the advice if only built-in models are installed."""
    published = [w for w in checkpoints.manifest() if w.kind is kind and not w.built_in]
    if kind is ModelKind.SEGMENTER:
        return f"for real work: annotator models download {published[0].name}"
    names = " or ".join(w.name for w in published if w.name in _FIRST_DETECTORS)
    return (f"for real work: annotator models download {names} (needs the extra mmdet), or give --detections FILE or "
            "your own detector as an ONNX file")


def _disk(name: str, folder: Path) -> Check:
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        return Check(name, Status.FAILED, f"{folder} cannot be read ({error.strerror})",
                     "check the disk and your permissions")
    data: dict[str, object] = {"folder": str(folder), "free_bytes": free}
    text = f"{_size(free)} free at {folder}"
    if not os.access(existing, os.W_OK):
        return Check(name, Status.WARNING, f"{text}, which is not writable", "choose another folder", data)
    if free < _LOW_DISK_BYTES:
        return Check(name, Status.WARNING, text, "free some disk space", data)
    return Check(name, Status.OK, text, data=data)


def _window() -> Check:
    qt = find_spec("PySide6") is not None
    display = not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or
                                                           os.environ.get("WAYLAND_DISPLAY"))
    libraries, advice = window_advice() if qt else ([], "")
    data: dict[str, object] = {"qt": qt, "display": display, "missing_libraries": libraries}
    if libraries:
        return Check("window", Status.FAILED if display else Status.WARNING,
                     f"system libraries missing: {', '.join(libraries)}", advice, data)
    if qt and display:
        return Check("window", Status.OK, "available", data=data)
    if not qt:
        return Check("window", Status.OK, "not installed (extra: window); the command line does not need it", data=data)
    return Check("window", Status.OK, "installed, but no display is available; the command line needs none", data=data)
