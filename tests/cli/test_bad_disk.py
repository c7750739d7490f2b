"""Disks that are full, and folders and files that are not ours: one clear line, exit code 2, and nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.model.track import RunStatus
from annotator.storage.store import Store
from testbed.project_digest import project_digests
from tests.command_line import done, refused
from tests.conftest import MadeClip

ROOT = Path(__file__).parents[2]
BYTETRACK = ("--tracker", "bytetrack")


@pytest.fixture
def locked(project: Path) -> Iterator[Path]:
    """A copy of the project in a folder that cannot be written; as another user where the tests run as root, whom no
    permission holds back."""
    if not hasattr(os, "geteuid"):
        pytest.skip("no user numbers here")
    # What is imported late is imported now: another user may not be able to read this Python.
    done("export", project, "--format", "mot", "--out", project.with_name("warm"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(project, folder / "p.annot")
        shutil.copy(project.with_name("clip.mp4"), folder / "clip.mp4")
        (folder / "out").mkdir()
        (folder / "out").chmod(0o777)
        folder.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield folder / "p.annot"
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_a_folder_that_cannot_be_written_is_told_and_can_still_be_read(locked: Path) -> None:
    video = locked.with_name("clip.mp4")
    command = ("preannotate", video, "--detector", "tiny-detector", *BYTETRACK, "--device", "cpu")
    for target in (locked, locked.with_name("new.annot")):
        line = refused(*command, "--project", target)
        assert target.name in line
        assert "Permission denied" in line
    done("export", locked, "--format", "mot", "--out", locked.with_name("out"))
    line = refused("export", locked, "--format", "mot", "--out", locked.with_name("other"))
    assert "other" in line
    assert "Permission denied" in line
    assert sorted(path.name for path in locked.parent.iterdir()) == ["clip.mp4", "out", "p.annot"]


def test_a_video_that_may_not_be_read_is_told(locked: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs a second user")
    os.seteuid(0)
    locked.with_name("clip.mp4").chmod(0)
    os.seteuid(65534)
    project = locked.with_name("out") / "p.annot"
    line = refused("preannotate", locked.with_name("clip.mp4"), *BYTETRACK, "--project", project)
    assert "clip.mp4 cannot be read: Permission denied" in line


LIMIT = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from annotator.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file sizes there")
def test_a_full_disk_keeps_the_finished_frames_and_resume_ends_the_run(clip: MadeClip, tmp_path: Path) -> None:
    """No file may grow beyond a limit, which to the program is as a full disk."""
    project = tmp_path / "p.annot"
    command = ("preannotate", clip.video, "--detections", clip.det, *BYTETRACK, "--device", "cpu", "--project")
    done(*command, tmp_path / "whole.annot")
    said = subprocess.run([sys.executable, "-c", LIMIT, "400000", *map(str, command), str(project)], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert said.returncode == 2, said.stderr
    assert "Traceback" not in said.stderr
    error = said.stderr.splitlines()[-1]
    assert error.startswith(f"error: {project}")
    assert "nothing that was saved is lost" in error or "check the drive and its free space" in error
    with Store.open(project) as store:
        store.check()
        [run] = store.runs()
        assert run.status is not RunStatus.FINISHED
        assert run.finished_frame is not None
        assert len(list(store.run_results(run.id))) == run.finished_frame + 1
    done(*command, project, "--resume")
    assert project_digests(project) == project_digests(tmp_path / "whole.annot")


def _small_disk(folder: Path, megabytes: int) -> bool:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return False
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)],
                             capture_output=True, check=False)
    return mounted.returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not _small_disk(folder, 8):
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_on_a_disk_that_fills_up_the_project_stays_whole(small_disk: Path, clip: MadeClip,
                                                         finished_project: Path) -> None:
    project = small_disk / "p.annot"
    ballast = small_disk / "ballast"
    done("preannotate", clip.video, "--project", project, "--detections", clip.det, *BYTETRACK, "--end", 1)
    free = shutil.disk_usage(small_disk).free
    ballast.write_bytes(b"\0" * max(0, free - 60_000))
    line = refused("preannotate", clip.video, "--project", project, "--config", clip.config)
    assert "p.annot" in line
    assert "space" in line
    ballast.unlink()
    with Store.open(project) as store:
        store.check()
        assert store.runs()[0].status is RunStatus.FINISHED
        begun = store.runs()[-1].id > 1
    done("preannotate", clip.video, "--project", project, "--config", clip.config, *(["--resume"] if begun else []))
    with Store.open(project) as store, Store.open(finished_project, read_only=True) as whole:
        assert ([repr(r.objects) for r in store.run_results(store.runs()[-1].id)] ==
                [repr(r.objects) for r in whole.run_results(1)])


def test_a_full_disk_leaves_no_half_project(small_disk: Path, clip: MadeClip) -> None:
    (small_disk / "ballast").write_bytes(b"\0" * (shutil.disk_usage(small_disk).free - 20_000))
    line = refused("preannotate", clip.video, "--project", small_disk / "p.annot", "--detections", clip.det, *BYTETRACK)
    assert "p.annot" in line
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]


def test_an_export_onto_a_full_disk_leaves_nothing(small_disk: Path, finished_project: Path) -> None:
    (small_disk / "ballast").write_bytes(b"\0" * (shutil.disk_usage(small_disk).free - 4096))
    line = refused("export", finished_project, "--format", "coco-video", "--out", small_disk / "out")
    assert "out" in line
    assert [path.name for path in small_disk.rglob("*") if path.is_file()] == ["ballast"]
