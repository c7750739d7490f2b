"""Background subtraction on a drawn scene with a camera that stands still."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from annotator.formats.mot.format import load_mot_detections
from benchmarks.scenarios.background_subtraction import Scene, Settings, detect, run

Image = npt.NDArray[np.uint8]


def _scene(seed: int = 0) -> Image:
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(20, 70, (12, 16, 3), dtype=np.uint8), (320, 240)).astype(np.uint8)


def _with_squares(background: Image, *lefts_tops: tuple[int, int]) -> Image:
    image = background.copy()
    for left, top in lefts_tops:
        image[top:top + 30, left:left + 24] = 110  # the limbs: a weaker difference round the core
        image[top + 5:top + 25, left + 4:left + 20] = 230
    return image


def test_an_object_that_rests_most_of_the_time_is_found_all_the_time(tmp_path: Path) -> None:
    background = _scene()
    rng = np.random.default_rng(1)
    places = [(60, 90)] * 80 + [(60 + 4 * k, 90 + k) for k in range(40)]
    for index, place in enumerate(places):
        noisy = _with_squares(background, place).astype(float) + rng.normal(0, 2, background.shape)
        cv2.imwrite(str(tmp_path / f"{index:04d}.png"), np.clip(noisy, 0, 255).astype(np.uint8)[..., ::-1])
    out = tmp_path / "det.txt"
    assert run(tmp_path, out, Settings()) == len(places)
    found = load_mot_detections(out).frames
    for index, (left, top) in enumerate(places):
        np.testing.assert_allclose(found[index].box_xyxy, [[left, top, left + 24, top + 30]], atol=2)
        assert 0.5 <= found[index].score[0] <= 1


def test_objects_that_touch_are_parted_between_their_cores() -> None:
    background = _scene()
    image = _with_squares(background, (100, 100), (124, 104))
    found = detect(image, Scene(background, 12, 120), Settings())
    boxes = found.box_xyxy[np.argsort(found.box_xyxy[:, 0])]
    np.testing.assert_allclose(boxes, [[100, 100, 124, 130], [124, 104, 148, 134]], atol=4)


def test_specks_and_changes_of_light_are_no_objects() -> None:
    background = _scene()
    speck = background.copy()
    speck[50:52, 50:52] = 255
    scene = Scene(background, 12, 120)
    assert len(detect(speck, scene, Settings())) == 0
    assert len(detect(np.full_like(background, 255), scene, Settings())) == 0
