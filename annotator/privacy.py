"""Switch off what the libraries of this program report to their makers.

Footage is private, so the program sends nothing: no crash reports, no usage counts, no names or hashes of models. Some
libraries report unless an environment variable says otherwise, and read it when they are imported, so the package sets
all of them before it imports anything else. Downloads that a user asks for are the only connections.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

#: Variables and the value that switches reports off. A user's own value does not count: nothing may turn them on.
SWITCHES = {
    # ONNX Runtime from 1.29 on reports each session with the model's name and hash on Linux and macOS. Earlier builds
    # of that version used the second name.
    "ORT_DISABLE_TELEMETRY": "1",
    "ORT_TELEMETRY_DISABLED": "1",
    # Hugging Face Hub and Transformers name the libraries and their versions in each request.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    # Albumentations, which detectors of other packages import, asks a server for its newest version.
    "NO_ALBUMENTATIONS_UPDATE": "1",
    # What several others have agreed on.
    "DO_NOT_TRACK": "1",
}


def send_nothing(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set all switches. Call this before importing a library that reads one."""
    environment.update(SWITCHES)
