"""The memories of all objects, in shared storage that is bounded per object.

Spatial memories and object pointers are rows of slabs. An object stores only row numbers, so the memories of a batch
of objects of any age are gathered with one indexing operation, and forgetting an object frees its rows for reuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from sam2.modeling.sam2_utils import select_closest_cond_frames
from torch import Tensor

from annotator.engine.segmenters.memory_policies import MemoryPolicy, Past, Role, Sam2Policy, Seen


class Slab:
    """A growing table of equal tensors with a free list."""

    def __init__(self, row_shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> None:
        self._rows = torch.empty((0, *row_shape), dtype=dtype, device=device)
        self._free: list[int] = []

    @property
    def capacity(self) -> int:
        """Rows allocated, used or not."""
        return int(self._rows.shape[0])

    @property
    def used(self) -> int:
        return self.capacity - len(self._free)

    def store(self, values: Tensor) -> list[int]:
        """Copy (N, *row_shape) values into free rows; returns the row numbers."""
        count = len(values)
        if len(self._free) < count:
            self._grow(self.used + count)
        rows = [self._free.pop() for _ in range(count)]
        self._rows[torch.tensor(rows, dtype=torch.long, device=self._rows.device)] = values.to(self._rows.dtype)
        return rows

    def free(self, row: int) -> None:
        self._free.append(row)

    def gather(self, rows: Tensor) -> Tensor:
        """Return the rows with these numbers. (...,) -> (..., *row_shape)."""
        flat = self._rows.index_select(0, rows.reshape(-1))
        return flat.view(*rows.shape, *self._rows.shape[1:])

    def row(self, row: int) -> Tensor:
        return self._rows[row]

    def _grow(self, needed: int) -> None:
        old = self.capacity
        new = max(needed, old + old // 2, 8)
        grown = torch.zeros((new, *self._rows.shape[1:]), dtype=self._rows.dtype, device=self._rows.device)
        # Zeros, not uninitialised memory: padding reads unused rows, and a masked NaN is still a NaN.
        grown[:old] = self._rows
        self._rows = grown
        self._free.extend(range(new - 1, old - 1, -1))


@dataclass(slots=True)
class _Entry:
    """One memory frame of one object; ``spatial`` is None when only the pointer can still be used."""

    spatial: int | None
    pointer: int
    role: Role = Role.RECENT


@dataclass(slots=True)
class ObjectMemory:
    """The memories of an object, by frame index."""

    conditioning: dict[int, _Entry] = field(default_factory=dict)
    recent: dict[int, _Entry] = field(default_factory=dict)
    past: Past = field(default_factory=Past)
    """What the policy knows of the object."""


@dataclass(frozen=True, slots=True)
class Recall:
    """The memories that one object attends to in one frame: slab rows and temporal positions, in the stock order."""

    spatial_rows: tuple[int, ...]
    spatial_positions: tuple[int, ...]
    """0 for conditioning frames, otherwise 1 (oldest) .. num_maskmem - 1 (the previous frame)."""
    pointer_rows: tuple[int, ...]
    pointer_distances: tuple[int, ...]
    """Frames between the pointer's frame and this one, signed for conditioning frames."""


@dataclass(frozen=True, slots=True)
class MemoryWindow:
    """The extent of an object's memory, from the model's configuration and the length of the video."""

    spatial_frames: int
    """Number of non-conditioning spatial memories: num_maskmem - 1."""
    pointer_frames: int
    """Number of frames back to which pointers are used: max_obj_ptrs_in_encoder - 1, fewer in very short videos."""
    max_conditioning: int
    """Maximum number of conditioning memories; older ones become ordinary. -1 for no limit."""
    frame_count: int
    reverse: bool
    keep_first: bool = False
    """Whether the first conditioning memory in the direction of travel always stays selected."""

    @property
    def direction(self) -> int:
        return -1 if self.reverse else 1


