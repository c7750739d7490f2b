"""The base class of formats that are only read."""

from __future__ import annotations

from pathlib import Path

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions, ExportReport
from annotator.formats.writing.file_format import FileFormat, Target, Writer


class ReadOnly(FileFormat):
    """A format that can only be read."""

    can_write = False

    def writer(self, target: Target) -> Writer:
        raise FormatError(f"{self.name} can only be read; choose another format to export to")

    def write(self, sequences: object, out_dir: Path, options: ExportOptions, pictures: object = None) -> ExportReport:
        raise FormatError(f"{self.name} can only be read; choose another format to export to")
