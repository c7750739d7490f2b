"""The command line run inside the test's own process, so that heavy imports are paid for once."""

from __future__ import annotations

import contextlib
import io
import logging
from dataclasses import dataclass

from annotator.cli import main


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Lines on standard error."""
        return self.err.splitlines()


def annotator(*arguments: object) -> Said:
    """Run ``annotator ARGUMENTS``; logging is left as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    # Handlers that are closed by the command line's own set-up would be pytest's.
    root.handlers.clear()
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main([str(argument) for argument in arguments])
            except SystemExit as stop:
                code = int(stop.code or 0)
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
    return Said(code, out.getvalue(), err.getvalue())


def done(*arguments: object) -> Said:
    """Run a command that must succeed."""
    said = annotator(*arguments)
    assert said.code == 0, said.err
    return said


def refused(*arguments: object) -> str:
    """Run a command that must be refused with exit code 2 and one clear line; returns that line without its head."""
    said = annotator(*arguments)
    assert said.code == 2, f"exit code {said.code}: {said.err}"
    assert "Traceback" not in said.err
    assert said.out == ""
    errors = [line for line in said.lines if line.startswith("error: ")]
    assert len(errors) == 1, said.err
    assert said.lines[-1] == errors[0]
    assert all(line.startswith(("warning: ", "error: ")) or line.endswith(("loading models", " frames"))
               for line in said.lines), said.err
    return errors[0].removeprefix("error: ")
