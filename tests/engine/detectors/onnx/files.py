"""Write tiny ONNX files: networks whose outputs are constants. Fakes, to test what a file's outputs are taken for.

The outputs depend on the image only formally (times zero), so that the runtime needs it. Written as protocol buffers by
hand, because the program does not need the ``onnx`` package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

_TYPES = {"float32": 1, "uint8": 2, "int64": 7}
Array = npt.NDArray[np.generic]


def write_onnx(path: Path, outputs: Mapping[str, Array], image: Sequence[int | str] = (1, 3, 640, 640),
               name: str = "images", extra: Mapping[str, tuple[str, Sequence[int]]] | None = None,
               metadata: Mapping[str, str] | None = None, image_type: str = "float32") -> Path:
    """Write a network with one image input, other inputs (type and shape) and these outputs."""
    nodes = [_node("Cast", [name], ["image_"], to=1), _node("ReduceMean", ["image_"], ["mean_"], keepdims=0),
             _node("Mul", ["mean_", "zero_"], ["nothing_"])]
    constants = [_tensor("zero_", np.array(0, np.float32))]
    for key, array in outputs.items():
        constants.append(_tensor(f"{key}_", array))
        if array.dtype == np.float32:
            nodes.append(_node("Add", [f"{key}_", "nothing_"], [key]))
        else:
            nodes.append(_node("Identity", [f"{key}_"], [key]))
    inputs = [_value(name, image_type, image)] + [_value(key, *of) for key, of in (extra or {}).items()]
    nodes += [_node("Identity", [key], [f"{key}_unused"]) for key in extra or {}]
    graph = b"".join([*(_bytes(1, n) for n in nodes), _text(2, "fake"), *(_bytes(5, c) for c in constants),
                      *(_bytes(11, i) for i in inputs),
                      *(_bytes(12, _value(key, str(a.dtype), a.shape)) for key, a in outputs.items())])
    entries = b"".join(_bytes(14, _text(1, key) + _text(2, value)) for key, value in (metadata or {}).items())
    path.write_bytes(_number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13)) + entries)
    return path


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: int) -> bytes:
    made = [_text(1, i) for i in inputs] + [_text(2, o) for o in outputs] + [_text(4, kind)]
    made += [_bytes(5, _text(1, key) + _number(3, value) + _number(20, 2)) for key, value in attributes.items()]
    return b"".join(made)


def _tensor(name: str, array: Array) -> bytes:
    return b"".join([*(_number(1, side) for side in array.shape), _number(2, _TYPES[str(array.dtype)]), _text(8, name),
                     _bytes(9, np.ascontiguousarray(array).tobytes())])


def _value(name: str, kind: str, shape: Sequence[int | str]) -> bytes:
    sides = b"".join(_bytes(1, _text(2, side) if isinstance(side, str) else _number(1, side)) for side in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, _TYPES[kind]) + _bytes(2, sides)))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _bytes(field, content.encode())
