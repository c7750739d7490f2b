"""Engine snapshots, which let a killed run resume with the same result as an uninterrupted one."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from annotator.engine.base import State
from annotator.errors import StorageError

log = logging.getLogger(__name__)

#: 2: tracks store their doubles and re-prompts, and the rules of SAM2MOT differ from those of version 1.
_VERSION = 2


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """The two newest snapshots of a run, stored next to its project.

    Two are kept because, after a power failure, the project may lack frames that the newest snapshot already covers.
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
        """Write the state after ``frame``. A kill at any moment leaves the old files intact. Raises StorageError."""
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
            reason = error.strerror if isinstance(error, OSError) else "only a part of it was written"
            raise StorageError(f"{temporary} cannot be written ({reason}): free some disk space and continue with "
                               "--resume; all finished frames are kept") from error

    def load(self, finished_frame: int | None) -> tuple[int, State] | None:
        """Return (frame, state) of the newest snapshot within the stored frames, or None to restart the run."""
        import torch

        for path in (self.newest, self.previous):
            if finished_frame is None or not path.exists():
                continue
            try:
                content = torch.load(path, map_location="cpu", weights_only=True)
                version, frame, state = content["version"], content["frame"], content["state"]
            except Exception as error:  # noqa: BLE001 - a damaged snapshot only costs time
                log.warning("cannot read the snapshot %s (%s): trying an earlier one", path, _first_line(error))
                continue
            if version != _VERSION:
                log.warning("the snapshot %s is from another version of the program (snapshot version %s, this program "
                            "writes %d), whose tracks cannot be continued with the same result: it is not used, and "
                            "frames after the last usable snapshot are tracked again", path, version, _VERSION)
            elif frame <= finished_frame:
                return int(frame), state
        return None

    def remove(self) -> None:
        for path in (self.newest, self.previous, self.newest.with_suffix(".snapshot-new")):
            path.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
