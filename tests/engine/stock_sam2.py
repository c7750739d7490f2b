"""Small SAM 2 models with random weights, and the package's own video predictor as the reference."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import torch
from hydra.utils import instantiate
from PIL import Image as PilImage
from sam2.utils.misc import _load_img_as_tensor

from annotator.engine.segmenters.sam2_model import architecture
from annotator.model.frame import Frame
from annotator.model.prompt import Prompt

WIDTH, HEIGHT = 150, 90

#: How each published generation of SAM 2 differs from the other, beside its size.
_SAM2 = {"no_obj_embed_spatial": False, "add_tpos_enc_to_obj_ptrs": False, "proj_tpos_enc_in_obj_ptrs": False,
         "use_signed_tpos_enc_to_obj_ptrs": False}
_POSTPROCESSING = {
    "binarize_mask_from_pts_for_mem_enc": True,
    "sam_mask_decoder_extra_args": {"dynamic_multimask_via_stability": True,
                                    "dynamic_multimask_stability_delta": 0.05,
                                    "dynamic_multimask_stability_thresh": 0.98}}


def parameters(kind: str) -> dict[str, Any]:
    """Configuration of a small video predictor: ``tiny``, or with the structure of ``sam2`` or ``sam2.1``."""
    config = deepcopy(architecture("tiny-sam2").parameters(video_predictor=True))
    config["image_size"] = 128
    if kind == "tiny":
        return config
    # As in the published models, memories are narrower than features, so that a pointer splits into tokens.
    config["image_encoder"]["neck"] |= {"d_model": 128}
    config["image_encoder"]["neck"]["position_encoding"]["num_pos_feats"] = 128
    attention = config["memory_attention"]
    attention |= {"d_model": 128}
    attention["layer"] |= {"d_model": 128}
    attention["layer"]["self_attention"]["embedding_dim"] = 128
    attention["layer"]["cross_attention"] |= {"embedding_dim": 128, "kv_in_dim": 64}
    encoder = config["memory_encoder"]
    encoder |= {"in_dim": 128, "out_dim": 64}
    encoder["mask_downsampler"]["embed_dim"] = 128
    encoder["fuser"]["layer"]["dim"] = 128
    return config | _POSTPROCESSING | (_SAM2 if kind == "sam2" else {})


def random_model(kind: str, seed: int = 0, score: float = 0.0, **changes: Any) -> Any:
    """A video predictor in evaluation mode. ``score`` is added to its object scores, ``changes`` to its configuration.
    """
    torch.manual_seed(seed)
    model = instantiate(parameters(kind) | changes).eval()
    liven(model)
    with torch.no_grad():
        model.sam_mask_decoder.pred_obj_score_head.layers[-1].bias += score
    return model


def liven(model: Any) -> None:
    """Fresh weights hardly react to anything; make memories, masks, scores and estimates matter."""
    decoder = model.sam_mask_decoder
    with torch.no_grad():
        for network in decoder.output_hypernetworks_mlps:
            network.layers[-1].weight *= 8
        decoder.pred_obj_score_head.layers[-1].weight *= 25
        decoder.pred_obj_score_head.layers[-1].bias += 3
        model.obj_ptr_proj.layers[-1].weight *= 10
        decoder.iou_prediction_head.layers[-1].weight *= 8
        for block in model.memory_encoder.fuser.layers:
            block.gamma.fill_(0.5)
        for layer in model.memory_attention.layers:
            attention = layer.cross_attn_image
            for projection, factor in ((attention.q_proj, 3), (attention.k_proj, 3), (attention.out_proj, 4)):
                projection.weight *= factor
        for embedding in (model.maskmem_tpos_enc, model.no_obj_ptr, model.no_obj_embed_spatial):
            if embedding is not None:
                embedding *= 20


def moving_frames(count: int, seed: int = 0) -> list[Frame]:
    """Smooth noise with a bright blob that moves."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    base = np.asarray(PilImage.fromarray(rng.integers(0, 256, (9, 15, 3), dtype=np.uint8)).resize((WIDTH, HEIGHT)))
    frames = []
    for t in range(count):
        blob = np.exp(-(((x - 30 - 4 * t % 90) / 14) ** 2 + ((y - 45) / 12) ** 2))[..., None]
        noise = rng.normal(0, 6, base.shape)
        frames.append(Frame(t, np.clip(base * (1 - blob) + 230 * blob + noise, 0, 255).astype(np.uint8), t / 25))
    return frames


