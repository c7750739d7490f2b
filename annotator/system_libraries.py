"""Shared libraries of the system that OpenCV and Qt link to, which pip cannot install. Needs only Python.

Without them Qt's platform plugin ends the process before anything can be said, so they are looked for first.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # also read by Python versions that are then refused with a plain sentence
    Packages = tuple[str, str, str, str]

#: Library -> its package for apt-get, dnf, pacman, zypper.
OPENCV_LIBRARIES: dict[str, Packages] = {
    "libGL.so.1": ("libgl1", "libglvnd-glx", "libglvnd", "libglvnd"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "glib2", "glib2", "glib2"),
    "libxcb.so.1": ("libxcb1", "libxcb", "libxcb", "libxcb1"),
}
QT_LIBRARIES: dict[str, Packages] = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl", "libglvnd", "libglvnd"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon", "libxkbcommon", "libxkbcommon0"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11", "libxkbcommon-x11-0"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs", "dbus", "libdbus-1-3"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig", "fontconfig", "fontconfig"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor", "libxcb-cursor0"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm", "libxcb-icccm4"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image", "xcb-util-image", "libxcb-image0"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms", "libxcb-keysyms1"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil",
                                "libxcb-render-util0"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb", "libxcb", "libxcb-shape0"),
    "libxcb-xinerama.so.0": ("libxcb-xinerama0", "libxcb", "libxcb", "libxcb-xinerama0"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb", "libxcb", "libxcb-xkb1"),
}
#: Package manager -> the command that installs packages.
MANAGERS = {
    "apt-get": ["apt-get", "install", "-y", "--no-install-recommends"],
    "dnf": ["dnf", "install", "-y"],
    "pacman": ["pacman", "-S", "--needed", "--noconfirm"],
    "zypper": ["zypper", "--non-interactive", "install"],
}


def missing_libraries(names: Iterable[str]) -> list[str]:
    """Return the shared libraries that the loader does not find."""
    missing = []
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def install_command(names: Iterable[str]) -> list[str] | None:
    """Return the command that installs these libraries, or None where no known package manager is found."""
    manager = next((each for each in MANAGERS if shutil.which(each)), None)
    if manager is None:
        return None
    column, known = list(MANAGERS).index(manager), {**OPENCV_LIBRARIES, **QT_LIBRARIES}
    return [*MANAGERS[manager], *dict.fromkeys(known[name][column] for name in names)]


def window_advice() -> tuple[list[str], str]:
    """Return the libraries that the window lacks under X11, and how to install them; none on other platforms."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    wayland = not platform and os.environ.get("WAYLAND_DISPLAY")
    if not sys.platform.startswith("linux") or wayland or platform.partition(":")[0] not in ("", "xcb"):
        return [], ""
    missing = missing_libraries(QT_LIBRARIES)
    if not missing:
        return [], ""
    command = install_command(missing)
    if command is None:
        return missing, "install the packages that contain them"
    root = not hasattr(os, "geteuid") or os.geteuid() == 0
    return missing, f"install them with: {'' if root else 'sudo '}{' '.join(command)}"
