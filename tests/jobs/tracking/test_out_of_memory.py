"""A model that runs out of memory: the message says what happened, what helps, and the run can be resumed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from annotator.engine.detectors.file import FileDetector
from annotator.engine.runtime.out_of_memory import is_out_of_memory
from annotator.errors import ModelError
from annotator.jobs.project import add_source, open_project
from annotator.jobs.tracking import preannotate
from annotator.jobs.tracking.config import PreannotateSettings
from annotator.model.frame import Detections, Frame
from annotator.model.track import RunStatus
from tests.conftest import MadeClip

ERRORS = (MemoryError(), torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
          RuntimeError("[enforce fail at alloc_cpu.cpp:115] . DefaultCPUAllocator: can't allocate memory"),
          RuntimeError("[ONNXRuntimeError] : 6 : std::bad_alloc"), OSError(12, "Cannot allocate memory"))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__ + str(error)[:8])
def test_a_run_says_what_helps_and_can_be_resumed(error: Exception, clip: MadeClip, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    own = FileDetector.detect
    failing = True

    def detect(self: FileDetector, frames: Sequence[Frame]) -> list[Detections]:
        if failing and frames[0].index == 3:
            raise error
        found: Any = own(self, frames)
        return list(found)

    monkeypatch.setattr(FileDetector, "detect", detect)
    settings = PreannotateSettings(detections=str(clip.det), tracker="sort", device="cpu", end=6)
    with open_project(tmp_path / "p.annot", create=True) as session:
        video, _ = add_source(session, clip.video)
        with pytest.raises(ModelError, match="cpu ran out of memory after frame 2") as caught:
            list(preannotate.start(session, video, settings))
        assert "--resume" in str(caught.value)
        assert "sam2.batch_size" in str(caught.value)
        run = session.store.runs()[0]
        assert (run.status, run.finished_frame) == (RunStatus.FAILED, 2)
        failing = False
        list(preannotate.resume(session, run))
        assert session.store.runs()[0].status is RunStatus.FINISHED


@pytest.mark.parametrize("error", [RuntimeError("shape mismatch"), ValueError("out of memory"), OSError(2, "missing")])
def test_other_errors_keep_their_traceback(error: Exception) -> None:
    assert not is_out_of_memory(error)
