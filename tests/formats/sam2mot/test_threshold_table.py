from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.errors import FormatError
from annotator.formats.sam2mot.threshold_table import read_thresholds, write_thresholds

WANTED = {"dancetrack0003": 0.4, "dancetrack0009": 0.55}


@pytest.mark.parametrize("text", [
    "dancetrack0003,0.4\ndancetrack0009,0.55\n",
    "sequence,threshold\ndancetrack0003,0.4\ndancetrack0009,0.55",
    "\ufeffseq_name, det_conf_threshold\r\ndancetrack0003, 0.40\r\n\r\ndancetrack0009, 0.55\r\n",
    "id;conf_threshold;video\n1;0.4;dancetrack0003\n2;0.55;dancetrack0009\n",
    "dancetrack0003.txt\t0.4\ndancetrack0009.txt\t0.55\n",
    "name,threshold,frames\n\"dancetrack0003\",0.4,1200\ndancetrack0009,0.55,900\n",
])
def test_layouts_that_say_the_same(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8", newline="")
    assert read_thresholds(tmp_path / "t.csv") == WANTED


@pytest.mark.parametrize(("text", "words"), [
    ("", "t.csv is empty"),
    ("a,0.4\nb,much\n", "t.csv line 2: found the threshold 'much'; expected a number from 0 to 1"),
    ("a,0.4\nb,1.5\n", "t.csv line 2: found the threshold '1.5'"),
    ("a,0.4\nb,nan\n", "t.csv line 2: found the threshold 'nan'"),
    ("a,0.4\nb\n", "t.csv line 2: found 'b'"),
    ("a,0.4\n,0.5\n", "t.csv line 2: found ',0.5'"),
    ("a,0.4\n\na,0.5\n", "t.csv line 3: found a a second time"),
    ("this,that\na,0.4\n", "t.csv line 1: found the columns this, that"),
])
def test_what_is_wrong_is_named_with_its_line(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(FormatError) as caught:
        read_thresholds(tmp_path / "t.csv")
    assert words in str(caught.value)


def test_a_missing_file_and_one_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="t.csv cannot be read"):
        read_thresholds(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="is not a text file"):
        read_thresholds(tmp_path / "t.csv")


@given(st.dictionaries(st.text(st.characters(categories=["L", "N"], include_characters=" -_,;"), min_size=1).map(
    lambda name: name.strip() or "x"), st.floats(0, 1).map(lambda value: float(f"{value:.6g}"))))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, table: dict[str, float]) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    write_thresholds(path, table)
    assert read_thresholds(path) == table
