"""Files that come with the program: built-in models, the demo clip, the weights manifest."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from annotator.errors import UserError

_PACKAGE = Path(__file__).resolve().parent


@cache
def resource_root() -> Path:
    """The folder of the bundled files: ``annotator/_resources`` of an installed wheel, ``resources`` of a checkout.

    Raises:
        UserError: neither is there.
    """
    for folder in (_PACKAGE / "_resources", _PACKAGE.parent / "resources"):
        if folder.is_dir():
            return folder
    raise UserError(f"the program's own files are missing beside {_PACKAGE}; install it again")


def resource_path(name: str) -> Path:
    """Path of a bundled file or folder, for example ``models/tiny-sam2.yaml``.

    Args:
        name: relative path with forward slashes.

    Raises:
        UserError: there is no such file.
    """
    path = resource_root() / name
    if not path.exists():
        raise UserError(f"{path} is missing; the installation is incomplete, install it again")
    return path