class MemoryBank:
    """Memories of all live objects.

    The semantics are those of ``SAM2Base._prepare_memory_conditioned_features`` (sam2 1.1): conditioning frames first,
    then the frames that the policy recalls: by the stock policy the last ones by index, where a frame that was not
    memorised remains a gap; pointers of past conditioning frames and of up to 15 others.
    """

    def __init__(self, tokens: int, memory_dim: int, pointer_dim: int, device: torch.device, window: MemoryWindow,
                 policy: MemoryPolicy | None = None) -> None:
        # The stock predictor rounds spatial memories to bfloat16 too, on every device.
        self._spatial = Slab((tokens, memory_dim), torch.bfloat16, device)
        self._pointers = Slab((pointer_dim,), torch.float32, device)
        self._objects: dict[int, ObjectMemory] = {}
        self._device = device
        self.window = window
        self.policy = policy or Sam2Policy()

    def __contains__(self, object_id: int) -> bool:
        return object_id in self._objects

    @property
    def object_ids(self) -> tuple[int, ...]:
        return tuple(self._objects)

    @property
    def rows_used(self) -> tuple[int, int]:
        """Numbers of stored spatial memories and pointers over all objects."""
        return self._spatial.used, self._pointers.used

    def past(self, object_id: int) -> Past:
        """Return what the policy knows of an object."""
        return self._objects[object_id].past

    def admit(self, frame_index: int, object_id: int, seen: Seen, prompted: bool, conditioning: bool) -> Role:
        """Ask the policy for the role of a frame's memory, once, before `write`. Prompted frames are always written."""
        memory = self._objects.setdefault(object_id, ObjectMemory())
        if prompted:
            self.policy.begin(memory.past, frame_index, seen)
            return Role.ANCHOR if conditioning else Role.RECENT
        return self.policy.admit(memory.past, frame_index, seen, self.window.direction)

    def write(self, frame_index: int, object_ids: Iterable[int], spatial: Tensor, pointers: Tensor,
              roles: Iterable[Role]) -> None:
        """Store this frame's memory for these objects: (N, tokens, memory_dim) and (N, pointer_dim). An anchor becomes
        a conditioning memory."""
        rows = zip(object_ids, self._spatial.store(spatial), self._pointers.store(pointers), roles, strict=True)
        for object_id, spatial_row, pointer_row, role in rows:
            memory = self._objects.setdefault(object_id, ObjectMemory())
            for entries in (memory.conditioning, memory.recent):
                self._free(entries.pop(frame_index, None))
            entries = memory.conditioning if role is Role.ANCHOR else memory.recent
            entries[frame_index] = _Entry(spatial_row, pointer_row, role)

    def advance(self, frame_index: int) -> None:
        """Drop memories that neither this frame nor any later one, in the direction of propagation, can attend to.

        Called before a frame is predicted, not when one is memorised, because prompts of later frames may be memorised
        before the propagation starts.
        """
        for memory in self._objects.values():
            self._demote(memory, frame_index)
            self._trim(memory, frame_index)

    def forget(self, object_id: int) -> None:
        memory = self._objects.pop(object_id, None)
        if memory is not None:
            for entry in (*memory.conditioning.values(), *memory.recent.values()):
                self._free(entry)

    def recall(self, object_id: int, frame_index: int) -> Recall:
        """Return the memories that the object attends to in this frame."""
        memory, window, step = self._objects[object_id], self.window, self.window.direction
        selected, unselected = self._select(memory, frame_index)
        spatial: list[tuple[int, int]] = [(e.spatial, 0) for e in selected.values() if e.spatial is not None]
        others = {t: e for t, e in (unselected | memory.recent).items() if e.spatial is not None}
        for t, position in self.policy.recall({t: e.role for t, e in others.items()}, frame_index, window):
            row = others[t].spatial
            assert row is not None
            spatial.append((row, position))
        pointers = [(e.pointer, (frame_index - t) * step) for t, e in selected.items() if (frame_index - t) * step >= 0]
        for distance in range(1, window.pointer_frames + 1):
            t = frame_index - step * distance
            if not 0 <= t < window.frame_count:
                break
            entry = memory.recent.get(t) or unselected.get(t)
            if entry is not None:
                pointers.append((entry.pointer, distance))
        return Recall(tuple(r for r, _ in spatial), tuple(p for _, p in spatial),
                      tuple(r for r, _ in pointers), tuple(d for _, d in pointers))

    def gather_spatial(self, rows: Tensor) -> Tensor:
        """Return spatial memories. (B, M) rows -> (B, M, tokens, memory_dim) bfloat16."""
        return self._spatial.gather(rows)

    def gather_pointers(self, rows: Tensor) -> Tensor:
        """Return pointers. (B, P) rows -> (B, P, pointer_dim) float32."""
        return self._pointers.gather(rows)

    def snapshot(self) -> dict[str, Any]:
        """Return every object's memories as copied CPU tensors, which later frames do not change."""
        def copy(row: Tensor) -> Tensor:
            return row.to("cpu", copy=True)

        def dump(entries: dict[int, _Entry]) -> dict[str, Any]:
            return {"frames": list(entries),
                    "pointers": [copy(self._pointers.row(e.pointer)) for e in entries.values()],
                    "spatial": [None if e.spatial is None else copy(self._spatial.row(e.spatial))
                                for e in entries.values()],
                    "roles": [int(e.role) for e in entries.values()]}

        return {str(k): {"conditioning": dump(m.conditioning), "recent": dump(m.recent), "past": m.past.to_state()}
                for k, m in self._objects.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Replace all memories by those of a snapshot. One without roles and pasts is of the stock policy."""
        for object_id in self.object_ids:
            self.forget(object_id)
        for key, parts in state.items():
            memory = self._objects[int(key)] = ObjectMemory(
                past=Past.of_state(parts["past"]) if "past" in parts else Past())
            for entries, name, usual in ((memory.conditioning, "conditioning", Role.ANCHOR),
                                         (memory.recent, "recent", Role.RECENT)):
                part = parts[name]
                roles = part.get("roles", [usual] * len(part["frames"]))
                for t, spatial, pointer, role in zip(part["frames"], part["spatial"], part["pointers"], roles,
                                                     strict=True):
                    row = None if spatial is None else self._spatial.store(spatial[None].to(self._device))[0]
                    entries[t] = _Entry(row, self._pointers.store(pointer[None].to(self._device))[0], Role(role))

    def _select(self, memory: ObjectMemory, frame_index: int) -> tuple[dict[int, _Entry], dict[int, _Entry]]:
        """Return the conditioning memories that a frame attends to, and the others. The first one, if it always stays,
        takes the place of the selected one that is farthest from the frame."""
        window, conditioning = self.window, memory.conditioning
        selected, unselected = select_closest_cond_frames(frame_index, conditioning, window.max_conditioning)
        if not window.keep_first or not unselected:
            return selected, unselected
        first = min(conditioning, key=lambda t: t * window.direction)
        if first in selected:
            return selected, unselected
        farthest = max(selected, key=lambda t: (abs(t - frame_index), t * window.direction))
        chosen = {first, *selected} - {farthest}
        return ({t: conditioning[t] for t in (first, *selected) if t in chosen},
                {t: entry for t, entry in conditioning.items() if t not in chosen})

    def _demote(self, memory: ObjectMemory, frame_index: int) -> None:
        """Turn past conditioning frames beyond the limit into ordinary ones, because they can no longer be selected."""
        limit, step = self.window.max_conditioning, self.window.direction
        if limit < 0 or len(memory.conditioning) <= limit:
            return
        _, unselected = self._select(memory, frame_index)
        for t in [t for t in unselected if (frame_index - t) * step > 0]:
            memory.recent[t] = memory.conditioning.pop(t)

    def _trim(self, memory: ObjectMemory, frame_index: int) -> None:
        step, window = self.window.direction, self.window
        stored = {t: entry.role for t, entry in memory.recent.items() if entry.spatial is not None}
        kept = self.policy.keeps(stored, frame_index, window)
        for t, entry in list(memory.recent.items()):
            if t not in kept and entry.spatial is not None:
                self._spatial.free(entry.spatial)
                entry.spatial = None
            if entry.spatial is None and (frame_index - t) * step > window.pointer_frames:
                self._free(memory.recent.pop(t))

    def _free(self, entry: _Entry | None) -> None:
        if entry is None:
            return
        if entry.spatial is not None:
            self._spatial.free(entry.spatial)
        self._pointers.free(entry.pointer)
