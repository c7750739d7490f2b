"""FiftyOne's folders of a data set as a label format, which is only read.

Three layouts are told apart by their files: ``FiftyOneDataset`` (``samples.json`` and ``frames.json``), its predecessor
(``samples.json`` and ``frames/NAME.json``), and ``FiftyOneVideoLabelsDataset`` (``labels/NAME.json``). Boxes are
relative to the frame size, frames count from 1. Source: the user guide of FiftyOne, and ETA's guide to video labels.
"""

from __future__ import annotations

from pathlib import Path

from annotator.errors import FormatError
from annotator.formats.base import Abilities, ImportOptions, LabelledSequence
from annotator.formats.fiftyone.dataset import FRAMES, SAMPLES, read_dataset
from annotator.formats.fiftyone.video_labels import read_video_labels
from annotator.formats.reading.json_stream import starts_list
from annotator.formats.reading.label_paths import label_files
from annotator.formats.writing.read_only import ReadOnly

_WHAT = "data sets of FiftyOne"


class FiftyOne(ReadOnly):
    """FiftyOne's data set folders as a label format."""

    name = "fiftyone"
    title = "FiftyOne"
    description = "FiftyOne: samples.json with frames.json (FiftyOneDataset), or labels/NAME.json of videos"
    abilities = Abilities(masks=True, scores=True, occluded=True, attributes=True)

    def read(self, path: Path, options: ImportOptions) -> list[LabelledSequence]:
        """Read the folder of a data set, its ``samples.json``, or a file of video labels."""
        found = []
        for file in label_files(path, (SAMPLES, "labels/*.json", "*.json"), _WHAT, without=("manifest.json",)):
            if starts_list(file):
                raise FormatError(f"{file} is a list; expected an object, as {SAMPLES} or labels/NAME.json of FiftyOne")
            samples = file.with_name(SAMPLES) if file.name == FRAMES else file
            found += read_dataset(samples, options) if samples.name == SAMPLES else [read_video_labels(file, options)]
        return found
