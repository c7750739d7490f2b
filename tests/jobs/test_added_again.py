"""A video that is added again after its file was moved."""

from __future__ import annotations

import shutil
from pathlib import Path

from annotator.jobs.project import add_source, check_video, open_project
from tests.conftest import MadeClip


def test_the_record_names_its_new_place(clip: MadeClip, tmp_path: Path) -> None:
    old, new = tmp_path / "old.mp4", tmp_path / "new.mp4"
    shutil.copy(clip.video, old)
    with open_project(tmp_path / "p.annot", create=True) as session:
        first, _ = add_source(session, old)
        old.rename(new)
        again, _ = add_source(session, new)
        assert again.id == first.id
        assert check_video(session, again).samefile(new)
