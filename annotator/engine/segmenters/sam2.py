"""Streaming multi-object SAM 2.1 on the modules of the ``sam2`` package.

The stock video predictor loops over objects, keeps every frame, and predicts and memorises in one step. Here the image
encoder runs once per frame, all objects share batches, memory is bounded, and the caller decides what a frame writes
to memory. With the same weights, prompts and frames the results agree with ``SAM2VideoPredictor``.
"""

from __future__ import annotations

import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image as PilImage
from sam2.modeling.sam2_base import NO_OBJ_SCORE
from sam2.modeling.sam2_utils import get_1d_sine_pe
from torch import Tensor

from annotator.engine.base import Predictions, State
from annotator.engine.segmenters import sam2_model
from annotator.engine.segmenters.attention import BatchedMemoryAttention, Remembered
from annotator.engine.segmenters.mask_decoder import mask_decoder
from annotator.engine.segmenters.memory import MemoryBank, MemoryWindow, Recall
from annotator.engine.segmenters.memory_encoder import BatchedMemoryEncoder
from annotator.engine.segmenters.memory_policies import Past, Role, Seen, memory_policy, seen_of
from annotator.engine.settings import Sam2Settings
from annotator.errors import ModelError
from annotator.model.frame import Frame, Image
from annotator.model.prompt import Prompt

log = logging.getLogger(__name__)

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
_K = TypeVar("_K")
_T = TypeVar("_T")
#: Batches larger than the CPU cache are slower, because arithmetic waits for memory and large tensors are allocated as
#: new pages each time.
_CACHE_BYTES = 4 << 20
_TOP_LEFT, _BOTTOM_RIGHT, _POSITIVE, _NEGATIVE = 2, 3, 1, 0


@dataclass(frozen=True, slots=True)
class Sam2Features:
    """The encoded frame, shared by all its objects."""

    frame_index: int
    tokens: Tensor
    """(HW, C) lowest-resolution features."""
    positions: Tensor
    """(HW, C) positional encoding of the tokens."""
    high_res: list[Tensor]
    """(1, C / 8, 4H, 4W) and (1, C / 4, 2H, 2W) high-resolution features."""
    prepared: list[Tensor]
    """The high-resolution features in the form that the mask decoder takes."""
    memory_features: Tensor
    """(1, C, H, W) features projected for the memory encoder."""


@dataclass(slots=True)
class _Part:
    """Predictions of one batch, in batch order."""

    logits: Tensor
    score: Tensor
    iou: Tensor
    pointers: Tensor
    candidates: Tensor | None = None
    """(B, K, h, w), if the memory policy judges them."""
    candidate_iou: Tensor | None = None


#: Chooses among (B, K, h, w) candidate masks with their (B, K) estimated IoU and (B,) object scores: (B,) indices.
_Choose = Callable[[Tensor, Tensor, Tensor], Tensor]


