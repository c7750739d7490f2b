"""Engine snapshots: what lets a killed run go on with the same result as an uninterrupted one."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from annotator.engine.base import State
from annotator.errors import StorageError

log = logging.getLogger(__name__)

_VERSION = 1


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """The newest two snapshots of a run, beside its project.

    Two, because the project may have lost the last few frames (power cut) that the newest one already knows of.
    """

    project: Path
    run: int

    @property
    def newest(self) -> Path:
        return self.project.with_name(f"{self.project.name}.run-{self.run}.snapshot")

    @property
    def previous(self) -> Path:
        return self.newest.with_suffix(".snapshot-1")

    def save(self, frame: int, state: State) -> None:
        """Write the state after ``frame``; a kill at any moment leaves the files before. Raises StorageError."""
        import torch

        temporary = self.newest.with_suffix(".snapshot-new")
        try:
            with temporary.open("wb") as file:
                torch.save({"version": _VERSION, "frame": frame, "state": state}, file)
                file.flush()
                os.fsync(file.fileno())
            if self.newest.exists():
                self.newest.replace(self.previous)
            temporary.replace(self.newest)
        except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
            temporary.unlink(missing_ok=True)
            reason = error.strerror if isinstance(error, OSError) else "the disk took only a part of it"
            raise StorageError(f"{temporary} cannot be written ({reason}): free some space and go on with --resume; "
                               "all finished frames are kept") from error

    def load(self, finished_frame: int | None) -> tuple[int, State] | None:
        """The newest snapshot that the stored frames cover: (frame, state); None to begin at the run's start."""
        import torch

        for path in (self.newest, self.previous):
            if finished_frame is None or not path.exists():
                continue
            try:
                content = torch.load(path, map_location="cpu", weights_only=True)
                version, frame, state = content["version"], content["frame"], content["state"]
            except Exception as error:  # noqa: BLE001 - a damaged snapshot only costs time
                log.warning("%s cannot be read (%s): going back further", path, _first_line(error))
                continue
            if version == _VERSION and frame <= finished_frame:
                return int(frame), state
        return None

    def remove(self) -> None:
        for path in (self.newest, self.previous, self.newest.with_suffix(".snapshot-new")):
            path.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
