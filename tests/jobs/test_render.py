from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from annotator.errors import Cancelled
from annotator.jobs.project import open_project
from annotator.jobs.render import RenderOptions, render
from annotator.model.cancel import CancelToken
from annotator.render.overlay import color_of
from annotator.storage.edits import identities
from annotator.storage.store import Store
from annotator.video import open_video
from tests.command_line import done, refused
from tests.conftest import FRAMES, MadeClip


def differs(path: Path, clip: MadeClip, start: int = 0) -> list[float]:
    """Share of pixels that each frame has otherwise than the clip."""
    with open_video(path) as drawn, open_video(clip.video) as plain:
        pairs = zip(drawn.frames(), plain.frames(start), strict=False)
        return [float((np.abs(a.image.astype(int) - b.image).max(2) > 60).mean()) for a, b in pairs]


def test_every_frame_is_there_with_its_tracks_drawn(project: Path, clip: MadeClip, tmp_path: Path) -> None:
    out = tmp_path / "overlay.mp4"
    assert done("render", project, "--out", out, "--quiet").out == f"{out}\n"
    shares = differs(out, clip)
    assert len(shares) == FRAMES
    assert min(shares) > 0.005
    plain = tmp_path / "plain.mp4"
    done("render", project, "--out", plain, "--no-masks", "--trails", 0, "--quiet")
    assert np.mean(differs(plain, clip)) < np.mean(shares)
    part = tmp_path / "part.mkv"
    done("render", project, "--out", part, "--start", 5, "--end", 9, "--quiet")
    assert len(differs(part, clip, 5)) == 5


def test_a_track_keeps_the_colour_that_the_project_gives_it(project: Path, tmp_path: Path) -> None:
    with Store.open(project) as store:
        track = store.tracks(store.video().id)[0]
        identities.describe(store, track.id, color="#ff00ff")
        seen = {o.frame for o in store.trajectory(track.id) if o.box_xyxy is not None}
    done("render", project, "--out", tmp_path / "o.mp4", "--no-masks", "--trails", 0, "--quiet")
    with open_video(tmp_path / "o.mp4") as reader:
        for frame in reader.frames():
            # H.264 stores colours at half size, so only the plate of the caption keeps its full colour.
            near = np.abs(frame.image.astype(int) - np.array(color_of("#ff00ff"))).max(2) < 90
            assert (near.sum() > 15) == (frame.index in seen), frame.index


def test_what_is_there_is_not_replaced_unasked_and_never_the_video(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.mp4"
    out.write_text("mine")
    assert "already exists" in refused("render", project, "--out", out)
    assert out.read_text() == "mine"
    for overwrite in ((), ("--overwrite",)):
        assert "is the video itself, which is never overwritten" in refused(
            "render", project, "--out", project.with_name("clip.mp4"), *overwrite)
    assert "is a folder" in refused("render", project, "--out", tmp_path, "--overwrite")
    done("render", project, "--out", out, "--overwrite", "--end", 1, "--quiet")
    assert out.stat().st_size > 1000


@pytest.mark.parametrize(("given", "words"), [
    (("--start", 19, "--end", 20), "frames 19 to 20 are not in clip"), (("--trails", -1), "--trails is -1"),
    (("--video", "other"), "no video named 'other'")])
def test_bad_options_are_told(given: tuple[object, ...], words: str, finished_project: Path, tmp_path: Path) -> None:
    assert words in refused("render", finished_project, "--out", tmp_path / "o.mp4", *given)


def test_stopping_leaves_no_file(project: Path, tmp_path: Path) -> None:
    cancel = CancelToken()
    with open_project(project, read_only=True) as session:
        job = render(session, session.store.video(), tmp_path / "o.mp4", RenderOptions(), cancel)
        assert next(job) == (1, FRAMES)
        cancel.cancel()
        with pytest.raises(Cancelled):
            next(job)
        job = render(session, session.store.video(), tmp_path / "o.mp4", RenderOptions())
        next(job)
        job.close()
    assert list(tmp_path.glob("*.mp4*")) == list(tmp_path.glob(".*.part")) == []
