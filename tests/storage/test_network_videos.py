"""Videos on other computers: the storage gives their paths only after the user agreed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from annotator.errors import NetworkPathError
from annotator.storage.file import schema
from annotator.storage.store import Store
from annotator.storage.upkeep.relink import relink, relink_to
from tests.untouched import untouched

HOST = "evil.invalid"
FORMS = [f"//{HOST}/share/clip.mp4", f"\\\\{HOST}\\share\\clip.mp4", f"\\\\?\\UNC\\{HOST}\\share\\clip.mp4",
         f"//?/UNC/{HOST}/share/clip.mp4", f"smb://{HOST}/share/clip.mp4", f"file://{HOST}/share/clip.mp4"]


def lead_away(store: Store, path: str) -> None:
    """Change the path as another program can, which no user agreed to."""
    store._connection.execute(update(schema.video).values(path=path))
    store._connection.commit()


def fingerprint(path: Path) -> str:
    return f"print-of-{path.read_text()}"


@pytest.mark.parametrize("path", FORMS)
def test_the_path_is_refused_untouched_and_named(store: Store, path: str) -> None:
    lead_away(store, path)
    (video,) = store.videos()
    with untouched(HOST), pytest.raises(NetworkPathError, match="--trust-project") as refusal:
        store.video_path(video)
    assert path in str(refusal.value)
    assert "relink" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    with untouched(HOST):
        assert store.allowed_path(video) is None
        assert list(store.refused_places().values()) == [["clip"]]


@pytest.mark.parametrize("path", FORMS)
def test_after_consent_the_path_is_given_to_every_reader(store: Store, path: str) -> None:
    lead_away(store, path)
    (video,) = store.videos()
    with untouched(HOST), store.read_snapshot() as before:
        store.trust_network()
        with store.read_snapshot() as reader:
            assert HOST in str(store.video_path(video))
            assert reader.video_path(video) == before.video_path(video) == store.allowed_path(video)
        assert store.refused_places() == {}


def test_a_local_path_needs_no_consent(store: Store, tmp_path: Path) -> None:
    assert store.video_path(store.videos()[0]) == tmp_path / "clip.mp4"
    assert store.refused_places() == {}


def test_the_consent_is_for_the_share(store: Store) -> None:
    lead_away(store, FORMS[0])
    store.trust_network()
    lead_away(store, f"//{HOST}/other/clip.mp4")
    assert store.allowed_path(store.videos()[0]) is None


def test_relative_paths_of_a_project_on_a_server_are_its_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from annotator.files import consent

    monkeypatch.setattr(consent, "_key", lambda _: "//server/share/folder/p.annot")
    store._folder = Path("//server/share/folder")
    assert store.video_path(store.videos()[0]) == Path("//server/share/folder/clip.mp4")
    lead_away(store, "//server/other/clip.mp4")
    assert store.allowed_path(store.videos()[0]) is None


def test_a_path_that_the_user_selected_is_trusted_by_that(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    # As on Windows, where a path on another disk stays absolute. Here, two slashes are the same as one.
    monkeypatch.setattr(Store, "relative_path", lambda _, path: path.as_posix())
    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_file", lambda _: False)
        store.add_video("added", f"//{HOST}/share/added.mp4", 640, 480, 100, 25.0, "print-of-added")
    assert store.allowed_path(store.video("added")) is not None
    store.move_videos({store.video("clip").id: Path("//other/share/clip.mp4")})
    assert store.allowed_path(store.video("clip")) is not None
    lead_away(store, "//third/share/clip.mp4")
    assert store.allowed_path(store.video("clip")) is None


@pytest.mark.parametrize("path", FORMS)
def test_relinking_finds_a_copy_and_leaves_the_server_alone(store: Store, path: str, tmp_path: Path) -> None:
    lead_away(store, path)
    with untouched(HOST):
        report = relink(store, [tmp_path], fingerprint)
        assert (report.missing, report.refused) == (["clip"], ["clip"])
        (tmp_path / "clip.mp4").write_text("clip")
        report = relink(store, [tmp_path], fingerprint)
        assert report.found == {"clip": tmp_path / "clip.mp4"}
        assert store.video_path(store.videos()[0]) == tmp_path / "clip.mp4"


def test_another_video_that_is_located_brings_it_along(store: Store, tmp_path: Path) -> None:
    lead_away(store, FORMS[1])
    store.add_video("second", tmp_path / "second.mp4", 640, 480, 100, 25.0, "print-of-second")
    away = tmp_path / "away"
    away.mkdir()
    for name in ("clip", "second"):
        (away / f"{name}.mp4").write_text(name)
    with untouched(HOST):
        report = relink_to(store, store.video("second"), away / "second.mp4", fingerprint)
    assert report.found == {"second": away / "second.mp4", "clip": away / "clip.mp4"}
