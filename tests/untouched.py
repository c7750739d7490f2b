"""Watch that no function that looks at files is given a path with a certain text in it, on any system."""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import av
import pytest

#: Functions of modules that look at a path; some systems lack some of them.
_LOOKING = (
    *((os, name) for name in ("stat", "lstat", "open", "access", "listdir", "scandir", "readlink", "mkdir", "rename",
                              "replace", "link", "symlink", "unlink", "utime", "walk")),
    *((os.path, name) for name in ("exists", "lexists", "isfile", "isdir", "islink", "realpath", "samefile",
                                   "getsize", "ismount", "isjunction")),
    (io, "open"), (builtins, "open"), (av, "open"))


@contextmanager
def untouched(text: str) -> Iterator[list[str]]:
    """Fail at the end, and where it happens, if a path with this text was looked at; the text is in lower case and with
    forward slashes. Yields what was looked at."""
    touched: list[str] = []

    def watched(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def look(*arguments: Any, **named: Any) -> Any:
            for argument in arguments[:2]:
                path = os.fsdecode(argument) if isinstance(argument, str | bytes | os.PathLike) else ""
                if text in path.lower().replace("\\", "/"):
                    touched.append(f"{name}({path})")
                    pytest.fail(f"{touched[-1]} was called")
            return function(*arguments, **named)

        return look

    with pytest.MonkeyPatch.context() as patch:
        for module, name in _LOOKING:
            if hasattr(module, name):
                patch.setattr(module, name, watched(getattr(module, name), f"{module.__name__}.{name}"))
        yield touched
    assert touched == []
