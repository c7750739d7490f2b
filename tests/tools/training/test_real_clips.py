from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from tools.training import real_clips
from tools.training.footage import Footage
from tools.training.real_clips import HELD_OUT, Material, Still, filmed, random_walk, read_still, toned, walk
from tools.training.tiny_sam2_batches import Batch, Stage, batches

REAL = Path(__file__).parents[4] / "shared" / "data" / "train"
SHORT = Stage(1.0, 128, 4, (1,), 3, 3, 1e-3, 2.0, singles=5)


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (120, 200, 3), dtype=np.uint8)


def square(x: int, y: int, side: int = 50) -> np.ndarray:
    labels = np.zeros((120, 200), np.uint8)
    labels[y:y + side, x:x + side] = 1
    return labels


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Material of the same kinds as the real one."""
    folder = tmp_path_factory.mktemp("train")
    for name, shift in (("davis_boat", 0), ("davis_lucia", 3)):
        for t in range(12):
            save(folder / "video" / name / f"{t:05}.jpg", picture(t))
            save(folder / "video" / name / f"{t:05}.png", square(20 + 4 * t + shift, 40) * 255)
    two = square(10, 10)
    two[70:110, 120:180] = 2
    save(folder / "coco_by" / "one.jpg", picture(50))
    save(folder / "coco_by" / "one.png", two)
    save(folder / "backgrounds" / "sky.jpg", picture(60))
    save(folder / "bg_video" / "cups" / "00000.jpg", picture(61))
    return folder


@pytest.fixture(scope="module")
def material(folder: Path) -> Material:
    return Material(folder)


def test_material_is_found_and_sequences_held_out_are_not(folder: Path, material: Material) -> None:
    assert [r.pictures[0].parent.name for r in material.recordings] == ["davis_boat"]
    assert len(Material(folder, held_out=()).recordings) == 2
    assert (len(material.known), len(material.unknown)) == (1, 2)
    assert len(material.cutouts) == 2 + 1, "both instances, and the boat once in twelve frames"
    assert all(cut.alpha.min() == 255 for cut in material.cutouts), "squares fill their boxes"


def test_a_folder_without_sequences_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="masks to learn from"):
        Material(tmp_path)


@pytest.mark.parametrize("frames", [1, 6])
def test_clips_know_all_their_objects(material: Material, frames: int) -> None:
    rng = np.random.default_rng(1)
    for _ in range(12):
        clip = material.footage(rng, frames, 96)
        assert clip.images.shape == (frames, 96, 96, 3)
        assert clip.instances.shape == (frames, 96, 96)
        assert clip.areas.shape == (frames, clip.object_count)
        assert clip.instances.max() <= clip.object_count
        visible = np.stack([(clip.instances == n + 1).sum((1, 2)) for n in range(clip.object_count)], 1)
        assert (visible <= clip.areas.max(0) * 1.3 + 8).all(), "no object shows more than it has"


def test_the_same_seed_gives_the_same_batches(material: Material) -> None:
    one, same, other = (next(batches(SHORT, seed, material, 0.3)) for seed in (7, 7, 8))
    for name, value in vars(one).items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, getattr(same, name)), name
    assert one.images.shape != other.images.shape or not torch.equal(one.images, other.images)


def test_batches_are_what_the_trainer_takes(material: Material) -> None:
    for stage in (SHORT, SHORT.single_frames()):
        batch: Batch = next(batches(stage, 3, material, 0.0))
        assert batch.images.shape == (stage.clips, stage.frames, 3, 128, 128)
        assert batch.masks.shape == (len(batch.boxes), stage.frames, 128, 128)
        assert batch.shares.min() >= 0
        assert batch.shares.max() <= 1
        assert set(batch.clip_of.tolist()) == set(range(stage.clips))
        assert (batch.masks[:, 0].sum((1, 2)) >= 24).all(), "every object shows where it is prompted"


def test_a_stage_of_several_sizes_has_fewer_of_the_larger(material: Material) -> None:
    stage = Stage(1.0, 64, 1, (1,), 8, 3, 1e-3, 2.0, sides=(64, 128))
    source = batches(stage, 5, material, 0.0)
    shapes = {tuple(next(source).images.shape) for _ in range(12)}
    assert shapes == {(8, 1, 3, 64, 64), (2, 1, 3, 128, 128)}


def test_masks_move_with_their_pictures() -> None:
    pixels = np.full((120, 200, 3), 20, np.uint8)
    labels = square(70, 30)
    pixels[labels > 0] = 220
    clip = filmed(np.random.default_rng(2), [Still(pixels, labels)] * 8, 96, shake=0.02)
    bright = clip.images.mean(3) > 124.5
    assert (bright != (clip.instances > 0)).mean() < 0.03
    centres = [np.argwhere(frame > 0).mean(0) for frame in clip.instances if frame.any()]
    assert np.ptp(centres, axis=0).max() > 1, "the camera shakes"


def test_tones_change_pictures_and_nothing_else() -> None:
    clip = Footage(np.stack([picture(1)] * 3), np.stack([square(5, 5)] * 3), np.full((3, 1), 2500.0))
    changed = [toned(np.random.default_rng(seed), clip) for seed in range(4)]
    assert all(np.array_equal(c.instances, clip.instances) and np.array_equal(c.areas, clip.areas) for c in changed)
    assert all(not np.array_equal(c.images, clip.images) for c in changed)
    assert np.array_equal(clip.images[0], picture(1)), "the source stays as it was"


@pytest.mark.parametrize("length", [10, 30, 300])
def test_walks_stay_inside_a_sequence_and_go_one_way_or_there_and_back(length: int) -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        way = walk(rng, length, 16)
        assert len(way) == 16
        assert 0 <= min(way) <= max(way) < length
        steps = np.abs(np.diff(way))
        assert steps.max() <= 4
        assert steps.min() >= 1


def test_random_walks_begin_where_they_are_and_take_their_speed() -> None:
    places = np.stack([random_walk(np.random.default_rng(k), 20, 2.0) for k in range(40)])
    assert not places[:, 0].any()
    assert 1 < np.linalg.norm(np.diff(places, axis=1), axis=2).mean() < 6


def test_what_is_pasted_hides_what_is_behind_it(material: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_clips, "PILLAR_SHARE", 0.0)
    monkeypatch.setattr(real_clips, "BEHIND_SHARE", 0.0)
    base = Footage(np.zeros((4, 96, 96, 3), np.uint8), np.ones((4, 96, 96), np.uint8), np.full((4, 1), 96.0 * 96))
    pasted = material._pasted(np.random.default_rng(4), base, 2)
    assert pasted.object_count == 3
    assert (pasted.instances == 1).sum() < base.instances.sum()
    assert not base.images.any(), "the base is left as it was"
    on = pasted.instances > 1
    assert pasted.images[on].mean() > 20, "pixels of the objects are theirs"


@pytest.mark.skipif(not REAL.is_dir(), reason=f"needs the training material in {REAL}")
def test_the_real_material_is_read() -> None:
    material = Material(REAL)
    names = [r.pictures[0].parent.name for r in material.recordings]
    assert len(names) == 27 - len(HELD_OUT)
    assert not any(name.endswith(held) for name in names for held in HELD_OUT)
    assert len(material.known) == 97
    assert len(material.cutouts) > 300
    still = read_still(material.recordings[0].pictures[0], binary=True)
    assert set(np.unique(still.instances)) == {0, 1}
    clip = material.footage(np.random.default_rng(0), 5, 128)
    assert clip.object_count
