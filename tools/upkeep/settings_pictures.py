"""Show what tracking settings do: pictures and scores of the bundled clip, for ``docs/how-to/tracking-settings.md``.

``python -m tools.upkeep.settings_pictures`` tracks the first frames of the clip once per value, which takes a few
minutes on a CPU, and writes a picture per setting and the table of scores. Each picture shows the frame in which the
two results differ most. The built-in models have settings of their own; one of them is changed at a time.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from annotator.engine import registry
from annotator.evaluation import Scores
from annotator.jobs.demo import demo_clip
from annotator.jobs.project import open_project
from annotator.jobs.project_scores import score_project
from annotator.notebook import Project
from annotator.render.overlay import Overlay, OverlayOptions, Shown, color_of
from tools.upkeep.generated_parts import DOCS, GeneratedPart, table

PICTURES = DOCS / "images" / "settings"
SCORES = GeneratedPart(DOCS / "how-to" / "tracking-settings.md", "settings_pictures")
#: Frames of the clip that are tracked.
FRAMES = 60
_SEGMENTER = "tiny-sam2-drawn"
_CAPTION = 26
_GAP = 8

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A setting and another value than the built-in models have."""

    name: str
    """Name of the picture."""
    key: str
    """Key below ``sam2mot``, with dots."""
    value: float | bool

    @property
    def picture(self) -> Path:
        return PICTURES / f"{self.name}.png"

    def settings(self) -> dict[str, Any]:
        """Return the segmenter's settings with this one changed."""
        settings = dataclasses.asdict(registry.sam2mot_settings(_SEGMENTER))
        *outer, last = self.key.split(".")
        part = settings
        for name in outer:
            part = part[name]
        part[last] = self.value
        return settings

    def usual(self) -> object:
        """Return the value that the segmenter has."""
        found: Any = registry.sam2mot_settings(_SEGMENTER)
        for name in self.key.split("."):
            found = getattr(found, name)
        return found


COMPARISONS = (
    Comparison("detection-threshold", "det_threshold", 0.95),
    Comparison("max-lost", "trajectories.max_lost", 2),
    Comparison("uncovered", "trajectories.uncovered", 0.2),
    Comparison("interaction", "interaction.enabled", False),
)


@dataclass(frozen=True, slots=True)
class Result:
    """One run over the clip."""

    project: Path
    tracks: int
    scores: Scores


def track(folder: Path, name: str, settings: dict[str, Any]) -> Result:
    """Track the first frames of the clip, and score them against their ground truth."""
    path = folder / f"{name}.annot"
    with Project(path, create=True) as project:
        project.add_video(demo_clip())
        project.track(detector="tiny-detector", segmenter=_SEGMENTER, device="cpu", end=FRAMES - 1, sam2mot=settings,
                      progress=False)
    with open_project(path, read_only=True) as session, session.store.read_snapshot() as reader:
        videos = reader.videos()
        scores = score_project(reader, videos, ground_truth(folder)).after.combined
        return Result(path, len(reader.tracks(videos[0].id)), scores)


def ground_truth(folder: Path) -> Path:
    """Return a file with the ground truth of the frames that are tracked. MOTChallenge counts them from 1."""
    rows = (demo_clip().parent / "gt" / "gt.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    path = folder / "gt.txt"
    path.write_text("".join(row for row in rows if int(row.split(",")[0]) <= FRAMES), encoding="utf-8")
    return path


def frame_that_differs(one: Result, other: Result) -> int:
    """Return the frame in which the most pixels belong to an object in one result only."""
    with Project(one.project) as a, Project(other.project) as b:
        (video,) = a.videos()
        counts = [int(((a.label_image(video.name, frame) > 0) != (b.label_image(video.name, frame) > 0)).sum())
                  for frame in range(FRAMES)]
    return int(np.argmax(counts))


def drawn(result: Result, frame: int) -> Pixels:
    """Return a frame with the boxes, masks and numbers of a result."""
    with open_project(result.project, read_only=True) as session:
        store = session.store
        (video,) = store.videos()
        colors = {each.id: color_of(each.color) for each in store.tracks(video.id)}
        shown = [Shown(seen.track, str(seen.number), colors[seen.track], seen.box_xyxy, seen.mask)
                 for seen in store.observations(video.id, frame, masks=True)
                 if seen.box_xyxy is not None and not seen.outside]
    with Project(result.project) as project:
        image = project.image(video.name, frame)
    return Overlay(OverlayOptions(trails=0)).draw(image, frame, shown)


def side_by_side(pictures: list[tuple[str, Pixels]]) -> Image.Image:
    """Return pictures next to each other, each with a caption above, in at most 256 colors."""
    height, width = pictures[0][1].shape[:2]
    canvas = Image.new("RGB", (len(pictures) * (width + _GAP) - _GAP, height + _CAPTION), "white")
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(15)
    for place, (caption, picture) in enumerate(pictures):
        pen.text((place * (width + _GAP) + 4, 4), caption, fill="black", font=font)
        canvas.paste(Image.fromarray(picture), (place * (width + _GAP), _CAPTION))
    return canvas.quantize(dither=Image.Dither.NONE)


def main() -> None:
    """Write the pictures and the table."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        usual = track(folder, "usual", dataclasses.asdict(registry.sam2mot_settings(_SEGMENTER)))
        rows = [_row("as they are", "", usual)]
        for each in COMPARISONS:
            changed = track(folder, each.name, each.settings())
            frame = frame_that_differs(usual, changed)
            side_by_side([(f"{each.key}: {_yaml(value)}, frame {frame}", drawn(result, frame))
                          for value, result in ((each.usual(), usual), (each.value, changed))],
                         ).save(each.picture, optimize=True)
            rows.append(_row(f"`{each.key}`", f"{_yaml(each.usual())} → {_yaml(each.value)}", changed))
            print(" ".join(rows[-1]))
    head = ("Setting", "Value", "Tracks", "HOTA", "IDF1", "Identity switches", "False positives", "Misses")
    SCORES.write("\n" + table(head, rows) + "\n" + "".join(_pictures()))


def _row(name: str, value: str, result: Result) -> tuple[str, ...]:
    scores = result.scores
    return (name, value, str(result.tracks), f"{scores.hota:.1f}", f"{scores.idf1:.1f}", str(scores.idsw),
            str(scores.fp), str(scores.fn))


def _pictures() -> Iterator[str]:
    for each in COMPARISONS:
        yield (f"![{each.key}: {_yaml(each.usual())} on the left, {_yaml(each.value)} on the right]"
               f"(../images/settings/{each.picture.name})\n\n")


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main()
