from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import run

import numpy as np
import pytest
from PIL import Image

from annotator.model.mask import Mask
from annotator.storage.store import Store
from tests.command_line import done, refused


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project of two tracks without a video: 1 in frames 0 to 60, 2 in 10 to 99."""
    from tests.storage.fakes import fake_run

    path = tmp_path / "p.annot"
    with Store.create(path) as store:
        store.add_video("clip", tmp_path / "clip.mp4", 640, 480, 100, 25.0, "x")
        fake_run(store, {1: (0, 60), 2: (10, 99)}, lost=frozenset((1, frame) for frame in range(20, 25)))
    return path


def lengths(path: Path) -> dict[int, int]:
    with Store.open(path, read_only=True) as store:
        return {track.number: sum(o.box_xyxy is not None for o in store.trajectory(track.id))
                for track in store.tracks(1)}


@pytest.mark.parametrize(("words", "expected"), [
    ("swap 1 2 --from 50", {1: 50 - 5 + 50, 2: 40 + 11}),
    ("swap 1 2 --from 50 --to 59", {1: 56, 2: 90}),
    ("merge 1 2", {1: 100}),
    ("merge 2 1 --rule other", {2: 100}),
    ("split 2 --at 40", {1: 56, 2: 30, 3: 60}),
    ("split 2 --range 40 49", {1: 56, 2: 80, 3: 10}),
    ("delete 1", {2: 90}),
    ("delete 1 2 --from 30 --to 39", {1: 46, 2: 80}),
    ("delete 2 --from 40", {1: 56, 2: 30}),
    ("delete 2 --to 39", {1: 56, 2: 60}),
    ("delete 2 --frame 40", {1: 56, 2: 89}),
    ("renumber 1 9", {9: 56, 2: 90}),
    ("renumber --all", {1: 56, 2: 90}),
    ("fill 1", {1: 61, 2: 90}),
    ("keyframes 2 --pixels 1", {1: 56, 2: 90}),
    ("mark 2 --as outside --from 90", {1: 56, 2: 80}),
    ("lock 1 2", {1: 56, 2: 90}),
    ("review 1 2 --as needs-work --author Ada", {1: 56, 2: 90}),
    ("relabel 1 --label bus", {1: 56, 2: 90}),
    ("box --track 1 --frame 90 --box 1,2,30,40", {1: 66, 2: 90}),
    ("box --track 1 --frame 90 --box 1,2,30,40 --once", {1: 57, 2: 90}),
    ("box --frame 40 --box 1,2,30,40 --label bus", {1: 56, 2: 90, 3: 60}),
    ("mask 1 --frame 70 --polygon 5,5,30,5,30,40", {1: 57, 2: 90}),
])
def test_each_edit_does_what_it_says_and_is_one_step(small: Path, words: str, expected: dict[int, int]) -> None:
    before = lengths(small)
    done("edit", small, "--dry-run", *words.split())
    assert lengths(small) == before
    done("edit", small, *words.split())
    assert lengths(small) == expected
    if words != "renumber --all":
        done("edit", small, "undo")
    assert lengths(small) == before


def test_a_video_is_removed_and_comes_back(small: Path) -> None:
    words = "clip: 2 tracks, 146 boxes, 1 run {} removed with it; the video file is not touched\n"
    assert done("edit", small, "--dry-run", "remove-video").out == words.format("would be")
    data = json.loads(done("edit", small, "--json", "--video", "clip", "remove-video").out)
    assert data == {"video": "clip", "tracks": 2, "boxes": 146, "keyframes": 0, "regions": 0, "runs": 1, "notes": 0,
                    "done": True}
    assert "contains no video" in refused("edit", small, "remove-video")
    assert "contains no video" in refused("export", small, "--format", "mot", "--out", small.parent / "out")
    assert "undo: Remove video clip" in done("edit", small, "undo").out
    assert lengths(small) == {1: 56, 2: 90}


def test_an_edit_says_what_it_changes(small: Path) -> None:
    said = done("edit", small, "swap", 1, 2, "--from", 50)
    assert said.out.splitlines() == ["track 1: gains 50 boxes, loses 11 boxes",
                                     "track 2: gains 11 boxes, loses 50 boxes"]
    data = json.loads(done("edit", small, "--json", "undo").out)
    assert data == {"label": "Swap tracks 1 and 2 at frame 50"}
    data = json.loads(done("edit", small, "--json", "--dry-run", "delete", 2).out)
    assert (data["done"], data["tracks"][0]["deleted"], data["tracks"][0]["lost"]) == (False, True, 90)


@pytest.mark.parametrize(("words", "why"), [
    ("swap 1 7 --from 3", "clip has no track 7"), ("delete 1 --from 9 --to 3", "before it starts"),
    ("merge 1", "select a second track"), ("renumber 1", "a track's number and its new number"),
    ("mask 1 --frame 3 --polygon 5,5,9", "three corners"), ("mask 1 --frame 3 --png none.png", "not a readable PNG"),
    ("mask 1 --frame 3 --polygon 5,5,9,nan,9,9", "finite"), ("mask-front 1 --from 3", "shares no pixels"),
    ("mask-copy 1 --frame 3 --from 4", "no mask in frame 3"), ("mask-delete 1 --from 3", "no manual mask"),
    ("redo", "nothing to redo"), ("keyframes 1", "one tolerance"), ("fill 2 --frame 50", "no gap at frame 50")])
def test_what_cannot_be_edited_is_said(small: Path, words: str, why: str) -> None:
    assert why in refused("edit", small, *words.split())


def test_locked_tracks_are_refused_until_they_are_unlocked(small: Path) -> None:
    done("edit", small, "lock", 1)
    assert "track 1 is locked" in refused("edit", small, "delete", 1)
    done("edit", small, "unlock", 1)
    done("edit", small, "delete", 1)


def test_an_object_is_prompted_reviewed_and_scored(project: Path, clip: object) -> None:
    gt = project.parent / "truth"
    done("export", project, "--format", "mot", "--out", gt)
    scores = json.loads(done("evaluate", project, "--gt", gt / "clip", "--json").out)
    assert scores["before"]["hota"] == pytest.approx(100)
    assert scores["after"]["hota"] == pytest.approx(100)
    assert scores["videos"][0]["switches"] == []
    numbers = [track["number"] for track in scores["videos"][0]["tracks"]]
    done("edit", project, "split", numbers[0], "--at", 10)
    worse = json.loads(done("evaluate", project, "--gt", gt / "clip", "--json").out)
    assert worse["after"]["assa"] < worse["before"]["assa"]
    [switch] = worse["videos"][0]["switches"]
    assert (switch["frame"], switch["before"]) == (10, numbers[0])
    assert worse["videos"][0]["misses"] == worse["videos"][0]["false_boxes"] == []
    done("edit", project, "delete", numbers[0])
    [missed] = json.loads(done("evaluate", project, "--gt", gt / "clip", "--json").out)["videos"][0]["misses"]
    assert (missed["first"], missed["last"], missed["id"]) == (0, 9, numbers[0])
    done("edit", project, "undo")
    assert "object 1 was track" in done("evaluate", project, "--gt", gt / "clip").out
    assert "either a project" in refused("evaluate", "--gt", gt)

    queue = json.loads(done("review", project, "--json", "--quiet").out)
    assert queue["open"] == len(queue["entries"])
    if queue["entries"]:
        assert {"frame", "tracks", "kinds", "chance", "reason", "suggestion"} <= set(queue["entries"][0])
    assert "there is no kind of moment 'odd'" in refused("review", project, "--kind", "odd")

    with Store.open(project, read_only=True) as store:
        track = store.tracks(1)[-1]
        seen = next(o for o in store.trajectory(track.id) if o.box_xyxy is not None and o.frame >= 8)
    done("edit", project, "delete", track.number)
    assert seen.box_xyxy is not None
    box = ",".join(map(str, seen.box_xyxy))
    said = json.loads(done("prompt", project, "--frame", seen.frame, "--box", box, "--segmenter", "tiny-sam2-drawn",
                           "--device", "cpu", "--start", seen.frame - 3, "--end", seen.frame + 3, "--quiet",
                           "--json").out)
    assert (said["accepted"], said["tracklets"][0]["track"]) == (False, None)
    before = lengths(project)
    done("prompt", project, "--accept-run", said["run"])
    assert sum(lengths(project).values()) - sum(before.values()) == said["tracklets"][0]["boxes"] > 0
    assert "not an open proposal" in refused("prompt", project, "--drop-run", said["run"])
    assert "give --frame" in refused("prompt", project)


def test_the_commands_need_nothing_heavy_to_be_listed() -> None:
    code = ("import sys; from annotator.cli.main import program_parser; program_parser(); "
            "print([m for m in ('torch', 'cv2', 'scipy', 'sqlalchemy', 'numpy') if m in sys.modules])")
    said = run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
               cwd=Path(__file__).parents[2])
    assert "torch" not in said.stdout
    assert "cv2" not in said.stdout


def shown(path: Path, number: int, frame: int) -> tuple[object, Mask | None]:
    with Store.open(path, read_only=True) as store:
        return next((seen.box_xyxy, seen.mask) for seen in store.observations(1, frame, masks=True)
                    if seen.number == number)


def test_masks_from_a_png_and_polygons(small: Path, tmp_path: Path) -> None:
    pixels = np.zeros((480, 640), np.uint8)
    pixels[10:20, 30:60], pixels[100:110, 100:110] = 3, 5
    picture = tmp_path / "mask.png"
    Image.fromarray(pixels).save(picture)
    done("edit", small, "mask", 1, "--frame", 5, "--png", picture, "--value", 3)
    assert shown(small, 1, 5) == ((30, 10, 60, 20), Mask.from_bitmap(pixels == 3))
    said = done("edit", small, "mask", 1, "--frame", 5, "--polygon", "40,10,60,10,60,20,40,20", "--mode", "erase")
    assert said.out == "track 1: 1 manual boxes or masks change\n"
    assert shown(small, 1, 5)[0] == (30, 10, 40, 20)
    done("edit", small, "mask", 1, "--frame", 5, "--png", picture, "--mode", "add", "--hold-box")
    assert shown(small, 1, 5) == ((30, 10, 40, 20), Mask.from_bitmap(pixels > 0))
    done("edit", small, "mask-clean", 1, "--from", 5, "--specks")
    done("edit", small, "mask-copy", 1, "--frame", 5, "--from", 6, "--to", 8, "--dx", 2, "--to-track", 1)
    done("edit", small, "mask-place", 1, "--from", 8, "--dy", 5, "--scale", 2)
    assert shown(small, 1, 7)[0] == (32, 10, 62, 20)
    assert shown(small, 1, 8)[0] == (17, 10, 77, 30)
    done("edit", small, "mask-copy", 1, "--frame", 5, "--from", 12, "--dx", 20, "--to-track", 2)
    done("edit", small, "mask-copy", 1, "--frame", 5, "--from", 12)
    done("edit", small, "mask-back", 2, "--from", 12)
    assert shown(small, 2, 12)[0] == (60, 10, 80, 20)
    done("edit", small, "mask-delete", 1, "--from", 5, "--to", 8)
    assert shown(small, 1, 5)[1] is None
    Image.fromarray(pixels[:100]).save(picture)
    assert "640 x 100" in refused("edit", small, "mask", 1, "--frame", 5, "--png", picture)


def said(path: Path, number: int) -> list[tuple[int, object]]:
    """(first frame, value of gait) of each change of a track; None for no value."""
    with Store.open(path, read_only=True) as store:
        tracks = store.tracks(1)
        [track] = [each.id for each in tracks if each.number == number]
        over_time = store.values_over_time(1, tracks)
        found: list[tuple[int, object]] = []
        for frame in range(100):
            value = over_time.at(track, frame).get("gait")
            if not found or found[-1][1] != value:
                found.append((frame, value))
        return found


@pytest.mark.parametrize(("words", "expected"), [
    ("--value gait=run", [(0, "run")]),
    ("--value gait=run --at 10", [(0, None), (10, "run"), (40, "walk")]),
    ("--value gait=run --at 50", [(0, None), (40, "walk"), (50, "run")]),
    ("--value gait=run --frame 50", [(0, None), (40, "walk"), (50, "run"), (51, "walk")]),
    ("--value gait=run --from 50 --to 59", [(0, None), (40, "walk"), (50, "run"), (60, "walk")]),
    ("--value gait=run --to 59", [(0, "run"), (60, "walk")]),
    ("--value gait= --from 50 --to 59", [(0, None), (40, "walk"), (50, None), (60, "walk")]),
])
def test_values_are_set_for_a_track_or_in_some_of_its_frames(small: Path, words: str,
                                                             expected: list[tuple[int, object]]) -> None:
    done("edit", small, "attribute", "gait", "--kind", "choice", "--options", "walk", "run", "--varies")
    done("edit", small, "set", "2", "--value", "gait=walk", "--at", "40")
    before = said(small, 2)
    assert "properties change" in done("edit", small, "--dry-run", "set", "2", *words.split()).out
    assert said(small, 2) == before
    done("edit", small, "set", "2", *words.split())
    assert said(small, 2) == expected
    done("edit", small, "undo")
    assert said(small, 2) == before


def test_attributes_are_added_changed_and_removed(small: Path) -> None:
    assert done("edit", small, "--dry-run", "attribute", "gait").out.strip() == "attribute gait would be added"
    done("edit", small, "attribute", "gait", "--label", "car")
    done("edit", small, "attribute", "gait", "--label", "car", "--varies", "--default", "walk")
    with Store.open(small, read_only=True) as store:
        [gait] = store.attributes()
        assert (gait.kind.value, gait.default, gait.varies, store.label(gait.label or 0).name) == (
            "text", "walk", True, "car")
    done("edit", small, "attribute", "gait", "--label", "car", "--remove")
    with Store.open(small, read_only=True) as store:
        assert store.attributes() == []


@pytest.mark.parametrize(("words", "message"), [
    ("set 1 --value gait", "gait is not NAME=VALUE"),
    ("set 1 --value mood=x", "have no attribute mood; add it first"),
    ("set 1 --value gait=crawl --at 3", "'crawl' is not a valid value of the attribute gait; enter one of walk, run"),
    ("set 1 --value gait=crawl", "'crawl' is not a valid value of the attribute gait"),
    ("set 7 --value gait=run", "7"),
    ("attribute mood --remove", "there is no attribute mood of all classes"),
    ("attribute mood --label dragon", "there is no class dragon"),
    ("attribute mood --kind choice", "the choice mood has no options"),
])
def test_what_an_attribute_does_not_take_is_refused(small: Path, words: str, message: str) -> None:
    done("edit", small, "attribute", "gait", "--kind", "choice", "--options", "walk", "run", "--varies")
    assert message in refused("edit", small, *words.split())
