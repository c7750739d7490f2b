"""A short synthetic clip with its perfect detections, and one project made from it with the built-in models."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from testbed.synthetic_clips import ClipSpec, make_clip
from testbed.videos import write_video
from tests.command_line import done

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores already: more threads in each, and in what it starts, would only wait for one another.
    # Before torch is imported, which reads it once.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The suite says the same of the same code, on an idle machine and on a busy one: the examples are the same in each run,
# and no example has a time limit. To look for new counterexamples: pytest --hypothesis-profile=search
hypothesis.settings.register_profile("suite", derandomize=True, deadline=None,
                                     suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("search", max_examples=1000, deadline=None,
                                     suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def own_consents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's consents stay as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANNOTATOR_CONFIG_DIR", str(tmp_path_factory.mktemp("config")))
        yield


FRAMES = 20
SPEC = ClipSpec(frames=FRAMES, width=240, height=180, objects=(3, 3), exits=0.0, crossings=0.0)
#: All objects are seen in every frame, and apart from one another.
SEED = 2


#: Files whose tests take longest, the longest first. The workers of a parallel run begin with them, so that at the end
#: none of them works alone.
LONG_FILES = (
    "tests/ui/review/test_review.py",
    "tests/engine/segmenters/test_sam2.py",
    "tests/jobs/datasets/test_runs.py",
    "tests/jobs/tracking/test_preannotate.py",
    "tests/ui/prompts/test_controller.py",
    "tests/video/test_file.py",
    "tests/cli/test_bad_input.py",
    "tests/ui/edits/test_actions.py",
    "tests/formats/writing/test_export.py",
    "tests/engine/detectors/test_contract.py",
    "tests/ui/jobs/test_dialog.py",
    "tests/engine/detectors/test_mmdet.py",
    "tests/cli/test_edit.py",
    "tests/formats/test_every_format.py",
    "tests/engine/trackers/test_box_trackers.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = {name: number for number, name in enumerate(LONG_FILES)}
        items.sort(key=lambda item: place.get(item.nodeid.split("::")[0], len(place)))


@dataclass(frozen=True, slots=True)
class MadeClip:
    """Files of one synthetic clip of `FRAMES` frames."""

    video: Path
    det: Path
    """MOTChallenge det.txt: the true boxes, score 0.9."""
    coco: Path
    """The same as COCO results, image ids from 0; the first object is a "car", the others are each a "person"."""
    objects: int
    boxes: int
    """Boxes in all."""
    config: Path
    """Settings that make a run quick and sure: built-in models, CPU, a snapshot every 4 frames."""


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test begins with the same random numbers, whichever ran before it."""
    random.seed(0)
    np.random.seed(0)  # the generator that libraries use
    seed_torch = getattr(sys.modules.get("torch"), "manual_seed", None)
    if seed_torch is not None:  # loaded, and to the end
        seed_torch(0)


@pytest.fixture(scope="session", autouse=True)
def no_weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The built-in models serve everywhere, whatever this computer's user has downloaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANNOTATOR_MODELS_DIR", str(tmp_path_factory.mktemp("no-weights")))
        patch.setenv("ANNOTATOR_CACHE_DIR", str(tmp_path_factory.mktemp("no-cache")))
        patch.delenv("ANNOTATOR_MIRROR", raising=False)
        yield


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> MadeClip:
    folder = tmp_path_factory.mktemp("clip")
    made = make_clip(SPEC, SEED)
    write_video(made, folder / "clip.mp4")
    boxes = made.boxes()
    rows, results = [], []
    for frame, number in zip(*np.nonzero(~np.isnan(boxes[..., 0])), strict=True):
        x0, y0, x1, y1 = (float(v) for v in boxes[frame, number])
        rows.append(f"{frame + 1},-1,{x0:g},{y0:g},{x1 - x0:g},{y1 - y0:g},0.9,-1,-1,-1")
        results.append({"image_id": int(frame), "category_id": 1 if number == 0 else 2, "score": 0.9,
                        "bbox": [x0, y0, x1 - x0, y1 - y0]})
    (folder / "det.txt").write_text("\n".join(rows) + "\n")
    images = [{"id": frame, "file_name": f"{frame}.jpg", "frame_id": frame} for frame in range(FRAMES)]
    categories = [{"id": 1, "name": "car"}, {"id": 2, "name": "person"}]
    (folder / "coco.json").write_text(json.dumps({"images": images, "annotations": results, "categories": categories}))
    (folder / "config.yml").write_text(
        "detector: tiny-detector\nsegmenter: tiny-sam2-drawn\ndevice: cpu\nsnapshot_every: 4\n")
    return MadeClip(folder / "clip.mp4", folder / "det.txt", folder / "coco.json", made.object_count, len(rows),
                    folder / "config.yml")


@pytest.fixture(scope="session")
def finished_project(clip: MadeClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished run of SAM2MOT over the clip. Read only; see `project` for a copy."""
    path = tmp_path_factory.mktemp("finished") / "p.annot"
    done("preannotate", clip.video, "--project", path, "--config", clip.config)
    return path


@pytest.fixture
def project(finished_project: Path, clip: MadeClip, tmp_path: Path) -> Path:
    """A copy of the finished project with its clip, to be changed."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(clip.video, folder / "clip.mp4")
    shutil.copy(finished_project, folder / "p.annot")
    done("relink", folder / "p.annot")
    return folder / "p.annot"
