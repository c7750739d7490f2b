from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
import types
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from annotator.engine.weights import checkpoints
from annotator.engine.weights.checkpoints import (
    ModelKind,
    Weights,
    check_keys,
    file_sha256,
    find,
    installed,
    known,
    load_state_dict,
    manifest,
    models_dir,
    read_checkpoint,
    verify,
)
from annotator.errors import ModelError


class Malicious:
    """Runs a command when unpickled by an unsafe reader."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"echo ran > {self.marker}",)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "some.pt"
    torch.save({"model": {"a.weight": torch.arange(6.0).half(), "b.bias": torch.ones(200_000)}}, path)
    return path


def one_line(path: Path) -> str:
    """The message with which a file is refused."""
    with pytest.raises(ModelError) as caught:
        load_state_dict(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapper", ["model", "state_dict", None])
def test_a_checkpoint_is_read_whatever_it_is_wrapped_in(tmp_path: Path, wrapper: str | None) -> None:
    tensors = {"a": torch.arange(3.0), "b": torch.zeros(2, dtype=torch.float16)}
    torch.save(tensors if wrapper is None else {wrapper: tensors, "epoch": 3}, tmp_path / "x.pt")
    state = load_state_dict(tmp_path / "x.pt")
    assert list(state) == ["a", "b"]
    assert state["a"].tolist() == [0, 1, 2]
    assert state["b"].dtype == torch.float16


def test_the_older_kind_of_checkpoint_is_read(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(3)}, tmp_path / "x.pth", _use_new_zipfile_serialization=False)
    assert load_state_dict(tmp_path / "x.pth")["a"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_code_in_a_checkpoint_is_never_run(tmp_path: Path, zipped: bool, wrapped: bool) -> None:
    marker = tmp_path / "marker"
    bad = Malicious(marker)
    torch.save({"model": {"a": torch.ones(2), "b": bad}} if wrapped else bad, tmp_path / "bad.pt",
               _use_new_zipfile_serialization=zipped)
    assert "contains code" in one_line(tmp_path / "bad.pt")
    assert not marker.exists()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_bare_pickle_with_code_is_never_run(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(Malicious(marker)))
    one_line(tmp_path / "bad.pkl")
    assert not marker.exists()
    pickle.loads((tmp_path / "bad.pkl").read_bytes())
    assert marker.exists(), "the file does run code where it is read without care"


@pytest.mark.parametrize(("content", "words"), [
    (b"", "is empty"),
    (b"version https://git-lfs.github.com/spec/v1\n", "not a checkpoint"),
    (b"<html>please log in</html>", "not a checkpoint"),
    (b"\x80\x02 not a pickle", "damaged or not a checkpoint"),
])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    assert words in one_line(tmp_path / "x.pt")


@pytest.mark.parametrize("content", [{}, {"a": 1}, torch.ones(3), {"model": {}}, {1: torch.ones(1)}, [torch.ones(1)]])
def test_a_checkpoint_without_named_tensors_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "x.pt")
    assert "contains no model weights" in one_line(tmp_path / "x.pt")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.99])
def test_a_checkpoint_cut_anywhere_is_refused(tmp_path: Path, share: float, zipped: bool) -> None:
    torch.save({"a": torch.ones(20_000)}, tmp_path / "whole.pt", _use_new_zipfile_serialization=zipped)
    content = (tmp_path / "whole.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(content[:int(len(content) * share)])
    one_line(tmp_path / "cut.pt")


def test_any_single_wrong_byte_is_refused_or_harmless(checkpoint: Path, tmp_path: Path) -> None:
    content = bytearray(checkpoint.read_bytes())
    for position in [*range(0, 600, 7), *range(len(content) - 600, len(content), 7)]:
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        (tmp_path / "damaged.pt").write_bytes(damaged)
        with suppress(ModelError):
            assert set(load_state_dict(tmp_path / "damaged.pt")) == {"a.weight", "b.bias"}, position


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    assert "folder" in one_line(tmp_path)
    assert "cannot be read" in one_line(tmp_path / "none.pt")


# --- MMEngine's checkpoints -------------------------------------------------------------------------------------------


class FakeHistoryBuffer:
    """MMEngine's class as a file holds it: arrays, numbers, and methods looked up by name."""

    def __init__(self) -> None:
        self.max_length = 10
        self._log_history = np.array([0.5, 0.25])
        self._count_history = np.array([1, 1])
        self._last = np.float64(0.25)
        self._statistics_methods = {"mean": self.mean}

    def mean(self) -> float:
        return float(self._log_history.mean())


