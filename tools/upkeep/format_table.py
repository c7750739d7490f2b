"""Generate the table of formats in ``docs/formats.md`` from the formats' declared abilities.

``python -m tools.upkeep.format_table`` writes the table; a test fails if the document differs.
"""

from __future__ import annotations

from collections.abc import Iterator

from annotator.formats.base import LabelFormat
from annotator.formats.registry import FORMATS
from annotator.jobs.labels.export import writes_ignore_regions
from tools.upkeep import generated_parts
from tools.upkeep.generated_parts import DOCS, GeneratedPart

PART = GeneratedPart(DOCS / "formats.md", "format_table")

#: Reference readers that verify every export if they are installed.
READERS = {
    **dict.fromkeys(("mot", "mot-results", "mot17", "dancetrack", "sportsmot", "mots", "kitti-mots", "kitti", "bdd100k",
                     "youtube-vis"), ("TrackEval",)),
    "coco-video": ("pycocotools",), "coco": ("pycocotools",), "tao": ("pycocotools", "TrackEval"),
}
#: Other programs that read exports, or whose files are read, in `tests/formats/clients` and `tests/formats/mot`.
CLIENTS = {
    **dict.fromkeys(("mot", "mots", "kitti-mots", "kitti", "bdd100k", "tao", "youtube-vis"), ("TrackEval",)),
    "mot": ("TrackEval", "motmetrics"), "coco": ("pycocotools", "supervision"), "yolo": ("ultralytics", "supervision"),
    "sleap": ("sleap-io",), "supervision": ("supervision",), "scalabel": ("scalabel",), "cvat": ("Datumaro",),
    "datumaro": ("Datumaro",), "mots-png": ("Datumaro",),
}
#: Clients whose packages do not fit with the others, so that their tests run only where they are installed.
APART = frozenset({"Datumaro", "scalabel"})


def table() -> str:
    """Return the table as Markdown."""
    head = ("Name", "Out", "In", "Pictures", "Lost or changed on the way out and in again", "Every export also read by",
            "In tests with")
    return generated_parts.table(head, [
        (f"`{each.name}`", _yes(each.can_write), _yes(each.can_read), _yes("pictures" in each.options),
         ", ".join(lost(each)) if each.can_write else "", ", ".join(READERS.get(each.name, ())),
         ", ".join(f"({name})" if name in APART else name for name in CLIENTS.get(each.name, ())))
        for each in FORMATS.values()])


def lost(each: LabelFormat) -> Iterator[str]:
    """Yield what a format cannot represent, according to its abilities."""
    can = each.abilities
    for what, held in (("tracks", can.identities), ("labels", can.labels), ("masks", can.masks),
                       ("scores", can.scores), ("ignored tracks", can.ignored or can.regions),
                       ("ignore regions", writes_ignore_regions(each.name)), ("occlusion", can.occluded),
                       ("attributes", can.attributes)):
        if not held and each.can_write:
            yield what
    if can.needs_masks:
        yield "boxes without mask"
    if can.masks and not can.overlap:
        yield "overlap of masks"
    if each.can_write:
        yield from can.limits


def _yes(held: bool) -> str:
    return "yes" if held else "no"


def main() -> None:
    """Write the table into the document."""
    PART.write(table())


if __name__ == "__main__":
    main()
