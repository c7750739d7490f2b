"""Recognize paths that lead to another computer, by their text alone.

To look at such a path, if only for whether it exists, makes Windows sign in to that computer with the user's name and
password hash. So nothing here touches a file, and the answer is the same on every system: a project may have been made
on another one.
"""

from __future__ import annotations

import re
from pathlib import Path, PureWindowsPath

#: Protocols that reach another computer, also where the two slashes after the colon are missing.
_PROTOCOLS = frozenset({"afp", "cifs", "dav", "davs", "ftp", "ftps", "http", "https", "nfs", "rtmp", "rtp", "rtsp",
                        "sftp", "smb", "ssh", "tcp", "tls", "udp", "webdav"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
#: What of the namespace of devices is a disk of this computer.
_OWN_DISK = re.compile(r"[a-z]:|volume\{[0-9a-f-]+\}", re.IGNORECASE)


def is_network_path(text: str) -> bool:
    r"""Return whether a path leads to another computer: ``\\server\share\x``, ``//server/share/x``,
    ``\\?\UNC\server\share\x``, ``smb://server/share/x``, ``file://server/share/x`` and the like.

    Folders of other computers that are mounted, or that have a drive letter, are not recognized: the user has signed
    in to them before.
    """
    return network_place(text) is not None


def network_place(text: str) -> str | None:
    """Return the server and share of a network path, as ``//server/share`` in lower case; None for a local path.

    What cannot be told from a network path counts as one: three slashes at the beginning, and devices that are no disk.
    """
    path = text.lstrip().replace("\\", "/")
    if scheme := _SCHEME.fullmatch(path):
        return _place_of_url(scheme[1].lower(), scheme[2])
    if path.startswith("/??/"):
        path = f"//?/{path[4:]}"
    parts = [part for part in path.split("/") if part] if path.startswith("//") else []
    if parts and parts[0] in (".", "?"):
        return _place_of_device(parts[1:])
    return f"//{'/'.join(parts[:2])}".lower() if parts else None


def file_name(text: str) -> str:
    r"""Return the name at the end of a path. A network path may be written with ``\`` on any system."""
    return PureWindowsPath(text).name if is_network_path(text) else Path(text).name


def _place_of_url(scheme: str, rest: str) -> str | None:
    if scheme != "file":
        host = rest.strip("/").split("/")[0]
        return f"{scheme}://{host}".lower() if scheme in _PROTOCOLS or rest.startswith("//") else None
    if rest.startswith("///") or rest.lower().startswith("//localhost/"):
        rest = rest[rest.index("/", 2):]
    return network_place(rest)


def _place_of_device(parts: list[str]) -> str | None:
    """The place of a path below the namespace of devices, in which ``..`` leads from a disk to the network."""
    walked: list[str] = []
    for part in parts:
        if part == "..":
            walked = walked[:-1]
        elif part != ".":
            walked.append(part)
    if not walked or _OWN_DISK.fullmatch(walked[0]):
        return None
    if walked[0].lower() == "unc":
        return f"//{'/'.join(walked[1:3])}".lower()
    return f"//?/{walked[0]}".lower()
