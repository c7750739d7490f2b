"""The built-in tiny detector: a small anchor-free network for the objects of the synthetic clips.

It has one class ("object") and one output level: features of strides 8, 16 and 32 are fused at stride 8, and each cell
predicts a score and the distances from its centre to the four edges of a box. A distance is the mean of a distribution
over whole cells (Li et al., Generalized Focal Loss, NeurIPS 2020, section 3.2), which gives tight boxes.

It is a demonstration model that detects only rendered sprites. `tools/training/train_tiny_detector.py` trains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from annotator.engine.detectors.nms import suppress
from annotator.engine.weights.checkpoints import check_keys, load_state_dict
from annotator.errors import ModelError
from annotator.model.frame import Detections, Frame, Image

#: Pixels per output cell.
STRIDE = 8
#: Distances are distributions over 0 .. BINS - 1 cells, so an edge is at most 152 pixels away.
BINS = 20
#: Images are scaled to the largest size with the longer side at most LONG and the shorter one at most SHORT.
LONG, SHORT = 320, 256
#: Images are padded at the right and bottom to multiples of this.
ALIGN = 32
#: IoU above which two boxes count as one object; boxes of two objects rarely overlap more.
NMS_OVERLAP = 0.6
#: Maximum number of candidates passed to the suppression.
CANDIDATES = 300


def _conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs),
                         nn.SiLU(inplace=True))


class _Block(nn.Module):
    """A residual bottleneck."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_conv(channels, channels // 2, 1), _conv(channels // 2, channels))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x)
        return out


class TinyDetectorNet(nn.Module):
    """(B, 3, H, W) float32 RGB in 0..255, H and W multiples of 32 -> score logits and box distance logits."""

    calibration: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv(3, 16, stride=2), _conv(16, 32, stride=2), _Block(32))
        self.stage8 = nn.Sequential(_conv(32, 64, stride=2), _Block(64), _Block(64))
        self.stage16 = nn.Sequential(_conv(64, 96, stride=2), _Block(96), _Block(96), _Block(96))
        self.stage32 = nn.Sequential(_conv(96, 128, stride=2), _Block(128), _Block(128))
        self.down32, self.down16 = _conv(128, 64, 1), _conv(96, 64, 1)
        self.mix16, self.mix8 = _conv(64, 64), _conv(64, 64)
        self.score_branch = nn.Sequential(_conv(64, 64), _conv(64, 64), nn.Conv2d(64, 1, 1))
        self.box_branch = nn.Sequential(_conv(64, 64), _conv(64, 64), nn.Conv2d(64, 4 * BINS, 1))
        # Slope and offset that map a logit to the logit of "this box matches an object", fitted after training.
        self.register_buffer("calibration", torch.tensor([1.0, 0.0]))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (B, N) and distance logits (B, N, 4, BINS), cells row by row, N = H / 8 * W / 8."""
        c8 = self.stage8(self.stem((pixels - 115.0) / 60.0))
        c16 = self.stage16(c8)
        top = self.down32(self.stage32(c16))
        p16 = self.mix16(self.down16(c16) + F.interpolate(top, scale_factor=2.0))
        p8 = self.mix8(c8 + F.interpolate(p16, scale_factor=2.0))
        logits = self.score_branch(p8).flatten(1)
        distances = self.box_branch(p8).flatten(2).transpose(1, 2).unflatten(2, (4, BINS))
        return logits.float(), distances.float()

    def scores(self, logits: Tensor) -> Tensor:
        """Return calibrated confidences in 0..1."""
        return torch.sigmoid(logits * self.calibration[0] + self.calibration[1])


def cell_centres(height: int, width: int, device: torch.device | None = None) -> Tensor:
    """Return x and y of the cells' centres in input pixels, row by row: (N, 2)."""
    ys = (torch.arange(height // STRIDE, device=device) + 0.5) * STRIDE
    xs = (torch.arange(width // STRIDE, device=device) + 0.5) * STRIDE
    grid = torch.meshgrid(ys, xs, indexing="ij")
    return torch.stack([grid[1].flatten(), grid[0].flatten()], 1)


def decode_boxes(distances: Tensor, centres: Tensor) -> Tensor:
    """Return boxes in input pixels. (B, N, 4, BINS) distance logits, (N, 2) centres -> (B, N, 4) xyxy."""
    bins = torch.arange(BINS, device=distances.device, dtype=distances.dtype)
    reach = (distances.softmax(-1) * bins).sum(-1) * STRIDE
    return torch.cat([centres - reach[..., :2], centres + reach[..., 2:]], -1)


def fit_scale(height: int, width: int) -> float:
    """Return the factor by which an image of this size is resized for the network."""
    return min(LONG / max(height, width), SHORT / min(height, width))


def resize(image: Image, height: int, width: int) -> Image:
    """Resize, averaging pixels when downscaling."""
    if image.shape[:2] == (height, width):
        return image
    method = cv2.INTER_AREA if height < image.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)


class TinyDetector:
    """The built-in detector as a `Detector`."""

    labels: tuple[str, ...] = ("object",)

    def __init__(self, weights: Path, *, device: str = "cpu", score_floor: float = 0.05,
                 name: str = "tiny-detector") -> None:
        """``weights`` is a state dict saved by the training script.

        Raises ModelError if the file is missing, damaged or belongs to another model.
        """
        self.name = name
        self._floor = score_floor
        self._device = torch.device(device)
        self._net = load_net(weights).to(self._device).eval()

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """See `annotator.engine.base.Detector`."""
        return [self._detect(frame.image) for frame in frames]

    @torch.inference_mode()
    def _detect(self, image: Image) -> Detections:
        height, width = image.shape[:2]
        if not height or not width:
            return Detections.empty()
        scale = fit_scale(height, width)
        inner_h, inner_w = max(1, round(height * scale)), max(1, round(width * scale))
        canvas = np.full((-(-inner_h // ALIGN) * ALIGN, -(-inner_w // ALIGN) * ALIGN, 3), 115, np.uint8)
        canvas[:inner_h, :inner_w] = resize(image, inner_h, inner_w)
        pixels = torch.from_numpy(canvas).to(self._device).permute(2, 0, 1)[None].float()
        logits, distances = self._net(pixels)
        score = self._net.scores(logits[0])
        picked = torch.topk(score, min(CANDIDATES, len(score))).indices
        picked = picked[score[picked] >= self._floor]
        centres = cell_centres(canvas.shape[0], canvas.shape[1], self._device)[picked]
        boxes = decode_boxes(distances[:, picked], centres)[0].cpu().numpy()
        boxes = boxes * np.tile([width / inner_w, height / inner_h], 2)
        boxes = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
        found = Detections(boxes, score[picked].cpu().numpy().astype(np.float32), np.zeros(len(picked), np.int32))
        found = found.usable(width, height)
        return found[suppress(found.box_xyxy, found.score, found.label, NMS_OVERLAP)]


def load_net(weights: Path) -> TinyDetectorNet:
    """Return the network with these weights, float32, on the CPU. Raises ModelError."""
    state = load_state_dict(weights)
    net = TinyDetectorNet()
    check_keys(net.state_dict(), state, weights)
    try:
        net.load_state_dict(state)
    except RuntimeError as error:  # matching names with other shapes
        raise ModelError(f"{weights} contains a tiny detector of another size; reinstall the program") from error
    return net
