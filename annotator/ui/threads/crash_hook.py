"""Report bugs that occur in other threads to the one crash reporter."""

from __future__ import annotations

import sys


def report_crash(error: BaseException) -> None:
    """Report an error as if it were uncaught."""
    sys.excepthook(type(error), error, error.__traceback__)
