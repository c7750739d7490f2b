"""Model weights: list, locate and verify them, and read them safely."""

from __future__ import annotations

import hashlib
import logging
import os
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from annotator.errors import ModelError
from annotator.resources import resource_path

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

MODELS_DIR_VARIABLE = "ANNOTATOR_MODELS_DIR"

#: Called often with bytes done and total bytes; an exception that it raises stops the work.
Progress = Callable[[int, int], None]

_CHUNK = 1 << 20
#: Prefix of the hash in `identity`.
HASH = "sha256:"


class ModelKind(StrEnum):
    """What a model does."""

    SEGMENTER = "segmenter"
    DETECTOR = "detector"
    VOCABULARY = "vocabulary"
    """The vocabulary of a text-prompted model."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of model weights listed in the manifest."""

    name: str
    kind: ModelKind
    file: str
    """File name in the models folder, or in ``resources/models`` if built in."""
    licence: str
    good_for: str
    config: str
    """Name of the architecture, such as ``sam2.1_hiera_l``."""
    url: str = ""
    """Public download address; empty for built-in weights."""
    size: int | None = None
    """Bytes; None for built-in weights, or if the publisher does not state it."""
    sha256: str = ""
    """Hexadecimal, complete or a published prefix of at least eight digits; empty for built-in weights."""
    built_in: bool = False
    demonstration: bool = False
    """Whether the model knows the objects of the bundled clip only."""
    aliases: tuple[str, ...] = ()
    tracking: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Segmenters only: SAM2MOT settings that differ from the defaults because of the segmenter's scores, as in a
    settings file; the word "off" stands for its null."""
    sam2: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Segmenters only: settings of SAM 2 that differ from the defaults, likewise."""

    def path(self, folder: Path | None = None) -> Path:
        """Return the file's expected path, whether or not it exists."""
        return resource_path("models") / self.file if self.built_in else (folder or models_dir()) / self.file

    def is_called(self, name: str) -> bool:
        """Whether ``name`` is the weights' name, an alias or the file name."""
        return name in (self.name, self.file, *self.aliases)


def read_manifest(path: Path) -> tuple[Weights, ...]:
    """Return the weights listed in a manifest, in its order: the best of each kind first."""
    with path.open("rb") as stream:
        rows: list[dict[str, Any]] = tomllib.load(stream)["model"]
    return tuple(
        Weights(**{**row, "kind": ModelKind(row["kind"]), "aliases": tuple(row.get("aliases", ()))}) for row in rows)


@cache
def manifest() -> tuple[Weights, ...]:
    """Return the weights in the program's manifest, the best of each kind first."""
    return read_manifest(resource_path("models/manifest.toml"))


def models_dir() -> Path:
    """Return the folder of downloaded weights: ANNOTATOR_MODELS_DIR, or ``models`` in the user's data folder."""
    configured = os.environ.get(MODELS_DIR_VARIABLE)
    if configured:
        return Path(configured).expanduser()
    return platformdirs.user_data_path("sam2mot-annotator", appauthor=False) / "models"


def known(name: str) -> Weights:
    """Return the manifest's entry with this name, alias or file name. Raises ModelError if there is none."""
    for weights in manifest():
        if weights.is_called(name):
            return weights
    names = ", ".join(weights.name for weights in manifest())
    raise ModelError(f"unknown model {name}: choose one of {names}, or give the path of a file")


