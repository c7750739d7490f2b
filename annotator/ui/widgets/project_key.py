"""Keys of the program's settings that belong to one project."""

from __future__ import annotations

import hashlib
from pathlib import Path


def project_key(group: str, project: Path | str) -> str:
    """Return the key of a project in a group of settings, with a hash of the path, which may contain separators."""
    return f"{group}/{hashlib.sha256(str(Path(project).resolve()).encode()).hexdigest()[:16]}"
