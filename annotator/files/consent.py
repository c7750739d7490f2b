"""What of which projects the user has agreed to use, so that the question comes once.

Consent is kept per user and never in a project, which would let its author agree for others. It holds for a project (by
its resolved path), and for the content of a file (by the SHA-256) or for a share of a server: if a file is exchanged
later, or a path leads to another server, the question comes again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import platformdirs

from annotator.files.network_paths import network_place

log = logging.getLogger(__name__)

#: Environment variable with another folder for the consents.
CONFIG_DIR_VARIABLE = "ANNOTATOR_CONFIG_DIR"
_CHUNK = 1 << 20
#: In place of the SHA-256 of a file: the key is a share of a server, and the user agreed to connect to it.
_NETWORK = "network"


def consents_file() -> Path:
    """Return the file of consents: in ANNOTATOR_CONFIG_DIR, or in the user's folder of settings."""
    configured = os.environ.get(CONFIG_DIR_VARIABLE)
    folder = Path(configured).expanduser() if configured else platformdirs.user_config_path(
        "sam2mot-annotator", appauthor=False)
    return folder / "trusted.json"


def agreed(project: Path, file: str) -> bool:
    """Return whether the user agreed to load this content for this project. Reads the file only if there is a consent
    for its path, and then whole."""
    known = _read().get(_key(project), {}).get(file)
    return known is not None and known == _digest(Path(file))


def remember(project: Path, files: Iterable[str]) -> None:
    """Store the consent to load the present content of files for a project. Files that cannot be read are skipped, and
    if the consent cannot be stored, the question comes again."""
    _store(project, {file: digest for file in files if (digest := _digest(Path(file))) is not None})


class NetworkConsent:
    """The shares of servers that one project may be read from: that of the project file itself, and those that the user
    agreed to. May be used in any thread."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._agreed: frozenset[str] = frozenset()

    def allows(self, place: str) -> bool:
        """Return whether a share, as `network_place` names it, may be connected to."""
        if place in self._agreed or place == network_place(_key(self._project)):
            return True
        return _read().get(_key(self._project), {}).get(place) == _NETWORK

    def agree(self, places: Iterable[str]) -> None:
        """Allow these shares, now and when the project is opened again. If that cannot be stored, it holds until the
        program ends."""
        asked = frozenset(place for place in places if not self.allows(place))
        self._agreed |= asked
        _store(self._project, dict.fromkeys(sorted(asked), _NETWORK))


def _store(project: Path, found: dict[str, str]) -> None:
    """Add to the consents of a project."""
    if not found:
        return
    stored = _read()
    own = stored.setdefault(_key(project), {})
    if all(own.get(file) == digest for file, digest in found.items()):
        return
    own.update(found)
    place = consents_file()
    built = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        built.write_text(json.dumps(stored, indent=1), encoding="utf-8")
        os.replace(built, place)
    except OSError as error:
        log.warning("the consent to use files of %s could not be stored in %s (%s)", project, place, error)


def _key(project: Path) -> str:
    return str(project.resolve())


def _read() -> dict[str, dict[str, Any]]:
    """The stored consents: resolved project -> path of a file -> SHA-256, or share -> `_NETWORK`. A damaged file holds
    none."""
    try:
        stored = json.loads(consents_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {project: files for project, files in stored.items() if isinstance(files, dict)}


def _digest(path: Path) -> str | None:
    """Return the SHA-256 of a regular file; None if it cannot be read."""
    digest = hashlib.sha256()
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except (OSError, ValueError):
        return None
    return digest.hexdigest()
