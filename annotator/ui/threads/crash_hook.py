"""Faults of the program that another thread met, handed to the one crash reporter."""

from __future__ import annotations

import sys


def report_crash(error: BaseException) -> None:
    """Report an error as if it had not been caught."""
    sys.excepthook(type(error), error, error.__traceback__)
