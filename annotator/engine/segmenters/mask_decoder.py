"""SAM 2's mask decoder for many objects of one frame.

Uses the weights and arithmetic of ``sam2.modeling.sam.mask_decoder.MaskDecoder``, regrouped. An image has hundreds of
tokens per object, a prompt about ten, and attention heads are narrow, so the package spends its time projecting image
tokens and multiplying small matrices. Matrix products are associative, so this module multiplies the projections of
keys, queries, values and outputs into the few prompt tokens, which leaves two batched products and a softmax per
attention. Upscaling is done with linear layers on blocks of pixels; only the final masks are put into pixel order.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

Decoded = tuple[Tensor, Tensor, Tensor, Tensor]
"""(B, 4H, 4W) mask logits, (B,) estimated IoU, (B, C) mask tokens and (B, 1) object scores."""


class MaskDecoder(Protocol):
    """Decodes the masks of many objects of one frame."""

    def prepare(self, features: list[Tensor]) -> list[Tensor]:
        """Convert a frame's high-resolution features, (1, C / 8, 4H, 4W) and (1, C / 4, 2H, 2W) or none, to the form
        that `__call__` takes. All objects of the frame share the result."""

    def __call__(self, image: Tensor, positions: Tensor, prompt: Tensor, prepared: list[Tensor], multimask: bool,
                 ) -> Decoded:
        """Decode from (B, HW, C) image tokens, conditioned on each object's memories, with their (HW, C) positional
        encoding, and (B, P, C) prompt tokens. ``multimask`` returns the best of the candidate masks instead of the
        single mask."""

    def candidates(self, image: Tensor, positions: Tensor, prompt: Tensor, prepared: list[Tensor]) -> Decoded:
        """Decode all candidate masks of the same: (B, K, 4H, 4W) logits, (B, K) estimated IoU, (B, K, C) mask tokens
        and (B, 1) object scores."""


def mask_decoder(module: Any, device: torch.device) -> MaskDecoder:
    """Return the faster decoder for the device.

    The regrouped decoder rounds scores before the softmax. In bfloat16 that is less precise than the package's fused
    attention, so CUDA devices use the package's decoder.
    """
    return BatchedMaskDecoder(module) if device.type == "cpu" else PackageMaskDecoder(module)


class PackageMaskDecoder:
    """The decoder of the sam2 package."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def prepare(self, features: list[Tensor]) -> list[Tensor]:
        return features

    def __call__(self, image: Tensor, positions: Tensor, prompt: Tensor, prepared: list[Tensor], multimask: bool,
                 ) -> Decoded:
        masks, ious, mask_tokens, score = self._run(image, positions, prompt, prepared, multimask)
        best = ious.argmax(-1)
        token = _of_each(mask_tokens, best) if mask_tokens.shape[1] > 1 else mask_tokens[:, 0]
        return _of_each(masks, best), _of_each(ious, best), token, score

    def candidates(self, image: Tensor, positions: Tensor, prompt: Tensor, prepared: list[Tensor]) -> Decoded:
        masks, ious, mask_tokens, score = self._run(image, positions, prompt, prepared, True)
        return masks, ious, mask_tokens.expand(-1, masks.shape[1], -1), score

    def _run(self, image: Tensor, positions: Tensor, prompt: Tensor, prepared: list[Tensor], multimask: bool,
             ) -> Decoded:
        batch, tokens, width = image.shape
        side = math.isqrt(tokens)
        decoded: Decoded = self._module(
            image_embeddings=image.transpose(1, 2).reshape(batch, width, side, side),
            image_pe=positions.T.reshape(1, width, side, side), sparse_prompt_embeddings=prompt,
            dense_prompt_embeddings=image.new_zeros(1), multimask_output=multimask, repeat_image=False,
            high_res_features=[f.expand(batch, -1, -1, -1) for f in prepared])
        return decoded


