"""A project's runs name files; a resume loads none of them unless a person agreed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.engine.weights import checkpoints
from annotator.jobs.project import add_source, open_project
from annotator.jobs.tracking import preannotate
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.jobs.tracking.trust import UntrustedRunError, check_trusted, foreign_files
from annotator.model.track import RunStatus
from tests.command_line import annotator, refused
from tests.conftest import MadeClip

BUILT_IN = next(weights for weights in checkpoints.manifest() if weights.built_in)


def stored(clip: MadeClip, folder: Path, **settings: object) -> Path:
    """A project whose only run was interrupted, with these settings."""
    path = folder / "p.annot"
    with open_project(path, create=True) as session:
        video, _ = add_source(session, clip.video)
        kept = replace(PreannotateSettings(tracker="sort", device="cpu", end=5), **settings)  # type: ignore[arg-type]
        run = session.store.begin_run(video.id, "preannotate", kept.to_json(), {}, ["object"], 0, 5)
        session.store.finish_run(run.id, RunStatus.INTERRUPTED)
    return path


def trap(folder: Path) -> tuple[Path, Path]:
    """A configuration that leaves a mark when it is run, and the mark."""
    config, mark = folder / "config.py", folder / "was-run"
    config.write_text(f"open({str(mark)!r}, 'w').close()\nmodel = dict(type='YOLOX')\n")
    (folder / "weights.pth").write_bytes(b"not weights")
    return config, mark


def test_a_configuration_that_only_the_project_names_is_not_run(clip: MadeClip, tmp_path: Path) -> None:
    config, mark = trap(tmp_path)
    path = stored(clip, tmp_path, detector=str(tmp_path / "weights.pth"), detector_config=str(config))
    message = refused("preannotate", "--project", path, "--resume")
    assert str(config) in message
    assert "a Python program that would be run" in message
    assert "--trust-project" in message
    assert not mark.exists()


@pytest.mark.parametrize("name", ["detector", "segmenter"])
def test_a_model_that_only_the_project_names_is_not_loaded(name: str, clip: MadeClip, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"\x08\x07")
    path = stored(clip, tmp_path, **{name: str(model)}, **({"tracker": "sam2mot"} if name == "segmenter" else {}))
    assert str(model) in refused("preannotate", "--project", path, "--resume")


def test_the_question_comes_for_videos_that_the_run_had_not_reached(clip: MadeClip, tmp_path: Path) -> None:
    config, mark = trap(tmp_path)
    path = stored(clip, tmp_path, detector=str(tmp_path / "weights.pth"), detector_config=str(config))
    with open_project(path) as session:
        session.store.finish_run(session.store.runs()[0].id, RunStatus.FINISHED)
        session.store.add_video("second", clip.video, 240, 180, 20, 25.0, "other")
        with pytest.raises(UntrustedRunError):
            preannotate.unfinished(session, session.store.videos())
    assert not mark.exists()


def test_with_consent_the_files_are_loaded(clip: MadeClip, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"\x08\x07")
    path = stored(clip, tmp_path, detector=str(model))
    said = annotator("preannotate", "--project", path, "--resume", "--trust-project")
    assert "--trust-project" not in said.err
    assert "model.onnx" in said.err  # it was read, and is none
    said = annotator("preannotate", "--project", path, "--resume", "--detector", model)
    assert "--trust-project" not in said.err


def test_a_consent_is_remembered_for_the_project_and_the_content(clip: MadeClip, tmp_path: Path,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATOR_CONFIG_DIR", str(tmp_path / "config"))
    model = tmp_path / "model.onnx"
    model.write_bytes(b"\x08\x07")
    path = stored(clip, tmp_path, detector=str(model))
    before = path.read_bytes()
    settings = PreannotateSettings(detector=str(model))
    assert foreign_files(settings, project=path)
    with pytest.raises(UntrustedRunError):
        check_trusted(settings, False, path)
    check_trusted(settings, True, path)
    check_trusted(settings, False, path)
    assert path.read_bytes() == before
    link = tmp_path / "link.annot"
    link.symlink_to(path)
    check_trusted(settings, False, link)
    other = Path(shutil.copy(path, tmp_path / "other.annot"))
    assert foreign_files(settings, project=other), "the consent is for one project"
    model.write_bytes(b"\x08\x06")
    assert foreign_files(settings, project=path), "the consent is for one content"
    model.unlink()
    assert foreign_files(settings, project=path)
    (tmp_path / "config/trusted.json").write_text("[1")
    assert foreign_files(settings, project=path)
    check_trusted(settings, True, path)  # nothing that could be read, so nothing is remembered
    assert foreign_files(settings, project=path)


def test_an_agreed_resume_does_not_ask_again(clip: MadeClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATOR_CONFIG_DIR", str(tmp_path / "config"))
    model = tmp_path / "model.onnx"
    model.write_bytes(b"\x08\x07")
    path = stored(clip, tmp_path, detector=str(model))
    assert "--trust-project" in refused("preannotate", "--project", path, "--resume")
    annotator("preannotate", "--project", path, "--resume", "--trust-project")
    said = annotator("preannotate", "--project", path, "--resume")
    assert "--trust-project" not in said.err
    assert "model.onnx" in said.err  # it was read, and is none


def test_the_programs_own_models_need_no_question() -> None:
    own = PreannotateSettings(detector="tiny-detector", segmenter="tiny-sam2-drawn")
    assert foreign_files(own) == ()
    assert foreign_files(PreannotateSettings(segmenter=str(BUILT_IN.path()))) == ()
    assert foreign_files(PreannotateSettings(detections="det.txt")) == ()


def test_what_the_user_names_too_is_no_strangers(tmp_path: Path) -> None:
    model = str((tmp_path / "m.onnx").resolve())
    assert foreign_files(PreannotateSettings(detector=model), PreannotateSettings(detector=model)) == ()
    assert len(foreign_files(PreannotateSettings(detector=model), PreannotateSettings(detector="other.onnx"))) == 1


def test_a_file_named_like_a_model_of_the_program_is_no_model_of_the_program(tmp_path: Path) -> None:
    disguised = tmp_path / BUILT_IN.file
    assert len(foreign_files(PreannotateSettings(segmenter=str(disguised)))) == 1