class Sam2Segmenter:
    """A `Segmenter` on a SAM 2 model. One video at a time; not thread-safe."""

    def __init__(self, model: Any, name: str, device: str = "cpu", settings: Sam2Settings | None = None) -> None:
        self._model = model
        self._name = name
        self._device = torch.device(device)
        self._cells: int = model.image_size // model.backbone_stride
        self._constants = _Constants.of(model, self._cells, self._device)
        self._attention = BatchedMemoryAttention(model.memory_attention, model.hidden_dim // model.mem_dim,
                                                 self._constants.memory_positions)
        self._memory_encoder = BatchedMemoryEncoder(model.memory_encoder)
        self._mask_decoder = mask_decoder(model.sam_mask_decoder, self._device)
        self._configure(settings or Sam2Settings())

    def _configure(self, settings: Sam2Settings) -> None:
        """Set everything that does not belong to the model."""
        self._settings = settings
        self._batch_size = min(settings.batch_size, self._cached_objects())
        self._encode_image = torch.compile(self._model.forward_image) if settings.compile else self._model.forward_image
        self._bank: MemoryBank | None = None
        self._size = (0, 0)

    @classmethod
    def load(cls, checkpoint: Path, device: str = "cpu", settings: Sam2Settings | None = None) -> Sam2Segmenter:
        """Load any sam2 or sam2.1 checkpoint, or the built-in tiny-sam2. Raises ModelError."""
        model, arch = sam2_model.load(checkpoint, device)
        return cls(model, arch.name, device, settings)

    def sharing_weights(self, settings: Sam2Settings | None = None) -> Sam2Segmenter:
        """Return another segmenter on the same model, with its own memories. Do not use both concurrently."""
        other = copy(self)
        other._configure(settings or self._settings)
        return other

    @property
    def name(self) -> str:
        return self._name

    @property
    def batch_size(self) -> int:
        """Current number of objects per batch; reduced when the device runs out of memory."""
        return self._batch_size

    @property
    def mask_size(self) -> int:
        """Side of the square low-resolution masks."""
        return 4 * self._cells

    def start(self, width: int, height: int, frame_count: int, reverse: bool = False) -> None:
        model = self._model
        self._size = (width, height)
        pointers = min(frame_count, model.max_obj_ptrs_in_encoder) - 1
        policy = memory_policy(self._settings.memory)
        window = MemoryWindow(model.num_maskmem - 1, pointers, self._settings.max_conditioning, frame_count, reverse,
                              self._settings.keep_first or policy.keeps_first)
        self._bank = MemoryBank(self._cells ** 2, model.mem_dim, model.hidden_dim, self._device, window, policy)

    def encode(self, frame: Frame) -> Sam2Features:
        with self._inference():
            image = prepare_image(frame.image, self._model.image_size, self._device)
            out = self._encode_image(image[None])
            feats = out["backbone_fpn"][-self._model.num_feature_levels:]
            positions = out["vision_pos_enc"][-1]
            projected = self._memory_encoder.project(feats[-1])
            high_res = list(feats[:-1])
            return Sam2Features(frame.index, feats[-1].flatten(2)[0].T, positions.flatten(2)[0].T, high_res,
                                self._mask_decoder.prepare(high_res), projected)

    def prompt(self, features: Sam2Features, prompts: Mapping[int, Prompt]) -> Predictions:
        if not prompts:
            return self._no_predictions()
        # Group prompts by their number of points, because padding them would change the result.
        groups: dict[int, list[int]] = defaultdict(list)
        for object_id, prompt in prompts.items():
            groups[-1 if prompt.mask is not None else len(_points_of(prompt))].append(object_id)
        parts: dict[int, tuple[_Part, int]] = {}
        with self._inference():
            for count, ids in groups.items():
                run = self._from_masks if count == -1 else self._from_points
                for chunk, part in self._in_batches(ids, partial(_run_prompts, run, features, prompts)):
                    parts |= {object_id: (part, row) for row, object_id in enumerate(chunk)}
        bank = self._require_bank()
        conditioning = tuple(self._settings.reprompt_conditions or i not in bank for i in prompts)
        return self._collect(tuple(prompts), parts, (True,) * len(prompts), conditioning)

    def predict(self, features: Sam2Features, object_ids: Sequence[int]) -> Predictions:
        if not object_ids:
            return self._no_predictions()
        bank = self._require_bank()
        bank.advance(features.frame_index)
        recalls = {i: bank.recall(i, features.frame_index) for i in object_ids}
        groups: dict[int, list[int]] = defaultdict(list)
        for object_id, recall in recalls.items():
            groups[len(recall.spatial_rows)].append(object_id)
        parts: dict[int, tuple[_Part, int]] = {}
        with self._inference():
            for ids in groups.values():
                for chunk, part in self._in_batches(ids, lambda c: self._track(features, {i: recalls[i] for i in c})):
                    parts |= {object_id: (part, row) for row, object_id in enumerate(chunk)}
        none = (False,) * len(object_ids)
        return self._collect(tuple(object_ids), parts, none, none)

    def memorise(self, features: Sam2Features, predictions: Predictions, object_ids: Sequence[int] | None = None,
                 ) -> None:
        bank = self._require_bank()
        wanted = set(predictions.object_ids if object_ids is None else object_ids)
        selected = [k for k, i in enumerate(predictions.object_ids) if i in wanted]
        roles = self._roles(features.frame_index, predictions, selected)
        rows = list(roles)
        with self._inference():
            for chunk, spatial in self._in_batches(rows, lambda c: self._encode_memory(features, predictions, c)):
                index = torch.tensor(chunk, device=self._device)
                bank.write(features.frame_index, [predictions.object_ids[k] for k in chunk], spatial,
                           predictions.pointers[index], [roles[k] for k in chunk])

    def _roles(self, frame_index: int, predictions: Predictions, rows: Sequence[int]) -> dict[int, Role]:
        """Return what the memory of each row may be used for, without the rows that are not to be written."""
        bank, conditioning = self._require_bank(), predictions.conditioning
        if not bank.policy.judges_masks:
            return {k: Role.ANCHOR if conditioning[k] else Role.RECENT for k in rows}
        roles = {k: bank.admit(frame_index, predictions.object_ids[k], _seen(predictions, k), predictions.prompted[k],
                               conditioning[k]) for k in rows}
        return {k: role for k, role in roles.items() if role is not Role.NONE}

    def forget(self, object_id: int) -> None:
        self._require_bank().forget(object_id)

    def snapshot(self) -> State:
        bank = self._require_bank()
        return {"memories": bank.snapshot(), "size": list(self._size), "frame_count": bank.window.frame_count,
                "reverse": bank.window.reverse}

    def restore(self, state: State) -> None:
        width, height = state["size"]
        self.start(width, height, state["frame_count"], state["reverse"])
        self._require_bank().restore(state["memories"])

    # -- the model's steps, each over one batch of objects -------------------------------------------------------

    def _track(self, features: Sam2Features, by_object: Mapping[int, Recall]) -> _Part:
        """Predict objects with the same number of spatial memories from their memories."""
        bank, batch, recalls = self._require_bank(), len(by_object), list(by_object.values())
        tokens = len(recalls[0].spatial_rows) * self._cells ** 2
        pointer_count = max(len(r.pointer_rows) for r in recalls)
        split = self._attention.pointer_tokens
        memory = torch.empty(batch, tokens + pointer_count * split, self._model.mem_dim, device=self._device)
        memory[:, :tokens] = bank.gather_spatial(self._rows([r.spatial_rows for r in recalls])).flatten(1, 2)
        padded = [r.pointer_rows + (0,) * (pointer_count - len(r.pointer_rows)) for r in recalls]
        memory[:, tokens:] = bank.gather_pointers(self._rows(padded)).view(batch, pointer_count * split, -1)
        frames, pointer_positions = self._memory_positions(recalls, pointer_count)
        remembered = Remembered(memory, frames, pointer_positions, self._padding_mask(recalls, tokens, pointer_count))
        conditioned = self._attention(features.tokens, features.positions, remembered)
        multimask = self._model._use_multimask(False, None)
        if multimask and bank.policy.judges_masks:
            choose = partial(self._choose, [bank.past(i) for i in by_object], features.frame_index)
            return self._decode(conditioned, features, None, multimask, choose)
        return self._decode(conditioned, features, None, multimask)

    def _choose(self, pasts: Sequence[Past], frame_index: int, logits: Tensor, iou: Tensor, score: Tensor) -> Tensor:
        """Return the index of each object's mask among its candidates, as the memory policy chooses: (B,)."""
        policy, masks = self._require_bank().policy, (logits > 0).cpu().numpy()
        estimates, scores = iou.float().cpu().numpy(), score.float().cpu().numpy()
        return self._rows([policy.choose(past, frame_index, seen_of(masks[k], float(scores[k]), estimates[k].tolist()))
                           for k, past in enumerate(pasts)])

    def _memory_positions(self, recalls: list[Recall], pointer_count: int) -> tuple[Tensor, Tensor]:
        """Return (B, N) temporal positions of frames and (B, P, M) positional encoding of pointer tokens; B is 1 if all
        objects share them, which is the usual case."""
        model = self._model
        if len({(r.spatial_positions, r.pointer_distances) for r in recalls}) == 1:
            recalls = recalls[:1]
        frames = self._rows([r.spatial_positions for r in recalls])
        distances = [r.pointer_distances + (0,) * (pointer_count - len(r.pointer_distances)) for r in recalls]
        distance = self._rows(distances) / max(self._require_bank().window.pointer_frames, 1)
        if model.add_tpos_enc_to_obj_ptrs:
            dim = model.hidden_dim if model.proj_tpos_enc_in_obj_ptrs else model.mem_dim
            pointers = model.obj_ptr_tpos_proj(get_1d_sine_pe(distance, dim=dim))
        else:
            pointers = torch.zeros(len(recalls), pointer_count, model.mem_dim, device=self._device)
        return frames, pointers.repeat_interleave(self._attention.pointer_tokens, dim=1)

    def _padding_mask(self, recalls: list[Recall], tokens: int, pointer_count: int) -> Tensor | None:
        """Return (B, K) bool, False for padding tokens; None without padding."""
        counts = [len(r.pointer_rows) for r in recalls]
        if min(counts) == pointer_count:
            return None
        split = self._attention.pointer_tokens
        lengths = tokens + split * self._rows(counts)
        return torch.arange(tokens + split * pointer_count, device=self._device)[None] < lengths[:, None]

    def _rows(self, values: Sequence[Any]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=self._device)

    def _from_points(self, features: Sam2Features, prompts: list[Prompt]) -> _Part:
        """Predict from boxes and points, without memories."""
        model = self._model
        scale = model.image_size / np.array(self._size, np.float64)
        points = [_points_of(p) for p in prompts]
        coordinates = torch.tensor(np.array([[(x, y) for x, y, _ in p] for p in points]) * scale, dtype=torch.float32,
                                   device=self._device)
        labels = torch.tensor([[label for *_, label in p] for p in points], dtype=torch.int32, device=self._device)
        inputs = {"point_coords": coordinates, "point_labels": labels}
        image = (features.tokens + model.no_mem_embed[0]).expand(len(prompts), -1, -1)
        return self._decode(image, features, inputs, model._use_multimask(True, inputs))

    def _from_masks(self, features: Sam2Features, prompts: list[Prompt]) -> _Part:
        """Use the given masks unchanged; the model computes only their object pointers."""
        model, side = self._model, self._model.image_size
        bitmaps = [p.mask.to_bitmap(*self._size) for p in prompts if p.mask is not None]
        masks = torch.from_numpy(np.stack(bitmaps)).float().to(self._device)[:, None]
        masks = F.interpolate(masks, (side, side), mode="bilinear", align_corners=False, antialias=True)
        embedding = features.tokens.T.reshape(1, -1, self._cells, self._cells).expand(len(prompts), -1, -1, -1)
        high_res = [f.expand(len(prompts), -1, -1, -1) for f in features.high_res]
        out = model._use_mask_as_output(embedding, high_res, (masks >= 0.5).float())
        return _Part(out[3][:, 0].float(), out[6][:, 0].float(), out[2][:, 0].float(), out[5].float())

    def _decode(self, image: Tensor, features: Sam2Features, points: dict[str, Tensor] | None,
                multimask: bool, choose: _Choose | None = None) -> _Part:
        """Run prompt encoder and mask decoder, like ``SAM2Base._forward_sam_heads`` but only at low resolution.
        ``choose``: decode all candidates and let it choose, instead of the one with the highest estimated IoU."""
        model, batch = self._model, len(image)
        constants = self._constants
        if points is None:
            sparse = constants.empty_prompt.expand(batch, -1, -1)
        else:
            sparse, _ = model.sam_prompt_encoder((points["point_coords"], points["point_labels"]), None, None)
        inputs = (image + constants.no_mask, constants.image_positions, sparse, features.prepared)
        candidates = candidate_iou = None
        if choose is None:
            logits, iou, token, score = self._mask_decoder(*inputs, multimask)
        else:
            all_logits, ious, tokens, score = self._mask_decoder.candidates(*inputs)
            candidates, candidate_iou = all_logits.float(), ious.float()
            index = torch.arange(batch, device=self._device), choose(all_logits, ious, score[:, 0])
            logits, iou, token = all_logits[index], ious[index], tokens[index]
        logits, iou = logits.float(), iou.float()
        pointer = model.obj_ptr_proj(token)
        if model.pred_obj_scores:
            present = score > 0
            logits = torch.where(present[..., None], logits, NO_OBJ_SCORE)
            share = score.sigmoid() if model.soft_no_obj_ptr else present.float()
            pointer = (share * pointer if model.fixed_no_obj_ptr else pointer) + (1 - share) * model.no_obj_ptr
        return _Part(logits, score[:, 0].float(), iou, pointer.float(), candidates, candidate_iou)

    def _encode_memory(self, features: Sam2Features, predictions: Predictions, rows: Sequence[int]) -> Tensor:
        """Return the spatial memories of some rows, like ``SAM2Base._encode_new_memory``: (N, HW, M)."""
        model = self._model
        index = torch.tensor(list(rows), device=self._device)
        side = model.image_size
        masks = F.interpolate(predictions.logits[index][:, None], (side, side), mode="bilinear", align_corners=False)
        probability = torch.sigmoid(masks)
        if model.binarize_mask_from_pts_for_mem_enc and any(predictions.prompted[k] for k in rows):
            prompted = torch.tensor([predictions.prompted[k] for k in rows], device=self._device)
            probability = torch.where(prompted[:, None, None, None], (masks > 0).float(), probability)
        if model.sigmoid_scale_for_mem_enc != 1.0 or model.sigmoid_bias_for_mem_enc != 0.0:
            probability.mul_(model.sigmoid_scale_for_mem_enc).add_(model.sigmoid_bias_for_mem_enc)
        memory = self._memory_encoder(features.memory_features, probability)
        if model.no_obj_embed_spatial is not None:
            score = torch.from_numpy(predictions.score[list(rows)]).to(self._device)
            memory = memory + (score <= 0).float()[:, None, None] * model.no_obj_embed_spatial
        return memory

    def _cached_objects(self) -> int:
        """Return the number of objects whose memories fit into the CPU cache; unlimited on other devices."""
        if self._device.type != "cpu":
            return sys.maxsize
        model = self._model
        return max(1, _CACHE_BYTES // int(4 * model.num_maskmem * self._cells ** 2 * model.mem_dim))

    # -- batches and bookkeeping ---------------------------------------------------------------------------------

    def _in_batches(self, items: Sequence[_K], run: Callable[[list[_K]], _T]) -> Iterator[tuple[list[_K], _T]]:
        """Run over batches; if the device runs out of memory, halve the batch size permanently and continue."""
        done = 0
        while done < len(items):
            chunk = list(items[done:done + self._batch_size])
            try:
                result = run(chunk)
            except torch.OutOfMemoryError as error:
                if len(chunk) == 1:
                    raise ModelError(f"{self._device} has too little memory for {self._name} with a single object: "
                                     "choose a smaller segmenter or free memory, then continue with --resume"
                                     ) from error
                self._batch_size = max(1, len(chunk) // 2)
                log.warning("%s is out of memory: continuing with %d objects per batch", self._device, self._batch_size)
                if self._device.type == "cuda":
                    torch.cuda.empty_cache()
                continue
            done += len(chunk)
            yield chunk, result

    def _collect(self, object_ids: tuple[int, ...], parts: Mapping[int, tuple[_Part, int]],
                 prompted: tuple[bool, ...], conditioning: tuple[bool, ...]) -> Predictions:
        unique = list({id(part): part for part, _ in parts.values()}.values())
        start: dict[int, int] = {}
        total = 0
        for part in unique:
            start[id(part)] = total
            total += len(part.score)
        order = torch.tensor([start[id(parts[i][0])] + parts[i][1] for i in object_ids], device=self._device)
        def gather(name: str) -> Tensor:
            values = [getattr(part, name) for part in unique]
            return (values[0] if len(values) == 1 else torch.cat(values))[order]
        complete = all(part.candidates is not None for part in unique)
        return Predictions(object_ids, gather("logits"), gather("score").cpu().numpy(), gather("iou").cpu().numpy(),
                           gather("pointers"), prompted, conditioning, gather("candidates") if complete else None,
                           gather("candidate_iou").cpu().numpy() if complete else None)

    def _no_predictions(self) -> Predictions:
        side = self.mask_size
        nothing = np.zeros(0, np.float32)
        return Predictions((), torch.zeros(0, side, side, device=self._device), nothing, nothing,
                           torch.zeros(0, self._model.hidden_dim, device=self._device), (), ())

    @contextmanager
    def _inference(self) -> Iterator[None]:
        bfloat16 = self._settings.bfloat16 and self._device.type == "cuda"
        with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16, enabled=bfloat16):
            yield

    def _require_bank(self) -> MemoryBank:
        if self._bank is None:
            raise RuntimeError("call start() before the first frame")
        return self._bank


@dataclass(frozen=True, slots=True)
class _Constants:
    """Constants that the stock code recomputes for every object and frame."""

    image_positions: Tensor
    """(HW, C) positional encoding for the mask decoder."""
    empty_prompt: Tensor
    """(1, 2, C) sparse embedding of an empty prompt."""
    no_mask: Tensor
    """(HW, C) dense embedding of a missing mask."""
    memory_positions: Tensor
    """(num_maskmem, HW, M) positional encoding of memory tokens by temporal position: 0 conditioning, then oldest
    first."""

    @classmethod
    def of(cls, model: Any, cells: int, device: torch.device) -> _Constants:
        with torch.inference_mode(), torch.autocast(device.type, enabled=False):
            encoder = model.sam_prompt_encoder
            coordinates = torch.zeros(1, 1, 2, device=device)
            labels = -torch.ones(1, 1, dtype=torch.int32, device=device)
            sparse, dense = encoder((coordinates, labels), None, None)
            probe = torch.zeros(1, model.mem_dim, cells, cells, device=device)
            spatial = model.memory_encoder.position_encoding(probe).flatten(2).transpose(1, 2)
            order = [model.num_maskmem - 1 - position for position in range(model.num_maskmem)]
            temporal = model.maskmem_tpos_enc[order].view(model.num_maskmem, 1, -1)
            positions, no_mask = (x[0].flatten(1).T.contiguous() for x in (encoder.get_dense_pe(), dense))
            return cls(positions, sparse, no_mask, spatial + temporal)


def prepare_image(image: Image, side: int, device: torch.device) -> Tensor:
    """Resize bicubically to a square and normalise, like the stock loader. (H, W, 3) uint8 -> (3, S, S) float32.

    On CUDA the device does the resizing; its antialiased bicubic result differs from PIL's by at most one grey level.
    """
    mean = torch.tensor(_MEAN, device=device).view(3, 1, 1)
    std = torch.tensor(_STD, device=device).view(3, 1, 1)
    if device.type == "cuda":
        pixels = torch.from_numpy(np.ascontiguousarray(image)).to(device).permute(2, 0, 1)[None].float()
        pixels = F.interpolate(pixels, (side, side), mode="bicubic", align_corners=False, antialias=True)
        scaled = pixels[0].round().clamp(0, 255) / 255
    else:
        resized = PilImage.fromarray(image).resize((side, side))
        scaled = torch.from_numpy(np.asarray(resized).copy()).permute(2, 0, 1).float() / 255
    return (scaled - mean) / std


def _seen(predictions: Predictions, row: int) -> Seen:
    """Describe a row's mask; where it has candidates, also how far they agree with it."""
    masks = predictions.logits[row][None]
    if predictions.candidates is not None:  # the row's own mask is one of them, and agrees with itself
        masks = torch.cat([masks, predictions.candidates[row]])
    return seen_of((masks > 0).cpu().numpy(), float(predictions.score[row]), [float(predictions.iou[row])])[0]


def _run_prompts(run: Callable[[Sam2Features, list[Prompt]], _Part], features: Sam2Features,
                 prompts: Mapping[int, Prompt], object_ids: list[int]) -> _Part:
    return run(features, [prompts[i] for i in object_ids])


def _points_of(prompt: Prompt) -> list[tuple[float, float, int]]:
    """Return box corners, then points, in video pixels with SAM's labels."""
    points: list[tuple[float, float, int]] = []
    if prompt.box_xyxy is not None:
        x0, y0, x1, y1 = prompt.box_xyxy
        points += [(x0, y0, _TOP_LEFT), (x1, y1, _BOTTOM_RIGHT)]
    return points + [(p.x, p.y, _POSITIVE if p.positive else _NEGATIVE) for p in prompt.points]
