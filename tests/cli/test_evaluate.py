from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotator.errors import FormatError
from annotator.evaluation import combine, evaluate, evaluate_arrays, evaluate_frames
from annotator.model.sequence import LabelledBox, LabelledFrame


@pytest.fixture(scope="module")
def metrics() -> Path:
    folder = Path(__file__).parents[2] / "../shared/data/metrics"
    if not folder.is_dir():
        pytest.skip("no sample data beside the checkout")
    return folder


def test_every_metric_of_trackevals_own_table(metrics: Path) -> None:
    folder = metrics / "trackeval_mot17_mott_part"
    found = evaluate(folder / "gt", folder / "tracker")
    with (folder / "pedestrian_detailed.csv").open() as file:
        rows = {row.pop("seq"): row for row in csv.DictReader(file)}
    compared = 0
    for name, row in rows.items():
        raw: dict[str, Any] = {}
        for metric in found.sequences[name].raw.values():
            raw |= metric
        for column, text in row.items():
            metric_name, _, threshold = column.partition("___")
            metric_name = metric_name.replace("RHOTA", "OWTA")  # its name when the table was made
            if metric_name not in raw:
                assert metric_name in {"Dets", "GT_Dets", "IDs", "GT_IDs"}
                continue
            value = raw[metric_name]
            if threshold and threshold != "AUC":
                value = value[int(threshold) // 5 - 1]
            assert float(np.mean(value)) == pytest.approx(float(text), rel=1e-9, abs=1e-12), (name, column)
            compared += 1
    assert compared > 400
    assert found.settings["preprocess"] == {"MOT17-02-FRCNN": True, "MOT17-10-FRCNN": True}


def test_preprocessing_forgives_boxes_on_distractors(tmp_path: Path) -> None:
    (tmp_path / "gt.txt").write_text("1,1,0,0,10,10,1,1,1\n1,2,50,50,10,10,0,8,1\n1,3,90,90,10,10,1,3,1\n")
    (tmp_path / "result.txt").write_text("1,1,0,0,10,10,1\n1,2,50,50,10,10,1\n")

    def score(preprocess: bool | None = None) -> tuple[int, int, int]:
        found = evaluate(tmp_path / "gt.txt", tmp_path / "result.txt", preprocess=preprocess).combined
        return found.tp, found.fp, found.fn

    assert score() == score(preprocess=True) == (1, 0, 0)
    assert score(preprocess=False) == (1, 1, 1)
    # Classes with names of their own are not MOTChallenge's distractors.
    (tmp_path / "labels.txt").write_text("cat\ndog\ncow\nhen\nfox\nowl\nape\nbat\n")
    assert score() == (1, 1, 1)


def test_published_numbers_of_tud(metrics: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    for name in ("TUD-Campus", "TUD-Stadtmitte"):
        shutil.copy(metrics / "tud_pymotmetrics" / name / "test.txt", results / f"{name}.txt")
    found = evaluate(metrics / "tud_pymotmetrics", results)
    expected = {"TUD-Campus": (39.1397, 41.8047, 36.9121, 52.6462, 55.7659),
                "TUD-Stadtmitte": (39.7849, 39.2268, 40.8841, 56.4014, 64.4619)}
    for name, numbers in expected.items():
        scores = found.sequences[name]
        assert [round(value, 4) for value in (scores.hota, scores.deta, scores.assa, scores.mota, scores.idf1)] == \
            list(numbers)
    assert [round(value, 4) for value in (found.combined.hota, found.combined.mota, found.combined.idf1)] == \
        [39.9957, 55.5116, 62.4296]
    one = evaluate(metrics / "tud_pymotmetrics/TUD-Campus/gt.txt", results / "TUD-Campus.txt")
    assert one.combined == found.sequences["TUD-Campus"]


def test_published_numbers_of_bdd100k(metrics: Path) -> None:
    folder = metrics / "scalabel_box_track"
    found = evaluate(folder / "track_sample_anns.json", folder / "track_predictions.json",
                     config=folder / "box_track_configs.toml")
    motas = [36.12565445, 43.69747899, 71.27987664, 47.69230769, 0.0, -1.0, -4.20168067, -1.0, 39.03225806, 70.14925373,
             -4.20168067]
    names = ["pedestrian", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle", "human", "vehicle", "bike"]
    assert list(found.classes) == names
    assert [float(np.nan_to_num(found.classes[name].mota, nan=-1)) for name in names] == pytest.approx(motas)
    all_scores = found.combined
    assert [all_scores.mota, all_scores.motp, all_scores.idf1] == pytest.approx(
        [64.20070762302991, 87.16143945073146, 71.01073676416142])
    assert (all_scores.fp, all_scores.fn, all_scores.idsw, all_scores.mt, all_scores.pt, all_scores.ml,
            all_scores.frag) == (126, 942, 45, 62, 47, 33, 66)
    assert found.class_average == pytest.approx(
        {"idf1": 32.24781943655838, "mota": 24.324204637536685, "motp": 50.01285067174096})
    # Its own classes are those of the configuration.
    assert evaluate(folder / "track_sample_anns.json", folder / "track_predictions.json").combined == all_scores
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["classes"]["train"]["mota"] is None
    assert "pedestrian" in found.table()


Frame = tuple[list[int], list[list[float]]]


def two_tracks(frames: int = 10) -> list[Frame]:
    return [([1, 2], [[t, 0, t + 10, 10], [t, 50, t + 10, 60]]) for t in range(frames)]


def test_the_truth_scores_hundred() -> None:
    scores = evaluate_arrays(two_tracks(), two_tracks())
    assert (scores.hota, scores.idf1, scores.mota, scores.motp) == pytest.approx((100, 100, 100, 100))
    assert (scores.tp, scores.fp, scores.fn, scores.idsw) == (20, 0, 0, 0)


def test_a_swap_costs_association_not_detection() -> None:
    swapped = [([2, 1], boxes) if t >= 5 else (ids, boxes) for t, (ids, boxes) in enumerate(two_tracks())]
    scores = evaluate_arrays(two_tracks(), swapped)
    assert scores.idsw == 2
    assert scores.deta == pytest.approx(100)
    assert scores.assa == pytest.approx(100 / 3)
    assert scores.idf1 == pytest.approx(50)


def test_names_of_identities_do_not_matter() -> None:
    renamed = [([1000 if one == 1 else 7 for one in ids], boxes) for ids, boxes in two_tracks()]
    assert evaluate_arrays(two_tracks(), renamed) == evaluate_arrays(two_tracks(), two_tracks())


def test_one_side_empty() -> None:
    nothing: list[Frame] = [([], []) for _ in range(10)]
    missed, invented = evaluate_arrays(two_tracks(), nothing), evaluate_arrays(nothing, two_tracks())
    assert (missed.hota, missed.fn, invented.hota, invented.fp) == (0, 20, 0, 20)
    assert combine({"a": missed, "b": evaluate_arrays(two_tracks(), two_tracks())}).fn == 20
    assert evaluate_arrays([], []).tp == 0


def test_combining_sums_counts() -> None:
    part = [(ids[:1], boxes[:1]) for ids, boxes in two_tracks()]
    a, b = evaluate_arrays(two_tracks(), part), evaluate_arrays(two_tracks(), two_tracks())
    both = combine({"a": a, "b": b})
    assert (both.tp, both.fn) == (a.tp + b.tp, a.fn + b.fn)
    assert both.mota == pytest.approx(75)


def test_ids_must_be_unique_in_a_frame() -> None:
    with pytest.raises(FormatError, match="result has id 1 more than once in frame index 3"):
        evaluate_arrays(two_tracks(), [([1, 1], boxes) if t == 3 else (ids, boxes)
                                       for t, (ids, boxes) in enumerate(two_tracks())])
    with pytest.raises(ValueError, match="10 frames, the result 9"):
        evaluate_arrays(two_tracks(), two_tracks(9))


def test_labelled_frames_may_have_gaps_and_ignored_truth() -> None:
    def frame(index: int, *boxes: LabelledBox) -> LabelledFrame:
        return LabelledFrame(index, boxes)

    good = LabelledBox(1, 0, (0, 0, 10, 10))
    ignored = LabelledBox(2, 0, (50, 50, 60, 60), ignored=True)
    gt = [frame(0, good, ignored), frame(4, good)]
    assert evaluate_frames(gt, [frame(4, good), frame(0, good)]).mota == pytest.approx(100)
    assert evaluate_frames(gt, [frame(0, good)]).fn == 1
    with pytest.raises(FormatError, match="frame 4 is beyond"):
        evaluate_frames(gt, [], frame_count=4)
    with pytest.raises(FormatError, match="without a track number"):
        evaluate_frames(gt, [frame(0, LabelledBox(None, 0, (0, 0, 1, 1)))])


ROW = "1,1,0,0,10,10,1,1,1\n"


@pytest.mark.parametrize(("gt", "result", "message"), [
    (ROW, "0,1,0,0,10,10,1\n", r"result\.txt line 1: found frame 0; .* counts frames from 1"),
    (ROW, "1,1,0,0,10,10,1\n1,1,0,0,9,9,1\n", r"result\.txt line 2: found id 1 a second time"),
    (ROW, "4,1,0,0,10,10,1\n", r"result\.txt line 1: found frame 4; expected no frame beyond 3"),
    (ROW + "9,1,0,0,10,10,1,1,1\n", "1,1,0,0,10,10,1\n", r"gt\.txt line 2: found frame 9"),
    (ROW, "1,-1,0,0,10,10,1\n", "are these detections"),
    (ROW, "1,1,0,0,10,10,1,1\n1,2,0,0,10,10,1,3\n", "found classes 1, 3"),
    (ROW, "1,1,0,0\n", "line 1 has 4 columns"),
    ("1,1,0,0,10,10,1,77,1\n", "1,1,0,0,10,10,1\n", "found class 77"),
])
def test_malformed_input_is_named(tmp_path: Path, gt: str, result: str, message: str) -> None:
    (tmp_path / "clip/gt").mkdir(parents=True)
    (tmp_path / "clip/gt/gt.txt").write_text(gt)
    (tmp_path / "clip/seqinfo.ini").write_text("[Sequence]\nname=clip\nseqLength=3\n")
    (tmp_path / "result.txt").write_text(result)
    with pytest.raises(FormatError, match=message):
        evaluate(tmp_path / "clip", tmp_path / "result.txt")


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="does not exist; give an existing file or folder with the ground truth"):
        evaluate(tmp_path / "no", tmp_path)
    with pytest.raises(FormatError, match="has no ground truth"):
        evaluate(tmp_path, tmp_path)
    for name in ("a", "b"):
        (tmp_path / "gt" / name).mkdir(parents=True)
        (tmp_path / "gt" / name / "gt.txt").write_text(ROW)
    (tmp_path / "a.txt").write_text("1,1,0,0,10,10,1\n")
    with pytest.raises(FormatError, match=r"has no results for 1 of 2 sequences; expected b\.txt"):
        evaluate(tmp_path / "gt", tmp_path)
    assert list(evaluate(tmp_path / "gt", tmp_path / "a.txt").sequences) == ["a"]


def test_evaluation_prints_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gt.txt").write_text(ROW)
    (tmp_path / "result.txt").write_text("1,1,0,0,10,10,1\n")
    evaluate(tmp_path / "gt.txt", tmp_path / "result.txt")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("change", "message"), [
    ({"category": "cat"}, "found category 'cat'"),
    ({"box2d": {"x1": 0}}, "found box2d"),
    ({"id": None}, None),
])
def test_malformed_scalabel_is_named(tmp_path: Path, change: dict[str, object], message: str | None) -> None:
    label = {"id": "1", "category": "car", "box2d": {"x1": 0, "y1": 0, "x2": 9, "y2": 9}}
    frame = {"name": "a.jpg", "videoName": "v", "frameIndex": 0, "labels": [label]}
    gt, result = tmp_path / "gt.json", tmp_path / "result.json"
    gt.write_text(json.dumps([frame]))
    result.write_text(json.dumps([{**frame, "labels": [{**label, **change}]}]))
    if message is None:
        assert evaluate(gt, result).combined.mota == 100
        return
    with pytest.raises(FormatError, match=message):
        evaluate(gt, result)
    result.write_text(json.dumps([{**frame, "frameIndex": 5}]))
    with pytest.raises(FormatError, match="frameIndex 5, which is not in the ground truth"):
        evaluate(gt, result)
