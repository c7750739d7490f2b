from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from annotator.files.scratch import LOCK, Scratch, leftovers, remove_leftovers

ROOT = Path(__file__).parents[2]
KILLED = """
import os, sys
from pathlib import Path
from annotator.files.scratch import Scratch
scratch = Scratch(Path(sys.argv[1]), ".export-")
(scratch.folder / "half").write_text("half")
os._exit(9)
"""


def test_a_folder_is_removed_once_its_writer_is_dead(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    [dead] = tmp_path.iterdir()
    alive = Scratch(tmp_path, ".export-")
    other = Scratch(tmp_path, ".other-")
    assert list(leftovers(tmp_path, ".export-")) == [dead]
    remove_leftovers(tmp_path, ".export-")
    assert set(tmp_path.iterdir()) == {alive.folder, other.folder}
    alive.close()
    alive.close()
    other.release()
    assert list(leftovers(tmp_path, ".other-")) == [other.folder]


def test_what_no_writer_made_is_never_removed(tmp_path: Path) -> None:
    """A person's folder of such a name, a link, a file, and a lock that is none."""
    (tmp_path / ".export-personal").mkdir()
    (tmp_path / ".export-personal" / "precious").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / LOCK).touch()
    (tmp_path / ".export-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".export-file").touch()
    (tmp_path / ".export-folder" / LOCK).mkdir(parents=True)
    (tmp_path / ".export-linked").mkdir()
    (tmp_path / ".export-linked" / LOCK).symlink_to(tmp_path / "elsewhere" / LOCK)
    before = sorted(tmp_path.rglob("*"))
    remove_leftovers(tmp_path, ".export-")
    remove_leftovers(tmp_path / "nowhere", ".export-")
    assert sorted(tmp_path.rglob("*")) == before
