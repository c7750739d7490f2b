"""Damage label files at random and import them: nothing may crash, hang, be partly imported or write outside.

``python -m tools.stress.fuzz_formats --count 20000 --seed 1``: prints the problems as JSON; exit status 1 if there are
any.

The program damages each format's export of a small video: it truncates, changes, duplicates and replaces bytes, most
often in headers; replaces numbers by huge or negative ones, words or lists; nests elements deeply; adds entities and
aliases that expand exponentially, and archives that unpack to more than the available memory; inserts names that point
elsewhere; and replaces files by links out of the folder or in circles, pipes without a writer, and folders.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import numpy as np

from annotator.errors import FormatError
from annotator.formats.base import ExportOptions
from annotator.formats.registry import readable, writable
from annotator.jobs.labels.import_labels import import_labels
from annotator.model.mask import Mask
from annotator.model.sequence import LabelledBox, LabelledFrame, SequenceInfo
from annotator.storage.store import Store

#: Maximum CPU time of an import in seconds.
_MAX_SECONDS = 5.0
#: Fraction of files that are replaced by something that is not a regular file.
_NON_FILES = 0.08
#: Number of imports between two checks of the whole folder.
_CHECK_EVERY = 50
#: Wall-clock seconds after which an import counts as hanging and is aborted.
_TIMEOUT = 60
_INFO = SequenceInfo("clip", 64, 48, 25.0, 6, ("car", "pedestrian"))
#: Maximum memory of the process in bytes.
_MAX_MEMORY = 6 << 30
#: File extensions of formats that get handwritten files.
_SUFFIXES = {"vatic": "txt", "detrac": "xml", "sa-v": "json", "label-studio": "json", "got10k": "txt", "lasot": "txt",
             "supervision": "csv", "via": "csv", "darklabel": "txt", "fiftyone": "json"}
#: A mask of 19 x 19 pixels as FiftyOne packs it.
_PACKED_MASK = ("eNqb7BfqGxDJyFDGUK2eklqcXKRupaBek2SorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqG"
                "ljoKhpaaOgq1CmQCLsZRQB8AALiTHT0=")
#: File names that such formats need.
_STEMS = {"got10k": "groundtruth", "lasot": "groundtruth", "fiftyone": "samples"}
_NUMBER = re.compile(rb"-?\d+(\.\d+)?")
_ODD = (b"1e309", b"-1", b"nan", b"99999999999999999999", b"inf", b'"x"', b"null", b"[]", b"0", b"1e18", b"2147483648",
        b"../../../x", b"\xff\xfe", b"-9223372036854775809", b"true", b"")
_BOMB = (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
         b"<annotations>&c;</annotations>")
_NAME = re.compile(rb'[A-Za-z][A-Za-z0-9_./-]{2,}')
_ELSEWHERE = (b"../../../../tmp/evil", b"/etc/hostname", b"C:\\evil", b"..", b"file:///etc/hostname",
              b"\\\\host\\share", b"a" * 5000, "\u202egpj".encode(), b"%00", b"a\nb", b"CON")
_LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b", ".join([b"*%c" % (name - 1)] * 9)) for name in b"bcdefghijk"
) + b"names: [*k]\n"
_OUTWARD = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><annotations>&b;</annotations>'


@dataclass(slots=True)
class Findings:
    """Counts of imported and refused files, and the problems found."""

    imported: int = 0
    refused: int = 0
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)
    by_format: Counter[str] = field(default_factory=Counter)


def seeds(folder: Path) -> dict[str, Path]:
    """Write an export of a small video in every format; import-only formats get small handwritten files."""
    mask = Mask.from_bitmap(np.ones((6, 5), bool), 3, 4)
    frames = [LabelledFrame(frame, tuple(
        LabelledBox(number, number % 2, (3.0, 4.0, 8.0, 10.0), 0.5, mask if number == 1 else None,
                    attributes={"pose": "up" if frame < 2 else "down", "lit": True, "speed": 1.5})
        for number in (1, 2))) for frame in range(4)]
    found = {}
    for each in writable():
        target = folder / each.name
        each.write([(_INFO, frames)], target, ExportOptions(field_check=False))
        found[each.name] = target
    for name, text in (
            ("vatic", '0 1 2 30 40 0 0 0 0 "car"\n0 1 2 30 40 1 0 1 0 "car" "red"\n'),
            ("detrac", '<sequence name="clip"><ignored_region><box left="1" top="1" width="5" height="5"/>'
             '</ignored_region><frame num="1"><target_list><target id="1"><box left="1" top="2" width="3" height="4"/>'
             '<attribute vehicle_type="car"/></target></target_list></frame></sequence>'),
            ("darklabel", "0,car,0,1,2,30,40\n1,car,0,2,2,30,40\n"),
            ("fiftyone", '{"samples": [{"filepath": "data/clip.mp4", "metadata": {"frame_width": 64, "frame_height": '
             '48, "frame_rate": 25.0, "total_frame_count": 6}, "frames": {"1": {"frame_number": 1, "gt": {"_cls": '
             '"Detections", "detections": [{"_cls": "Detection", "label": "car", "index": 1, "confidence": 0.5, '
             '"bounding_box": [0.1, 0.2, 0.3, 0.4], "pose": "up", "mask": {"$binary": "' + _PACKED_MASK
             + '"}}]}}}}]}'),
            ("got10k", "1,2,30,40\n2,2,30,40\n"), ("lasot", "1,2,30,40\n2,2,30,40\n"),
            ("supervision", "x_min,y_min,x_max,y_max,class_id,confidence,tracker_id,frame_number\n"
             "1,2,30,40,0,0.5,1,0\n"),
            ("via", 'filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,'
             'region_attributes\nclip_1.png,9,"{}",1,0,"{""name"":""rect"",""x"":1,""y"":2,""width"":3,""height"":4}",'
             '"{""track"":""1""}"\nclip_2.png,9,"{}",1,0,"{""name"":""polygon"",""all_points_x"":[4,12,12],'
             '""all_points_y"":[4,4,10]}","{""track"":""1""}"\n'),
            ("label-studio", '[{"data": {"video": "clip.mp4"}, "annotations": [{"result": [{"id": "a", "type": '
             '"videorectangle", "value": {"framesCount": 6, "duration": 0.24, "labels": ["car"], "sequence": ['
             '{"frame": 1, "x": 10, "y": 20, "width": 5, "height": 10, "enabled": true, "rotation": 30}, '
             '{"frame": 4, "x": 20, "y": 20, "width": 5, "height": 10, "enabled": false}]}}]}]}]'),
            ("sa-v", '{"video_id": "clip", "video_frame_count": 6.0, "video_height": 48.0, "video_width": 64.0, '
             '"masklet_id": [0, 1], '
             '"masklet": [[{"size": [48, 64], "counts": "d46Z10000000lc2"}, null], [null, null]]}')):
        target = folder / name
        target.mkdir(exist_ok=True)
        # Label Studio is also written, and a file of its own beside it has what exports do not.
        stem = _STEMS.get(name, "task" if name in found else "clip")
        (target / f"{stem}.{_SUFFIXES[name]}").write_text(text)
        found[name] = target
    _sleap_project(found["sleap"] / "poses.slp")  # next to an export with boxes and masks
    return found


def _sleap_project(path: Path) -> None:
    """Write a SLEAP project with two animals of four points each in three frames."""
    import h5py

    frames = np.zeros(3, [("frame_id", "<u8"), ("video", "<u4"), ("frame_idx", "<u8")])
    frames["frame_id"] = frames["frame_idx"] = np.arange(3)
    animals = np.zeros(6, [("instance_type", "u1"), ("frame_id", "<u8"), ("skeleton", "<u4"), ("track", "<i4"),
                           ("from_predicted", "<i8"), ("score", "<f4"), ("point_id_start", "<u8"),
                           ("point_id_end", "<u8")])
    animals["instance_type"], animals["from_predicted"] = 1, -1
    animals["frame_id"], animals["track"] = np.repeat(np.arange(3), 2), np.tile(np.arange(2), 3)
    animals["point_id_start"], animals["point_id_end"] = 4 * np.arange(6), 4 * np.arange(1, 7)
    points = np.zeros(24, [("x", "<f8"), ("y", "<f8"), ("visible", "?"), ("complete", "?")])
    points["x"], points["y"], points["visible"] = np.arange(24), np.arange(24) % 7, True
    with h5py.File(path, "w") as file:
        file.create_group("metadata").attrs["json"] = '{"skeletons": [{"graph": {"name": "fly"}}]}'
        file.create_dataset("frames", data=frames, compression="gzip")
        file["instances"], file["pred_points"] = animals, points
        file["tracks_json"] = np.array([b'[0,"a"]', b'[0,"b"]'])
        file["videos_json"] = np.array([b'{"backend": {"filename": "clip.mp4", "shape": [6, 48, 64, 3]}}'])


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[:rng.randrange(len(data) + 1)]


def _swap(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _number(data: bytes, rng: random.Random) -> bytes:
    places = list(_NUMBER.finditer(data))
    if not places:
        return data
    place = rng.choice(places)
    return data[:place.start()] + rng.choice(_ODD) + data[place.end():]


def _double(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    end = min(len(data), start + rng.randint(1, 200))
    return data[:end] + data[start:end] + data[end:]


def _deep(data: bytes, rng: random.Random) -> bytes:
    depth = rng.choice((40, 5_000, 100_000))
    return rng.choice((b"[" * depth, b'{"a":' * depth, b"<a>" * depth, b"<annotations>" + b"<a>" * depth))


def _head(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if changed:
            changed[rng.randrange(min(len(changed), 48))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
    return bytes(changed)


def _name(data: bytes, rng: random.Random) -> bytes:
    places = list(_NAME.finditer(data))
    if not places:
        return data
    place = rng.choice(places)
    return data[:place.start()] + rng.choice(_ELSEWHERE) + data[place.end():]


def _unpacks(data: bytes, rng: random.Random) -> bytes:
    """Return a small file that unpacks to a large one."""
    if rng.random() < 0.5:
        return _LAUGHS
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(rng.choice(("masks.npy", "../../evil.npy", "ids.npy")), bytes(rng.choice((10, 30_000_000))))
    return file.getvalue()


def _replaced(data: bytes, rng: random.Random) -> bytes:
    return rng.choice((_BOMB, _OUTWARD, b"", b"\x00" * 64, b"\x80\x04\x95", b"PK\x03\x04", b"[]", b"{}", b"null"))


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_cut, _swap, _number, _number, _double, _deep,
                                                                 _replaced, _head, _name, _name, _unpacks)


def _replace_by_non_file(victim: Path, secret: Path, rng: random.Random) -> None:
    """Replace a file by a link, a pipe or a folder."""
    victim.unlink()
    kind = rng.randrange(5)
    if kind == 0:
        victim.symlink_to(secret)
    elif kind == 1:
        victim.symlink_to(victim)
    elif kind == 2:
        os.mkfifo(victim)
    elif kind == 3:
        victim.mkdir()
    else:
        victim.symlink_to("/dev/zero")


def run(count: int, seed: int, folder: Path) -> Findings:
    """Import ``count`` damaged exports into one project below ``folder``."""
    rng = random.Random(seed)
    signal.signal(signal.SIGALRM, _abort)
    originals = seeds(folder / "seeds")
    findings = Findings()
    with Store.create(folder / "p.annot") as store:
        store.add_video("clip", folder / "clip.mp4", 64, 48, 6, 25.0, "print")
        names = [each.name for each in readable()]
        outside = _listing(folder, without=folder / "work")
        for turn in range(count):
            name = names[turn % len(names)]
            work = folder / "work" / name
            shutil.rmtree(folder / "work", ignore_errors=True)
            shutil.copytree(originals[name], work)
            files = [path for path in sorted(work.rglob("*")) if path.is_file() and "export" not in path.name]
            victim = rng.choice(files)
            if rng.random() < _NON_FILES:
                _replace_by_non_file(victim, folder / "seeds" / "mot/clip/gt/gt.txt", rng)
            else:
                victim.write_bytes(rng.choice(MUTATIONS)(victim.read_bytes(), rng))
            before = _listing(work)
            _import(store, name, work, f"seed {seed} turn {turn} {name} {victim.name}", findings)
            if _listing(work) != before:
                findings.wrong.append(f"seed {seed} turn {turn} {name} {victim.name}: wrote to the imported folder")
            if turn % _CHECK_EVERY == 0 or turn == count - 1:
                now = _listing(folder, without=folder / "work")
                if now != outside:
                    findings.wrong.append(f"seed {seed} up to turn {turn}: wrote {sorted(now ^ outside)[:5]}")
                outside = now
    return findings


def _import(store: Store, name: str, work: Path, what: str, findings: Findings) -> None:
    video = store.videos()[0]
    runs, steps = len(store.runs()), _steps(store)
    signal.alarm(_TIMEOUT)
    # Measure CPU time, which is independent of the load on the machine; the alarm detects an import that hangs.
    start = time.process_time()
    try:
        import_labels(store, video, work, name)
        findings.imported += 1
        # An import without boxes is no step, and undo would take the video away.
        if _steps(store) > steps:
            store.undo()
    except FormatError:
        findings.refused += 1
        if store.tracks(video.id) or _steps(store) != steps or len(store.runs()) != runs:
            findings.wrong.append(f"{what}: partly imported")
            while _steps(store) > steps:
                store.undo()
    except Exception as error:  # noqa: BLE001  (any other exception is a bug that this program looks for)
        findings.wrong.append(f"{what}: {type(error).__name__}: {error}"[:300])
    finally:
        signal.alarm(0)
    seconds = time.process_time() - start
    findings.slowest = max(findings.slowest, seconds)
    findings.by_format[name] += 1
    if seconds > _MAX_SECONDS:
        findings.wrong.append(f"{what}: {seconds:.1f} s")


def _steps(store: Store) -> int:
    """How many steps of the history are not undone."""
    return sum(not step.undone for step in store.history())


def _abort(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"still running after {_TIMEOUT} s")


def _listing(folder: Path, without: Path | None = None) -> set[str]:
    """Return all paths in a folder except the project's files."""
    return {str(path) for path in folder.rglob("*")
            if not path.name.startswith("p.annot") and not (without is not None and path.is_relative_to(without))}


def main() -> int:
    """Run the fuzzer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    # Make an import that requests too much memory fail without affecting the machine.
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with tempfile.TemporaryDirectory() as folder:
        found = run(args.count, args.seed, Path(folder))
    print(json.dumps({"files": args.count, "imported": found.imported, "refused": found.refused,
                      "slowest_s": round(found.slowest, 2), "wrong": found.wrong}))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
