from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotator.errors import FormatError
from annotator.formats.reading import json_stream
from annotator.formats.reading.json_stream import iterate_list

FRAMES: list[object] = [{"name": "a", "n": [1, 2.5e3, -7]}, "text, with ] and }", None, [[], {}], 12345678901234567890]


def write(folder: Path, content: str) -> Path:
    path = folder / "labels.json"
    path.write_text(content, encoding="utf-8")
    return path


def items(path: Path) -> list[object]:
    return list(iterate_list(path, "frames", "frames of a video"))


@pytest.mark.parametrize("content", [
    json.dumps(FRAMES), json.dumps(FRAMES, indent=3), "\ufeff" + json.dumps(FRAMES),
    json.dumps({"config": {"frames": [9]}, "frames": FRAMES, "last": [1, 2]}),
])
def test_a_list_is_read_alone_or_under_its_key(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, content)
    assert items(path) == FRAMES
    monkeypatch.setattr(json_stream, "_CHUNK", 1)  # every item is cut somewhere
    assert items(path) == FRAMES


@pytest.mark.parametrize("content", ["[]", '{"frames": []}', ' {"a": 1, "frames": [ ] } '])
def test_an_empty_list_is_a_list(content: str, tmp_path: Path) -> None:
    assert items(write(tmp_path, content)) == []


@pytest.mark.parametrize(("content", "said"), [
    ("{}", "labels.json holds no list of frames; expected frames of a video"),
    ('{"frames": {"a": 1}, "b": [1]}', "holds no list of frames"),
    ("[1, 2", "line 1 column 6 is not JSON: found 'the end of the file' where ']' belongs"),
    ("[1,\n x]", "line 2 column 2 is not JSON"),
    ("[1] 2", "line 1 column 5 is not JSON: found text after the end"),
    ('{"frames": [1]} x', "found text after the end"),
    ("7", "line 1 column 1 is not JSON: found '7' where '{' belongs"),
    ("", "line 1 column 1 is not JSON"),
])
def test_what_is_no_such_list_is_named_with_its_place(content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        items(write(tmp_path, content))
    assert said in str(caught.value)
