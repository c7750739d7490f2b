from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from annotator.errors import UserError
from annotator.model.frame import Image
from annotator.resources import resource_path
from benchmarks import vos
from benchmarks.measures.masks import Bitmap

SIZE = (64, 96)
FRAMES = 20


def truth(t: int) -> np.ndarray:
    """A square that moves 1 pixel a frame, and another that stands still."""
    labels = np.zeros(SIZE, np.uint8)
    labels[10:30, 5 + t:25 + t] = 1
    labels[40:56, 70:86] = 2
    return labels


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "davis_squares"
    folder.mkdir(parents=True)
    for t in range(FRAMES):
        picture = np.full((*SIZE, 3), 60, np.uint8)
        picture[truth(t) > 0] = (200, 120, 40)
        Pillow.fromarray(picture).save(folder / f"{t:05}.jpg")
        Pillow.fromarray(truth(t)).save(folder / f"{t:05}.png")
    (tmp_path / "data" / "unlabelled").mkdir()
    Pillow.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "data" / "unlabelled" / "00000.jpg")
    return tmp_path / "data"


class Knowing:
    """Says the truth."""

    def start(self, width: int, height: int, frame_count: int, boxes: Mapping[int, vos.Box]) -> None:
        assert (height, width) == SIZE
        self.frame_count, self.boxes = frame_count, boxes

    def find(self, index: int, image: Image) -> dict[int, Bitmap]:
        assert image.shape == (*SIZE, 3)
        return {n: truth(index) == n for n in self.boxes}


def test_every_object_of_the_first_frame_is_prompted_with_its_box(data: Path) -> None:
    [sequence] = vos.sequences(data, 30)
    assert sequence.boxes() == {1: (5, 10, 25, 30), 2: (70, 40, 86, 56)}


def test_the_truth_is_perfect_at_every_age(data: Path) -> None:
    found = vos.measure(Knowing(), vos.sequences(data, 30))
    assert (found["j_mean"], found["jf_mean"]) == (1, 1)
    assert found["j_by_frames"] == dict.fromkeys(("0", "1", "2-5", "6-15", "16+"), 1)
    assert found["fps"] > 0


def test_a_box_that_stays_loses_what_moves(data: Path) -> None:
    found = vos.measure(vos.StillBox(), vos.sequences(data, 30))
    moved = [(20 - t) / (20 + t) for t in range(FRAMES)]  # overlap over union of squares that are t apart
    assert found["j_mean"] == pytest.approx((np.mean(moved) + 1) / 2, abs=1e-4)
    assert found["j_by_frames"]["0"] == 1
    assert found["j_by_frames"]["1"] == pytest.approx((19 / 21 + 1) / 2, abs=1e-4)
    assert found["j_by_frames"]["16+"] == pytest.approx((np.mean(moved[16:]) + 1) / 2, abs=1e-4)


def test_fewer_frames_leave_late_ages_empty(data: Path) -> None:
    found = vos.measure(Knowing(), vos.sequences(data, 6))
    assert found["j_by_frames"] == {"0": 1, "1": 1, "2-5": 1, "6-15": None, "16+": None}
    assert " -" in vos.table({"a": found})


def test_frames_without_a_mask_are_followed_and_not_scored(data: Path) -> None:
    (data / "davis_squares" / "00007.png").unlink()
    rows, _ = vos.follow(Knowing(), vos.sequences(data, 30)[0])
    assert {row.age for row in rows} == set(range(FRAMES)) - {7}


def test_sequences_are_chosen_by_the_end_of_their_name(data: Path) -> None:
    assert [s.name for s in vos.sequences(data, 30, "squares,other")] == ["davis_squares"]
    with pytest.raises(UserError, match="has no sequence to measure"):
        vos.sequences(data, 30, "other")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no sequence to measure"):
        vos.sequences(tmp_path / "nowhere", 30)


def test_the_command_measures_the_built_in_model_and_any_other(data: Path, monkeypatch: pytest.MonkeyPatch,
                                                                capsys: pytest.CaptureFixture[str]) -> None:
    other = resource_path("models/tiny-sam2.pt")
    monkeypatch.setattr(sys, "argv", ["vos", "--data", str(data), "--frames", "3", "--segmenter", str(other), "--json"])
    vos.main()
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(said) == {"models", "environment"}
    assert list(said["models"]) == ["tiny-sam2", "tiny-sam2-drawn", str(other), "still-box"]
    assert said["models"]["tiny-sam2"]["j_mean"] == said["models"][str(other)]["j_mean"] > 0
