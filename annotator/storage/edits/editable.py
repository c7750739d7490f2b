"""The tracks that an edit is about: that they exist, belong together, and may be changed."""

from __future__ import annotations

from collections.abc import Sequence

from annotator.errors import StorageError
from annotator.model.track import Track
from annotator.storage.store import Store


def chosen_tracks(store: Store, *keys: int) -> list[Track]:
    """These tracks: at least one, all different, all of one video. Raises StorageError."""
    if not keys:
        raise StorageError("no track is chosen; choose one first")
    if len(set(keys)) != len(keys):
        raise StorageError("a track is named twice; choose different tracks")
    records = [store.track(key) for key in keys]
    if len({track.video for track in records}) > 1:
        raise StorageError("these tracks belong to different videos; choose tracks of one video")
    return records


def free_tracks(store: Store, *keys: int) -> list[Track]:
    """As `chosen_tracks`, and none of them is locked. Raises StorageError."""
    records = chosen_tracks(store, *keys)
    locked = store.locked(keys)
    for track in records:
        if track.id in locked:
            raise StorageError(f"track {track.number} is locked; unlock it first")
    return records


def check_range(first: int, last: int | None) -> None:
    """Raises StorageError for a range that runs backwards or begins before the video."""
    if first < 0:
        raise StorageError(f"there is no frame {first}; frames count from 0")
    if last is not None and last < first:
        raise StorageError(f"the range from frame {first} to frame {last} runs backwards; give the earlier frame first")


def in_words(tracks: Sequence[Track]) -> str:
    """For labels of steps: which tracks, or how many."""
    if len(tracks) > 3:
        return f"{len(tracks)} tracks"
    return ("track " if len(tracks) == 1 else "tracks ") + ", ".join(str(track.number) for track in tracks)
