"""An export replaces what an export wrote, and asks before it replaces what a person has changed since."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions
from annotator.formats.registry import get_format, writable
from annotator.formats.writing import export_record
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo

EVERY = pytest.mark.parametrize("name", [each.name for each in writable()])
INFO = SequenceInfo("clip", 640, 480, 25.0, 12, ("car",))
OTHER = SequenceInfo("other", 640, 480, 25.0, 12, ("car",))
ROOT = Path(__file__).parents[3]


def frames(count: int = 12, left: float = 10.0) -> list[LabelledFrame]:
    return [LabelledFrame(index, (LabelledBox(1, 0, (left, 20.0, left + 30, 60.0), 0.75),)) for index in range(count)]


def export(name: str, folder: Path, *infos: SequenceInfo, left: float = 10.0, **options: bool) -> tuple[Path, ...]:
    streams = [(info, frames(left=left)) for info in infos or (INFO,)]
    return get_format(name).write(streams, folder, ExportOptions(**options)).files  # type: ignore[arg-type]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"# mine\n")


def same_size(path: Path) -> None:
    content = bytearray(path.read_bytes())
    if not content:
        append(path)
        return
    content[len(content) // 2] ^= 1
    stat = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@EVERY
@pytest.mark.parametrize("edit", [append, same_size])
def test_an_export_that_was_edited_is_not_overwritten_unasked(
        name: str, edit: Callable[[Path], None], tmp_path: Path) -> None:
    files = export(name, tmp_path)
    assert export(name, tmp_path, left=12.0) == files  # unchanged exports are replaced without a question
    for file in files:
        edit(file)
        before = contents(tmp_path)
        with pytest.raises(FormatError, match="was changed after it was exported.*allow overwriting"):
            export(name, tmp_path)
        assert contents(tmp_path) == before
        export(name, tmp_path, overwrite=True)
        assert contents(tmp_path) != before
    assert not list(tmp_path.glob(".export-*"))


def test_any_changed_byte_of_a_sidecar_is_noticed(tmp_path: Path) -> None:
    files = export("yolo", tmp_path)
    sidecar = next(file for file in files if file.name.endswith("export.json"))
    whole = sidecar.read_bytes()
    for at in range(0, len(whole), 37):
        changed = bytearray(whole)
        changed[at] ^= 1
        sidecar.write_bytes(changed)
        with pytest.raises(FormatError, match="allow overwriting"):
            export("yolo", tmp_path)
    sidecar.write_bytes(whole)
    export("yolo", tmp_path)


def test_an_export_whose_sidecar_has_no_digest_of_its_record_is_replaced(tmp_path: Path) -> None:
    """As older versions wrote it."""
    sidecar = next(file for file in export("mot", tmp_path) if file.name.endswith("export.json"))
    record = export_record.read_record(sidecar)
    assert record is not None
    own = next(stamp.sha256 for name, stamp in record.items() if name.endswith("export.json"))
    content = sidecar.read_bytes()
    head = content.rpartition(b',\n "files": ')[0]
    sidecar.write_bytes(content.replace(str(own).encode(), hashlib.sha256(head).hexdigest().encode()))
    assert export("mot", tmp_path, left=12.0)


@EVERY
def test_a_copied_export_and_one_with_a_missing_file_are_replaced(name: str, tmp_path: Path) -> None:
    files = export(name, tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b", copy_function=shutil.copy)
    export(name, tmp_path / "b", left=12.0)
    files[0].unlink()
    assert export(name, tmp_path / "a") == files


@EVERY
def test_other_sequences_may_be_exported_into_the_same_folder(name: str, tmp_path: Path) -> None:
    """Lists and other files for all sequences are recorded with one of them."""
    if get_format(name).write([(INFO, frames()), (OTHER, frames())], tmp_path, ExportOptions()).sequences < 2:
        pytest.skip("one video only")
    for infos in ((OTHER,), (INFO, OTHER), (INFO,)):
        files = export(name, tmp_path, *infos)
        assert files
        assert all(file.is_file() for file in files)


def test_a_file_that_is_changed_during_the_export_is_kept(tmp_path: Path) -> None:
    [rows, *_] = [file for file in export("mot", tmp_path) if file.name == "gt.txt"]

    def slowly() -> list[LabelledFrame]:
        rows.write_text("mine")
        return frames()

    class Late(list[LabelledFrame]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter(slowly())

    with pytest.raises(FormatError, match="gt.txt was changed after it was exported"):
        get_format("mot").write([(INFO, Late())], tmp_path, ExportOptions())
    assert rows.read_text() == "mine"


def test_an_export_of_an_older_version_tells_by_its_times(tmp_path: Path) -> None:
    files = export("mot", tmp_path)
    for sidecar in tmp_path.rglob("*export.json"):
        head, _, _ = sidecar.read_bytes().rpartition(b',\n "files": ')
        sidecar.write_bytes(head + b"\n}\n")
    export("mot", tmp_path)
    for sidecar in tmp_path.rglob("*export.json"):
        head, _, _ = sidecar.read_bytes().rpartition(b',\n "files": ')
        sidecar.write_bytes(head + b"\n}\n")
    later = time.time_ns() + 10_000_000_000
    os.utime(files[0], ns=(later, later))
    with pytest.raises(FormatError, match="was changed after it was exported"):
        export("mot", tmp_path)


KILLED = """
import os, sys
from pathlib import Path
from annotator.formats.writing import staging
from tests.formats.writing.test_staging import export
left = int(sys.argv[2])
replace = os.replace
def dying(*names):
    global left
    if not left:
        os._exit(9)
    left -= 1
    replace(*names)
staging.os.replace = dying
export("mot", Path(sys.argv[1]), left=50.0)
"""


@pytest.mark.parametrize(("moved", "earlier"), [(0, True), (1, False), (1, True), (2, False)])
def test_what_a_killed_export_left_is_neither_in_the_way_nor_kept(moved: int, earlier: bool, tmp_path: Path) -> None:
    if earlier:
        export("mot", tmp_path)
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(moved)], cwd=ROOT, check=False)
    assert len(list(tmp_path.glob(".export-*"))) == 1
    files = export("mot", tmp_path)
    assert not list(tmp_path.glob(".export-*"))
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(moved)], cwd=ROOT, check=False)
    changed = files[0]
    append(changed)
    before = changed.read_bytes()
    with pytest.raises(FormatError, match="was changed after it was exported"):
        export("mot", tmp_path)
    assert changed.read_bytes() == before


def test_the_record_is_part_of_a_valid_sidecar(tmp_path: Path) -> None:
    import json

    files = export("mot", tmp_path)
    [sidecar] = tmp_path.rglob("*export.json")
    stored = json.loads(sidecar.read_bytes())["files"]
    assert {tmp_path / name for name in stored} == set(files)
    assert export_record.read_record(sidecar) is not None
    with pytest.raises(ValueError, match="not a complete sidecar"):
        export_record.seal(files[0], {})
