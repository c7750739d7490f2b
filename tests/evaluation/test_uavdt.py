from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.evaluation.arrays import evaluate_arrays
from annotator.evaluation.scores import Scores
from annotator.evaluation.uavdt import UavdtPair, score_uavdt

FRAMES = 12


def score(folder: Path, result: str, gt: str = "1,1,0,0,10,10,1,0,0\n", ignore: str | None = None, iou: float = 0.5,
          frames: int = FRAMES) -> Scores:
    (folder / "gt.txt").write_text(gt)
    (folder / "result.txt").write_text(result)
    path = None
    if ignore is not None:
        path = folder / "ignore.txt"
        path.write_text(ignore)
    return score_uavdt(UavdtPair("s", folder / "gt.txt", path, folder / "result.txt", frames), iou)


@pytest.mark.parametrize("seed", range(3))
def test_at_half_overlap_without_regions_it_is_the_usual_score(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)

    def side(jitter: float) -> tuple[str, list[tuple[list[int], list[list[float]]]]]:
        frames, text = [], ""
        for t in range(FRAMES):
            ids = [n for n in range(1, 6) if rng.random() > 0.2]
            boxes = [[round(40 * n + 3 * t + rng.normal(0, jitter)), 20.0 * n, 0.0, 0.0] for n in ids]
            for box in boxes:
                box[2:] = [box[0] + 24, box[1] + 18]
            text += "".join(f"{t + 1},{n},{b[0]},{b[1]},24,18,1,0,0\n" for n, b in zip(ids, boxes, strict=True))
            frames.append((ids, boxes))
        return text, frames

    (gt, gt_frames), (result, frames) = side(0), side(4)
    assert score(tmp_path, result, gt) == evaluate_arrays(gt_frames, frames)


@pytest.mark.parametrize(("regions", "counts"), [
    ("2,1,40,40,40,40,1", (2, 0, 0)),
    ("2,1,55,50,40,40,1", (2, 1, 0)),
    ("2,1,50,40,40,40,1", (2, 1, 0)),
    ("1,1,40,40,40,40,1", (2, 1, 0)),
    ("2,1,40,40,15,40,1\n2,2,53,40,40,40,1", (2, 1, 0)),
    ("1,1,-5,-5,40,40,1", (1, 1, 1)),
    ("", (2, 1, 0))],
    ids=["within", "half outside", "edge on edge", "another frame", "in two together", "a matching one too", "none"])
def test_a_box_wholly_within_one_ignore_region_is_taken_away(regions: str, counts: tuple[int, int, int],
                                                             tmp_path: Path) -> None:
    scores = score(tmp_path, "1,1,0,0,10,7,1\n2,1,90,0,10,10,1\n2,2,50,50,9,9,1\n",
                   "1,1,0,0,10,10,1,0,0\n2,1,90,0,10,10,1,0,0\n", ignore=regions)
    assert (scores.tp, scores.fp, scores.fn) == counts


def test_what_the_truth_does_not_count_and_what_comes_after_it_is_left_out(tmp_path: Path) -> None:
    gt = "1,1,0,0,10,10,1,0,0\n1,2,50,0,10,10,0,0,0\n"
    beyond = "3,1,0,0,10,10,1\n"
    scores = score(tmp_path, "1,1,0,0,10,10,1\n" + beyond, gt + "3,2,50,0,10,10,0,0,0\n")
    assert (scores.tp, scores.fp, scores.fn) == (1, 0, 0)
    scores = score(tmp_path, "1,1,0,0,10,10,1\n" + beyond, gt + "3,2,50,0,10,10,1,0,0\n")
    assert (scores.tp, scores.fp, scores.fn) == (1, 1, 1)


def test_the_overlap_decides_what_matches(tmp_path: Path) -> None:
    found = [score(tmp_path, "1,1,0,0,10,4.5,1\n", iou=iou) for iou in (0.5, 0.4)]
    assert [(s.tp, s.fn, s.idf1) for s in found] == [(0, 1, 0.0), (1, 0, 100.0)]
    assert found[0].hota == found[1].hota > 0, "HOTA has thresholds of its own"


@pytest.mark.parametrize(("result", "words"), [
    ("13,1,0,0,10,10,1\n", r"result.txt line 1: found frame 13"),
    ("1,1,0,0,9,9,1\n1,1,5,5,9,9,1\n", r"result.txt: id 1 occurs more than once in frame 1"),
    ("1,1,0,0,9\n", r"result.txt line 1 has 5 columns")])
def test_files_that_are_wrong_are_named(result: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=words):
        score(tmp_path, result)
    (tmp_path / "gt.txt").unlink()
    with pytest.raises(FormatError, match=r"gt.txt does not exist"):
        score_uavdt(UavdtPair("s", tmp_path / "gt.txt", None, tmp_path / "result.txt", FRAMES), 0.5)


def test_nothing_found_is_all_missed(tmp_path: Path) -> None:
    scores = score(tmp_path, "")
    assert (scores.tp, scores.fn, scores.ml, scores.mota) == (0, 1, 1, 0.0)