def find(name_or_path: str | Path, folder: Path | None = None) -> Path:
    """Return the weights file of a model given by name or path.

    Args:
        name_or_path: a name, alias or file name in the manifest, or the path of any weights file.
        folder: folder of downloaded weights; default `models_dir`.

    Raises:
        ModelError: neither a known name nor a file, not downloaded yet, or of the wrong size.
    """
    text, path = str(name_or_path), Path(name_or_path).expanduser()
    named = [weights for weights in manifest() if weights.is_called(text)]
    # A published file name may also refer to a file in the current folder, which then takes precedence.
    if path.is_file() and (not named or path.name == named[0].file):
        return path
    if not named and path.is_dir():
        raise ModelError(f"{path} is a folder: give the weights file in it")
    if not named and (path.suffix or len(path.parts) > 1):
        raise ModelError(f"{path}: no such weights file; `annotator models` lists the available names")
    weights = known(text)
    path = weights.path(folder)
    if not path.is_file():
        if weights.built_in:
            raise ModelError(f"the built-in model {weights.name} is missing at {path}: reinstall the program")
        raise ModelError(f"{weights.name} is not installed: run `annotator models download {weights.name}`, or save "
                         f"{weights.url} as {path}")
    size = path.stat().st_size
    if weights.size is not None and size != weights.size:
        raise ModelError(f"{path} has {size} bytes, but {weights.name} has {weights.size}: delete the file and run "
                         f"`annotator models download {weights.name}`")
    return path


def installed(kind: ModelKind | None = None, folder: Path | None = None) -> tuple[Weights, ...]:
    """Return the weights whose files exist with the right size, the best of each kind first, built-in ones last."""
    return tuple(weights for weights in manifest()
                 if (kind is None or weights.kind is kind) and _is_installed(weights, folder))


def _is_installed(weights: Weights, folder: Path | None) -> bool:
    path = weights.path(folder)
    return path.is_file() and (weights.size is None or path.stat().st_size == weights.size)


def file_sha256(path: Path, progress: Progress | None = None) -> str:
    """Return a file's SHA-256 as 64 hexadecimal digits. Raises ModelError if the file cannot be read."""
    digest = hashlib.sha256()
    try:
        total, done = path.stat().st_size, 0
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check the path and its permissions") from error
    return digest.hexdigest()


def identity(path: Path) -> str:
    """Return a file's name and the prefix of its hash, independent of its folder. Raises ModelError.

    The hash is cached while the file is unchanged, because large weights take seconds, too long for a prompt.
    """
    try:
        status = path.stat()
    except OSError:
        return _hashed(path, None)  # raises the ModelError
    return _hashed(path, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=16)
def _hashed(path: Path, _version: tuple[int, int] | None) -> str:
    return f"{path.name} {HASH}{file_sha256(path)[:16]}"


def verify(name: str, folder: Path | None = None, progress: Progress | None = None) -> str:
    """Check an installed file's hash against the manifest.

    Returns:
        The file's SHA-256.

    Raises:
        ModelError: not installed, or not the published file.
    """
    weights = known(name)
    path = find(weights.name, folder)
    digest = file_sha256(path, progress)
    if not digest.startswith(weights.sha256):
        raise ModelError(f"{path} is damaged or changed (sha256 {digest[:8]}..., published {weights.sha256[:8]}...): "
                         f"delete it and run `annotator models download {weights.name}`")
    return digest


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint file."""

    path: Path
    tensors: dict[str, torch.Tensor]
    """Tensors by name, on the CPU."""
    classes: tuple[str, ...] = ()
    """Class names of a detector, if the file contains them."""


def load_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a checkpoint by name, on the CPU. See `read_checkpoint`."""
    return read_checkpoint(path).tensors


