"""The user's consents to connect to servers that a project names."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.files import consent
from annotator.files.consent import NetworkConsent, agreed, consents_file


@pytest.fixture(autouse=True)
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(consent.CONFIG_DIR_VARIABLE, str(tmp_path / "config"))


def test_a_consent_holds_for_one_project_and_one_share_and_is_remembered(tmp_path: Path) -> None:
    own = NetworkConsent(tmp_path / "p.annot")
    assert not own.allows("//server/share")
    own.agree(["//server/share"])
    later = NetworkConsent(tmp_path / "p.annot")
    assert later.allows("//server/share")
    assert not later.allows("//server/other")
    assert not NetworkConsent(tmp_path / "other.annot").allows("//server/share")


def test_a_share_is_no_consent_to_load_files(tmp_path: Path) -> None:
    NetworkConsent(tmp_path / "p.annot").agree(["//server/share"])
    assert not agreed(tmp_path / "p.annot", str(tmp_path / "model.onnx"))
    consent.remember(tmp_path / "p.annot", [__file__])
    assert not NetworkConsent(tmp_path / "p.annot").allows(__file__)
    assert agreed(tmp_path / "p.annot", __file__)
    assert NetworkConsent(tmp_path / "p.annot").allows("//server/share")


def test_the_share_of_the_project_itself_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "_key", str)  # would look for the server on Windows
    own = NetworkConsent(Path("//Server/share/folder/p.annot"))
    assert own.allows("//server/share")
    assert not own.allows("//other/share")
    own.agree(["//server/share"])
    assert not consents_file().exists()


def test_a_consent_that_cannot_be_stored_holds_for_the_session(tmp_path: Path,
                                                                  caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    own = NetworkConsent(tmp_path / "p.annot")
    own.agree(["//server/share"])
    assert own.allows("//server/share")
    assert "could not be stored" in caplog.text
    assert not NetworkConsent(tmp_path / "p.annot").allows("//server/share")


def test_a_damaged_file_is_no_consent(tmp_path: Path) -> None:
    consents_file().parent.mkdir()
    consents_file().write_text('{"' + str(tmp_path / "p.annot").replace("\\", "\\\\") + '": {"//server/share": true}}')
    assert not NetworkConsent(tmp_path / "p.annot").allows("//server/share")
