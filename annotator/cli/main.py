"""The entry point: select the command, turn errors into exit codes, route log messages."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from annotator import __version__
from annotator.cli import datasets, editing, labels, notes, quality, tracking, upkeep, window
from annotator.cli.exit_codes import INTERRUPTED, OK, USER_ERROR
from annotator.console import Console, ConsoleHandler, one_line
from annotator.errors import Cancelled, UserError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 success, 2 a user error reported in one line, 130 interrupted."""
    parser, commands = program_parser()
    args = parser.parse_args(with_command(sys.argv[1:] if argv is None else argv, commands))
    console = Console(sys.stderr, quiet=getattr(args, "quiet", False))
    _log_to(console, args.verbose)
    try:
        return int(args.command(args, console) or OK)
    except UserError as error:
        console.line(f"error: {one_line(str(error))}")
        return USER_ERROR
    except (KeyboardInterrupt, Cancelled):
        console.line("stopped")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader closed the pipe; keep Python's final flush from raising too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        console.line(f"error: {where}{error.strerror or error}: check the path, its permissions and the free space")
        return USER_ERROR


def with_command(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """Return the arguments with ``window`` in front if they are empty or begin with a project or video."""
    if not arguments:
        return ["window"]
    first = Path(arguments[0])
    if arguments[0] in commands or arguments[0].startswith("-") or not (first.suffix or first.exists()):
        return list(arguments)
    return ["window", *arguments]


def _log_to(console: Console, verbose: bool) -> None:
    handler = ConsoleHandler(console)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # Python warnings are meant for developers.
    logging.getLogger("py.warnings").setLevel(logging.WARNING if verbose else logging.ERROR)


def program_parser() -> tuple[argparse.ArgumentParser, Collection[str]]:
    """Return the parser and the names of its commands."""
    parser = argparse.ArgumentParser(prog="annotator", description="Pre-annotate videos with SAM2MOT, correct "
                                     "identities, export multi-object-tracking labels.")
    parser.add_argument("--version", action="version", version=f"annotator {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="write a detailed log to standard error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in (tracking, labels, editing, notes, quality, datasets, upkeep, window):
        group.add_commands(commands)
    return parser, commands.choices
