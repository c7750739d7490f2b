"""Files bundled with the program: built-in models, the demo clip, the weights manifest."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from annotator.errors import UserError

_PACKAGE = Path(__file__).resolve().parent


@cache
def resource_root() -> Path:
    """Return the folder of bundled files: ``annotator/_resources`` in a wheel, ``resources`` in a checkout.

    Raises:
        UserError: neither folder exists.
    """
    for folder in (_PACKAGE / "_resources", _PACKAGE.parent / "resources"):
        if folder.is_dir():
            return folder
    raise UserError(f"the program's bundled files are missing next to {_PACKAGE}; reinstall the program")


def resource_path(name: str) -> Path:
    """Return the path of a bundled file or folder, for example ``models/tiny-sam2.yaml``.

    Args:
        name: relative path with forward slashes.

    Raises:
        UserError: the file does not exist.
    """
    path = resource_root() / name
    if not path.exists():
        raise UserError(f"{path} is missing: the installation is incomplete; reinstall the program")
    return path
