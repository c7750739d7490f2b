"""Model weights: which there are, where they lie, whether they are whole, and how they are read without risk."""

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

#: Called with bytes done and bytes in all, often; what it raises ends the work.
Progress = Callable[[int, int], None]

_CHUNK = 1 << 20
#: Stands before the hash in `identity`.
HASH = "sha256:"


class ModelKind(StrEnum):
    """What a model does."""

    SEGMENTER = "segmenter"
    DETECTOR = "detector"
    VOCABULARY = "vocabulary"
    """The words that a model which reads text knows."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of model weights that the program knows by name."""

    name: str
    kind: ModelKind
    file: str
    """File name in the models folder, or in ``resources/models`` if built in."""
    licence: str
    good_for: str
    config: str
    """Name of the architecture, such as ``sam2.1_hiera_l``."""
    url: str = ""
    """Public home; empty for built-in weights."""
    size: int | None = None
    """Bytes; None for built-in weights, and where the publisher does not say."""
    sha256: str = ""
    """Hexadecimal, whole or the published head of at least eight digits; empty for built-in weights."""
    built_in: bool = False
    aliases: tuple[str, ...] = ()
    tracking: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Of a segmenter: settings of SAM2MOT that its scores need, where they are not the paper's; as in a settings
    file."""

    def path(self, folder: Path | None = None) -> Path:
        """Where the file belongs, whether it is there or not."""
        return resource_path("models") / self.file if self.built_in else (folder or models_dir()) / self.file

    def is_called(self, name: str) -> bool:
        """Whether this is its name, an alias or its file name."""
        return name in (self.name, self.file, *self.aliases)


def read_manifest(path: Path) -> tuple[Weights, ...]:
    """The weights listed in a manifest, in its order: the best of a kind first."""
    with path.open("rb") as stream:
        rows: list[dict[str, Any]] = tomllib.load(stream)["model"]
    return tuple(
        Weights(**{**row, "kind": ModelKind(row["kind"]), "aliases": tuple(row.get("aliases", ()))}) for row in rows)


@cache
def manifest() -> tuple[Weights, ...]:
    """The weights that the program knows, the best of a kind first."""
    return read_manifest(resource_path("models/manifest.toml"))


def models_dir() -> Path:
    """Folder of downloaded weights: ANNOTATOR_MODELS_DIR, or ``models`` in the user's data folder."""
    chosen = os.environ.get(MODELS_DIR_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("sam2mot-annotator", appauthor=False) / "models"


def known(name: str) -> Weights:
    """The manifest's entry of this name, alias or file name. Raises ModelError if there is none."""
    for weights in manifest():
        if weights.is_called(name):
            return weights
    names = ", ".join(weights.name for weights in manifest())
    raise ModelError(f"no model is called {name}: known are {names}; a file is given by its path")


def find(name_or_path: str | Path, folder: Path | None = None) -> Path:
    """The weights file of a model given by name or by path.

    Args:
        name_or_path: a name, alias or file name of the manifest, or the path of any weights file.
        folder: where downloaded weights lie; default `models_dir`.

    Raises:
        ModelError: neither a known name nor a file, not downloaded yet, or a file of the wrong size.
    """
    text, path = str(name_or_path), Path(name_or_path).expanduser()
    named = [weights for weights in manifest() if weights.is_called(text)]
    # A published file's own name may also mean the file in the current folder, which then is the one that is meant.
    if path.is_file() and (not named or path.name == named[0].file):
        return path
    if not named and path.is_dir():
        raise ModelError(f"{path} is a folder: give the weights file in it")
    if not named and (path.suffix or len(path.parts) > 1):
        raise ModelError(f"{path}: no such weights file; `annotator models` lists what can be named instead")
    weights = known(text)
    path = weights.path(folder)
    if not path.is_file():
        if weights.built_in:
            raise ModelError(f"{path} is missing: the built-in model {weights.name} belongs there; install the "
                             "program again")
        raise ModelError(f"{weights.name} is not installed: run `annotator models download {weights.name}`, or put "
                         f"{weights.url} at {path}")
    size = path.stat().st_size
    if weights.size is not None and size != weights.size:
        raise ModelError(f"{path} has {size} bytes and {weights.name} has {weights.size}: delete the file and run "
                         f"`annotator models download {weights.name}`")
    return path


def installed(kind: ModelKind | None = None, folder: Path | None = None) -> tuple[Weights, ...]:
    """Weights that are there with the right size, the best of a kind first, the built-in ones last."""
    return tuple(weights for weights in manifest()
                 if (kind is None or weights.kind is kind) and _is_there(weights, folder))


def _is_there(weights: Weights, folder: Path | None) -> bool:
    path = weights.path(folder)
    return path.is_file() and (weights.size is None or path.stat().st_size == weights.size)


def file_sha256(path: Path, progress: Progress | None = None) -> str:
    """SHA-256 of a file, 64 hexadecimal digits. Raises ModelError if it cannot be read."""
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
        raise ModelError(f"{path} cannot be read ({error.strerror}); check that it exists and is yours") from error
    return digest.hexdigest()


def identity(path: Path) -> str:
    """A file's name and the head of its hash, which stays the same wherever it lies. Raises ModelError.

    Hashed once as long as the file stays as it is: large weights take seconds, and a prompt cannot wait for that.
    """
    try:
        seen = path.stat()
    except OSError:
        return _hashed(path, None)  # which says what is wrong with it
    return _hashed(path, (seen.st_mtime_ns, seen.st_size))


@lru_cache(maxsize=16)
def _hashed(path: Path, _seen: tuple[int, int] | None) -> str:
    return f"{path.name} {HASH}{file_sha256(path)[:16]}"


def verify(name: str, folder: Path | None = None, progress: Progress | None = None) -> str:
    """Check a file against the manifest, byte by byte.

    Returns:
        Its SHA-256.

    Raises:
        ModelError: not installed, or not the file that was published.
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
    """What a checkpoint file says about a model."""

    path: Path
    tensors: dict[str, torch.Tensor]
    """By name, on the CPU."""
    classes: tuple[str, ...] = ()
    """Names of a detector's classes, if the file has them."""


def load_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """Tensors of a checkpoint by name, on the CPU. See `read_checkpoint`."""
    return read_checkpoint(path).tensors


def read_checkpoint(path: Path) -> Checkpoint:
    """Tensors of a checkpoint, and class names that MMDetection puts beside them. Never runs code from the file.

    A dictionary wrapped in ``model`` or ``state_dict``, as published checkpoints are, is unwrapped. MMEngine saves
    its training log too, as objects of a class of its own; these are passed over, and nothing of them is made.

    Raises:
        ModelError: no checkpoint, cut off, or with something else than tensors in it.
    """
    import pickle

    import torch

    _check_container(path)
    try:
        with torch.serialization.safe_globals(list(_passed_over())):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(_refusal(path, str(error))) from error
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged file makes the readers of zip, pickle and tensors stumble over
        raise ModelError(f"{path} is damaged ({type(error).__name__}): download or copy it again") from error
    classes = _class_names(content)
    for key in ("model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    tensors = isinstance(content, dict) and content and all(isinstance(v, torch.Tensor) for v in content.values())
    if not tensors or not all(isinstance(k, str) for k in content):
        raise ModelError(f"{path} holds no model weights (a table of named tensors): give a checkpoint file")
    return Checkpoint(path, dict(content), classes)


class _PassedOver:
    """Takes the place of an object that is not wanted: is made of anything, and does and keeps nothing."""

    def __new__(cls, *_: object, **__: object) -> _PassedOver:
        return super().__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


#: MMEngine's training log, and what it is made of: NumPy's arrays and numbers, and methods looked up by name.
_TRAINING_LOG = ("mmengine.logging.history_buffer.HistoryBuffer", "builtins.getattr", "numpy.ndarray", "numpy.dtype",
                 *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core")
                   for name in ("_reconstruct", "scalar")))


@cache
def _passed_over() -> tuple[type[_PassedOver], ...]:
    """Stand-ins under the names that torch's reader meets in the file. The real classes are never touched."""
    made = []
    for path in _TRAINING_LOG:
        module, _, name = path.rpartition(".")
        made.append(type(name, (_PassedOver,), {"__module__": module}))
    return tuple(made)


def _class_names(content: Any) -> tuple[str, ...]:
    """MMDetection 3 keeps them in ``meta.dataset_meta.classes`` (or CLASSES), MMDetection 2 in ``meta.CLASSES``."""
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
    """Tell a file that is no checkpoint, or only part of one, before anything is unpacked."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
        whole = head != b"PK\x03\x04" or zipfile.is_zipfile(path)
    except zipfile.BadZipFile:
        whole = False
    except IsADirectoryError as error:
        raise ModelError(f"{path} is a folder: give the weights file in it") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check that it exists and is yours") from error
    if not head:
        raise ModelError(f"{path} is empty: download or copy it again")
    if not whole:
        raise ModelError(f"{path} is cut off or damaged at its end: download or copy it again")
    # 0x80 opens the older kind of checkpoint, a bare pickle.
    if not head.startswith((b"PK\x03\x04", b"\x80")):
        raise ModelError(f"{path} is not a checkpoint of model weights: give a .pt or .pth file")


def _refusal(path: Path, reason: str) -> str:
    """One line for what torch's safe reader says in many."""
    for sign in ("GLOBAL ", "Unsupported global: GLOBAL "):
        if sign in reason:
            culprit = reason.split(sign, 1)[1].split()[0]
            return (f"{path} wants to run code ({culprit}) and was not loaded: get the weights from their publisher, "
                    "as plain tensors")
    return f"{path} is damaged or not a checkpoint: download or copy it again"


def check_keys(expected: Iterable[str], found: Iterable[str], path: Path) -> None:
    """See that a checkpoint has the tensors that a model wants, by name.

    Raises:
        ModelError: one line that says how many are missing or unknown, with an example of each.
    """
    wanted, given = set(expected), set(found)
    missing, unknown = sorted(wanted - given), sorted(given - wanted)
    if not missing and not unknown:
        return
    if not wanted & given:
        raise ModelError(f"{path} holds the weights of quite another model (such as {min(given, default='nothing')}): "
                         "choose a checkpoint of this model")
    parts = [f"{len(names)} of its tensors are {what}, such as {names[0]}"
             for names, what in ((missing, "missing"), (unknown, "unknown")) if names]
    raise ModelError(f"{path} does not fit this model: {'; '.join(parts)}; choose a checkpoint of this model")