@dataclass(frozen=True)
class Seen:
    """What a predictor said of one object in one frame."""

    logits: npt.NDArray[np.float32]
    score: float
    pointer: npt.NDArray[np.float32]


class StockRun:
    """The package's predictor, following one object from prompt to prompt, as a person at its demo would."""

    def __init__(self, model: Any, frames: Sequence[Frame]) -> None:
        self.model = model
        self.frames = frames
        images = torch.stack([loaded(model, frame) for frame in frames])
        with patch("sam2.sam2_video_predictor.load_video_frames", lambda **_: (images, HEIGHT, WIDTH)):
            self.state = model.init_state("")

    @property
    def outputs(self) -> dict[str, dict[int, dict[str, Any]]]:
        """``cond_frame_outputs`` and ``non_cond_frame_outputs`` of the object."""
        found: dict[str, dict[int, dict[str, Any]]] = self.state["output_dict_per_obj"][0]
        return found

    def prompt(self, prompt: Prompt) -> None:
        if prompt.mask is not None:
            self.model.add_new_mask(self.state, prompt.frame_index, 1, prompt.mask.to_bitmap(WIDTH, HEIGHT))
            return
        points = [[p.x, p.y] for p in prompt.points] or None
        labels = [int(p.positive) for p in prompt.points] or None
        self.model.add_new_points_or_box(self.state, prompt.frame_index, 1, points, labels, box=prompt.box_xyxy)

    def go(self, first: int, last: int) -> None:
        """Propagate over both ends; backward if ``last`` comes before ``first``."""
        backward = last < first
        with quiet():
            for _ in self.model.propagate_in_video(self.state, first, abs(last - first), reverse=backward):
                pass

    def seen(self, frame: int) -> Seen:
        out = self.outputs["cond_frame_outputs"].get(frame) or self.outputs["non_cond_frame_outputs"][frame]
        return Seen(out["pred_masks"][0, 0].numpy(), float(out["object_score_logits"]), out["obj_ptr"][0].numpy())

    def follow(self, prompts: Mapping[int, Prompt], frames: range) -> dict[int, Seen]:
        """Give each prompt when its frame is reached, and track on to the next one."""
        starts = [t for t in frames if t in prompts]
        assert starts[0] == frames[0], "an object begins with a prompt"
        for start, end in zip(starts, [*[s - frames.step for s in starts[1:]], frames[-1]], strict=True):
            self.prompt(prompts[start])
            self.go(start, end)
        return {t: self.seen(t) for t in frames}


@contextmanager
def quiet() -> Iterator[None]:
    """Without the package's progress bar."""
    with patch("sam2.sam2_video_predictor.tqdm", lambda frames, **_: frames):
        yield


@contextmanager
def encoded_once(model: Any) -> Iterator[None]:
    """Let runs over the same frames share the image encoder's work."""
    known: dict[bytes, Any] = {}
    original = model.forward_image

    def forward_image(batch: torch.Tensor) -> Any:
        key = batch[0, :, ::16, ::16].numpy().tobytes()
        if key not in known:
            known[key] = original(batch)
        return known[key]

    with patch.object(model, "forward_image", forward_image):
        yield


def loaded(model: Any, frame: Frame) -> torch.Tensor:
    """Through the package's own loader. (3, S, S) float32, normalised."""
    file = io.BytesIO()
    PilImage.fromarray(frame.image).save(file, "png")
    image, _, _ = _load_img_as_tensor(file, model.image_size)
    mean, std = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    normalised: torch.Tensor = ((image - mean) / std).float()
    return normalised
