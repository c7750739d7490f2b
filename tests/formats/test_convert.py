"""From one format to another without a project."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command_line import done, refused

ROWS = "1,1,10,20,30,40,1,1,1\n3,1,12,20,30,40,1,1,1\n3,2,50,60,7.5,8,1,1,1\n"


def test_mot_to_cvat_and_back(tmp_path: Path) -> None:
    gt = tmp_path / "clip.txt"
    gt.write_text(ROWS)
    said = done("convert", gt, "--from", "mot", "--to", "cvat", "--out", tmp_path / "x", "--size", "100x90",
                "--frames", 5, "--json")
    assert json.loads(said.out)["boxes"] == 3
    done("convert", tmp_path / "x", "--to", "mot", "--out", tmp_path / "y")
    rows = [[float(cell) for cell in line.split(",")]
            for line in (tmp_path / "y/clip/gt/gt.txt").read_text().splitlines()]
    assert rows == [[float(cell) for cell in line.split(",")] for line in ROWS.splitlines()]
    assert "seqLength=5" in (tmp_path / "y/clip/seqinfo.ini").read_text()


def test_what_cannot_be_known_is_asked_for(tmp_path: Path) -> None:
    gt = tmp_path / "clip.txt"
    gt.write_text(ROWS)
    assert "frame size is unknown" in refused("convert", gt, "--from", "mot", "--to", "yolo", "--out", tmp_path / "x")
    said = refused("convert", gt, "--from", "mot", "--to", "yolo", "--out", tmp_path / "x", "--size", "7")
    assert "1920x1080" in said
