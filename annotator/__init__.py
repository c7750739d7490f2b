"""SAM2MOT Annotator: pre-annotate videos with tracked objects, correct identities, export labels.

In a notebook, ``annotator.open("p.annot").tracks()`` gives a project's boxes as a table; see `annotator.notebook`.
"""

from importlib import import_module
from typing import Any

from annotator.privacy import send_nothing

# Before any other module: libraries read these switches when they are imported.
send_nothing()

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import ``annotator.open`` on first use, because the command line does not need it."""
    if name == "open":
        return import_module("annotator.notebook").Project
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
