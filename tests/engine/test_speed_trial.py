from __future__ import annotations

import platform
from pathlib import Path

import pytest

from annotator.engine.speed_trial import Trial, remember_trial, remembered_trials, run_trial
from annotator.engine.weights import checkpoints
from annotator.errors import Cancelled, ModelError
from annotator.model.cancel import CancelToken


def trial(fps: float = 2.0, device: str = "cpu, 2 threads") -> Trial:
    return Trial("sam2.1-tiny", device, 5, 7, fps)


def test_a_trial_needs_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its weights are random, and of the shapes that the manifest names."""
    monkeypatch.setattr(checkpoints, "load_state_dict", lambda _path: pytest.fail("weights were read"))
    seen: list[tuple[int, int]] = []
    found = run_trial(checkpoints.known("tiny-sam2"), "cpu", objects=2, seconds=0.2,
                      progress=lambda done, total: seen.append((done, total)))
    assert (found.model, found.objects) == ("tiny-sam2", 2)
    assert found.device.startswith("cpu, ")
    assert found.frames == len(seen) >= 1
    assert 0 < found.fps <= found.frames / 0.2


def test_a_trial_can_be_cancelled_between_frames() -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        run_trial(checkpoints.known("tiny-sam2"), "cpu", objects=1, seconds=1e9, cancel=cancel,
                  progress=lambda _done, _total: cancel.cancel())


def test_only_segmenters_are_tried() -> None:
    with pytest.raises(ModelError, match="tiny-detector is a detector"):
        run_trial(checkpoints.known("tiny-detector"))


def test_the_last_trial_of_each_model_and_device_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "trials.json"
    assert remembered_trials(path) == ()
    for each in (trial(1.0), trial(9.0, "cuda, GPU"), trial(3.0)):
        remember_trial(each, path)
    assert remembered_trials(path) == (trial(9.0, "cuda, GPU"), trial(3.0))
    assert [file.name for file in path.parent.iterdir()] == ["trials.json"]


def test_another_machine_with_the_same_home_folder_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trials.json"
    remember_trial(trial(1.0), path)
    with monkeypatch.context() as patched:
        patched.setattr(platform, "node", lambda: "another machine")
        assert remembered_trials(path) == ()
        remember_trial(trial(5.0), path)
    assert remembered_trials(path) == (trial(1.0),)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"x": 1}', b'{"x": [{"model": 3}]}', b"[" * 100_000])
def test_a_file_of_something_else_counts_as_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "trials.json"
    path.write_bytes(content)
    assert remembered_trials(path) == ()
    remember_trial(trial(), path)
    assert remembered_trials(path) == (trial(),)


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    remember_trial(trial(), tmp_path / "file" / "trials.json")
    assert "cannot be kept" in caplog.text
