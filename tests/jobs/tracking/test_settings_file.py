from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotator.cli import options
from annotator.engine import registry
from annotator.engine.detector_settings import DetectorSettings, Suppression
from annotator.engine.settings import ByteTrackSettings, Sam2MotSettings
from annotator.errors import SettingsError
from annotator.jobs.tracking.config import PreannotateSettings, read_settings
from annotator.jobs.tracking.settings_file import Place, build
from annotator.model.track import OnExisting


def test_settings_survive_being_stored(tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text("labels: [car, person]\non_existing: add\nend: 7\ndet_threshold: 1e-1\n"
                                    "prompt: person . red car\ndetection:\n  nms: agnostic\n  tile: 640\n"
                                    "sam2mot:\n  trajectories:\n    max_lost: 9\n  interaction:\n    enabled: false\n")
    settings, given = read_settings(tmp_path / "c.yml", {})
    assert settings.labels == ("car", "person")
    assert settings.on_existing is OnExisting.ADD
    assert settings.det_threshold == 0.1
    assert settings.tracker_settings().det_threshold == 0.1
    assert settings.sam2mot is not None
    assert settings.sam2mot.trajectories.max_lost == 9
    assert not settings.sam2mot.interaction.enabled
    assert settings.prompt == "person . red car"
    assert settings.detection == DetectorSettings(nms=Suppression.AGNOSTIC, tile=640)
    assert given == {"labels", "on_existing", "end", "det_threshold", "sam2mot", "prompt", "detection"}
    assert PreannotateSettings.from_json(settings.to_json()) == settings


def test_options_win_over_the_file_and_one_source_of_detections_over_another(tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text("detector: one.onnx\ndet_threshold: 0.3\ntracker: bytetrack\n")
    settings, given = read_settings(tmp_path / "c.yml", {"det_threshold": 0.4, "detections": "det.txt"})
    assert (settings.detector, settings.detections, settings.det_threshold) == (None, "det.txt", 0.4)
    assert settings.tracker == "bytetrack"
    assert given == {"detections", "det_threshold", "tracker"}


def test_another_source_of_detections_needs_nothing_of_the_files_detector(tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text("detector: mine.pth\ndetector_config: mine.py\nprompt: car\n")
    settings, _ = read_settings(tmp_path / "c.yml", {"detections": "det.txt"})
    assert (settings.detector, settings.detector_config, settings.prompt) == (None, None, None)
    settings, _ = read_settings(tmp_path / "c.yml", {"detector": "grounding-dino-t"})
    assert (settings.detector, settings.detector_config, settings.prompt) == ("grounding-dino-t", None, "car")


@pytest.mark.parametrize(("content", "expected"), [
    ("det_threshold: 1", {"det_threshold": 1.0}),
    ("det_threshold: 5E-1", {"det_threshold": 0.5}),
    ("start: 0x10", {"start": 16}),
    ("detections: 2024-05-01", {"detections": "2024-05-01"}),
    ("class_labels: {no: yes_sign, 7: seven}", {"class_labels": {"no": "yes_sign", "7": "seven"}}),
    ("end:", {}),
])
def test_values_are_what_they_look_like(content: str, expected: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text(content)
    assert read_settings(tmp_path / "c.yml", {})[0] == replace(PreannotateSettings(), **expected)


def test_nothing_given_is_all_defaults() -> None:
    assert read_settings(None, {}) == (PreannotateSettings(), frozenset())


@pytest.mark.parametrize("content", ["", "# only a comment\n", "\ufeff\n"])
def test_an_empty_file_is_all_defaults(content: str, tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text(content, encoding="utf-8")
    assert read_settings(tmp_path / "c.yml", {})[0] == PreannotateSettings()


@pytest.mark.parametrize(("content", "words"), [
    ("start: 1.5", "c.yml line 1: start is 1.5: it must be a whole number"),
    ("start: true", "start is True: it must be a whole number"),
    ("tracker: 3", "tracker is 3: it must be text"),
    ("labels: car", "labels is 'car': it must be a list of names"),
    ("labels: []", "it must be a list of names"),
    ("labels: [1]", "labels holds 1: it must be a list of names"),
    ("class_labels:\n  car: car\n  dog: 3", "c.yml line 3: class_labels.dog is 3: it must be text"),
    ("det_threshold: .inf", "det_threshold is 'Infinity': it must be a number"),
    ("det_threshold: true", "det_threshold is True: it must be a number"),
    ("bytetrack:", "bytetrack is None: it must be a mapping"),
    ("on_existing: delete", "on_existing is 'delete': choose 'replace', 'replace-corrected', 'add' or 'propose'"),
    ("sam2mot: 3", "sam2mot is 3: it must be a mapping"),
    ("sam2:\n  bfloat16: 1", "c.yml line 2: sam2.bfloat16 is 1: it must be true or false"),
    ("\nsnapshot_every: 0", "c.yml line 2: snapshot_every: snapshot_every is 0"),
    ("tracker: best", "c.yml line 1: tracker: there is no tracker 'best'"),
    ("sam2mot:\n  trajectories:\n    pending: 9\n", "c.yml line 3: sam2mot.trajectories.pending: the score"),
    ("detector_config: mine.py", "c.yml line 1: detector_config: detector_config is given without a checkpoint"),
    ("detections: det.txt\nprompt: car", "c.yml line 2: prompt: prompt is given, but the boxes come from"),
    ("detection:\n  tile: 8", "c.yml line 2: detection.tile: detection.tile is 8: give at least 32"),
    ("detection:\n  nms: hard", "c.yml line 2: detection.nms is 'hard': choose 'model', 'per-class' or 'agnostic'"),
    ("detection:\n  batch_size: 0", "detection.batch_size is 0"),
    ("detection:\n  score_floor: 2", "detection.score_floor is 2.0"),
    ("detection:\n  tile_overlap: 1", "detection.tile_overlap is 1.0"),
    ("detector: a\ndetections: b\n", "c.yml: detector and detections are both given"),
    ("start: x\ncolour: red", "c.yml line 1: start is 'x'"),
    ("colour: red\nstart: x", "c.yml line 1: colour is no setting; there are adaptive_margin, botsort, "),
    ("sam2:\n  colour: red", "c.yml line 2: sam2.colour is no setting; there are batch_size, bfloat16, "),
    ("1: 2", "c.yml line 1: 1 is no setting"),
    ("? [a, b]\n: 3", "c.yml line 1 is not valid YAML"),
    ("labels: !!set {a, b}", "c.yml line 1 is not valid YAML"),
    ("labels: &names [*names]", "a list that contains itself"),
    ("sam2: &own {more: *own}", "c.yml is nested too deeply"),
    ("start: 1\n  end: 3", "c.yml line 2 is not valid YAML"),
    ("!!python/object/apply:os.system [echo]", "is not valid YAML"),
])
def test_what_is_wrong_is_named_with_its_line_and_key(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text(content)
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path / "c.yml", {})
    assert words in str(caught.value)


def test_a_wrong_option_is_named_as_the_option() -> None:
    with pytest.raises(SettingsError, match="^--det-threshold: det_threshold is 3"):
        read_settings(None, {"det_threshold": 3.0})


def test_what_another_version_stored_is_told() -> None:
    with pytest.raises(SettingsError, match="the settings stored with the run: colour is no setting"):
        build(PreannotateSettings, {"colour": "red"}, Place("the settings stored with the run"))


@pytest.mark.parametrize(("wanted", "expected"), [(None, (0.7, 0.6, 0.1)), (0.9, (0.9, 0.6, 0.1)),
                                                  (0.3, (0.3, 0.3, 0.1)), (0.05, (0.05, 0.05, 0.05))])
def test_the_threshold_is_where_bytetrack_begins_tracklets(wanted: float | None,
                                                           expected: tuple[float, float, float]) -> None:
    own = PreannotateSettings(tracker="bytetrack", det_threshold=wanted).box_tracker_settings()
    assert isinstance(own, ByteTrackSettings)
    assert (own.track_activation_threshold, own.high_conf_det_threshold, own.minimum_score) == expected


@pytest.mark.parametrize("name", ["co-dino-l", "grounding-dino-l"])
def test_bundled_settings_are_known_by_name(name: str) -> None:
    settings, _ = read_settings(Path(name), {"device": "cpu"})
    assert (settings.detector, settings.segmenter, settings.thresholds) == (name, "sam2.1-large", "adaptive")
    assert read_settings(Path(name), {"det_threshold": 0.4})[0].thresholds is None
    with pytest.raises(SettingsError, match="no bundled settings of this name .there are co-dino-l, grounding-dino-l"):
        read_settings(Path("co-dino"), {})


def test_a_run_is_stored_with_the_thresholds_of_its_segmenter() -> None:
    settings = PreannotateSettings(segmenter="tiny-sam2-drawn").with_segmenter("cpu")
    assert settings.sam2mot == registry.sam2mot_settings("tiny-sam2-drawn")
    assert settings.sam2 == registry.sam2_settings("tiny-sam2-drawn")
    assert PreannotateSettings.from_json(settings.to_json()) == settings


def test_thresholds_that_are_given_stay() -> None:
    given = Sam2MotSettings(speck_share=0.3)
    settings = PreannotateSettings(segmenter="tiny-sam2-drawn", sam2mot=given, det_threshold=0.2).with_segmenter("cpu")
    assert settings.sam2mot == given
    assert settings.tracker_settings() == replace(given, det_threshold=0.2)
    assert PreannotateSettings(tracker="bytetrack").with_segmenter("cpu").segmenter is None


def test_class_names_from_a_file_join_the_other_settings_of_the_detector(tmp_path: Path) -> None:
    names, config = tmp_path / "names.txt", tmp_path / "c.yml"
    names.write_text("cat\n\n dog \n", encoding="utf-8")
    config.write_text("detection: {score_floor: 0.2, class_names: [bird]}")
    given = argparse.Namespace(config=str(config), class_names=str(names), detector="net.onnx")
    settings, _ = options.read_settings(given)
    assert settings.detection == DetectorSettings(score_floor=0.2, class_names=("cat", "dog"))
    assert PreannotateSettings.from_json(settings.to_json()) == settings
    for text in (b"\xff\xfe\x00", b""):
        names.write_bytes(text)
        with pytest.raises(SettingsError, match="class_names|names.txt"):
            options.read_settings(given)
    config.write_text("detection: [1]")
    names.write_text("cat")
    with pytest.raises(SettingsError, match="detection"):
        options.read_settings(given)


def test_the_papers_rules_as_the_documentation_gives_them(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "design" / "tracking.md").read_text(encoding="utf-8")
    file = tmp_path / "paper.yml"
    file.write_text(page.split("```yaml\n")[1].split("```")[0])
    settings, _ = read_settings(file, {})
    assert settings.sam2mot == Sam2MotSettings.paper()
    assert settings.sam2 is not None
    assert not settings.sam2.keep_first