def read_checkpoint(path: Path) -> Checkpoint:
    """Read the tensors of a checkpoint, and MMDetection's class names. Never runs code from the file.

    A dictionary wrapped in ``model`` or ``state_dict``, as in published checkpoints, is unwrapped. MMEngine also saves
    its training log, as objects of its own class; these are ignored and never created.

    Raises:
        ModelError: not a checkpoint, truncated, or with other content than tensors.
    """
    import pickle

    import torch

    _check_container(path)
    try:
        with torch.serialization.safe_globals(list(_stand_ins())):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(_refusal(path, str(error))) from error
    except MemoryError:
        raise
    except Exception as error:  # a damaged file can raise anything in the zip, pickle and tensor readers
        raise ModelError(f"{path} is damaged ({type(error).__name__}): download or copy it again") from error
    classes = _class_names(content)
    for key in ("model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    tensors = isinstance(content, dict) and content and all(isinstance(v, torch.Tensor) for v in content.values())
    if not tensors or not all(isinstance(k, str) for k in content):
        raise ModelError(f"{path} contains no model weights (a table of named tensors): give a checkpoint file")
    return Checkpoint(path, dict(content), classes)


class _StandIn:
    """Replaces an unwanted object: accepts any arguments, does nothing and keeps nothing."""

    def __new__(cls, *_: object, **__: object) -> _StandIn:
        return super().__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


#: MMEngine's training log and its parts: NumPy arrays and numbers, and methods looked up by name.
_TRAINING_LOG = ("mmengine.logging.history_buffer.HistoryBuffer", "builtins.getattr", "numpy.ndarray", "numpy.dtype",
                 *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core")
                   for name in ("_reconstruct", "scalar")))


@cache
def _stand_ins() -> tuple[type[_StandIn], ...]:
    """Return stand-ins with the names that torch's reader finds in the file. The real classes are never used."""
    created = []
    for path in _TRAINING_LOG:
        module, _, name = path.rpartition(".")
        created.append(type(name, (_StandIn,), {"__module__": module}))
    return tuple(created)


def _class_names(content: Any) -> tuple[str, ...]:
    """Return the class names: in MMDetection 3 ``meta.dataset_meta.classes`` (or CLASSES), in 2 ``meta.CLASSES``."""
    meta = content.get("meta") if isinstance(content, dict) else None
    if not isinstance(meta, dict):
        return ()
    described = meta.get("dataset_meta")
    for table in (described if isinstance(described, dict) else {}, meta):
        for key in ("classes", "CLASSES"):
            names = table.get(key)
            if isinstance(names, list | tuple) and names and all(isinstance(name, str) for name in names):
                return tuple(names)
    return ()


def _check_container(path: Path) -> None:
    """Raise ModelError if a file is not a checkpoint or is truncated, before unpacking anything."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
        whole = head != b"PK\x03\x04" or zipfile.is_zipfile(path)
    except zipfile.BadZipFile:
        whole = False
    except IsADirectoryError as error:
        raise ModelError(f"{path} is a folder: give the weights file in it") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check the path and its permissions") from error
    if not head:
        raise ModelError(f"{path} is empty: download or copy it again")
    if not whole:
        raise ModelError(f"{path} is truncated or damaged at its end: download or copy it again")
    # 0x80 is the first byte of the older kind of checkpoint, a bare pickle.
    if not head.startswith((b"PK\x03\x04", b"\x80")):
        raise ModelError(f"{path} is not a checkpoint of model weights: give a .pt or .pth file")


def _refusal(path: Path, reason: str) -> str:
    """Return a one-line version of the long message of torch's safe reader."""
    for sign in ("GLOBAL ", "Unsupported global: GLOBAL "):
        if sign in reason:
            culprit = reason.split(sign, 1)[1].split()[0]
            return (f"{path} contains code ({culprit}) and was not loaded: get the weights from their publisher, as "
                    "plain tensors")
    return f"{path} is damaged or not a checkpoint: download or copy it again"


def check_keys(expected: Iterable[str], found: Iterable[str], path: Path) -> None:
    """Check that a checkpoint has exactly the tensors of a model, by name.

    Raises:
        ModelError: one line with the numbers of missing and unknown tensors and an example of each.
    """
    wanted, given = set(expected), set(found)
    missing, unknown = sorted(wanted - given), sorted(given - wanted)
    if not missing and not unknown:
        return
    if not wanted & given:
        raise ModelError(f"{path} contains the weights of a different model (such as {min(given, default='nothing')}): "
                         "choose a checkpoint of this model")
    parts = [f"{len(names)} of its tensors are {what}, such as {names[0]}"
             for names, what in ((missing, "missing"), (unknown, "unknown")) if names]
    raise ModelError(f"{path} does not match this model: {'; '.join(parts)}; choose a checkpoint of this model")