FakeHistoryBuffer.__module__ = "mmengine.logging.history_buffer"
FakeHistoryBuffer.__qualname__ = FakeHistoryBuffer.__name__ = "HistoryBuffer"


@pytest.fixture
def mmengine_log(monkeypatch: pytest.MonkeyPatch) -> FakeHistoryBuffer:
    """A training log that pickle takes for MMEngine's own, whether that is installed or not."""
    module = types.ModuleType("mmengine.logging.history_buffer")
    monkeypatch.setattr(module, "HistoryBuffer", FakeHistoryBuffer, raising=False)
    for name in ("mmengine", "mmengine.logging"):
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name) or types.ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return FakeHistoryBuffer()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_training_log_beside_the_weights_is_passed_over(tmp_path: Path, mmengine_log: FakeHistoryBuffer,
                                                          zipped: bool) -> None:
    content = {"meta": {"dataset_meta": {"classes": ("ant", "bee")}, "epoch": 3},
               "state_dict": {"a": torch.arange(3.0)},
               "message_hub": {"log_scalars": {"train/loss": mmengine_log}, "runtime_info": {"epoch": 3}}}
    torch.save(content, tmp_path / "x.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "x.pth", weights_only=True)
    found = read_checkpoint(tmp_path / "x.pth")
    assert found.tensors["a"].tolist() == [0, 1, 2]
    assert found.classes == ("ant", "bee")


@pytest.mark.parametrize(("meta", "classes"), [({"CLASSES": ["ant"]}, ("ant",)), ({"CLASSES": None}, ()), (None, ()),
                                               ({"dataset_meta": {"CLASSES": ("bee",)}}, ("bee",)), ("text", ())])
def test_class_names_are_where_either_mmdetection_puts_them(tmp_path: Path, meta: object,
                                                            classes: tuple[str, ...]) -> None:
    torch.save({"meta": meta, "state_dict": {"a": torch.ones(1)}}, tmp_path / "x.pth")
    assert read_checkpoint(tmp_path / "x.pth").classes == classes


class Looked:
    """Reaches for a function by name, through what a training log may use."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return getattr, self.call


@pytest.mark.parametrize("zipped", [True, False])
def test_code_beside_a_training_log_is_never_run(tmp_path: Path, mmengine_log: FakeHistoryBuffer, zipped: bool,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "marker"
    monkeypatch.setattr(mmengine_log, "max_length", Malicious(marker))
    for bad in (mmengine_log, [mmengine_log, Malicious(marker)], Looked(os, "system"),
                Looked(Malicious(marker), "max_length")):
        try:
            torch.save({"state_dict": {"a": torch.ones(2)}, "message_hub": bad}, tmp_path / "bad.pth",
                       _use_new_zipfile_serialization=zipped)
        except TypeError:  # a module cannot be written: there is no such file to read
            continue
        assert "contains code" in one_line(tmp_path / "bad.pth")
        assert not marker.exists()


def test_what_is_passed_over_cannot_be_called(tmp_path: Path) -> None:
    """A pickle by hand: getattr(HistoryBuffer, "x") is made, and then called."""
    marker = tmp_path / "marker"
    code = (b"\x80\x02cbuiltins\ngetattr\ncmmengine.logging.history_buffer\nHistoryBuffer\nX\x01\x00\x00\x00x\x86R"
            + f"(S'echo ran > {marker}'\ntR.".encode())
    (tmp_path / "x.pth").write_bytes(code)
    one_line(tmp_path / "x.pth")
    assert not marker.exists()


# --- fitting ----------------------------------------------------------------------------------------------------------


@given(st.sets(st.text(min_size=1, max_size=4)), st.sets(st.text(min_size=1, max_size=4)))
def test_only_equal_names_fit(expected: set[str], found: set[str]) -> None:
    if expected == found:
        check_keys(expected, found, Path("x.pt"))
    else:
        with pytest.raises(ModelError):
            check_keys(expected, found, Path("x.pt"))


def test_the_line_says_how_many_names_are_wrong() -> None:
    with pytest.raises(ModelError, match="x.pt does not match this model: 2 of its tensors are missing, such as b; "
                                         "1 of its tensors are unknown, such as z"):
        check_keys({"a", "b", "c"}, {"a", "z"}, Path("x.pt"))
    with pytest.raises(ModelError, match="a different model"):
        check_keys({"a"}, {"backbone.stem"}, Path("x.pt"))


# --- finding ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def weights(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """The only entry of the manifest, installed in the models folder."""
    folder = tmp_path / "models"
    folder.mkdir()
    content = checkpoint.read_bytes()
    (folder / "published.pt").write_bytes(content)
    entry = Weights("some-model", ModelKind.SEGMENTER, "published.pt", "Apache-2.0", "tests", "some",
                    "http://127.0.0.1:9/published.pt", len(content), hashlib.sha256(content).hexdigest(),
                    aliases=("some",))
    monkeypatch.setattr(checkpoints, "manifest", lambda: (entry,))
    monkeypatch.setenv("ANNOTATOR_MODELS_DIR", str(folder))
    monkeypatch.chdir(tmp_path)
    return entry


@pytest.mark.parametrize("name", ["some-model", "some", "published.pt"])
def test_a_model_is_found_by_each_of_its_names(weights: Weights, name: str) -> None:
    assert find(name) == models_dir() / "published.pt"


def test_a_file_is_found_by_its_path_and_before_a_published_file_of_that_name(weights: Weights, tmp_path: Path) -> None:
    assert find(tmp_path / "some.pt") == tmp_path / "some.pt"
    (tmp_path / "published.pt").write_bytes(b"mine")
    assert find("published.pt") == Path("published.pt")
    (tmp_path / "some").write_bytes(b"a file that happens to be called like a model")
    assert find("some") == models_dir() / "published.pt"


@pytest.mark.parametrize(("name", "words"), [
    ("nothing", "unknown model nothing: choose one of some-model"),
    ("nothing.pt", "no such weights file"),
    ("deep/nothing", "no such weights file"),
    (".", "is a folder"),
])
def test_what_is_not_there_is_told(weights: Weights, name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        find(name)


def test_a_model_that_is_not_installed_is_told_with_the_command(weights: Weights, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="annotator models download some-model") as caught:
        find("some-model", tmp_path / "empty")
    assert weights.url in str(caught.value)
    assert installed(folder=tmp_path / "empty") == ()


def test_a_cut_file_is_neither_found_nor_installed(weights: Weights) -> None:
    path = models_dir() / "published.pt"
    assert installed() == (weights,)
    assert installed(ModelKind.DETECTOR) == ()
    path.write_bytes(path.read_bytes()[:100])
    assert installed() == ()
    with pytest.raises(ModelError, match="has 100 bytes"):
        find("some-model")


def test_verify_tells_a_changed_file(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    assert verify("some", progress=lambda *p: told.append(p)) == weights.sha256
    assert told[-1] == (weights.size, weights.size)
    head = replace(weights, sha256=weights.sha256[:8])
    monkeypatch.setattr(checkpoints, "manifest", lambda: (head,))
    assert verify("some") == weights.sha256
    path = models_dir() / "published.pt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="damaged or changed"):
        verify("some")


@given(st.binary(max_size=3000))
def test_the_hash_is_that_of_the_content(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "content"
    path.write_bytes(content)
    assert file_sha256(path) == hashlib.sha256(content).hexdigest()


# --- the manifest -----------------------------------------------------------------------------------------------------


def test_no_two_entries_share_a_name() -> None:
    names = [name for weights in manifest() for name in {weights.name, weights.file, *weights.aliases}]
    assert len(names) == len(set(names))


def test_every_entry_can_be_downloaded_and_checked_or_is_built_in() -> None:
    for weights in manifest():
        if weights.built_in:
            assert weights.path().parent.name == "models"
            continue
        assert weights.url.startswith("https://")
        assert weights.url.endswith("/" + weights.file)
        assert len(weights.sha256) == 64 or weights.file.endswith(f"-{weights.sha256}.pth")
        assert len(weights.sha256) >= 8
        assert weights.size is not None or weights.kind is ModelKind.DETECTOR
        assert set(weights.sha256) <= set("0123456789abcdef")


def test_every_published_segmenter_has_a_configuration_in_the_sam2_package() -> None:
    from importlib.resources import files

    for weights in manifest():
        if weights.kind is ModelKind.SEGMENTER and not weights.built_in:
            config = files("sam2") / "configs" / weights.config.split("_")[0] / f"{weights.config}.yaml"
            assert config.is_file(), weights.name


def test_published_names_are_known() -> None:
    assert known("sam2.1_hiera_l").name == "sam2.1-large"
    assert known("sam2.1_hiera_base_plus.pt").name == "sam2.1-base+"


def test_finding_and_listing_do_not_import_torch() -> None:
    code = ("import sys; from annotator.engine.weights import checkpoints, download; checkpoints.installed(); "
            "sys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
