"""The About dialog, with the versions of the program and its libraries for bug reports."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

from platformdirs import user_log_path
from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from annotator import __version__
from annotator.engine.runtime import devices
from annotator.storage.file.schema import SCHEMA_VERSION
from annotator.ui.widgets.plain_text import Label

NAME = "sam2mot-annotator"
#: Distributions whose versions explain most differences between machines; read from metadata, not imported.
_DISTRIBUTIONS = {"torch": "torch", "sam2": "sam2", "onnxruntime": "ONNX Runtime", "pyqtgraph": "pyqtgraph",
                  "numpy": "NumPy", "opencv-python": "OpenCV", "av": "PyAV", "sqlalchemy": "SQLAlchemy"}


def log_folder() -> Path:
    """Return the log folder, created if it does not exist."""
    return user_log_path(NAME, ensure_exists=True)


def versions() -> list[tuple[str, str]]:
    """Return names and versions of the program, its libraries and the system, without importing large libraries."""
    found = [("SAM2MOT Annotator", __version__), ("Python", platform.python_version()), ("Qt", qVersion()),
             ("PySide6", _version("pyside6-essentials") or _version("pyside6") or "?")]
    found += [(title, version) for name, title in _DISTRIBUTIONS.items() if (version := _version(name)) is not None]
    found += [("Project format", str(SCHEMA_VERSION)), ("System", platform.platform()), ("Device", _device())]
    return found


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _device() -> str:
    cards = [f"{card.name}, {card.total_bytes / 1e9:.0f} GB" for card in devices.gpus_of_driver()]
    processor = f"{platform.machine()}, {os.cpu_count()} cores"
    return "; ".join([*cards, processor])


class AboutDialog(QDialog):
    """Shows the versions, and copies them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About SAM2MOT Annotator"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.rows = versions()
        heading = Label(self.tr("Tracks objects in videos, so that you only need to correct the tracks."), self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, (name, version) in enumerate(self.rows):
            value = Label(version, self)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setWordWrap(True)
            grid.addWidget(Label(name, self), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
        licence = Label(self.tr("Apache License 2.0. Models have their own licences."), self)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.copy = QPushButton(self.tr("Copy"), self)
        self.copy.setToolTip(self.tr("Copy the versions for a bug report"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(heading)
        layout.addLayout(grid)
        layout.addWidget(licence)
        layout.addWidget(buttons)
        self.setMinimumWidth(440)

    def text(self) -> str:
        """Return one line per version."""
        return "\n".join(f"{name}: {version}" for name, version in self.rows)
