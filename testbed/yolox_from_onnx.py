"""Convert the weights of a YOLOX in an ONNX file for MMDetection's YOLOX.

    python -m testbed.yolox_from_onnx yolox_nano.onnx yolox_nano.pth

Exporters fold batch norms into convolutions, which then have no names. So convolutions are identified by their order in
the graph, which is the order in which the network runs. The weight of a convolution is copied to MMDetection's
convolution, and its bias to the following batch norm, which is otherwise the identity.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Convolution:
    """A convolution of the graph."""

    weight: Tensor
    """(out, in / groups, kh, kw) float32."""
    bias: Tensor
    """(out,) float32."""


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield number and value of each field of a protobuf message; bytes for length-delimited fields."""
    position = 0

    def varint() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while position < len(message):
        key = varint()
        number, wire = key >> 3, key & 7
        if wire == 0:
            yield number, varint()
            continue
        length = {1: 8, 5: 4}.get(wire) or varint()
        yield number, message[position:position + length]
        position += length


def convolutions(path: Path) -> list[Convolution]:
    """Return the convolutions of an ONNX file in graph order. Field numbers are from onnx.proto."""
    model = memoryview(path.read_bytes())
    graph = next(value for number, value in fields(model) if number == 7)
    assert isinstance(graph, memoryview)
    tensors: dict[str, Tensor] = {}
    inputs: list[list[str]] = []
    for number, value in fields(graph):
        if number == 5 and isinstance(value, memoryview):
            name, tensor = _tensor(value)
            tensors[name] = tensor
        if number == 1 and isinstance(value, memoryview):
            parts = [(n, bytes(v).decode()) for n, v in fields(value) if n in (1, 4) and isinstance(v, memoryview)]
            if (4, "Conv") in parts:
                inputs.append([text for n, text in parts if n == 1])
    return [Convolution(tensors[names[1]], tensors[names[2]]) for names in inputs]


def _tensor(message: memoryview) -> tuple[str, Tensor]:
    """Return name and content of a tensor; an empty tensor if it is not float32."""
    shape: list[int] = []
    name, raw, kind = "", np.zeros(0, np.float32), 0
    for number, value in fields(message):
        if number == 1:
            packed = value if isinstance(value, memoryview) else None
            shape += [value] if isinstance(value, int) else _varints(packed)
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8 and isinstance(value, memoryview):
            name = bytes(value).decode()
        elif number in (4, 9) and isinstance(value, memoryview) and kind in (0, 1):
            raw = np.concatenate([raw, np.frombuffer(value, "<f4")]) if number == 4 else np.frombuffer(value, "<f4")
    if kind != 1 or raw.size != math.prod(shape):
        return name, torch.zeros(0)
    return name, torch.from_numpy(raw.reshape(shape).copy())


def _varints(message: memoryview | None) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in message or b"":
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(value)
            value = shift = 0
    return values


def state_dict(network: nn.Module, found: list[Convolution]) -> dict[str, Tensor]:
    """Return the state of MMDetection's YOLOX with these convolutions, given in the order in which the network runs.

    Raises ValueError if they belong to another network.
    """
    state = network.state_dict()
    names = running_order(network)
    if len(names) != len(found):
        raise ValueError(f"the file has {len(found)} convolutions, but the network has {len(names)}")
    for name, convolution in zip(names, found, strict=True):
        if state[f"{name}.weight"].shape != convolution.weight.shape:
            raise ValueError(f"{name} has shape {list(state[f'{name}.weight'].shape)} in the network, but "
                             f"{list(convolution.weight.shape)} in the file")
        state[f"{name}.weight"] = convolution.weight
        if f"{name}.bias" in state:
            state[f"{name}.bias"] = convolution.bias
            continue
        norm = re.sub(r"conv$", "bn", name)
        epsilon: Any = network.get_submodule(norm).eps
        state[f"{norm}.bias"] = convolution.bias
        state[f"{norm}.weight"] = torch.ones_like(convolution.bias)
        state[f"{norm}.running_mean"] = torch.zeros_like(convolution.bias)
        state[f"{norm}.running_var"] = torch.full_like(convolution.bias, 1 - epsilon)
    return state


def running_order(network: nn.Module) -> list[str]:
    """Return the names of the network's convolutions in the order in which the published YOLOX runs them."""
    order: list[str] = []
    hooks = [module.register_forward_hook(lambda *_, name=name: order.append(name))
             for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]
    try:
        with torch.inference_mode():
            network(torch.zeros(1, 3, 64, 64))
    finally:
        for hook in hooks:
            hook.remove()
    body = [name for name in order if not name.startswith(("neck.out_convs", "bbox_head."))]
    # Of the two branches MMDetection runs the short one first, the published network the main one.
    for index, name in enumerate(tuple(body)):
        if name.endswith(".short_conv.conv"):
            body[index:index + 2] = body[index + 1], name
    head = [name for level in range(3) for part in HEAD for name in order if name.startswith(part.format(level))]
    return body + head


#: Parts of MMDetection's head for one level, in the order of the published network.
HEAD = ("neck.out_convs.{}.", "bbox_head.multi_level_cls_convs.{}.", "bbox_head.multi_level_conv_cls.{}",
        "bbox_head.multi_level_reg_convs.{}.", "bbox_head.multi_level_conv_reg.{}", "bbox_head.multi_level_conv_obj.{}")


def main() -> None:
    from annotator.engine.detectors.mmdet_models import build, read_config

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("onnx", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", default="nano", help="size of the YOLOX: nano, tiny, s, m, l or x")
    args = parser.parse_args()
    network = build(read_config(f"yolox-{args.size}"), None, "cpu").network
    torch.save({"state_dict": state_dict(network, convolutions(args.onnx))}, args.out)


if __name__ == "__main__":
    main()
