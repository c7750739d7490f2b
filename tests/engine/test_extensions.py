"""Models that other packages bring: the package of `docs/extending.md`, installed and used."""

from __future__ import annotations

import json
import logging
import re
import sys
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.engine import extensions, registry
from annotator.engine.detector_settings import DetectorSettings
from annotator.engine.detectors.tiled import TiledDetector
from annotator.engine.loaded_segmenters import LoadedSegmenters
from annotator.engine.weights.checkpoints import ModelKind
from annotator.errors import ModelError, SettingsError
from annotator.model.frame import Frame
from annotator.storage.store import Store
from annotator.video.images import read_image
from testbed.project_digest import project_digests
from tests.command_line import done, refused

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
SIDE, FRAMES = 128, 12
#: Three spots of this size, each moving right by 2 pixels a frame.
SPOT, PLACES = 14, ((10, 12), (30, 50), (12, 90))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def install(folder: Path, package: str, entries: dict[str, dict[str, str]], code: str = "",
            version: str = "1.0") -> None:
    """What pip leaves of a package: its module, and its metadata beside it."""
    (folder / f"{package.replace('-', '_')}.py").write_text(code)
    metadata = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    (metadata / "entry_points.txt").write_text("".join(
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in names.items())
        for group, names in entries.items()))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that packages are installed into."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def bright_spots(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package of the page. Returns the folder it is in."""
    [project] = (tomllib.loads(block)["project"] for block in blocks("toml"))
    monkeypatch.delitem(sys.modules, "bright_spots", raising=False)
    install(site, project["name"], project["entry-points"], "\n\n".join(blocks("python")), project["version"])
    return site


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """Pictures of three spots in the dark."""
    folder = tmp_path / "night"
    folder.mkdir()
    for t in range(FRAMES):
        image = np.random.default_rng(t).integers(0, 20, (SIDE, SIDE, 3), np.uint8)
        for x, y in PLACES:
            image[y:y + SPOT, x + 2 * t:x + 2 * t + SPOT] = (200 + y // 2, 220, 255 - y)
        cv2.imwrite(str(folder / f"{t:06d}.png"), image)
    return folder


def night_frame(night: Path) -> Frame:
    return Frame(0, read_image(night / "000000.png"), 0.0)


def test_the_models_of_the_page_track_a_video(bright_spots: Path, night: Path, tmp_path: Path) -> None:
    project = tmp_path / "p.annot"
    done("preannotate", night, "--project", project, "--detector", "bright-spots", "--segmenter", "look-around",
         "--device", "cpu")
    with Store.open(project, read_only=True) as store:
        [run] = store.runs()
        assert run.models == {"tracker": "sam2mot", "detector": "bright-spots of bright-spots 1.0",
                              "segmenter": "look-around of bright-spots 1.0"}
        tracks = store.tracks(store.video().id)
        assert len(tracks) == len(PLACES)
        for track in tracks:
            boxes = np.array([o.box_xyxy for _, seen in store.iter_frames(store.video().id) for o in seen
                              if o.track == track.id])
            assert len(boxes) == FRAMES
            assert np.abs(np.diff(boxes[:, 0]) - 2).max() <= 2, "the grid is of 2 pixels"


def test_a_run_goes_on_and_ends_like_one_that_never_stopped(bright_spots: Path, night: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.yml"
    config.write_text("detector: bright-spots\nsegmenter: look-around\ndevice: cpu\nsnapshot_every: 3\n")
    for name in ("whole", "part"):
        done("preannotate", night, "--project", tmp_path / f"{name}.annot", "--config", config)
    with Store.open(tmp_path / "part.annot") as store:
        store.rewind_run(1, 7)
    done("preannotate", "--project", tmp_path / "part.annot", "--resume")
    assert project_digests(tmp_path / "part.annot")["frames"] == project_digests(tmp_path / "whole.annot")["frames"]
    with Store.open(tmp_path / "part.annot") as store:
        store.rewind_run(1, 7)
    metadata = next(bright_spots.glob("*.dist-info"))
    metadata.rename(metadata.with_name("bright_spots-1.1.dist-info"))
    text = (metadata.with_name("bright_spots-1.1.dist-info") / "METADATA")
    text.write_text(text.read_text().replace("1.0", "1.1"))
    line = refused("preannotate", "--project", tmp_path / "part.annot", "--resume")
    assert "bright-spots of bright-spots 1.0" in line
    assert "1.1" in line


def test_the_window_has_its_segmenters_too(bright_spots: Path) -> None:
    loaded = LoadedSegmenters()
    first, second = (loaded.make("look-around", "cpu") for _ in range(2))
    assert first.name == second.name == "look-around"
    assert first is not second, "each has memories of its own"


def test_its_models_are_listed(bright_spots: Path) -> None:
    assert re.search(r"bright-spots +detector +installed +from the package bright-spots 1\.0", done("models").out)
    listed = {each["name"]: each for each in json.loads(done("models", "--json").out)}
    assert listed["look-around"] == {"name": "look-around", "kind": "segmenter", "installed": True,
                                     "package": "bright-spots 1.0"}


def test_settings_hold_for_its_detector_too(bright_spots: Path, night: Path) -> None:
    frame = night_frame(night)
    assert len(registry.make_detector("bright-spots", "cpu").detect([frame])[0]) == len(PLACES)
    strict = DetectorSettings(score_floor=0.8)
    assert len(registry.make_detector("bright-spots", "cpu", settings=strict).detect([frame])[0]) == len(PLACES) - 1
    tiled = registry.make_detector("bright-spots", "cpu", settings=DetectorSettings(tile=64))
    assert isinstance(tiled, TiledDetector)
    with pytest.raises(SettingsError, match="bright-spots has no class 'car'; its classes: spot"):
        registry.make_detector("bright-spots", "cpu", ["car"])
    with pytest.raises(SettingsError, match="reads no text"):
        registry.make_detector("bright-spots", "cpu", prompt="star .")
    with pytest.raises(SettingsError, match="not an MMDetection checkpoint"):
        registry.make_detector("bright-spots", "cpu", config="rtmdet-s")


def test_what_cannot_be_loaded_or_is_no_model_is_told_with_its_package(site: Path) -> None:
    install(site, "poor-thing", {extensions.GROUPS[ModelKind.DETECTOR]: {
        "absent": "nowhere_at_all:make", "unfinished": "poor_thing:nobody", "wrong": "poor_thing:make"}},
        "def make(request):\n    return object()\n")
    for name, words in (("absent", "No module named 'nowhere_at_all'"), ("unfinished", "nobody"),
                        ("wrong", "not a detector: its object lacks detect, labels, name")):
        with pytest.raises(ModelError) as caught:
            registry.make_detector(name, "cpu")
        assert f"{name} of poor-thing 1.0" in str(caught.value)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


def test_names_of_the_program_and_of_one_another_are_not_taken(site: Path, caplog: pytest.LogCaptureFixture) -> None:
    group = extensions.GROUPS[ModelKind.SEGMENTER]
    install(site, "first-one", {group: {"tiny-sam2-drawn": "first_one:make", "mine": "first_one:make"}})
    install(site, "other-one", {group: {"mine": "other_one:make"}})
    with caplog.at_level(logging.WARNING):
        assert [each.name for each in extensions.extensions(ModelKind.SEGMENTER)] == ["mine"]
    assert len(caplog.records) == 2
    assert extensions.extension(ModelKind.SEGMENTER, "tiny-sam2-drawn") is None
    assert extensions.extension(ModelKind.DETECTOR, "mine") is None