class BatchedMaskDecoder:
    """The regrouped decoder. It copies the weights on construction, so later changes to the module have no effect."""

    def __init__(self, module: Any) -> None:
        self._module = module
        with torch.no_grad():
            transformer = module.transformer
            self._layers = [_Layer(layer) for layer in transformer.layers]
            self._final = _TokensToImage(transformer.final_attn_token_to_image)
            self._upscaling = _Upscaling(module.output_upscaling)
            scores = [module.obj_score_token.weight] if module.pred_obj_scores else []
            self._output_tokens = torch.cat([*scores, module.iou_token.weight, module.mask_tokens.weight])[None]
            self._iou_token = len(scores)

    def prepare(self, features: list[Tensor]) -> list[Tensor]:
        return self._upscaling.prepare(features)

    def __call__(self, image: Tensor, positions: Tensor, prompt: Tensor, prepared: list[Tensor], multimask: bool,
                 ) -> Decoded:
        module = self._module
        image, weights, ious, mask_tokens, score = self._heads(image, positions, prompt)
        if multimask:
            best = ious[:, 1:].argmax(-1) + 1
            masks = self._upscaling(image, prepared, _of_each(weights, best)[:, None])[:, 0]
            token = _of_each(mask_tokens, best) if module.use_multimask_token_for_obj_ptr else mask_tokens[:, 0]
            return masks, _of_each(ious, best), token, score
        if module.dynamic_multimask_via_stability:
            all_masks = self._upscaling(image, prepared, weights)
            masks, ious = module._dynamic_multimask_via_stability(all_masks, ious)
        else:
            masks = self._upscaling(image, prepared, weights[:, :1])
        return masks[:, 0], ious[:, 0], mask_tokens[:, 0], score

    def candidates(self, image: Tensor, positions: Tensor, prompt: Tensor, prepared: list[Tensor]) -> Decoded:
        image, weights, ious, mask_tokens, score = self._heads(image, positions, prompt)
        masks = self._upscaling(image, prepared, weights[:, 1:])
        own = self._module.use_multimask_token_for_obj_ptr
        tokens = mask_tokens[:, 1:] if own else mask_tokens[:, :1].expand(-1, masks.shape[1], -1)
        return masks, ious[:, 1:], tokens, score

    def _heads(self, image: Tensor, positions: Tensor, prompt: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return image tokens, (B, T, C / 8) mask weights, (B, T) estimated IoU, (B, T, C) mask tokens and (B, 1)
        object scores; T counts the single mask and the candidates."""
        module, first = self._module, self._iou_token + 1
        tokens = torch.cat([self._output_tokens.expand(len(prompt), -1, -1), prompt], 1)
        hidden, image = self._transform(tokens, image, positions)
        mask_tokens = hidden[:, first:first + module.num_mask_tokens]
        mlps = enumerate(module.output_hypernetworks_mlps)
        weights = torch.stack([mlp(mask_tokens[:, k]) for k, mlp in mlps], 1)
        ious = module.iou_prediction_head(hidden[:, self._iou_token])
        # If the model predicts no object score, every object counts as visible, as in the package.
        certain = ious.new_full((len(ious), 1), 10.0)
        score = module.pred_obj_score_head(hidden[:, 0]) if module.pred_obj_scores else certain
        return image, weights, ious, mask_tokens, score

    def _transform(self, tokens: Tensor, image: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """``TwoWayTransformer``."""
        queries = tokens
        for layer in self._layers:
            queries, image = layer(queries, tokens, image, positions)
        queries = queries + self._final(queries + tokens, image + positions, image)
        normed: Tensor = self._module.transformer.norm_final_attn(queries)
        return normed, image


def _of_each(candidates: Tensor, which: Tensor) -> Tensor:
    """(B, N, ...) and (B,) int64 -> (B, ...)."""
    return candidates[torch.arange(len(which), device=which.device), which]


class _Layer:
    """``TwoWayAttentionBlock``."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._to_image = _TokensToImage(module.cross_attn_token_to_image)
        self._to_tokens = _ImageToTokens(module.cross_attn_image_to_token)

    def __call__(self, queries: Tensor, tokens: Tensor, image: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        module = self._module
        if module.skip_first_layer_pe:
            queries = module.self_attn(q=queries, k=queries, v=queries)
        else:
            positioned = queries + tokens
            queries = queries + module.self_attn(q=positioned, k=positioned, v=queries)
        queries = module.norm1(queries)
        positioned = image + positions
        queries = module.norm2(queries + self._to_image(queries + tokens, positioned, image))
        queries = module.norm3(queries + module.mlp(queries))
        return queries, module.norm4(self._to_tokens(positioned, queries + tokens, queries).add_(image))


class _Heads:
    """The weights of an ``Attention`` by head: (heads, width, C) weights and (heads, width) bias."""

    def __init__(self, module: Any) -> None:
        self.count = module.num_heads
        self.scale = (module.internal_dim // module.num_heads) ** -0.5
        self.query, self.query_bias = self._split(module.q_proj)
        self.key, self.key_bias = self._split(module.k_proj)
        self._value, self._value_bias = self._split(module.v_proj)
        self._out = module.out_proj.weight.unflatten(1, (self.count, -1))
        self.result_bias = module.out_proj.bias + torch.einsum("ohw,hw->o", self._out, self._value_bias)
        """The combined bias of values and output, which is constant because the weights over keys sum to one."""

    def results(self) -> Tensor:
        """Return the combined projection of values and output: (C out, heads, C in)."""
        return torch.einsum("ohw,hwc->ohc", self._out, self._value)

    def _split(self, linear: Any) -> tuple[Tensor, Tensor]:
        return linear.weight.unflatten(0, (self.count, -1)), linear.bias.unflatten(0, (self.count, -1))


class _TokensToImage:
    """Attention from a few tokens to the image tokens."""

    def __init__(self, module: Any) -> None:
        heads = _Heads(module)
        # (W_q t + b_q) . (W_k x + b_k): terms without x are the same for all keys, so the softmax cancels them.
        weight = torch.einsum("hwc,hwk->hkc", heads.query, heads.key).flatten(0, 1)
        bias = torch.einsum("hw,hwk->hk", heads.query_bias, heads.key).flatten()
        self._heads = heads.count
        self._queries = (weight * heads.scale, bias * heads.scale)
        self._results = (heads.results().flatten(1), heads.result_bias)

    def __call__(self, tokens: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return (B, T, C) for (B, T, C) tokens and (B, N, C) image tokens as keys and as values."""
        batch, count, width = tokens.shape
        queries = F.linear(tokens, *self._queries).view(batch, count * self._heads, width)
        weights = torch.bmm(queries, keys.transpose(1, 2)).softmax(-1)
        return F.linear(torch.bmm(weights, values).view(batch, count, self._heads * width), *self._results)


class _ImageToTokens:
    """Attention from the image tokens to a few tokens."""

    def __init__(self, module: Any) -> None:
        heads = _Heads(module)
        weight = torch.einsum("hwk,hwc->hkc", heads.query, heads.key).flatten(0, 1)
        bias = torch.einsum("hwk,hw->hk", heads.query, heads.key_bias).flatten()
        offset_weight = torch.einsum("hw,hwc->hc", heads.query_bias, heads.key)
        offset_bias = torch.einsum("hw,hw->h", heads.query_bias, heads.key_bias)
        self._heads = heads.count
        self._keys = (weight * heads.scale, bias * heads.scale)
        self._offsets = (offset_weight * heads.scale, offset_bias * heads.scale)
        self._values = heads.results().transpose(0, 1).flatten(0, 1).contiguous()
        self._bias = heads.result_bias

    def __call__(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return (B, N, C) for (B, N, C) image tokens and (B, T, C) tokens as keys and as values. The caller may
        modify the result."""
        batch, count, width = keys.shape
        rows = count * self._heads
        folded = F.linear(keys, *self._keys).view(batch, rows, width)
        scores = torch.baddbmm(F.linear(keys, *self._offsets).view(batch, rows, 1), folded, queries.transpose(1, 2))
        weights = scores.view(batch, count, self._heads, -1).softmax(1).view(batch, rows, -1)
        results = torch.bmm(weights.transpose(1, 2), F.linear(values, self._values).view(batch, rows, width))
        return results.add_(self._bias)


class _Upscaling:
    """Two transposed convolutions of size and stride 2, followed by the mask weights.

    Pixels stay grouped by the cell they come from: (cell, row in it, column in it), twice.
    """

    def __init__(self, module: Any) -> None:
        first, self._norm, self._first_activation, second, self._second_activation = module
        self._first, self._first_bias = self._linear(first)
        self._second, self._second_bias = self._linear(second)

    def prepare(self, features: list[Tensor]) -> list[Tensor]:
        """Return the sums of bias and high-resolution features: (HW, 4 C / 4) and (4 HW, 4 C / 8), or only the biases,
        without the first dimension."""
        if not features:
            return [self._first_bias, self._second_bias]
        fine, coarse = features
        side = coarse.shape[-1] // 2
        coarse = coarse[0].view(-1, side, 2, side, 2).permute(1, 3, 2, 4, 0).reshape(side * side, -1)
        fine = fine[0].view(-1, side, 2, 2, side, 2, 2).permute(1, 4, 2, 5, 3, 6, 0).reshape(4 * side * side, -1)
        return [coarse + self._first_bias, fine + self._second_bias]

    def __call__(self, image: Tensor, prepared: list[Tensor], weights: Tensor) -> Tensor:
        """Upscale image tokens and apply the mask weights. (B, HW, C), (B, K, C / 8) -> (B, K, 4H, 4W)."""
        batch, cells, _ = image.shape
        side, masks = math.isqrt(cells), weights.shape[1]
        norm = self._norm
        x = F.linear(image, self._first).add_(prepared[0]).view(batch, 4 * cells, -1)
        x = self._first_activation(F.layer_norm(x, (x.shape[-1],), norm.weight, norm.bias, norm.eps))
        x = self._second_activation(F.linear(x, self._second).add_(prepared[1])).view(batch, 16 * cells, -1)
        x = torch.bmm(weights, x.transpose(1, 2)).view(batch, masks, side, side, 2, 2, 2, 2)
        return x.permute(0, 1, 2, 4, 6, 3, 5, 7).reshape(batch, masks, 4 * side, 4 * side)

    @staticmethod
    def _linear(convolution: Any) -> tuple[Tensor, Tensor]:
        """Return (4 C out, C in) weights and (4 C out,) bias, with the channels of a pixel adjacent."""
        weight = convolution.weight.permute(2, 3, 1, 0)
        return weight.reshape(-1, weight.shape[-1]).contiguous(), convolution.bias.repeat(4)
