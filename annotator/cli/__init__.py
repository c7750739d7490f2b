"""The command line: parse, call jobs, print. It does no work, and imports nothing heavy before it is needed."""

from annotator.cli.main import main

__all__ = ["main"]
