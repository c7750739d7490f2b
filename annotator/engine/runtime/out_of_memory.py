"""Recognize that a model ran out of memory, and say which settings need less.

The libraries raise different errors for it: PyTorch has one for a GPU and a plain RuntimeError for main memory, ONNX
Runtime has a text, NumPy a MemoryError.
"""

from __future__ import annotations

from annotator.errors import ModelError

#: What the messages of PyTorch, ONNX Runtime and CUDA say of it.
_TEXTS = ("out of memory", "can't allocate memory", "failed to allocate memory", "cannot allocate memory",
          "bad allocation", "bad_alloc", "defaultcpuallocator")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of a library means that there was not enough memory."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return (isinstance(error, RuntimeError | OSError) and any(part in text for part in _TEXTS)) or (
        type(error).__module__.startswith("onnxruntime") and any(part in text for part in _TEXTS))


def out_of_memory(device: str, frame: int | None, objects: int | None) -> ModelError:
    """The error to show: what happened, which settings help, and that the run can be resumed.

    Args:
        frame: last finished frame; None if there is none.
        objects: tracked objects in it; None if unknown.
    """
    where = "before the first frame" if frame is None else f"after frame {frame}"
    tracked = "" if not objects else f" with {objects} objects"
    return ModelError(
        f"{device} ran out of memory {where}{tracked}. Finished frames are kept, and --resume (in the window: Resume) "
        "continues from there once there is more memory: close other programs, or use another machine or --device. A "
        "new run needs less memory with a smaller --segmenter, a smaller sam2.batch_size or "
        "detection.batch_size, or a higher --det-threshold, which tracks fewer objects")
