"""The command line: parse arguments, call jobs, print results. Heavy modules are imported only when needed."""

from annotator.cli.main import main

__all__ = ["main"]
