from pathlib import Path

import pytest
import torch

from tools.training.calibrate_tiny_sam2 import FOLLOWED, LOST, average, calibration, read_weights


def row(score: float, mask_iou: float = 0.0, *, visible: bool = True) -> dict[str, float]:
    return {"score": score, "mask_iou": mask_iou, "visible": visible, "share": 1.0 if visible else 0.0}


def test_of_several_trainings_every_tensor_is_the_mean() -> None:
    mean = average([{"a": torch.tensor([0.0, 2.0]), "b": torch.tensor(1.0)},
                    {"a": torch.tensor([4.0, 4.0]), "b": torch.tensor(3.0)}])
    assert mean["a"].tolist() == [2.0, 3.0]
    assert mean["b"].item() == 2.0


def test_a_checkpoints_own_average_is_read_and_not_its_last_step(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    averaged = {"module.a": torch.tensor(5.0), "n_averaged": torch.tensor(3)}
    torch.save({"model": {"a": torch.tensor(1.0)}, "average": averaged}, path)
    assert {name: value.item() for name, value in read_weights(path).items()} == {"a": 5.0}


def test_followed_objects_go_to_eight_and_lost_ones_to_two() -> None:
    rows = [row(6.0, 0.9) for _ in range(4)] + [row(0.0, 0.1), row(-1.0, visible=False), row(1.0, 0.0)]
    scale, shift = calibration(rows)
    assert scale * 6.0 + shift == pytest.approx(FOLLOWED)
    assert scale * 0.0 + shift == pytest.approx(LOST)


def test_scores_that_tell_nothing_apart_are_refused() -> None:
    with pytest.raises(SystemExit, match="train longer"):
        calibration([row(1.0, 0.9), row(0.9, 0.1)])
