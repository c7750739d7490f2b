"""Store attributes of boxes, each different set of values once, with little memory regardless of their number."""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Mapping

from annotator.errors import FormatError

#: Sets that are kept in memory; equal ones mostly follow each other.
_KEPT = 4096
_IN_MEMORY = 8 * 2**20
_LENGTH = struct.Struct("<i")


class AttributeStore:
    """Add sets of values, then read them by their positions."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - lives as long as its owner
        self._end = 0
        self._places: dict[str, int] = {}
        self._read: dict[int, Mapping[str, object]] = {}

    def add(self, attributes: Mapping[str, object]) -> int:
        """Add the values of a box; returns their position. Raises FormatError if the file cannot be written."""
        text = json.dumps(dict(attributes), sort_keys=True)
        place = self._places.get(text)
        if place is None:
            place = self._put(text.encode())
            if len(self._places) >= _KEPT:
                self._places.clear()
            self._places[text] = place
        return place

    def _put(self, data: bytes) -> int:
        place = self._end
        try:
            self._file.seek(place)
            self._file.write(_LENGTH.pack(len(data)) + data)
        except OSError as error:
            raise no_room(error) from error
        self._end += _LENGTH.size + len(data)
        return place

    def at(self, place: int) -> Mapping[str, object]:
        """The values at a position; mostly the same object for the same position."""
        found = self._read.get(place)
        if found is None:
            self._file.seek(place)
            [length] = _LENGTH.unpack(self._file.read(_LENGTH.size))
            values: dict[str, object] = json.loads(self._file.read(length))
            if len(self._read) >= _KEPT:
                self._read.clear()
            found = self._read[place] = values
        return found


def no_room(error: OSError) -> FormatError:
    """The error for a temporary file that cannot be written."""
    return FormatError(f"the labels do not fit in a temporary file in {tempfile.gettempdir()} "
                       f"({error.strerror or error}); free some space there, or set TMPDIR to another folder")
