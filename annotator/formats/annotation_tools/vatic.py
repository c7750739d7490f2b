"""VATIC's text files, which are only read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.reading.box_table import BoxTable, whole_number
from annotator.formats.reading.label_paths import label_files, text_lines
from annotator.formats.writing.read_only import ReadOnly
from annotator.model.sequence import SequenceInfo

_FIELD = re.compile(r'"([^"]*)"|([^\s"]+)')
_VATIC = 'VATIC lines of: track left top right bottom frame lost occluded generated "label" "attribute"...'


class Vatic(ReadOnly):
    """VATIC (Vondrick et al., "Efficiently Scaling up Crowdsourced Video Annotation", IJCV 2013).

    Text with one line per box, frames from 0.
    """

    name = "vatic"
    title = "VATIC"
    description = "VATIC text: boxes by track with lost, occluded and generated flags"
    abilities = Abilities(occluded=True)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read a file, or a folder of files."""
        return [_read_vatic(file, options) for file in label_files(path, ("*.txt",), "VATIC files")]


def _read_vatic(file: Path, options: ImportOptions) -> LabelledSequence:
    table = BoxTable(file, _VATIC)
    first = options.first_frame or 0

    def fail(where: str, found: str) -> NoReturn:
        table.fail(where, found)

    for where, line in text_lines(file, _VATIC):
        fields = [quoted or bare for quoted, bare in _FIELD.findall(line)]
        if line.count('"') % 2:
            fail(where, "an unmatched quotation mark")
        if len(fields) < 10:
            fail(where, f"{len(fields)} columns")
        try:
            number, frame, lost, occluded, generated = (whole_number(fields[index]) for index in (0, 5, 6, 7, 8))
            x1, y1, x2, y2 = map(float, fields[1:5])
        except (ValueError, OverflowError) as error:
            fail(where, str(error))
        if len(fields) > 10:
            table.passed.add("attributes of boxes", len(fields) - 10)
        if lost:
            continue
        table.add(where, frame - first, number, fields[9], (x1, y1, x2, y2), occluded=bool(occluded),
                  interpolated=bool(generated))
    return table.sequence(SequenceInfo(file.stem, 0, 0, 0.0, 0), options)
