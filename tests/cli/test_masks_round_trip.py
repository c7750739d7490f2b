"""Manual masks and lasting boxes leave for other programs and come back equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.jobs.project import add_source, open_project
from annotator.storage.store import Store
from tests.command_line import done
from tests.conftest import FRAMES, MadeClip


def shown(path: Path) -> list[tuple[object, ...]]:
    with Store.open(path, read_only=True) as store:
        frames = store.iter_frames(1, 0, FRAMES - 1, masks=True)
        return [(frame, seen.number, seen.box_xyxy, seen.mask) for frame, row in frames
                for seen in row if seen.box_xyxy is not None]


@pytest.mark.parametrize(("name", "options"), [("coco-video", ()), ("cvat", ("--shapes", "masks"))])
def test_masks_and_boxes_are_read_back_equal(clip: MadeClip, tmp_path: Path, name: str, options: tuple[str, ...],
                                             ) -> None:
    project, again = tmp_path / "p.annot", tmp_path / "q.annot"
    with open_project(project, create=True) as session:
        add_source(session, clip.video)
    done("edit", project, "box", "--frame", 2, "--box", "10,10,50,40", "--label", "car")
    done("edit", project, "box", "--track", 1, "--frame", 6, "--box", "30,10,70,40")
    done("edit", project, "mark", 1, "--as", "outside", "--from", FRAMES - 3)
    for frame in (2, 4):
        done("edit", project, "mask", 1, "--frame", frame, "--polygon", "12,12,40,12,26,38")
    done("edit", project, "mask-copy", 1, "--frame", 4, "--from", 5, "--dx", 3)
    before = shown(project)
    assert len(before) == FRAMES - 3 - 2
    assert sum(mask is not None for *_, mask in before) == 3
    done("export", project, "--format", name, "--out", tmp_path / "labels", *options)
    done("import", tmp_path / "labels", "--project", again, "--source", clip.video)
    assert shown(again) == before
