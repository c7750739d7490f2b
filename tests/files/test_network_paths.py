"""Paths that lead to another computer are recognized by their text alone, whatever the system."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.files.network_paths import file_name, is_network_path, network_place
from tests.untouched import untouched

NETWORK = {
    r"\\server\share\clip.mp4": "//server/share",
    "//server/share/clip.mp4": "//server/share",
    r"/\Server/Share\clip.mp4": "//server/share",
    r"\/server\share": "//server/share",
    r"\\server": "//server",
    r"\\\server\share\x": "//server/share",
    r"\\10.0.0.1@SSL@8443\DavWWWRoot\x": "//10.0.0.1@ssl@8443/davwwwroot",
    r"\\?\UNC\server\share\x": "//server/share",
    r"\\?\unc\server\share\x": "//server/share",
    "//?/UNC/server/share/x": "//server/share",
    r"\\.\UNC\server\share\x": "//server/share",
    r"\??\UNC\server\share\x": "//server/share",
    r"\\.\C:\..\UNC\server\share\x": "//server/share",
    r"\\?\GLOBALROOT\Device\Mup\server\share": "//?/globalroot",
    r"\\.\pipe\name": "//?/pipe",
    " \\\\server\\share\\x": "//server/share",
    "smb://server/share/x": "smb://server",
    "smb:/server/share/x": "smb://server",
    "smb:server": "smb://server",
    "HTTP://server:80/x.mp4": "http://server:80",
    "unheard-of://server/x": "unheard-of://server",
    "file://server/share/x": "//server/share",
    "file:////server/share/x": "//server/share",
    r"file:\\server\share\x": "//server/share",
    "file://localhost//server/share/x": "//server/share",
}
LOCAL = ["", "clip.mp4", "../videos/clip.mp4", "/home/me/clip.mp4", r"C:\videos\clip.mp4", "C:/videos//clip.mp4", "c:",
         r"\videos\clip.mp4", r"\\?\C:\videos\clip.mp4", "//?/c:/clip.mp4", r"\\.\D:\clip.mp4", "/", "//",
         r"\\?\Volume{12345678-90ab-cdef-1234-567890abcdef}\clip.mp4", "file:///home/me/clip.mp4",
         "file:///C:/clip.mp4", "file://localhost/home/me/clip.mp4", "file:/home/me/clip.mp4", "a: b.mp4", "take:2.mp4",
         "folder//clip.mp4", r"folder\\clip.mp4", "server/share"]


@pytest.mark.parametrize("text", NETWORK)
def test_a_path_to_another_computer_is_recognized(text: str) -> None:
    assert is_network_path(text)
    assert network_place(text) == NETWORK[text]


@pytest.mark.parametrize("text", LOCAL)
def test_a_path_on_this_computer_is_not_taken_for_one(text: str) -> None:
    assert not is_network_path(text)


@given(st.text("/\\", min_size=2, max_size=3),
       st.text("abcXYZ.-01", min_size=1).filter(lambda name: set(name) != {"."}), st.text(max_size=20))
def test_two_slashes_and_a_name_are_the_network(slashes: str, server: str, rest: str) -> None:
    assert is_network_path(f"{slashes}{server}/{rest}")


@given(st.text())
def test_any_text_has_an_answer_and_is_not_looked_at(text: str) -> None:
    assert (network_place(text) is not None) == is_network_path(text)


def test_nothing_is_touched() -> None:
    with untouched("server"):
        answers = [(is_network_path(text), file_name(text)) for text in NETWORK]
    assert all(network for network, _ in answers)


@pytest.mark.parametrize(("text", "name"), [
    (r"\\server\share\a\clip.mp4", "clip.mp4"), ("//server/share/clip.mp4", "clip.mp4"), ("a/clip.mp4", "clip.mp4"),
    (r"\\?\UNC\server\share\clip.mp4", "clip.mp4")])
def test_the_name_at_the_end(text: str, name: str) -> None:
    assert file_name(text) == name
