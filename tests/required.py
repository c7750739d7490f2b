"""A value that may be missing by its type and must not be in a test."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def required(value: T | None) -> T:
    """Return a value that must not be None; fails the test if it is."""
    assert value is not None
    return value
